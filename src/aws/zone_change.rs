//! Changes of records in a hosted zone: one batch, and the wait until all name servers know it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::types::{Change as Item, ChangeAction, ChangeInfo, ChangeStatus, ResourceRecordSet};

use super::{Account, RecordKey, bare_id};
use crate::engine::{Class, Failure, Result};
use crate::gather::Gather as _;

/// The records of a zone among those wanted.
pub type Found = BTreeMap<RecordKey, ResourceRecordSet>;

/// What to do with one record.
pub type Step = (ChangeAction, ResourceRecordSet);

/// Sends all steps in one batch, of which all take effect or none; gives the change that is on its way.
pub async fn change(account: &Account, zone_id: &str, steps: Vec<Step>) -> Result<Option<String>> {
    if steps.is_empty() {
        return Ok(None);
    }
    let items = steps.into_iter().map(|(action, set)| Item::builder().action(action).resource_record_set(set).build());
    let items = items.collect::<Result<Vec<_>, _>>().map_err(|cause| defect(&cause))?;
    Ok(pending(account.change_records(zone_id, items).await?.as_ref()))
}

/// The id of a change that name servers do not all know yet. A reply without one leaves nothing to ask about: reads of what was
/// changed tell whether it was.
pub fn pending(change: Option<&ChangeInfo>) -> Option<String> {
    let pending = change.filter(|change| change.status != ChangeStatus::Insync);
    pending.map(|change| bare_id(change.id()).to_owned()).filter(|id| !id.is_empty())
}

/// Those of the wanted records that exist; none where the zone does not.
pub async fn records(
    account: &Account,
    zone_id: &str,
    keys: impl IntoIterator<Item = RecordKey>,
) -> Result<Option<Found>> {
    let keys: BTreeSet<RecordKey> = keys.into_iter().gather();
    if keys.is_empty() {
        return Ok(Some(Found::new()));
    }
    account.records(zone_id, &keys).await
}

/// Whether a change is still on its way.
pub async fn is_pending(account: &Account, change_id: Option<&String>) -> Result<bool> {
    match change_id.filter(|id| !id.is_empty()) {
        Some(id) => Ok(!account.is_in_sync(id).await?),
        None => Ok(false),
    }
}

/// The failure where a zone was given that does not exist.
pub fn no_zone(zone_id: &str) -> Failure {
    Failure::new(Class::Invalid, format!("Hosted zone {zone_id} does not exist, or belongs to another account"))
        .advise("Check the zone's id, and whose credentials own it (peer_account)")
}

/// A request that the SDK does not take.
pub fn defect(cause: &dyn std::error::Error) -> Failure {
    Failure::new(Class::Bug, cause.to_string())
}
