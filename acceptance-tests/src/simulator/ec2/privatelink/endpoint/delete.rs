//! DeleteVpcEndpoints: the call succeeds, the items may not; interfaces, groups and names stay held for a while (rules 5, 12, 30).

use crate::simulator::durations::{
    CONNECTION_VISIBLE, ENDPOINT_INTERFACES_RELEASE, ENDPOINT_LINGER, HIDDEN_ZONE_LINGER,
};
use crate::simulator::ec2::network_interface::release_at;
use crate::simulator::ec2::privatelink::answer::unsuccessful;
use crate::simulator::ec2::privatelink::endpoint_service::regions::check_permission;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::{Endpoint, EndpointState};

/// Deletes endpoints of the caller.
pub fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("VpcEndpointId");
    if ids.is_empty() {
        return Err(ApiError::missing("VpcEndpointId"));
    }
    let own = &session.region().ec2.privatelink.endpoints;
    let crosses = ids.iter().any(|id| own.get(id).is_some_and(Endpoint::crosses_regions));
    check_permission(session, crosses)?;
    let mut failed = Vec::new();
    for id in ids {
        let result = session.item_fault().and_then(|()| delete_one(session, &id));
        if let Err(error) = result {
            if !session.holds(Rule::MixedItems) {
                return Err(error);
            }
            failed.push((id, error));
        }
    }
    Ok(unsuccessful(failed))
}

fn delete_one(session: &mut Session<'_>, id: &str) -> Result<(), ApiError> {
    let now = session.now;
    let visible = session.visible(id);
    let released = session.later(ENDPOINT_INTERFACES_RELEASE);
    let linger = session.linger(ENDPOINT_LINGER);
    let gone = if session.holds(Rule::DeletedIsListed) { released.after(linger) } else { released };
    let is_told = session.holds(Rule::AbsentDeletionIsTold);
    let unbound = released.after(session.linger(HIDDEN_ZONE_LINGER));
    let seen = session.later(CONNECTION_VISIBLE);
    let region = session.region();
    let found = region.ec2.privatelink.endpoints.get_mut(id).filter(|_| visible);
    let Some(endpoint) = found.filter(|endpoint| endpoint.state.at(now).exists()) else {
        if !is_told {
            return Ok(());
        }
        // Not the code of the whole call: facts 0.5.
        return Err(ApiError::bad("InvalidVpcEndpoint.NotFound", format!("The Vpc Endpoint Id '{id}' does not exist")));
    };
    if *endpoint.state.at(now) == EndpointState::Deleting {
        return Ok(());
    }
    endpoint.state.set(now, EndpointState::Deleting);
    endpoint.state.schedule(released, EndpointState::Deleted);
    endpoint.state.schedule(gone, EndpointState::Gone);
    endpoint.connection.cut(now);
    endpoint.connection.schedule(seen, EndpointState::Deleting);
    endpoint.connection.schedule(released.max(seen.after(std::time::Duration::from_millis(1))), EndpointState::Deleted);
    endpoint.connection.schedule(gone, EndpointState::Gone);
    let interfaces: Vec<String> = endpoint.placements.iter().map(|placement| placement.interface_id.clone()).collect();
    for interface in interfaces {
        release_at(region, &interface, released);
    }
    for zone in region.ec2.privatelink.hidden_zones.get_mut(id).into_iter().flatten() {
        zone.close(now, unbound);
    }
    Ok(())
}
