//! Values on the wire: msgpack in both directions, JSON for stored states.
//!
//! Everything is driven by the schema: what is written carries every attribute and every nested
//! block, whatever the [`Value`] holds, because core takes a missing one for a broken provider and
//! may drop the resource from the state. Repeated blocks are never null, blocks that stand at most
//! once are lists on the wire (`single.rs`), sets are sorted, strings are in NFC. The msgpack coding itself is `rmp`'s.
//!
//! Read `write.rs` for what goes out, `read.rs` for what comes in, `json.rs` for stored states.

mod json;
mod read;
mod shape;
mod single;
mod write;

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization as _;

pub use json::{from_json, to_json};
pub use read::{from_msgpack, from_msgpack_of};
pub use shape::type_json;
pub(super) use single::{wire_path, wire_type};
pub use write::{Salvaged, to_msgpack, to_msgpack_of, to_msgpack_salvaging};

use super::wire::tfplugin5::DynamicValue;
use crate::gather::Gather as _;
use crate::schema::{Block, Nesting};
use crate::value::{Path, Value};

/// msgpack extension of an unknown value about which something is known.
const REFINED: i8 = 12;

/// A value that does not fit its type, or bytes that are no value.
///
/// The text never holds the value itself: it may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ValueError {
    /// Where. Elements of sets have no step of their own.
    pub path: Path,
    /// What is wrong there.
    pub problem: String,
}

impl ValueError {
    fn new(path: &Path, problem: impl Into<String>) -> Self {
        Self { path: path.clone(), problem: problem.into() }
    }
}

impl std::fmt::Display for ValueError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_root() { f.write_str(&self.problem) } else { write!(f, "{}: {}", self.path, self.problem) }
    }
}

/// Reads a message's value. msgpack wins over JSON; an absent or empty message is null.
pub fn from_dynamic(block: &Block, value: Option<&DynamicValue>) -> Result<Value, ValueError> {
    match value {
        Some(value) if !value.msgpack.is_empty() => from_msgpack(block, &value.msgpack),
        Some(value) if !value.json.is_empty() => {
            let json = serde_json::from_slice(&value.json)
                .map_err(|error| ValueError::new(&Path::root(), format!("not JSON: {error}")))?;
            from_json(block, &json)
        }
        _ => Ok(Value::Null),
    }
}

/// Writes a message's value, as msgpack.
pub fn to_dynamic(block: &Block, value: &Value) -> Result<DynamicValue, ValueError> {
    to_msgpack(block, value).map(dynamic)
}

/// Puts msgpack bytes into a message.
pub(super) fn dynamic(msgpack: Vec<u8>) -> DynamicValue {
    DynamicValue { msgpack: msgpack.into(), json: bytes::Bytes::new() }
}

/// Puts an empty collection in the place of repeated blocks that are null or missing.
fn complete(block: &Block, value: Value) -> Value {
    let Value::Map(mut entries) = value else { return value };
    for nested in &block.blocks {
        let inner = entries.remove(nested.name).unwrap_or_default();
        let inner = match (nested.nesting, inner) {
            (Nesting::Single, inner) => complete(&nested.block, inner),
            (Nesting::List | Nesting::Set, Value::Null) => Value::List(Vec::new()),
            (Nesting::List | Nesting::Set, Value::List(items)) => {
                Value::List(items.into_iter().map(|item| complete(&nested.block, item)).collect())
            }
            (_, other) => other,
        };
        entries.insert(nested.name.to_owned(), inner);
    }
    Value::Map(entries)
}

/// A resource's value with nothing in it: attributes and single blocks null, repeated blocks empty.
pub fn empty(block: &Block) -> Value {
    let attributes = block.attributes.iter().map(|attribute| (attribute.name.to_owned(), Value::Null));
    complete(block, Value::Map(attributes.gather::<BTreeMap<_, _>>()))
}

/// The form in which core compares strings.
fn nfc(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// What a value is, for messages.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Unknown(_) => "an unknown value",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
