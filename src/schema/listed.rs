//! What [`attributes!`](crate::attributes) calls for each field, so that a field costs a call and not the code.

use std::collections::BTreeMap;

use super::{Attribute, Block, NestedBlock, Nesting, Presence, Rule};
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
