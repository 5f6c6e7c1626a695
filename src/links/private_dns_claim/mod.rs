//! A tag on the endpoint of a consumer that says who manages its private DNS, so that the consumer leaves it alone.
//!
//! Endpoints of others (of `aws_vpc_endpoint`, or made by hand) get no tag: whoever manages their tags would take it for
//! drift. The switch itself is the link `private_dns`.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrivateDnsClaim;

/// What is claimed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The endpoint, `vpce-…`.
    pub endpoint_id: String,
    /// Whether it is the endpoint of a consumer.
    pub is_of_a_consumer: bool,
}

/// What was claimed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The endpoint.
    pub endpoint_id: String,
    /// Whether it carries the tag.
    pub is_tagged: bool,
}
