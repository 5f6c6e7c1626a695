//! Which rules to add, to remove and to describe anew. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{Identity, Rule};
use super::{Existing, SecurityGroupRules, Spec, State, Steps};
use crate::engine::{Change, Compare, part_tags};
use crate::gather::Gather as _;

impl Compare for SecurityGroupRules {
    type Spec = Spec;
    type State = State;

    /// Names every rule that is added, described anew, tagged anew or removed.
    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let steps = steps(spec, state.unwrap_or(&State::default()));
        let added = steps.add.iter().map(|rule| format!("allow {}", rule.in_words()));
        let described = steps.describe.iter().map(|one| {
            let words = one.rule.description.as_deref().unwrap_or_default();
            format!("describe {} as {words:?}", one.rule.in_words())
        });
        let removed = steps.remove.iter().map(|one| format!("no longer allow {}", one.rule.in_words()));
        let tagged = steps.retag.iter().map(|one| (one.rule.in_words(), one.tags.clone().unwrap_or_default()));
        let tagged = part_tags(tagged, &spec.tags, "rules");
        added.chain(described).chain(removed).chain(tagged).collect()
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        state.ingress.iter().map(|one| format!("no longer allow {}", one.rule.in_words())).collect()
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.group_id != state.group_id {
            return Change::Replace(vec!["group_id"]);
        }
        if steps(spec, state).is_empty() { Change::None } else { Change::Update(vec!["ingress"]) }
    }

    /// The wanted rules, with the ids of those that exist.
    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let known: BTreeMap<Identity, &Existing> =
            state.ingress.iter().map(|existing| (existing.rule.identity(), existing)).gather();
        let next = |(identity, rule): (Identity, Rule)| {
            let before = known.get(&identity);
            let is_unread = before.is_some_and(|before| before.tags.is_none());
            let tags = (!is_unread).then(|| spec.tags.clone());
            Existing { rule, id: before.and_then(|before| before.id.clone()), tags }
        };
        let ingress: BTreeSet<Existing> = wanted(spec).into_iter().map(next).gather();
        State { group_id: state.group_id.clone(), ingress }
    }
}

/// The wanted rules, one for each that AWS tells apart; of several the last one's description.
pub(super) fn wanted(spec: &Spec) -> BTreeMap<Identity, Rule> {
    spec.ingress.iter().map(|rule| (rule.identity(), rule.clone())).gather()
}

pub(super) fn steps(spec: &Spec, state: &State) -> Steps {
    let mut wanted = wanted(spec);
    let mut steps = Steps::default();
    for existing in &state.ingress {
        let Some(rule) = wanted.remove(&existing.rule.identity()) else {
            steps.remove.push(existing.clone());
            continue;
        };
        // AWS takes tags by id alone, which the next read tells where a reply did not.
        if existing.tags.as_ref().is_some_and(|tags| *tags != spec.tags) && existing.id.is_some() {
            steps.retag.push(existing.clone());
        }
        if rule.description != existing.rule.description {
            steps.describe.push(Existing { rule, ..existing.clone() });
        }
    }
    steps.add = wanted.into_values().collect();
    steps
}
