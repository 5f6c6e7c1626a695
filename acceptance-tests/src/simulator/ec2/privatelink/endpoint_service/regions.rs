//! The other Regions in which a service is offered: asked for, available, taken away, closed for ever.
//!
//! A removed Region stays listed as Closed and cannot be removed again; the service's own Region is always on the list.
//! Across Regions no listener may have an idle timeout of its own, and whoever touches a service or an endpoint that is in use there
//! needs a permission of its own.

use std::collections::BTreeMap;

use crate::simulator::durations::SUPPORTED_REGION_CHANGE;
use crate::simulator::ec2::zones::{self, REGIONS};
use crate::simulator::error::ApiError;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::timed::Timed;

use super::{EndpointService, RegionState};

/// Offers a service in more Regions.
pub fn add(session: &mut Session<'_>, service: &mut EndpointService, regions: &[String]) -> Result<(), ApiError> {
    check_permission(session, !regions.is_empty())?;
    for region in regions {
        let known = REGIONS.iter().find(|(name, ..)| name == region);
        let Some((name, ..)) = known else {
            return Err(ApiError::invalid(format!("The Region '{region}' is invalid.")));
        };
        if !zones::is_open(session.state, &session.caller.account, name) {
            return Err(ApiError::invalid(format!("The Region '{region}' is not enabled for the account.")));
        }
    }
    for region in regions.iter().filter(|region| **region != service.region) {
        let present = service.regions.get(region).map(|state| *state.at(session.now));
        if matches!(present, Some(RegionState::Pending | RegionState::Available)) {
            continue;
        }
        let ready = session.later(SUPPORTED_REGION_CHANGE);
        let mut state = Timed::new(RegionState::Pending);
        state.schedule(ready, RegionState::Available);
        service.regions.insert(region.clone(), state);
    }
    Ok(())
}

/// Takes Regions away; endpoints there keep working.
pub fn remove(session: &mut Session<'_>, service: &mut EndpointService, regions: &[String]) -> Result<(), ApiError> {
    check_permission(session, !regions.is_empty())?;
    let now = session.now;
    for region in regions {
        let live = service
            .regions
            .get(region)
            .is_some_and(|state| matches!(state.at(now), RegionState::Pending | RegionState::Available));
        if session.holds(Rule::RegionsCloseForEver) && (*region == service.region || !live) {
            let message = format!("Cannot remove region {region} from the service {}.", service.id);
            return Err(session.assumed(ApiError::invalid(message)));
        }
    }
    for region in regions {
        let closed = session.later(SUPPORTED_REGION_CHANGE);
        if let Some(state) = service.regions.get_mut(region) {
            state.set(now, RegionState::Deleting);
            state.schedule(closed, RegionState::Closed);
        }
    }
    Ok(())
}

/// AWS's idle timeout of connections, in seconds: the only one that serves other Regions.
const IDLE_TIMEOUT: &str = "350";

/// Refuses listeners with an idle timeout of their own behind a service that is offered in other Regions. Source: PrivateLink guide,
/// cross-Region considerations; the code is *assumed*.
pub fn check_idle_timeouts(session: &mut Session<'_>, service: &EndpointService) -> Result<(), ApiError> {
    let now = session.now;
    if !service.is_offered_elsewhere(now) || !session.holds(Rule::RegionsCloseForEver) {
        return Ok(());
    }
    let elb = &session.region().elbv2;
    let listeners = service.load_balancers.iter().flat_map(|arn| elb.listeners_of(arn, now));
    let custom = listeners.into_iter().find(|listener| is_custom(listener.attributes.at(now)));
    let Some(custom) = custom.map(|listener| listener.arn.clone()) else { return Ok(()) };
    Err(session.assumed(ApiError::invalid(format!(
        "The listener '{custom}' has a custom TCP idle timeout, which is not supported across Regions."
    ))))
}

/// Tells whether listener attributes have an idle timeout that other Regions do not support.
pub fn is_custom(attributes: &BTreeMap<String, String>) -> bool {
    attributes.get("tcp.idle_timeout.seconds").is_some_and(|seconds| seconds != IDLE_TIMEOUT)
}

/// Asks for the permission that changing and deleting a service takes while it is offered elsewhere.
pub fn check_permission_of(session: &mut Session<'_>, service_id: &str) -> Result<(), ApiError> {
    let now = session.now;
    let service = session.region().ec2.privatelink.services.get(service_id);
    let offered = service.is_some_and(|service| service.is_offered_elsewhere(now));
    check_permission(session, offered)
}

/// Asks for the permission-only action that goes with whatever concerns another Region.
pub fn check_permission(session: &Session<'_>, concerns_another: bool) -> Result<(), ApiError> {
    let free = session.readings().multi_region_allowed || !session.holds(Rule::RegionsCloseForEver);
    if !concerns_another || free {
        return Ok(());
    }
    let message = format!(
        "You are not authorized to perform this operation. User: {} is not authorized to perform: vpce:AllowMultiRegion",
        session.caller.arn
    );
    Err(ApiError::new(403, "UnauthorizedOperation", message))
}
