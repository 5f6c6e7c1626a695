//! Calls of a composite's records.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::batch::Batch;
use super::diff::canonical;
use super::flatten::{flatten, record};
use super::{RecordSpec, Records, Spec, State};
use crate::aws::zone_change::{self, Found, no_zone};
use crate::aws::{Account, Aws, RecordKey, is_not_found};
use crate::engine::{Class, Compare as _, Failure, Field, Link, Observed, Owner, Pace, Result};
use crate::gather::Gather as _;

/// How often a batch is put together anew, because other resources of the run change the same names.
const ATTEMPTS: usize = 4;

impl Link for Records {
    type Client = Aws;

    /// AWS: usually within a minute.
    fn pace(&self) -> Pace {
        Pace { ready: Some(Duration::from_secs(37)), gone: None, retry: Duration::from_secs(4) }
    }

    /// Records carry no tags. They are ours when each of them says exactly what we wanted it to say.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let account = aws.account(spec.account.as_deref())?;
        let wanted = canonical(&spec.records);
        let keys = wanted.values().map(RecordSpec::record_key);
        let found = zone_change::records(account, &spec.zone_id, keys).await?.unwrap_or_default();
        let all = !wanted.is_empty() && flatten(&found) == wanted;
        Ok(all.then(|| self.forecast(spec, &State { zone_id: spec.zone_id.clone(), ..State::default() })))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(state.account.as_deref())?;
        // While a change is on its way the zone shows it already, so the records say nothing new.
        if zone_change::is_pending(account, state.change_id.as_ref()).await? {
            return Ok(Observed::Pending { state: state.clone(), status: "PENDING".to_owned() });
        }
        let all = state.all();
        let keys = all.values().map(RecordSpec::record_key);
        let Some(found) = zone_change::records(account, &state.zone_id, keys).await? else {
            return Ok(Observed::Absent);
        };
        let mut records = flatten(&found);
        // What was left to others is ours as soon as it says what we want; until then it is theirs.
        records.retain(|key, record| state.left.get(key).is_none_or(|wanted| wanted == record));
        if records.is_empty() {
            return Ok(Observed::Absent);
        }
        Ok(Observed::Ready(State { records, left: BTreeMap::new(), change_id: None, ..state.clone() }))
    }

    /// The batch took effect as a whole, so only its way to the name servers is asked for.
    async fn poll(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(state.account.as_deref())?;
        if zone_change::is_pending(account, state.change_id.as_ref()).await? {
            return Ok(Observed::Pending { state: state.clone(), status: "PENDING".to_owned() });
        }
        Ok(Observed::Ready(State { change_id: None, ..state.clone() }))
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(spec.account.as_deref())?;
        let wanted = canonical(&spec.records);
        let nothing = State { zone_id: spec.zone_id.clone(), ..State::default() };
        let mut batch = Batch::new(account, &wanted, &nothing);
        for _ in 0..ATTEMPTS {
            let refused = match zone_change::change(account, &spec.zone_id, batch.steps()?).await {
                Ok(change_id) => {
                    batch.end(account);
                    return Ok(batch.state(spec.account.clone(), change_id));
                }
                Err(refused) => refused,
            };
            // The batch may have failed because a record exists: ours after a lost reply, or a stranger's.
            if refused.class != Class::Invalid {
                return Err(refused);
            }
            if let Some(state) = self.find(aws, owner, spec).await? {
                return Ok(state);
            }
            let found = zone_change::records(account, &spec.zone_id, wanted.values().flat_map(in_the_way)).await?;
            let Some(found) = found else { return Err(no_zone(&spec.zone_id)) };
            let strange: Found =
                found.into_iter().filter(|(_, set)| wanted.get(&record(set).key()) != Some(&record(set))).gather();
            let before = batch.clone();
            if !batch.give_way(account, &strange)? {
                return Err(strangers(refused, &strange));
            }
            if batch == before {
                // A list may miss for a while what stops the creation: ours after a lost reply, or a stranger's.
                return Err(Failure { class: Class::NotYetVisible, ..refused });
            }
        }
        Err(contended(&spec.zone_id))
    }

    async fn update(&self, aws: &Aws, _owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        let account = aws.account(spec.account.as_deref())?;
        let wanted = canonical(&spec.records);
        let mut batch = Batch::new(account, &wanted, state);
        for _ in 0..ATTEMPTS {
            let refused = match zone_change::change(account, &spec.zone_id, batch.steps()?).await {
                Ok(change_id) => {
                    batch.end(account);
                    return Ok(batch.state(spec.account.clone(), change_id));
                }
                Err(refused) if refused.class == Class::Invalid => refused,
                Err(failure) => return Err(failure),
            };
            let keys = wanted.values().chain(state.records.values()).map(RecordSpec::record_key);
            let shown = flatten(&zone_change::records(account, &spec.zone_id, keys).await?.unwrap_or_default());
            // A batch is atomic: where the zone says just what is wanted, an earlier one of this update came
            // through, whose reply was lost.
            if shown == wanted {
                return Ok(self.forecast(spec, state));
            }
            let before = batch.clone();
            batch.hand_over_nothing();
            batch.let_go(&shown);
            let new = wanted.iter().filter(|(key, _)| !state.records.contains_key(*key));
            let mine = |key: &RecordKey| state.records.values().any(|record| record.record_key() == *key);
            let keys = new.flat_map(|(_, record)| in_the_way(record)).filter(|key| !mine(key));
            let found = zone_change::records(account, &spec.zone_id, keys).await?.unwrap_or_default();
            let strange: Found =
                found.into_iter().filter(|(_, set)| wanted.get(&record(set).key()) != Some(&record(set))).gather();
            if !batch.give_way(account, &strange)? {
                return Err(strangers(refused, &strange));
            }
            if batch == before {
                let lags = batch.agrees_with(&shown) && contradicts_the_list(&refused);
                return Err(Failure { class: if lags { Class::Busy } else { refused.class }, ..refused });
            }
        }
        Err(contended(&spec.zone_id))
    }

    /// Removes what still says what we made it say; what is gone already is fine, and what leads to another endpoint by
    /// now is of whoever took the name over.
    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let account = aws.account(state.account.as_deref())?;
        // AWS deletes only what says exactly this, so the batch needs no look before; a copy that lags
        // behind cannot hide a record from it either.
        let mut batch = Batch::new(account, &BTreeMap::new(), state);
        match zone_change::change(account, &state.zone_id, batch.steps()?).await {
            Err(refused) if is_not_found(&refused) => return Ok(()),
            Err(refused) if refused.class == Class::Invalid => {}
            done => {
                return done.map(|_| batch.end(account));
            }
        }
        let keys = state.records.values().map(RecordSpec::record_key);
        let Some(found) = zone_change::records(account, &state.zone_id, keys).await? else { return Ok(()) };
        let is_taken_over = |record: &RecordSpec| {
            let before = state.records.get(&record.key()).and_then(RecordSpec::endpoint);
            let is_another = matches!((before, record.endpoint()), (Some(before), Some(now)) if before != now);
            is_another || state.leads_elsewhere(record)
        };
        let found: Found = found.into_iter().filter(|(_, set)| !is_taken_over(&record(set))).collect();
        if found.is_empty() {
            return Ok(());
        }
        let changed: Vec<String> = flatten(&found)
            .into_iter()
            .filter(|(key, record)| state.records.get(key) != Some(record))
            .map(|(key, _)| key)
            .collect();
        if !changed.is_empty() {
            let message =
                format!("{} in zone {} no longer says what this resource wrote", changed.join(", "), state.zone_id);
            return Err(Failure::new(Class::Taken, message)
                .advise("Refresh so that the change is seen, or remove the record by hand, then apply again"));
        }
        batch.let_go(&flatten(&found));
        let mut end = zone_change::change(account, &state.zone_id, batch.steps()?).await;
        if matches!(&end, Err(refused) if refused.class == Class::Invalid) && batch.hand_over_nothing() {
            end = zone_change::change(account, &state.zone_id, batch.steps()?).await;
        }
        match end {
            Err(refused) if contradicts_the_list(&refused) => Err(Failure { class: Class::Busy, ..refused }),
            done => done.map(|_| batch.end(account)),
        }
    }
}

