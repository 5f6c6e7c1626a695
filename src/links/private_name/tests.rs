use super::calls::{blank, observe};
use super::{PrivateName, Spec, State};
use crate::aws::lookups::ServiceDetail;
use crate::engine::{Change, Compare as _, Gate};

fn service_detail(names: &[&str], word: Option<&str>) -> ServiceDetail {
    ServiceDetail {
        service_name: "com.amazonaws.vpce.eu-west-1.vpce-svc-01".into(),
        acceptance_required: true,
        private_dns_names: names.iter().map(|name| (*name).to_owned()).collect(),
        private_dns_state: word.map(str::to_owned),
        is_interface: true,
        ..ServiceDetail::default()
    }
}

fn state() -> State {
    let service_name = "com.amazonaws.vpce.eu-west-1.vpce-svc-01".into();
    blank(&Spec { service_name, service_region: None })
}

#[test]
fn the_gate_is_shut_until_there_is_a_proved_name_and_says_who_opens_it() {
    let spec = Spec { service_name: state().service_name, service_region: None };
    let table: [(&[&str], Option<&str>, Option<&str>); 5] = [
        (&[], None, Some("sets one")),
        (&["a.example.dev"], Some("pendingVerification"), Some("verify ownership of a.example.dev")),
        (&["a.example.dev"], Some("Failed"), Some("now Failed")),
        (&["a.example.dev"], Some("Verified"), None),
        (&["sqs.us-east-1.amazonaws.com"], None, None),
    ];
    for (names, word, words) in table {
        let seen = observe(&state(), Some(&service_detail(names, word)));
        match (PrivateName.gate(&spec, &seen), words) {
            (Gate::Open, None) => {}
            (Gate::Closed { reason, wait: false }, Some(words)) => assert!(reason.contains(words), "{reason}"),
            (gate, _) => panic!("{names:?} {word:?}: {gate:?}"),
        }
        assert_eq!(PrivateName.diff(&spec, &seen), Change::None);
    }
}

#[test]
fn a_proof_that_was_there_is_enough_and_an_invisible_service_says_nothing() {
    let proved = observe(&state(), Some(&service_detail(&["a.example.dev"], Some("verified"))));
    let lost = observe(&proved, Some(&service_detail(&["a.example.dev"], Some("failed"))));
    assert!(lost.proved && lost.verification.as_deref() == Some("failed"));
    assert_eq!(observe(&lost, None), lost);
    assert!(!observe(&state(), None).proved);
}
