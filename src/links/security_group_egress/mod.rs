//! A managed security group that lets nothing out, without the rules that AWS gives each new group.
//!
//! Where the link leaves its chain and the group stays, the group gets those rules back. What others do to the rules of a
//! group that lets all out is theirs.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

pub use calls::{Outgoing, is_shut, outgoing};

use serde::{Deserialize, Serialize};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEgress;

/// The group that is to let nothing out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The managed group.
    pub group_id: String,
    /// Whether its VPC has IPv6 addresses.
    pub has_ipv6: bool,
}

/// A group that lets nothing out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The group.
    pub group_id: String,
    /// Whether AWS gave it a rule for IPv6 addresses, too: in a VPC that has some.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_ipv6: bool,
}
