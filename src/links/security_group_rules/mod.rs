//! The ingress rules of a managed security group, as an exact set.
//!
//! Rules go with their group, so a catalogue says `goes_with("security_group")`. A set that is empty
//! and was recorded as empty reads as ready, because "no rules" is a wanted set too.

mod calls;
mod compare;
mod rule;
#[cfg(test)]
mod scripted;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use rule::{Rule, Source};

use crate::aws::{Aws, Tags};
use crate::engine::{Change, Failure, Field, Link, Observed, Owner, Pace, part_tags};
use crate::gather::Gather as _;

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct SecurityGroupRules;

/// Wanted rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The managed group.
    pub group_id: String,
    /// All that may come in.
    pub ingress: BTreeSet<Rule>,
    /// The user's tags of each rule.
    #[serde(default)]
    pub tags: Tags,
}

/// Existing rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The group.
    pub group_id: String,
    /// All that may come in, whoever wrote it.
    pub ingress: BTreeSet<Existing>,
}

impl State {
    /// The rules without their ids.
    pub fn rules(&self) -> BTreeSet<Rule> {
        self.ingress.iter().map(|existing| existing.rule.clone()).gather()
    }
}

/// One existing rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Existing {
    /// What it allows.
    pub rule: Rule,
    /// `sgr-…`; `None` in a forecast.
    #[serde(default)]
    pub id: Option<String>,
    /// The user's tags; `None` where an earlier release recorded the rule, which did not read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
}

impl Link for SecurityGroupRules {
    type Client = Aws;
    type Spec = Spec;
    type State = State;

    /// Names every rule that is added, described anew, tagged anew or removed.
    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let steps = compare::steps(spec, state.unwrap_or(&State::default()));
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

    fn pace(&self) -> Pace {
        Pace { retry: Duration::from_secs(2), ..Pace::AT_ONCE }
    }

    /// Rules are found by their group, which is ours.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        let found = calls::look(aws.account(None)?, &spec.group_id).await?;
        Ok((!found.ingress.is_empty() || spec.ingress.is_empty()).then_some(found))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let found = calls::look(aws.account(None)?, &state.group_id).await?;
        Ok(observe(state, found))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.group_id != state.group_id {
            return Change::Replace(vec!["group_id"]);
        }
        if compare::steps(spec, state).is_empty() { Change::None } else { Change::Update(vec!["ingress"]) }
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        compare::forecast(spec, state)
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        let none = State { group_id: spec.group_id.clone(), ..State::default() };
        calls::apply(aws.account(None)?, spec, &none).await
    }

    async fn update(
        &self,
        aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        calls::apply(aws.account(None)?, spec, state).await
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        let all: Vec<Existing> = state.ingress.iter().cloned().collect();
        calls::revoke(aws.account(None)?, &state.group_id, &all).await
    }
}

fn observe(recorded: &State, found: State) -> Observed<State> {
    if found.ingress.is_empty() && !recorded.ingress.is_empty() { Observed::Absent } else { Observed::Ready(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state<const N: usize>(ports: [i32; N]) -> State {
        let existing = |port: i32| Existing {
            rule: Rule::new("tcp", Some(port), Some(port), Source::CidrIpv4("10.0.0.0/16".into()), None),
            id: Some(format!("sgr-{port}")),
            tags: Some(Tags::new()),
        };
        State { group_id: "sg-1".into(), ingress: ports.map(existing).into() }
    }

    #[test]
    fn no_rules_is_a_set_but_rules_that_vanished_are_absent() {
        assert_eq!(observe(&state([]), state([])), Observed::Ready(state([])));
        assert_eq!(observe(&state([443]), state([])), Observed::Absent);
        assert_eq!(observe(&state([443]), state([443, 22])), Observed::Ready(state([443, 22])));
    }

    #[test]
    fn a_foreign_rule_is_a_difference_and_another_group_a_replacement() {
        let spec = Spec { group_id: "sg-1".into(), ingress: state([443]).rules(), ..Spec::default() };
        assert_eq!(SecurityGroupRules.diff(&spec, &state([443])), Change::None);
        assert_eq!(SecurityGroupRules.diff(&spec, &state([443, 22])), Change::Update(vec!["ingress"]));
        let other = Spec { group_id: "sg-2".into(), ..spec };
        assert_eq!(SecurityGroupRules.diff(&other, &state([443])), Change::Replace(vec!["group_id"]));
    }

    #[test]
    fn rules_without_the_wanted_tags_are_a_difference() {
        let tags = Tags::from([("team".to_owned(), "orders".to_owned())]);
        let spec = Spec { group_id: "sg-1".into(), ingress: state([443, 80]).rules(), tags };
        let found = state([443, 80]);
        assert_eq!(SecurityGroupRules.diff(&spec, &found), Change::Update(vec!["ingress"]));
        assert_eq!(SecurityGroupRules.describe(&spec, Some(&found)), ["add tag team = orders on 2 rules"]);
        let next = SecurityGroupRules.forecast(&spec, &found);
        assert_eq!(SecurityGroupRules.diff(&spec, &next), Change::None);
    }

    #[test]
    fn tags_that_nobody_read_are_no_difference() {
        let unread = |existing: Existing| Existing { tags: None, ..existing };
        let recorded = State { ingress: state([443]).ingress.into_iter().map(unread).collect(), ..state([443]) };
        let tags = Tags::from([("team".to_owned(), "orders".to_owned())]);
        let spec = Spec { group_id: "sg-1".into(), ingress: state([443]).rules(), tags };
        assert_eq!(SecurityGroupRules.diff(&spec, &recorded), Change::None);
        assert_eq!(SecurityGroupRules.forecast(&spec, &recorded), recorded);
    }

    #[test]
    fn a_state_comes_back_from_json_as_it_went() {
        let json = serde_json::to_value(state([443])).unwrap();
        assert_eq!(serde_json::from_value::<State>(json).unwrap(), state([443]));
    }
}
