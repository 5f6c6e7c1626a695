//! A block that stands at most once: one value here, a list of at most one on the wire.
//!
//! Core has a nesting mode for it, which it cannot leave open: where a `dynamic` block over an unknown value stands at most
//! once, core sends it as written with unknown content, wants it planned so, and finds the final plan inconsistent when
//! it turns out not to be written. A list that is not known yet may turn out to be empty. hashicorp/aws writes such
//! blocks as lists too, so that configurations name their content as they do there: `private_dns[0].name`.

use std::collections::BTreeMap;

use super::ValueError;
use crate::gather::Gather as _;
use crate::schema::{Block, Nesting};
use crate::value::{Path, Step, Type, Value};

/// The type of a block's value on the wire.
pub(in crate::protocol) fn wire_type(block: &Block) -> Type {
    let attributes = block.attributes.iter().map(|attribute| (attribute.name.to_owned(), attribute.ty.clone()));
    let blocks = block.blocks.iter().map(|nested| {
        let content = Box::new(wire_type(&nested.block));
        let ty = if nested.nesting == Nesting::Set { Type::Set(content) } else { Type::List(content) };
        (nested.name.to_owned(), ty)
    });
    Type::Object(attributes.chain(blocks).gather())
}

/// A block's value as it goes out.
pub(super) fn to_wire(block: &Block, value: &Value) -> Value {
    nested(block, value, &mut |nesting, inner, _, content| {
        Ok(match (nesting, content) {
            (Nesting::Single, Value::Null) => Value::List(Vec::new()),
            (Nesting::Single, Value::Map(_)) => Value::List(vec![to_wire(inner, content)]),
            (_, Value::List(items)) => Value::List(items.iter().map(|item| to_wire(inner, item)).collect()),
            (_, other) => other.clone(),
        })
    })
    .unwrap_or_else(|_| value.clone())
}

/// A block's value as it came in.
pub(super) fn from_wire(block: &Block, value: &Value, path: &Path) -> Result<Value, ValueError> {
    nested(block, value, &mut |nesting, inner, name, content| {
        let place = path.child(name);
        Ok(match (nesting, content) {
            (Nesting::Single, Value::List(items)) => match items.as_slice() {
                [] => Value::Null,
                [one] => from_wire(inner, one, &place.with(Step::Index(0)))?,
                _ => return Err(ValueError::new(&place, "at most one block is allowed")),
            },
            (_, Value::List(items)) => {
                Value::List(items.iter().map(|item| from_wire(inner, item, &place)).collect::<Result<_, _>>()?)
            }
            (_, other) => other.clone(),
        })
    })
}

type Change<'a> = &'a mut dyn FnMut(Nesting, &Block, &'static str, &Value) -> Result<Value, ValueError>;

fn nested(block: &Block, value: &Value, change: Change<'_>) -> Result<Value, ValueError> {
    let Some(entries) = value.as_map() else { return Ok(value.clone()) };
    let mut changed: BTreeMap<String, Value> = entries.clone();
    for nested in &block.blocks {
        if let Some(content) = entries.get(nested.name) {
            changed.insert(nested.name.to_owned(), change(nested.nesting, &nested.block, nested.name, content)?);
        }
    }
    Ok(Value::Map(changed))
}

/// A path as core follows it: through the only element of the list.
pub(in crate::protocol) fn wire_path(block: &Block, path: &Path) -> Path {
    let (mut wire, mut block) = (Path::root(), Some(block));
    let mut steps = path.steps().iter().peekable();
    while let Some(step) = steps.next() {
        wire = wire.with(step.clone());
        let Step::Attribute(name) = step else { continue };
        let nested = block.and_then(|block| block.nested(name));
        if nested.is_some_and(|nested| nested.nesting == Nesting::Single) && steps.peek().is_some() {
            wire = wire.with(Step::Index(0));
        }
        block = nested.map(|nested| &nested.block);
    }
    wire
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::value::{from_msgpack, to_msgpack};
    use crate::schema::{Attribute, NestedBlock, Presence};

    fn block() -> Block {
        let attribute = |name| Attribute {
            name,
            ty: Type::String,
            presence: Presence::Optional,
            sensitive: false,
            description: String::new(),
            default: None,
            rules: Vec::new(),
        };
        let leaf = Block { attributes: vec![attribute("create")], ..Block::default() };
        let nested = |name, nesting, block: &Block| NestedBlock { name, nesting, block: block.clone() };
        let listener = Block {
            attributes: vec![attribute("name")],
            blocks: vec![nested("check", Nesting::Single, &leaf)],
            ..Block::default()
        };
        Block {
            blocks: vec![nested("timeouts", Nesting::Single, &leaf), nested("listener", Nesting::Set, &listener)],
            ..Block::default()
        }
    }

    fn map(entries: &[(&str, Value)]) -> Value {
        Value::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    #[test]
    fn a_block_that_stands_once_is_a_list_on_the_wire_and_a_value_here() {
        let leaf = map(&[("create", Value::from("15m"))]);
        for timeouts in [Value::Null, leaf.clone(), Value::UNKNOWN] {
            for check in [Value::Null, leaf.clone(), Value::UNKNOWN] {
                let listener = map(&[("name", Value::from("https")), ("check", check)]);
                let value = map(&[("timeouts", timeouts.clone()), ("listener", Value::List(vec![listener]))]);
                let bytes = to_msgpack(&block(), &value).unwrap();
                assert_eq!(from_msgpack(&block(), &bytes).unwrap(), value);
            }
        }
        let wire = to_wire(&block(), &map(&[("timeouts", leaf.clone())]));
        assert_eq!(wire.get("timeouts"), &Value::List(vec![leaf.clone()]));
        let twice = map(&[("timeouts", Value::List(vec![leaf.clone(), leaf]))]);
        assert!(from_wire(&block(), &twice, &Path::root()).is_err());
    }

    #[test]
    fn a_path_goes_through_the_only_element() {
        let path = Path::attribute("timeouts").child("create");
        assert_eq!(wire_path(&block(), &path).to_string(), "timeouts[0].create");
        assert_eq!(wire_path(&block(), &Path::attribute("timeouts")).to_string(), "timeouts");
        let within = Path::attribute("listener").child("check").child("create");
        assert_eq!(wire_path(&block(), &within).to_string(), "listener.check[0].create", "core stops at the set");
    }
}
