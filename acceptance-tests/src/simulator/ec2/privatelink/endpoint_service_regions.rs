//! The other Regions in which a service is offered: asked for, available, taken away, closed for ever.
//!
//! A removed Region stays listed as Closed and cannot be removed again; the service's own Region is implicit and never in the list.

use crate::simulator::durations::SUPPORTED_REGION_CHANGE;
use crate::simulator::ec2::zones::{self, REGIONS};
use crate::simulator::error::ApiError;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::timed::Timed;

use super::endpoint_service::{EndpointService, RegionState};

/// Offers a service in more Regions.
pub fn add(session: &mut Session<'_>, service: &mut EndpointService, regions: &[String]) -> Result<(), ApiError> {
    check_permission(session, regions)?;
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
    check_permission(session, regions)?;
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

/// Asks for the permission-only action that goes with every change of Regions.
pub fn check_permission(session: &Session<'_>, regions: &[String]) -> Result<(), ApiError> {
    let free = session.readings().multi_region_allowed || !session.holds(Rule::RegionsCloseForEver);
    if regions.is_empty() || free {
        return Ok(());
    }
    let message = format!(
        "You are not authorized to perform this operation. User: {} is not authorized to perform: vpce:AllowMultiRegion",
        session.caller.arn
    );
    Err(ApiError::new(403, "UnauthorizedOperation", message))
}
