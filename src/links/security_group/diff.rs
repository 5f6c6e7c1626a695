//! What differs between a security group as wanted and as it is, and what that means.

use super::{SecurityGroup, Spec, State};
use crate::aws::tags;
use crate::engine::{Change, Compare, Field, Fields};

pub(super) const TAGS: Field = "tags";

impl Compare for SecurityGroup {
    type Spec = Spec;
    type State = State;
    const FIELDS: Fields = &[("tags", TAGS), ("named", TAGS)];

    /// A group's name and description are fixed at birth and mean nothing to traffic, so they are
    /// not compared.
    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.vpc_id != state.vpc_id {
            return Change::Replace(vec!["vpc_id"]);
        }
        self.in_place(spec, state)
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let tags = spec.tags_beside(state);
        State { named: tags::named(state.named.as_ref(), &spec.base_name, tags != state.tags), tags, ..state.clone() }
    }

    fn recalled(&self, recorded: &State, seen: State) -> State {
        State { named: tags::recalled(recorded.named.as_ref(), seen.named.clone()), ..seen }
    }
}
