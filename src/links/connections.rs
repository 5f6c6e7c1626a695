//! The connections of an endpoint service, as its owner sees and decides them.
//!
//! What a configuration says of a connection is whether one that waits is accepted, and whether one of
//! an account without any allowed principal is rejected. Everything else happens at its other end, so
//! the state holds what there is and only those two differences are ever a change. Nothing is taken
//! back: a rule that is removed rejects nobody, a connection that was rejected or expired stays so.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::decisions::{self, Connection, accept, is, is_live, reject};
use crate::aws::{Account, Aws};
use crate::engine::{Change, Failure, Field, Link, Observed, Owner, Pace};
use crate::gather::Gather as _;

const ACCEPTED: Field = "accept";
const REVOKED: Field = "reject_on_revoke";
/// So many looks at most, over two minutes: how far AWS is with the endpoint of somebody else is no failure of
/// who accepts it, and is told as it is then.
const MOST_LOOKS: u32 = 7;

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
    /// A waiting connection that any of these matches is accepted.
    pub accept: Vec<Condition>,
    /// Where given, live connections of accounts that none of these principals names are rejected.
    pub admitted: Option<BTreeSet<String>>,
}

/// What a connection must be; all that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
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
    /// Its connections, gone ones left out; `None` in a forecast that decides some.
    pub connections: Option<BTreeSet<Connection>>,
    /// What this run has accepted, while AWS connects it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub underway: Option<Underway>,
}

/// Accepted connections that do not work yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Underway {
    /// Their endpoints.
    pub endpoint_ids: BTreeSet<String>,
    /// How often was looked.
    pub looks: u32,
}

impl Condition {
    /// Whether a connection is meant.
    pub fn matches(&self, connection: &Connection) -> bool {
        let holds =
            |wanted: &Option<BTreeSet<String>>, found: &str| wanted.as_ref().is_none_or(|ids| ids.contains(found));
        holds(&self.account_ids, &connection.owner)
            && holds(&self.endpoint_ids, &connection.endpoint_id)
            && holds(&self.regions, &connection.region)
    }
}

impl State {
    /// Endpoints that wait for a decision.
    fn waiting(&self) -> BTreeSet<String> {
        self.all_waiting().map(|one| one.endpoint_id.clone()).collect()
    }

    fn all_waiting(&self) -> impl Iterator<Item = &Connection> {
        self.connections.iter().flatten().filter(|one| is(&one.state, "pendingAcceptance"))
    }

    /// Endpoints that wait and are to be accepted.
    pub fn pending(&self, accept: &[Condition]) -> BTreeSet<String> {
        self.all_waiting()
            .filter(|one| accept.iter().any(|condition| condition.matches(one)))
            .map(|one| one.endpoint_id.clone())
            .gather()
    }

    /// Endpoints that are connected although no principal names their account.
    pub fn revoked(&self, admitted: &BTreeSet<String>) -> BTreeSet<String> {
        let names =
            |principal: &String, account: &str| principal == "*" || principal.split(':').nth(4) == Some(account);
        let is_revoked =
            |one: &&Connection| is_live(&one.state) && !admitted.iter().any(|principal| names(principal, &one.owner));
        self.connections.iter().flatten().filter(is_revoked).map(|one| one.endpoint_id.clone()).gather()
    }
}

impl Spec {
    fn revoked(&self, state: &State) -> BTreeSet<String> {
        self.admitted.as_ref().map(|admitted| state.revoked(admitted)).unwrap_or_default()
    }

    /// Those to be accepted; a connection that is to be rejected is not accepted first.
    fn pending(&self, state: &State) -> BTreeSet<String> {
        &state.pending(&self.accept) - &self.revoked(state)
    }
}

impl Link for Connections {
    type Client = Aws;
    type Spec = Spec;
    type State = State;

    /// A decision holds at once; until an accepted connection works AWS takes half a minute.
    fn pace(&self) -> Pace {
        Pace { ready: Some(Duration::from_secs(32)), ..Pace::AT_ONCE }
    }

    fn works_at_once(&self, state: &State) -> bool {
        state.underway.is_none()
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        look(aws.account(None)?, &spec.service_id).await.map(Some)
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        // That nobody waits any more is a decision that was carried out: one read alone does not say so.
        let seen = look_for(aws.account(None)?, &state.service_id, state.waiting()).await?;
        Ok(Observed::Ready(State { connections: seen.connections.map(|all| forwards(state, all)), ..seen }))
    }

    /// Looks how far what was accepted is; the rest is as this run has decided it.
    async fn look(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let seen = look(aws.account(None)?, &state.service_id).await?;
        Ok(advance(state, &seen.connections.unwrap_or_default()))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.service_id != state.service_id {
            return Change::Replace(vec!["service_id"]);
        }
        super::attributes::update(&[
            (ACCEPTED, !spec.pending(state).is_empty()),
            (REVOKED, !spec.revoked(state).is_empty()),
        ])
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        if self.diff(spec, state) == Change::None {
            return state.clone();
        }
        State { service_id: spec.service_id.clone(), ..State::default() }
    }

