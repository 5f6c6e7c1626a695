//! ModifyVpcEndpointServiceConfiguration and ModifyVpcEndpointServicePayerResponsibility.
//!
//! Everything is checked before anything changes. A call with nothing but the id takes over the load balancers' present zones: the
//! documented refresh; no other change does (rule 41).

use crate::simulator::clock::Moment;
use crate::simulator::durations::CREATED_VISIBLE;
use crate::simulator::ec2::privatelink::answer::done;
use crate::simulator::ec2::privatelink::endpoint::EndpointState;
use crate::simulator::ec2::privatelink::find::{attached, endpoints, own_service};
use crate::simulator::ec2::privatelink::private_dns::PrivateName;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::create::{families, new_private_name};
use super::load_balancers::{self, MissingFamily};
use super::regions;
use super::{EndpointService, IpFamily};

/// Changes a service.
pub fn modify(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("ServiceId")?.to_owned();
    let mut service = own_service(session, &id)?.clone();
    regions::check_permission_of(session, &id)?;
    if params.has("AddGatewayLoadBalancerArn") || params.has("RemoveGatewayLoadBalancerArn") {
        return Err(ApiError::invalid(format!("The service {id} has network load balancers.")));
    }
    let mut only_id = true;
    only_id &= !change_private_name(session, params, &mut service)?;
    if let Some(required) = params.flag("AcceptanceRequired")? {
        service.acceptance_required = required;
        only_id = false;
    }
    only_id &= !change_load_balancers(session, params, &mut service)?;
    only_id &= !change_families(session, params, &mut service)?;
    let (add, remove) = (params.texts("AddSupportedRegion"), params.texts("RemoveSupportedRegion"));
    only_id &= add.is_empty() && remove.is_empty();
    regions::remove(session, &mut service, &remove)?;
    regions::add(session, &mut service, &add)?;
    regions::check_idle_timeouts(session, &service)?;
    if only_id || !session.holds(Rule::ZonesOfBinding) {
        service.zones = load_balancers::check_all(session, &service.load_balancers, Some(&id))?.zones;
    }
    let before = own_service(session, &id)?.private_name.clone();
    if session.state.settings.lag
        && before.as_ref().map(|name| &name.label) != service.private_name.as_ref().map(|name| &name.label)
    {
        service.stale_private_name = Some((session.later(CREATED_VISIBLE), before));
    }
    *own_service(session, &id)? = service;
    session.region().ec2.privatelink.set_alarm_of_service(&id);
    Ok(done())
}

/// Sets or removes the private name; tells whether it was asked to.
fn change_private_name(
    session: &mut Session<'_>,
    params: &Params,
    service: &mut EndpointService,
) -> Result<bool, ApiError> {
    let (name, remove) = (params.text("PrivateDnsName"), params.flag("RemovePrivateDnsName")?);
    match (name, remove) {
        (None, None) => return Ok(false),
        (None, Some(false)) => {}
        (Some(_), Some(true)) => {
            return Err(ApiError::combination(
                "PrivateDnsName and RemovePrivateDnsName cannot be used in one request.",
            ));
        }
        (None, Some(true)) => {
            let in_use = endpoints(session.state).any(|endpoint| uses_private_name(endpoint, &service.id, session.now));
            if in_use && session.readings().private_name_held_by_endpoints {
                return Err(ApiError::invalid(format!(
                    "The private DNS name of the service {} is in use by its endpoints.",
                    service.id
                )));
            }
            service.private_name = None;
        }
        (Some(""), _) if !session.holds(Rule::EmptyNameClearsNothing) => service.private_name = None,
        // An empty name does not clear (TF#25579).
        (Some(""), _) if !session.readings().empty_private_name_is_an_error => {}
        (Some(name), _) => {
            if service.private_name.as_ref().is_none_or(|present| present.name != name) {
                let new = new_private_name(session, name)?;
                service.private_name = Some(match &service.private_name {
                    Some(present) if !session.holds(Rule::NewNameNewPair) => {
                        PrivateName { name: new.name, ..present.clone() }
                    }
                    _ => new,
                });
            }
        }
    }
    Ok(true)
}

