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

/// Expects AWS's words on the connections of the service, sorted. One read may lag behind.
async fn expect_words(bench: &Bench, expected: &[&str], why: &str) {
    let id = bench.state()["id"].as_str().unwrap().to_owned();
    let mut words = Vec::new();
    for _ in 0..10 {
        let by_service = aws_sdk_ec2::types::Filter::builder().name("service-id").values(&id).build();
        let pages = bench.ec2().describe_vpc_endpoint_connections().filters(by_service).into_paginator();
        let seen = pages.items().send().try_collect().await.unwrap();
        words = seen.iter().map(|one| one.vpc_endpoint_state().unwrap().as_str().to_owned()).collect();
        words.sort();
        if words == expected {
            return;
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    panic!("{why}: {words:?}, not {expected:?}");
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
    expect_words(&bench, &["pendingAcceptance"; 3], "nobody accepted them").await;
    assert_eq!(plan.action, Action::Update);
    assert_eq!(plan.planned.get("pending_endpoint_ids").as_list().map(<[_]>::len), Some(0));
    let told = bench.change("three wait", |_, _| {}).await;
    assert!(
        told.starts_with("three wait\n  links: connections\n  calls: AcceptVpcEndpointConnections, CreateTags\n"),
        "{told}"
    );
    tokio::time::sleep(Duration::from_secs(300)).await;
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    expect_words(&bench, &["available"; 3], "and no plan came of it").await;
    let told = bench.change("without the rule", |config, _| config["accept"] = json!([])).await;
    assert!(told.starts_with("without the rule\n  links: connections\n  calls: none\n"), "{told}");
    expect_words(&bench, &["available"; 3], "a rule that is removed rejects nobody").await;
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
async fn new_rules_name_at_plan_whom_they_accept_and_others_connections_are_no_change() {
    let mut bench = Bench::plain(115).await;
    let mut user = connect(&bench, &["a", "b"]).await;
    let before = bench.state();
    let mark = bench.mark();
    bench.terraform.refresh(NAME).await;
    assert_eq!(bench.state(), before, "two endpoints wait, and no rule is for them");
    let looked = |bench: &Bench, mark: usize| {
        let calls = bench.land.world.calls();
        calls[mark..].iter().filter(|call| call.operation == "DescribeVpcEndpointConnections").count()
    };
    assert_eq!(looked(&bench, mark), 0, "without rules nothing is looked at");
    let first = ids(&user, &["a"])[0].clone();
    bench.config["accept"] = json!([{"endpoint_ids": [first]}]);
    let plan = bench.plan().await;
    let told = texts(&plan.diagnostics).join("\n");
    assert!(told.contains("Warning [accept] Connections will be accepted"), "{told}");
    assert!(told.contains(&format!("{first} of account 222222222222 (pendingAcceptance)")), "{told}");
    let mark = bench.mark();
    let config = bench.config.clone();
    let found = bench.terraform.carry_out(SERVICE, NAME, &config, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    // The plan before the write, and the apply: nothing is waited for.
    assert!((1..=6).contains(&looked(&bench, mark)), "{} looks", looked(&bench, mark));
    let after = bench.state();
    tokio::time::sleep(Duration::from_secs(300)).await;
    bench.terraform.refresh(NAME).await;
    assert_eq!(
        bench.state().to_string(),
        after.to_string(),
        "an endpoint that begins to work is no change of the service"
    );
    expect_words(&bench, &["available", "pendingAcceptance"], "only what a rule names is accepted").await;
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
        let told = bench.change("nobody", |_, _| {}).await;
        assert!(told.starts_with("nobody\n  links: connections\n  calls: none\n"), "{rule} decides nothing: {told}");
        assert_eq!(bench.state()["pending_endpoint_ids"], json!([]), "{rule}");
    }
    let told = bench
        .change("one endpoint", |config, _| {
            config["accept"] = json!([
                {"endpoint_ids": [first], "account_ids": ["222222222222"], "regions": ["us-east-1"]},
                {"account_ids": []},
            ]);
        })
        .await;
    assert!(
        told.starts_with("one endpoint\n  links: connections\n  calls: AcceptVpcEndpointConnections, CreateTags\n"),
        "{told}"
    );
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
    let told = told.await;
    assert!(told.starts_with("everybody of the account\n  links: connections\n  calls: none\n"), "{told}");
    expect_words(&bench, &["available", "rejected"], "a rejected one stays so").await;
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
    let told = told.await;
    assert!(
        told.starts_with("no principal any more\n  links: permissions\n  calls: ModifyVpcEndpointServicePermissions\n"),
        "{told}"
    );
    expect_words(&bench, &["available"], "AWS leaves it connected").await;
    bench.config["reject_on_revoke"] = json!(true);
    let plan = bench.plan().await;
    let told = texts(&plan.diagnostics).join("\n");
    assert!(told.contains("Warning [reject_on_revoke] Connections will be rejected"), "{told}");
    assert!(told.contains(&format!("{endpoint} of account 222222222222 (available)")), "{told}");
    let told = bench.change("rejected on revoke", |_, _| {}).await;
    assert!(
        told.starts_with("rejected on revoke\n  links: connections\n  calls: RejectVpcEndpointConnections\n"),
        "{told}"
    );
    tokio::time::sleep(Duration::from_secs(300)).await;
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    expect_words(&bench, &["rejected"], "it was revoked").await;
    let found = user.destroy("a").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn endpoints_of_the_own_account_need_no_principal_and_are_never_revoked() {
    let mut bench = Bench::made(116, |config, _| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["acceptance_required"] = json!(false);
        config["reject_on_revoke"] = json!(true);
        config["allowed_principals"] = json!([]);
    })
    .await;
    let mut own = Terraform::service_only(&bench.land.world).await;
    let mut config = consumer(&bench);
    config["subnet_ids"] = bench.land.ids["provider_subnet_ids"].clone();
    let found = own.try_apply(CONSUMER, "own", &config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    tokio::time::sleep(Duration::from_secs(300)).await;
    let plan = bench.plan().await;
    assert_eq!(plan.action, Action::NoOp, "{:#?}", texts(&plan.diagnostics));
    assert_eq!(texts(&plan.diagnostics), Vec::<String>::new());
    expect_words(&bench, &["available"], "the owner's own").await;
    let found = own.destroy("own").await;
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
    assert!(told.starts_with("force\n  links: endpoint_service\n  calls: none\n"), "{told}");
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
