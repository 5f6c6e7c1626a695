//! Each argument unknown in turn, on creation and on a living resource, with every value that it may turn out to have:
//! the plan before and the plan after agree by core's own rules, and a change in place leaves every result known.

use crate::core_rules::assert_object_compatible;
use privatelink::schema::{Block, Nesting, Schema};
use privatelink::value::{Type, Value};
use serde_json::{Value as Json, json};

use super::samples::{places, sample};
use crate::consumer_setting::{ORDERS, Setting, merged};
use crate::core::{Action, Plan, Terraform, ask, texts, value_of};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

/// What the engine remembers, and what is not a result of the chain.
const NO_RESULTS: [&str; 4] = ["tags_all", "record", "links", "changes"];

/// One place of a configuration, and what may come to stand there.
struct Case {
    title: String,
    steps: Vec<&'static str>,
    finals: Vec<(&'static str, Value)>,
}

/// Every argument, and every nested block as a whole.
fn cases(block: &Block, config: &Value) -> Vec<Case> {
    let mut all = Vec::new();
    for place in places(block) {
        let written = at(config, &place.steps).cloned().unwrap_or_default();
        let sampled = sample(&place.attribute);
        let mut finals = vec![("null", Value::Null), ("a value", sampled)];
        if !written.is_null() {
            finals.push(("what is written", written));
        }
        match place.attribute.ty {
            Type::List(_) | Type::Set(_) => finals.push(("empty", Value::List(Vec::new()))),
            Type::Map(_) => finals.push(("empty", Value::Map([].into()))),
            _ => {}
        }
        all.push(Case { title: place.path().to_string(), steps: place.steps, finals });
    }
    nested(block, &[], config, &mut all);
    all
}

fn nested(block: &Block, within: &[&'static str], config: &Value, all: &mut Vec<Case>) {
    for inner in &block.blocks {
        let steps: Vec<&'static str> = within.iter().copied().chain([inner.name]).collect();
        let nothing = if inner.nesting == Nesting::Single { Value::Null } else { Value::List(Vec::new()) };
        let mut finals = vec![("no block", nothing)];
        if let Some(written) = at(config, &steps).filter(|written| !written.is_null()) {
            finals.push(("the block", written.clone()));
        }
        all.push(Case { title: format!("dynamic {}", steps.join(".")), steps: steps.clone(), finals });
        nested(&inner.block, &steps, config, all);
    }
}

/// The value at a place, in the first element of each set on the way.
pub(super) fn at<'a>(value: &'a Value, steps: &[&str]) -> Option<&'a Value> {
    let Some((first, rest)) = steps.split_first() else { return Some(value) };
    let inner = value.as_map()?.get(*first)?;
    match inner {
        Value::List(items) if !rest.is_empty() => at(items.first()?, rest),
        inner => at(inner, rest),
    }
}

/// The configuration with another value there; `None` where the blocks on the way are not written.
pub(super) fn with(value: &Value, steps: &[&str], new: &Value) -> Option<Value> {
    let Some((first, rest)) = steps.split_first() else { return Some(new.clone()) };
    let mut entries = value.as_map()?.clone();
    let inner = entries.get(*first)?;
    let changed = match inner {
        Value::List(items) if !rest.is_empty() => {
            let mut items = items.clone();
            let first = items.first_mut()?;
            *first = with(first, rest, new)?;
            Value::List(items)
        }
        inner => with(inner, rest, new)?,
    };
    entries.insert((*first).to_owned(), changed);
    Some(Value::Map(entries))
}

/// Results that a plan leaves unknown, in whole or in part.
fn unknown_results(schema: &Schema, plan: &Plan) -> Vec<&'static str> {
    let computed = schema.block.attributes.iter().filter(|attribute| !attribute.presence.is_configurable());
    let names = computed.map(|attribute| attribute.name).filter(|name| !NO_RESULTS.contains(name));
    names.filter(|name| !plan.planned.get(name).is_wholly_known()).collect()
}

