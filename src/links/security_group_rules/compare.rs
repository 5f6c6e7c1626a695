//! Which rules to add, to remove and to describe anew. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{Identity, Rule};
use super::{Existing, Spec, State};
use crate::gather::Gather as _;

/// The steps from what exists to what is wanted, one call each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Steps {
    /// To authorize, first.
    pub(super) add: Vec<Rule>,
    /// To describe anew: AWS refuses to authorize a rule that differs by its description alone.
    pub(super) describe: Vec<Existing>,
    /// To revoke.
    pub(super) remove: Vec<Existing>,
    /// To tag anew, last: rules that stay, with the tags that they have.
    pub(super) retag: Vec<Existing>,
}

impl Steps {
    pub(super) fn is_empty(&self) -> bool {
        [&self.describe, &self.remove, &self.retag].iter().all(|rules| rules.is_empty()) && self.add.is_empty()
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

/// The wanted rules, with the ids of those that exist.
pub(super) fn forecast(spec: &Spec, state: &State) -> State {
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

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::*;

    fn rule(port: i32, description: Option<&str>) -> Rule {
        let source = Source::CidrIpv4("10.0.0.0/16".into());
        Rule::new("tcp", Some(port), Some(port), source, description.map(str::to_owned))
    }

    fn existing(port: i32, description: Option<&str>) -> Existing {
        Existing { rule: rule(port, description), id: Some(format!("sgr-{port}")), tags: Some(BTreeMap::new()) }
    }

    fn spec<const N: usize>(rules: [Rule; N]) -> Spec {
        Spec { group_id: "sg-1".into(), ingress: rules.into(), ..Spec::default() }
    }

    fn state<const N: usize>(rules: [Existing; N]) -> State {
        State { group_id: "sg-1".into(), ingress: rules.into() }
    }

    #[test]
    fn equal_sets_need_no_step() {
        assert!(steps(&spec([rule(443, None)]), &state([existing(443, None)])).is_empty());
        assert!(steps(&spec([]), &state([])).is_empty());
    }

    #[test]
    fn missing_rules_are_added_and_foreign_ones_removed() {
        let found = steps(&spec([rule(443, None), rule(80, None)]), &state([existing(443, None), existing(22, None)]));
        assert_eq!(found.add, [rule(80, None)]);
        assert_eq!(found.remove, [existing(22, None)]);
        assert_eq!(found.describe, []);
    }

    #[test]
    fn another_description_keeps_the_rule() {
        let found = steps(&spec([rule(443, Some("https"))]), &state([existing(443, None)]));
        assert_eq!((found.add.len(), found.remove.len()), (0, 0));
        assert_eq!(found.describe, [existing(443, Some("https"))]);
    }

    #[test]
    fn one_rule_with_two_descriptions_is_one_rule() {
        let spec = spec([rule(443, None), rule(443, Some("https"))]);
        let first = steps(&spec, &state([]));
        assert_eq!(first.add, [rule(443, Some("https"))]);
        assert!(steps(&spec, &state([existing(443, Some("https"))])).is_empty());
    }

    #[test]
    fn a_forecast_keeps_the_ids_of_what_stays() {
        let spec = spec([rule(443, Some("https")), rule(80, None)]);
        let next = forecast(&spec, &state([existing(443, None), existing(22, None)]));
        assert_eq!(
            next.ingress,
            [existing(443, Some("https")), Existing { rule: rule(80, None), id: None, tags: Some(BTreeMap::new()) }]
                .into()
        );
        assert!(steps(&spec, &next).is_empty());
    }
}
