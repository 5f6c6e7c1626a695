//! The connections of an endpoint service, as its owner decides them by rule.
//!
//! What a configuration says of a connection is whether one that waits is accepted, and whether one of
//! an account without any allowed principal is rejected. Everything else happens at its other end and is no
//! change of the service, so the state holds the rules of the last run and, after a read, the connections
//! that these rules decide otherwise than they stand. Nothing is taken back: a rule that is removed rejects
//! nobody, a connection that was rejected or expired stays so. Connections that the accept blocks match and that are
//! accepted carry the service's tags.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::decisions::{self, Connection, Tagged, accept, is, is_live, reject};
use crate::aws::{Account, Aws, Tags};
use crate::engine::{Change, Failure, Field, Link, Observed, Owner, Pace, Words, both, part_tags};
use crate::gather::Gather as _;

const ACCEPTED: Field = "accept";
const REVOKED: Field = "reject_on_revoke";
const TAGS: Field = "tags";

/// So many reads are taken for a connection that the record has and the first read does not show.
const MOST_LOOKS_FOR_ONE: u32 = 4;

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Connections;

/// What to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The endpoint service, `vpce-svc-…`.
    pub service_id: String,
    /// The rules.
    #[serde(flatten)]
    pub rules: Rules,
    /// The user's tags of the connections that the rules accept.
    #[serde(default)]
    pub tags: Tags,
}

/// Which connections are accepted, and which are rejected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// A waiting connection that any of these matches is accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<Condition>,
    /// Where given, live connections of accounts that none of these principals names are rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admitted: Option<BTreeSet<String>>,
}

/// What a connection must be; all that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Condition {
    /// One of these accounts.
    pub account_ids: Option<BTreeSet<String>>,
    /// One of these endpoints.
    pub endpoint_ids: Option<BTreeSet<String>>,
    /// In one of these Regions.
    pub regions: Option<BTreeSet<String>>,
}

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The endpoint service.
    pub service_id: String,
    /// The rules that the last run carried out.
    #[serde(flatten)]
    pub rules: Rules,
    /// Connections that these rules decide otherwise than they stand, as of the last read.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub undecided: BTreeSet<Connection>,
    /// Endpoints that these rules accepted: a read that shows them waiting is older than that, and their connections carry
    /// the tags. One that somebody else accepted has that one's.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub accepted: BTreeSet<String>,
    /// The user's tags that the last run gave to connections that the rules accept; `None` where there are no such
    /// rules, or an earlier release recorded them, which gave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
    /// Those of them that carry others, with what they carry, as of the last read.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mistagged: BTreeMap<String, Tags>,
}

impl Condition {
    /// Returns whether a connection is meant.
    pub fn matches(&self, connection: &Connection) -> bool {
        let holds =
            |wanted: &Option<BTreeSet<String>>, found: &str| wanted.as_ref().is_none_or(|ids| ids.contains(found));
        holds(&self.account_ids, &connection.owner)
            && holds(&self.endpoint_ids, &connection.endpoint_id)
            && holds(&self.regions, &connection.region)
    }
}

impl Rules {
    /// Returns whether there is nothing to decide.
    fn is_empty(&self) -> bool {
        self.accept.is_empty() && self.admitted.is_none()
    }

    /// Returns whether a connection is to be rejected: it is live, and no principal names its account. Everybody, an
    /// organization and a service of AWS may stand for any account.
    pub fn rejects(&self, one: &Connection) -> bool {
        let names = |principal: &String| {
            let mut parts = principal.split(':').skip(2);
            match (parts.next(), parts.nth(1)) {
                (Some("iam"), account) => account == Some(&one.owner),
                _ => true,
            }
        };
        is_live(&one.state) && self.admitted.as_ref().is_some_and(|admitted| !admitted.iter().any(names))
    }

    /// Returns whether a connection is to be accepted; one that is to be rejected is not accepted first.
    pub fn accepts(&self, one: &Connection) -> bool {
        is_waiting(one) && !self.rejects(one) && self.accept.iter().any(|condition| condition.matches(one))
    }
}

impl State {
    /// Endpoints that wait and are to be accepted.
    pub fn pending(&self) -> BTreeSet<String> {
        ids(&self.undecided, |one| self.rules.accepts(one))
    }

    /// Whether the last run gave other tags than those that are wanted.
    fn is_tagged_otherwise(&self, spec: &Spec) -> bool {
        self.tags.as_ref().is_some_and(|tags| *tags != spec.tags)
    }

