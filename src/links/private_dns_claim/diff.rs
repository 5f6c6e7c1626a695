//! What differs between the tag on an endpoint as wanted and as it is, and what that means.

use super::{PrivateDnsClaim, Spec, State};
use crate::engine::{Change, Compare, Field, Fields};

pub(super) const TAG: Field = "is_tagged";

impl Compare for PrivateDnsClaim {
    type Spec = Spec;
    type State = State;
    const FIELDS: Fields = &[("is_tagged", TAG)];

    fn describe(&self, spec: &Spec, _state: Option<&State>) -> Vec<String> {
        vec![if spec.is_of_a_consumer { "tag the endpoint" } else { "look at the endpoint" }.to_owned()]
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        if state.is_tagged { vec!["remove the tag of the endpoint".to_owned()] } else { Vec::new() }
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.endpoint_id != state.endpoint_id {
            return Change::Replace(vec!["endpoint_id"]);
        }
        self.in_place(spec, state)
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State { endpoint_id: spec.endpoint_id.clone(), is_tagged: state.is_tagged || spec.is_of_a_consumer }
    }
}
