//! Rust types for Terraform's: each knows its type constraint and how to come from and go to a value.

use std::collections::{BTreeMap, BTreeSet};

use super::Block;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::gather::Gather as _;
use crate::value::{Attr, Number, Path, Step, Type, Value};

/// A Rust type that stands for a Terraform type.
pub trait Typed: Sized {
    /// The type constraint.
    fn ty() -> Type;

    /// Reads a value that is neither null nor unknown as a whole. [`Attr::Given`] when a part of it is unknown.
    fn from_value(value: &Value, path: &Path) -> Result<Attr<Self>, Diagnostic>;

    /// Writes it.
    fn to_value(&self) -> Value;
}

/// A struct listed with `attributes!`: a resource, a block, or a computed object.
pub trait Attributes: Sized + Clone + Default {
    /// The schema of its attributes and blocks.
    fn block() -> Block;

    /// Reads it, reporting every field that does not fit.
    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostics>;

    /// Writes it: an object with every attribute.
    fn encode(&self) -> Value;
}

/// Reads one attribute.
pub fn decode_attribute<T: Typed>(value: &Value, path: &Path) -> Result<Attr<T>, Diagnostic> {
    match value {
        Value::Null => Ok(Attr::Null),
        Value::Unknown(_) => Ok(Attr::Unknown),
        value => T::from_value(value, path),
    }
}

/// Writes one attribute.
pub fn encode_attribute<T: Typed>(value: &Attr<T>) -> Value {
    match value {
        Attr::Null => Value::Null,
        Attr::Unknown | Attr::Given => Value::UNKNOWN,
        Attr::Known(value) => value.to_value(),
    }
}

/// Reads a block that stands at most once.
pub fn decode_single<T: Attributes>(value: &Value, path: &Path) -> Result<Attr<T>, Diagnostics> {
    match value {
        Value::Null => Ok(Attr::Null),
        Value::Unknown(_) => Ok(Attr::Unknown),
        value => T::decode(value, path).map(Attr::Known),
    }
}

/// Writes a block that stands at most once.
pub fn encode_single<T: Attributes>(block: &Attr<T>) -> Value {
    match block {
        Attr::Null => Value::Null,
        Attr::Unknown | Attr::Given => Value::UNKNOWN,
        Attr::Known(block) => block.encode(),
    }
}

/// Reads repeated blocks. Elements of sets have no path, so messages point at the block.
pub fn decode_repeated<T: Attributes>(value: &Value, path: &Path, is_set: bool) -> Result<Attr<Vec<T>>, Diagnostics> {
    let items = match value {
        Value::Null => return Ok(Attr::Known(Vec::new())),
        Value::Unknown(_) => return Ok(Attr::Unknown),
        Value::List(items) => items,
        _ => return Err(misfit("a list of blocks", path).into()),
    };
    let mut blocks = Vec::with_capacity(items.len());
    let mut diagnostics = Diagnostics::new();
    for (index, item) in items.iter().enumerate() {
        if item.is_unknown() {
            return Ok(Attr::Unknown);
        }
        let place = if is_set { path.clone() } else { path.with(Step::Index(index)) };
        match T::decode(item, &place) {
            Ok(block) => blocks.push(block),
            Err(found) => diagnostics.extend(found),
        }
    }
    if diagnostics.is_empty() { Ok(Attr::Known(blocks)) } else { Err(diagnostics) }
}

/// Writes repeated blocks.
pub fn encode_repeated<T: Attributes>(blocks: &Attr<Vec<T>>) -> Value {
    match blocks {
        Attr::Null => Value::List(Vec::new()),
        Attr::Unknown | Attr::Given => Value::UNKNOWN,
        Attr::Known(blocks) => Value::List(blocks.iter().map(Attributes::encode).collect()),
    }
}

fn misfit(expected: &str, path: &Path) -> Diagnostic {
    Diagnostic::error(
        "Value does not fit the schema",
        format!("{expected} was expected at {path}. This is a defect of the provider, please report it; nothing was changed."),
    )
    .at(path.clone())
}

impl Typed for String {
    fn ty() -> Type {
        Type::String
    }

    fn from_value(value: &Value, path: &Path) -> Result<Attr<Self>, Diagnostic> {
        value.as_str().map(|text| Attr::Known(text.to_owned())).ok_or_else(|| misfit("A string", path))
    }

    fn to_value(&self) -> Value {
        Value::from(self.as_str())
    }
}

impl Typed for bool {
    fn ty() -> Type {
        Type::Bool
    }

