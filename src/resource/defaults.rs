//! From configuration to the part of a plan that follows from it alone: defaults filled in, and
//! repeated blocks left as they are recorded where they mean the same.

use std::collections::BTreeMap;

use crate::schema::{Attribute, Block, NestedBlock, Nesting, Presence, filled, meaning};
use crate::value::Value;

/// What is planned before anything else is known: configured values, defaults, unknown for what the
/// provider gives. `prior` is null on create.
pub(super) fn fill(block: &Block, config: &Value, prior: &Value) -> BTreeMap<String, Value> {
    let mut planned = BTreeMap::new();
    let full = filled(block, config);
    for attribute in &block.attributes {
        let configured = config.get(attribute.name);
        let value = match attribute.presence {
            Presence::Required | Presence::Optional => as_recorded(attribute, configured, prior),
            Presence::OptionalComputed if !configured.is_null() => as_recorded(attribute, configured, prior),
            Presence::OptionalComputed => match full.get(attribute.name) {
                Value::Null => Value::UNKNOWN,
                default => default.clone(),
            },
            Presence::Computed => Value::UNKNOWN,
        };
        planned.insert(attribute.name.to_owned(), value);
    }
    for nested in &block.blocks {
        let configured = config.get(nested.name);
        let value = match nested.nesting {
            Nesting::Set => keep_recorded(&nested.block, configured, prior.get(nested.name)),
            Nesting::Single => fill_single(nested, configured, prior.get(nested.name)),
            Nesting::List => configured.clone(),
        };
        planned.insert(nested.name.to_owned(), value);
    }
    planned
}

/// A block that stands once, with its defaults; what stands in it is planned as at the top.
fn fill_single(nested: &NestedBlock, configured: &Value, prior: &Value) -> Value {
    let Value::Map(mut planned) = filled(&nested.block, configured) else { return configured.clone() };
    for attribute in &nested.block.attributes {
        let value = planned.get(attribute.name).cloned().unwrap_or_default();
        planned.insert(attribute.name.to_owned(), as_recorded(attribute, &value, prior));
    }
    for inner in &nested.block.blocks {
        let value = planned.get(inner.name).cloned().unwrap_or_default();
        let value = match inner.nesting {
            Nesting::Set => keep_recorded(&inner.block, &value, prior.get(inner.name)),
            Nesting::Single => fill_single(inner, &value, prior.get(inner.name)),
            Nesting::List => value,
        };
        planned.insert(inner.name.to_owned(), value);
    }
    Value::Map(planned)
}

/// The configured value, or the recorded one where both mean the same.
fn as_recorded(attribute: &Attribute, configured: &Value, prior: &Value) -> Value {
    let recorded = prior.get(attribute.name);
    // Core takes the recorded value only in the place of one that is written.
    let may_stay = !recorded.is_null() && !configured.is_null() && configured.is_wholly_known();
    if may_stay && attribute.means_the_same(configured, recorded) { recorded.clone() } else { configured.clone() }
}

/// The configured elements, each in its recorded form where both mean the same. Core checks nothing of set elements but
/// that they are known, so this is allowed, and an explicit default is no change.
fn keep_recorded(block: &Block, configured: &Value, recorded: &Value) -> Value {
    let (Some(configured), Some(recorded)) = (configured.as_list(), recorded.as_list()) else {
        return configured.clone();
    };
    let recorded: Vec<(Value, &Value)> = recorded.iter().map(|recorded| (meaning(block, recorded), recorded)).collect();
    let kept = configured.iter().map(|element| {
        let means = meaning(block, element);
        recorded.iter().find(|(recorded, _)| *recorded == means).map_or(element, |(_, recorded)| recorded).clone()
    });
    Value::List(kept.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Attributes;

    crate::attributes! {
        /// An element.
        pub(super) struct Element {
            /// Key.
            required name: String,
            /// With a default.
            optional protocol: String = "TCP",
            /// A set.
            optional ids: std::collections::BTreeSet<String>,
        }
    }

    crate::attributes! {
        /// A resource.
        pub(super) struct Sample {
            /// With a default.
            optional_computed flag: bool = true,
            /// From the provider, unless given.
            optional_computed region: String,
            /// From the provider.
            computed id: String,
            set element: Element,
        }
    }

    fn element(protocol: Value, ids: &[&str]) -> Value {
        Value::Map(BTreeMap::from([
            ("name".to_owned(), Value::from("https")),
            ("protocol".to_owned(), protocol),
            ("ids".to_owned(), Value::List(ids.iter().map(|id| Value::from(*id)).collect())),
        ]))
    }

    fn sample(element: Value) -> Value {
        Value::Map(BTreeMap::from([("element".to_owned(), Value::List(vec![element]))]))
    }

    #[test]
    fn an_explicit_default_is_no_change() {
        let recorded = element(Value::Null, &["b", "a"]);
        let written = element(Value::from("TCP"), &["a", "b"]);
        let planned = fill(&Sample::block(), &sample(written.clone()), &sample(recorded.clone()));
        assert_eq!(planned["element"], Value::List(vec![recorded.clone()]));
        let udp = element(Value::from("UDP"), &["a", "b"]);
        let planned = fill(&Sample::block(), &sample(udp.clone()), &sample(recorded));
        assert_eq!(planned["element"], Value::List(vec![udp]));
    }

    #[test]
    fn null_means_the_default_and_never_what_is_there() {
        let prior = Value::Map(BTreeMap::from([("flag".to_owned(), Value::Bool(false))]));
        let planned = fill(&Sample::block(), &sample(element(Value::Null, &[])), &prior);
        assert_eq!(planned["flag"], Value::Bool(true));
        assert!(planned["region"].is_unknown() && planned["id"].is_unknown());
    }

    #[test]
    fn unknown_blocks_stay_as_they_are() {
        let config = Value::Map(BTreeMap::from([("element".to_owned(), Value::UNKNOWN)]));
        assert!(fill(&Sample::block(), &config, &Value::Null)["element"].is_unknown());
    }
}
