//! The gates of private DNS on an endpoint, in AWS's order, each with its own message (facts 7.3, rule 29).

use crate::simulator::clock::Moment;
use crate::simulator::ec2::privatelink::endpoint::admission::Found;
use crate::simulator::ec2::privatelink::find::hidden_zones;
use crate::simulator::error::ApiError;
use crate::simulator::route53::lookup::private_zone_named;
use crate::simulator::rules::Rule;
use crate::simulator::state::State;

use super::Verification;

/// Where private DNS is to be switched on.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Account of the VPC.
    pub account: &'a str,
    /// Region of the VPC.
    pub region: &'a str,
    /// The VPC.
    pub vpc_id: &'a str,
    /// The endpoint, if it exists: its own zones do not conflict.
    pub endpoint_id: Option<&'a str>,
    /// Whether the service's owner has accepted.
    pub accepted: bool,
}

/// Passes all gates, or says at which one the call ends.
pub fn check(state: &State, found: &Found, service_name: &str, place: Place<'_>, now: Moment) -> Result<(), ApiError> {
    if !state.holds(Rule::PrivateDnsGates) {
        return Ok(());
    }
    let vpc = state.region(place.account, place.region).and_then(|region| region.ec2.vpcs.get(place.vpc_id));
    if !vpc.is_some_and(|vpc| vpc.dns_support && vpc.dns_hostnames) {
        return Err(ApiError::invalid(
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for the VPC",
        ));
    }
    if let Found::Customer(service) = found {
        let Some(name) = &service.private_name else {
            return Err(ApiError::invalid(format!(
                "Private DNS can't be enabled because the service {service_name} does not provide a private DNS name."
            )));
        };
        if name.state != Verification::Verified {
            return Err(ApiError::invalid(format!(
                "Private DNS can't be enabled because the service {service_name} has not verified the private DNS name."
            )));
        }
        if !place.accepted {
            return Err(ApiError::invalid(format!(
                "Private DNS can only be enabled after the endpoint connection is accepted by the owner of {service_name}"
            )));
        }
    }
    for name in found.private_names() {
        if is_taken(state, place, &name, now) {
            return Err(ApiError::invalid(format!(
                "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {name} in the VPC {}",
                place.vpc_id
            )));
        }
    }
    Ok(())
}

fn is_taken(state: &State, place: Place<'_>, name: &str, now: Moment) -> bool {
    if !state.holds(Rule::NameIsTaken) {
        return false;
    }
    let hidden = hidden_zones(state)
        .any(|zone| Some(zone.endpoint_id.as_str()) != place.endpoint_id && zone.occupies(place.vpc_id, name, now));
    hidden || private_zone_named(state, place.vpc_id, name, now).is_some()
}
