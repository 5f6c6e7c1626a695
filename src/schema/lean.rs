//! From a state to the shortest configuration of the same meaning.

use super::{Block, Nesting, Presence, meaning};
use crate::value::Value;

/// What of a state a configuration may say, without what goes without saying. Null for null.
pub fn lean(block: &Block, state: &Value) -> Value {
    let mut config = configurable(block, state);
    shorten(block, &mut config);
    config
}

/// A configuration without values for these attributes.
pub fn without<'a>(config: &Value, names: impl IntoIterator<Item = &'a str>) -> Value {
    let mut entries = config.as_map().cloned().unwrap_or_default();
    for name in names {
        entries.insert(name.to_owned(), Value::Null);
    }
    Value::Map(entries)
}

/// Arguments that the provider fills where nothing is written, by rules that only a plan knows.
pub fn filled_by_plan<'a>(block: &'a Block, config: &Value) -> Vec<&'a str> {
    let open =
        block.attributes.iter().filter(|one| one.presence == Presence::OptionalComputed && one.default.is_none());
    open.map(|one| one.name).filter(|name| !config.get(name).is_null()).collect()
}

/// The state without results.
fn configurable(block: &Block, state: &Value) -> Value {
    let Some(_) = state.as_map() else { return state.clone() };
    let attributes = block.attributes.iter().map(|one| {
        let is_written = one.presence.is_configurable() && !one.sensitive;
        (one.name.to_owned(), if is_written { state.get(one.name).clone() } else { Value::Null })
    });
    let blocks = block.blocks.iter().map(|nested| {
        let value = match (nested.nesting, state.get(nested.name)) {
            (Nesting::List | Nesting::Set, Value::List(items)) => {
                Value::List(items.iter().map(|item| configurable(&nested.block, item)).collect())
            }
            (Nesting::List | Nesting::Set, _) => Value::List(Vec::new()),
            (Nesting::Single, value) => configurable(&nested.block, value),
        };
        (nested.name.to_owned(), value)
    });
    Value::Map(attributes.chain(blocks).collect())
}

/// Leaves out each value without which the whole means the same.
fn shorten(block: &Block, config: &mut Value) {
    for nested in &block.blocks {
        let Value::Map(entries) = config else { return };
        match entries.get_mut(nested.name) {
            Some(Value::List(items)) => items.iter_mut().for_each(|item| shorten(&nested.block, item)),
            Some(value @ Value::Map(_)) => {
                shorten(&nested.block, value);
                if says_nothing(&nested.block, value) {
                    *value = Value::Null;
                }
            }
            _ => {}
        }
    }
    let wanted = meaning(block, config);
    for one in block.attributes.iter().filter(|one| one.presence != Presence::Required) {
        if config.get(one.name).is_null() {
            continue;
        }
        let shorter = without(config, [one.name]);
        if meaning(block, &shorter) == wanted {
            *config = shorter;
        }
    }
}

/// Whether nothing is written in a block that has settings alone: no block at all means the same.
fn says_nothing(block: &Block, value: &Value) -> bool {
    let is_optional =
        block.attributes.iter().all(|one| one.presence == Presence::OptionalComputed || one.default.is_some());
    let entries = value.as_map().into_iter().flatten();
    is_optional
        && entries
            .map(|(_, value)| value)
            .all(|value| value.is_null() || value.as_list().is_some_and(<[Value]>::is_empty))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::schema::Attributes as _;

    crate::attributes! {
        /// An element.
        pub(super) struct Element {
            /// Key.
            required name: String,
            /// With a default.
            optional protocol: String = "TCP",
        }
    }

    crate::attributes! {
        /// Settings.
        pub(super) struct Settings {
            /// With a default.
            optional_computed on: bool = false,
        }
    }

    crate::attributes! {
        /// A resource.
        pub(super) struct Sample {
            /// Required.
            required name: String,
            /// With a default.
            optional_computed flag: bool = true,
            /// Filled by a plan.
            optional_computed region: String,
            /// A result.
            computed id: String,
            single settings: Settings,
            set element: Element,
        }
    }

    fn map(entries: &[(&str, Value)]) -> Value {
        Value::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<BTreeMap<_, _>>())
    }

    #[test]
    fn what_goes_without_saying_is_left_out() {
        let state = |flag: bool, on: bool, protocol: &str| {
            map(&[
                ("name", "a".into()),
                ("flag", flag.into()),
                ("region", "us-east-1".into()),
                ("id", "x".into()),
                ("settings", map(&[("on", on.into())])),
                ("element", Value::List(vec![map(&[("name", "b".into()), ("protocol", protocol.into())])])),
            ])
        };
        let block = Sample::block();
        let usual = lean(&block, &state(true, false, "TCP"));
        assert!(["flag", "id", "settings"].iter().all(|name| usual.get(name).is_null()), "{usual:?}");
        assert_eq!(usual.get("name"), &Value::from("a"));
        assert!(usual.get("element").as_list().unwrap()[0].get("protocol").is_null(), "{usual:?}");
        assert_eq!(filled_by_plan(&block, &usual), ["region"]);
        let other = lean(&block, &state(false, true, "UDP"));
        assert_eq!(other.get("flag"), &Value::Bool(false));
        assert_eq!(other.get("settings").get("on"), &Value::Bool(true));
        assert_eq!(other.get("element").as_list().unwrap()[0].get("protocol"), &Value::from("UDP"));
    }
}
