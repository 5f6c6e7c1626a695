//! Calls of a verification record: read, merge, write.

use std::time::Duration;

use aws_sdk_route53::types::{ChangeAction, ResourceRecord, ResourceRecordSet, RrType};

use super::diff::plain;
use super::{DEFAULT_TTL_SECONDS, Spec, State, VerificationRecord};
use crate::aws::zone_change::{self, Step, defect, no_zone};
use crate::aws::{Account, Aws, RecordKey, is_not_found};
use crate::engine::{Class, Compare as _, Failure, Field, Link, Observed, Owner, Pace, Result};

impl Link for VerificationRecord {
    type Client = Aws;

    /// AWS: usually within a minute.
    fn pace(&self) -> Pace {
        Pace { ready: Some(Duration::from_secs(37)), gone: None, retry: Duration::from_secs(4) }
    }

    /// The value is ours alone: AWS mints it for one service.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let account = aws.account(spec.account.as_deref())?;
        let found = read(account, &spec.zone_id, &spec.name).await?.flatten();
        match found.filter(|set| values(set).contains(&quoted(&spec.value))) {
            Some(_) => Ok(Some(owned(account, made(spec, None)).await)),
            None => Ok(None),
        }
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(state.account.as_deref())?;
        if zone_change::is_pending(account, state.change_id.as_ref()).await? {
            return Ok(Observed::Pending { state: state.clone(), status: "PENDING".to_owned() });
        }
        let found = read(account, &state.zone_id, &state.name).await?.flatten();
        Ok(match found {
            Some(set) if values(&set).contains(&quoted(&state.value)) => {
                Observed::Ready(State { change_id: None, ..state.clone() })
            }
            _ => Observed::Absent,
        })
    }

    /// The batch took effect as a whole, so only its way to the name servers is asked for.
    async fn poll(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(state.account.as_deref())?;
        if zone_change::is_pending(account, state.change_id.as_ref()).await? {
            return Ok(Observed::Pending { state: state.clone(), status: "PENDING".to_owned() });
        }
        Ok(Observed::Ready(State { change_id: None, ..state.clone() }))
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(spec.account.as_deref())?;
        let _turn = account.lock_zone(&record_of(&spec.zone_id, &spec.name)).await;
        // Hardly ever is there a record of this name already, and AWS refuses to create it twice.
        let refused = match zone_change::change(account, &spec.zone_id, added(spec, None)?).await {
            Err(refused) if refused.class == Class::Invalid || is_not_found(&refused) => refused,
            reply => return Ok(owned(account, made(spec, reply?)).await),
        };
        let found = read(account, &spec.zone_id, &spec.name).await?.ok_or_else(|| no_zone(&spec.zone_id))?;
        let Some(found) = found else {
            // A list may miss for a while what stops the creation: ours after a lost reply, or a neighbour's.
            return Err(Failure { class: Class::NotYetVisible, ..refused });
        };
        let steps = added(spec, Some(found))?;
        let change_id = zone_change::change(account, &spec.zone_id, steps).await.map_err(moved)?;
        Ok(owned(account, made(spec, change_id)).await)
    }

    /// Only whose credentials are used can change; the record stays as it is.
    async fn update(&self, aws: &Aws, _owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        Ok(owned(aws.account(spec.account.as_deref())?, self.forecast(spec, state)).await)
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let account = aws.account(state.account.as_deref())?;
        let _turn = account.lock_zone(&record_of(&state.zone_id, &state.name)).await;
        let Some(set) = read(account, &state.zone_id, &state.name).await?.flatten() else { return Ok(()) };
        zone_change::change(account, &state.zone_id, removed(&state.value, set)?).await.map_err(moved)?;
        Ok(())
    }
}

/// One record of a zone: its values are read before they are changed, so its changes follow one another.
fn record_of(zone_id: &str, name: &str) -> String {
    format!("{zone_id} {}", plain(name))
}

/// A record that is not as it was read was changed by a neighbour meanwhile, or read from the past: it is read
/// again, and nothing was written over.
fn moved(failure: Failure) -> Failure {
    let class = if failure.class == Class::Invalid { Class::Busy } else { failure.class };
    Failure { class, ..failure }
}

/// The record of this name; none where the zone does not exist.
async fn read(account: &Account, zone_id: &str, name: &str) -> Result<Option<Option<ResourceRecordSet>>> {
    let key = RecordKey::new(name, "TXT");
    let found = zone_change::records(account, zone_id, [key.clone()]).await?;
    Ok(found.map(|mut found| found.remove(&key)))
}

pub(super) fn made(spec: &Spec, change_id: Option<String>) -> State {
    State {
        account: spec.account.clone(),
        zone_id: spec.zone_id.clone(),
        name: plain(&spec.name),
        value: spec.value.clone(),
        owner_id: None,
        change_id,
    }
}

/// The same with the account that the zone is of.
async fn owned(account: &Account, state: State) -> State {
    State { owner_id: account.id_of_peer().await, ..state }
}

/// Values as they stand in the record, quotes included.
pub(super) fn values(set: &ResourceRecordSet) -> Vec<String> {
    set.resource_records().iter().map(|one| one.value().to_owned()).collect()
}

/// A value as it stands in a TXT record.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Ours beside what is there; nothing to do where it is there already.
pub(super) fn added(spec: &Spec, found: Option<ResourceRecordSet>) -> Result<Vec<Step>> {
    let ours = quoted(&spec.value);
    let mut values = found.as_ref().map(values).unwrap_or_default();
    if values.contains(&ours) {
        return Ok(Vec::new());
    }
    values.push(ours);
    let ttl = found.as_ref().and_then(ResourceRecordSet::ttl).unwrap_or(spec.ttl_seconds);
    Ok(exchange(found, expand(&plain(&spec.name), ttl, &values)?))
}

/// What is there without ours; nothing to do where it is gone already.
pub(super) fn removed(value: &str, set: ResourceRecordSet) -> Result<Vec<Step>> {
    let ours = quoted(value);
    let all = values(&set);
    let others: Vec<String> = all.iter().filter(|value| **value != ours).cloned().collect();
    if others.len() == all.len() {
        return Ok(Vec::new());
    }
    if others.is_empty() {
        return Ok(vec![(ChangeAction::Delete, set)]);
    }
    let ttl = set.ttl().unwrap_or(DEFAULT_TTL_SECONDS);
    let rest = expand(set.name(), ttl, &others)?;
    Ok(exchange(Some(set), rest))
}

/// One batch that puts a record in the place of exactly the one that was read. AWS refuses all of it where
/// another one stands there by now, so nobody's value is lost; an UPSERT would write over it.
fn exchange(old: Option<ResourceRecordSet>, new: ResourceRecordSet) -> Vec<Step> {
    let old = old.map(|old| (ChangeAction::Delete, old));
    old.into_iter().chain([(ChangeAction::Create, new)]).collect()
}

pub(super) fn expand(name: &str, ttl: i64, values: &[String]) -> Result<ResourceRecordSet> {
    let values = values.iter().map(|value| ResourceRecord::builder().value(value).build());
    let values = values.collect::<Result<Vec<_>, _>>().map_err(|cause| defect(&cause))?;
    let set = ResourceRecordSet::builder().name(name).r#type(RrType::Txt).ttl(ttl).set_resource_records(Some(values));
    set.build().map_err(|cause| defect(&cause))
}
