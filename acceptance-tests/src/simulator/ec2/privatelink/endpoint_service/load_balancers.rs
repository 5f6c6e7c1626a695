//! Binding load balancers to a service: which may be bound, and the zones they bring.
//!
//! The one place of PrivateLink that looks into `elbv2` (besides `reach.rs`).

use std::collections::BTreeSet;

use crate::simulator::ec2::privatelink::find::service_bound_to;
use crate::simulator::error::ApiError;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;

use super::IpFamily;

/// What a set of load balancers offers together.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// Zone ids in which they are ready.
    pub zones: BTreeSet<String>,
    single_stack: Option<String>,
}

/// A load balancer that lacks an address family.
#[derive(Debug)]
pub struct MissingFamily {
    load_balancer: String,
}

impl MissingFamily {
    /// Writes AWS's answer; the text is assumed.
    pub fn into_error(self) -> ApiError {
        ApiError::invalid(format!(
            "The IP address type ipv6 is not supported: the load balancer '{}' is not dualstack.",
            self.load_balancer
        ))
    }
}

impl Offer {
    /// Checks that every load balancer serves the families.
    pub fn support(&self, families: &BTreeSet<IpFamily>) -> Result<(), MissingFamily> {
        match &self.single_stack {
            Some(arn) if families.contains(&IpFamily::V6) => Err(MissingFamily { load_balancer: arn.clone() }),
            _ => Ok(()),
        }
    }
}

/// Checks that the caller's load balancers may be bound to the service (or to a new one), and gathers what they offer.
pub fn check_all(session: &mut Session<'_>, arns: &[String], service_id: Option<&str>) -> Result<Offer, ApiError> {
    let mut offer = Offer::default();
    for (index, arn) in arns.iter().enumerate() {
        if arns.iter().take(index).any(|earlier| earlier == arn) {
            return Err(ApiError::invalid(format!("The load balancer '{arn}' is given twice.")));
        }
        check(session, arn, service_id, &mut offer)?;
    }
    Ok(offer)
}

fn check(session: &mut Session<'_>, arn: &str, service_id: Option<&str>, offer: &mut Offer) -> Result<(), ApiError> {
    let place = format!("arn:aws:elasticloadbalancing:{}:", session.caller.region);
    if !arn.starts_with(&place) || !arn.contains(":loadbalancer/net/") {
        return Err(ApiError::bad("InvalidNetworkLoadBalancerArn.Malformed", format!("Invalid ARN: '{arn}'")));
    }
    let now = session.now;
    let visible = session.visible(arn);
    let found = session.region().elbv2.load_balancers.get(arn).filter(|found| visible && found.lives_at(now)).cloned();
    let Some(found) = found else {
        return Err(ApiError::bad(
            "InvalidNetworkLoadBalancerArn.NotFound",
            format!("The load balancer '{arn}' does not exist"),
        ));
    };
    // Code and text assumed (facts 19.1): AWS wants an active one.
    if session.holds(Rule::OnlyActiveServe) && !found.state.at(now).is_active() {
        let message = format!("The load balancer '{arn}' is in the state {}, not active.", found.state.at(now).code());
        return Err(if session.readings().inactive_load_balancer_is_not_found {
            ApiError::bad("InvalidNetworkLoadBalancerArn.NotFound", message)
        } else {
            ApiError::invalid(message)
        });
    }
    let holder = service_bound_to(session.state, arn, now).filter(|_| session.holds(Rule::OneServicePerLoadBalancer));
    if holder.is_some_and(|holder| Some(holder.id.as_str()) != service_id) {
        return Err(ApiError::invalid(format!(
            "LBs are already associated with another VPC Endpoint Service Configuration: {arn}"
        )));
    }
    offer.zones.extend(found.zones.at(now).iter().filter(|zone| zone.ready <= now).map(|zone| zone.zone_id.clone()));
    if found.ip_address_type.at(now) != "dualstack" {
        offer.single_stack.get_or_insert_with(|| arn.to_owned());
    }
    Ok(())
}

/// Returns the zone ids that load balancers of the caller have, ready or not.
pub fn zones_of(session: &mut Session<'_>, arns: &[String]) -> BTreeSet<String> {
    let now = session.now;
    let known = &session.region().elbv2.load_balancers;
    arns.iter()
        .filter_map(|arn| known.get(arn))
        .flat_map(|found| found.zones.at(now))
        .map(|zone| zone.zone_id.clone())
        .collect()
}

/// Says that connections hold a service and its load balancers.
pub fn has_connections() -> ApiError {
    ApiError::bad("ExistingVpcEndpointConnections", "Service has existing active VPC Endpoint connections!")
}
