//! What [`attributes!`](crate::attributes) calls for each field, so that a field costs a call and not the code.

use std::collections::BTreeMap;

use super::{Attribute, Attributes, Block, NestedBlock, Nesting, Presence, Rule};
use crate::diagnostic::Diagnostics;
use crate::value::{Path, Type, Value};

/// The name of a field: `r#type` is the field of the attribute `type`.
pub const fn name_of(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// The lines of a comment as text.
pub fn text(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join("\n").trim().to_owned()
}

/// Adds an attribute to a block.
pub fn declare(
    block: &mut Block,
    name: &'static str,
    ty: Type,
    (presence, sensitive): (Presence, bool),
    lines: &[&str],
    default: Option<Value>,
    rules: Vec<Rule>,
) {
    block.attributes.push(Attribute { name, ty, presence, sensitive, description: text(lines), default, rules });
}

/// Adds a nested block to a block. Its text is the field's, where the field has one.
pub fn nest(block: &mut Block, name: &'static str, nesting: Nesting, lines: &[&str], mut content: Block) {
    let text = text(lines);
    if !text.is_empty() {
        content.description = text;
    }
    block.blocks.push(NestedBlock { name, nesting, block: content });
}

/// Reads a field out of an object; what does not fit goes to the diagnostics.
pub fn read<T, E>(
    (value, path): (&Value, &Path),
    name: &'static str,
    decode: fn(&Value, &Path) -> Result<T, E>,
    field: &mut T,
    diagnostics: &mut Diagnostics,
) where
    Diagnostics: From<E>,
{
    match decode(value.get(name), &path.child(name)) {
        Ok(decoded) => *field = decoded,
        Err(found) => diagnostics.extend(Diagnostics::from(found)),
    }
}

/// Writes a field into an object.
pub fn write(entries: &mut BTreeMap<String, Value>, name: &'static str, value: Value) {
    entries.insert(name.to_owned(), value);
}

/// Adds all attributes and blocks of another list to a block.
pub fn take_in(block: &mut Block, other: Block) {
    block.attributes.extend(other.attributes);
    block.blocks.extend(other.blocks);
}

/// Reads a list whose attributes stand among others in an object.
pub fn read_flat<T: Attributes>((value, path): (&Value, &Path), field: &mut T, diagnostics: &mut Diagnostics) {
    match T::decode(value, path) {
        Ok(decoded) => *field = decoded,
        Err(found) => diagnostics.extend(found),
    }
}

/// Writes a list's attributes among others into an object.
pub fn write_flat(entries: &mut BTreeMap<String, Value>, list: &Value) {
    for (name, value) in list.as_map().into_iter().flatten() {
        entries.insert(name.clone(), value.clone());
    }
}
