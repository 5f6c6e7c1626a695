//! AWS's check that the owner of an endpoint service owns its private name.
//!
//! A check that runs is ready, and its gate is closed until the name is verified: it depends on DNS,
//! which a person may have to put right, and an error would taint a service whose name consumers
//! hold already. Waited for or not, the run ends with a warning, never with an error.
//!
//! A check that failed is not final for AWS, but only a new start makes AWS look again. A read must
//! change nothing, so a failed check ends the run, and the next plan shows the update that starts it
//! anew; a name that was verified and no longer is, likewise. The record is published before the
//! first start, because a name server may remember for long that it was not there.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

pub use calls::{describe_verification, start};

use serde::{Deserialize, Serialize};

use crate::engine::{Compare as _, Gate};

const VERIFIED: &str = "verified";
const FAILED: &str = "failed";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct DnsVerification;

/// A wanted verification.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The endpoint service.
    pub service_id: String,
    /// The private name to be verified.
    pub name: String,
    /// Whether to wait until AWS has seen the record.
    pub wait: bool,
}

/// A verification that was started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The endpoint service.
    pub service_id: String,
    /// The private name.
    pub name: String,
    /// AWS's word: `pendingVerification`, `verified`, `failed`; `None` in a forecast.
    pub state: Option<String>,
    /// Whether it was `verified` once and no longer is.
    pub lost: bool,
}

impl State {
    /// Whether AWS has found the record.
    pub fn is_verified(&self) -> bool {
        is(self, VERIFIED)
    }

    /// What a person must do, where AWS has looked and not found the record.
    pub fn objection(&self) -> Option<String> {
        let spec = Spec { service_id: self.service_id.clone(), name: self.name.clone(), wait: false };
        match DnsVerification.gate(&spec, self) {
            Gate::Closed { reason, .. } if is(self, FAILED) => Some(reason),
            _ => None,
        }
    }
}

/// Whether AWS says this word of the check.
fn is(state: &State, word: &str) -> bool {
    state.state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case(word))
}
