//! Connections as the service's side decides them: accepted by rule, rejected on revoke and on a forced
//! destroy, listed and never noise.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::core::{Action, Terraform, texts};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

/// Endpoints of the consumer's account, by address; nobody accepts them there.
async fn connect(bench: &Bench, names: &[&str]) -> Terraform {
    let mut user = Terraform::configured(&bench.land.world, json!({"access_key": "222222222222"})).await;
    for name in names {
        let config = consumer(bench);
        let found = user.try_apply(CONSUMER, name, &config).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    }
    // The service's owner sees a new connection some seconds late.
    tokio::time::sleep(Duration::from_secs(60)).await;
    user
}

fn consumer(bench: &Bench) -> Json {
    json!({
        "service_name": bench.state()["service_name"],
        "subnet_ids": bench.land.ids["consumer_subnet_ids"],
        "default_ingress": false,
    })
}

fn ids(user: &Terraform, names: &[&str]) -> Vec<String> {
    let mut ids: Vec<String> = names.iter().map(|name| user.state(name)["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// Words of the connections that the service's state lists, by endpoint.
fn words(bench: &Bench) -> Vec<String> {
    let state = bench.state();
    state["connections"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn waiting_connections_that_a_rule_matches_are_a_visible_change_and_accepted_in_one_call() {
    let mut bench = Bench::made(111, |config, ids| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["accept"] = json!([{"account_ids": [ids["consumer_account_id"]]}]);
    })
    .await;
    let user = connect(&bench, &["a", "b", "c"]).await;
    let plan = bench.plan().await;
    assert_eq!(bench.state()["pending_endpoint_ids"], json!(ids(&user, &["a", "b", "c"])));
    assert_eq!(words(&bench), ["pendingAcceptance"; 3]);
    assert_eq!(plan.action, Action::Update);
    assert_eq!(plan.planned.get("pending_endpoint_ids").as_list().map(<[_]>::len), Some(0));
    assert!(plan.planned.get("connections").is_unknown(), "the apply decides them");
    let told = bench.change("three wait", |_, _| {}).await;
    assert_eq!(told, "three wait\n  links: connections\n  calls: AcceptVpcEndpointConnections\n");
    tokio::time::sleep(Duration::from_secs(300)).await;
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    assert_eq!(words(&bench), ["available"; 3], "and no plan came of it");
    let told = bench.change("without the rule", |config, _| config["accept"] = json!([])).await;
    assert_eq!(told, "without the rule\n  links: none\n  calls: none\n");
    assert_eq!(words(&bench), ["available"; 3], "a rule that is removed rejects nobody");
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    let mut user = user;
    for name in ["a", "b", "c"] {
        let found = user.destroy(name).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    }
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn the_state_of_an_apply_that_accepts_tells_connections_that_work() {
    let mut bench = Bench::plain(115).await;
    let mut user = connect(&bench, &["a", "b"]).await;
    let first = ids(&user, &["a"])[0].clone();
    bench.config["accept"] = json!([{"endpoint_ids": [first]}]);
    let plan = bench.plan().await;
    let mark = bench.mark();
    let config = bench.config.clone();
    let found = bench.terraform.carry_out(SERVICE, NAME, &config, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    // Nothing was refreshed since.
    let state = bench.state();
    let told = |one: &Json| (one["endpoint_id"].clone(), one["state"].clone());
    let mut found: Vec<(Json, Json)> = state["connections"].as_array().unwrap().iter().map(told).collect();
    found.sort_by_key(|(id, _)| id != &json!(first));
    assert_eq!(found[0], (json!(first), json!("available")));
    assert_eq!(found[1].1, json!("pendingAcceptance"), "not named by any rule");
    let calls = bench.land.world.calls();
    let looks = calls[mark..].iter().filter(|call| call.operation == "DescribeVpcEndpointConnections").count();
    // One to decide, and then until they work.
    assert!((2..=8).contains(&looks), "{looks} looks");
    for name in ["a", "b"] {
        let found = user.destroy(name).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    }
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn all_that_a_rule_says_must_hold_and_any_rule_accepts() {
    let mut bench = Bench::plain(112).await;
    let mut user = connect(&bench, &["a", "b"]).await;
    let [first, second] = [&ids(&user, &["a"])[0], &ids(&user, &["b"])[0]].map(String::clone);
    for rule in [
        json!({"account_ids": []}),
        json!({"account_ids": ["333333333333"]}),
        json!({"endpoint_ids": [first], "account_ids": ["333333333333"]}),
        json!({"regions": ["eu-west-1"]}),
    ] {
        bench.config["accept"] = json!([rule]);
        let plan = bench.plan().await;
        assert_eq!(bench.state()["pending_endpoint_ids"], json!([]), "{rule}");
        assert!(plan.planned.get("connections").is_wholly_known(), "{rule} decides nothing");
    }
    let told = bench
        .change("one endpoint", |config, _| {
            config["accept"] = json!([
                {"endpoint_ids": [first], "account_ids": ["222222222222"], "regions": ["us-east-1"]},
                {"account_ids": []},
            ]);
        })
        .await;
    assert_eq!(told, "one endpoint\n  links: connections\n  calls: AcceptVpcEndpointConnections\n");
    // One that is rejected by a person stays so, whatever the rules say.
    let service_id = bench.state()["id"].as_str().unwrap().to_owned();
    let sent = bench.ec2().reject_vpc_endpoint_connections().service_id(&service_id).vpc_endpoint_ids(&second);
    assert!(sent.send().await.unwrap().unsuccessful().is_empty());
    // A copy that lags behind may show what was before.
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(300)).await;
        bench.plan().await;
    }
    let told = bench.change("everybody of the account", |config, _| {
        config["accept"] = json!([{"account_ids": ["222222222222"]}]);
    });
    assert_eq!(told.await, "everybody of the account\n  links: none\n  calls: none\n");
    let mut found = words(&bench);
    found.sort();
    assert_eq!(found, ["available", "rejected"]);
    for name in ["a", "b"] {
        let found = user.destroy(name).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    }
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_account_without_a_principal_is_rejected_only_where_that_is_wanted() {
    let mut bench = Bench::made(113, |config, ids| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["acceptance_required"] = json!(false);
        config["allowed_principals"] = json!([ids["consumer_account_id"], "333333333333"]);
    })
    .await;
    let mut user = connect(&bench, &["a"]).await;
    let endpoint = ids(&user, &["a"])[0].clone();
    let told =
        bench.change("no principal any more", |config, _| config["allowed_principals"] = json!(["333333333333"]));
    assert_eq!(
        told.await,
        "no principal any more\n  links: permissions\n  calls: ModifyVpcEndpointServicePermissions\n"
    );
    assert_eq!(words(&bench), ["available"], "AWS leaves it connected");
    bench.config["reject_on_revoke"] = json!(true);
    let plan = bench.plan().await;
    let told = texts(&plan.diagnostics).join("\n");
    assert!(told.contains("Warning [reject_on_revoke] Connections will be rejected"), "{told}");
    assert!(told.contains(&format!("{endpoint} of account 222222222222 (available)")), "{told}");
    let told = bench.change("rejected on revoke", |_, _| {}).await;
    assert_eq!(told, "rejected on revoke\n  links: connections\n  calls: RejectVpcEndpointConnections\n");
    tokio::time::sleep(Duration::from_secs(300)).await;
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    assert_eq!(words(&bench), ["rejected"]);
    let found = user.destroy("a").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_forced_destroy_rejects_first_and_says_whom() {
    let mut bench = Bench::made(114, |config, _| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["acceptance_required"] = json!(false);
    })
    .await;
    let mut user = connect(&bench, &["a", "b"]).await;
    let mark = bench.mark();
    let found = bench.terraform.destroy(NAME).await;
    assert!(found.has_errors() && texts(&found).join("\n").contains("force_destroy = true"), "{:#?}", texts(&found));
    assert_eq!(bench.calls_since(mark), "none");
    let told = bench.change("force", |config, _| config["force_destroy"] = json!(true)).await;
    assert_eq!(told, "force\n  links: endpoint_service\n  calls: none\n");
    let mark = bench.mark();
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let told = texts(&found);
    assert!(told[0].contains("they are rejected first"), "{told:#?}");
    for endpoint in ids(&user, &["a", "b"]) {
        assert!(told[0].contains(&endpoint), "{told:#?}");
    }
    assert!(
        bench.calls_since(mark).starts_with("RejectVpcEndpointConnections, DeleteVpc"),
        "{}",
        bench.calls_since(mark)
    );
    for name in ["a", "b"] {
        user.refresh(name).await;
        assert_eq!(user.state(name)["state"], json!("rejected"));
        let found = user.destroy(name).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    }
    tokio::time::sleep(Duration::from_secs(900)).await;
    assert_eq!(crate::core::objects(&bench.land.world), json!({}));
}
