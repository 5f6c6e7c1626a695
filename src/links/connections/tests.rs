use std::collections::BTreeSet;

use super::diff::{ACCEPTED, REVOKED};
use super::{Condition, Connections, Rules, Spec, State, ids};
use crate::aws::Tags;
use crate::aws::connections::Connection;
use crate::engine::{Change, Compare as _};

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
