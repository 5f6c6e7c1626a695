//! The ingress rules of a managed security group, as an exact set.
//!
//! Rules go with their group, so a catalogue says `goes_with("security_group")`. A set that is empty
//! and was recorded as empty reads as ready, because "no rules" is a wanted set too.

mod calls;
mod diff;
mod rule;
#[cfg(test)]
mod tests;

pub use calls::of_group;
pub use rule::{Rule, Source, protocol_word};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::aws::Tags;
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

const DESCRIBE: &str = "UpdateSecurityGroupRuleDescriptionsIngress";

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
