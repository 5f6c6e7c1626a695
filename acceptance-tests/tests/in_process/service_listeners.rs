//! Listeners that change their names and exchange their ports.

use serde_json::{Value as Json, json};

use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

async fn with_two(seed: u64) -> Bench {
    Bench::made(seed, |config, ids| {
        config.as_object_mut().unwrap().remove("private_dns");
        let targets = ids["provider_instance_ids"].clone();
        config["listener"] = json!([
            {"name": "https", "port": 443, "target_port": 443, "target_ids": targets},
            {"name": "metrics", "port": 9090, "target_port": 9090, "target_ids": targets},
        ]);
    })
    .await
}

fn ports(bench: &Bench) -> [Json; 2] {
    ["https", "metrics"].map(|name| bench.link(&format!("listener.{name}"))["port"].clone())
}

#[tokio::test(start_paused = true)]
async fn a_new_name_on_a_recorded_port_keeps_every_object() {
    let mut bench = with_two(41).await;
    let before = bench.state()["listeners"].clone();
    let mut told = bench.change("https is called web", |config, _| config["listener"][0]["name"] = json!("web")).await;
    let after = bench.state()["listeners"].clone();
    assert_eq!(after["web"], before["https"]);
    assert_eq!(after["metrics"], before["metrics"]);
    // The old name is free again, and its objects are not those of the listener that had it.
    let third = bench.land.ids["provider_instance_ids"].clone();
    told += &bench
        .change("another listener is called https", |config, _| {
            let block = json!({"name": "https", "port": 444, "target_port": 443, "target_ids": third});
            config["listener"].as_array_mut().unwrap().push(block);
        })
        .await;
    assert_eq!(bench.state()["listeners"]["web"], before["https"]);
    assert_ne!(bench.state()["listeners"]["https"]["target_group_arn"], before["https"]["target_group_arn"]);
    told += &bench
        .change("web is renamed and its settings change", |config, _| {
            config["listener"][0]["name"] = json!("edge");
            config["listener"][0]["deregistration_delay"] = json!(20);
        })
        .await;
    assert_eq!(bench.state()["listeners"]["edge"], before["https"]);
    insta::assert_snapshot!(told);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_imported_listener_takes_the_name_of_the_configuration() {
    let mut bench = with_two(42).await;
    let before = bench.state();
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, before["id"].as_str().unwrap()).await;
    assert!(!found.has_errors(), "{found:#?}");
    bench.change("other names", |config, _| config["listener"][0]["name"] = json!("web")).await;
    assert_eq!(bench.state()["listeners"]["web"], before["listeners"]["https"]);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn exchanged_ports_are_given_up_before_they_are_taken() {
    let mut bench = with_two(43).await;
    let mut told = bench
        .change("two listeners exchange their ports", |config, _| {
            config["listener"][0]["port"] = json!(9090);
            config["listener"][1]["port"] = json!(443);
        })
        .await;
    assert_eq!(ports(&bench), [json!(9090), json!(443)]);
    told += &bench
        .change("one takes the port that the other leaves", |config, _| {
            config["listener"][0]["port"] = json!(443);
            config["listener"][1]["port"] = json!(8443);
        })
        .await;
    assert_eq!(ports(&bench), [json!(443), json!(8443)]);
    told += &bench
        .change("a port is freed and taken by a new listener", |config, _| {
            config["listener"][1]["port"] = json!(9443);
            let block = json!({"name": "admin", "port": 8443, "target_type": "ip"});
            config["listener"].as_array_mut().unwrap().push(block);
        })
        .await;
    insta::assert_snapshot!(told);
    bench.destroy().await;
}
