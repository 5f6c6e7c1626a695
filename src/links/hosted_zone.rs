//! A private hosted zone that one VPC sees, made for the records of a composite.
//!
//! Further VPCs may be associated by others; they are neither shown nor removed. Ours is associated
//! again where somebody took it away.

mod calls;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use calls::{Made, is_left_behind, of_uid};

use crate::aws::{Tags, tags};
use crate::engine::{Change, Field};

/// What a zone says of itself.
pub const COMMENT: &str = "Made by terraform-provider-privatelink";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostedZone;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The domain, such as `internal.example.dev`.
    pub name: String,
    /// The VPC that sees it.
    pub vpc_id: String,
    /// That VPC's Region.
    pub vpc_region: String,
    /// The composite's name, which the owner tags tell.
    pub base_name: String,
    /// The composite's uid, which the owner tags tell; none where it is not known yet.
    pub uid: Option<String>,
    /// The user's tags.
    pub tags: Tags,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Its id, without a path.
    pub zone_id: String,
    /// The domain, without a dot at the end.
    pub name: String,
    /// The VPC that sees it.
    pub vpc_id: String,
    /// That VPC's Region.
    pub vpc_region: String,
    /// Whose credentials own it; none for the provider's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The change that name servers do not know yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_id: Option<String>,
    /// The composite's name in the owner tags; none where it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// The composite's uid in the owner tags. A zone may pass from one composite to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The user's tags.
    pub tags: Tags,
}

impl State {
    /// Whether the owner tags name another composite than this one.
    pub fn belongs_to_another(&self, uid: Option<&str>) -> bool {
        matches!((self.uid.as_deref(), uid), (Some(found), Some(own)) if found != own)
    }
}

const NAME: Field = "name";
const VPC: Field = "vpc_id";
const TAGS: Field = "tags";

fn diff(spec: &Spec, state: &State) -> Change {
    // A VPC sees one zone of a name, and a zone of another name beside it: records move before the old zone goes.
    if plain(&spec.name) != state.name {
        return Change::Replace(vec![NAME]);
    }
    super::attributes::update(&[
        (VPC, (&spec.vpc_id, &spec.vpc_region) != (&state.vpc_id, &state.vpc_region)),
        (TAGS, retags(spec, state)),
    ])
}

fn retags(spec: &Spec, state: &State) -> bool {
    let was_anothers = state.belongs_to_another(spec.uid.as_deref());
    was_anothers || spec.tags != state.tags || tags::is_outdated(state.named.as_ref(), &spec.base_name)
}

fn forecast(spec: &Spec, state: &State) -> State {
    State {
        vpc_id: spec.vpc_id.clone(),
        vpc_region: spec.vpc_region.clone(),
        change_id: None,
        named: tags::named(state.named.as_ref(), &spec.base_name, retags(spec, state)),
        uid: spec.uid.clone().filter(|_| retags(spec, state)).or_else(|| state.uid.clone()),
        tags: spec.tags.clone(),
        ..state.clone()
    }
}

/// A domain as it is shown: lower case, no dot at the end.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
