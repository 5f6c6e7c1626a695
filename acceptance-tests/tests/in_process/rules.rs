//! Which rules of an attribute list a table of wrong values has tried: one that nobody breaks is not shown to hold.

use std::collections::BTreeSet;

use privatelink::diagnostic::Diagnostics;
use privatelink::schema::{Block, Rule};

use crate::core::Terraform;

/// The rules of a resource, and those that complained so far.
pub(crate) struct Tried {
    all: BTreeSet<String>,
    broken: BTreeSet<String>,
}

impl Tried {
    /// None of the rules that judge a value; those of a plan have tests of their own.
    pub(crate) fn new(terraform: &Terraform, resource_type: &str) -> Self {
        let mut all = BTreeSet::new();
        collect(&terraform.server(resource_type).1.schema().block, "", &mut all);
        assert!(!all.is_empty());
        Self { all, broken: BTreeSet::new() }
    }

    /// Takes what a wrong configuration was answered.
    pub(crate) fn take(&mut self, found: &Diagnostics) {
        for diagnostic in found {
            let path: String = diagnostic.path.to_string();
            let path = path.split('[').next().unwrap_or_default();
            self.broken.insert(format!("{path} {}", kind_of(&diagnostic.detail)));
        }
    }

    /// Every rule complained at least once.
    pub(crate) fn expect_all(&self) {
        let left: Vec<&String> = self.all.difference(&self.broken).collect();
        assert!(left.is_empty(), "no wrong value was tried for {left:#?}");
    }
}

fn collect(block: &Block, place: &str, all: &mut BTreeSet<String>) {
    for attribute in &block.attributes {
        for rule in &attribute.rules {
            let kind = match rule {
                Rule::Is(format) => format!("must be {}", format.what),
                Rule::OneOf(_) => "one of".to_owned(),
                Rule::Range(..) => "range".to_owned(),
                Rule::Unique(_) => {
                    all.insert(format!("{} twice", place.trim_end_matches('.')));
                    continue;
                }
                Rule::Refuse(_) => "in words".to_owned(),
                Rule::Replace | Rule::Results | Rule::Key | Rule::KeepsEmpty | Rule::Canonical(_) | Rule::Means(_) => {
                    continue;
                }
            };
            all.insert(format!("{place}{} {kind}", attribute.name));
        }
    }
    for nested in &block.blocks {
        collect(&nested.block, &format!("{place}{}.", nested.name), all);
    }
}

/// Which kind of rule speaks so.
fn kind_of(detail: &str) -> String {
    if detail.contains(" must be one of ") {
        return "one of".to_owned();
    }
    if detail.contains(" must be between ") || detail.contains(" must be a whole number between ") {
        return "range".to_owned();
    }
    if detail.starts_with("Two ") && detail.contains(" blocks have ") {
        return "twice".to_owned();
    }
    let form = detail.split_once(" must be ").and_then(|(_, rest)| rest.split_once(" such as "));
    form.map_or_else(|| "in words".to_owned(), |(what, _)| format!("must be {what}"))
}
