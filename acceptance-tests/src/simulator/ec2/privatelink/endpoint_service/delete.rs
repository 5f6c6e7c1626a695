//! DeleteVpcEndpointServiceConfigurations: the call succeeds, the items may not (rules 2, 12, 13).

use crate::simulator::durations::{SERVICE_DELETION, SERVICE_LINGER};
use crate::simulator::ec2::privatelink::answer::unsuccessful;
use crate::simulator::ec2::privatelink::find::attached;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::ServiceState;
use super::load_balancers::has_connections;
use super::regions::check_permission_of;

/// Deletes services of the caller.
pub fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("ServiceId");
    if ids.is_empty() {
        return Err(ApiError::missing("ServiceId"));
    }
    for id in &ids {
        check_permission_of(session, id)?;
    }
    let mut failed = Vec::new();
    for id in ids {
        let result = session.item_fault().and_then(|()| delete_one(session, &id));
        if let Err(error) = result {
            failed.push((id, error));
        }
    }
    Ok(unsuccessful(failed))
}

fn delete_one(session: &mut Session<'_>, id: &str) -> Result<(), ApiError> {
    let now = session.now;
    let visible = session.visible(id);
    let live = session.region().ec2.privatelink.services.get(id).is_some_and(|service| service.is_live(now));
    if (!live || !visible) && !session.holds(Rule::AbsentDeletionIsTold) {
        return Ok(());
    }
    if !live || !visible {
        // Not the code of the whole call: facts 0.5.
        return Err(ApiError::bad(
            "InvalidVpcEndpointService.NotFound",
            format!("The VpcEndpointService Id '{id}' does not exist"),
        ));
    }
    if session.holds(Rule::ConnectedServiceStays) && attached(session.state, id, now).next().is_some() {
        return Err(has_connections());
    }
    let deleted = session.later(SERVICE_DELETION);
    let linger = session.linger(SERVICE_LINGER);
    let lists = session.holds(Rule::DeletedIsListed);
    let gone = if lists { deleted.after(linger) } else { deleted };
    if let Some(service) = session.region().ec2.privatelink.services.get_mut(id) {
        service.state.set(now, ServiceState::Deleting);
        service.state.schedule(deleted, ServiceState::Deleted);
        service.state.schedule(gone, ServiceState::Gone);
    }
    Ok(())
}
