//! Null for every required argument of every block is refused, and no missing key takes its siblings along.

use privatelink::diagnostic::Diagnostics;
use privatelink::resource::{ApplyRequest, PlanRequest, ProviderServer};
use privatelink::schema::{Block, Presence};
use privatelink::value::Value;
use serde_json::{Value as Json, json};

use super::samples::{configured, places};
use crate::consumer_setting::{ORDERS, Setting};
use crate::core::{Terraform, UNKNOWN, texts, value_of};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

/// Sets each required argument to null in turn, and to a right value, and to an unknown one.
fn walk(what: &str, block: &Block, validate: impl Fn(&Value) -> Diagnostics) -> usize {
    let required: Vec<_> =
        places(block).into_iter().filter(|place| place.attribute.presence == Presence::Required).collect();
    for place in &required {
        let missing = |value: &Value| {
            let found = validate(&configured(block, &place.steps, value));
            let of_place = |found: &&privatelink::diagnostic::Diagnostic| {
                // Only elements of lists have numbers.
                let bare = |text: &str| text.replace("[0]", "");
                let path = place.path().to_string();
                bare(&found.path.to_string()) == path && bare(&found.summary) == format!("Missing {path}")
            };
            (found.iter().filter(of_place).count(), texts(&found))
        };
        let path = place.path();
        let (count, told) = missing(&Value::Null);
        assert_eq!(count, 1, "{what} {path} = null: {told:#?}");
        let name = place.attribute.name;
        assert!(
            told.iter().any(|text| text.contains(&format!("{name} is required, and its value is null"))),
            "{told:#?}"
        );
        for fine in [super::samples::sample(&place.attribute), Value::UNKNOWN] {
            let (count, told) = missing(&fine);
            assert_eq!(count, 0, "{what} {path} = {fine:?}: {told:#?}");
        }
    }
    required.len()
}

#[tokio::test(start_paused = true)]
async fn null_for_a_required_argument_is_refused_with_its_place() {
    let bench = Bench::empty(601).await;
    let mut count = 0;
    for (name, server) in bench.terraform.provider.resources() {
        count += walk(name, &server.schema().block, |config| server.validate(config));
    }
    let provider = &bench.terraform.provider;
    count += walk("provider", &provider.schema().block, |config| provider.validate(config));
    assert!(count >= 16, "{count} required arguments");
}

#[tokio::test(start_paused = true)]
async fn an_element_of_a_set_is_named() {
    let bench = Bench::empty(602).await;
    let (_, server) = bench.terraform.server(SERVICE);
    let mut config = bench.config.clone();
    config["listener"] = json!([{"port": 9443, "target_ids": ["10.0.1.5"], "target": [{"port": 1}]}]);
    let told = texts(&server.validate(&value_of(&server.schema(), &config))).join("\n");
    for words in [
        "Error [listener.name] Missing listener.name",
        "its value is null (the listener block with port = 9443).",
        "its value is null (the target block with port = 1 of the listener block with port = 9443).",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

/// What a host that does not validate gets: an error from plan and apply, and no call.
async fn refuses_everywhere(terraform: &Terraform, resource_type: &str, name: &str, config: &Json, words: &str) {
    let (_, server) = terraform.server(resource_type);
    let schema = server.schema();
    let prior = terraform.state(name);
    let prior = privatelink::protocol::value::from_json(&schema.block, &prior).unwrap();
    let config = value_of(&schema, config);
    let calls = terraform.world.calls().len();
    let request = PlanRequest { prior: prior.clone(), proposed: config.clone(), config, private: Vec::new() };
    let plan = server.plan(request.clone()).await;
    assert!(texts(&plan.diagnostics).join("\n").contains(words), "{:#?}", texts(&plan.diagnostics));
    // Even with a plan that says so.
    let mut planned = prior.as_map().unwrap().clone();
    for (key, value) in request.config.as_map().unwrap() {
        let is_required = schema.block.attribute(key).is_some_and(|one| one.presence == Presence::Required);
        if !value.is_null() || is_required {
            planned.insert(key.clone(), value.clone());
        }
    }
    let request = ApplyRequest { prior: prior.clone(), planned: Value::Map(planned), ..ApplyRequest::default() };
    let answer = server.apply(request).await;
    assert!(texts(&answer.diagnostics).join("\n").contains(words), "{:#?}", texts(&answer.diagnostics));
    assert_eq!(answer.state, prior, "nothing of the state is lost");
    assert_eq!(terraform.world.calls().len(), calls, "AWS was asked");
}

#[tokio::test(start_paused = true)]
async fn a_missing_or_repeated_key_never_drops_its_siblings() {
    let mut bench = Bench::plain(603).await;
    let good = bench.config["listener"][0].clone();
    let mut nameless = good.clone();
    nameless["name"] = json!(null);
    nameless["port"] = json!(9443);
    let mut twin = good.clone();
    twin["port"] = json!(9443);
    for (listeners, words) in [
        (json!([good, nameless]), "Missing listener.name"),
        (json!([good, twin]), "Two listener blocks have name = \"https\""),
    ] {
        let mut config = bench.config.clone();
        config["listener"] = listeners;
        let plan = bench.terraform.plan_only(SERVICE, NAME, &config).await;
        assert!(texts(&plan.diagnostics).join("\n").contains(words), "{:#?}", texts(&plan.diagnostics));
        refuses_everywhere(&bench.terraform, SERVICE, NAME, &config, words).await;
    }
    let mut config = bench.config.clone();
    config["connection_notification"] = json!([{"connection_events": ["Accept"]}]);
    let words = "Missing connection_notification.connection_notification_arn";
    refuses_everywhere(&bench.terraform, SERVICE, NAME, &config, words).await;
    // A name that turns out to be null ends the apply before its first write.
    let mut open = bench.config.clone();
    open["listener"] = json!([good, {"name": UNKNOWN, "port": 9443, "target_ids": good["target_ids"]}]);
    let plan = bench.plan_of(&open).await;
    assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
    let mut ends = open.clone();
    for listener in ends["listener"].as_array_mut().unwrap() {
        if listener["name"] == json!(UNKNOWN) {
            listener["name"] = json!(null);
        }
    }
    let calls = bench.mark();
    let found = bench.terraform.carry_out(SERVICE, NAME, &ends, plan).await;
    assert!(texts(&found).join("\n").contains("Missing listener.name"), "{:#?}", texts(&found));
    assert_eq!(bench.mark(), calls);
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_keeps_its_endpoint_when_its_service_name_becomes_null() {
    let mut setting = Setting::open(604).await;
    let config = setting.config(json!({}));
    setting.apply(&config).await;
    let mut broken = config.clone();
    broken["service_name"] = json!(null);
    let plan = setting.plan(&broken).await;
    assert!(
        texts(&plan.diagnostics)[0].starts_with("Error [service_name] Missing service_name"),
        "{:#?}",
        plan.diagnostics
    );
    refuses_everywhere(&setting.user, CONSUMER, ORDERS, &broken, "Missing service_name").await;
    setting.destroy().await;
}
