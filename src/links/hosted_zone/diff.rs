//! What differs between a hosted zone as wanted and as it is, and what that means.

use super::{HostedZone, Spec, State, TAGS, VPC};
use crate::aws::tags;
use crate::engine::{Change, Compare, Field, Fields, Words};

const NAME: Field = "name";

impl Compare for HostedZone {
    type Spec = Spec;
    type State = State;

    const FIELDS: Fields = &[("vpc_id", VPC), ("vpc_region", VPC), ("tags", TAGS), ("named", TAGS), ("uid", TAGS)];
    const WORDS: Words =
        &[("change_id", ""), ("vpc_id", "VPC"), ("vpc_region", "VPC's Region"), ("uid", "owner tags: uid")];

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        // A VPC sees one zone of a name, and a zone of another name beside it: records move before the old zone goes.
        if plain(&spec.name) != state.name {
            return Change::Replace(vec![NAME]);
        }
        self.in_place(spec, state)
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State {
            vpc_id: spec.vpc_id.clone(),
            vpc_region: spec.vpc_region.clone(),
            change_id: None,
            named: tags::named(state.named.as_ref(), &spec.base_name, retags(spec, state)),
            uid: spec.uid.clone().filter(|_| retags(spec, state)).or_else(|| state.uid.clone()),
            tags: spec.tags.clone(),
            ..state.clone()
        }
    }

    fn recalled(&self, recorded: &State, seen: State) -> State {
        State { named: tags::recalled(recorded.named.as_ref(), seen.named.clone()), ..seen }
    }
}

fn retags(spec: &Spec, state: &State) -> bool {
    let was_anothers = state.belongs_to_another(spec.uid.as_deref());
    was_anothers || spec.tags != state.tags || tags::is_outdated(state.named.as_ref(), &spec.base_name)
}

/// A domain as it is shown: lower case, no dot at the end.
pub(super) fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
