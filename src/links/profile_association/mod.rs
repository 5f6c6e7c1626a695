//! An interface endpoint in a Route 53 Profile: every VPC of the profile resolves the endpoint's private DNS names to it.
//!
//! An association carries no tags, and a profile has one of each endpoint, so that one which is there is the one that is wanted.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

pub use calls::{of_endpoint, strays};

use serde::{Deserialize, Serialize};

use crate::engine::Field;

const ATTRIBUTE: Field = "route53_profile_id";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProfileAssociation;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The profile, `rp-…`.
    pub profile_id: String,
    /// ARN of the endpoint.
    pub resource_arn: String,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The association, `rpr-…`.
    pub id: String,
    /// What it is called, for those who describe it elsewhere.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The profile.
    pub profile_id: String,
    /// ARN of the endpoint.
    pub resource_arn: String,
}
