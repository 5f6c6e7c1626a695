//! The rules, each broken once.

use privatelink::protocol::proposed_new_state;
use privatelink::protocol::value::empty;
use privatelink::schema::{Attribute, Block, NestedBlock, Nesting, Presence, Schema};
use privatelink::value::{Path, Step, Type, Value};

use crate::core_rules::{
    Breach, assert_object_compatible, assert_plan_valid, assert_state_valid, check_provider_schema,
    check_resource_schema, effective_replacements,
};

fn attribute(name: &'static str, ty: Type, presence: Presence) -> Attribute {
    Attribute { name, ty, presence, sensitive: false, description: String::new(), default: None, rules: Vec::new() }
}

fn strings() -> Type {
    Type::Set(Box::new(Type::String))
}

fn schema() -> Schema {
    let inner = Block {
        attributes: vec![
            attribute("port", Type::Number, Presence::Required),
            attribute("arn", Type::String, Presence::Computed),
        ],
        ..Block::default()
    };
    let nested = |name, nesting| NestedBlock { name, nesting, block: inner.clone() };
    let block = Block {
        attributes: vec![
            attribute("name", Type::String, Presence::Required),
            attribute("note", Type::String, Presence::Optional),
            attribute("zone", Type::String, Presence::OptionalComputed),
            attribute("id", Type::String, Presence::Computed),
            attribute("ids", strings(), Presence::Optional),
        ],
        blocks: vec![
            nested("timeouts", Nesting::Single),
            nested("rule", Nesting::List),
            nested("listener", Nesting::Set),
        ],
        ..Block::default()
    };
    Schema { version: 0, block }
}

