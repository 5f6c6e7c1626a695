//! The TXT record by which AWS verifies a private DNS name, kept in a public hosted zone.
//!
//! Several services may verify the same domain, so their values stand side by side under one name:
//! ours is added to the others and taken away from them, and they are never touched.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct VerificationRecord;

/// AWS's advice for the record's TTL. *Source:* PrivateLink guide, "Manage DNS names".
pub const DEFAULT_TTL_SECONDS: i64 = 1800;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Whose credentials own the zone; none for the provider's.
    pub account: Option<String>,
    /// The public zone.
    pub zone_id: String,
    /// The full name, such as `_k3yl4b3l.api.example.dev`.
    pub name: String,
    /// The value, without quotes, such as `vpce:t0k3n`; its case matters.
    pub value: String,
    /// Seconds for which answers are kept, where the record does not exist yet.
    pub ttl_seconds: i64,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Whose credentials own the zone; none for the provider's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The public zone.
    pub zone_id: String,
    /// The full name, without a dot at the end.
    pub name: String,
    /// Our value, without quotes.
    pub value: String,
    /// Id of the peer account that owns the zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// The change that name servers do not know yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_id: Option<String>,
}
