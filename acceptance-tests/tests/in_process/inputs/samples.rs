//! Right values of arguments, from their rules, and configurations in which one argument stands.

use std::collections::BTreeMap;

use privatelink::schema::{Attribute, Block, Nesting, Presence, Rule};
use privatelink::value::{Path, Type, Value};

/// Texts of which at least one fits each rule in words.
const TEXTS: [&str; 9] =
    ["orders", "https", "111111111111", "10.0.1.5", "/ready", "200", "50", "ELBSecurityPolicy-2016-08", "{}"];

/// A value that the argument's rules take.
pub(crate) fn sample(attribute: &Attribute) -> Value {
    match &attribute.ty {
        Type::List(_) | Type::Set(_) => Value::List(vec![scalar(attribute)]),
        Type::Map(_) => Value::Map([("team".to_owned(), Value::from("orders"))].into()),
        _ => scalar(attribute),
    }
}

fn scalar(attribute: &Attribute) -> Value {
    for rule in &attribute.rules {
        match rule {
            Rule::Is(format) => return Value::from(format.example),
            Rule::OneOf(words) => return Value::from(words[0]),
            Rule::Range(least, _) => return Value::from((*least).max(1)),
            Rule::Refuse(judge) => {
                let fits = TEXTS.into_iter().map(Value::from).find(|text| judge(text).is_none());
                return fits.unwrap_or_else(|| panic!("no text fits {}", attribute.name));
            }
            _ => {}
        }
    }
    match attribute.ty {
        Type::Bool => Value::Bool(true),
        Type::Number => Value::from(1),
        _ => Value::from("orders"),
    }
}

/// One argument, and the nested blocks that lead to it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Nested blocks from the top, then the argument.
    pub(crate) steps: Vec<&'static str>,
    pub(crate) attribute: Attribute,
}

impl Place {
    /// As diagnostics write it.
    pub(crate) fn path(&self) -> Path {
        self.steps.iter().fold(Path::root(), |path, step| path.child(*step))
    }
}

/// Every argument of a block and of the blocks in it.
pub(crate) fn places(block: &Block) -> Vec<Place> {
    let mut all = Vec::new();
    collect(block, &[], &mut all);
    all
}

fn collect(block: &Block, within: &[&'static str], all: &mut Vec<Place>) {
    let step = |name: &'static str| within.iter().copied().chain([name]).collect::<Vec<_>>();
    for attribute in block.attributes.iter().filter(|attribute| attribute.presence.is_configurable()) {
        all.push(Place { steps: step(attribute.name), attribute: attribute.clone() });
    }
    for nested in &block.blocks {
        collect(&nested.block, &step(nested.name), all);
    }
}

/// A configuration with right values for what is required, with the blocks that lead to a place and this value there.
pub(crate) fn configured(block: &Block, steps: &[&'static str], value: &Value) -> Value {
    let mut entries = BTreeMap::new();
    for attribute in &block.attributes {
        let required = attribute.presence == Presence::Required;
        entries.insert(attribute.name.to_owned(), if required { sample(attribute) } else { Value::Null });
    }
    for nested in &block.blocks {
        let nothing = if nested.nesting == Nesting::Single { Value::Null } else { Value::List(Vec::new()) };
        entries.insert(nested.name.to_owned(), nothing);
    }
    let (first, rest) = steps.split_first().unwrap();
    let inner = match block.nested(first) {
        None => value.clone(),
        Some(nested) => {
            let content = configured(&nested.block, rest, value);
            if nested.nesting == Nesting::Single { content } else { Value::List(vec![content]) }
        }
    };
    entries.insert((*first).to_owned(), inner);
    Value::Map(entries)
}
