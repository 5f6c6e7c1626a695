//! The VPC endpoint service: what consumers connect to, in front of one or more load balancers.
//!
//! Allowed principals are the link `permissions`, the check of a private name is `dns_verification`.

mod calls;
mod connected;
mod diff;
mod flatten;
#[cfg(test)]
mod tests;

pub use calls::of_uid;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::engine::Field;

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct EndpointService;

/// A wanted endpoint service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Network Load Balancers that it stands in front of, at least one.
    pub load_balancer_arns: BTreeSet<String>,
    /// Whether its owner must accept each connection.
    pub acceptance_required: bool,
    /// The name that consumers may use inside their VPCs, lower case; a leading `*.` is allowed.
    pub private_dns_name: Option<String>,
    /// `ipv4`, `ipv6` or both.
    pub supported_ip_address_types: BTreeSet<String>,
    /// Further Regions from which consumers may connect; the service's own may be listed or not.
    pub supported_regions: BTreeSet<String>,
    /// Zones in which consumers may connect.
    pub zones: Zones,
    /// Whether a destroy rejects its connections first.
    pub force_destroy: bool,
    /// The composite's name, which its tags tell.
    #[serde(default)]
    pub base_name: String,
    /// Tags of the person, without the owner's.
    pub tags: BTreeMap<String, String>,
}

/// Zones in which a service can be reached.
///
/// AWS takes them from the load balancers when these are bound, and afterwards only when it is asked to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Zones {
    /// Whatever AWS has.
    #[default]
    Any,
    /// Those of load balancers whose zones are about to change.
    Changing,
    /// These, by their names in this account.
    Exactly(BTreeSet<String>),
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// `vpce-svc-…`.
    pub id: String,
    /// ARN of the service; `None` only where the account is not known yet.
    pub arn: Option<String>,
    /// `com.amazonaws.vpce.<region>.<id>`.
    pub service_name: String,
    /// AWS's word: `Pending`, `Available`, `Failed`.
    pub service_state: String,
    /// Network Load Balancers attached.
    pub load_balancer_arns: BTreeSet<String>,
    /// Whether its owner must accept each connection.
    pub acceptance_required: bool,
    /// The private name.
    pub private_dns_name: Option<String>,
    /// The TXT record that proves the name, full name included.
    pub private_dns_record: Option<PrivateDnsRecord>,
    /// AWS's word on the private name: `pendingVerification`, `verified`, `failed`.
    pub private_dns_state: Option<String>,
    /// `ipv4`, `ipv6` or both.
    pub supported_ip_address_types: BTreeSet<String>,
    /// Further Regions, without the service's own and without those that were removed.
    pub supported_regions: BTreeSet<String>,
    /// Zone names in which it can be reached; `None` in a forecast that changes load balancers.
    pub availability_zones: Option<BTreeSet<String>>,
    /// The same zones by id.
    pub availability_zone_ids: Option<BTreeSet<String>>,
    /// DNS names under which endpoints of this service get theirs.
    pub base_endpoint_dns_names: BTreeSet<String>,
    /// Whether a destroy rejects its connections first; ours to remember, AWS knows nothing of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force_destroy: bool,
    /// The composite's name in the owner tags; none where it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// Tags of the person, without the owner's.
    pub tags: BTreeMap<String, String>,
}

/// The record that proves the ownership of a private name, ready to publish.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PrivateDnsRecord {
    /// Full name, without a dot at the end: `<label>.<private name>`, for `*.x` it is `<label>.x`.
    pub name: String,
    /// `TXT`.
    #[serde(rename = "type")]
    pub record_type: String,
    /// The text, without quotes.
    pub value: String,
}

pub(super) const LOAD_BALANCERS: Field = "load_balancer_arns";
pub(super) const ACCEPTANCE: Field = "acceptance_required";
pub(super) const PRIVATE_NAME: Field = "private_dns_name";
pub(super) const ADDRESS_TYPES: Field = "supported_ip_address_types";
pub(super) const REGIONS: Field = "supported_regions";
pub(super) const ZONES: Field = "availability_zones";
pub(super) const TAGS: Field = "tags";
pub(super) const FORCE: Field = "force_destroy";
