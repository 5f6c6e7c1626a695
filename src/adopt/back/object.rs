//! An object that is written as a resource of hashicorp/aws.

use serde_json::Value as Json;

use super::ways::Way;

/// An object of a chain on its way to a resource of hashicorp/aws.
pub(super) struct Object {
    pub(super) way: &'static Way,
    pub(super) label: String,
    pub(super) context: Json,
    /// Name of the provider block whose credentials it takes; none for the one without a name.
    pub(super) provider: Option<String>,
}
