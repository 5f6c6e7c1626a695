//! What PrivateLink keeps of one account and Region: endpoint services, endpoints, and what ties them together.

use std::collections::{BTreeMap, BTreeSet};

use crate::simulator::clock::Moment;

use super::endpoint::Endpoint;
use super::endpoint_service::EndpointService;
use super::private_dns::zone::HiddenZone;

/// Holds one account's PrivateLink objects in one Region.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Endpoint services by id.
    pub services: BTreeMap<String, EndpointService>,
    /// Endpoints by id.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Ids of the endpoints of each VPC.
    pub endpoints_by_vpc: BTreeMap<String, Vec<String>>,
    /// Hidden zones by endpoint, each endpoint's in the order of their making.
    pub hidden_zones: BTreeMap<String, Vec<HiddenZone>>,
    /// Connections of its services, by their own ids.
    pub connections: BTreeMap<String, Place>,
    /// When something becomes due by itself, with the id of what it becomes due for.
    pub alarms: BTreeSet<(Moment, String)>,
    /// Connection notifications by id.
    pub notifications: BTreeMap<String, Notification>,
    /// Users, roles and topics that were removed.
    pub removed_arns: BTreeSet<String>,
}

/// Says where the endpoint of a connection lies, for the owner of the service.
#[derive(Debug, Clone)]
pub struct Place {
    /// The service.
    pub service_id: String,
    /// Account of the endpoint.
    pub account: String,
    /// Region of the endpoint.
    pub region: String,
    /// The endpoint.
    pub endpoint_id: String,
}

/// A connection notification.
#[derive(Debug, Clone)]
pub struct Notification {
    /// `vpce-nfn-…`.
    pub id: String,
    /// The service whose connections it tells of.
    pub service_id: Option<String>,
    /// The endpoint whose connection it tells of.
    pub endpoint_id: Option<String>,
    /// The topic.
    pub topic: String,
    /// Which events, in AWS's order.
    pub events: Vec<String>,
    /// Whether AWS publishes.
    pub enabled: bool,
}
