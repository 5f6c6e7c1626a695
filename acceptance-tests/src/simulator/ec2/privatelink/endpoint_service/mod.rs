//! An endpoint service as the simulator keeps it.
//!
//! Only what it is. Operations: `create.rs`, `modify.rs`, `delete.rs` and `describe.rs` for the owner,
//! `lookup.rs` for consumers; principals in `permission`; the private name's proof in `private_dns`.

pub mod create;
pub mod delete;
pub mod describe;
pub mod load_balancers;
pub mod lookup;
pub mod modify;
pub mod regions;

use std::collections::{BTreeMap, BTreeSet};

use crate::simulator::clock::Moment;
use crate::simulator::timed::Timed;

use super::permission::Permission;
use super::private_dns::PrivateName;

/// State of a service as Describe spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceState {
    /// In use.
    Available,
    /// Deleted by its owner, still holding its load balancers.
    Deleting,
    /// Deleted; Describe shows it for a time.
    Deleted,
    /// Forgotten.
    Gone,
    /// Forced by `/_simulator/set`.
    Failed,
}

impl ServiceState {
    /// Writes the state as AWS does.
    pub fn name(self) -> &'static str {
        match self {
            Self::Available => "Available",
            Self::Deleting => "Deleting",
            Self::Deleted | Self::Gone => "Deleted",
            Self::Failed => "Failed",
        }
    }

    /// Reads a state as `/_simulator/set` gives it.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Available, Self::Deleting, Self::Deleted, Self::Failed]
            .into_iter()
            .find(|state| state.name().eq_ignore_ascii_case(text))
    }
}

/// State of a Region in which a service is offered besides its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionState {
    /// Asked for.
    Pending,
    /// Usable from there.
    Available,
    /// Being taken away.
    Deleting,
    /// Taken away; stays listed for ever.
    Closed,
}

impl RegionState {
    /// Writes the state as AWS does.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Available => "Available",
            Self::Deleting => "Deleting",
            Self::Closed => "Closed",
        }
    }
}

/// One family of IP addresses that a service takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IpFamily {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl IpFamily {
    /// Writes the family as AWS does.
    pub fn name(self) -> &'static str {
        match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }

    /// Reads a family as callers give it.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::V4, Self::V6].into_iter().find(|family| family.name() == text)
    }
}

/// An endpoint service configuration.
#[derive(Debug, Clone)]
pub struct EndpointService {
    /// `vpce-svc-…`.
    pub id: String,
    /// The account it belongs to.
    pub owner: String,
    /// Its Region.
    pub region: String,
    /// Where it stands.
    pub state: Timed<ServiceState>,
    /// Until then endpoints get 503, although the state says Available.
    pub usable_at: Moment,
    /// Whether the owner accepts each new connection.
    pub acceptance_required: bool,
    /// Its network load balancers, by ARN, in the order of their binding.
    pub load_balancers: Vec<String>,
    /// Zone ids as they were when bound or refreshed.
    pub zones: BTreeSet<String>,
    /// Families it takes.
    pub families: BTreeSet<IpFamily>,
    /// Other Regions it is or was offered in.
    pub regions: BTreeMap<String, Timed<RegionState>>,
    /// Its private name, if any.
    pub private_name: Option<PrivateName>,
    /// The private name that Describe goes on showing until the moment.
    pub stale_private_name: Option<(Moment, Option<PrivateName>)>,
    /// Who may connect.
    pub permissions: Vec<Permission>,
    /// Whether the owner pays for the endpoints; never goes back.
    pub owner_pays: bool,
}

impl EndpointService {
    /// Returns the name that consumers ask for.
    pub fn name(&self) -> String {
        super::endpoint::dns::service_name(&self.region, &self.id)
    }

    /// Returns the domain of its endpoints' names.
    pub fn domain(&self) -> String {
        super::endpoint::dns::service_domain(&self.region, &self.id)
    }

    /// Returns the private name that Describe shows: for a moment after a change still the one before.
    pub fn shown_private_name(&self, at: Moment) -> Option<&PrivateName> {
        match &self.stale_private_name {
            Some((until, stale)) if at < *until => stale.as_ref(),
            _ => self.private_name.as_ref(),
        }
    }

    /// Tells whether it holds its load balancers: until it is Deleted, so also while Deleting.
    pub fn holds_load_balancers(&self, now: Moment) -> bool {
        matches!(self.state.at(now), ServiceState::Available | ServiceState::Deleting | ServiceState::Failed)
    }

    /// Tells whether it can be worked with.
    pub fn is_live(&self, now: Moment) -> bool {
        matches!(self.state.at(now), ServiceState::Available | ServiceState::Failed)
    }

    /// Tells whether it is offered in another Region than its own.
    pub fn is_offered_elsewhere(&self, now: Moment) -> bool {
        self.regions.values().any(|state| matches!(state.at(now), RegionState::Pending | RegionState::Available))
    }

    /// Tells whether endpoints may be made from a Region.
    pub fn is_offered_in(&self, region: &str, now: Moment) -> bool {
        self.region == region || self.regions.get(region).is_some_and(|state| *state.at(now) == RegionState::Available)
    }
}
