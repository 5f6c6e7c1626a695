//! A zone of the caller, as every change of one finds it.

use crate::simulator::error::ApiError;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;

use super::zone::Zone;

/// VPCs of one zone.
pub const VPC_LIMIT: usize = 300;

/// Finds a zone of the caller.
///
/// # Errors
/// `NoSuchHostedZone` for none; `AccessDenied` for another account's.
pub fn own_zone<'a>(session: &'a mut Session<'_>, id: &str) -> Result<&'a mut Zone, ApiError> {
    let now = session.now;
    let zone =
        session.state.route53.zones.get_mut(id).filter(|zone| zone.exists_at(now)).ok_or_else(|| no_such_zone(id))?;
    if zone.owner != session.caller.account {
        let message = format!("User: {} is not authorized to access this resource", session.caller.arn);
        return Err(ApiError::new(403, "AccessDenied", message));
    }
    Ok(zone)
}

/// Refuses an id that names no zone.
pub fn no_such_zone(id: &str) -> ApiError {
    ApiError::new(404, "NoSuchHostedZone", format!("No hosted zone found with ID: {id}"))
}

/// Refuses while another change of the zone's records is processed, or is on its way where that is read so.
pub fn check_not_busy(session: &Session<'_>, zone_id: &str) -> Result<(), ApiError> {
    let until_in_sync = session.readings().zone_is_busy_until_in_sync;
    let is_busy = session.state.route53.zones.get(zone_id).is_some_and(|zone| {
        let free_at = if until_in_sync { zone.in_sync_at } else { zone.processed_at };
        session.now < free_at
    });
    if is_busy && session.holds(Rule::BatchesAreWhole) {
        Err(ApiError::bad(
            "PriorRequestNotComplete",
            "The request was rejected because Route 53 was still processing a prior request.",
        ))
    } else {
        Ok(())
    }
}
