//! Terraform's values as a tree: null, unknown or known at every level.
//!
//! The tree carries no types; [`Type`] does, and the codecs in [`crate::protocol`] and the typed
//! structs of [`crate::schema`] bring the two together. Nothing here knows the wire.

mod attr;
mod number;
mod order;
mod path;

pub use attr::Attr;
pub use number::{Number, ParseNumberError};
pub(crate) use order::sort_set;
pub use path::{Path, Step};

use std::collections::BTreeMap;

/// A value of any type.
///
/// Lists, sets, tuples and repeated blocks are [`Value::List`]; maps, objects and single blocks are
/// [`Value::Map`]. Equality is structural: compare sets with [`Value::same`].
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// No value: the default or none, never "keep what is there".
    #[default]
    Null,
    /// Not known before apply.
    Unknown(Unknown),
    /// `bool`.
    Bool(bool),
    /// `number`, exact.
    Number(Number),
    /// `string`.
    String(String),
    /// `list`, `set`, `tuple`, list or set blocks.
    List(Vec<Value>),
    /// `map`, `object`, a block.
    Map(BTreeMap<String, Value>),
}

/// The extension bytes of an unknown value, kept so that a configured unknown is echoed bit by bit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Unknown {
    /// Payload of a refined unknown (msgpack extension 12); `None` for a plain one.
    pub refinement: Option<Vec<u8>>,
}

/// A type constraint, as far as protocol 5 schemas of this provider use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `string`
    String,
    /// `number`
    Number,
    /// `bool`
    Bool,
    /// `list(T)`
    List(Box<Type>),
    /// `set(T)`
    Set(Box<Type>),
    /// `map(T)`
    Map(Box<Type>),
    /// `object({…})`
    Object(BTreeMap<String, Type>),
}

impl Value {
    /// A plain unknown value.
    pub const UNKNOWN: Self = Self::Unknown(Unknown { refinement: None });

    /// Whether this is [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether this very value (not its elements) is unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Whether neither this value nor anything inside it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::List(items) => items.iter().all(Self::is_wholly_known),
            Self::Map(entries) => entries.values().all(Self::is_wholly_known),
            _ => true,
        }
    }

    /// The entry of a map or object; `Null` where there is none.
    pub fn get(&self, name: &str) -> &Self {
        match self {
            Self::Map(entries) => entries.get(name).unwrap_or(&Self::Null),
            _ => &Self::Null,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list or set.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a map or object.
    pub fn as_map(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Number::from(number))
    }
}
