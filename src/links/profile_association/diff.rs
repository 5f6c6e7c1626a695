//! What differs between a profile association as wanted and as it is, and what that means.

use super::{ATTRIBUTE, ProfileAssociation, Spec, State};
use crate::engine::{Change, Compare};

impl Compare for ProfileAssociation {
    type Spec = Spec;
    type State = State;

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        vec![match state {
            Some(state) if state.profile_id != spec.profile_id => {
                format!("associate with {} instead of {}", spec.profile_id, state.profile_id)
            }
            _ => format!("associate with {}", spec.profile_id),
        }]
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        vec![format!("disassociate from {}", state.profile_id)]
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.resource_arn != state.resource_arn {
            Change::Replace(vec!["endpoint_id"])
        } else if spec.profile_id == state.profile_id {
            Change::None
        } else {
            // Whether AWS takes an endpoint into two profiles is not documented.
            Change::BreakFirst(vec![ATTRIBUTE])
        }
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State { profile_id: spec.profile_id.clone(), resource_arn: spec.resource_arn.clone(), ..state.clone() }
    }
}

pub(super) fn state(id: &str, name: &str, spec: &Spec) -> State {
    let (profile_id, resource_arn) = (spec.profile_id.clone(), spec.resource_arn.clone());
    State { id: id.to_owned(), name: name.to_owned(), profile_id, resource_arn }
}
