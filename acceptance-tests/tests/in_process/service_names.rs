//! The private name's TXT record beside the values of others, and in another account's zone.

use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use serde_json::{Value as Json, json};

use crate::core::{Terraform, objects, texts};
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

/// The values of a TXT record as they stand in the zone.
async fn values(bench: &Bench, zone: &str, name: &str) -> Vec<String> {
    // While a change is on its way a replica may answer without it.
    tokio::time::sleep(std::time::Duration::from_secs(1200)).await;
    let sent = bench.route53().list_resource_record_sets().hosted_zone_id(zone).send().await.unwrap();
    let sets = sent.resource_record_sets().iter();
    sets.filter(|set| set.name().trim_end_matches('.') == name && *set.r#type() == RrType::Txt)
        .flat_map(|set| set.resource_records().iter().map(|record| record.value().to_owned()))
        .collect()
}

/// A stranger's value joins ours.
async fn join(bench: &Bench, zone: &str, name: &str) {
    let mut all = values(bench, zone, name).await;
    all.push("\"stranger=1\"".to_owned());
    let records = all.into_iter().map(|value| ResourceRecord::builder().value(value).build().unwrap()).collect();
    let set = ResourceRecordSet::builder().name(name).r#type(RrType::Txt).ttl(60).set_resource_records(Some(records));
    let change =
        Change::builder().action(ChangeAction::Upsert).resource_record_set(set.build().unwrap()).build().unwrap();
    let batch = ChangeBatch::builder().changes(change).build().unwrap();
    bench.route53().change_resource_record_sets().hosted_zone_id(zone).change_batch(batch).send().await.unwrap();
}

fn record_name(state: &Json) -> String {
    state["private_dns_record"]["name"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn values_of_others_stay_when_ours_goes() {
    let mut bench = Bench::made(51, |_, _| {}).await;
    let zone = bench.land.ids["public_zone_id"].as_str().unwrap().to_owned();
    let name = record_name(&bench.state());
    join(&bench, &zone, &name).await;
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    let told =
        bench.change("another name", |config, _| config["private_dns"]["name"] = json!("next.example.dev")).await;
    assert_eq!(values(&bench, &zone, &name).await, ["\"stranger=1\""], "{told}");
    let next = record_name(&bench.state());
    join(&bench, &zone, &next).await;
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(values(&bench, &zone, &next).await, ["\"stranger=1\""]);
    let left = objects(&bench.land.world);
    assert_eq!(left["111111111111"]["global"]["record_set"].as_array().unwrap().len(), 2, "{left:#}");
    assert_eq!(left["111111111111"].as_object().unwrap().len(), 1, "{left:#}");
}

#[tokio::test(start_paused = true)]
async fn the_zone_may_be_a_peer_account_s() {
    // The consumer's account runs the service here, and the zone is the other's.
    let mut bench = Bench::empty(52).await;
    bench.terraform = bench.land.consumer_side().await;
    let zone = bench.land.ids["public_zone_id"].clone();
    bench.config = json!({
        "name": "orders-api",
        "subnet_ids": bench.land.ids["consumer_subnet_ids"],
        "listener": [{"name": "https", "port": 443, "target_ids": ["10.20.1.10"]}],
        "private_dns": {"name": "orders.example.dev", "hosted_zone_id": zone, "peer_account": "service"},
    });
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    assert_eq!(bench.state()["private_dns_state"], json!("verified"));
    let there = objects(&bench.land.world);
    assert_eq!(there["111111111111"]["global"]["record_set"].as_array().unwrap().len(), 1, "{there:#}");
    let told =
        bench.change("another name", |config, _| config["private_dns"]["name"] = json!("next.example.dev")).await;
    assert!(told.contains("verification_record"), "{told}");

    // An import finds the record in the peer's zone.
    let id = bench.state()["id"].as_str().unwrap().to_owned();
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let block = bench.state()["private_dns"].clone();
    assert_eq!((&block["hosted_zone_id"], &block["peer_account"]), (&zone, &json!("service")));
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_name_whose_record_nobody_publishes_ends_with_a_warning_and_an_empty_plan() {
    let mut bench = Bench::empty(53).await;
    bench.config["private_dns"] = json!({"name": "orders.example.dev"});
    let config = bench.config.clone();
    let found = bench.terraform.apply(SERVICE, NAME, &config).await;
    let told = texts(&found);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("Warning") && told[0].contains("private_dns_record"), "{}", told[0]);
    assert_eq!(bench.state()["private_dns_state"], json!("pendingVerification"));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_verification_that_nobody_waits_for_is_told_and_comes_with_a_refresh() {
    let mut bench = Bench::empty(55).await;
    bench.config["private_dns"]["wait_for_verification"] = json!(false);
    let config = bench.config.clone();
    let begun = tokio::time::Instant::now();
    let found = bench.terraform.apply(SERVICE, NAME, &config).await;
    let told = texts(&found);
    assert!(told.len() == 1 && told[0].contains("is not verified yet"), "{told:#?}");
    assert_eq!(bench.state()["private_dns_state"], json!("pendingVerification"));
    assert!(begun.elapsed().as_secs() < 600, "{:?}", begun.elapsed());
    for _ in 0..20 {
        tokio::time::sleep(std::time::Duration::from_secs(300)).await;
        bench.plan().await;
        if bench.state()["private_dns_state"] == json!("verified") {
            break;
        }
    }
    assert_eq!(bench.state()["private_dns_state"], json!("verified"));
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    // What is only waited for or not makes no call.
    let told = bench.change("waits by default", |config, _| {
        config["private_dns"].as_object_mut().unwrap().remove("wait_for_verification");
    });
    let told = told.await;
    assert!(told.starts_with("waits by default\n  links: none\n  calls: none\n"), "{told}");
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn default_tags_may_change_without_an_import() {
    let mut bench = Bench::plain(54).await;
    let block = json!({"access_key": "111111111111", "default_tags": {"tags": {"owner": "platform"}}});
    let mut other = Terraform::configured(&bench.land.world, block).await;
    other.take_over(&bench.terraform);
    bench.terraform = other;
    let told = bench.heal("default tags").await;
    insta::assert_snapshot!(told);
    assert_eq!(bench.state()["tags"], json!({"team": "orders"}));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_published_elsewhere_is_ready_to_copy_and_blocks_no_apply() {
    let mut bench = Bench::made(95, |config, _| {
        config["private_dns"] = json!({"name": "*.orders.example.dev"});
    })
    .await;
    let state = bench.state();
    let record = state["private_dns_record"].clone();
    assert_eq!((&record["type"], &state["private_dns_state"]), (&json!("TXT"), &json!("pendingVerification")));
    let name = record["name"].as_str().unwrap();
    assert!(name.starts_with('_') && name.ends_with(".orders.example.dev") && !name.contains('*'), "{name}");
    assert!(record["value"].as_str().unwrap().starts_with("vpce:"), "{record}");
    // Whoever owns the zone publishes it; AWS looks by itself, and the state follows.
    let zone = bench.land.ids["public_zone_id"].as_str().unwrap().to_owned();
    let value = format!("\"{}\"", record["value"].as_str().unwrap());
    let text = ResourceRecord::builder().value(value).build().unwrap();
    let set = ResourceRecordSet::builder().name(name).r#type("TXT".into()).ttl(60).resource_records(text);
    let change = Change::builder().action("UPSERT".into()).resource_record_set(set.build().unwrap()).build().unwrap();
    let batch = ChangeBatch::builder().changes(change).build().unwrap();
    bench.route53().change_resource_record_sets().hosted_zone_id(&zone).change_batch(batch).send().await.unwrap();
    let mut waited = 0;
    while bench.state()["private_dns_state"] != json!("verified") {
        tokio::time::sleep(std::time::Duration::from_secs(600)).await;
        bench.plan().await;
        waited += 1;
        if bench.state()["private_dns_state"] == json!("failed") {
            bench.change("once more", |_, _| {}).await;
        }
        assert!(waited < 20, "{:#}", bench.state()["private_dns_state"]);
    }
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}
