//! An endpoint as the simulator keeps it, with the connection that its service's owner sees.
//!
//! Both sides read the same record, each with its own schedule: accepting shows at the owner first and at the consumer a little
//! later. Operations: `create.rs`, `modify.rs`, `delete.rs`, `describe.rs`, and `../connection.rs` for the owner.

pub mod addresses;
pub mod admission;
pub mod change;
pub mod create;
pub mod delete;
pub mod describe;
pub mod dns;
pub mod modify;
pub mod options;

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::simulator::clock::Moment;
use crate::simulator::timed::Timed;

/// State of an endpoint, and of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointState {
    /// Waits for the service's owner.
    PendingAcceptance,
    /// Being made or changed.
    Pending,
    /// Carries traffic.
    Available,
    /// Some subnets carry traffic, some do not; only by force.
    Partial,
    /// Refused by the service's owner; final for the consumer.
    Rejected,
    /// Nobody answered in time.
    Expired,
    /// Broken inside AWS.
    Failed,
    /// Deleted by its owner, interfaces still there.
    Deleting,
    /// Deleted; Describe shows it for a time.
    Deleted,
    /// Forgotten.
    Gone,
}

impl EndpointState {
    /// Writes the state as the wire has it: camel case, unlike the model's enum.
    pub fn name(self) -> &'static str {
        match self {
            Self::PendingAcceptance => "pendingAcceptance",
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Partial => "partial",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
            Self::Deleted | Self::Gone => "deleted",
        }
    }

    /// Reads a state as `/_simulator/set` gives it.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::PendingAcceptance,
            Self::Pending,
            Self::Available,
            Self::Partial,
            Self::Rejected,
            Self::Expired,
            Self::Failed,
            Self::Deleting,
            Self::Deleted,
        ]
        .into_iter()
        .find(|state| state.name().eq_ignore_ascii_case(text))
    }

    /// Tells whether the connection keeps its service from being deleted and its load balancers from being unbound.
    pub fn is_attached(self) -> bool {
        matches!(self, Self::PendingAcceptance | Self::Pending | Self::Available | Self::Partial)
    }

    /// Tells whether the endpoint is still there: neither deleted nor forgotten.
    pub fn exists(self) -> bool {
        !matches!(self, Self::Deleted | Self::Gone)
    }
}

/// Kind of endpoint; others are out of scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointKind {
    /// Network interfaces in subnets.
    Interface,
    /// A route, for S3.
    Gateway,
}

impl EndpointKind {
    /// Writes the kind as AWS does.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interface => "Interface",
            Self::Gateway => "Gateway",
        }
    }
}

/// What an endpoint leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A customer's endpoint service.
    Customer {
        /// `vpce-svc-…`.
        id: String,
    },
    /// A service of AWS itself.
    Aws,
}

/// Address families of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpAddressType {
    /// IPv4 only.
    Ipv4,
    /// IPv6 only.
    Ipv6,
    /// Both.
    Dualstack,
}

impl IpAddressType {
    /// Writes the type as AWS does.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Dualstack => "dualstack",
        }
    }

    /// Reads a type as callers give it.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Ipv4, Self::Ipv6, Self::Dualstack].into_iter().find(|kind| kind.name() == text)
    }

    /// Tells whether it has IPv4 addresses.
    pub fn has_ipv4(self) -> bool {
        self != Self::Ipv6
    }

    /// Tells whether it has IPv6 addresses.
    pub fn has_ipv6(self) -> bool {
        self != Self::Ipv4
    }
}

/// An endpoint's place in one subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The subnet.
    pub subnet_id: String,
    /// Zone id of the subnet: what accounts agree about.
    pub zone_id: String,
    /// Zone name of the subnet, as its owner's account calls it; part of the zonal DNS name.
    pub zone_name: String,
    /// The network interface.
    pub interface_id: String,
    /// Its IPv4 address.
    pub ipv4: Option<Ipv4Addr>,
    /// Its IPv6 address.
    pub ipv6: Option<Ipv6Addr>,
    /// From then on Describe lists the interface and the zonal name.
    pub shown_at: Moment,
}

