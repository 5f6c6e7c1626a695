//! The interface endpoint: the anchor of the consumer's chain.
//!
//! It is made without private DNS, which is the link `private_dns`, and is accepted by `connection`
//! or by somebody else. Read `compare` for what changes in place, and
//! `gate` for who must act.

mod calls;
mod diff;
mod flatten;
mod gate;
mod given;
mod names;
#[cfg(test)]
mod tests;

pub use calls::of_uid;
pub use diff::is_same_address;
pub use given::{GivenEndpoint, Spec as GivenSpec, describe_endpoint};
pub use names::id_in;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::engine::Field;
use crate::schema::policy;

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Endpoint;

/// A wanted endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// `com.amazonaws.vpce.<region>.vpce-svc-…`, or an AWS service's name.
    pub service_name: String,
    /// Region of the service, where it is not the endpoint's.
    pub service_region: Option<String>,
    /// The VPC, as the link `network` found it.
    pub vpc_id: String,
    /// One subnet in each zone.
    pub subnet_ids: BTreeSet<String>,
    /// Zone ids of these subnets, as far as they are known.
    #[serde(default)]
    pub zones: BTreeMap<String, String>,
    /// Fixed addresses, by subnet; AWS chooses those of the others.
    pub addresses: BTreeMap<String, Addresses>,
    /// Groups of the network interfaces, at least one.
    pub security_group_ids: BTreeSet<String>,
    /// `ipv4`, `ipv6` or `dualstack`.
    pub ip_address_type: String,
    /// `ipv4`, `ipv6`, `dualstack` or `service-defined`; `None` follows `ip_address_type`.
    pub dns_record_ip_type: Option<String>,
    /// Endpoint policy as JSON; `None` is AWS's full access.
    pub policy: Option<String>,
    /// Who accepts the connection.
    pub acceptance: Acceptance,
    /// The composite's name, which the owner tags tell.
    pub base_name: String,
    /// Tags of the person, `Name` included, without the owner's.
    pub tags: BTreeMap<String, String>,
    /// Whether `Name` is only our default: an endpoint that somebody made without a name needs none.
    pub is_default_name: bool,
    /// Whether nobody wants private DNS: whoever switched it on, it is switched off. Where it is wanted
    /// the link `private_dns` sees to it.
    pub without_private_dns: bool,
}

/// Addresses of one network interface that are not left to AWS.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Addresses {
    /// IPv4.
    pub ipv4: Option<String>,
    /// IPv6.
    pub ipv6: Option<String>,
}

/// Who accepts the connection, and whether to wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Acceptance {
    /// The link `connection` of this chain accepts it.
    Await,
    /// Somebody else; the run ends while it is outstanding.
    #[default]
    Leave,
    /// Somebody else; the run waits until its deadline.
    WaitForPerson,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// `vpce-…`.
    pub id: String,
    /// ARN of the endpoint; `None` only where the account is not known yet.
    pub arn: Option<String>,
    /// AWS's word: `pendingAcceptance`, `pending`, `available`, `rejected`, `failed`, `expired`, `partial`,
    /// `deleting`; `None` in a forecast where it may change.
    pub state: Option<String>,
    /// The VPC.
    pub vpc_id: String,
    /// Account of the endpoint.
    pub owner_id: Option<String>,
    /// The service.
    pub service_name: String,
    /// Region of the service, where AWS names it.
    pub service_region: Option<String>,
    /// Subnets with a network interface.
    pub subnet_ids: BTreeSet<String>,
    /// Groups of the network interfaces.
    pub security_group_ids: BTreeSet<String>,
    /// `ipv4`, `ipv6` or `dualstack`.
    pub ip_address_type: String,
    /// Which addresses the DNS names answer with.
    pub dns_record_ip_type: Option<String>,
    /// Endpoint policy as JSON; `None` is AWS's full access.
    pub policy: Option<String>,
    /// Regional name; `None` until AWS has given it.
    pub dns_name: Option<String>,
    /// Hosted zone of the regional name, for aliases.
    pub hosted_zone_id: Option<String>,
    /// Zonal names, by zone id; empty across Regions and until it is available. In a forecast those to come are empty,
    /// and `None` means that all may change.
    pub zonal_dns_names: Option<BTreeMap<String, String>>,
    /// Names that resolve to it inside the VPC while private DNS is on.
    pub private_dns_names: BTreeSet<String>,
    /// Whether private DNS is on; set by the link `private_dns`.
    pub private_dns_enabled: bool,
    /// By zone id; empty until it is available. In a forecast those to be made have no id, and `None` means that all may
    /// change.
    pub network_interfaces: Option<BTreeMap<String, NetworkInterface>>,
    /// Ids of its network interfaces: what a deletion waits for.
    pub network_interface_ids: BTreeSet<String>,
    /// The composite's name in the owner tags; none where it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// Tags of the person, `Name` included, without the owner's.
    pub tags: BTreeMap<String, String>,
}

impl State {
    /// Whether AWS says that it works.
    pub fn works(&self) -> bool {
        self.state.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("available"))
    }
}

/// One network interface of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkInterface {
    /// `eni-…`.
    pub id: String,
    /// Its subnet.
    pub subnet_id: String,
    /// Its IPv4 address.
    pub ipv4: Option<String>,
    /// Its IPv6 address.
    pub ipv6: Option<String>,
}

pub(super) const SUBNETS: Field = "subnet_ids";
pub(super) const ADDRESSES: Field = "subnet_configuration";
pub(super) const GROUPS: Field = "security_group_ids";
pub(super) const ADDRESS_TYPE: Field = "ip_address_type";
pub(super) const RECORD_TYPE: Field = "dns_record_ip_type";
pub(super) const POLICY: Field = "policy";
pub(super) const TAGS: Field = "tags";
pub(super) const PRIVATE_DNS: Field = "private_dns_enabled";

impl Spec {
    /// The wanted tags of an endpoint that exists.
    pub(super) fn tags_beside(&self, state: &State) -> BTreeMap<String, String> {
        let mut tags = self.tags.clone();
        if self.is_default_name && !state.tags.contains_key("Name") {
            tags.remove("Name");
        }
        tags
    }

    /// Which addresses the DNS names are to answer with.
    pub(super) fn record_type(&self) -> &str {
        self.dns_record_ip_type.as_deref().unwrap_or(&self.ip_address_type)
    }

    /// The wanted policy, none where it only says what AWS's own says.
    pub(super) fn effective_policy(&self) -> Option<&str> {
        self.policy.as_deref().filter(|document| !policy::is_full_access(document))
    }
}

/// Whether the endpoint is in this state.
fn is(state: &State, expected: &str) -> bool {
    state.state.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(expected))
}
