//! msgpack → value, strict about the type.

use std::collections::BTreeMap;

use rmp::Marker;
use rmp::decode::{RmpRead as _, read_marker};

use super::shape::type_name;
use super::single::{from_wire, wire_type};
use super::{REFINED, ValueError, complete, nfc};
use crate::schema::Block;
use crate::value::{Number, Path, Step, Type, Unknown, Value, sort_set};

/// Most values in one message. A null is one byte on the wire and far more in memory; no configuration comes near.
const MOST_VALUES: usize = 1_000_000;

/// A refinement that says nothing: an empty msgpack map.
const NO_REFINEMENT: [u8; 1] = [0x80];

/// Reads the value of a block. Objects must have exactly the schema's attributes and blocks.
pub fn from_msgpack(block: &Block, bytes: &[u8]) -> Result<Value, ValueError> {
    let value = from_wire(block, &from_msgpack_of(&wire_type(block), bytes)?, &Path::root())?;
    Ok(complete(block, value).sorted(&block.implied_type()))
}

/// Reads a value that is no block's, such as the argument of a function.
pub fn from_msgpack_of(ty: &Type, bytes: &[u8]) -> Result<Value, ValueError> {
    let mut reader = Reader { rest: bytes, read: 0 };
    let value = reader.value(&Path::root(), ty)?;
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        Err(ValueError::new(&Path::root(), "there are bytes after the end of the value"))
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    /// Values so far.
    read: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, path: &Path, ty: &Type) -> Result<Value, ValueError> {
        self.read += 1;
        if self.read > MOST_VALUES {
            return Err(ValueError::new(path, format!("there are more than {MOST_VALUES} values")));
        }
        let marker = self.marker(path)?;
        if marker == Marker::Null {
            return Ok(Value::Null);
        }
        if let Some(length) = self.extension_length(path, marker)? {
            return self.unknown(path, length);
        }
        match ty {
            Type::Bool => match marker {
                Marker::True => Ok(Value::Bool(true)),
                Marker::False => Ok(Value::Bool(false)),
                _ => Err(wrong(path, ty)),
            },
            Type::Number => self.number(path, marker).map(Value::Number),
            Type::String => self.string(path, marker)?.map(Value::String).ok_or_else(|| wrong(path, ty)),
            Type::List(element) => {
                let length = self.array_length(path, marker)?.ok_or_else(|| wrong(path, ty))?;
                (0..length)
                    .map(|index| self.value(&path.with(Step::Index(index)), element))
                    .collect::<Result<_, _>>()
                    .map(Value::List)
            }
            Type::Set(element) => {
                let length = self.array_length(path, marker)?.ok_or_else(|| wrong(path, ty))?;
                let items = (0..length).map(|_| self.value(path, element)).collect::<Result<_, _>>()?;
                Ok(Value::List(sort_set(items)))
            }
            Type::Map(element) => {
                let length = self.map_length(path, marker)?.ok_or_else(|| wrong(path, ty))?;
                self.map(path, length, element)
            }
            Type::Object(attributes) => {
                let length = self.map_length(path, marker)?.ok_or_else(|| wrong(path, ty))?;
                self.object(path, length, attributes)
            }
        }
    }

    fn map(&mut self, path: &Path, length: usize, element: &Type) -> Result<Value, ValueError> {
        let mut entries = BTreeMap::new();
        for _ in 0..length {
            let key = self.key(path)?;
            let value = self.value(&path.with(Step::Key(key.clone())), element)?;
            entries.insert(key, value);
        }
        Ok(Value::Map(entries))
    }

    fn object(&mut self, path: &Path, length: usize, attributes: &BTreeMap<String, Type>) -> Result<Value, ValueError> {
        let mut entries = BTreeMap::new();
        for _ in 0..length {
            let name = self.key(path)?;
            let ty = attributes
                .get(&name)
                .ok_or_else(|| ValueError::new(path, format!("unsupported attribute {name:?}")))?;
            let value = self.value(&path.child(name.clone()), ty)?;
            if entries.insert(name.clone(), value).is_some() {
                return Err(ValueError::new(path, format!("attribute {name:?} is given twice")));
            }
        }
        match attributes.keys().find(|name| !entries.contains_key(*name)) {
            Some(missing) => Err(ValueError::new(path, format!("attribute {missing:?} is missing"))),
            None => Ok(Value::Map(entries)),
        }
    }

    fn unknown(&mut self, path: &Path, length: usize) -> Result<Value, ValueError> {
        let code = self.rest.read_data_i8().map_err(|_| cut(path))?;
        let payload = self.take(path, length)?;
        // Every extension means unknown; only the refined one has something to remember.
        let refined = code == REFINED && !payload.is_empty() && payload != NO_REFINEMENT;
        Ok(Value::Unknown(Unknown { refinement: refined.then(|| payload.to_vec()) }))
    }

    fn number(&mut self, path: &Path, marker: Marker) -> Result<Number, ValueError> {
        let signed = match marker {
            Marker::FixPos(number) => i64::from(number),
            Marker::FixNeg(number) => i64::from(number),
            Marker::U8 => i64::from(self.rest.read_data_u8().map_err(|_| cut(path))?),
            Marker::U16 => i64::from(self.rest.read_data_u16().map_err(|_| cut(path))?),
            Marker::U32 => i64::from(self.rest.read_data_u32().map_err(|_| cut(path))?),
            Marker::I8 => i64::from(self.rest.read_data_i8().map_err(|_| cut(path))?),
            Marker::I16 => i64::from(self.rest.read_data_i16().map_err(|_| cut(path))?),
            Marker::I32 => i64::from(self.rest.read_data_i32().map_err(|_| cut(path))?),
            Marker::I64 => self.rest.read_data_i64().map_err(|_| cut(path))?,
            Marker::U64 => {
                let number = self.rest.read_data_u64().map_err(|_| cut(path))?;
                return parse_number(path, &number.to_string());
            }
            Marker::F32 => {
                return float(path, self.rest.read_data_f32().map_err(|_| cut(path))?.into());
            }
            Marker::F64 => return float(path, self.rest.read_data_f64().map_err(|_| cut(path))?),
            _ => {
                let text = self.string(path, marker)?.ok_or_else(|| wrong(path, &Type::Number))?;
                return parse_number(path, &text);
            }
        };
        Ok(Number::Int(signed))
    }

    fn key(&mut self, path: &Path) -> Result<String, ValueError> {
        let marker = self.marker(path)?;
        self.string(path, marker)?.ok_or_else(|| ValueError::new(path, "a key is not a string"))
    }

    fn string(&mut self, path: &Path, marker: Marker) -> Result<Option<String>, ValueError> {
        let length = match marker {
            Marker::FixStr(length) => usize::from(length),
            Marker::Str8 => self.length8(path)?,
            Marker::Str16 => self.length16(path)?,
            Marker::Str32 => self.length32(path)?,
            _ => return Ok(None),
        };
        let text = std::str::from_utf8(self.take(path, length)?);
        text.map(|text| Some(nfc(text))).map_err(|_| ValueError::new(path, "a string is not UTF-8"))
    }

    fn array_length(&mut self, path: &Path, marker: Marker) -> Result<Option<usize>, ValueError> {
        match marker {
            Marker::FixArray(length) => Ok(Some(usize::from(length))),
            Marker::Array16 => self.length16(path).map(Some),
            Marker::Array32 => self.length32(path).map(Some),
            _ => Ok(None),
        }
    }

    fn map_length(&mut self, path: &Path, marker: Marker) -> Result<Option<usize>, ValueError> {
        match marker {
            Marker::FixMap(length) => Ok(Some(usize::from(length))),
            Marker::Map16 => self.length16(path).map(Some),
            Marker::Map32 => self.length32(path).map(Some),
            _ => Ok(None),
        }
    }

    fn extension_length(&mut self, path: &Path, marker: Marker) -> Result<Option<usize>, ValueError> {
        match marker {
            Marker::FixExt1 => Ok(Some(1)),
            Marker::FixExt2 => Ok(Some(2)),
            Marker::FixExt4 => Ok(Some(4)),
            Marker::FixExt8 => Ok(Some(8)),
            Marker::FixExt16 => Ok(Some(16)),
            Marker::Ext8 => self.length8(path).map(Some),
            Marker::Ext16 => self.length16(path).map(Some),
            Marker::Ext32 => self.length32(path).map(Some),
            _ => Ok(None),
        }
    }

    fn marker(&mut self, path: &Path) -> Result<Marker, ValueError> {
        read_marker(&mut self.rest).map_err(|_| cut(path))
    }

    fn length8(&mut self, path: &Path) -> Result<usize, ValueError> {
        self.rest.read_data_u8().map(usize::from).map_err(|_| cut(path))
    }

    fn length16(&mut self, path: &Path) -> Result<usize, ValueError> {
        self.rest.read_data_u16().map(usize::from).map_err(|_| cut(path))
    }

    fn length32(&mut self, path: &Path) -> Result<usize, ValueError> {
        let length = self.rest.read_data_u32().map_err(|_| cut(path))?;
        usize::try_from(length).map_err(|_| cut(path))
    }

    fn take(&mut self, path: &Path, length: usize) -> Result<&'a [u8], ValueError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| cut(path))?;
        self.rest = rest;
        Ok(taken)
    }
}

/// The exact decimal of a float: what core holds, too.
fn float(path: &Path, number: f64) -> Result<Number, ValueError> {
    if number.is_finite() {
        parse_number(path, &super::write::exact_decimal(number))
    } else {
        Err(ValueError::new(path, "infinity is not supported"))
    }
}

fn parse_number(path: &Path, text: &str) -> Result<Number, ValueError> {
    text.parse().map_err(|_| ValueError::new(path, "not a number"))
}

fn wrong(path: &Path, wanted: &Type) -> ValueError {
    ValueError::new(path, format!("{} is required", type_name(wanted)))
}

fn cut(path: &Path) -> ValueError {
    ValueError::new(path, "the value ends in the middle")
}
