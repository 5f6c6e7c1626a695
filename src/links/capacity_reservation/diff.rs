//! What differs between a capacity reservation as wanted and as it is, and what that means.

use super::{CapacityReservation, Spec, State};
use crate::engine::{Change, Compare, Field, Fields};

pub(super) const LOAD_BALANCER: Field = "load_balancer_arn";
pub(super) const UNITS: Field = "capacity_units";

impl Compare for CapacityReservation {
    type Spec = Spec;
    type State = State;
    const FIELDS: Fields = &[("capacity_units", UNITS)];

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let before = state.filter(|state| state.load_balancer_arn == spec.load_balancer_arn);
        let before = before.map(|state| format!(" instead of {}", state.capacity_units)).unwrap_or_default();
        vec![format!("reserve {} units{before}", spec.capacity_units)]
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        vec![format!("reserve nothing instead of {} units", state.capacity_units)]
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.load_balancer_arn != state.load_balancer_arn {
            return Change::Replace(vec![LOAD_BALANCER]);
        }
        self.in_place(spec, state)
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State { capacity_units: spec.capacity_units, ..state.clone() }
    }
}
