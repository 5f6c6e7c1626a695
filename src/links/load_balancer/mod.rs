//! An internal Network Load Balancer.
//!
//! Its listeners and target groups are links of their own. `spec` and `state` are in this file, calls
//! in `calls`.

mod attributes;
mod calls;
mod diff;
mod subnets;
#[cfg(test)]
mod tests;

pub use attributes::{AccessLogs, Attributes};
pub use subnets::steps as way_between;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::aws::Tags;
use crate::engine::Field;

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadBalancer;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// What people recognise in the name; a change renames nothing.
    pub base_name: String,
    /// One subnet in each zone.
    pub subnet_ids: BTreeSet<String>,
    /// Its IPv4 address in a subnet, where that is fixed.
    pub addresses: BTreeMap<String, String>,
    /// Its IPv6 address in a subnet, where that is fixed.
    #[serde(default)]
    pub ipv6_addresses: BTreeMap<String, String>,
    /// Security groups; a load balancer born without any can never get one.
    pub security_groups: BTreeSet<String>,
    /// Whether inbound rules of the groups hold for traffic from endpoints.
    pub enforces_on_private_link: bool,
    /// `ipv4` or `dualstack`.
    pub ip_address_type: String,
    /// Whether datagrams over IPv6 leave from a prefix of each subnet.
    #[serde(default)]
    pub source_nat_prefix: bool,
    /// Its attributes in AWS.
    pub attributes: Attributes,
    /// The user's tags.
    pub tags: Tags,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its DNS name.
    pub dns_name: String,
    /// The hosted zone of its DNS name.
    pub zone_id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// One subnet in each zone.
    pub subnet_ids: BTreeSet<String>,
    /// Its IPv4 address in a subnet, where somebody fixed it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub addresses: BTreeMap<String, String>,
    /// Its IPv6 address in a subnet, where somebody fixed it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ipv6_addresses: BTreeMap<String, String>,
    /// Names of its zones; none while AWS is to tell them anew.
    pub availability_zones: Option<BTreeSet<String>>,
    /// Security groups.
    pub security_groups: BTreeSet<String>,
    /// Whether inbound rules are left aside for traffic from endpoints.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lets_private_link_pass: bool,
    /// `ipv4` or `dualstack`.
    pub ip_address_type: String,
    /// Whether datagrams over IPv6 leave from a prefix of each subnet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub source_nat_prefix: bool,
    /// Its attributes in AWS.
    #[serde(flatten)]
    pub attributes: Attributes,
    /// Deleted, while its network interfaces still hold their subnets.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_leaving: bool,
    /// The composite's name in the owner tags; none where it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// The user's tags.
    pub tags: Tags,
}

const SUBNETS: Field = "subnet_ids";
const GROUPS: Field = "security_groups";
const IP_TYPE: Field = "ip_address_type";
const SOURCE_NAT: Field = "enable_prefix_for_ipv6_source_nat";
const ADDRESSES: Field = "subnet_mapping";
const ENFORCEMENT: Field = "enforce_security_group_inbound_rules_on_private_link_traffic";
const ATTRIBUTES: Field = "attributes";
const TAGS: Field = "tags";
