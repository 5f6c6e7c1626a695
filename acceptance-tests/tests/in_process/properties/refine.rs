//! A plan in which something is unknown promises nothing that a plan with the values breaks.

use crate::core_rules::assert_object_compatible;
use privatelink::diagnostic::Diagnostics;
use privatelink::protocol::value::from_json;
use privatelink::schema::{Block, Nesting, Schema};
use privatelink::value::{Type, Value};
use serde_json::Value as Json;

use crate::core::{Terraform, ask, texts, value_of};

/// Plans a create with some of the configuration unknown, then with all of it.
pub(super) async fn create(terraform: &Terraform, kind: &str, config: &Json, picks: u64) {
    refines(terraform, kind, &Value::Null, config, picks).await;
}

/// Plans a change of what exists with some of the configuration unknown, then with all of it.
pub(super) async fn update(terraform: &mut Terraform, kind: &str, name: &str, config: &Json, picks: u64) {
    let found = terraform.refresh(name).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let schema = terraform.server(kind).1.schema();
    let prior = from_json(&schema.block, &terraform.state(name)).unwrap();
    refines(terraform, kind, &prior, config, picks).await;
}

async fn refines(terraform: &Terraform, kind: &str, prior: &Value, config: &Json, picks: u64) {
    let (_, server) = terraform.server(kind);
    let schema = server.schema();
    let known = value_of(&schema, config);
    let mut hidden = Vec::new();
    let open = clouded(&schema, &known, &mut fastrand::Rng::with_seed(picks), &mut hidden);
    let told = |found: &Diagnostics| format!("unknown {hidden:?} of {config:#}\n{:#?}", texts(found));
    let found = server.validate(&open);
    assert!(!found.has_errors(), "{}", told(&found));
    let first = ask(&*server, &schema, prior, &open).await.unwrap_or_else(|found| panic!("{}", told(&found)));
    let second = ask(&*server, &schema, prior, &known).await.unwrap_or_else(|found| panic!("{}", told(&found)));
    // A replacement plans the second time as if there were nothing; core compares within one action.
    if first.replaced_by == second.replaced_by {
        let breaches = assert_object_compatible(&schema, &first.planned, &second.planned);
        assert!(breaches.is_empty(), "contradicted: {breaches:#?}\nunknown {hidden:?} of {config:#}");
    }
}

/// Makes about a quarter of what is written unknown: values, elements, whole lists of blocks.
fn clouded(schema: &Schema, config: &Value, random: &mut fastrand::Rng, hidden: &mut Vec<String>) -> Value {
    block(&schema.block, config, "", random, hidden)
}

fn block(block_: &Block, value: &Value, path: &str, random: &mut fastrand::Rng, hidden: &mut Vec<String>) -> Value {
    let Some(entries) = value.as_map() else { return value.clone() };
    let mut entries = entries.clone();
    for attribute in &block_.attributes {
        let path = format!("{path}.{}", attribute.name);
        if let Some(entry) = entries.get_mut(attribute.name) {
            *entry = leaf(&attribute.ty, entry, &path, random, hidden);
        }
    }
    for nested in &block_.blocks {
        let path = format!("{path}.{}", nested.name);
        let Some(entry) = entries.get_mut(nested.name) else { continue };
        *entry = match (nested.nesting, &*entry) {
            (Nesting::Single, inner) => block(&nested.block, inner, &path, random, hidden),
            // A dynamic block over what is not known.
            (_, Value::List(items)) if !items.is_empty() && random.u8(..16) == 0 => {
                hidden.push(path);
                Value::UNKNOWN
            }
            (_, Value::List(items)) => {
                Value::List(items.iter().map(|item| block(&nested.block, item, &path, random, hidden)).collect())
            }
            (_, other) => other.clone(),
        };
    }
    Value::Map(entries)
}

fn leaf(ty: &Type, value: &Value, path: &str, random: &mut fastrand::Rng, hidden: &mut Vec<String>) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    if random.u8(..6) == 0 {
        hidden.push(path.to_owned());
        return Value::UNKNOWN;
    }
    match (ty, value) {
        (Type::Set(element) | Type::List(element), Value::List(items)) => {
            Value::List(items.iter().map(|item| leaf(element, item, path, random, hidden)).collect()).sorted(ty)
        }
        (Type::Map(element), Value::Map(entries)) => Value::Map(
            entries
                .iter()
                .map(|(key, item)| (key.clone(), leaf(element, item, &format!("{path}[{key}]"), random, hidden)))
                .collect(),
        ),
        _ => value.clone(),
    }
}
