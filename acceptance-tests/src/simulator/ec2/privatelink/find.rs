//! Searching over all accounts: services by id, load balancers by binding, endpoints by service, zones by VPC.
//!
//! What `elbv2` and `route53` ask PrivateLink for is here as well.

use crate::simulator::clock::Moment;
use crate::simulator::error::ApiError;
use crate::simulator::session::Session;
use crate::simulator::state::State;

use super::answer::{is_id, malformed};
use super::endpoint::Endpoint;
use super::endpoint::dns::canonical;
use super::endpoint_service::{EndpointService, IpFamily, ServiceState};
use super::private_dns::zone::HiddenZone;

/// Walks the services of all accounts.
pub fn services(state: &State) -> impl Iterator<Item = &EndpointService> {
    state.regions().flat_map(|(_, _, region)| region.ec2.privatelink.services.values())
}

/// Walks the endpoints of all accounts.
pub fn endpoints(state: &State) -> impl Iterator<Item = &Endpoint> {
    state.regions().flat_map(|(_, _, region)| region.ec2.privatelink.endpoints.values())
}

/// Walks the hidden zones of all accounts.
pub fn hidden_zones(state: &State) -> impl Iterator<Item = &HiddenZone> {
    state.regions().flat_map(|(_, _, region)| region.ec2.privatelink.hidden_zones.values().flatten())
}

/// Finds a service by id, whoever owns it.
pub fn service<'a>(state: &'a State, id: &str) -> Option<&'a EndpointService> {
    state.regions().find_map(|(_, _, region)| region.ec2.privatelink.services.get(id))
}

/// Finds an endpoint by id, whoever owns it.
pub fn endpoint<'a>(state: &'a State, id: &str) -> Option<&'a Endpoint> {
    state.regions().find_map(|(_, _, region)| region.ec2.privatelink.endpoints.get(id))
}

/// Finds an endpoint by id, whoever owns it, to change it.
pub fn endpoint_mut<'a>(state: &'a mut State, id: &str) -> Option<&'a mut Endpoint> {
    state.regions_mut().find_map(|(_, _, region)| region.ec2.privatelink.endpoints.get_mut(id))
}

/// Finds the service that holds a load balancer, one that is still Deleting included (rule 1).
pub fn service_bound_to<'a>(state: &'a State, load_balancer: &str, now: Moment) -> Option<&'a EndpointService> {
    // Nobody binds the load balancer of another account or Region.
    let mut parts = load_balancer.split(':').skip(3);
    let region = parts.next().zip(parts.next()).and_then(|(region, account)| state.region(account, region))?;
    region.ec2.privatelink.services.values().find(|service| {
        service.holds_load_balancers(now) && service.load_balancers.iter().any(|arn| arn == load_balancer)
    })
}

/// Tells whether connections hold a load balancer's zones in place (rule 20).
pub fn has_connections_through(state: &State, load_balancer: &str, now: Moment) -> bool {
    service_bound_to(state, load_balancer, now)
        .is_some_and(|service| attached(state, &service.id, now).next().is_some())
}

/// Tells whether a service wants both address families of a load balancer.
pub fn wants_both_families_of(state: &State, load_balancer: &str, now: Moment) -> bool {
    service_bound_to(state, load_balancer, now).is_some_and(|service| service.families.contains(&IpFamily::V6))
}

/// Walks the endpoints whose connections keep a service from being deleted, as its owner sees them.
pub fn attached<'a>(state: &'a State, service_id: &'a str, now: Moment) -> impl Iterator<Item = &'a Endpoint> {
    endpoints(state).filter(move |endpoint| endpoint.leads_to(service_id) && endpoint.connection.at(now).is_attached())
}

/// Finds the hidden zone that occupies a name in a VPC, for Route 53's `ConflictingDomainExists` (rule 30).
pub fn zone_occupying<'a>(state: &'a State, vpc_id: &str, name: &str, now: Moment) -> Option<&'a HiddenZone> {
    hidden_zones(state).find(|zone| zone.occupies(vpc_id, name, now))
}

/// Walks the hidden zones of a VPC, for ListHostedZonesByVPC.
pub fn zones_in<'a>(state: &'a State, vpc_id: &'a str, now: Moment) -> impl Iterator<Item = &'a HiddenZone> {
    hidden_zones(state).filter(move |zone| zone.vpc_id == vpc_id && now < zone.released_at)
}

/// Finds the endpoint that a public `*.vpce.amazonaws.com` name stands for; `None` before the name exists.
pub fn endpoint_named<'a>(state: &'a State, name: &str, now: Moment) -> Option<&'a Endpoint> {
    let name = canonical(name);
    let answers =
        |endpoint: &&Endpoint| endpoint.dns_names(now).iter().any(|own| super::endpoint::dns::answers(own, &name));
    endpoints(state).find(|endpoint| endpoint.state.at(now).exists() && answers(endpoint))
}

/// Tells whether a user or role exists: all do, until `/_simulator/set` removes them.
pub fn exists(state: &State, arn: &str) -> bool {
    !state.regions().any(|(_, _, region)| region.ec2.privatelink.removed_arns.contains(arn))
}

// === the caller's own ===

/// Finds a live service of the caller to change it.
pub fn own_service<'a>(session: &'a mut Session<'_>, id: &str) -> Result<&'a mut EndpointService, ApiError> {
    if !is_id(id, "vpce-svc-") {
        return Err(malformed("InvalidVpcEndpointServiceId.Malformed", id));
    }
    let now = session.now;
    let visible = session.visible(id);
    let found = session.region().ec2.privatelink.services.get_mut(id).filter(|service| service.is_live(now));
    found.filter(|_| visible).ok_or_else(|| no_service(id))
}

/// Says that a service does not exist, as a whole call's error.
pub fn no_service(id: &str) -> ApiError {
    ApiError::bad("InvalidVpcEndpointServiceId.NotFound", format!("The VpcEndpointService Id '{id}' does not exist"))
}

/// Finds an endpoint of the caller that is not yet deleted.
pub fn own_endpoint<'a>(session: &'a mut Session<'_>, id: &str) -> Result<&'a mut Endpoint, ApiError> {
    if !is_id(id, "vpce-") {
        return Err(malformed("InvalidVpcEndpointId.Malformed", id));
    }
    let now = session.now;
    let visible = session.visible(id);
    let found =
        session.region().ec2.privatelink.endpoints.get_mut(id).filter(|endpoint| endpoint.state.at(now).exists());
    found.filter(|_| visible).ok_or_else(|| no_endpoint(id))
}

/// Says that an endpoint does not exist, as a whole call's error.
pub fn no_endpoint(id: &str) -> ApiError {
    ApiError::bad("InvalidVpcEndpointId.NotFound", format!("The Vpc Endpoint Id '{id}' does not exist"))
}

/// Tells whether Describe still knows a service.
pub fn is_listed(service: &EndpointService, now: Moment) -> bool {
    *service.state.at(now) != ServiceState::Gone
}
