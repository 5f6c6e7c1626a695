//! The documentation page of a resource in Terraform Registry form, from its attributes.

use std::fmt::Write as _;

use super::{Attribute, Block, NestedBlock, Nesting, Presence, Rule, Schema};
use crate::value::{Type, Value};

/// Renders the schema part of a page: required, optional and read-only, then each nested block.
pub fn page(schema: &Schema) -> String {
    let mut text = String::from("## Schema\n");
    let mut nested = Vec::new();
    section(&mut text, &schema.block, "", 3, &mut nested);
    while !nested.is_empty() {
        for (anchor, block) in std::mem::take(&mut nested) {
            let _ = write!(
                text,
                "\n<a id=\"nestedblock--{anchor}\"></a>\n### Nested schema for `{}`\n",
                anchor.replace("--", ".")
            );
            section(&mut text, block, &anchor, 0, &mut nested);
        }
    }
    text
}

/// Renders the signature of a function and its parameters.
pub fn signature(name: &str, parameters: &[Attribute], output: &Type) -> String {
    let word = |ty: &Type| type_name(ty).to_lowercase();
    let typed = parameters.iter().map(|parameter| format!("{} {}", parameter.name, word(&parameter.ty)));
    let mut text = format!(
        "## Signature\n\n```text\n{name}({}) {}\n```\n\n## Arguments\n\n",
        typed.collect::<Vec<_>>().join(", "),
        word(output)
    );
    for (index, parameter) in parameters.iter().enumerate() {
        let about = one_line(&parameter.description);
        let _ = writeln!(text, "{}. `{}` ({}) {about}", index + 1, parameter.name, type_name(&parameter.ty));
    }
    text
}

fn section<'a>(text: &mut String, block: &'a Block, anchor: &str, level: usize, nested: &mut Vec<(String, &'a Block)>) {
    let heading = |title: &str| {
        if level > 0 { format!("\n{} {title}\n\n", "#".repeat(level)) } else { format!("\n{title}:\n\n") }
    };
    let of = |wanted: fn(Presence) -> bool| {
        let mut found: Vec<&Attribute> =
            block.attributes.iter().filter(|attribute| wanted(attribute.presence)).collect();
        found.sort_by_key(|attribute| attribute.name);
        found
    };
    let required = of(|presence| presence == Presence::Required);
    if !required.is_empty() {
        text.push_str(&heading("Required"));
        for attribute in required {
            line(text, attribute);
        }
    }
    let optional = of(|presence| matches!(presence, Presence::Optional | Presence::OptionalComputed));
    if !optional.is_empty() || !block.blocks.is_empty() {
        text.push_str(&heading("Optional"));
        for attribute in optional {
            line(text, attribute);
        }
        let mut blocks: Vec<&NestedBlock> = block.blocks.iter().collect();
        blocks.sort_by_key(|nested| nested.name);
        for child in blocks {
            let anchor = if anchor.is_empty() { child.name.to_owned() } else { format!("{anchor}--{}", child.name) };
            let kind = match child.nesting {
                Nesting::Single => "Block List, Max: 1",
                Nesting::List => "Block List",
                Nesting::Set => "Block Set",
            };
            let about = one_line(&child.block.description);
            let _ = writeln!(
                text,
                "- `{}` ({kind}) {about} (see [below for nested schema](#nestedblock--{anchor}))",
                child.name
            );
            nested.push((anchor, &child.block));
        }
    }
    let computed = of(|presence| presence == Presence::Computed);
    if !computed.is_empty() {
        text.push_str(&heading("Read-Only"));
        for attribute in computed {
            line(text, attribute);
        }
    }
}

fn line(text: &mut String, attribute: &Attribute) {
    let sensitive = if attribute.sensitive { ", Sensitive" } else { "" };
    let _ = write!(
        text,
        "- `{}` ({}{sensitive}) {}",
        attribute.name,
        type_name(&attribute.ty),
        one_line(&attribute.description)
    );
    if let Some(default) = &attribute.default {
        let _ = write!(text, " Default: {}.", literal(default));
    }
    for rule in &attribute.rules {
        match rule {
            Rule::OneOf(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                let _ = write!(text, " One of {}.", words.join(", "));
            }
            Rule::Range(least, most) => {
                let _ = write!(text, " From {least} to {most}.");
            }
            Rule::Replace => text.push_str(" Changing it replaces the resource."),
            Rule::Is(_)
            | Rule::Results
            | Rule::Unique(_)
            | Rule::Key
            | Rule::KeepsEmpty
            | Rule::Canonical(_)
            | Rule::Means(_)
            | Rule::Refuse(_) => {}
        }
    }
    text.push('\n');
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null | Value::Unknown(_) => "none".to_owned(),
        Value::Bool(flag) => format!("`{flag}`"),
        Value::Number(number) => format!("`{number}`"),
        Value::String(text) => format!("`{text}`"),
        Value::List(items) => format!("`[{}]`", items.iter().map(bare).collect::<Vec<_>>().join(", ")),
        Value::Map(_) => "`{}`".to_owned(),
    }
}

fn bare(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        other => literal(other).trim_matches('`').to_owned(),
    }
}

/// A type as the Registry writes it: `String`, `Set of String`, `Object {…}`.
fn type_name(ty: &Type) -> String {
    match ty {
        Type::String => "String".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::Bool => "Boolean".to_owned(),
        Type::List(of) => format!("List of {}", type_name(of)),
        Type::Set(of) => format!("Set of {}", type_name(of)),
        Type::Map(of) => format!("Map of {}", type_name(of)),
        Type::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(name, ty)| format!("{name}: {}", type_name(ty))).collect();
            format!("Object {{{}}}", fields.join(", "))
        }
    }
}
