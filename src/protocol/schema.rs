//! Schema → message, in an order that never changes.

use super::value::type_json;
use super::wire::tfplugin5 as proto;
use crate::resource::Signature;
use crate::schema::{Attribute, Block, NestedBlock, Nesting, Presence, Schema};

/// The message of a schema. `block` is always set: core dereferences it without looking.
pub fn schema_message(schema: &Schema) -> proto::Schema {
    proto::Schema { version: schema.version, block: Some(block_message(&schema.block)) }
}

fn block_message(block: &Block) -> proto::schema::Block {
    let mut attributes: Vec<_> = block.attributes.iter().map(attribute_message).collect();
    attributes.sort_by(|left, right| left.name.cmp(&right.name));
    let mut block_types: Vec<_> = block.blocks.iter().map(nested_message).collect();
    block_types.sort_by(|left, right| left.type_name.cmp(&right.type_name));
    proto::schema::Block {
        attributes,
        block_types,
        description: block.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        ..Default::default()
    }
}

fn attribute_message(attribute: &Attribute) -> proto::schema::Attribute {
    proto::schema::Attribute {
        name: attribute.name.to_owned(),
        r#type: type_json(&attribute.ty).to_string().into(),
        description: attribute.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        required: attribute.presence == Presence::Required,
        optional: matches!(attribute.presence, Presence::Optional | Presence::OptionalComputed),
        computed: matches!(attribute.presence, Presence::Computed | Presence::OptionalComputed),
        sensitive: attribute.sensitive,
        ..Default::default()
    }
}

/// A nested block. One that stands at most once is a list, which may be left open; see `value/single.rs`. Other limits
/// are left to our own validation, which says more than a count.
fn nested_message(nested: &NestedBlock) -> proto::schema::NestedBlock {
    use proto::schema::nested_block::NestingMode;
    let (nesting, most) = match nested.nesting {
        Nesting::Single => (NestingMode::List, 1),
        Nesting::List => (NestingMode::List, 0),
        Nesting::Set => (NestingMode::Set, 0),
    };
    proto::schema::NestedBlock {
        type_name: nested.name.to_owned(),
        block: Some(block_message(&nested.block)),
        nesting: nesting.into(),
        min_items: 0,
        max_items: most,
    }
}

/// The message of an identity. Each attribute is either required for an import or optional in one.
pub fn identity_message(schema: &Schema) -> proto::ResourceIdentitySchema {
    let attributes = schema.block.attributes.iter().map(|attribute| {
        let required = attribute.presence == Presence::Required;
        proto::resource_identity_schema::IdentityAttribute {
            name: attribute.name.to_owned(),
            r#type: type_json(&attribute.ty).to_string().into(),
            required_for_import: required,
            optional_for_import: !required,
            description: attribute.description.clone(),
        }
    });
    let mut identity_attributes: Vec<_> = attributes.collect();
    identity_attributes.sort_by(|left, right| left.name.cmp(&right.name));
    proto::ResourceIdentitySchema { version: schema.version, identity_attributes }
}

/// The message of a function. Core sends neither nulls nor unknowns, because no parameter asks for them.
pub fn function_message(signature: &Signature) -> proto::Function {
    let parameter = |parameter: &Attribute| proto::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: type_json(&parameter.ty).to_string().into(),
        description: parameter.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        ..Default::default()
    };
    proto::Function {
        parameters: signature.parameters.iter().map(parameter).collect(),
        r#return: Some(proto::function::Return { r#type: type_json(&signature.output).to_string().into() }),
        summary: signature.summary.clone(),
        description: signature.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    fn attribute(name: &'static str, ty: Type, presence: Presence) -> Attribute {
        Attribute { name, ty, presence, sensitive: false, description: String::new(), default: None, rules: Vec::new() }
    }

    #[test]
    fn attributes_and_blocks_are_sorted_by_name() {
        let nested = |name| NestedBlock { name, nesting: Nesting::Set, block: Block::default() };
        let block = Block {
            attributes: vec![
                attribute("b", Type::Bool, Presence::Required),
                attribute("a", Type::Number, Presence::Computed),
            ],
            blocks: vec![nested("z"), nested("y")],
            ..Block::default()
        };
        let message = schema_message(&Schema { version: 3, block });
        assert_eq!(message.version, 3);
        let block = message.block.unwrap();
        assert_eq!(block.attributes.iter().map(|attribute| &attribute.name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(block.block_types.iter().map(|nested| &nested.type_name).collect::<Vec<_>>(), ["y", "z"]);
        assert!(block.block_types.iter().all(|nested| nested.block.is_some()), "core panics without it");
    }

    #[test]
    fn types_are_written_as_core_writes_them() {
        let object = Type::Object([("b".to_owned(), Type::Bool), ("a".to_owned(), Type::String)].into());
        for (ty, json) in [
            (Type::String, r#""string""#),
            (Type::List(Box::new(Type::Number)), r#"["list","number"]"#),
            (Type::Map(Box::new(Type::Set(Box::new(Type::Bool)))), r#"["map",["set","bool"]]"#),
            (object, r#"["object",{"a":"string","b":"bool"}]"#),
        ] {
            let message = attribute_message(&attribute("x", ty, Presence::Optional));
            assert_eq!(message.r#type, json);
        }
    }

    #[test]
    fn presence_becomes_the_three_flags() {
        for (presence, flags) in [
            (Presence::Required, (true, false, false)),
            (Presence::Optional, (false, true, false)),
            (Presence::OptionalComputed, (false, true, true)),
            (Presence::Computed, (false, false, true)),
        ] {
            let message = attribute_message(&attribute("x", Type::String, presence));
            assert_eq!((message.required, message.optional, message.computed), flags, "{presence:?}");
        }
    }
}