    fn from_value(value: &Value, path: &Path) -> Result<Attr<Self>, Diagnostic> {
        match value {
            Value::Bool(flag) => Ok(Attr::Known(*flag)),
            _ => Err(misfit("A bool", path)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

/// Whole numbers: a fraction is the person's mistake and told as such.
impl Typed for i64 {
    fn ty() -> Type {
        Type::Number
    }

    fn from_value(value: &Value, path: &Path) -> Result<Attr<Self>, Diagnostic> {
        match value {
            Value::Number(number) => number.as_i64().map(Attr::Known).ok_or_else(|| {
                Diagnostic::error("Not a whole number", format!("{path} is {number}; write a whole number."))
                    .at(path.clone())
            }),
            _ => Err(misfit("A number", path)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(*self))
    }
}

/// Numbers of any kind.
impl Typed for Number {
    fn ty() -> Type {
        Type::Number
    }

    fn from_value(value: &Value, path: &Path) -> Result<Attr<Self>, Diagnostic> {
        match value {
            Value::Number(number) => Ok(Attr::Known(number.clone())),
            _ => Err(misfit("A number", path)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(self.clone())
    }
}

/// Reads the elements of a collection; given, but not known, as soon as one of them is unknown. Null elements are refused.
fn elements<T: Typed>(value: &Value, path: &Path, is_set: bool) -> Result<Attr<Vec<T>>, Diagnostic> {
    let items = value.as_list().ok_or_else(|| misfit("A list", path))?;
    let mut known = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let place = if is_set { path.clone() } else { path.with(Step::Index(index)) };
        match decode_attribute::<T>(item, &place)? {
            Attr::Known(element) => known.push(element),
            Attr::Unknown | Attr::Given => return Ok(Attr::Given),
            Attr::Null => return Err(null_element(path)),
        }
    }
    Ok(Attr::Known(known))
}

fn null_element(path: &Path) -> Diagnostic {
    Diagnostic::error(
        "Null inside a collection",
        format!("{path} holds a null. Leave the element out, for example with compact([...])."),
    )
    .at(path.clone())
}

impl<T: Typed> Typed for Vec<T> {
    fn ty() -> Type {
        Type::List(Box::new(T::ty()))
    }

    fn from_value(value: &Value, path: &Path) -> Result<Attr<Self>, Diagnostic> {
        elements(value, path, false)
    }

    fn to_value(&self) -> Value {
        Value::List(self.iter().map(Typed::to_value).collect())
    }
}

impl<T: Typed + Ord> Typed for BTreeSet<T> {
    fn ty() -> Type {
        Type::Set(Box::new(T::ty()))
    }

    fn from_value(value: &Value, path: &Path) -> Result<Attr<Self>, Diagnostic> {
        Ok(elements(value, path, true)?.map(|items: Vec<T>| items.into_iter().gather()))
    }

    fn to_value(&self) -> Value {
        Value::List(self.iter().map(Typed::to_value).collect())
    }
}

impl<T: Typed> Typed for BTreeMap<String, T> {
    fn ty() -> Type {
        Type::Map(Box::new(T::ty()))
    }

    fn from_value(value: &Value, path: &Path) -> Result<Attr<Self>, Diagnostic> {
        let entries = value.as_map().ok_or_else(|| misfit("A map", path))?;
        let mut known = Self::new();
        for (key, item) in entries {
            let place = path.with(Step::Key(key.clone()));
            match decode_attribute::<T>(item, &place)? {
                Attr::Known(element) => {
                    known.insert(key.clone(), element);
                }
                Attr::Unknown | Attr::Given => return Ok(Attr::Given),
                Attr::Null => return Err(null_element(&place)),
            }
        }
        Ok(Attr::Known(known))
    }

    fn to_value(&self) -> Value {
        Value::Map(self.iter().map(|(key, value)| (key.clone(), value.to_value())).gather())
    }
}

/// A map whose elements may be unknown one by one, for computed maps that are planned per key.
impl<T: Typed> Typed for BTreeMap<String, Attr<T>> {
    fn ty() -> Type {
        Type::Map(Box::new(T::ty()))
    }

    fn from_value(value: &Value, path: &Path) -> Result<Attr<Self>, Diagnostic> {
        let entries = value.as_map().ok_or_else(|| misfit("A map", path))?;
        entries
            .iter()
            .map(|(key, item)| Ok((key.clone(), decode_attribute::<T>(item, &path.with(Step::Key(key.clone())))?)))
            .try_gather()
            .map(Attr::Known)
    }

    fn to_value(&self) -> Value {
        Value::Map(self.iter().map(|(key, value)| (key.clone(), encode_attribute(value))).gather())
    }
}
