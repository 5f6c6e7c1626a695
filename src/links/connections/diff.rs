//! What differs between a service's connections as wanted and as it is, and what that means.

use std::collections::{BTreeMap, BTreeSet};

use super::{Connections, Spec, State};
use crate::aws::Tags;
use crate::aws::connections::Connection;
use crate::engine::{Change, Compare, Field, Words, both, part_tags};

pub(super) const ACCEPTED: Field = "accept";
pub(super) const REVOKED: Field = "reject_on_revoke";
const TAGS: Field = "tags";

impl Compare for Connections {
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

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.service_id != state.service_id {
            return Change::Replace(vec!["service_id"]);
        }
        let (rules, recorded) = (&spec.rules, &state.rules);
        Change::of(&[
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
}
