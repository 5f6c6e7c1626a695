//! States that people edited or that an older build wrote: what is missing is found again, and nothing is made twice.

use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, Setting};
use crate::core::{Terraform, objects, texts, value_of};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

fn load(terraform: &mut Terraform, kind: &str, name: &str, state: &Json) {
    let schema = terraform.server(kind).1.schema();
    terraform.load(kind, name, value_of(&schema, state), false);
}

/// The state without an attribute, or without one element of its record.
fn without(state: &Json, lost: &str) -> Json {
    let mut less = state.clone();
    match lost.split_once('/') {
        Some((attribute, key)) => less[attribute].as_object_mut().unwrap().remove(key),
        None => less.as_object_mut().unwrap().remove(lost),
    };
    less
}

/// Expects that a state without each of these is completed by a refresh, with the same objects under the same uid.
async fn is_completed(terraform: &mut Terraform, (kind, name): (&str, &str), config: &Json, parts: &[&str]) {
    let whole = terraform.state(name);
    let before = objects(&terraform.world);
    for lost in parts {
        load(terraform, kind, name, &without(&whole, lost));
        let found = terraform.try_apply(kind, name, config).await;
        assert!(!found.has_errors(), "without {lost}: {:#?}", texts(&found));
        terraform.expect_empty(kind, name, config).await;
        assert_eq!(terraform.state(name)["record"]["owner_uid"], whole["record"]["owner_uid"], "without {lost}");
        assert_eq!(terraform.state(name)["id"], whole["id"], "without {lost}");
        assert_eq!(objects(&terraform.world), before, "without {lost}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_state_lost_its_memory_is_not_made_twice() {
    let mut bench = Bench::plain(401).await;
    let config = bench.config.clone();
    let whole = bench.state();
    // Without a refresh nobody knows what there is.
    load(&mut bench.terraform, SERVICE, NAME, &without(&whole, "record"));
    let plan = bench.terraform.plan_only(SERVICE, NAME, &config).await;
    let told = texts(&plan.diagnostics).join("\n");
    assert!(told.contains("Error [record] Incomplete state") && told.contains("-refresh=false"), "{told}");
    load(&mut bench.terraform, SERVICE, NAME, &whole);
    let parts = [
        "record",
        "record/owner_uid",
        "record/retired",
        "record/endpoint_service",
        "record/listener.https",
        "links",
        "changes",
    ];
    is_completed(&mut bench.terraform, (SERVICE, NAME), &config, &parts).await;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_whose_state_lost_its_memory_is_not_made_twice() {
    let mut setting = Setting::open(402).await;
    let config = setting.config(json!({"accept": {"peer_account": "service"}}));
    setting.apply(&config).await;
    let parts = ["record", "record/owner_uid", "record/retired", "record/endpoint", "default_ingress", "changes"];
    is_completed(&mut setting.user, (CONSUMER, ORDERS), &config, &parts).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_through_a_peer_whose_state_lost_its_memory_is_found_again() {
    let mut setting = Setting::closed(404).await;
    let consumer = setting.config(json!({}));
    let found = setting.user.try_apply(CONSUMER, ORDERS, &consumer).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let config = json!({
        "service_id": setting.service["id"], "endpoint_id": setting.state()["id"], "peer_account": "service",
    });
    setting.user.apply("privatelink_connection", "decision", &config).await;
    let (whole, before) = (setting.user.state("decision"), objects(&setting.land.world));
    for lost in ["record", "record/connection", "changes"] {
        load(&mut setting.user, "privatelink_connection", "decision", &without(&whole, lost));
        setting.user.apply("privatelink_connection", "decision", &config).await;
        assert_eq!(setting.user.state("decision")["id"], whole["id"], "without {lost}");
        assert_eq!(objects(&setting.land.world), before, "without {lost}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_lists_what_will_be_made_and_the_list_stays_until_something_changes() {
    let mut bench = Bench::empty(403).await;
    bench.config.as_object_mut().unwrap().remove("private_dns");
    let plan = bench.plan().await;
    let lines = plan.planned.get("changes").as_list().unwrap().to_vec();
    for line in
        ["load balancer: create", "target group https: create", "listener https: create", "endpoint service: create"]
    {
        assert!(lines.contains(&line.into()), "{line}: {lines:#?}");
    }
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    assert_eq!(bench.state()["changes"].as_array().unwrap().len(), lines.len());
    bench
        .change("another target", |config, ids| {
            config["listener"][0]["target_ids"] = json!([ids["provider_instance_ids"][0]])
        })
        .await;
    let told = bench.state()["changes"].clone();
    assert_eq!(told.as_array().unwrap().len(), 1, "{told:#}");
    assert!(told[0].as_str().unwrap().starts_with("targets https: deregister i-"), "{told:#}");
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn owner_tags_that_were_removed_are_written_again() {
    let mut bench = Bench::plain(404).await;
    let arn = bench.link("target_group.https")["arn"].as_str().unwrap().to_owned();
    let keys = ["privatelink:resource", "privatelink:uid", "privatelink:link"].map(str::to_owned).to_vec();
    bench.elbv2().remove_tags().resource_arns(&arn).set_tag_keys(Some(keys)).send().await.unwrap();
    let told = bench.heal("owner tags removed").await;
    assert!(told.contains("- target group https: owner tags: name orders-api"), "{told}");
    let tags = bench.elbv2().describe_tags().resource_arns(&arn).send().await.unwrap();
    let keys: Vec<&str> = tags.tag_descriptions()[0].tags().iter().filter_map(|tag| tag.key()).collect();
    assert!(keys.contains(&"privatelink:uid") && keys.contains(&"privatelink:resource"), "{keys:?}");
    bench.destroy().await;
}
