//! The managed security group of an endpoint. Its rules are the link `security_group_rules`.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

pub use calls::of_uid;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct SecurityGroup;

/// A wanted group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Beginning of the group's name; a short hash of the owner follows. A change renames nothing.
    pub base_name: String,
    /// Shown in AWS's console. Used at creation only.
    pub description: String,
    /// The VPC.
    pub vpc_id: String,
    /// Tags of the person, without the owner's.
    pub tags: BTreeMap<String, String>,
}

impl Spec {
    /// The tags to have, beside those that a group has: one that was made by hand and differs in nothing but the tag `Name` keeps the one
    /// that it has, or none, until its tags are written for another reason.
    fn tags_beside(&self, state: &State) -> BTreeMap<String, String> {
        let others = |tags: &BTreeMap<String, String>| {
            let mut others = tags.clone();
            others.remove("Name");
            others
        };
        if state.named.is_none() && others(&self.tags) == others(&state.tags) {
            return state.tags.clone();
        }
        self.tags.clone()
    }
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// `sg-…`.
    pub id: String,
    /// ARN, where AWS gave it.
    pub arn: Option<String>,
    /// The group's name.
    pub name: String,
    /// What it says of itself; none in records of a time that did not ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The VPC.
    pub vpc_id: String,
    /// The composite's name in the owner tags; none where it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// Tags of the person, without the owner's.
    pub tags: BTreeMap<String, String>,
}
