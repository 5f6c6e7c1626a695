//! ModifyVpcEndpoint: everything is checked, then changed together; the endpoint goes back to `pending` (rules 8, 9, 25 to 33).
//! A change of security groups alone does not lock it: `TestAccVPCEndpointSecurityGroupAssociation_multiple` of hashicorp/aws makes
//! several side by side and retries none.
//!
//! What the change consists of is `endpoint/change.rs`.

use crate::simulator::clock::Moment;
use crate::simulator::durations::{HIDDEN_ZONE_LINGER, MODIFY_PRIVATE_DNS};
use crate::simulator::ec2::privatelink::answer::done;
use crate::simulator::ec2::privatelink::aws_service;
use crate::simulator::ec2::privatelink::endpoint_service::regions::check_permission;
use crate::simulator::ec2::privatelink::find::{own_endpoint, service};
use crate::simulator::ec2::privatelink::private_dns::gates::{self, Place};
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::admission::Found;
use super::change::Change;
use super::create::open_zone;
use super::{Endpoint, EndpointKind, EndpointState, Target};

/// Parameters other than security groups: AWS may allow groups before acceptance, never these.
const NOT_GROUPS: [&str; 10] = [
    "AddSubnetId",
    "RemoveSubnetId",
    "SubnetConfiguration",
    "PolicyDocument",
    "ResetPolicy",
    "PrivateDnsEnabled",
    "IpAddressType",
    "DnsOptions",
    "AddRouteTableId",
    "RemoveRouteTableId",
];

/// Changes an endpoint of the caller.
pub fn modify(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("VpcEndpointId")?.to_owned();
    let endpoint = own_endpoint(session, &id)?.clone();
    check_permission(session, endpoint.crosses_regions())?;
    let private_dns = params.flag("PrivateDnsEnabled")?;
    let switched = private_dns.filter(|wanted| *wanted != endpoint.private_dns);
    check_state(session, params, &endpoint, switched)?;
    let found = target(session, &endpoint)?;
    if switched == Some(true) {
        check_gates(session, &endpoint, &found)?;
    }
    let change = Change::read(session, params, &endpoint, &found)?;
    let spans = change.spans().into_iter().chain(private_dns.map(|_| MODIFY_PRIVATE_DNS));
    let ready = spans.map(|span| session.later(span)).max();
    if ready.is_none() && !change.is_free() {
        return Err(ApiError::bad(
            "MissingParameter",
            "The request must contain an attribute of the endpoint to modify",
        ));
    }
    change.carry_out(session, &endpoint, ready.unwrap_or(session.now))?;
    if let Some(ready) = ready {
        if let Some(on) = switched {
            switch_private_dns(session, &endpoint, &found, on, ready);
        }
        go_pending(session, &id, ready)?;
    }
    Ok(done())
}

fn check_state(
    session: &Session<'_>,
    params: &Params,
    endpoint: &Endpoint,
    switched: Option<bool>,
) -> Result<(), ApiError> {
    let only_groups = || NOT_GROUPS.iter().all(|name| !params.has(name));
    match endpoint.state.at(session.now) {
        EndpointState::Available => Ok(()),
        EndpointState::Pending if !session.holds(Rule::OneChangeAtATime) => Ok(()),
        EndpointState::Pending => Err(ApiError::bad("OperationInProgress", "VpcEndpoint modify operation in progress")),
        // The gates have the better answer.
        EndpointState::PendingAcceptance if switched == Some(true) => Ok(()),
        EndpointState::PendingAcceptance if session.readings().modify_groups_before_acceptance && only_groups() => {
            Ok(())
        }
        _ if !session.holds(Rule::OnlyAvailableChange) => Ok(()),
        // The code is assumed (facts 19.3).
        state => Err(ApiError::bad(
            "IncorrectState",
            format!("The Vpc Endpoint '{}' is in the state {} and cannot be modified.", endpoint.id, state.name()),
        )),
    }
}

/// Finds the service behind an endpoint, whether or not it would admit the caller today.
fn target(session: &Session<'_>, endpoint: &Endpoint) -> Result<Found, ApiError> {
    let found = match &endpoint.target {
        Target::Aws => {
            aws_service::find(&endpoint.service_region, &endpoint.service_name, endpoint.kind).map(Found::Aws)
        }
        Target::Customer { id } => service(session.state, id).map(|service| Found::Customer(Box::new(service.clone()))),
    };
    found.ok_or_else(|| ApiError::new(500, "InternalError", format!("{} leads to no service.", endpoint.id)))
}

fn check_gates(session: &Session<'_>, endpoint: &Endpoint, found: &Found) -> Result<(), ApiError> {
    if endpoint.kind == EndpointKind::Gateway {
        return Err(ApiError::invalid("Private DNS is not supported with endpoint type Gateway."));
    }
    let place = Place {
        account: &endpoint.owner,
        region: &endpoint.region,
        vpc_id: &endpoint.vpc_id,
        endpoint_id: Some(&endpoint.id),
        accepted: *endpoint.state.at(session.now) != EndpointState::PendingAcceptance,
    };
    gates::check(session.state, found, &endpoint.service_name, place, session.now)
}

fn switch_private_dns(session: &mut Session<'_>, endpoint: &Endpoint, found: &Found, on: bool, ready: Moment) {
    if on {
        open_zone(session, endpoint, found, ready);
    } else {
        let (now, released) = (session.now, ready.after(session.linger(HIDDEN_ZONE_LINGER)));
        for zone in session.region().ec2.privatelink.hidden_zones.get_mut(&endpoint.id).into_iter().flatten() {
            zone.close(now, released);
        }
    }
    if let Ok(changed) = own_endpoint(session, &endpoint.id) {
        changed.private_dns = on;
    }
}

/// Sends an endpoint that was available back to `pending` until the change is in effect.
fn go_pending(session: &mut Session<'_>, id: &str, ready: Moment) -> Result<(), ApiError> {
    let now = session.now;
    let endpoint = own_endpoint(session, id)?;
    if *endpoint.state.at(now) == EndpointState::Available {
        let rejected = *endpoint.connection.at(now) == EndpointState::Rejected;
        endpoint.state.set(now, EndpointState::Pending);
        // A rejection that was on its way arrives all the same.
        endpoint.state.schedule(ready, if rejected { EndpointState::Rejected } else { EndpointState::Available });
    }
    Ok(())
}
