//! What lookups return and the reads of an account keep for others. No call is made here, so that [`super::reads`] and
//! [`super::client`] know what they keep without knowing who asks.

use std::collections::{BTreeMap, BTreeSet};

use super::record_key::RecordKey;
use super::tags::Tags;

/// An endpoint service as a consumer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceDetail {
    /// Its full name.
    pub service_name: String,
    /// `vpce-svc-…`, or AWS's short id of a service of its own.
    pub service_id: Option<String>,
    /// Its Region.
    pub service_region: Option<String>,
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`.
    pub service_types: BTreeSet<String>,
    /// Zones in which it has addresses, by the names that they have in this account.
    pub availability_zones: BTreeSet<String>,
    /// Names under which its endpoints get theirs.
    pub base_endpoint_dns_names: BTreeSet<String>,
    /// Its tags, as far as the owner shows them.
    pub tags: Tags,
    /// Its account; `amazon` for AWS's own.
    pub owner: Option<String>,
    /// Zones in which it has addresses, by id; empty for a service of another Region, where AWS names none.
    pub availability_zone_ids: BTreeSet<String>,
    /// Whether its endpoints may have a policy.
    pub supports_policy: bool,
    /// Whether its owner must accept each connection.
    pub acceptance_required: bool,
    /// Its private names.
    pub private_dns_names: BTreeSet<String>,
    /// AWS's word on the verification of its private name.
    pub private_dns_state: Option<String>,
    /// Whether interface endpoints can be made for it.
    pub is_interface: bool,
    /// Address families of its endpoints, `ipv4` and `ipv6`; empty where AWS names none.
    pub families: BTreeSet<String>,
}

impl ServiceDetail {
    /// Whether there is a private name, and AWS knows that it is the owner's: private DNS may be switched on.
    pub fn is_proved(&self) -> bool {
        let is_verified = |word: &String| word.eq_ignore_ascii_case("verified");
        !self.private_dns_names.is_empty() && self.private_dns_state.as_ref().is_none_or(is_verified)
    }
}

/// What uses a security group in its account and Region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupUses {
    /// Network interfaces that have it.
    pub interfaces: BTreeSet<String>,
    /// Other groups whose rules name it.
    pub groups: BTreeSet<String>,
}

/// What a network interface says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InterfaceAt {
    /// Its VPC: addresses are known by it.
    pub vpc_id: String,
    /// What its maker has written, such as `ELB net/orders/0123456789abcdef`.
    pub description: String,
}

/// An instance, as far as traffic is concerned: what the interface says that traffic to the instance arrives at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Instance {
    /// Its VPC.
    pub vpc_id: String,
    /// Its zone by the name that it has in this account.
    pub zone: String,
    /// Its security groups.
    pub group_ids: Vec<String>,
}

/// The association of a resource with a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileAssociationSeen {
    /// `rpr-…`.
    pub id: String,
    /// What it is called; nobody can change that.
    pub name: String,
    /// AWS's word: `CREATING`, `COMPLETE`, `UPDATING`, `DELETING`, `DELETED`, `FAILED`.
    pub status: String,
    /// What AWS says about the status.
    pub message: String,
}

/// Records of a zone with the name that each leads to, where it leads to one.
pub(super) type ZoneTargets = BTreeMap<RecordKey, Option<String>>;

/// A private zone that a VPC sees.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenZone {
    /// Its id.
    pub zone_id: String,
    /// Its name, without the dot at the end.
    pub name: String,
    /// Its account, or the AWS service that owns it.
    pub owner: String,
}

impl SeenZone {
    /// Whether it is one that AWS keeps for an endpoint's private names.
    pub fn is_hidden(&self) -> bool {
        self.owner == "vpce.amazonaws.com"
    }
}

/// A stretch of time, in seconds of Unix time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Its beginning.
    pub start: i64,
    /// Its end, which is no part of it.
    pub end: i64,
}

/// A datum: the beginning of its period in seconds of Unix time, and its value.
pub type Datum = (i64, f64);
