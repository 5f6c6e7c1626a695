//! What is compared: values, states and objects, in the words of an assertion.

use std::collections::{BTreeMap, BTreeSet};

use acceptance_tests::simulator::World;
use privatelink::diagnostic::{Diagnostics, Severity};
use privatelink::protocol::value::from_json;
use privatelink::schema::Schema;
use privatelink::value::Value;
use serde_json::{Value as Json, json};

use crate::core::{Terraform, UNKNOWN, ask_world};

impl Terraform {
    /// Expects that a refresh found the state as it was: `plan -refresh-only` reports everything else as a change.
    pub fn expect_no_noise(&self, name: &str, before: &Value) {
        let Some(stored) = self.state.get(name) else { return };
        let ty = self.server(stored.resource_type).1.schema().block.implied_type();
        assert!(stored.value.same(before, &ty), "a refresh changed: {}", differences(before, &stored.value));
    }

    /// The attributes in which a plan differs from the state.
    pub fn difference(&self, name: &str, planned: &Value) -> String {
        let Some(stored) = self.state.get(name) else { return format!("all: {planned:#?}") };
        differences(&stored.value, planned)
    }
}

/// What differs between two objects, one level deep in maps.
fn differences(before: &Value, after: &Value) -> String {
    let empty = BTreeMap::new();
    let (old, new) = (before.as_map().unwrap_or(&empty), after.as_map().unwrap_or(&empty));
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut told = String::new();
    for key in keys.into_iter().filter(|key| old.get(*key) != new.get(*key)) {
        match (before.get(key), after.get(key)) {
            (old @ Value::Map(_), new @ Value::Map(_)) => told.extend([format!("\n{key}:"), differences(old, new)]),
            (old, new) => told.extend([format!("\n{key}: {old:?}\n  -> {new:?}")]),
        }
    }
    told
}

/// Everything that exists besides the landscape; empty when nothing is left.
pub fn objects(world: &World) -> Json {
    let mut objects = ask_world(world, "objects", &Json::Null);
    prune(&mut objects);
    objects
}

fn prune(json: &mut Json) {
    if let Json::Object(entries) = json {
        entries.values_mut().for_each(prune);
        entries.retain(|_, value| !matches!(value, Json::Object(inner) if inner.is_empty()) && *value != json!([]));
    }
}

/// A configuration as core sends it: what is left out is null, blocks that are left out are empty.
pub fn value_of(schema: &Schema, json: &Json) -> Value {
    let mut value = from_json(&schema.block, json).unwrap();
    mark_unknown(&mut value);
    value
}

fn mark_unknown(value: &mut Value) {
    match value {
        Value::String(text) if text == UNKNOWN => *value = Value::UNKNOWN,
        Value::List(items) => items.iter_mut().for_each(mark_unknown),
        Value::Map(entries) => entries.values_mut().for_each(mark_unknown),
        _ => {}
    }
}

/// The errors and warnings as a person reads them, for assertions.
pub fn texts(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics
        .iter()
        .map(|found| {
            let severity = if found.severity == Severity::Error { "Error" } else { "Warning" };
            format!("{severity} [{}] {}\n{}", found.path, found.summary, found.detail)
        })
        .collect()
}
