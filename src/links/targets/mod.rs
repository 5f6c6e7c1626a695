//! The targets registered with a target group: exactly these.
//!
//! An empty set is managed too: what others register is taken out. A target's health is not read into the state: it changes by itself.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::engine::short;

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Targets;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Where they are registered.
    pub target_group_arn: String,
    /// The group's port, which a target without one has.
    pub group_port: Option<i32>,
    /// Exactly these.
    pub targets: BTreeSet<Target>,
}

/// One target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// An instance's id, an IP address or an Application Load Balancer's ARN.
    pub id: String,
    /// None for the group's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
    /// A zone, or `all` for an address outside of the VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
}

impl Target {
    /// Returns the target as people write it: `10.1.0.10`, or `10.1.0.10 port 8080 in use1-az1`.
    fn in_words(&self) -> String {
        let port = self.port.map(|port| format!(" port {port}")).unwrap_or_default();
        let zone = self.availability_zone.as_ref().map(|zone| format!(" in {zone}")).unwrap_or_default();
        format!("{}{port}{zone}", short(&self.id))
    }
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Where they are registered.
    pub target_group_arn: String,
    /// The group's port, which a target without one has.
    pub group_port: Option<i32>,
    /// All that are registered and not leaving.
    pub targets: BTreeSet<Target>,
    /// Whether none are wanted, so that none being there is no absence.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub none_wanted: bool,
}
