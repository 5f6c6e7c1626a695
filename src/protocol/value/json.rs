//! Stored states: JSON ↔ value.
//!
//! Reading is lenient, because a state may be older than the schema: unknown keys are ignored,
//! missing ones are null, numbers and bools may stand in quotes. Numbers keep every digit.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::shape::type_name;
use super::{ValueError, complete, nfc};
use crate::gather::Gather as _;
use crate::schema::{Block, Nesting};
use crate::value::{Path, Step, Type, Value, sort_set};

/// Reads the value of a block from a stored state.
pub fn from_json(block: &Block, json: &Json) -> Result<Value, ValueError> {
    let value = value(&Path::root(), &block.implied_type(), &lone(block, json))?;
    Ok(complete(block, value))
}

/// A stored block without the list around what stands at most once, which older states do not have.
fn lone(block: &Block, json: &Json) -> Json {
    let Json::Object(entries) = json else { return json.clone() };
    let mut entries = entries.clone();
    for nested in &block.blocks {
        let Some(content) = entries.get_mut(nested.name) else { continue };
        *content = match (nested.nesting, &*content) {
            (Nesting::Single, Json::Array(items)) => match items.as_slice() {
                [] => Json::Null,
                [one] => lone(&nested.block, one),
                _ => continue,
            },
            (_, Json::Array(items)) => items.iter().map(|item| lone(&nested.block, item)).collect(),
            (_, other) => lone(&nested.block, other),
        };
    }
    Json::Object(entries)
}

/// Writes the value of a block: every attribute, sets as sorted arrays, what stands at most once without a list.
///
/// Fails for unknown values and for what does not fit the schema.
pub fn to_json(block: &Block, value: &Value) -> Result<Json, ValueError> {
    let ty = block.implied_type();
    json(&Path::root(), &ty, &complete(block, value.clone()).sorted(&ty))
}

fn value(path: &Path, ty: &Type, json: &Json) -> Result<Value, ValueError> {
    match (ty, json) {
        (_, Json::Null) => Ok(Value::Null),
        (Type::String, Json::String(text)) => Ok(Value::String(nfc(text))),
        (Type::String, Json::Number(number)) => Ok(Value::String(number.to_string())),
        (Type::String, Json::Bool(flag)) => Ok(Value::String(flag.to_string())),
        (Type::Bool, Json::Bool(flag)) => Ok(Value::Bool(*flag)),
        (Type::Bool, Json::String(text)) if text == "true" || text == "false" => Ok(Value::Bool(text == "true")),
        (Type::Number, Json::Number(number)) => parse_number(path, &number.to_string()),
        (Type::Number, Json::String(text)) => parse_number(path, text),
        (Type::List(element), Json::Array(items)) => {
            let items = items.iter().enumerate();
            items
                .map(|(index, item)| value(&path.with(Step::Index(index)), element, item))
                .collect::<Result<_, _>>()
                .map(Value::List)
        }
        (Type::Set(element), Json::Array(items)) => {
            let items = items.iter().map(|item| value(path, element, item)).collect::<Result<_, _>>()?;
            Ok(Value::List(sort_set(items)))
        }
        (Type::Map(element), Json::Object(entries)) => {
            let entries = entries.iter().map(|(key, item)| {
                value(&path.with(Step::Key(key.clone())), element, item).map(|item| (nfc(key), item))
            });
            entries.try_gather().map(Value::Map)
        }
        (Type::Object(attributes), Json::Object(entries)) => {
            let mut object = BTreeMap::new();
            for (name, ty) in attributes {
                let inner = entries.get(name).unwrap_or(&Json::Null);
                object.insert(name.clone(), value(&path.child(name.clone()), ty, inner)?);
            }
            Ok(Value::Map(object))
        }
        (ty, _) => Err(ValueError::new(path, format!("{} is required", type_name(ty)))),
    }
}

fn parse_number(path: &Path, text: &str) -> Result<Value, ValueError> {
    text.parse().map(Value::Number).map_err(|_| ValueError::new(path, "not a number"))
}

fn json(path: &Path, ty: &Type, value: &Value) -> Result<Json, ValueError> {
    let misfit = || Err(ValueError::new(path, format!("{} is required, not {}", type_name(ty), super::kind(value))));
    match (ty, value) {
        (_, Value::Null) => Ok(Json::Null),
        (Type::Bool, Value::Bool(flag)) => Ok(Json::Bool(*flag)),
        (Type::Number, Value::Number(number)) => {
            serde_json::from_str(&number.to_string()).map_err(|error| ValueError::new(path, error.to_string()))
        }
        (Type::String, Value::String(text)) => Ok(Json::String(nfc(text))),
        (Type::List(element) | Type::Set(element), Value::List(items)) => {
            items.iter().map(|item| json(path, element, item)).collect::<Result<_, _>>().map(Json::Array)
        }
        (Type::Map(element), Value::Map(entries)) => {
            let entries = entries.iter().map(|(key, item)| {
                json(&path.with(Step::Key(key.clone())), element, item).map(|item| (nfc(key), item))
            });
            entries.try_gather().map(Json::Object)
        }
        (Type::Object(attributes), Value::Map(entries)) => {
            if let Some(extra) = entries.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(ValueError::new(path, format!("unsupported attribute {extra:?}")));
            }
            let attributes = attributes.iter().map(|(name, ty)| {
                json(&path.child(name.clone()), ty, value.get(name)).map(|item| (name.clone(), item))
            });
            attributes.try_gather().map(Json::Object)
        }
        _ => misfit(),
    }
}