    /// Whether a connection carries the tags: these rules accepted it.
    fn carries_tags(&self, one: &Connection) -> bool {
        is_live(&one.state) && !is_waiting(one) && self.accepted.contains(&one.endpoint_id)
    }

    /// The same with the tags that connections carry.
    fn tagged(self, seen: &[Tagged]) -> Self {
        let covered: Vec<&Tagged> = seen.iter().filter(|(one, ..)| self.carries_tags(one)).collect();
        // Those that an earlier release accepted carry what they carry.
        let tags = self.tags.clone().or_else(|| covered.first().map(|(_, _, tags)| tags.clone()));
        let others = covered.into_iter().filter(|(_, _, carried)| Some(carried) != tags.as_ref());
        let mistagged = others.map(|(one, _, tags)| (one.endpoint_id.clone(), tags.clone())).gather();
        Self { tags, mistagged, ..self }
    }

    /// The state after a read of all connections. One that was to be accepted and waits no more was accepted.
    fn after(&self, seen: BTreeSet<Connection>) -> Self {
        let mut accepted = self.accepted.clone();
        let was_accepted = ids(&seen, |one| is_live(&one.state) && !is_waiting(one));
        accepted.extend(self.pending().intersection(&was_accepted).cloned());
        // One that a single read misses is not gone.
        accepted.retain(|id| seen.iter().all(|one| one.endpoint_id != *id || is_live(&one.state)));
        let is_older = |one: &Connection| is_waiting(one) && accepted.contains(&one.endpoint_id);
        let is_undecided = |one: &Connection| self.rules.accepts(one) || self.rules.rejects(one);
        let undecided = seen.into_iter().filter(|one| !is_older(one) && is_undecided(one)).gather();
        Self { undecided, accepted, ..self.clone() }
    }
}

fn is_waiting(one: &Connection) -> bool {
    is(&one.state, "pendingAcceptance")
}

fn ids(connections: &BTreeSet<Connection>, is_meant: impl Fn(&Connection) -> bool) -> BTreeSet<String> {
    connections.iter().filter(|one| is_meant(one)).map(|one| one.endpoint_id.clone()).gather()
}

impl Link for Connections {
    type Client = Aws;
    type Spec = Spec;
    type State = State;
    const WORDS: Words = &[("accepted", ""), ("undecided", ""), ("tags", ""), ("mistagged", "")];

