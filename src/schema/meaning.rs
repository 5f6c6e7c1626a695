//! What values mean: null against a default, an empty collection against none, one spelling against another.
//!
//! Configurations, plans and states keep what was written. Typed code reads [`settled`] values, plans and refreshes
//! compare [`meaning`]s.

use super::{Attribute, Block, NestedBlock, Nesting, Presence, Rule};
use crate::gather::Gather as _;
use crate::value::{Value, sort_set};

/// The values as typed code reads them: without null elements of maps, and null, or the default that a plan shows, in
/// place of an empty collection that means none.
pub fn settled(block: &Block, value: &Value) -> Value {
    each(block, value, &settled_attribute, &|nested, value| settled(&nested.block, value))
}

fn settled_attribute(attribute: &Attribute, value: &Value) -> Value {
    if !attribute.presence.is_configurable() {
        return value.clone();
    }
    let value = match value {
        Value::Map(entries) => {
            let given = entries.iter().filter(|(_, value)| !value.is_null());
            Value::Map(given.map(|(key, value)| (key.clone(), value.clone())).gather())
        }
        Value::String(text) => Value::String(canonical(attribute, text)),
        Value::List(items) => {
            let spelled = |item: &Value| {
                item.as_str().map_or_else(|| item.clone(), |text| Value::String(canonical(attribute, text)))
            };
            Value::List(items.iter().map(spelled).collect())
        }
        other => other.clone(),
    };
    let is_empty = match &value {
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    };
    match attribute.presence {
        _ if !is_empty || attribute.keeps_empty() => value,
        Presence::OptionalComputed => attribute.default.clone().unwrap_or_default(),
        _ => Value::Null,
    }
}

/// A text in the one spelling that typed code knows.
pub(super) fn canonical(attribute: &Attribute, text: &str) -> String {
    attribute.rules.iter().fold(text.to_owned(), |text, rule| match rule {
        Rule::Canonical(spell) => spell(&text),
        _ => text,
    })
}

/// The values with every null replaced by what it stands for, in one spelling. Two configurations of equal meaning want
/// the same.
pub fn meaning(block: &Block, value: &Value) -> Value {
    let value = each(block, value, &attribute_meaning, &|nested, value| meaning(&nested.block, value));
    match (block.usual, &value) {
        (Some(usual), Value::Map(_)) => usual(&value),
        _ => value,
    }
}

fn attribute_meaning(attribute: &Attribute, value: &Value) -> Value {
    let value = match (settled_attribute(attribute, value), &attribute.default) {
        (Value::Null, Some(default)) => default.clone(),
        (value, _) => value,
    };
    let means = attribute.rules.iter().find_map(|rule| match rule {
        Rule::Means(means) => Some(means),
        _ => None,
    });
    match means {
        Some(means) if value.is_wholly_known() => means(&value),
        _ => value,
    }
    .sorted(&attribute.ty)
}

impl Attribute {
    /// Whether two values of this attribute mean the same.
    pub fn means_the_same(&self, left: &Value, right: &Value) -> bool {
        attribute_meaning(self, left) == attribute_meaning(self, right)
    }
}

/// A block with the defaults that a plan shows: those of arguments that the provider may fill, where they are null.
pub fn filled(block: &Block, value: &Value) -> Value {
    if value.as_map().is_none() {
        return value.clone();
    }
    let usual = block.usual.map(|usual| usual(value));
    let attribute = |attribute: &Attribute, value: &Value| match attribute.presence {
        Presence::OptionalComputed if value.is_null() => {
            let usual = || usual.as_ref().map(|usual| usual.get(attribute.name).clone());
            attribute.default.clone().or_else(usual).unwrap_or_default()
        }
        _ => value.clone(),
    };
    each(block, value, &attribute, &|nested, value| match nested.nesting {
        Nesting::Single => filled(&nested.block, value),
        // Terraform allows no computed arguments in sets.
        Nesting::List | Nesting::Set => value.clone(),
    })
}

