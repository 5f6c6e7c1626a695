//! What a service costs to make and to remove, and when its removal is refused.

use acceptance_tests::simulator::faults::{Fault, Strike};
use serde_json::{Value as Json, json};

use crate::core::{Terraform, objects, texts};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

/// A consumer of the bench's service in the other account: its side, its configuration, its endpoint.
async fn connected(bench: &Bench) -> (Terraform, Json, String) {
    let service = bench.state();
    let mut user = bench.land.consumer_side().await;
    let config = json!({
        "service_name": service["service_name"],
        "subnet_ids": bench.land.ids["consumer_subnet_ids"],
        "accept": {"peer_account": "service"},
    });
    user.apply(CONSUMER, "orders", &config).await;
    let endpoint = user.state("orders")["id"].as_str().unwrap().to_owned();
    (user, config, endpoint)
}

#[tokio::test(start_paused = true)]
async fn making_and_removing_a_service_costs_these_calls() {
    let mut bench = Bench::empty(31).await;
    let mark = bench.mark();
    let config = bench.config.clone();
    let found = bench.terraform.try_apply(SERVICE, NAME, &config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    let mut told = format!("create\n  calls: {}\n", bench.calls_since(mark));
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    let mark = bench.mark();
    bench.destroy().await;
    told += &format!("destroy\n  calls: {}\n", bench.calls_since(mark));
    insta::assert_snapshot!(told);
    assert_eq!(bench.land.world.calls().iter().filter(|call| call.throttled).count(), 0);
}

#[tokio::test(start_paused = true)]
async fn two_listeners_without_acceptance_are_made_imported_and_removed() {
    let mut bench = Bench::made(32, |config, ids| {
        config["acceptance_required"] = json!(false);
        config["listener"] = json!([
            {"name": "https", "port": 443, "target_ids": ids["provider_instance_ids"]},
            {"name": "metrics", "port": 9090, "target_port": 9100, "target_ids": ids["provider_instance_ids"],
             "health_check": {"protocol": "HTTP", "path": "/ready"}, "deregistration_delay": 60},
        ]);
    })
    .await;
    let id = bench.state()["id"].as_str().unwrap().to_owned();
    let before = bench.state();
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    assert_eq!(bench.state()["listeners"], before["listeners"]);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_service_with_live_consumers_is_not_touched_by_its_destroy() {
    let mut bench = Bench::plain(33).await;
    let (mut user, _, endpoint) = connected(&bench).await;
    let before = objects(&bench.land.world);
    let mark = bench.mark();

    let found = bench.terraform.destroy(NAME).await;
    let told = texts(&found);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].starts_with("Warning [] Consumers leave before the service"), "{}", told[0]);
    assert!(told[1].starts_with("Error [] Consumers are connected"), "{}", told[1]);
    for text in &told {
        assert!(text.contains(&format!("{endpoint} of account 222222222222 (available)")), "{text}");
    }
    assert_eq!(bench.calls_since(mark), "none");
    assert_eq!(objects(&bench.land.world), before);
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;

    let found = user.destroy("orders").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_look_before_a_change_is_repeated_until_aws_answers_and_not_when_it_is_denied() {
    let mut bench = Bench::plain(36).await;
    let look = "DescribeVpcEndpointConnections";
    bench.land.world.set_faults(vec![Fault::at(look, 1, Strike::Refuse).times(u64::MAX)]);
    let mark = bench.mark();
    let found = bench.terraform.destroy(NAME).await;
    let told = texts(&found);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("Error [] Cannot look at what the service needs"), "{}", told[0]);
    assert_eq!(bench.mark(), mark + 1, "a denied look was repeated");

    let longest = Fault::at(look, 1, Strike::Unavailable).times(u64::MAX);
    bench.land.world.set_faults(vec![longest]);
    let begun = tokio::time::Instant::now();
    let told = texts(&bench.terraform.destroy(NAME).await);
    assert!(told[0].contains(look) && told[0].contains("Nothing was changed."), "{}", told[0]);
    let waited = begun.elapsed().as_secs();
    assert!((60..120).contains(&waited), "a plan gave up after {waited} s");

    bench.land.world.set_faults(vec![Fault::at(look, 1, Strike::Unavailable).times(9)]);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn deletion_protection_refuses_a_destroy_before_its_first_call() {
    let mut bench = Bench::made(34, |config, _| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["load_balancer"] = json!({"enable_deletion_protection": true});
    })
    .await;
    let mark = bench.mark();
    let found = bench.terraform.destroy(NAME).await;
    let told = texts(&found);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("Error [load_balancer] Deletion protection is on"), "{}", told[0]);
    assert!(told[0].contains("enable_deletion_protection = false"), "{}", told[0]);
    assert_eq!(bench.mark(), mark, "it asked AWS before it refused");
    bench
        .change("protection off", |config, _| config["load_balancer"] = json!({"enable_deletion_protection": false}))
        .await;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn changes_that_connected_consumers_forbid_name_them_and_others_work() {
    let mut bench = Bench::plain(35).await;
    let (mut user, config, endpoint) = connected(&bench).await;
    bench.change("another target port", |config, _| config["listener"][0]["target_port"] = json!(9443)).await;
    bench.change("another port", |config, _| config["listener"][0]["port"] = json!(8443)).await;
    bench.change("nobody new", |config, _| config["allowed_principals"] = json!([])).await;
    user.expect_empty(CONSUMER, "orders", &config).await;

    let kept = bench.config.clone();
    bench.config["subnet_ids"] = json!([kept["subnet_ids"][0]]);
    let plan = bench.plan().await;
    let told = texts(&plan.diagnostics);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("Warning [subnet_ids] Consumers are connected"), "{}", told[0]);
    let mark = bench.mark();
    let less = bench.config.clone();
    let found = bench.terraform.try_apply(SERVICE, NAME, &less).await;
    let told = texts(&found);
    assert!(told[1].starts_with("Error [subnet_ids] Consumers are connected"), "{told:#?}");
    assert!(told[1].contains(&format!("{endpoint} of account 222222222222 (available)")), "{}", told[1]);
    assert_eq!(bench.calls_since(mark), "none");
    bench.config = kept;

    let found = user.destroy("orders").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    bench.change("a zone less", |config, _| config["subnet_ids"] = json!([config["subnet_ids"][0]])).await;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_replacement_that_is_made_first_is_refused_while_consumers_are_connected() {
    let mut bench = Bench::plain(36).await;
    let (mut user, _, endpoint) = connected(&bench).await;
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    // What core asks of a provider where create_before_destroy is set: a creation, while the old one lives.
    let before = objects(&bench.land.world);
    let mark = bench.mark();
    let config = bench.config.clone();
    let found = bench.terraform.try_apply(SERVICE, "replacement", &config).await;
    let told = texts(&found);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("Error [name] Consumers are connected"), "{}", told[0]);
    assert!(told[0].contains(&endpoint) && told[0].contains("create_before_destroy"), "{}", told[0]);
    assert_eq!(bench.calls_since(mark), "none");
    assert_eq!(objects(&bench.land.world), before);
    assert!(!bench.terraform.has("replacement"));
    // Elsewhere the same name is nobody's business.
    let mut elsewhere = bench.config.clone();
    elsewhere["subnet_ids"] = json!([bench.land.ids["provider_subnet_ids"][0]]);
    bench.terraform.apply(SERVICE, "elsewhere", &elsewhere).await;
    let found = bench.terraform.destroy("elsewhere").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));

    let found = user.destroy("orders").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = bench.terraform.try_apply(SERVICE, "replacement", &config).await;
    assert!(!found.has_errors(), "nobody is connected any more: {:#?}", texts(&found));
    let found = bench.terraform.destroy("replacement").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    bench.destroy().await;
}
