//! PrivateLink: endpoint services and their owners' side, endpoints and their owners' side.
//!
//! Objects lie with the account and Region they belong to; services and endpoints of different accounts meet, so searching goes over
//! all of them (`find.rs`). A service's owner works with `endpoint_service`, `permission`, `private_dns` and `connection.rs`, an
//! endpoint's owner with `endpoint`. What AWS itself offers is `aws_service`. Traffic is `../../reach.rs`.

use crate::simulator::buckets::{ENDPOINT, ENDPOINT_SERVICE, MUTATING, READING};
use crate::simulator::clock::Moment;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::state::{Object, Region, State as World};

pub mod alarms;
pub mod answer;
pub mod aws_service;
pub mod connection;
pub mod endpoint;
pub mod endpoint_service;
pub mod find;
mod force;
pub mod notification;
pub mod permission;
pub mod private_dns;
pub mod state;

pub use alarms::settle;
pub use force::{doom, force};
pub use state::State;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("AcceptVpcEndpointConnections", ENDPOINT_SERVICE, connection::accept),
    mutation("CreateVpcEndpoint", ENDPOINT, endpoint::create::create),
    mutation("CreateVpcEndpointConnectionNotification", MUTATING, notification::create),
    mutation("CreateVpcEndpointServiceConfiguration", ENDPOINT_SERVICE, endpoint_service::create::create),
    mutation("DeleteVpcEndpointConnectionNotifications", MUTATING, notification::delete),
    mutation("DeleteVpcEndpointServiceConfigurations", ENDPOINT_SERVICE, endpoint_service::delete::delete),
    mutation("DeleteVpcEndpoints", ENDPOINT, endpoint::delete::delete),
    mutation("ModifyVpcEndpoint", ENDPOINT, endpoint::modify::modify),
    mutation("ModifyVpcEndpointConnectionNotification", MUTATING, notification::modify),
    mutation("ModifyVpcEndpointServiceConfiguration", ENDPOINT_SERVICE, endpoint_service::modify::modify),
    mutation("ModifyVpcEndpointServicePayerResponsibility", MUTATING, endpoint_service::modify::modify_payer),
    mutation("ModifyVpcEndpointServicePermissions", MUTATING, permission::modify),
    mutation("RejectVpcEndpointConnections", ENDPOINT_SERVICE, connection::reject),
    mutation("StartVpcEndpointServicePrivateDnsVerification", MUTATING, private_dns::start_verification),
    reading("DescribeVpcEndpointConnectionNotifications", READING, notification::describe),
    reading("DescribeVpcEndpointConnections", READING, connection::describe),
    reading("DescribeVpcEndpointServiceConfigurations", READING, endpoint_service::describe::describe),
    reading("DescribeVpcEndpointServicePermissions", READING, permission::describe),
    reading("DescribeVpcEndpointServices", READING, endpoint_service::lookup::describe),
    reading("DescribeVpcEndpoints", READING, endpoint::describe::describe),
];

/// Lists what is alive: an endpoint or service that Describe shows as deleted is not.
pub fn objects(state: &World, now: Moment) -> Vec<Object> {
    let mut objects = Vec::new();
    for (account, name, region) in state.regions() {
        let mut add = |kind, id: &str| {
            objects.push(Object { account: account.to_owned(), region: name.to_owned(), kind, id: id.to_owned() });
        };
        let link = &region.ec2.privatelink;
        for service in link.services.values().filter(|service| service.holds_load_balancers(now)) {
            add("endpoint_service", &service.id);
        }
        for endpoint in link.endpoints.values().filter(|endpoint| endpoint.state.at(now).exists()) {
            add("endpoint", &endpoint.id);
        }
        for notification in link.notifications.values() {
            add("notification", &notification.id);
        }
    }
    objects
}

/// Tells the tag resource type of an id that exists here, for CreateTags and DescribeTags.
pub fn resource_type(region: &Region, id: &str, now: Moment) -> Option<&'static str> {
    let link = &region.ec2.privatelink;
    if link.services.get(id).is_some_and(|service| service.is_live(now)) {
        return Some("vpc-endpoint-service");
    }
    if link.endpoints.get(id).is_some_and(|endpoint| endpoint.state.at(now).exists()) {
        return Some("vpc-endpoint");
    }
    if link.connections.contains_key(id) {
        return Some("vpc-endpoint-connection");
    }
    let permission = || link.services.values().flat_map(|service| &service.permissions).any(|entry| entry.id == id);
    permission().then_some("vpc-endpoint-service-permission")
}
