//! Connections as a service's owner sees and decides them: list, accept, reject.
//!
//! A decision shows here first and at the endpoint's owner a little later. Accepting moves only what waits; a rejection is final for the
//! endpoint's owner, and for the service's owner too unless the reading `accept_after_reject` is on.

use std::time::Duration;

use crate::simulator::clock::Moment;
use crate::simulator::durations::{ACCEPT_AVAILABLE, CONNECTION_VISIBLE};
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::tags::tag_set;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::state::{Region, State};
use crate::simulator::xml::Xml;

use super::answer::{listed, unsuccessful};
use super::endpoint::describe::dns_entries;
use super::endpoint::{Endpoint, EndpointState, Target};
use super::endpoint_service::EndpointService;
use super::find::{endpoint, endpoint_mut, own_service};
use super::permission::is_admitted;
use super::state::Place;

/// Notes the connection of a new endpoint with the service that it leads to.
pub fn note(state: &mut State, endpoint: &Endpoint) {
    let Target::Customer { id } = &endpoint.target else { return };
    let place = Place {
        service_id: id.clone(),
        account: endpoint.owner.clone(),
        region: endpoint.region.clone(),
        endpoint_id: endpoint.id.clone(),
    };
    let link = state.regions_mut().map(|(_, _, region)| &mut region.ec2.privatelink);
    if let Some(link) = link.into_iter().find(|link| link.services.contains_key(id)) {
        link.connections.insert(endpoint.connection_id.clone(), place);
    }
}

/// Accepts waiting connections.
pub fn accept(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    decide(session, params, accept_one)
}

/// Rejects connections, waiting or in use.
pub fn reject(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    decide(session, params, reject_one)
}

