//! An object as a resource of hashicorp/aws with its import, in HCL.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::object::Object;
use crate::hcl::{Body, Expression};

/// What others name an object by, and how.
pub(super) fn named(object: &Object) -> impl Iterator<Item = (String, String)> {
    object.way.named_by.iter().filter_map(|(attribute, field)| {
        let id = object.context.pointer(field)?.as_str()?;
        Some((id.to_owned(), format!("{}.{}.{attribute}", object.way.type_name, object.label)))
    })
}

/// Writes the resource, and how its object is imported where it can be.
pub(super) fn write(body: &mut Body, object: &Object, names: &BTreeMap<String, String>) {
    let Object { way, label, context, provider } = object;
    let mut inner = Body::new();
    if let Some(name) = provider {
        inner.set("provider", Expression::Reference(format!("aws.{name}")));
        inner.gap();
    }
    for (name, text) in way.constants {
        inner.set(name, Expression::text(*text));
    }
    arguments(&mut inner, way.arguments, context, names);
    for (kind, fields) in way.blocks {
        let mut block = Body::new();
        arguments(&mut block, fields, context, names);
        for (_, name, field) in way.nested.iter().filter(|(parent, ..)| parent == kind) {
            nest(&mut block, name, context.pointer(field).unwrap_or(&Json::Null), names);
        }
        if !block.is_empty() {
            inner.block(kind, &[], block);
        }
    }
    for (_, name, field) in way.nested.iter().filter(|(parent, ..)| parent.is_empty()) {
        nest(&mut inner, name, context.pointer(field).unwrap_or(&Json::Null), names);
    }
    body.block("resource", &[way.type_name, label], inner);
    let parts: Option<Vec<&str>> = way.import.iter().map(|field| context.pointer(field)?.as_str()).collect();
    if let Some(parts) = parts.filter(|parts| !parts.is_empty()) {
        let mut import = Body::new();
        import.set("to", Expression::Reference(format!("{}.{label}", way.type_name)));
        import.set("id", Expression::text(parts.join("_")));
        body.block("import", &[], import);
    }
}

/// Blocks of an object, or of each object of a list: its lists are blocks in it, the rest arguments.
fn nest(body: &mut Body, name: &str, value: &Json, names: &BTreeMap<String, String>) {
    let objects = value.as_array().map_or_else(|| vec![value], |items| items.iter().collect());
    for entries in objects.into_iter().filter_map(Json::as_object) {
        let mut block = Body::new();
        for (key, value) in entries {
            if value.is_array() {
                nest(&mut block, key, value, names);
            } else {
                block.set(key, expression(key, value, names));
            }
        }
        body.block(name, &[], block);
    }
}

/// Arguments whose field says something.
fn arguments(body: &mut Body, all: &[(&str, &str)], context: &Json, names: &BTreeMap<String, String>) {
    for (name, field) in all {
        let Some(value) = context.pointer(field).filter(|value| !is_empty(value)) else { continue };
        body.set(name, expression(name, value, names));
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

fn expression(name: &str, value: &Json, names: &BTreeMap<String, String>) -> Expression {
    match value {
        Json::String(text) if names.contains_key(text) => {
            Expression::Reference(names.get(text).cloned().unwrap_or_default())
        }
        Json::String(text) if name == "policy" => match serde_json::from_str(text) {
            Ok(document) => Expression::Call("jsonencode", Box::new(Expression::of_json(&document))),
            Err(_) => Expression::text(text.as_str()),
        },
        Json::Array(items) => Expression::List(items.iter().map(|item| expression(name, item, names)).collect()),
        other => Expression::of_json(other),
    }
}
