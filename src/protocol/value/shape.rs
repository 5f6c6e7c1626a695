//! Types as core sees them: what a block's value looks like, and how a type is written.

use serde_json::json;

use crate::gather::Gather as _;
use crate::value::Type;

/// A type as core writes it: `"string"`, `["set","string"]`, `["object",{"arn":"string"}]`.
pub fn type_json(ty: &Type) -> serde_json::Value {
    match ty {
        Type::String => json!("string"),
        Type::Number => json!("number"),
        Type::Bool => json!("bool"),
        Type::List(element) => json!(["list", type_json(element)]),
        Type::Set(element) => json!(["set", type_json(element)]),
        Type::Map(element) => json!(["map", type_json(element)]),
        Type::Object(attributes) => {
            let attributes: serde_json::Map<_, _> =
                attributes.iter().map(|(name, ty)| (name.clone(), type_json(ty))).gather();
            json!(["object", attributes])
        }
    }
}

/// A type in words, for messages.
pub(super) fn type_name(ty: &Type) -> &'static str {
    match ty {
        Type::String => "a string",
        Type::Number => "a number",
        Type::Bool => "a bool",
        Type::List(_) => "a list",
        Type::Set(_) => "a set",
        Type::Map(_) => "a map",
        Type::Object(_) => "an object",
    }
}
