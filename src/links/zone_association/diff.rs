//! What differs between a zone association as wanted and as it is, and what that means.

use super::{Spec, State, VPC, ZoneAssociation};
use crate::engine::{Change, Compare, Field, Fields, Words};

pub(super) const ZONE: Field = "zone_id";
pub(super) const AUTHORIZATION: Field = "authorization";

impl Compare for ZoneAssociation {
    type Spec = Spec;
    type State = State;
    const FIELDS: Fields = &[("authorized", AUTHORIZATION)];
    const WORDS: Words = &[("change_id", "")];

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        match state {
            Some(state) if (&state.zone_id, &state.vpc_id) == (&spec.zone_id, &spec.vpc_id) => {
                vec!["take back the authorization of the zone's owner".to_owned()]
            }
            _ => vec![format!("let VPC {} see zone {}", spec.vpc_id, spec.zone_id)],
        }
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        vec![format!("VPC {} no longer sees zone {}", state.vpc_id, state.zone_id)]
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        let anew: Vec<Field> = [
            (ZONE, (&spec.account, &spec.zone_id) != (&state.account, &state.zone_id)),
            (VPC, (&spec.vpc_id, &spec.vpc_region) != (&state.vpc_id, &state.vpc_region)),
        ]
        .into_iter()
        .filter_map(|(field, differs)| differs.then_some(field))
        .collect();
        if anew.is_empty() { self.in_place(spec, state) } else { Change::Replace(anew) }
    }

    fn forecast(&self, _spec: &Spec, state: &State) -> State {
        State { authorized: false, change_id: None, ..state.clone() }
    }
}
