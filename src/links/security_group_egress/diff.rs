//! What differs between the rule that a new group has as wanted and as it is, and what that means.

use super::{NoEgress, Spec, State};
use crate::engine::{Change, Compare};

impl Compare for NoEgress {
    type Spec = Spec;
    type State = State;

    fn describe(&self, _spec: &Spec, _state: Option<&State>) -> Vec<String> {
        vec!["let nothing out".to_owned()]
    }

    fn describe_removal(&self, _state: &State) -> Vec<String> {
        vec!["let everything out".to_owned()]
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.group_id == state.group_id { Change::None } else { Change::Replace(vec!["group_id"]) }
    }

    fn forecast(&self, _spec: &Spec, state: &State) -> State {
        state.clone()
    }
}
