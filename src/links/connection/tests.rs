//! Which connection is accepted, and what exists of it, by AWS's word on it.

use super::calls::{Next, asked, final_rejection, given, judge, observe};
use super::{Connection, Spec, State, TAGS};
use crate::aws::Tags;
use crate::engine::{Change, Class, Compare as _, Failure, Gate, Observed};

fn spec() -> Spec {
    Spec {
        account: Some("partner".into()),
        service_id: "vpce-svc-01".into(),
        service_region: None,
        endpoint_id: "vpce-01".into(),
        rejects: false,
        tags: Tags::new(),
    }
}

fn state(word: &str) -> State {
    State { state: word.into(), ..asked(&spec()) }
}

fn owners(word: &str) -> State {
    State { rejects: true, ..state(word) }
}

fn carrying(tags: &[(&str, &str)]) -> State {
    let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    State { tags, ..state("available") }
}

#[test]
fn only_a_waiting_connection_is_accepted() {
    let asked = asked(&spec());
    for word in ["pendingAcceptance", "PendingAcceptance"] {
        assert_eq!(judge(Some(state(word)), &asked), Next::Accept(state(word)), "{word}");
    }
    for word in ["pending", "available", "Available"] {
        assert_eq!(judge(Some(state(word)), &asked), Next::Done(state(word)), "{word}");
    }
    for (word, class) in [
        (None, Class::NotYetVisible),
        (Some("rejected"), Class::Invalid),
        (Some("deleting"), Class::Invalid),
        (Some("expired"), Class::Invalid),
    ] {
        let Next::Stop(failure) = judge(word.map(state), &asked) else { panic!("{word:?} goes on") };
        assert_eq!(failure.class, class, "{word:?}");
        assert!(failure.message.contains("vpce-01") && failure.message.contains("vpce-svc-01"));
    }
}

#[test]
fn a_rejected_connection_names_the_account_that_rejected_it() {
    let Next::Stop(failure) = judge(Some(state("rejected")), &asked(&spec())) else { panic!("goes on") };
    assert!(failure.message.contains("partner"), "{}", failure.message);
    assert!(failure.advice.is_some());
}

#[test]
fn what_exists_is_the_acceptance() {
    assert_eq!(observe(&state(""), None), Observed::Absent);
    assert_eq!(observe(&state(""), Some(state("pendingAcceptance"))), Observed::Absent);
    assert_eq!(observe(&state(""), Some(state("deleted"))), Observed::Absent);
    for word in ["available", "pending", "partial"] {
        assert_eq!(observe(&state(""), Some(state(word))), Observed::Ready(state("available")), "{word}");
    }
}

#[test]
fn a_rejection_is_an_error_while_it_is_new_and_then_shuts_the_gate_quietly() {
    let rejected = || Some(state("rejected"));
    assert!(matches!(observe(&state("pending"), rejected()), Observed::Failed { .. }));
    assert_eq!(observe(&state("available"), rejected()), Observed::Ready(state("rejected")));
    assert_eq!(observe(&state("rejected"), rejected()), Observed::Ready(state("rejected")));
    let quiet = Gate::Closed { reason: String::new(), wait: false };
    assert_eq!(Connection.gate(&spec(), &state("rejected")), quiet);
    assert_eq!(Connection.gate(&spec(), &state("available")), Gate::Open);
}

#[test]
fn another_endpoint_is_another_connection_and_other_credentials_are_none() {
    assert_eq!(Connection.diff(&spec(), &state("available")), Change::None);
    assert_eq!(Connection.diff(&spec(), &state("rejected")), Change::None);
    let other = Spec { endpoint_id: "vpce-02".into(), ..spec() };
    assert_eq!(Connection.diff(&other, &state("available")), Change::Replace(vec!["endpoint_id"]));
    let own = Spec { account: None, ..spec() };
    assert_eq!(Connection.diff(&own, &state("available")), Change::Update(vec!["account"]));
    assert_eq!(Connection.diff(&own, &Connection.forecast(&own, &state("available"))), Change::None);
}

#[test]
fn to_the_owner_a_rejected_connection_is_one_without_acceptance_and_a_pending_one_not_done() {
    let accepting = asked(&Spec { rejects: true, ..spec() });
    assert_eq!(judge(Some(owners("rejected")), &accepting), Next::Accept(owners("rejected")));
    assert_eq!(observe(&owners("pending"), Some(owners("rejected"))), Observed::Absent);
    assert_eq!(observe(&owners("available"), Some(owners("rejected"))), Observed::Absent);
    let pending = Observed::Pending { state: owners("pending"), status: "pending".into() };
    assert_eq!(observe(&owners("pending"), Some(owners("pending"))), pending);
    assert_eq!(observe(&state("pending"), Some(state("pending"))), Observed::Ready(state("available")));
}

#[test]
fn a_rejection_that_aws_does_not_take_back_is_not_tried_until_the_deadline() {
    let failure = final_rejection(Failure::new(Class::Busy, "is in the state rejected"), &owners(""));
    assert_eq!(failure.class, Class::Invalid);
    assert!(failure.advice.unwrap().contains("vpce-01"));
}

#[test]
fn a_consumer_s_state_says_nothing_of_decisions_that_are_not_its_own() {
    let json = serde_json::to_value(state("available")).unwrap();
    assert!(json.get("rejects").is_none(), "{json}");
    let json = serde_json::to_value(owners("available")).unwrap();
    assert_eq!(serde_json::from_value::<State>(json).unwrap(), owners("available"));
}

#[test]
fn a_consumer_sees_and_changes_no_tags_but_its_own() {
    let tagged = Spec { tags: carrying(&[("team", "shop")]).tags, ..spec() };
    let both = carrying(&[("team", "else"), ("cost", "7")]);
    assert_eq!(given(&tagged, both.clone()), carrying(&[("team", "else")]), "the owner's tag is not to be removed");
    let owners = Spec { rejects: true, ..tagged.clone() };
    assert_eq!(given(&owners, both.clone()), both);
    let own = carrying(&[("team", "old")]);
    assert_eq!(Connection.diff(&tagged, &own), Change::Update(vec![TAGS]));
    assert_eq!(Connection.diff(&tagged, &Connection.forecast(&tagged, &own)), Change::None);
    assert_eq!(observe(&own, Some(carrying(&[("team", "drifted")]))), Observed::Ready(own.clone()));
}