/// A VPC endpoint and its connection.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `vpce-…`.
    pub id: String,
    /// The account it belongs to.
    pub owner: String,
    /// Its Region.
    pub region: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Interface or Gateway.
    pub kind: EndpointKind,
    /// What it leads to.
    pub target: Target,
    /// Name of the service, as asked for.
    pub service_name: String,
    /// Region of the service.
    pub service_region: String,
    /// Domain of its own names.
    pub domain: String,
    /// The eight characters that AWS puts into its names.
    pub label: String,
    /// What its names begin with: `*.` for S3.
    pub name_prefix: &'static str,
    /// Whether Describe lists its names in another order than Regional, zonal, private.
    pub names_are_shuffled: bool,
    /// When it was made.
    pub created: Moment,
    /// The user or role who made it.
    pub creator: String,
    /// Where it stands for its owner.
    pub state: Timed<EndpointState>,
    /// Where its connection stands for the service's owner.
    pub connection: Timed<EndpointState>,
    /// From then on the service's owner sees the connection.
    pub connection_shown_at: Moment,
    /// Whether the service's owner was asked.
    pub waited_for_acceptance: bool,
    /// `vpce-con-…`.
    pub connection_id: String,
    /// Its subnets, in the order in which they were given.
    pub placements: Vec<Placement>,
    /// Its security groups.
    pub groups: Vec<String>,
    /// Route tables of a gateway endpoint.
    pub route_tables: Vec<String>,
    /// Until then its interfaces hold the security groups it had before, too.
    pub old_groups_until: Option<Moment>,
    /// Its policy document; `None` is full access by default.
    pub policy: Option<String>,
    /// Address families.
    pub ip_address_type: IpAddressType,
    /// What kind of records its names have.
    pub dns_record_ip_type: String,
    /// Whether private names serve only the inbound resolver.
    pub inbound_resolver_only: Option<bool>,
    /// Whether private DNS is on.
    pub private_dns: bool,
    /// From then on Describe lists the Regional name.
    pub names_shown_at: Moment,
    /// AWS's reason of a failure.
    pub last_error: Option<(String, String)>,
}

impl Endpoint {
    /// Returns its Regional name.
    pub fn regional_name(&self) -> String {
        format!("{}{}", self.name_prefix, self::dns::regional(&self.id, &self.label, &self.domain))
    }

    /// Returns its name in the zone of a placement.
    pub fn zonal_name(&self, placement: &Placement) -> String {
        let name = self::dns::zonal(&self.id, &self.label, &placement.zone_name, &self.domain);
        format!("{}{name}", self.name_prefix)
    }

    /// Returns its public names that exist at a moment: the Regional one first, then the zonal ones.
    pub fn dns_names(&self, now: Moment) -> Vec<String> {
        let mut names = Vec::new();
        // Without a subnet there is nothing to name (hashicorp/aws, `TestAccVPCEndpoint_interfaceBasic`).
        if self.kind == EndpointKind::Interface && self.names_shown_at <= now && !self.placements.is_empty() {
            names.push(self.regional_name());
            let shown = self.placements.iter().filter(|placement| placement.shown_at <= now && !self.crosses_regions());
            names.extend(shown.map(|placement| self.zonal_name(placement)));
        }
        names
    }

    /// Tells whether it leads to a customer's service with this id.
    pub fn leads_to(&self, service_id: &str) -> bool {
        matches!(&self.target, Target::Customer { id } if id == service_id)
    }

    /// Tells whether its owner has deleted it, which the service's owner may not see yet.
    pub fn is_going(&self, now: Moment) -> bool {
        !self.state.at(now).exists() || *self.state.at(now) == EndpointState::Deleting
    }

    /// Tells whether service and endpoint are in different Regions.
    pub fn crosses_regions(&self) -> bool {
        self.region != self.service_region
    }
}
