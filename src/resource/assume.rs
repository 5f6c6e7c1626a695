//! What a plan expects of what exists while a value is unknown: that it stays as it is, unless results depend on the
//! value.
//!
//! A tag or a name that becomes known in the apply changes an object in place. If it made the object's ids unknown, every
//! dependant with an argument that forces a new resource would be replaced.

use std::collections::BTreeMap;

use crate::schema::{Attribute, Block, NestedBlock, Nesting, Rule};
use crate::value::Value;

/// The plan with recorded values in place of unknown ones on which no result depends; `None` where there are none.
pub(super) fn assumed(
    block: &Block,
    planned: &BTreeMap<String, Value>,
    prior: &Value,
) -> Option<BTreeMap<String, Value>> {
    let planned = Value::Map(planned.clone());
    let assumed = assume(block, &planned, prior);
    match assumed {
        Value::Map(entries) if Value::Map(entries.clone()) != planned => Some(entries),
        _ => None,
    }
}

fn assume(block: &Block, planned: &Value, prior: &Value) -> Value {
    let (Some(entries), Some(_)) = (planned.as_map(), prior.as_map()) else { return planned.clone() };
    let mut assumed = entries.clone();
    for attribute in block.attributes.iter().filter(|attribute| may_stay(attribute)) {
        if !planned.get(attribute.name).is_wholly_known() {
            assumed.insert(attribute.name.to_owned(), prior.get(attribute.name).clone());
        }
    }
    for nested in &block.blocks {
        let content = assume_nested(nested, planned.get(nested.name), prior.get(nested.name));
        assumed.insert(nested.name.to_owned(), content);
    }
    Value::Map(assumed)
}

/// Whether a change of the attribute leaves every result as it is.
fn may_stay(attribute: &Attribute) -> bool {
    let drives = |rule: &Rule| matches!(rule, Rule::Results | Rule::Replace);
    let is_written = attribute.presence.is_configurable() || attribute.name == "tags_all";
    is_written && !attribute.rules.iter().any(drives)
}

fn assume_nested(nested: &NestedBlock, planned: &Value, prior: &Value) -> Value {
    match (nested.nesting, planned, prior) {
        // A dynamic block: it may turn out to be written or not.
        (Nesting::Single, Value::Unknown(_), prior) if stays_whole(&nested.block) => prior.clone(),
        (Nesting::Single, planned, prior) => assume(&nested.block, planned, prior),
        (Nesting::Set, Value::List(planned), Value::List(prior)) => {
            let element = |planned: &Value| {
                let before = prior.iter().find(|prior| nested.block.has_same_key(planned, prior));
                before.map_or_else(|| planned.clone(), |before| assume(&nested.block, planned, before))
            };
            Value::List(planned.iter().map(element).collect())
        }
        _ => planned.clone(),
    }
}

fn stays_whole(block: &Block) -> bool {
    block.attributes.iter().all(may_stay) && block.blocks.iter().all(|nested| stays_whole(&nested.block))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Attributes;

    crate::attributes! {
        /// An element.
        pub(super) struct Element {
            /// Key.
            required name: String => [Rule::Unique("")],
            /// Changed in place.
            optional delay: i64,
            /// Replaces an object.
            optional kind: String => [Rule::Results],
        }
    }

    crate::attributes! {
        /// Changed in place.
        pub(super) struct Settings {
            /// Changed in place.
            optional size: i64,
        }
    }

    crate::attributes! {
        /// A resource.
        pub(super) struct Sample {
            /// Changed in place.
            optional tags: BTreeMap<String, String>,
            /// Replaces the resource.
            optional region: String => [Rule::Replace],
            set element: Element,
            single settings: Settings,
        }
    }

    fn map(entries: &[(&str, Value)]) -> Value {
        Value::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn sample(tags: Value, region: Value, elements: Vec<Value>, settings: Value) -> Value {
        map(&[("tags", tags), ("region", region), ("element", Value::List(elements)), ("settings", settings)])
    }

    fn element(name: &str, delay: Value, kind: Value) -> Value {
        map(&[("name", Value::from(name)), ("delay", delay), ("kind", kind)])
    }

    #[test]
    fn what_changes_in_place_is_expected_to_stay_and_what_results_depend_on_is_not() {
        let text = Value::from;
        let prior = sample(
            map(&[("team", text("a"))]),
            text("r"),
            vec![element("one", Value::from(1), text("k"))],
            map(&[("size", Value::from(3))]),
        );
        let planned = sample(
            map(&[("team", Value::UNKNOWN)]),
            Value::UNKNOWN,
            vec![element("one", Value::UNKNOWN, Value::UNKNOWN), element("two", Value::UNKNOWN, Value::Null)],
            Value::UNKNOWN,
        );
        let expected = sample(
            map(&[("team", text("a"))]),
            Value::UNKNOWN,
            vec![element("one", Value::from(1), Value::UNKNOWN), element("two", Value::UNKNOWN, Value::Null)],
            map(&[("size", Value::from(3))]),
        );
        let block = Sample::block();
        assert_eq!(assumed(&block, planned.as_map().unwrap(), &prior).map(Value::Map), Some(expected));
        assert_eq!(assumed(&block, prior.as_map().unwrap(), &prior), None, "nothing is unknown");
        assert_eq!(assumed(&block, planned.as_map().unwrap(), &Value::Null), None, "nothing exists");
    }
}
