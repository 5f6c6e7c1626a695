//! What a plan warns of: decisions of another account, objects of others in the way, and what a replacement ends.

use aws_sdk_elasticloadbalancingv2::types as elbv2;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{Setting, USER, merged, pass, says};
use crate::core::{Action, Plan, texts};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

const CONNECTION: &str = "privatelink_connection";
const SHOP: &str = "shop";

/// A rejected endpoint is told in each plan that changes nothing, whoever was to accept it and whatever stands behind it.
#[tokio::test(start_paused = true)]
async fn a_rejected_endpoint_never_plans_silently() {
    for (seed, arguments, is_accepted_first) in [
        (671, json!({}), false),
        (672, json!({}), true),
        (673, json!({"accept": {"peer_account": "service"}}), true),
        (
            674,
            json!({"wait_for_acceptance": false, "dns": [{"zone_name": "a.internal", "record": [{"name": "b"}]}]}),
            false,
        ),
    ] {
        let mut setting = Setting::closed(seed).await;
        let config = setting.config(arguments.clone());
        let found = setting.try_apply(&config).await;
        assert!(!found.has_errors(), "{arguments}: {:#?}", texts(&found));
        let endpoint = setting.state()["id"].as_str().unwrap().to_owned();
        if is_accepted_first && arguments.get("accept").is_none() {
            setting.accept(&endpoint).await;
            setting.catch_up().await;
        }
        setting.reject(&endpoint).await;
        setting.catch_up().await;
        for _ in 0..3 {
            pass(600).await;
            let plan = setting.plan(&config).await;
            assert_eq!(setting.state()["state"], json!("rejected"), "{seed} {arguments}");
            assert_eq!(plan.action, Action::NoOp, "{arguments}: {:?}", setting.differing(&plan));
            let words = ["rejected", &endpoint, USER];
            assert!(says(&plan.diagnostics, "Warning", &words), "{arguments}: {:#?}", texts(&plan.diagnostics));
        }
        setting.destroy_behind(Some("connection")).await;
    }
}

/// A consumer that waits for its owner, and the owner's decision over it.
async fn decided(seed: u64) -> (Setting, Json) {
    let mut setting = Setting::closed(seed).await;
    let config = setting.config(json!({"wait_for_acceptance": false}));
    setting.try_apply(&config).await;
    let connection =
        json!({"service_id": setting.service["id"], "endpoint_id": setting.state()["id"], "tags": {"a": "b"}});
    setting.owner.apply(CONNECTION, SHOP, &connection).await;
    (setting, connection)
}

