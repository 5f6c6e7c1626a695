//! What is fixed for a composite of any type.

use serde_json::Value as Json;

use crate::schema::Format;

/// What is fixed for a composite: see the constants of [`Composite`].
pub(super) struct Facts {
    pub(super) type_name: &'static str,
    pub(super) noun: &'static str,
    pub(super) schema_version: i64,
    pub(super) anchor: &'static str,
    pub(super) stable_outputs: &'static [&'static str],
    pub(super) held_by_peers: bool,
    pub(super) moves_from: Option<Origin>,
    pub(super) settings: &'static [(&'static str, &'static str)],
}

/// A resource type of hashicorp/aws whose state a composite takes over.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// `aws_vpc_endpoint`
    pub type_name: &'static str,
    /// The newest schema version that is known. hashicorp/aws raises it when the stored shape changes.
    pub version: i64,
    /// What the id has to be.
    pub id: &'static Format,
    /// Returns why the stored object is none that the composite manages, as the rest of a sentence that begins with its id.
    pub objection: fn(&Json) -> Option<String>,
}
