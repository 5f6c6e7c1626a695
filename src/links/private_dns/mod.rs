//! Private DNS of an endpoint, switched on when everything before it is in place.
//!
//! What exists is the switch being on. Each of AWS's gates answers `InvalidParameter`; the class
//! comes from what a look at the VPC finds, AWS's words choose the advice.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrivateDns;

/// Private DNS wanted on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The endpoint, `vpce-…`.
    pub endpoint_id: String,
    /// The names that the service offers: AWS lists them with the endpoint some time after it took them.
    #[serde(default)]
    pub names: BTreeSet<String>,
    /// Whether the names of S3 answer to inbound endpoints of Route 53 Resolver alone; `None` for services without that choice,
    /// for which AWS refuses the parameter.
    #[serde(default)]
    pub inbound_resolver_only: Option<bool>,
}

/// Private DNS that is on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The endpoint.
    pub endpoint_id: String,
    /// Names that now resolve to it inside the VPC; empty until AWS shows them, never `None` in what is read.
    pub private_dns_names: Option<BTreeSet<String>>,
    /// Whether they answer to inbound resolver endpoints alone; `None` where AWS does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound_resolver_only: Option<bool>,
}

impl State {
    /// Whether the names answer to others than wanted.
    fn is_for_others(&self, spec: &Spec) -> bool {
        let seen = spec.inbound_resolver_only.zip(self.inbound_resolver_only);
        seen.is_some_and(|(wanted, found)| wanted != found)
    }
}
