//! Whether the service has a private name that private DNS may take over: looks only, and is a gate.
//!
//! AWS refuses private DNS until the service's owner has set a name and proved that it is his. That is
//! somebody else's work, so what stands behind waits for it without an error. Once it was so it stays so:
//! what AWS switched on it leaves on, also where the proof is lost later.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrivateName;

/// The service to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Its name.
    pub service_name: String,
    /// Its Region, where it is not the endpoint's.
    pub service_region: Option<String>,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The service.
    pub service_name: String,
    /// Its Region, where it is not the endpoint's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_region: Option<String>,
    /// Its private names.
    pub names: BTreeSet<String>,
    /// AWS's word on the proof: `pendingVerification`, `verified`, `failed`.
    pub verification: Option<String>,
    /// Whether there was a proved name since private DNS was asked for.
    pub proved: bool,
}
