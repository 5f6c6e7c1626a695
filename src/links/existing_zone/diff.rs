//! What differs between a zone that is managed elsewhere as wanted and as it is, and what that means.

use super::{ExistingZone, Spec, State};
use crate::engine::{Change, Compare};

impl Compare for ExistingZone {
    type Spec = Spec;
    type State = State;
    const IS_LOOK: bool = true;

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.zone_id == state.zone_id && spec.account == state.account {
            Change::None
        } else {
            Change::Replace(vec!["zone_id"])
        }
    }

    fn forecast(&self, _spec: &Spec, state: &State) -> State {
        state.clone()
    }
}
