//! What differs between given subnets as wanted and as it is, and what that means.

use super::{Network, SUBNETS, Spec, State, Subnet};
use crate::engine::{Compare, Fields};
use crate::gather::Gather as _;

impl Compare for Network {
    type Spec = Spec;
    type State = State;
    const FIELDS: Fields = &[("subnets", SUBNETS)];
    const IS_LOOK: bool = true;

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let subnet = |id: &String| {
            let foreseen = || Subnet { availability_zone_id: state.foreseen.get(id).cloned(), ..Subnet::default() };
            (id.clone(), state.subnets.get(id).cloned().unwrap_or_else(foreseen))
        };
        State { subnets: spec.subnet_ids.iter().map(subnet).gather(), ..state.clone() }
    }
}