#[tokio::test(start_paused = true)]
async fn an_owner_is_told_of_a_consumer_that_left_and_keeps_its_plans() {
    let (mut setting, connection) = decided(675).await;
    let endpoint = connection["endpoint_id"].as_str().unwrap().to_owned();
    let found = setting.user.destroy(crate::consumer_setting::ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    // AWS shows the end of a connection for some time, and then nothing of it.
    for seconds in [1, 4000] {
        pass(seconds).await;
        setting.forget_calls();
        let plan = setting.owner.plan(CONNECTION, SHOP, &connection).await;
        assert_eq!(plan.action, Action::NoOp, "{}", setting.owner.difference(SHOP, &plan.planned));
        let words = ["was deleted", &endpoint, USER, "Remove this resource"];
        assert!(says(&plan.diagnostics, "Warning", &words), "{:#?}", texts(&plan.diagnostics));
        assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
        assert_eq!(setting.owner.state(SHOP)["state"], json!("deleted"));
    }
    // Tags of what is gone are nobody's, and no second resource may begin with it.
    let found = setting.owner.try_apply(CONNECTION, SHOP, &merged(&connection, &json!({"tags": {"a": "c"}}))).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let plan = setting.owner.plan_only(CONNECTION, "other", &connection).await;
    assert!(!says(&plan.diagnostics, "Error", &["peer"]), "{:#?}", texts(&plan.diagnostics));
    let found = setting.owner.destroy(SHOP).await;
    assert!(found.is_empty(), "nothing is rejected, and nothing is told to be: {:#?}", texts(&found));
    assert_eq!(setting.changes(), Vec::<String>::new());
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn the_replacement_of_a_decision_says_that_it_rejects() {
    let (mut setting, connection) = decided(676).await;
    let second = setting.config(json!({"name": "second", "default_ingress": false}));
    setting.user.try_apply(CONSUMER, "second", &second).await;
    let other = merged(&connection, &json!({"endpoint_id": setting.user.state("second")["id"]}));
    let endpoint = connection["endpoint_id"].as_str().unwrap().to_owned();
    let says_so = |plan: &Plan| {
        assert_eq!(plan.action, Action::Replace);
        let words = ["rejects the endpoint", &endpoint, USER];
        assert!(
            says(&plan.diagnostics, "Warning [] A connection will be rejected", &words),
            "{:#?}",
            texts(&plan.diagnostics)
        );
    };
    says_so(&setting.owner.plan(CONNECTION, SHOP, &other).await);
    // Core drops the warnings of a replacement that only -replace asks for; the page says so.
    let plan = setting.owner.plan_replace(CONNECTION, SHOP, &connection).await;
    assert!(plan.diagnostics.is_empty(), "{:#?}", texts(&plan.diagnostics));
    let found = setting.owner.destroy(SHOP).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = setting.user.destroy("second").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.destroy_behind(Some("connection")).await;
}

#[tokio::test(start_paused = true)]
async fn a_foreign_listener_on_our_target_group_is_named_before_the_first_write() {
    let mut bench = Bench::plain(677).await;
    bench.config["listener"].as_array_mut().unwrap().push(json!({"name": "admin", "port": 9443, "target_type": "ip"}));
    let both = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &both).await;
    let group = bench.link("target_group.admin")["arn"].as_str().unwrap().to_owned();
    let balancer = bench.link("load_balancer")["arn"].as_str().unwrap().to_owned();
    let action = elbv2::Action::builder().r#type(elbv2::ActionTypeEnum::Forward).target_group_arn(&group).build();
    let made = bench
        .elbv2()
        .create_listener()
        .load_balancer_arn(&balancer)
        .port(9999)
        .protocol(elbv2::ProtocolEnum::Tcp)
        .default_actions(action)
        .send()
        .await
        .unwrap();
    let foreign = made.listeners()[0].listener_arn().unwrap().to_owned();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let mut without = both.clone();
    without["listener"].as_array_mut().unwrap().pop();
    let mut other_port = both.clone();
    other_port["listener"][1]["target_port"] = json!(8443);
    for config in [&without, &other_port] {
        let plan = bench.plan_of(config).await;
        assert_eq!(plan.action, Action::Update);
        let words = [foreign.as_str(), "TCP 9999", "delete-listener"];
        let begins = "Warning [listener] Target group in use";
        assert!(says(&plan.diagnostics, begins, &words), "{:#?}", texts(&plan.diagnostics));
        let (mark, before) = (bench.mark(), tokio::time::Instant::now());
        let found = bench.terraform.try_apply(SERVICE, NAME, config).await;
        assert!(says(&found, "Error [listener] Target group in use", &words), "{:#?}", texts(&found));
        assert_eq!(bench.calls_since(mark), "none");
        assert!(before.elapsed().as_secs() < 120, "{:?}", before.elapsed());
    }
    bench.elbv2().delete_listener().listener_arn(&foreign).send().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    bench.terraform.apply(SERVICE, NAME, &without).await;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_foreign_listener_goes_with_the_load_balancer_of_a_destroy() {
    let mut bench = Bench::plain(678).await;
    let group = bench.link("target_group.https")["arn"].as_str().unwrap().to_owned();
    let balancer = bench.link("load_balancer")["arn"].as_str().unwrap().to_owned();
    let action = elbv2::Action::builder().r#type(elbv2::ActionTypeEnum::Forward).target_group_arn(&group).build();
    let client = bench.elbv2();
    let listener = client.create_listener().load_balancer_arn(&balancer).port(9999).protocol(elbv2::ProtocolEnum::Tcp);
    listener.default_actions(action).send().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let plan = bench.plan().await;
    assert!(plan.diagnostics.is_empty(), "{:#?}", texts(&plan.diagnostics));
    bench.destroy().await;
}
