//! What a plan may say.

use super::{Breach, at, is_computed, show};
use privatelink::schema::{Attribute, Block, NestedBlock, Nesting, Presence, Schema};
use privatelink::value::{Path, Step, Value};

/// The rules that a planned state breaks. Empty: core accepts it.
///
/// What is configured must be planned as configured, or stay as it was; what is not configured must
/// be planned null unless it is computed; blocks must be as many as configured. A provider that
/// changes a configured value in its plan is at fault, even by its spelling.
pub fn assert_plan_valid(schema: &Schema, prior: &Value, config: &Value, planned: &Value) -> Vec<Breach> {
    let mut breaches = super::result::misfits(schema, planned, true);
    block(&schema.block, &Path::root(), prior, config, planned, &mut breaches);
    breaches
}

fn block(block: &Block, path: &Path, prior: &Value, config: &Value, planned: &Value, breaches: &mut Vec<Breach>) {
    if planned.is_null() && !config.is_null() {
        return breaches.push(Breach::new(path, "planned for absence but config wants existence"));
    }
    if config.is_null() && !planned.is_null() {
        return breaches.push(Breach::new(path, "planned for existence but config wants absence"));
    }
    if planned.is_null() {
        return;
    }
    for attribute in &block.attributes {
        let name = attribute.name;
        let breach = attribute_breach(attribute, prior.get(name), config.get(name), planned.get(name));
        breaches.extend(breach.map(|rule| Breach::new(&path.child(name), rule)));
    }
    for inner in &block.blocks {
        let name = inner.name;
        nested(inner, &path.child(name), prior.get(name), config.get(name), planned.get(name), breaches);
    }
}

fn attribute_breach(attribute: &Attribute, prior: &Value, config: &Value, planned: &Value) -> Option<String> {
    let same = |left: &Value, right: &Value| left.same(right, &attribute.ty);
    let kept = same(planned, prior) && !prior.is_null() && !config.is_null();
    let free = attribute.presence == Presence::Computed || (is_computed(attribute) && config.is_null());
    if same(planned, config) || kept || free {
        return None;
    }
    let planned = show(planned, attribute.sensitive);
    if config.is_null() {
        return Some(format!("planned value {planned} for a non-computed attribute"));
    }
    let config = show(config, attribute.sensitive);
    let prior_too = if prior.is_null() { "" } else { " nor prior value" };
    Some(format!("planned value {planned} does not match config value {config}{prior_too}"))
}

fn nested(
    inner: &NestedBlock,
    path: &Path,
    prior: &Value,
    config: &Value,
    planned: &Value,
    breaches: &mut Vec<Breach>,
) {
    if config.is_unknown() {
        if !planned.is_unknown() {
            breaches.push(Breach::new(path, "planned value for unknown dynamic block"));
        }
        return;
    }
    if planned.is_unknown() {
        return breaches.push(Breach::new(path, "attribute representing nested block must not be unknown itself"));
    }
    if inner.nesting == Nesting::Single {
        return block(&inner.block, path, prior, config, planned, breaches);
    }
    let (Some(configured), Some(planned)) = (config.as_list(), planned.as_list()) else {
        return breaches.push(Breach::new(path, "repeated blocks must not be null"));
    };
    if planned.iter().any(Value::is_unknown) && !configured.iter().any(Value::is_unknown) {
        return breaches.push(Breach::new(path, "element representing nested block must not be unknown itself"));
    }
    // Nothing else is checked in sets: their elements have no identity.
    if inner.nesting == Nesting::Set {
        return;
    }
    if planned.len() != configured.len() {
        let rule =
            format!("block count in plan ({}) disagrees with count in config ({})", planned.len(), configured.len());
        return breaches.push(Breach::new(path, rule));
    }
    let prior = prior.as_list().unwrap_or_default();
    for (index, (configured, planned)) in configured.iter().zip(planned).enumerate() {
        let path = path.with(Step::Index(index));
        block(&inner.block, &path, at(prior, index), configured, planned, breaches);
    }
}
