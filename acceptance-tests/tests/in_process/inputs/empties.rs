//! Empty collections stand wherever null may, and null elements of tags are left out.

use privatelink::resource::ProviderServer;
use privatelink::schema::{Nesting, Rule};
use privatelink::value::{Type, Value};
use serde_json::{Value as Json, json};

use super::samples::{configured, places};
use crate::consumer_setting::{ORDERS, Setting, merged};
use crate::core::{Action, texts};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

/// An empty collection for every argument that has one is told no more than null is, at every place.
#[tokio::test(start_paused = true)]
async fn an_empty_collection_is_refused_nowhere_where_null_is_not() {
    let bench = Bench::empty(611).await;
    let mut count = 0;
    for (name, server) in bench.terraform.provider.resources() {
        let block = server.schema().block;
        for place in places(&block) {
            let empty = match place.attribute.ty {
                Type::List(_) | Type::Set(_) => Value::List(Vec::new()),
                Type::Map(_) => Value::Map([].into()),
                _ => continue,
            };
            // There an empty set is an answer of its own: nobody, no target.
            if place.attribute.rules.iter().any(|rule| matches!(rule, Rule::KeepsEmpty)) {
                continue;
            }
            count += 1;
            let told = |value: &Value| texts(&server.validate(&configured(&block, &place.steps, value)));
            assert_eq!(told(&empty), told(&Value::Null), "{name} {}", place.path());
        }
    }
    assert!(count >= 10, "{count} collections");
}

#[test]
fn blocks_in_sets_have_no_computed_arguments() {
    fn walk(block: &privatelink::schema::Block, in_set: bool) {
        for attribute in &block.attributes {
            assert!(!in_set || !attribute.presence.is_computed(), "{}", attribute.name);
        }
        for nested in &block.blocks {
            walk(&nested.block, in_set || nested.nesting == Nesting::Set);
        }
    }
    let provider = privatelink::provider::Provider::new();
    for server in provider.resources().values() {
        walk(&server.schema().block, false);
    }
}

/// What a module passes where nothing is given.
fn with_empties(config: &Json) -> Json {
    let mut config = config.clone();
    let entries = config.as_object_mut().unwrap();
    entries.insert("load_balancer_arns".into(), json!([]));
    entries.insert("supported_regions".into(), json!([]));
    entries.insert("supported_ip_address_types".into(), json!([]));
    entries.insert("load_balancer".into(), json!({"security_groups": []}));
    entries.insert("tags".into(), json!({"team": "orders", "nothing": null}));
    config
}

#[tokio::test(start_paused = true)]
async fn a_service_takes_the_empties_of_a_module() {
    let topic = "arn:aws:sns:us-east-1:111111111111:connections";
    let notification = json!([{"connection_notification_arn": topic, "connection_events": []}]);
    let mut bench = Bench::made(612, |config, _| {
        config.as_object_mut().unwrap().remove("private_dns");
        *config = with_empties(config);
        config["connection_notification"] = notification.clone();
    })
    .await;
    assert_eq!(bench.state()["tags_all"], json!({"team": "orders"}));
    assert_eq!(
        bench.link("notification.arn:aws:sns:us-east-1:111111111111:connections")["events"].as_array().unwrap().len(),
        4
    );
    // Null in their place is no call, and back.
    let mark = bench.mark();
    for nothing in [json!(null), json!([])] {
        let mut config = bench.config.clone();
        config["load_balancer_arns"] = nothing.clone();
        config["supported_ip_address_types"] = nothing.clone();
        config["connection_notification"][0]["connection_events"] = nothing.clone();
        config["load_balancer"]["security_groups"] = nothing;
        bench.terraform.apply(SERVICE, NAME, &config).await;
    }
    assert_eq!(bench.calls_since(mark), "none");
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_takes_the_empties_of_a_module() {
    let mut setting = Setting::open(613).await;
    let config = setting.config(json!({
        "security_group_ids": [],
        "tags": {"nothing": null},
        "dns": [{"zone_name": "orders.internal", "vpc_ids": [], "record": [{"name": "api"}]}],
    }));
    setting.apply(&config).await;
    assert!(setting.state()["security_group_id"].is_string(), "a managed group");
    let plan = setting.plan(&merged(&config, &json!({"security_group_ids": null, "tags": {}}))).await;
    assert!(matches!(plan.action, Action::NoOp | Action::Update), "{:#?}", texts(&plan.diagnostics));
    setting.forget_calls();
    let without = merged(&config, &json!({"security_group_ids": null, "tags": null}));
    let found = setting.user.try_apply(CONSUMER, ORDERS, &without).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(setting.changes(), Vec::<String>::new());
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn where_one_is_needed_it_is_said_once() {
    let bench = Bench::empty(614).await;
    let (_, server) = bench.terraform.server(SERVICE);
    let mut config = bench.config.clone();
    config["subnet_ids"] = json!([]);
    config["listener"] = json!([]);
    config["load_balancer_arns"] = json!([]);
    let told = texts(&server.validate(&crate::core::value_of(&server.schema(), &config)));
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("Exactly one of subnet_ids, subnet_mapping and load_balancer_arns"), "{told:#?}");
}
