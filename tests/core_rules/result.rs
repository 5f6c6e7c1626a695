//! What a result may be, after a plan.

use super::{Breach, at, show};
use privatelink::protocol::value::{to_msgpack, to_msgpack_salvaging};
use privatelink::schema::{Block, NestedBlock, Nesting, Schema};
use privatelink::value::{Path, Step, Type, Value};

/// The rules that a result breaks, given the plan. Empty: core accepts it.
///
/// What the plan knew must have come true; what it left unknown may be anything of the type. Also
/// holds between the plan and the plan that core asks for again before apply.
pub fn assert_object_compatible(schema: &Schema, planned: &Value, actual: &Value) -> Vec<Breach> {
    let mut breaches = Vec::new();
    block(&schema.block, &Path::root(), planned, actual, &mut breaches);
    breaches
}

/// The rules that a state breaks by itself: of the exact type, wholly known.
pub fn assert_state_valid(schema: &Schema, state: &Value) -> Vec<Breach> {
    misfits(schema, state, false)
}

pub(super) fn misfits(schema: &Schema, value: &Value, unknown_is_fine: bool) -> Vec<Breach> {
    let misfits = if unknown_is_fine {
        to_msgpack(&schema.block, value).err().into_iter().collect()
    } else {
        to_msgpack_salvaging(&schema.block, value).misfits
    };
    misfits.into_iter().map(|misfit| Breach { path: misfit.path, rule: misfit.problem }).collect()
}

fn block(block: &Block, path: &Path, planned: &Value, actual: &Value, breaches: &mut Vec<Breach>) {
    if planned.is_unknown() {
        return;
    }
    match (planned.is_null(), actual.is_null()) {
        (true, true) => return,
        (true, false) => return breaches.push(Breach::new(path, "was absent, but now present")),
        (false, true) => return breaches.push(Breach::new(path, "was present, but now absent")),
        (false, false) => {}
    }
    for attribute in &block.attributes {
        let (name, sensitive) = (attribute.name, attribute.sensitive);
        value(&path.child(name), &attribute.ty, sensitive, planned.get(name), actual.get(name), breaches);
    }
    for inner in &block.blocks {
        nested(inner, &path.child(inner.name), planned.get(inner.name), actual.get(inner.name), breaches);
    }
}

fn nested(inner: &NestedBlock, path: &Path, planned: &Value, actual: &Value, breaches: &mut Vec<Breach>) {
    if inner.nesting == Nesting::Single {
        return block(&inner.block, path, planned, actual, breaches);
    }
    if planned.is_unknown() {
        return;
    }
    let before = planned.as_list().unwrap_or_default();
    let now = actual.as_list().unwrap_or_default();
    if inner.nesting == Nesting::Set {
        let fits = |planned: &Value, actual: &Value| {
            let mut found = Vec::new();
            block(&inner.block, path, planned, actual, &mut found);
            found.is_empty()
        };
        return breaches.extend(set(path, before, now, fits));
    }
    if before.len() != now.len() {
        let rule = format!("block count changed from {} to {}", before.len(), now.len());
        return breaches.push(Breach::new(path, rule));
    }
    for (index, planned) in before.iter().enumerate() {
        block(&inner.block, &path.with(Step::Index(index)), planned, at(now, index), breaches);
    }
}

fn value(path: &Path, ty: &Type, sensitive: bool, planned: &Value, actual: &Value, breaches: &mut Vec<Breach>) {
    if planned.is_unknown() {
        return;
    }
    let mut breach = |rule: String| breaches.push(Breach::new(path, rule));
    match (planned, actual) {
        (Value::Null, Value::Null) => {}
        (Value::Null, actual) => breach(format!("was null, but now {}", show(actual, sensitive))),
        (planned, Value::Null) => breach(format!("was {}, but now null", show(planned, sensitive))),
        (Value::List(before), Value::List(now)) => match ty {
            Type::Set(element) => breaches.extend(set(path, before, now, |planned, actual| {
                let mut found = Vec::new();
                value(path, element, sensitive, planned, actual, &mut found);
                found.is_empty()
            })),
            Type::List(element) if before.len() == now.len() => {
                for (index, (planned, actual)) in before.iter().zip(now).enumerate() {
                    value(&path.with(Step::Index(index)), element, sensitive, planned, actual, breaches);
                }
            }
            _ => breach(format!("element count changed from {} to {}", before.len(), now.len())),
        },
        (Value::Map(before), Value::Map(now)) => {
            for key in now.keys().filter(|key| !before.contains_key(*key)) {
                breaches.push(Breach::new(path, format!("new element {key:?} has appeared")));
            }
            for (key, planned) in before {
                let (path, inner) = match ty {
                    Type::Object(attributes) => (path.child(key.clone()), attributes.get(key)),
                    Type::Map(element) => (path.with(Step::Key(key.clone())), Some(element.as_ref())),
                    _ => (path.clone(), None),
                };
                match (now.get(key), inner) {
                    (Some(actual), Some(inner)) => value(&path, inner, sensitive, planned, actual, breaches),
                    _ => breaches.push(Breach::new(&path, "element has vanished")),
                }
            }
        }
        (planned, actual) if planned == actual => {}
        (planned, actual) => {
            breach(format!("was {}, but now {}", show(planned, sensitive), show(actual, sensitive)));
        }
    }
}

/// Every planned element must have become some actual one and the other way round. Elements may
/// fall together, but none may be added.
fn set(path: &Path, planned: &[Value], actual: &[Value], fits: impl Fn(&Value, &Value) -> bool) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if actual.len() > planned.len() {
        let rule = format!("length changed from {} to {}", planned.len(), actual.len());
        breaches.push(Breach::new(path, rule));
    }
    for planned in planned.iter().filter(|planned| !actual.iter().any(|actual| fits(planned, actual))) {
        breaches
            .push(Breach::new(path, format!("planned set element {planned:?} does not correlate with any in actual")));
    }
    for actual in actual.iter().filter(|actual| !planned.iter().any(|planned| fits(planned, actual))) {
        breaches.push(Breach::new(path, format!("actual set element {actual:?} does not correlate with any in plan")));
    }
    breaches
}
