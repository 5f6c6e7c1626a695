//! The acceptance of a connection, in the account that owns the endpoint service.
//!
//! What exists is the acceptance, not the connection: one that still waits is absent. Two composites use
//! it. A consumer accepts its own connection on the way; leaving rejects nobody, so its catalogue says
//! `released`. A service's owner decides over somebody else's ([`Spec::rejects`]): taking the acceptance
//! away is a rejection, and a connection that was rejected is one without acceptance. One whose endpoint is gone is over:
//! its acceptance stays recorded as it ended, because no apply can make it anew.
//!
//! A connection belongs to the service's owner. The owner's own resource gives it exactly the resource's tags and sees
//! their drift. A consumer that accepts adds its tags, changes those alone, and does not ask whether they are still there:
//! its refresh needs no credentials of the other account.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::aws::Tags;
use crate::aws::connections::is_over;
use crate::engine::Field;

const ACCOUNT: Field = "account";
const TAGS: Field = "tags";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Connection;

/// A wanted acceptance.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Name of the peer account that owns the service; `None` is the provider's own.
    pub account: Option<String>,
    /// The endpoint service, `vpce-svc-…`.
    pub service_id: String,
    /// Region of the service, where it is not the resource's.
    pub service_region: Option<String>,
    /// The endpoint, `vpce-…`.
    pub endpoint_id: String,
    /// Whether this is the owner's decision, which is undone by rejecting the connection.
    pub rejects: bool,
    /// The user's tags.
    #[serde(default)]
    pub tags: Tags,
}

/// A connection as its service's owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Name of the peer account that owns the service; `None` is the provider's own.
    pub account: Option<String>,
    /// The endpoint service.
    pub service_id: String,
    /// Region of the service, where it is not the resource's.
    pub service_region: Option<String>,
    /// The endpoint.
    pub endpoint_id: String,
    /// AWS's word: `pendingAcceptance`, `pending`, `available`, `rejected`, …
    pub state: String,
    /// Whether this is the owner's decision, which is undone by rejecting the connection.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rejects: bool,
    /// The connection itself, `vpce-con-…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// Account of the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_owner: Option<String>,
    /// Region of the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_region: Option<String>,
    /// Account of the service, of the owner's decision only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_owner: Option<String>,
    /// The user's tags: all that the connection carries to the owner's decision, those that it was given to a consumer.
    #[serde(skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl State {
    /// Whether this is the owner's decision over a connection that ended and never comes back.
    pub fn is_over(&self) -> bool {
        self.rejects && is_over(&self.state)
    }
}
