//! What SNS keeps of one account and Region.

use std::collections::BTreeMap;

/// Holds one account's topics in one Region, by ARN.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Topics.
    pub topics: BTreeMap<String, Topic>,
}

/// Holds one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// ARN.
    pub arn: String,
    /// Account of its owner.
    pub owner: String,
    /// Access policy, as JSON.
    pub policy: String,
    /// Name that subscribers see.
    pub display_name: String,
    /// Delivery policy, as JSON; empty for the default.
    pub delivery_policy: String,
    /// Where successes and failures of deliveries are written down, by attribute.
    pub delivery_records: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}