fn uses_private_name(
    endpoint: &crate::simulator::ec2::privatelink::endpoint::Endpoint,
    service_id: &str,
    now: Moment,
) -> bool {
    let live = endpoint.state.at(now).exists() && *endpoint.state.at(now) != EndpointState::Deleting;
    endpoint.leads_to(service_id) && endpoint.private_dns && live
}

/// Binds and unbinds load balancers; tells whether it was asked to.
fn change_load_balancers(
    session: &mut Session<'_>,
    params: &Params,
    service: &mut EndpointService,
) -> Result<bool, ApiError> {
    let (add, remove) = (params.texts("AddNetworkLoadBalancerArn"), params.texts("RemoveNetworkLoadBalancerArn"));
    if add.is_empty() && remove.is_empty() {
        return Ok(false);
    }
    let added = load_balancers::check_all(session, &add, Some(&service.id))?;
    if !add.is_empty() {
        added.support(&service.families).map_err(MissingFamily::into_error).map_err(|error| session.assumed(error))?;
    }
    if let Some(absent) = remove.iter().find(|arn| !service.load_balancers.contains(arn)) {
        return Err(ApiError::invalid(format!("The load balancer '{absent}' is not associated with {}.", service.id)));
    }
    let mut left = service.load_balancers.clone();
    left.extend(add.into_iter().filter(|arn| !service.load_balancers.contains(arn)));
    left.retain(|arn| !remove.contains(arn));
    let keeps = session.holds(Rule::ServiceKeepsLoadBalancers);
    if keeps && left.is_empty() {
        return Err(session.assumed(ApiError::invalid(format!(
            "The service {} must keep at least one network load balancer.",
            service.id
        ))));
    }
    if keeps && !remove.is_empty() && attached(session.state, &service.id, session.now).next().is_some() {
        return Err(load_balancers::has_connections());
    }
    // A load balancer that was bound brings its zones; those of the others stay as they were.
    service.zones.extend(added.zones);
    if !remove.is_empty() {
        let kept = load_balancers::zones_of(session, &left);
        service.zones.retain(|zone| kept.contains(zone));
    }
    service.load_balancers = left;
    Ok(true)
}

/// Changes the address families; tells whether it was asked to.
fn change_families(
    session: &mut Session<'_>,
    params: &Params,
    service: &mut EndpointService,
) -> Result<bool, ApiError> {
    let (add, remove) = (params.texts("AddSupportedIpAddressType"), params.texts("RemoveSupportedIpAddressType"));
    if add.is_empty() && remove.is_empty() {
        return Ok(false);
    }
    if !add.is_empty() {
        service.families.extend(families(&add)?);
    }
    if !remove.is_empty() {
        let remove = families(&remove)?;
        service.families.retain(|family: &IpFamily| !remove.contains(family));
    }
    if service.families.is_empty() {
        return Err(ApiError::invalid("At least one supported IP address type is required."));
    }
    let bound = load_balancers::check_all(session, &service.load_balancers, Some(&service.id))?;
    bound.support(&service.families).map_err(MissingFamily::into_error).map_err(|error| session.assumed(error))?;
    Ok(true)
}

/// Makes the service's owner pay for its endpoints; there is no way back.
pub fn modify_payer(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("ServiceId")?.to_owned();
    let payer = params.need("PayerResponsibility")?;
    if payer != "ServiceOwner" && session.holds(Rule::PayerIsOneWay) {
        return Err(ApiError::invalid(format!(
            "The payer responsibility '{payer}' is invalid: only ServiceOwner can be set."
        )));
    }
    own_service(session, &id)?.owner_pays = true;
    Ok(done())
}
