//! What differs between load balancers that are managed elsewhere as wanted and as it is, and what that means.

use super::{ARNS, ExistingLoadBalancers, Spec, State};
use crate::engine::{Compare, Fields};
use crate::gather::Gather as _;

impl Compare for ExistingLoadBalancers {
    type Spec = Spec;
    type State = State;
    const FIELDS: Fields = &[("load_balancers", ARNS)];
    const IS_LOOK: bool = true;

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let seen = |arn: &String| (arn.clone(), state.load_balancers.get(arn).cloned().unwrap_or_default());
        State { load_balancers: spec.arns.iter().map(seen).gather() }
    }
}
