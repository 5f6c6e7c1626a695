use super::calls::{PENDING, observe};
use super::{DnsVerification, FAILED, Spec, State, VERIFIED};
use crate::engine::{Change, Compare as _, Gate, Observed};

fn state(word: &str) -> State {
    State { service_id: "vpce-svc-01".into(), name: "orders.example.dev".into(), state: Some(word.into()), lost: false }
}

fn spec(wait: bool) -> Spec {
    Spec { service_id: "vpce-svc-01".into(), name: "orders.example.dev".into(), wait }
}

#[test]
fn only_a_failed_or_lost_check_is_started_again() {
    for (word, expected) in [(PENDING, Change::None), (VERIFIED, Change::None), ("Verified", Change::None)] {
        assert_eq!(DnsVerification.diff(&spec(true), &state(word)), expected, "{word}");
    }
    let again = Change::Update(vec!["state"]);
    assert_eq!(DnsVerification.diff(&spec(false), &state(FAILED)), again);
    assert_eq!(DnsVerification.diff(&spec(true), &State { lost: true, ..state(PENDING) }), again);
    let renamed = Spec { name: "new.example.dev".into(), ..spec(true) };
    assert_eq!(DnsVerification.diff(&renamed, &state(VERIFIED)), Change::Update(vec!["name"]));
    assert_eq!(DnsVerification.diff(&renamed, &DnsVerification.forecast(&renamed, &state(FAILED))), Change::None);
}

#[test]
fn a_check_exists_as_long_as_its_name_does() {
    let recorded = state(PENDING);
    assert_eq!(observe(&recorded, Some(state(PENDING))), Observed::Ready(state(PENDING)));
    assert_eq!(observe(&recorded, Some(State { state: None, ..state("") })), Observed::Ready(state(PENDING)));
    assert_eq!(observe(&recorded, Some(state(VERIFIED))), Observed::Ready(state(VERIFIED)));
    assert_eq!(observe(&recorded, Some(state(FAILED))), Observed::Ready(state(FAILED)));
    assert_eq!(observe(&recorded, None), Observed::Absent);
    let other = State { name: "other.example.dev".into(), ..state(VERIFIED) };
    assert_eq!(observe(&recorded, Some(other)), Observed::Absent);
}

#[test]
fn a_verification_that_was_lost_is_remembered_until_it_is_verified_again() {
    let lost = State { lost: true, ..state(PENDING) };
    assert_eq!(observe(&state(VERIFIED), Some(state(PENDING))), Observed::Ready(lost.clone()));
    assert_eq!(observe(&lost, Some(state(PENDING))), Observed::Ready(lost.clone()));
    assert_eq!(observe(&lost, Some(state(VERIFIED))), Observed::Ready(state(VERIFIED)));
}

#[test]
fn the_gate_names_what_a_person_must_do() {
    assert_eq!(DnsVerification.gate(&spec(true), &state(VERIFIED)), Gate::Open);
    assert_eq!(DnsVerification.gate(&spec(false), &state(VERIFIED)), Gate::Open);
    for (spec, state, expected) in [
        (spec(true), state(PENDING), true),
        (spec(false), state(PENDING), false),
        (spec(true), state(FAILED), false),
        (spec(true), State { lost: true, ..state(PENDING) }, false),
    ] {
        let Gate::Closed { reason, wait } = DnsVerification.gate(&spec, &state) else { panic!("open: {state:?}") };
        assert_eq!(wait, expected, "{state:?}");
        assert!(reason.contains("orders.example.dev") && reason.contains("private_dns_record"), "{reason}");
    }
}