type Decision = fn(&mut Session<'_>, &str) -> Result<(), ApiError>;

fn decide(session: &mut Session<'_>, params: &Params, decision: Decision) -> Result<Xml, ApiError> {
    let service_id = params.need("ServiceId")?.to_owned();
    let ids = params.texts("VpcEndpointId");
    if ids.is_empty() {
        return Err(ApiError::missing("VpcEndpointId"));
    }
    own_service(session, &service_id)?;
    let mut failed = Vec::new();
    for id in ids {
        let fault = session.item_fault();
        let result = if let Err(error) = fault {
            Err(error)
        } else if is_shown(session, &service_id, &id) {
            decision(session, &id)
        } else {
            Err(ApiError::bad("InvalidVpcEndpoint.NotFound", format!("The Vpc Endpoint Id '{id}' does not exist")))
        };
        if let Err(error) = result {
            failed.push((id, error));
        }
    }
    Ok(unsuccessful(failed))
}

fn is_shown(session: &Session<'_>, service_id: &str, id: &str) -> bool {
    endpoint(session.state, id).is_some_and(|endpoint| {
        endpoint.leads_to(service_id)
            && endpoint.connection_shown_at <= session.now
            && endpoint.connection.at(session.now).exists()
    })
}

fn accept_one(session: &mut Session<'_>, id: &str) -> Result<(), ApiError> {
    let (now, readings) = (session.now, session.readings().clone());
    let lag = Duration::from_millis(session.draw(CONNECTION_VISIBLE).as_millis().try_into().unwrap_or(0));
    let ready = session.later(ACCEPT_AVAILABLE);
    let any_state = !session.holds(Rule::OnlyWaitingAccepted);
    let reopens = readings.accept_after_reject || !session.holds(Rule::RejectionIsFinal);
    let Some(endpoint) = endpoint_mut(session.state, id) else { return Ok(()) };
    if endpoint.is_going(now) {
        return Err(incorrect_state(id, EndpointState::Deleting));
    }
    match endpoint.connection.at(now) {
        EndpointState::PendingAcceptance => {}
        EndpointState::Rejected if reopens => {}
        _ if any_state => {}
        EndpointState::Pending | EndpointState::Available if !readings.accept_again_is_an_error => return Ok(()),
        state => return Err(incorrect_state(id, *state)),
    }
    endpoint.connection.set(now, EndpointState::Pending);
    endpoint.connection.schedule(ready, EndpointState::Available);
    endpoint.state.cut(now);
    endpoint.state.schedule(now.after(lag), EndpointState::Pending);
    endpoint.state.schedule(ready.after(lag), EndpointState::Available);
    Ok(())
}

fn reject_one(session: &mut Session<'_>, id: &str) -> Result<(), ApiError> {
    let now = session.now;
    let seen = session.later(CONNECTION_VISIBLE);
    let Some(endpoint) = endpoint_mut(session.state, id) else { return Ok(()) };
    if endpoint.is_going(now) {
        return Ok(());
    }
    let state = *endpoint.connection.at(now);
    if !state.is_attached() {
        return Err(incorrect_state(id, state));
    }
    cut_off(endpoint, now, seen);
    Ok(())
}

/// Ends a connection: at once for the service's owner, at `seen` for the endpoint's.
fn cut_off(endpoint: &mut Endpoint, now: Moment, seen: Moment) {
    endpoint.connection.set(now, EndpointState::Rejected);
    endpoint.state.cut(now);
    endpoint.state.schedule(seen, EndpointState::Rejected);
}

/// Rejects connections whose makers the service no longer admits (reading `removed_principal_disconnects`).
pub fn disconnect_unadmitted(session: &mut Session<'_>, service_id: &str) {
    let now = session.now;
    let seen = session.later(CONNECTION_VISIBLE);
    let Ok(service) = own_service(session, service_id) else { return };
    let service: EndpointService = service.clone();
    for (_, _, region) in session.state.regions_mut() {
        for endpoint in region.ec2.privatelink.endpoints.values_mut() {
            let admitted = is_admitted(&service, &endpoint.owner, &endpoint.creator, now);
            let attached = endpoint.connection.at(now).is_attached() && !endpoint.is_going(now);
            if endpoint.leads_to(service_id) && attached && !endpoint.waited_for_acceptance && !admitted {
                cut_off(endpoint, now, seen);
            }
        }
    }
}

// The code is assumed (facts 19.2).
fn incorrect_state(id: &str, state: EndpointState) -> ApiError {
    ApiError::bad("IncorrectState", format!("The Vpc Endpoint connection '{id}' is in the state {}.", state.name()))
}

/// Lists the connections of the caller's services.
pub fn describe(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let mut names =
        vec!["ip-address-type", "service-id", "vpc-endpoint-owner", "vpc-endpoint-region", "vpc-endpoint-state"];
    // Documented, and refused in practice (TF PR#48442).
    if !session.readings().connection_id_filter_is_refused {
        names.push("vpc-endpoint-id");
    }
    let filters = Filters::read(params, &names)?;
    let (now, ask) = (session.now, session.ask(params, PageSizes::Clamped, false)?);
    let (Shelves { region, accounts }, mut desk) = session.desk();
    let Region { ec2, .. } = region;
    let row = |place: &Place| {
        let there = accounts.get(&place.account)?.regions.get(&place.region)?;
        let endpoint = there.ec2.privatelink.endpoints.get(&place.endpoint_id)?;
        Some((endpoint, ec2.privatelink.services.get(&place.service_id)?))
    };
    let passes = |(endpoint, service): &Row<'_>, at: Moment| {
        filters.pass(ec2.tags.get(&endpoint.connection_id), |name| {
            vec![match name {
                "ip-address-type" => endpoint.ip_address_type.name().to_owned(),
                "service-id" => service.id.clone(),
                "vpc-endpoint-owner" => endpoint.owner.clone(),
                "vpc-endpoint-region" => endpoint.region.clone(),
                "vpc-endpoint-state" => endpoint.connection.at(at).name().to_owned(),
                _ => endpoint.id.clone(),
            }]
        })
    };
    let write = |(endpoint, service): &Row<'_>, at: Moment| {
        let tags = tag_set(ec2.tags.get(&endpoint.connection_id));
        connection_xml(endpoint, service, *endpoint.connection.at(at), now).join(tags)
    };
    let listing = Listing {
        walk: &|range| {
            Box::new(walk(&ec2.privatelink.connections, range).filter_map(|(id, place)| Some((id, row(place)?))))
        },
        sight: None,
        changed: |(endpoint, _), now| endpoint.connection.changed_at(now),
        shows: &|(endpoint, _), at| {
            endpoint.connection_shown_at <= now && *endpoint.connection.at(at) != EndpointState::Gone
        },
        passes: &passes,
        write: &write,
        absent: None,
    };
    let page = desk.list_passing(&ask, &[], &listing, &|item| filters.pass_answer(item))?;
    Ok(listed("vpcEndpointConnectionSet", page))
}

type Row<'a> = (&'a Endpoint, &'a EndpointService);

fn connection_xml(endpoint: &Endpoint, service: &EndpointService, state: EndpointState, now: Moment) -> Xml {
    Xml::new()
        .text("serviceId", &service.id)
        .text("vpcEndpointId", &endpoint.id)
        .text("vpcEndpointOwner", &endpoint.owner)
        .text("vpcEndpointState", state.name())
        .text("creationTimestamp", endpoint.created.iso())
        .join(dns_entries(endpoint, &[], now))
        .text_set("networkLoadBalancerArnSet", &service.load_balancers)
        .text("ipAddressType", endpoint.ip_address_type.name())
        .text("vpcEndpointConnectionId", &endpoint.connection_id)
        .text("vpcEndpointRegion", &endpoint.region)
}