    /// Names every connection that is decided; other rules name what they are.
    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let Some(state) = state else { return Vec::new() };
        let rules = &spec.rules;
        let name = |one: &Connection| format!("{} of account {}", one.endpoint_id, one.owner);
        let names = |is_meant: &dyn Fn(&Connection) -> bool| -> Vec<String> {
            state.undecided.iter().filter(|one| is_meant(one)).map(name).collect()
        };
        let decided =
            both(&[("accept", names(&|one| rules.accepts(one))), ("reject", names(&|one| rules.rejects(one)))]);
        let mut phrases = if decided.is_empty() { Vec::new() } else { vec![decided] };
        if rules.accept != state.rules.accept && !rules.accept.is_empty() {
            phrases.push("accept those that wait and match the changed accept blocks".to_owned());
        }
        if rules.admitted != state.rules.admitted && rules.admitted.is_some() {
            phrases.push("reject those of accounts without an allowed principal".to_owned());
        }
        let mut untagged = state.mistagged.clone();
        let accepted = state.undecided.iter().filter(|one| rules.accepts(one));
        untagged.extend(accepted.map(|one| (one.endpoint_id.clone(), Tags::new())));
        phrases.extend(part_tags(untagged, &spec.tags, "accepted connections"));
        let have = if rules.accept == state.rules.accept { state.tags.clone() } else { Some(Tags::new()) };
        if let Some(have) = have.filter(|_| !rules.accept.is_empty()) {
            phrases.extend(part_tags([("accepted connections".to_owned(), have)], &spec.tags, "accepted connections"));
        }
        if phrases.is_empty() {
            phrases.push("decide by the changed rules".to_owned());
        }
        phrases
    }

    /// A decision holds at once. How far AWS is with an endpoint of another account is no matter of its owner's.
    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        let Spec { service_id, rules, tags } = spec.clone();
        let made = State { service_id, rules, tags: Some(tags), ..State::default() };
        let seen = look_for(aws.account(None)?, &made.service_id, BTreeSet::new()).await?;
        Ok(Some(made.after(plain(&seen)).tagged(&seen)))
    }

    /// Makes no call where there is nothing to decide.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        if state.rules.is_empty() {
            let (undecided, mistagged) = (BTreeSet::new(), BTreeMap::new());
            return Ok(Observed::Ready(State { undecided, mistagged, ..state.clone() }));
        }
        // That nobody waits any more is a decision that was carried out: one read alone does not say so.
        let seen = look_for(aws.account(None)?, &state.service_id, state.pending()).await?;
        Ok(Observed::Ready(state.after(plain(&seen)).tagged(&seen)))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.service_id != state.service_id {
            return Change::Replace(vec!["service_id"]);
        }
        let (rules, recorded) = (&spec.rules, &state.rules);
        super::attributes::update(&[
            (ACCEPTED, rules.accept != recorded.accept || state.undecided.iter().any(|one| rules.accepts(one))),
            (REVOKED, rules.admitted != recorded.admitted || state.undecided.iter().any(|one| rules.rejects(one))),
            (TAGS, !rules.accept.is_empty() && (state.is_tagged_otherwise(spec) || !state.mistagged.is_empty())),
        ])
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State {
            service_id: spec.service_id.clone(),
            rules: spec.rules.clone(),
            undecided: BTreeSet::new(),
            tags: (!spec.rules.accept.is_empty()).then(|| spec.tags.clone()),
            mistagged: BTreeMap::new(),
            ..state.clone()
        }
    }

    /// Nobody is connected to a service that was made a moment ago, so nobody asks.
    async fn create(&self, _aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        Ok(self.forecast(spec, &State::default()))
    }

    async fn update(
        &self,
        aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        let decided = self.forecast(spec, state);
        if spec.rules.is_empty() {
            return Ok(decided);
        }
        let accepted = decide(aws.account(None)?, spec, state).await?;
        Ok(State { accepted: &decided.accepted | &accepted, ..decided })
    }

    /// Leaves everything as it is: a service that goes takes its connections along, or AWS refuses.
    async fn delete(&self, _aws: &Aws, _state: &State) -> Result<(), Failure> {
        Ok(())
    }
}

/// Looks until all of these show, since one read may miss some. What none shows is gone.
async fn look_for(account: &Account, service_id: &str, mut missed: BTreeSet<String>) -> Result<Vec<Tagged>, Failure> {
    let mut all = decisions::look_with_tags(account, service_id).await?;
    for _ in 1..MOST_LOOKS_FOR_ONE {
        missed.retain(|id| !all.iter().any(|(one, ..)| one.endpoint_id == *id));
        if missed.is_empty() {
            break;
        }
        let again = decisions::look_with_tags(account, service_id).await?;
        all.extend(again.into_iter().filter(|(one, ..)| missed.contains(&one.endpoint_id)));
    }
    Ok(all)
}

fn plain(seen: &[Tagged]) -> BTreeSet<Connection> {
    seen.iter().map(|(one, ..)| one.clone()).gather()
}

