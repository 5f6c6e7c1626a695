//! Value → msgpack, with every attribute of the schema.

use std::collections::BTreeMap;

use rmp::encode::{self, ByteBuf};

use super::shape::type_name;
use super::single::{to_wire, wire_type};
use super::{REFINED, ValueError, complete, kind, nfc};
use crate::schema::Block;
use crate::value::{Number, Path, Step, Type, Unknown, Value};

/// Digits after the point with which every f64 can be written exactly.
const EXACT_FRACTION: usize = 1074;

/// Bytes that conform to the schema, whatever was given, and what had to be left out for that.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Salvaged {
    /// The value; null in place of each misfit.
    pub msgpack: Vec<u8>,
    /// The misfits.
    pub misfits: Vec<ValueError>,
}

/// Writes the value of a block. Unknown values are fine.
pub fn to_msgpack(block: &Block, value: &Value) -> Result<Vec<u8>, ValueError> {
    let mut writer = Writer { out: ByteBuf::new(), misfits: Vec::new(), keep_unknown: true };
    writer.block(block, value);
    match writer.misfits.into_iter().next() {
        None => Ok(writer.out.into_vec()),
        Some(first) => Err(first),
    }
}

/// Writes a value that is no block's, such as the result of a function.
pub fn to_msgpack_of(ty: &Type, value: &Value) -> Result<Vec<u8>, ValueError> {
    let mut writer = Writer { out: ByteBuf::new(), misfits: Vec::new(), keep_unknown: false };
    writer.value(&Path::root(), ty, &value.clone().sorted(ty));
    match writer.misfits.into_iter().next() {
        None => Ok(writer.out.into_vec()),
        Some(first) => Err(first),
    }
}

/// Writes the value of a block that must be wholly known, as far as it can be written.
///
/// For results of apply: an error there would lose the ids of everything that was created.
pub fn to_msgpack_salvaging(block: &Block, value: &Value) -> Salvaged {
    let mut writer = Writer { out: ByteBuf::new(), misfits: Vec::new(), keep_unknown: false };
    writer.block(block, value);
    Salvaged { msgpack: writer.out.into_vec(), misfits: writer.misfits }
}

/// A float as decimal text without rounding.
pub(super) fn exact_decimal(number: f64) -> String {
    format!("{number:.EXACT_FRACTION$}")
}

struct Writer {
    out: ByteBuf,
    misfits: Vec<ValueError>,
    keep_unknown: bool,
}

impl Writer {
    fn block(&mut self, block: &Block, value: &Value) {
        let value = complete(block, value.clone());
        let value = to_wire(block, &value.sorted(&block.implied_type()));
        self.value(&Path::root(), &wire_type(block), &value);
    }

    fn value(&mut self, path: &Path, ty: &Type, value: &Value) {
        match (ty, value) {
            (_, Value::Null) => self.nil(),
            (_, Value::Unknown(unknown)) if self.keep_unknown => self.unknown(unknown),
            (_, Value::Unknown(_)) => self.misfit(path, "is still unknown".to_owned()),
            (Type::Bool, Value::Bool(flag)) => done(encode::write_bool(&mut self.out, *flag)),
            (Type::Number, Value::Number(number)) => self.number(number),
            (Type::String, Value::String(text)) => self.string(text),
            (Type::List(element), Value::List(items)) => {
                self.array(path, items.len());
                for (index, item) in items.iter().enumerate() {
                    self.value(&path.with(Step::Index(index)), element, item);
                }
            }
            (Type::Set(element), Value::List(items)) => {
                self.array(path, items.len());
                for item in items {
                    self.value(path, element, item);
                }
            }
            (Type::Map(element), Value::Map(entries)) => {
                self.map(path, entries.len());
                for (key, item) in entries {
                    self.string(key);
                    self.value(&path.with(Step::Key(key.clone())), element, item);
                }
            }
            (Type::Object(attributes), Value::Map(entries)) => self.object(path, attributes, entries),
            (ty, value) => self.misfit(path, format!("{} is required, not {}", type_name(ty), kind(value))),
        }
    }

    fn object(&mut self, path: &Path, attributes: &BTreeMap<String, Type>, entries: &BTreeMap<String, Value>) {
        for name in entries.keys().filter(|name| !attributes.contains_key(*name)) {
            self.misfits.push(ValueError::new(path, format!("unsupported attribute {name:?}")));
        }
        self.map(path, attributes.len());
        for (name, ty) in attributes {
            self.string(name);
            self.value(&path.child(name.clone()), ty, entries.get(name).unwrap_or(&Value::Null));
        }
    }

    /// Decimal text, or a float where that is exact and not whole.
    ///
    /// Core reads text with 512 bits, as it reads numbers in a stored state, and an integer of msgpack with 64. It compares what was
    /// refreshed with what was stored, precision included (Terraform 1.11 `states.ManagedResourcesEqual`), so that with an integer
    /// `plan -refresh-only -detailed-exitcode` ends in 2 and "No changes".
    fn number(&mut self, number: &Number) {
        match number {
            Number::Int(number) => done(encode::write_str(&mut self.out, &number.to_string())),
            Number::Decimal(text) => match exact_float(text) {
                Some(float) => done(encode::write_f64(&mut self.out, float)),
                None => done(encode::write_str(&mut self.out, text)),
            },
        }
    }

    fn unknown(&mut self, unknown: &Unknown) {
        let refined = unknown.refinement.as_ref().and_then(|bytes| Some((bytes, u32::try_from(bytes.len()).ok()?)));
        if let Some((bytes, length)) = refined {
            done(encode::write_ext_meta(&mut self.out, length, REFINED));
            self.out.as_mut_vec().extend_from_slice(bytes);
        } else {
            done(encode::write_ext_meta(&mut self.out, 1, 0));
            self.out.as_mut_vec().push(0);
        }
    }

    fn string(&mut self, text: &str) {
        done(encode::write_str(&mut self.out, &nfc(text)));
    }

    fn array(&mut self, path: &Path, length: usize) {
        match u32::try_from(length) {
            Ok(length) => done(encode::write_array_len(&mut self.out, length)),
            Err(_) => self.misfit(path, "has too many elements".to_owned()),
        }
    }

    fn map(&mut self, path: &Path, length: usize) {
        match u32::try_from(length) {
            Ok(length) => done(encode::write_map_len(&mut self.out, length)),
            Err(_) => self.misfit(path, "has too many entries".to_owned()),
        }
    }

    fn misfit(&mut self, path: &Path, problem: String) {
        self.misfits.push(ValueError::new(path, problem));
        self.nil();
    }

    fn nil(&mut self) {
        done(encode::write_nil(&mut self.out));
    }
}

/// Writing into memory cannot fail; rmp's signatures do not say so.
fn done<T, E>(_result: Result<T, E>) {}

/// The float that is exactly this number, if there is one and the number is not whole.
fn exact_float(text: &str) -> Option<f64> {
    let float: f64 = text.contains('.').then(|| text.parse().ok())??;
    let exact = exact_decimal(float);
    (exact.trim_end_matches('0') == text).then_some(float)
}
