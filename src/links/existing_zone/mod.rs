//! A private hosted zone that somebody else manages: looks only, so that records get their full names.
//!
//! Which VPCs see it is the link `zone_association`.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

pub(crate) use calls::describe_zone;

use serde::{Deserialize, Serialize};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExistingZone;

/// The zone to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Name of the peer account that owns it; `None` is the provider's own.
    pub account: Option<String>,
    /// The zone.
    pub zone_id: String,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Name of the peer account that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The zone.
    pub zone_id: String,
    /// Its name, without the dot at the end.
    pub name: String,
    /// Id of the peer account that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
}