/// Looks, and decides what is there now: more may wait than the plan has seen. Returns whom it accepted.
async fn decide(account: &Account, spec: &Spec, recorded: &State) -> Result<BTreeSet<String>, Failure> {
    let rules = &spec.rules;
    let awaited = ids(&recorded.undecided, |one| rules.accepts(one) || rules.rejects(one));
    let mut seen = look_for(account, &spec.service_id, awaited).await?;
    // What waited under other rules was not recorded, and one read may miss some.
    for _ in 1..MOST_LOOKS_FOR_ONE {
        if *rules == recorded.rules {
            break;
        }
        let again = decisions::look_with_tags(account, &spec.service_id).await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn set(items: &[&str]) -> BTreeSet<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    fn connection(id: &str, owner: &str, state: &str) -> Connection {
        Connection { endpoint_id: id.into(), owner: owner.into(), state: state.into(), region: "us-east-1".into() }
    }

    fn account(ids: &[&str]) -> Condition {
        Condition { account_ids: Some(set(ids)), ..Condition::default() }
    }

    fn spec(accept: &[Condition], admitted: Option<BTreeSet<String>>) -> Spec {
        Spec { service_id: "vpce-svc-01".into(), rules: Rules { accept: accept.to_vec(), admitted }, tags: Tags::new() }
    }

    /// What a run left that carried out `spec`, after a later read.
    fn read(spec: &Spec, seen: &[Connection]) -> State {
        Connections.forecast(spec, &State::default()).after(seen.iter().cloned().collect())
    }

    #[test]
    fn a_read_from_before_the_acceptance_does_not_undo_it() {
        let rules = spec(&[account(&["222222222222"])], None);
        let waiting = [connection("vpce-1", "222222222222", "pendingAcceptance")];
        let accepted = State { accepted: set(&["vpce-1"]), ..read(&rules, &[]) };
        assert_eq!(accepted.after(waiting.iter().cloned().collect()), accepted);
        let open = read(&rules, &waiting);
        assert_eq!(open.pending(), set(&["vpce-1"]), "one that nobody accepted yet");
        // The reply to the acceptance was lost: a read tells what came of it.
        let works = [connection("vpce-1", "222222222222", "available")];
        assert_eq!(open.after(works.iter().cloned().collect()), accepted);
    }

    #[test]
    fn all_that_is_given_must_hold_and_an_empty_set_matches_nobody() {
        let one = connection("vpce-1", "222222222222", "pendingAcceptance");
        for (condition, expected) in [
            (account(&["222222222222"]), true),
            (account(&["333333333333"]), false),
            (account(&[]), false),
            (Condition { endpoint_ids: Some(set(&["vpce-1"])), ..account(&["222222222222"]) }, true),
            (Condition { endpoint_ids: Some(set(&["vpce-2"])), ..account(&["222222222222"]) }, false),
            (Condition { regions: Some(set(&["us-east-1"])), ..Condition::default() }, true),
            (Condition { regions: Some(set(&["eu-west-1"])), ..account(&["222222222222"]) }, false),
        ] {
            assert_eq!(condition.matches(&one), expected, "{condition:?}");
        }
    }

    #[test]
    fn only_waiting_connections_that_a_rule_matches_are_recorded_and_a_change() {
        let rules = spec(&[account(&["222222222222"])], None);
        for word in ["pending", "available", "rejected", "expired", "failed", "deleting"] {
            let state = read(&rules, &[connection("vpce-1", "222222222222", word)]);
            assert_eq!((state.undecided.len(), Connections.diff(&rules, &state)), (0, Change::None), "{word}");
        }
        let others = read(&rules, &[connection("vpce-1", "333333333333", "pendingAcceptance")]);
        assert_eq!(others, read(&rules, &[]), "what other accounts do is no change");
        for word in ["pendingAcceptance", "PendingAcceptance"] {
            let state = read(&rules, &[connection("vpce-1", "222222222222", word)]);
            assert_eq!(Connections.diff(&rules, &state), Change::Update(vec![ACCEPTED]), "{word}");
            let next = Connections.forecast(&rules, &state);
            assert_eq!(Connections.diff(&rules, &next), Change::None);
        }
    }

    #[test]
    fn other_rules_are_a_change_whoever_waits() {
        let (none, some) = (spec(&[], None), spec(&[account(&["222222222222"])], Some(set(&["*"]))));
        assert_eq!(Connections.diff(&some, &read(&none, &[])), Change::Update(vec![ACCEPTED, REVOKED]));
        assert_eq!(Connections.diff(&none, &read(&some, &[])), Change::Update(vec![ACCEPTED, REVOKED]));
    }

    #[test]
    fn live_connections_of_accounts_without_a_principal_are_rejected_where_that_is_wanted() {
        let found = [
            connection("vpce-1", "222222222222", "available"),
            connection("vpce-2", "333333333333", "available"),
            connection("vpce-3", "333333333333", "rejected"),
        ];
        for (principals, revoked) in [
            (set(&["arn:aws:iam::222222222222:root"]), set(&["vpce-2"])),
            (set(&["arn:aws:iam::222222222222:role/a", "arn:aws:iam::333333333333:user/b"]), set(&[])),
            (set(&["*"]), set(&[])),
            (set(&["appflow.amazonaws.com"]), set(&[])),
            (set(&["arn:aws:organizations::111111111111:organization/o-abcdefghij"]), set(&[])),
            (set(&[]), set(&["vpce-1", "vpce-2"])),
        ] {
            let wanted = spec(&[], Some(principals));
            let state = read(&wanted, &found);
            assert_eq!(ids(&state.undecided, |_| true), revoked, "{wanted:?}");
            assert_eq!(Connections.diff(&wanted, &state) == Change::None, revoked.is_empty());
        }
    }
}
