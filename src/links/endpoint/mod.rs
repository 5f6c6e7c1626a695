//! The interface endpoint: the anchor of the consumer's chain.
//!
//! It is made without private DNS, which is the link `private_dns`, and is accepted by `connection`
//! or by somebody else. Read `compare` for what changes in place, and
//! `gate` for who must act.

mod calls;
mod compare;
mod flatten;
mod gate;
mod given;
mod names;
#[cfg(test)]
mod tests;

pub use calls::of_uid;
pub use given::{GivenEndpoint, Spec as GivenSpec, look};
pub use names::id_in;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aws::Aws;
use crate::engine::{Change, Failure, Field, Gate, Link, Observed, Owner, Pace, Words};

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

/// Whether two texts are one address: IPv6 has many spellings.
pub fn is_same_address(one: &str, other: &str) -> bool {
    match (one.parse::<IpAddr>(), other.parse::<IpAddr>()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
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

impl Link for Endpoint {
    type Client = Aws;
    type Spec = Spec;
    type State = State;
    const LOOKS_ARE_SHARED: bool = true;
    const WORDS: Words = &[
        ("state", ""),
        ("zonal_dns_names", ""),
        ("private_dns_names", ""),
        ("network_interfaces", ""),
        ("network_interface_ids", ""),
        ("dns_name", ""),
        ("hosted_zone_id", ""),
        ("subnet_ids", "subnets"),
        ("security_group_ids", "security groups"),
        ("ip_address_type", "IP address type"),
        ("dns_record_ip_type", "IP addresses in DNS records"),
        ("private_dns_enabled", "private DNS"),
    ];

    fn pace(&self) -> Pace {
        Pace {
            ready: Some(Duration::from_secs(53)),
            gone: Some(Duration::from_secs(80)),
            retry: Duration::from_secs(2),
        }
    }

    /// Groups and tags change without a lock. *Source:* hashicorp/aws,
    /// `TestAccVPCEndpointSecurityGroupAssociation_multiple` and `_replaceDefaultAssociation`.
    fn works_throughout(&self, state: &State, fields: &[Field]) -> bool {
        compare::is(state, "available") && fields.iter().all(|field| [compare::GROUPS, compare::TAGS].contains(field))
    }

    async fn find(&self, aws: &Aws, owner: &Owner, _spec: &Spec) -> Result<Option<State>, Failure> {
        calls::find(aws.account(None)?, owner).await
    }

    async fn find_again(&self, aws: &Aws, owner: &Owner, _state: &State) -> Result<Option<State>, Failure> {
        calls::find(aws.account(None)?, owner).await
    }

    /// One that waits for acceptance is ready as far as AWS is concerned: the gate says who must act.
    /// Gone it is only with its network interfaces, because they hold its security groups and subnets.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        calls::read(aws.account(None)?, state).await
    }

    /// Only the service's owner, or a new endpoint, changes a rejection.
    fn is_lived_with(&self, state: &State) -> bool {
        compare::is(state, "rejected")
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        compare::diff(spec, state)
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        compare::forecast(spec, state)
    }

    fn gate(&self, spec: &Spec, state: &State) -> Gate {
        gate::gate(spec.acceptance, state)
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        calls::create(aws.account(None)?, owner, spec).await
    }

    async fn update(
        &self,
        aws: &Aws,
        owner: &Owner,
        spec: &Spec,
        state: &State,
        fields: &[Field],
    ) -> Result<State, Failure> {
        let account = aws.account(None)?;
        calls::modify(account, spec, state, fields).await?;
        if fields.contains(&compare::TAGS) {
            account.retag(&state.id, owner, &spec.tags_beside(state), &state.tags).await?;
        }
        Ok(compare::changed(spec, state))
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        calls::delete(aws.account(None)?, &state.id).await
    }
}