    /// Nobody is connected to a service that was made a moment ago, so nobody asks.
    async fn create(&self, _aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        Ok(State { service_id: spec.service_id.clone(), connections: Some(BTreeSet::new()), underway: None })
    }

    async fn update(
        &self,
        aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        decide(aws.account(None)?, spec, state).await
    }

    /// Leaves everything as it is: a service that goes takes its connections along, or AWS refuses.
    async fn delete(&self, _aws: &Aws, _state: &State) -> Result<(), Failure> {
        Ok(())
    }
}

/// An accepted connection never waits again: a read that says so is older than the record.
fn forwards(recorded: &State, seen: BTreeSet<Connection>) -> BTreeSet<Connection> {
    let known: Vec<&Connection> = recorded.connections.iter().flatten().collect();
    let newest = |one: Connection| {
        let before = known.iter().find(|before| before.endpoint_id == one.endpoint_id);
        let was_accepted = before.is_some_and(|before| is(&before.state, "pending") || is(&before.state, "available"));
        let is_older = was_accepted && is(&one.state, "pendingAcceptance");
        before.filter(|_| is_older).map_or(one, |before| (*before).clone())
    };
    seen.into_iter().map(newest).gather()
}

/// The state after one more look at what was accepted.
fn advance(state: &State, seen: &BTreeSet<Connection>) -> Observed<State> {
    let Some(underway) = &state.underway else { return Observed::Ready(state.clone()) };
    let newest = |one: &Connection| {
        let found = seen.iter().find(|found| found.endpoint_id == one.endpoint_id);
        let moved = found.filter(|found| !is(&found.state, "pendingAcceptance"));
        moved.filter(|_| underway.endpoint_ids.contains(&one.endpoint_id)).unwrap_or(one).clone()
    };
    let connections: BTreeSet<Connection> = state.connections.iter().flatten().map(newest).collect();
    let left: BTreeSet<String> = connections
        .iter()
        .filter(|one| underway.endpoint_ids.contains(&one.endpoint_id) && is(&one.state, "pending"))
        .map(|one| one.endpoint_id.clone())
        .collect();
    let looks = underway.looks + 1;
    let state = State { connections: Some(connections), underway: None, ..state.clone() };
    if left.is_empty() || looks >= MOST_LOOKS {
        return Observed::Ready(state);
    }
    let underway = Some(Underway { endpoint_ids: left, looks });
    Observed::Pending { state: State { underway, ..state }, status: "pending".to_owned() }
}

async fn look(account: &Account, service_id: &str) -> Result<State, Failure> {
    let connections = Some(decisions::look(account, service_id).await?);
    Ok(State { service_id: service_id.to_owned(), connections, underway: None })
}

/// Looks until all of these show, since one read may miss some. What none shows is gone.
async fn look_for(account: &Account, service_id: &str, mut missed: BTreeSet<String>) -> Result<State, Failure> {
    let mut seen = look(account, service_id).await?;
    for _ in 1..MOST_LOOKS_FOR_ONE {
        let all = seen.connections.get_or_insert_default();
        missed.retain(|id| !all.iter().any(|one| one.endpoint_id == *id));
        if missed.is_empty() {
            break;
        }
        let again = look(account, service_id).await?.connections.unwrap_or_default();
        all.extend(again.into_iter().filter(|one| missed.contains(&one.endpoint_id)));
    }
    Ok(seen)
}

