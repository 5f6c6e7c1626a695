//! Checks a configuration against its attribute lists: required values, rules of single values, values that may stand
//! once, and [`super::Constraint`]s.

use std::collections::BTreeSet;

use super::meaning::canonical;
use super::rules::{check_presence, check_value};
use super::{Attribute, Block, NestedBlock, Nesting, Rule};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::{Path, Step, Value};

/// What a configuration was found to be.
#[derive(Debug)]
pub struct Checked {
    /// What is wrong with it.
    pub found: Diagnostics,
    /// The configuration with an unknown value for each one that is wrong, so that a later check does not tell the
    /// same cause again.
    pub rest: Value,
}

/// Checks every configured value of a block. Unknown values pass: they are checked when they are known.
pub fn check(block: &Block, value: &Value) -> Checked {
    let mut found = Diagnostics::new();
    let rest = check_block(block, value, &Path::root(), "", Extent::Whole, &mut found);
    Checked { found, rest }
}

/// Checks what no chain can be made without: that required values are not null and that what names a block stands once.
/// Core validates a configuration before it plans and before it applies; this holds whoever asks.
pub fn check_keys(block: &Block, value: &Value) -> Diagnostics {
    let mut found = Diagnostics::new();
    check_block(block, value, &Path::root(), "", Extent::Keys, &mut found);
    found
}

/// How much is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Keys,
}

/// `whose` names the element of a set block that the values belong to, which has no path of its own.
fn check_block(
    block: &Block,
    value: &Value,
    path: &Path,
    whose: &str,
    extent: Extent,
    found: &mut Diagnostics,
) -> Value {
    let Some(entries) = value.as_map() else { return value.clone() };
    let stands = if whose.is_empty() { String::new() } else { format!(" ({whose})") };
    let mut rest = entries.clone();
    for attribute in block.attributes.iter().filter(|attribute| attribute.presence.is_configurable()) {
        let (content, place) = (value.get(attribute.name), path.child(attribute.name));
        let told = match extent {
            Extent::Whole => check_value(attribute, content, &place, &stands),
            Extent::Keys => check_presence(attribute, content, &place, &stands),
        };
        if !told.is_empty() {
            rest.insert(attribute.name.to_owned(), Value::UNKNOWN);
            found.extend(told);
        }
    }
    for nested in &block.blocks {
        let place = path.child(nested.name);
        let content = value.get(nested.name);
        let content = match (nested.nesting, content) {
            (Nesting::Single, content) => check_block(&nested.block, content, &place, whose, extent, found),
            (nesting, Value::List(items)) => {
                check_repeated(nested, items, &place, found);
                let checked = items.iter().enumerate().map(|(index, item)| {
                    if nesting == Nesting::List {
                        return check_block(&nested.block, item, &place.with(Step::Index(index)), whose, extent, found);
                    }
                    check_block(&nested.block, item, &place, &element(nested, item, whose), extent, found)
                });
                Value::List(checked.collect())
            }
            (_, other) => other.clone(),
        };
        rest.insert(nested.name.to_owned(), content);
    }
    let rest = Value::Map(rest);
    if extent == Extent::Keys {
        return rest;
    }
    for constraint in &block.constraints {
        if let Some(diagnostic) = constraint.check(block, &rest, path, &stands) {
            found.push(diagnostic);
        }
    }
    rest
}

/// Values that two blocks have and only one may have.
fn check_repeated(nested: &NestedBlock, items: &[Value], place: &Path, found: &mut Diagnostics) {
    for (attribute, advice) in nested.block.unique() {
        let (name, mut seen) = (attribute.name, BTreeSet::new());
        for value in items.iter().map(|item| item.get(name)) {
            let spelled = value.as_str().map(|text| Value::from(canonical(attribute, text)));
            if let Some(text) = scalar(spelled.as_ref().unwrap_or(value))
                && !seen.insert(text.clone())
            {
                let summary = format!("Two {} blocks of one {name}", nested.name);
                let detail = format!("Two {} blocks have {name} = {text}. {advice}", nested.name);
                found.push(Diagnostic::error(summary, detail.trim_end()).at(place.clone()));
            }
        }
    }
}

impl Block {
    /// The attributes of which no two blocks have the same value, each with what to write instead.
    pub fn unique(&self) -> impl Iterator<Item = (&Attribute, &'static str)> + '_ {
        self.attributes.iter().flat_map(|attribute| {
            attribute.rules.iter().filter_map(move |rule| match rule {
                Rule::Unique(advice) => Some((attribute, *advice)),
                _ => None,
            })
        })
    }
}

/// Names an element of a set: `listener "https"`, `the ingress block with port = 443`.
fn element(nested: &NestedBlock, item: &Value, whose: &str) -> String {
    let block = nested.name;
    let keys = nested.block.unique().map(|(attribute, _)| attribute.name);
    let open = nested.block.attributes.iter().filter(|attribute| !attribute.sensitive).map(|attribute| attribute.name);
    let own = match keys.chain(open).find_map(|name| Some((name, scalar(item.get(name))?))) {
        Some(("name", name)) => format!("{block} {name}"),
        Some((attribute, value)) => format!("the {block} block with {attribute} = {value}"),
        None => format!("the {block} block without known values"),
    };
    if whose.is_empty() { own } else { format!("{own} of {whose}") }
}

/// A known scalar as one writes it.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(format!("{text:?}")),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