/// The records of a zone that lead to one of these names.
pub async fn leading_to(account: &Account, zone_id: &str, dns_names: &BTreeSet<String>) -> Result<Vec<RecordSpec>> {
    let found = account.records_leading_to(zone_id, dns_names).await?;
    of_names(account, zone_id, &found).await
}

/// The records of a zone by their names and types.
pub async fn of_names(account: &Account, zone_id: &str, names: &[(String, String)]) -> Result<Vec<RecordSpec>> {
    let keys = names.iter().map(|(name, kind)| RecordKey::new(name, kind));
    let found = zone_change::records(account, zone_id, keys).await?.unwrap_or_default();
    Ok(flatten(&found).into_values().collect())
}

/// Tells whether a refusal says otherwise than a list that was read with it: the list lags behind a change that is on its way (its
/// reply was lost, say), and will show it a little later.
fn contradicts_the_list(refused: &Failure) -> bool {
    let words = ["but it was not found", "but it already exists", "do not match the current values"];
    refused.class == Class::Invalid && words.iter().any(|words| refused.message.contains(words))
}

/// The end of a change whose names others of the run change at the same time; the next attempt begins anew.
fn contended(zone_id: &str) -> Failure {
    Failure::new(Class::Busy, format!("Names in zone {zone_id} are changed by several resources at the same time"))
}

/// What keeps a record from being made: one of its name, of its own type or of one that AWS allows no other beside.
fn in_the_way(record: &RecordSpec) -> Vec<RecordKey> {
    ["A", "AAAA", "CNAME"].map(|kind| RecordKey::new(&record.name, kind)).into()
}

/// The refusal, told by the records that stand in the way where there are any.
pub(super) fn strangers(refused: Failure, found: &Found) -> Failure {
    if found.is_empty() {
        return refused;
    }
    let names: Vec<String> = found.keys().map(|key| format!("{} {}", key.name, key.kind)).collect();
    let advice = format!(
        "{} exists and was not made by this resource; it was not touched. Remove it, or choose another name",
        names.join(", ")
    );
    Failure { class: Class::Taken, ..refused }.advise(advice)
}
