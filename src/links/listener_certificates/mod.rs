//! Certificates of a TLS listener beside the default one, of which it chooses by the name that a client asks for.
//!
//! A list that every listener has and that is asked for where it is written alone. Exactly these: what others add is taken out.
//! A default certificate that is in the list, too, stays there: AWS does not let it be removed.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

pub use calls::read;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListenerCertificates;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The listener.
    pub listener_arn: String,
    /// Its default certificate, which is no part of this.
    pub default_arn: Option<String>,
    /// Exactly these.
    pub certificate_arns: BTreeSet<String>,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The listener.
    pub listener_arn: String,
    /// All of the list.
    pub certificate_arns: BTreeSet<String>,
    /// The default certificate, where the list holds it too: it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_arn: Option<String>,
}
