//! A private hosted zone that one VPC sees, made for the records of a composite.
//!
//! Further VPCs may be associated by others; they are neither shown nor removed. Ours is associated
//! again where somebody took it away.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

pub use calls::{is_left_behind, of_uid};

use serde::{Deserialize, Serialize};

use crate::aws::Tags;
use crate::engine::Field;

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

const VPC: Field = "vpc_id";
const TAGS: Field = "tags";

/// A zone that a uid made.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its id.
    pub zone_id: String,
    /// Its name, without the dot at the end.
    pub name: String,
    /// Generation of its link.
    pub generation: u32,
    /// As much of its state as its deletion needs.
    pub state: serde_json::Value,
}
