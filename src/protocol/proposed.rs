//! Core's merge of configuration and prior state, which a plan starts from.

use std::collections::BTreeMap;

use super::value::empty;
use crate::schema::{Attribute, Block, NestedBlock, Nesting, Presence, Schema};
use crate::value::{Type, Value};

/// What core sends as `proposed_new_state`.
///
/// An attribute that is computed and null in the configuration keeps its prior value; every other
/// takes the configuration's. List blocks are matched by index, set blocks by what is configured in
/// them. With a null configuration (destroy) the proposal is null.
pub fn proposed_new_state(schema: &Schema, prior: &Value, config: &Value) -> Value {
    if config.is_null() {
        return Value::Null;
    }
    let nothing = empty(&schema.block);
    merge(&schema.block, if prior.is_null() { &nothing } else { prior }, config)
}

fn merge(block: &Block, prior: &Value, config: &Value) -> Value {
    if config.is_null() || config.is_unknown() {
        return prior.clone();
    }
    let mut merged = BTreeMap::new();
    for attribute in &block.attributes {
        let configured = config.get(attribute.name);
        let keep = is_computed(attribute) && configured.is_null();
        let value = if keep { prior.get(attribute.name) } else { configured };
        merged.insert(attribute.name.to_owned(), value.clone());
    }
    for nested in &block.blocks {
        let value = merge_nested(nested, prior.get(nested.name), config.get(nested.name));
        merged.insert(nested.name.to_owned(), value);
    }
    Value::Map(merged)
}

fn merge_nested(nested: &NestedBlock, prior: &Value, config: &Value) -> Value {
    if config.is_unknown() {
        return config.clone();
    }
    match nested.nesting {
        Nesting::Single if config.is_null() => Value::Null,
        Nesting::Single => merge(&nested.block, prior, config),
        Nesting::List => {
            let prior = prior.as_list().unwrap_or_default();
            let items = config.as_list().unwrap_or_default().iter().enumerate();
            Value::List(items.map(|(index, item)| merge(&nested.block, at(prior, index), item)).collect())
        }
        Nesting::Set => {
            let mut unused: Vec<&Value> = prior.as_list().unwrap_or_default().iter().collect();
            let items = config.as_list().unwrap_or_default().iter().map(|item| {
                let found = unused.iter().position(|prior| could_be(&nested.block, prior, item));
                let prior = found.map_or(&Value::Null, |position| unused.remove(position));
                merge(&nested.block, prior, item)
            });
            Value::List(items.collect()).sorted(&Type::Set(Box::new(nested.block.implied_type())))
        }
    }
}

/// Whether a prior element can be what a configured one became: equal in all that was configured.
fn could_be(block: &Block, prior: &Value, config: &Value) -> bool {
    merge(block, prior, config).same(prior, &block.implied_type())
}

fn is_computed(attribute: &Attribute) -> bool {
    matches!(attribute.presence, Presence::Computed | Presence::OptionalComputed)
}

/// The element at a position; null where there is none.
fn at(items: &[Value], index: usize) -> &Value {
    const NOTHING: &Value = &Value::Null;
    items.get(index).unwrap_or(NOTHING)
}
