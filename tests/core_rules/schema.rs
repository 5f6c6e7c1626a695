//! What a schema may look like. Core rejects the rest when it loads the provider, or panics.

use std::collections::BTreeSet;

use super::{Breach, is_computed};
use privatelink::protocol::value::{from_json, to_json};
use privatelink::resource::ProviderServer;
use privatelink::schema::{Attribute, Block, Nesting, Presence, Schema};
use privatelink::value::{Path, Type, Value};

/// Names that Terraform's language takes for itself in resource blocks.
const RESOURCE_WORDS: [&str; 7] =
    ["count", "for_each", "depends_on", "lifecycle", "provider", "provisioner", "connection"];
/// Names that Terraform's language takes for itself in provider blocks.
const PROVIDER_WORDS: [&str; 4] = ["alias", "version", "source", "providers"];
/// Deeper messages are refused by protobuf decoders; one block is two messages.
const MAX_DEPTH: usize = 40;

/// The rules that a provider's schemas break, all of them. Empty: core loads it.
pub fn check_provider(provider: &dyn ProviderServer) -> Vec<Breach> {
    let mut breaches = check_provider_schema(&provider.schema());
    let resources = provider.resources().iter().map(|(name, resource)| (*name, resource.schema()));
    let data_sources = provider.data_sources().iter().map(|(name, source)| (*name, source.schema()));
    let actions = provider.actions().iter().map(|(name, action)| (*name, action.schema()));
    for (name, schema) in resources.chain(data_sources).chain(actions) {
        let path = Path::attribute(name);
        if !is_identifier(name) {
            breaches.push(Breach::new(&path, "the type is not an identifier"));
        }
        let below = |breach: Breach| {
            let steps = breach.path.steps().iter();
            Breach { path: steps.fold(path.clone(), |path, step| path.with(step.clone())), rule: breach.rule }
        };
        breaches.extend(check_resource_schema(&schema).into_iter().map(below));
    }
    for (name, resource) in provider.resources() {
        let below = |breach: Breach| Breach { path: Path::attribute(*name), rule: format!("identity: {breach}") };
        let schema = resource.identity_schema();
        breaches.extend(schema.iter().flat_map(check_identity_schema).map(below));
    }
    for (name, list) in provider.list_resources() {
        let path = Path::attribute(*name);
        let below = |breach: Breach| Breach { path: path.clone(), rule: format!("list: {breach}") };
        breaches.extend(check_resource_schema(&list.schema()).into_iter().map(below));
        if provider.resources().get(name).and_then(|resource| resource.identity_schema()).is_none() {
            breaches.push(Breach::new(&path, "a list finds objects of a resource type with an identity"));
        }
    }
    for (name, function) in provider.functions() {
        let parameters = function.signature().parameters;
        let mut names: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
        if !is_identifier(name) || !names.iter().all(|name| is_identifier(name)) {
            breaches.push(Breach::new(&Path::attribute(*name), "function or parameter is not an identifier"));
        }
        names.sort_unstable();
        names.dedup();
        if names.len() != parameters.len() {
            breaches.push(Breach::new(&Path::attribute(*name), "two parameters have one name"));
        }
    }
    breaches
}

/// The rules that the provider block's schema breaks.
pub fn check_provider_schema(schema: &Schema) -> Vec<Breach> {
    check(schema, &PROVIDER_WORDS)
}

/// The rules that a resource's schema breaks.
pub fn check_resource_schema(schema: &Schema) -> Vec<Breach> {
    check(schema, &RESOURCE_WORDS)
}

/// The rules that an identity's schema breaks: texts, numbers, flags and lists of them, which an import writes or may write.
pub fn check_identity_schema(schema: &Schema) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if schema.version < 0 {
        breaches.push(Breach::new(&Path::root(), "the version is negative"));
    }
    if schema.block.attributes.is_empty() || !schema.block.blocks.is_empty() {
        breaches.push(Breach::new(&Path::root(), "an identity has attributes and no blocks"));
    }
    for attribute in &schema.block.attributes {
        let path = Path::attribute(attribute.name);
        let is_simple = match &attribute.ty {
            Type::List(of) => is_primitive(of),
            ty => is_primitive(ty),
        };
        if !is_simple {
            breaches.push(Breach::new(&path, "neither a primitive nor a list of them"));
        }
        if !matches!(attribute.presence, Presence::Required | Presence::Optional) {
            breaches.push(Breach::new(&path, "neither required nor optional for an import"));
        }
    }
    breaches
}

fn is_primitive(ty: &Type) -> bool {
    matches!(ty, Type::String | Type::Number | Type::Bool)
}

fn check(schema: &Schema, taken: &[&str]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if schema.version < 0 {
        breaches.push(Breach::new(&Path::root(), "the version is negative"));
    }
    let names = schema.block.attributes.iter().map(|attribute| attribute.name);
    for name in names.chain(schema.block.blocks.iter().map(|nested| nested.name)) {
        if taken.contains(&name) {
            breaches.push(Breach::new(&Path::attribute(name), "the language takes this name for itself"));
        }
    }
    block(&schema.block, &Path::root(), false, 0, &mut breaches);
    breaches
}

fn block(content: &Block, path: &Path, in_set: bool, depth: usize, breaches: &mut Vec<Breach>) {
    if depth > MAX_DEPTH {
        return breaches.push(Breach::new(path, "blocks are nested too deeply"));
    }
    let mut seen = BTreeSet::new();
    let mut name_breach = |name: &'static str| {
        let path = path.child(name);
        let mut found = Vec::new();
        if !is_identifier(name) {
            found.push(Breach::new(&path, "the name is not of lower-case letters, digits and underscores"));
        }
        if !seen.insert(name) {
            found.push(Breach::new(&path, "the name is used twice"));
        }
        found
    };
    for attribute in &content.attributes {
        breaches.extend(name_breach(attribute.name));
        let path = path.child(attribute.name);
        if in_set && is_computed(attribute) {
            breaches.push(Breach::new(&path, "a computed attribute in a set block is lost when its neighbours change"));
        }
        breaches.extend(default_breach(attribute).map(|rule| Breach::new(&path, rule)));
    }
    for nested in &content.blocks {
        breaches.extend(name_breach(nested.name));
        let in_set = in_set || nested.nesting == Nesting::Set;
        block(&nested.block, &path.child(nested.name), in_set, depth + 1, breaches);
    }
}

/// A default must be a value of the attribute's type.
fn default_breach(attribute: &Attribute) -> Option<String> {
    let default = attribute.default.as_ref()?;
    if default.is_null() {
        return Some("the default is null, which means none".to_owned());
    }
    let alone = Block { attributes: vec![attribute.clone()], ..Block::default() };
    let value = Value::Map([(attribute.name.to_owned(), default.clone())].into());
    match to_json(&alone, &value).and_then(|json| from_json(&alone, &json)) {
        Ok(_) => None,
        Err(error) => Some(format!("the default does not fit: {}", error.problem)),
    }
}

fn is_identifier(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_');
    first && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
