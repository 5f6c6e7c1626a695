//! A notification on an SNS topic about connections of an endpoint service, or of one endpoint.

mod block;
mod calls;
mod diff;
#[cfg(test)]
mod tests;

pub use block::{NotificationBlock, by_topic, observed, wanted};
pub use calls::{of_endpoint, of_service};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::engine::{LinkName, Orphan};

/// All events, in AWS's words.
pub const EVENTS: &[&str] = &["Accept", "Connect", "Delete", "Reject"];

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Notification;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The endpoint service; empty where it is about an endpoint.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub service_id: String,
    /// The endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// ARN of the topic.
    pub topic_arn: String,
    /// Which of [`EVENTS`].
    pub events: BTreeSet<String>,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// `vpce-nfn-…`
    pub id: String,
    /// The endpoint service; empty where it is about an endpoint.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub service_id: String,
    /// The endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// ARN of the topic.
    pub topic_arn: String,
    /// Which of [`EVENTS`].
    pub events: BTreeSet<String>,
}

/// Those of `there` that tell one of these topics and are in no record. Notifications carry no tags: ours are those on a
/// topic that the interrupted run was to tell, as a later run that finds one takes it for its own.
pub fn strays(there: Vec<State>, kind: &str, topics: &[&str], recorded: &[State]) -> Vec<Orphan> {
    let is_recorded = |one: &State| recorded.iter().any(|known| known.id == one.id);
    let ours = there.into_iter().filter(|one| topics.contains(&one.topic_arn.as_str()) && !is_recorded(one));
    ours.map(|one| Orphan::untagged(LinkName::keyed(kind, &one.topic_arn), &one)).collect()
}
