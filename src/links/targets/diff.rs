//! What differs between targets as wanted and as it is, and what that means.

use std::collections::BTreeSet;

use super::{Spec, State, Target, Targets};
use crate::engine::{Change, Compare, Field, both};
use crate::gather::Gather as _;

pub(super) const GROUP: Field = "target_group_arn";
const TARGETS: Field = "targets";

impl Compare for Targets {
    type Spec = Spec;
    type State = State;

    /// Names every target that comes and goes.
    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let before = state.map(|state| &state.targets);
        let after = canonical(&spec.targets, spec.group_port);
        let missing = |these: &BTreeSet<Target>, those: Option<&BTreeSet<Target>>| -> Vec<String> {
            these.iter().filter(|one| !those.is_some_and(|those| those.contains(one))).map(Target::in_words).collect()
        };
        let leaving = before.map(|before| missing(before, Some(&after))).unwrap_or_default();
        vec![both(&[("register", missing(&after, before)), ("deregister", leaving)])]
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        vec![both(&[("deregister", state.targets.iter().map(Target::in_words).collect())])]
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.target_group_arn != state.target_group_arn {
            return Change::Replace(vec![GROUP]);
        }
        let differs = canonical(&spec.targets, state.group_port) != state.targets;
        Change::of(&[(TARGETS, differs || spec.targets.is_empty() != state.none_wanted)])
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let none_wanted = spec.targets.is_empty();
        State { targets: canonical(&spec.targets, state.group_port), none_wanted, ..state.clone() }
    }
}

/// The same targets with the group's port left out, so that each has one spelling.
pub(super) fn canonical(targets: &BTreeSet<Target>, group_port: Option<i32>) -> BTreeSet<Target> {
    let spell =
        |target: &Target| Target { port: target.port.filter(|port| Some(*port) != group_port), ..target.clone() };
    targets.iter().map(spell).gather()
}