/// Looks, and decides what is there now: more may wait than the plan has seen.
async fn decide(account: &Account, spec: &Spec, recorded: &State) -> Result<State, Failure> {
    let awaited = &spec.pending(recorded) | &spec.revoked(recorded);
    let seen = look_for(account, &spec.service_id, awaited).await?;
    let (revoked, pending) = (spec.revoked(&seen), spec.pending(&seen));
    if revoked.is_empty() && pending.is_empty() {
        return Ok(seen);
    }
    if !revoked.is_empty() {
        reject(account, &spec.service_id, &revoked).await?;
    }
    if !pending.is_empty() {
        accept(account, &spec.service_id, &pending).await?;
    }
    // What AWS shows of them lags behind what it agreed to.
    let decided = |one: Connection| match &one.endpoint_id {
        id if revoked.contains(id) => Connection { state: "rejected".to_owned(), ..one },
        id if pending.contains(id) => Connection { state: "pending".to_owned(), ..one },
        _ => one,
    };
    let connections = seen.connections.map(|all| all.into_iter().map(decided).gather());
    let underway = (!pending.is_empty()).then(|| Underway { endpoint_ids: pending.clone(), looks: 0 });
    Ok(State { connections, underway, ..seen })
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

    fn state(connections: &[Connection]) -> State {
        State {
            service_id: "vpce-svc-01".into(),
            connections: Some(connections.iter().cloned().collect()),
            underway: None,
        }
    }

    fn spec(accept: &[Condition]) -> Spec {
        Spec { service_id: "vpce-svc-01".into(), accept: accept.to_vec(), admitted: None }
    }

    #[test]
    fn a_read_from_before_the_acceptance_does_not_undo_it() {
        let seen = |word: &str| BTreeSet::from([connection("vpce-1", "222222222222", word)]);
        for accepted in ["pending", "available"] {
            assert_eq!(
                forwards(&state(&[connection("vpce-1", "222222222222", accepted)]), seen("pendingAcceptance")),
                seen(accepted)
            );
        }
        let waiting = state(&[connection("vpce-1", "222222222222", "pendingAcceptance")]);
        assert_eq!(forwards(&waiting, seen("available")), seen("available"));
        let rejected = state(&[connection("vpce-1", "222222222222", "rejected")]);
        assert_eq!(forwards(&rejected, seen("pendingAcceptance")), seen("pendingAcceptance"));
        assert_eq!(forwards(&state(&[]), seen("pendingAcceptance")), seen("pendingAcceptance"));
    }

    #[test]
    fn what_was_accepted_is_looked_at_until_it_works_or_for_so_long() {
        let one = |id: &str, word: &str| connection(id, "222222222222", word);
        let accepted = |id: &str| Some(Underway { endpoint_ids: set(&[id]), looks: 0 });
        let start = State {
            underway: accepted("vpce-1"),
            ..state(&[one("vpce-1", "pending"), one("vpce-2", "rejected"), one("vpce-3", "pending")])
        };
        // A copy that lags behind knows neither decision yet.
        let late = BTreeSet::from([one("vpce-1", "pendingAcceptance"), one("vpce-2", "available")]);
        let mut waiting = start.clone();
        for looks in 1..MOST_LOOKS {
            let Observed::Pending { state, status } = advance(&waiting, &late) else { panic!("{looks}") };
            assert_eq!((status.as_str(), &state.connections), ("pending", &start.connections));
            waiting = state;
        }
        let as_it_is = Observed::Ready(State { underway: None, ..start.clone() });
        assert_eq!(advance(&waiting, &late), as_it_is, "somebody else's endpoint may take longer");
        let works = BTreeSet::from([one("vpce-1", "available"), one("vpce-3", "available")]);
        let expected = state(&[one("vpce-1", "available"), one("vpce-2", "rejected"), one("vpce-3", "pending")]);
        assert_eq!(advance(&start, &works), Observed::Ready(expected), "only what this run accepted");
        let gone = State { underway: None, ..start.clone() };
        assert_eq!(advance(&State { underway: accepted("vpce-9"), ..start }, &works), Observed::Ready(gone));
    }

    #[test]
    fn all_that_is_given_must_hold_and_an_empty_set_matches_nobody() {
        let account = |ids: &[&str]| Condition { account_ids: Some(set(ids)), ..Condition::default() };
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
    fn only_waiting_connections_are_a_change() {
        let accept = [Condition { account_ids: Some(set(&["222222222222"])), ..Condition::default() }];
        for word in ["pending", "available", "rejected", "expired", "failed", "deleting"] {
            let state = state(&[connection("vpce-1", "222222222222", word)]);
            assert_eq!(Connections.diff(&spec(&accept), &state), Change::None, "{word}");
        }
        for word in ["pendingAcceptance", "PendingAcceptance"] {
            let state = state(&[connection("vpce-1", "222222222222", word)]);
            assert_eq!(Connections.diff(&spec(&accept), &state), Change::Update(vec![ACCEPTED]), "{word}");
            assert_eq!(Connections.diff(&spec(&[]), &state), Change::None, "a removed rule rejects nobody");
            let next = Connections.forecast(&spec(&accept), &state);
            assert_eq!(Connections.diff(&spec(&accept), &next), Change::None);
        }
    }

    #[test]
    fn live_connections_of_accounts_without_a_principal_are_rejected_where_that_is_wanted() {
        let found = state(&[
            connection("vpce-1", "222222222222", "available"),
            connection("vpce-2", "333333333333", "available"),
            connection("vpce-3", "333333333333", "rejected"),
        ]);
        for (principals, revoked) in [
            (set(&["arn:aws:iam::222222222222:root"]), set(&["vpce-2"])),
            (set(&["arn:aws:iam::222222222222:role/a", "arn:aws:iam::333333333333:user/b"]), set(&[])),
            (set(&["*"]), set(&[])),
            (set(&[]), set(&["vpce-1", "vpce-2"])),
        ] {
            assert_eq!(found.revoked(&principals), revoked, "{principals:?}");
            let wanted = Spec { admitted: Some(principals), ..spec(&[]) };
            assert_eq!(Connections.diff(&wanted, &found) == Change::None, revoked.is_empty());
        }
        assert_eq!(Connections.diff(&spec(&[]), &found), Change::None);
    }
}
