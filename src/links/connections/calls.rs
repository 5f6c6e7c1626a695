//! Calls of a service's connections.

use std::collections::{BTreeMap, BTreeSet};

use super::{Connections, Spec, State, ids};
use crate::aws::connections::{self, Connection, Tagged, accept, reject};
use crate::aws::{Account, Aws};
use crate::engine::{Compare as _, Field, Link, Observed, Owner, Pace, Result};
use crate::gather::Gather as _;

/// So many reads are taken for a connection that the record has and the first read does not show.
const MOST_LOOKS_FOR_ONE: u32 = 4;

impl Link for Connections {
    type Client = Aws;

    /// A decision holds at once. How far AWS is with an endpoint of another account is no matter of its owner's.
    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let Spec { service_id, rules, tags } = spec.clone();
        let made = State { service_id, rules, tags: Some(tags), ..State::default() };
        let seen = describe_until_shown(aws.account(None)?, &made.service_id, BTreeSet::new()).await?;
        Ok(Some(made.after(plain(&seen)).tagged(&seen)))
    }

    /// Makes no call where there is nothing to decide.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        if state.rules.is_empty() {
            let (undecided, mistagged) = (BTreeSet::new(), BTreeMap::new());
            return Ok(Observed::Ready(State { undecided, mistagged, ..state.clone() }));
        }
        // That nobody waits any more is a decision that was carried out: one read alone does not say so.
        let seen = describe_until_shown(aws.account(None)?, &state.service_id, state.pending()).await?;
        Ok(Observed::Ready(state.after(plain(&seen)).tagged(&seen)))
    }

    /// Nobody is connected to a service that was made a moment ago, so nobody asks.
    async fn create(&self, _aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        Ok(self.forecast(spec, &State::default()))
    }

    async fn update(&self, aws: &Aws, _owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        let decided = self.forecast(spec, state);
        if spec.rules.is_empty() {
            return Ok(decided);
        }
        let accepted = decide(aws.account(None)?, spec, state).await?;
        Ok(State { accepted: &decided.accepted | &accepted, ..decided })
    }

    /// Leaves everything as it is: a service that goes takes its connections along, or AWS refuses.
    async fn delete(&self, _aws: &Aws, _state: &State) -> Result<()> {
        Ok(())
    }
}

/// Looks until all of these show, since one read may miss some. What none shows is gone.
async fn describe_until_shown(
    account: &Account,
    service_id: &str,
    mut missed: BTreeSet<String>,
) -> Result<Vec<Tagged>> {
    let mut all = connections::list_with_tags(account, service_id).await?;
    for _ in 1..MOST_LOOKS_FOR_ONE {
        missed.retain(|id| !all.iter().any(|(one, ..)| one.endpoint_id == *id));
        if missed.is_empty() {
            break;
        }
        let again = connections::list_with_tags(account, service_id).await?;
        all.extend(again.into_iter().filter(|(one, ..)| missed.contains(&one.endpoint_id)));
    }
    Ok(all)
}

fn plain(seen: &[Tagged]) -> BTreeSet<Connection> {
    seen.iter().map(|(one, ..)| one.clone()).gather()
}

/// Looks, and decides what is there now: more may wait than the plan has seen. Returns whom it accepted.
async fn decide(account: &Account, spec: &Spec, recorded: &State) -> Result<BTreeSet<String>> {
    let rules = &spec.rules;
    let awaited = ids(&recorded.undecided, |one| rules.accepts(one) || rules.rejects(one));
    let mut seen = describe_until_shown(account, &spec.service_id, awaited).await?;
    // What waited under other rules was not recorded, and one read may miss some.
    for _ in 1..MOST_LOOKS_FOR_ONE {
        if *rules == recorded.rules {
            break;
        }
        let again = connections::list_with_tags(account, &spec.service_id).await?;
        let known = ids(&plain(&seen), |_| true);
        let missed: Vec<_> = again.into_iter().filter(|(one, ..)| !known.contains(&one.endpoint_id)).collect();
        if missed.is_empty() {
            break;
        }
        seen.extend(missed);
    }
    let found = plain(&seen);
    let (revoked, pending) = (ids(&found, |one| rules.rejects(one)), ids(&found, |one| rules.accepts(one)));
    if !revoked.is_empty() {
        reject(account, &spec.service_id, &revoked).await?;
    }
    if !pending.is_empty() {
        accept(account, &spec.service_id, &pending).await?;
    }
    let tagged = seen.into_iter().filter(|(one, ..)| pending.contains(&one.endpoint_id) || recorded.carries_tags(one));
    let others = tagged.filter(|(_, _, tags)| *tags != spec.tags);
    let have = others.filter_map(|(_, id, tags)| Some((id?, tags))).gather();
    account.retag_parts(&have, &spec.tags).await?;
    Ok(pending)
}