/// Tries all cases against one prior state. Tells what is wrong, and how many plans were compared.
async fn walk(terraform: &Terraform, resource_type: &str, prior: &Value, config: &Value) -> (Vec<String>, usize) {
    let (_, server) = terraform.server(resource_type);
    let schema = server.schema();
    let lives = !prior.is_null();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in cases(&schema.block, config) {
        let Some(open) = with(config, &case.steps, &Value::UNKNOWN) else { continue };
        let title = &case.title;
        if server.validate(&open).has_errors() {
            wrong.push(format!("{title}: refused while unknown: {:#?}", texts(&server.validate(&open))));
            continue;
        }
        let first = match ask(&*server, &schema, prior, &open).await {
            Ok(first) => first,
            Err(found) => {
                wrong.push(format!("{title}: no plan while unknown: {:#?}", texts(&found)));
                continue;
            }
        };
        let (mut in_place, mut updates) = (true, false);
        for (what, value) in &case.finals {
            let Some(known) = with(config, &case.steps, value) else { continue };
            if server.validate(&known).has_errors() {
                continue;
            }
            let Ok(second) = ask(&*server, &schema, prior, &known).await else { continue };
            compared += 1;
            updates |= second.action == Action::Update;
            in_place &= unknown_results(&schema, &second).is_empty() && second.action != Action::Replace;
            for breach in assert_object_compatible(&schema, &first.planned, &second.planned) {
                wrong.push(format!("{title} turns out to be {what}: {breach:?}"));
            }
            let fine =
                first.action == second.action || (first.action == Action::Update && second.action == Action::NoOp);
            // Where the unknown value may force a new resource, core plans one and keeps the old one if it need not.
            if !fine && first.action != Action::Replace {
                wrong.push(format!("{title} turns out to be {what}: {:?} became {:?}", first.action, second.action));
            }
        }
        let open = unknown_results(&schema, &first);
        let is_marked = schema_marks(&schema.block, &case.steps);
        if lives && updates && in_place && !is_marked && !open.is_empty() {
            wrong.push(format!("{title}: an update in place makes {open:?} unknown"));
        }
    }
    (wrong, compared)
}

/// Whether results are said to depend on it, or on something in it.
fn schema_marks(block: &Block, steps: &[&str]) -> bool {
    use privatelink::schema::Rule;
    let drives = |rule: &Rule| matches!(rule, Rule::Results | Rule::Replace);
    let Some((first, rest)) = steps.split_first() else {
        return block.attributes.iter().any(|attribute| attribute.rules.iter().any(drives))
            || block.blocks.iter().any(|nested| schema_marks(&nested.block, &[]));
    };
    match (block.attribute(first), block.nested(first)) {
        (Some(attribute), _) => attribute.rules.iter().any(drives),
        // A repeated block as a whole may be any number of objects.
        (_, Some(nested)) => {
            (rest.is_empty() && nested.nesting != Nesting::Single) || schema_marks(&nested.block, rest)
        }
        _ => false,
    }
}

/// A service with every block and many arguments.
pub(super) fn rich(config: &mut Json, ids: &Json) {
    config["listener"] = json!([{
        "name": "https", "port": 443, "target_ids": ids["provider_instance_ids"], "stickiness": true,
        "health_check": {"protocol": "HTTP", "path": "/ready"},
    }]);
    config["load_balancer"] = json!({"enable_cross_zone_load_balancing": true});
    config["accept"] = json!([{"account_ids": [ids["consumer_account_id"]]}]);
    config["connection_notification"] =
        json!([{"connection_notification_arn": "arn:aws:sns:us-east-1:111111111111:connections"}]);
    config["timeouts"] = json!({"create": "20m"});
}