fn object(entries: &[(&str, Value)]) -> Value {
    let Value::Map(mut all) = empty(&schema().block) else { unreachable!() };
    all.extend(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Map(all)
}

fn port(number: i64, arn: Value) -> Value {
    Value::Map([("port".to_owned(), Value::from(number)), ("arn".to_owned(), arn)].into())
}

fn list(items: &[Value]) -> Value {
    Value::List(items.to_vec())
}

fn said(breaches: &[Breach]) -> Vec<String> {
    breaches.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn plan_breaks(prior: &Value, config: &Value, planned: &Value, rule: &str) {
    let breaches = said(&assert_plan_valid(&schema(), prior, config, planned));
    assert!(breaches.iter().any(|breach| breach.contains(rule)), "{breaches:?}");
}

#[track_caller]
fn result_breaks(planned: &Value, actual: &Value, rule: &str) {
    let breaches = said(&assert_object_compatible(&schema(), planned, actual));
    assert!(breaches.iter().any(|breach| breach.contains(rule)), "{breaches:?}");
}

#[test]
fn a_proposal_keeps_computed_values_and_takes_the_rest_from_the_configuration() {
    let prior = object(&[
        ("name", "a".into()),
        ("note", "n".into()),
        ("zone", "z".into()),
        ("id", "i".into()),
        ("rule", list(&[port(1, "r1".into()), port(2, "r2".into())])),
        ("listener", list(&[port(1, "l1".into()), port(2, "l2".into())])),
        ("timeouts", port(1, "t".into())),
    ]);
    let config = object(&[
        ("name", "b".into()),
        ("rule", list(&[port(9, Value::Null)])),
        ("listener", list(&[port(2, Value::Null), port(3, Value::Null)])),
    ]);
    let proposed = proposed_new_state(&schema(), &prior, &config);
    let expected = object(&[
        ("name", "b".into()),
        ("zone", "z".into()),
        ("id", "i".into()),
        ("rule", list(&[port(9, "r1".into())])),
        ("listener", list(&[port(2, "l2".into()), port(3, Value::Null)])),
    ]);
    assert_eq!(proposed.get("note"), &Value::Null, "optional and removed");
    assert_eq!(proposed, expected);
}

#[test]
fn a_proposal_of_a_create_is_the_configuration_and_of_a_destroy_null() {
    let config = object(&[("name", "a".into()), ("listener", Value::UNKNOWN)]);
    assert_eq!(proposed_new_state(&schema(), &Value::Null, &config), config);
    assert_eq!(proposed_new_state(&schema(), &config, &Value::Null), Value::Null);
}

#[test]
fn a_plan_that_adds_only_computed_values_is_valid() {
    let config = object(&[("name", "a".into()), ("listener", list(&[port(1, Value::Null)]))]);
    let planned = object(&[
        ("name", "a".into()),
        ("id", Value::UNKNOWN),
        ("zone", "z".into()),
        ("listener", list(&[port(1, Value::UNKNOWN)])),
    ]);
    assert_eq!(said(&assert_plan_valid(&schema(), &Value::Null, &config, &planned)), [""; 0]);
    assert_eq!(said(&assert_plan_valid(&schema(), &config, &Value::Null, &Value::Null)), [""; 0]);
}

#[test]
fn a_plan_may_keep_the_prior_value_in_place_of_the_configured_one() {
    let prior = object(&[("name", "A".into())]);
    let config = object(&[("name", "a".into())]);
    assert_eq!(said(&assert_plan_valid(&schema(), &prior, &config, &prior)), [""; 0]);
    plan_breaks(
        &prior,
        &config,
        &object(&[("name", "other".into())]),
        "name: planned value String(\"other\") does not match",
    );
}

#[test]
fn a_plan_breaks_each_rule() {
    let config = object(&[("name", "a".into())]);
    let with = |name, value| object(&[("name", "a".into()), (name, value)]);
    plan_breaks(&Value::Null, &config, &Value::Null, "planned for absence");
    plan_breaks(&config, &Value::Null, &config, "planned for existence");
    plan_breaks(
        &Value::Null,
        &config,
        &with("note", "n".into()),
        "note: planned value String(\"n\") for a non-computed",
    );
    plan_breaks(&Value::Null, &config, &with("note", Value::Bool(true)), "note: a string is required");
    plan_breaks(&Value::Null, &config, &with("timeouts", port(1, Value::Null)), "timeouts: planned for existence");
    plan_breaks(&Value::Null, &config, &with("rule", list(&[port(1, Value::Null)])), "block count in plan (1)");
    plan_breaks(&Value::Null, &config, &with("listener", Value::UNKNOWN), "must not be unknown itself");
    let dynamic = with("listener", Value::UNKNOWN);
    plan_breaks(&Value::Null, &dynamic, &config, "unknown dynamic block");
    let ruled = with("rule", list(&[port(1, Value::Null)]));
    plan_breaks(&Value::Null, &ruled, &with("rule", list(&[port(2, Value::Null)])), "rule[0].port: planned value");
}

#[test]
fn sets_are_compared_without_order() {
    let config = object(&[("name", "a".into()), ("ids", list(&["b".into(), "a".into()]))]);
    let planned = object(&[("name", "a".into()), ("ids", list(&["a".into(), "b".into()]))]);
    assert_eq!(said(&assert_plan_valid(&schema(), &Value::Null, &config, &planned)), [""; 0]);
    assert_eq!(said(&assert_object_compatible(&schema(), &config, &planned)), [""; 0]);
}

#[test]
fn a_result_may_fill_in_what_was_unknown_and_nothing_else() {
    let planned =
        object(&[("name", "a".into()), ("id", Value::UNKNOWN), ("listener", list(&[port(1, Value::UNKNOWN)]))]);
    let actual = object(&[("name", "a".into()), ("id", "i".into()), ("listener", list(&[port(1, "l".into())]))]);
    assert_eq!(said(&assert_object_compatible(&schema(), &planned, &actual)), [""; 0]);
    assert_eq!(said(&assert_state_valid(&schema(), &actual)), [""; 0]);
    assert_eq!(
        said(&assert_state_valid(&schema(), &planned)),
        ["id: is still unknown", "listener.arn: is still unknown"]
    );
    let with = |name, value| object(&[("name", "a".into()), (name, value)]);
    let bare = object(&[("name", "a".into())]);
    result_breaks(&bare, &Value::Null, "was present, but now absent");
    result_breaks(&bare, &with("name", "b".into()), "name: was String(\"a\"), but now String(\"b\")");
    result_breaks(&bare, &with("note", "n".into()), "note: was null, but now");
    result_breaks(&with("note", "n".into()), &bare, "but now null");
    result_breaks(&bare, &with("rule", list(&[port(1, Value::Null)])), "block count changed from 0 to 1");
    result_breaks(&bare, &with("timeouts", port(1, Value::Null)), "timeouts: was absent, but now present");
    result_breaks(&bare, &with("listener", list(&[port(1, Value::Null)])), "length changed from 0 to 1");
    let one = with("ids", list(&["a".into()]));
    result_breaks(&one, &with("ids", list(&["b".into()])), "does not correlate");
}

#[test]
fn only_changed_paths_replace() {
    let before = object(&[("name", "a".into()), ("rule", list(&[port(1, Value::Null)]))]);
    let after = object(&[("name", "b".into()), ("zone", Value::UNKNOWN)]);
    let paths = [
        Path::attribute("name"),
        Path::attribute("note"),
        Path::attribute("zone"),
        Path::attribute("rule").with(Step::Index(0)).child("port"),
    ];
    let kept = effective_replacements(&schema(), &before, &after, &paths).unwrap();
    assert_eq!(kept, [paths[0].clone(), paths[2].clone(), paths[3].clone()]);
    assert_eq!(effective_replacements(&schema(), &Value::Null, &after, &paths).unwrap(), []);
    assert!(effective_replacements(&schema(), &before, &after, &[Path::attribute("nothing")]).is_err());
}

#[test]
fn a_schema_that_core_would_refuse_is_refused_here() {
    assert_eq!(said(&check_resource_schema(&schema_without_computed_sets())), [""; 0]);
    let found = |schema: &Schema| said(&check_resource_schema(schema)).join("\n");
    assert!(found(&schema()).contains("listener.arn: a computed attribute in a set block"));
    assert!(found(&Schema { version: -1, block: Block::default() }).contains("negative"));
    let named = |name| Schema {
        version: 0,
        block: Block { attributes: vec![attribute(name, Type::Bool, Presence::Optional)], ..Block::default() },
    };
    assert!(found(&named("count")).contains("language takes"));
    assert!(found(&named("Name")).contains("lower-case"));
    assert!(found(&named("1name")).contains("lower-case"));
    assert!(said(&check_provider_schema(&named("alias"))).join("").contains("language takes"));
    let mut twice = named("rule");
    twice.block.blocks.push(NestedBlock { name: "rule", nesting: Nesting::List, block: Block::default() });
    assert!(found(&twice).contains("used twice"));
    let mut wrong_default = named("flag");
    wrong_default.block.attributes[0].default = Some("yes".into());
    assert!(found(&wrong_default).contains("default does not fit"));
}

fn schema_without_computed_sets() -> Schema {
    let mut schema = schema();
    schema.block.blocks.retain(|nested| nested.nesting != Nesting::Set);
    schema
}
