//! Looks of plan and import: several objects at a time, in plain words instead of SDK types.
//!
//! Nothing here belongs to one link. Reads of single objects are in `reads`.

mod balancers;
mod endpoints;
mod group_uses;
mod interface_owners;
mod load_balancers;
mod metrics;
mod networks;
mod own_services;
mod owned;
mod profiles;
mod services;
mod traffic;
mod zones;

pub use balancers::{BalancerSeen, ListenerRules, TargetSeen};
pub use endpoints::{Answer, EndpointSeen};
pub use load_balancers::ListenerSeen;
pub use metrics::Metric;
pub use networks::{SubnetCapacity, subnets_by};
pub use own_services::{OwnService, ServiceConnection};
pub use owned::Owned;
pub(crate) use services::stays;
pub use services::{Connected, Permission};
pub use traffic::{AclRule, InboundRule, Interface, NetworkAcl, Route, Source, SubnetPlace};

pub use super::seen::{Datum, GroupUses, Instance, InterfaceAt, ProfileAssociationSeen, SeenZone, ServiceDetail, Span};