#[tokio::test(start_paused = true)]
async fn each_argument_of_a_service_may_be_unknown() {
    let mut bench = Bench::empty(631).await;
    let ids = bench.land.ids.clone();
    rich(&mut bench.config, &ids);
    let (_, server) = bench.terraform.server(SERVICE);
    let config = value_of(&server.schema(), &bench.config);
    let (mut wrong, before) = walk(&bench.terraform, SERVICE, &Value::Null, &config).await;
    let json = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &json).await;
    let prior = bench.terraform.value(NAME);
    let (found, living) = walk(&bench.terraform, SERVICE, &prior, &config).await;
    wrong.extend(found.into_iter().map(|text| format!("living: {text}")));
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(before > 40 && living > 40, "{before} and {living} plans");
    bench.destroy().await;
}

/// What few services have, as far as one load balancer takes it together.
fn of_few(ids: &Json) -> [(&'static str, Json, Json); 2] {
    let arn = |number: usize| {
        format!("arn:aws:acm:us-east-1:111111111111:certificate/{number}1234567-89ab-cdef-0123-456789abcdef")
    };
    let guarded = json!([{
        "name": "https", "port": 443, "target_ids": ids["provider_instance_ids"], "target_cross_zone": "false",
        "unhealthy_connection_termination": false, "unhealthy_draining_interval": 60,
        "target_group_health": {
            "dns_failover": {"minimum_healthy_targets_percentage": "50"},
            "unhealthy_state_routing": {"minimum_healthy_targets_percentage": "25"},
        },
    }]);
    let balancer = json!({
        "enable_zonal_shift": true, "secondary_ips_auto_assigned_per_subnet": 1,
        "minimum_load_balancer_capacity": {"capacity_units": 5500},
    });
    let store = "arn:aws:elasticloadbalancing:us-east-1:111111111111:truststore/clients/0123456789abcdef";
    let tls = json!([{
        "name": "tls", "port": 443, "protocol": "TLS", "certificate_arn": arn(0), "additional_certificate_arns": [arn(1)],
        "mutual_authentication": {"mode": "verify", "trust_store_arn": store, "ignore_client_certificate_expiry": true},
        "target_ids": ids["provider_instance_ids"],
    }]);
    [("guarded", guarded, balancer), ("tls", tls, json!({}))]
}

#[tokio::test(start_paused = true)]
async fn each_argument_of_few_services_may_be_unknown() {
    for (title, listener, balancer) in of_few(&Bench::empty(634).await.land.ids) {
        let mut bench = Bench::empty(634).await;
        bench.config.as_object_mut().unwrap().remove("private_dns");
        bench.config["listener"] = listener;
        bench.config["load_balancer"] = balancer;
        let (_, server) = bench.terraform.server(SERVICE);
        let config = value_of(&server.schema(), &bench.config);
        let (mut wrong, before) = walk(&bench.terraform, SERVICE, &Value::Null, &config).await;
        let json = bench.config.clone();
        bench.terraform.apply(SERVICE, NAME, &json).await;
        let (found, living) = walk(&bench.terraform, SERVICE, &bench.terraform.value(NAME), &config).await;
        wrong.extend(found.into_iter().map(|text| format!("living: {text}")));
        assert!(wrong.is_empty(), "{title}: {wrong:#?}");
        assert!(before > 40 && living > 40, "{title}: {before} and {living} plans");
        bench.destroy().await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_argument_of_few_consumers_and_of_names_may_be_unknown() {
    const NAMES: &str = "privatelink_endpoint_dns";
    const PROFILE: &str = "rp-0123456789abcdef";
    const TOPIC: &str = "arn:aws:sns:us-east-1:222222222222:orders";
    let mut setting = Setting::named(635).await;
    setting.set("profile", PROFILE, json!({"owner": "222222222222", "region": "us-east-1"}));
    setting.set("topic", TOPIC, json!({"exists": true}));
    let json = setting.config(json!({
        "accept": {"peer_account": "service"},
        "egress": "none",
        "connection_notification": [{"connection_notification_arn": TOPIC, "connection_events": ["Accept"]}],
        "dns": [{"zone_name": "orders.internal", "record": [{"name": "@"}]}],
    }));
    let (_, server) = setting.user.server(CONSUMER);
    let config = value_of(&server.schema(), &json);
    let (mut wrong, before) = walk(&setting.user, CONSUMER, &Value::Null, &config).await;
    setting.apply(&json).await;
    crate::consumer_setting::pass(600).await;
    let found = setting.user.refresh(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let (found, living) = walk(&setting.user, CONSUMER, &setting.user.value(ORDERS), &config).await;
    wrong.extend(found.into_iter().map(|text| format!("living: {text}")));
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(before > 25 && living > 25, "{before} and {living} plans");

    let json = json!({
        "endpoint_id": setting.state()["id"], "private_dns_enabled": true, "route53_profile_id": PROFILE,
        "dns": [{"zone_name": "vendor.internal", "record": [{"name": "db", "ttl_seconds": 60}]}],
        "tags": {"team": "shop"},
    });
    let (_, server) = setting.user.server(NAMES);
    let config = value_of(&server.schema(), &json);
    let (mut wrong, before) = walk(&setting.user, NAMES, &Value::Null, &config).await;
    let found = setting.user.try_apply(NAMES, "names", &json).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    crate::consumer_setting::pass(600).await;
    setting.user.expect_empty(NAMES, "names", &json).await;
    let (found, living) = walk(&setting.user, NAMES, &setting.user.value("names"), &config).await;
    wrong.extend(found.into_iter().map(|text| format!("living: {text}")));
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(before > 15 && living > 15, "{before} and {living} plans");
    let found = setting.user.destroy("names").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn each_argument_of_a_consumer_may_be_unknown() {
    let mut setting = Setting::named(632).await;
    let group = setting.id("application_security_group_id");
    let json = setting.config(json!({
        "name": "orders",
        "ingress": [{"port": 443, "security_group_id": group, "description": "the shop"}],
        "accept": {"peer_account": "service"},
        "private_dns_enabled": true,
        "dns": [{"zone_name": "orders.internal", "record": [{"name": "api"}, {"name": "*", "zonal": true}]}],
        "tags": {"team": "shop"},
        "timeouts": {"create": "20m"},
    }));
    let (_, server) = setting.user.server(CONSUMER);
    let config = value_of(&server.schema(), &json);
    let (mut wrong, before) = walk(&setting.user, CONSUMER, &Value::Null, &config).await;
    setting.apply(&json).await;
    // Until AWS shows it as available its state may still change by itself.
    crate::consumer_setting::pass(600).await;
    let found = setting.user.refresh(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let (found, living) = walk(&setting.user, CONSUMER, &setting.user.value(ORDERS), &config).await;
    wrong.extend(found.into_iter().map(|text| format!("living: {text}")));
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(before > 25 && living > 25, "{before} and {living} plans");
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_subnet_that_comes_or_goes_changes_its_own_element_of_the_results() {
    let mut setting = Setting::open(633).await;
    let two = setting.config(json!({"subnet_ids": setting.subnets([0, 1])}));
    setting.apply(&two).await;
    let state = setting.state();
    let zones: Vec<&String> = state["network_interfaces"].as_object().unwrap().keys().collect();
    let one = merged(&two, &json!({"subnet_ids": setting.subnets([0])}));
    let plan = setting.plan(&one).await;
    for name in ["network_interfaces", "zonal_dns_names"] {
        let planned = plan.planned.get(name);
        assert!(planned.is_wholly_known(), "{name}: {planned:?}");
        assert_eq!(planned.as_map().unwrap().len(), 1, "{name}");
    }
    setting.apply(&one).await;
    let plan = setting.plan(&two).await;
    let stays = setting.state()["network_interfaces"].as_object().unwrap().keys().next().unwrap().clone();
    for name in ["network_interfaces", "zonal_dns_names"] {
        let planned = plan.planned.get(name).as_map().unwrap().clone();
        assert_eq!(planned.keys().collect::<Vec<_>>(), zones, "{name}: the keys are known");
        for (zone, element) in planned {
            assert_eq!(element.is_wholly_known(), zone == stays, "{name} {zone}: {element:?}");
        }
    }
    setting.apply(&two).await;
    setting.destroy().await;
}
