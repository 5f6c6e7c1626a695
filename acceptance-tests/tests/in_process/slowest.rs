//! A world in which whatever may lag does, for as long as it can: nothing is missed, made twice or dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::audit::Call;
use acceptance_tests::simulator::settings::Settings;
use serde_json::{Value as Json, json};

use crate::core::{Action, Terraform, UNKNOWN, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// Verification and provisioning together take longer than the default; a removal never does.
fn patient(mut config: Json) -> Json {
    config["timeouts"] = json!({"create": "2h", "update": "2h"});
    config
}

fn links(side: &Terraform, name: &str) -> BTreeMap<String, Json> {
    let links = side.state(name)["links"].clone();
    links.as_object().unwrap().clone().into_iter().collect()
}

/// Plans again and again, from at once to long after, see the same objects and nothing to do.
async fn expect_still(side: &mut Terraform, kind: &str, name: &str, config: &Json, case: &str) {
    let before = links(side, name);
    for pause in [0, 1, 5, 20, 60, 300] {
        tokio::time::sleep(Duration::from_secs(pause)).await;
        let plan = side.plan(kind, name, config).await;
        assert_eq!(texts(&plan.diagnostics), [""; 0], "{case}, {pause} s later");
        assert!(side.has(name), "{case}, {pause} s later: the state has lost {name}");
        assert_eq!(links(side, name), before, "{case}, {pause} s later");
        assert_eq!(plan.action, Action::NoOp, "{case}, {pause} s later: {}", side.difference(name, &plan.planned));
    }
}

/// What AWS made, by operation.
fn made(calls: &[Call]) -> BTreeMap<String, usize> {
    let mut made = BTreeMap::new();
    for call in calls.iter().filter(|call| call.operation.starts_with("Create") && call.outcome == "ok") {
        let is_object = !["CreateTags"].contains(&call.operation.as_str());
        *made.entry(call.operation.clone()).or_default() += usize::from(is_object);
    }
    made
}

async fn live(land: Landscape, case: &str) -> BTreeMap<String, usize> {
    let (mut owner, mut user) = (land.service_side().await, land.consumer_side().await);
    let service = patient(land.service());
    let found = owner.try_apply(SERVICE, "api", &service).await;
    assert_eq!(texts(&found), [""; 0], "{case}");
    // The consumer begins at once: the service may not be visible to it yet.
    let consumer = patient(land.consumer(&owner.state("api")));
    let mut open = consumer.clone();
    open["service_name"] = json!(UNKNOWN);
    let plan = user.plan(CONSUMER, "orders", &open).await;
    let found = user.carry_out(CONSUMER, "orders", &consumer, plan).await;
    assert_eq!(texts(&found), [""; 0], "{case}");
    expect_still(&mut user, CONSUMER, "orders", &consumer, case).await;
    expect_still(&mut owner, SERVICE, "api", &service, case).await;

    let mut grown = service.clone();
    grown["tags"]["changed"] = json!("yes");
    grown["listener"] = json!([
        {"name": "https", "port": 443, "target_port": 8443, "target_ids": land.ids["provider_instance_ids"]},
        {"name": "admin", "port": 9443, "target_ids": land.ids["provider_instance_ids"]},
    ]);
    let found = owner.try_apply(SERVICE, "api", &grown).await;
    assert_eq!(texts(&found), [""; 0], "{case}");
    expect_still(&mut owner, SERVICE, "api", &grown, case).await;
    let mut changed = consumer.clone();
    changed["private_dns_enabled"] = json!(false);
    changed["ingress"] = json!([{"port": 443, "cidr_ipv4": "10.0.0.0/8"}]);
    changed["dns"][0]["record"] = json!([{"name": "@"}, {"name": "web"}]);
    let found = user.try_apply(CONSUMER, "orders", &changed).await;
    assert_eq!(texts(&found), [""; 0], "{case}");
    expect_still(&mut user, CONSUMER, "orders", &changed, case).await;

    let count = made(&land.world.calls());
    for (side, name) in [(&mut user, "orders"), (&mut owner, "api")] {
        let found = side.destroy(name).await;
        let told: BTreeSet<String> = texts(&found).into_iter().filter(|text| text.starts_with("Error")).collect();
        assert_eq!(told, BTreeSet::new(), "{case}");
    }
    assert_eq!(objects(&land.world), json!({}), "{case}");
    count
}

#[tokio::test(start_paused = true)]
async fn at_the_longest_of_every_lag_nothing_is_missed_made_twice_or_dropped() {
    let calm = live(Landscape::of(World::calm(1)), "calm").await;
    for seed in 1..=8 {
        let count = live(Landscape::of(World::new(seed, Settings::slowest(), 1.0)), &format!("seed {seed}")).await;
        assert_eq!(count, calm, "seed {seed}: as much is made as where nothing lags");
    }
}
