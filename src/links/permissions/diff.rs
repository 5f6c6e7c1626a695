//! What differs between a service's permissions as wanted and as it is, and what that means.

use super::{Permissions, Spec, State};
use crate::aws::Tags;
use crate::engine::{Change, Compare, Field, both, part_tags};
use crate::gather::Gather as _;

pub(super) const PRINCIPALS: Field = "principals";
pub(super) const TAGS: Field = "tags";

impl Compare for Permissions {
    type Spec = Spec;
    type State = State;

    /// Names every principal that is allowed or no longer allowed.
    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let before = state.map(|state| state.principals.clone()).unwrap_or_default();
        let (coming, leaving) = (&spec.principals - &before, &before - &spec.principals);
        let mut untagged = state.map(|state| state.mistagged(spec)).unwrap_or_default();
        untagged.extend(coming.iter().map(|principal| (principal.clone(), Tags::new())));
        let tagged = part_tags(untagged, &spec.tags, "principals");
        let decided = both(&[("allow", coming.into_iter().collect()), ("withdraw", leaving.into_iter().collect())]);
        match (decided.is_empty(), tagged.is_empty()) {
            (true, true) => vec!["allow no other account".to_owned()],
            (true, false) => tagged,
            (false, _) => std::iter::once(decided).chain(tagged).collect(),
        }
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        vec![both(&[("withdraw", state.principals.iter().cloned().collect())])]
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.service_id != state.service_id {
            return Change::Replace(vec!["service_id"]);
        }
        Change::of(&[(PRINCIPALS, spec.principals != state.principals), (TAGS, !state.mistagged(spec).is_empty())])
    }

    fn forecast(&self, spec: &Spec, _state: &State) -> State {
        let tagged = spec.principals.iter().filter(|_| !spec.tags.is_empty());
        let tags = tagged.map(|principal| (principal.clone(), spec.tags.clone())).gather();
        State { service_id: spec.service_id.clone(), principals: spec.principals.clone(), tags: Some(tags) }
    }
}