/// Observed values as they are written, wherever that means the same.
pub fn spelled(block: &Block, observed: &Value, written: &Value) -> Value {
    let Some(entries) = observed.as_map() else { return observed.clone() };
    let mut spelled = entries.clone();
    for attribute in block.attributes.iter().filter(|attribute| attribute.presence.is_configurable()) {
        let (found, before) = (observed.get(attribute.name), written.get(attribute.name));
        if written.as_map().is_some() && attribute.means_the_same(found, before) {
            spelled.insert(attribute.name.to_owned(), before.clone());
        }
    }
    for nested in &block.blocks {
        let (found, before) = (observed.get(nested.name), written.get(nested.name));
        spelled.insert(nested.name.to_owned(), spelled_nested(nested, found, before));
    }
    filled(block, &Value::Map(spelled))
}

fn spelled_nested(nested: &NestedBlock, observed: &Value, written: &Value) -> Value {
    let block = &nested.block;
    match (nested.nesting, observed, written) {
        (Nesting::Single, found, before) => spelled(block, found, before),
        (Nesting::List, Value::List(found), Value::List(before)) => Value::List(
            found
                .iter()
                .enumerate()
                .map(|(at, found)| spelled(block, found, before.get(at).unwrap_or(&Value::Null)))
                .collect(),
        ),
        (Nesting::Set, Value::List(found), Value::List(before)) => {
            Value::List(found.iter().map(|found| spelled_element(block, found, before)).collect())
        }
        _ => observed.clone(),
    }
}

/// An element of a set: as the written one that means the same, or spelled after the one with the same key.
fn spelled_element(block: &Block, found: &Value, written: &[Value]) -> Value {
    let means = meaning(block, found);
    if let Some(same) = written.iter().find(|written| meaning(block, written) == means) {
        return same.clone();
    }
    match written.iter().find(|written| block.has_same_key(found, written)) {
        Some(before) => spelled(block, found, before),
        None => found.clone(),
    }
}

impl Block {
    /// Whether two blocks of this kind are the same one: equal in the first argument it writes that only one of them may
    /// have, or in all that name it together.
    pub fn has_same_key(&self, left: &Value, right: &Value) -> bool {
        let of = |wanted: fn(&Rule) -> bool| self.attributes.iter().filter(move |one| one.rules.iter().any(wanted));
        let is_same = |attribute: &Attribute| {
            let (left, right) = (left.get(attribute.name), right.get(attribute.name));
            left.is_wholly_known() && attribute.means_the_same(left, right)
        };
        let mut uniques = of(|rule| matches!(rule, Rule::Unique(_))).peekable();
        if uniques.peek().is_some() {
            return uniques.find(|unique| !left.get(unique.name).is_null()).is_some_and(is_same);
        }
        let mut keys = of(|rule| matches!(rule, Rule::Key)).peekable();
        keys.peek().is_some() && keys.all(is_same)
    }
}

/// An object with each attribute and each nested block changed; elements of repeated blocks one by one.
fn each(
    block: &Block,
    value: &Value,
    attribute: &dyn Fn(&Attribute, &Value) -> Value,
    content: &dyn Fn(&NestedBlock, &Value) -> Value,
) -> Value {
    let Some(entries) = value.as_map() else { return value.clone() };
    let mut changed = entries.clone();
    for one in &block.attributes {
        changed.insert(one.name.to_owned(), attribute(one, value.get(one.name)));
    }
    for nested in &block.blocks {
        let found = value.get(nested.name);
        let new = match (nested.nesting, found) {
            (Nesting::List, Value::List(items)) => {
                Value::List(items.iter().map(|item| content(nested, item)).collect())
            }
            (Nesting::Set, Value::List(items)) => {
                Value::List(sort_set(items.iter().map(|item| content(nested, item)).collect()))
            }
            _ => content(nested, found),
        };
        changed.insert(nested.name.to_owned(), new);
    }
    Value::Map(changed)
}
