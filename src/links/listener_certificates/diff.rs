//! What differs between a listener's further certificates as wanted and as it is, and what that means.

use std::collections::BTreeSet;

use super::{ListenerCertificates, Spec, State};
use crate::engine::{Change, Compare, Field, Fields, Words, both, short};

const LISTENER: Field = "listener_arn";
pub(super) const CERTIFICATES: Field = "additional_certificate_arns";

impl Compare for ListenerCertificates {
    type Spec = Spec;
    type State = State;
    const FIELDS: Fields = &[("certificate_arns", CERTIFICATES)];
    const WORDS: Words = &[("default_arn", "")];

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let none = State::default();
        let state = state.filter(|state| state.listener_arn == spec.listener_arn).unwrap_or(&none);
        let words = both(&[("add", in_words(&coming(spec, state))), ("remove", in_words(&going(spec, state)))]);
        vec![if words.is_empty() { "allow none".to_owned() } else { words }]
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        let mut going = state.certificate_arns.clone();
        going.retain(|arn| Some(arn) != state.default_arn.as_ref());
        let words = both(&[("remove", in_words(&going))]);
        if words.is_empty() { Vec::new() } else { vec![words] }
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.listener_arn != state.listener_arn {
            return Change::Replace(vec![LISTENER]);
        }
        self.in_place(spec, state)
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let kept = &state.certificate_arns - &going(spec, state);
        listed(&state.listener_arn, &kept | &spec.certificate_arns, spec.default_arn.as_ref())
    }
}

pub(super) fn coming(spec: &Spec, state: &State) -> BTreeSet<String> {
    &spec.certificate_arns - &state.certificate_arns
}

pub(super) fn going(spec: &Spec, state: &State) -> BTreeSet<String> {
    let mut going = &state.certificate_arns - &spec.certificate_arns;
    going.retain(|arn| Some(arn) != spec.default_arn.as_ref());
    going
}

pub(super) fn listed(listener_arn: &str, certificate_arns: BTreeSet<String>, default_arn: Option<&String>) -> State {
    let default_arn = default_arn.filter(|arn| certificate_arns.contains(*arn)).cloned();
    State { listener_arn: listener_arn.to_owned(), certificate_arns, default_arn }
}

fn in_words(arns: &BTreeSet<String>) -> Vec<String> {
    arns.iter().map(|arn| short(arn)).collect()
}
