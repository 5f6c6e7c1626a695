//! Load balancers that somebody else manages: attached and detached, never changed.

use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{LoadBalancerSchemeEnum, LoadBalancerTypeEnum, Tag};
use serde_json::{Value as Json, json};

use crate::core::{Action, objects, texts};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

/// Somebody's load balancer, active.
async fn theirs(bench: &Bench, name: &str) -> String {
    let subnets = bench.land.ids["provider_subnet_ids"].as_array().unwrap();
    let made = bench
        .elbv2()
        .create_load_balancer()
        .name(name)
        .r#type(LoadBalancerTypeEnum::Network)
        .scheme(LoadBalancerSchemeEnum::Internal)
        .set_subnets(Some(subnets.iter().map(|id| id.as_str().unwrap().to_owned()).collect()))
        .tags(Tag::builder().key("owner").value("them").build());
    made.send().await.unwrap().load_balancers()[0].load_balancer_arn().unwrap().to_owned()
}

/// What a load balancer is, for a comparison.
async fn look(bench: &Bench, arn: &str) -> String {
    let found = bench.elbv2().describe_load_balancers().load_balancer_arns(arn).send().await.unwrap();
    let tags = bench.elbv2().describe_tags().resource_arns(arn).send().await.unwrap();
    format!("{:?} {:?}", found.load_balancers(), tags.tag_descriptions())
}

async fn with(seed: u64, names: &[&str]) -> (Bench, Vec<String>) {
    let mut bench = Bench::empty(seed).await;
    let mut arns = Vec::new();
    for name in names {
        arns.push(theirs(&bench, name).await);
    }
    tokio::time::sleep(Duration::from_secs(30)).await;
    for key in ["private_dns", "listener", "subnet_ids"] {
        bench.config.as_object_mut().unwrap().remove(key);
    }
    bench.config["load_balancer_arns"] = json!([arns[0]]);
    (bench, arns)
}

#[tokio::test(start_paused = true)]
async fn existing_load_balancers_come_and_go_and_are_never_changed() {
    let (mut bench, arns) = with(121, &["first", "second"]).await;
    let config = bench.config.clone();
    // The first one is still being set up: the service waits for it.
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let result = bench.state()["load_balancers"].clone();
    assert_eq!((&result[0]["name"], &result[0]["managed"]), (&json!("first"), &json!(false)));
    tokio::time::sleep(Duration::from_secs(600)).await;
    let before = [look(&bench, &arns[0]).await, look(&bench, &arns[1]).await];
    let id = bench.state()["id"].clone();
    let told = [
        bench.change("a second one", |config, _| config["load_balancer_arns"] = json!([arns[0], arns[1]])).await,
        bench.change("without the first", |config, _| config["load_balancer_arns"] = json!([arns[1]])).await,
        bench.change("the first in its place", |config, _| config["load_balancer_arns"] = json!([arns[0]])).await,
        bench.change("both", |config, _| config["load_balancer_arns"] = json!([arns[0], arns[1]])).await,
        bench
            .change("another name and tags", |config, _| {
                config["name"] = json!("other");
                config["tags"] = json!({"team": "x"});
            })
            .await,
    ];
    insta::assert_snapshot!(told.concat());
    assert_eq!(bench.state()["id"], id);

    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, id.as_str().unwrap()).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let config = bench.config.clone();
    // Its tags name it after its birth.
    let plan = bench.terraform.plan(SERVICE, NAME, &config).await;
    assert_eq!(
        (plan.action, bench.links_of(&plan).as_str()),
        (Action::NoOp, "none"),
        "{}",
        bench.terraform.difference(NAME, &plan.planned)
    );

    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    tokio::time::sleep(Duration::from_secs(600)).await;
    let after = [look(&bench, &arns[0]).await, look(&bench, &arns[1]).await];
    assert_eq!(after, before, "tags included");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_missing_or_taken_is_named_in_the_plan() {
    let (mut bench, arns) = with(122, &["first"]).await;
    let missing = arns[0].replace("first", "third");
    bench.config["load_balancer_arns"] = json!([missing]);
    let plan = bench.plan().await;
    let told = texts(&plan.diagnostics);
    assert!(told[0].starts_with("Error [load_balancer_arns] Load balancer not found"), "{told:#?}");
    bench.config["load_balancer_arns"] = json!([arns[0]]);
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let plan = bench.terraform.plan(SERVICE, "second", &config).await;
    let told = texts(&plan.diagnostics);
    assert!(told[0].starts_with("Warning [load_balancer_arns] Load balancer of another service"), "{told:#?}");
    assert!(told[0].contains(bench.state()["id"].as_str().unwrap()), "{told:#?}");
    let found = bench.terraform.try_apply(SERVICE, "second", &config).await;
    let told = texts(&found).join("\n");
    assert!(found.has_errors() && told.contains("stands in front of this load balancer already"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_managed_load_balancer_that_is_given_now_is_let_go_with_its_listeners() {
    let mut bench = Bench::plain(123).await;
    let arn = bench.state()["load_balancers"][0]["arn"].as_str().unwrap().to_owned();
    let before = look(&bench, &arn).await;
    let given = |config: &mut Json, _: &Json| {
        for key in ["listener", "subnet_ids"] {
            config.as_object_mut().unwrap().remove(key);
        }
        config["load_balancer_arns"] = json!([arn]);
    };
    let told = bench.change("it is somebody else's from now on", given).await;
    insta::assert_snapshot!(told);
    assert_eq!(look(&bench, &arn).await, before);
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(look(&bench, &arn).await, before, "a destroy leaves it, too");
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_that_connected_consumers_hold_is_named_before_the_first_write() {
    let (mut bench, arns) = with(124, &["first", "second"]).await;
    bench.config["acceptance_required"] = json!(false);
    bench.config["load_balancer_arns"] = json!([arns[0], arns[1]]);
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let mut user = bench.land.consumer_side().await;
    let config = json!({
        "service_name": bench.state()["service_name"],
        "subnet_ids": bench.land.ids["consumer_subnet_ids"],
    });
    user.apply(CONSUMER, "orders", &config).await;
    let endpoint = user.state("orders")["id"].as_str().unwrap().to_owned();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let before = objects(&bench.land.world);
    let mut less = bench.config.clone();
    less["load_balancer_arns"] = json!([arns[0]]);
    let mark = bench.mark();
    let found = bench.terraform.try_apply(SERVICE, NAME, &less).await;
    let told = texts(&found);
    assert!(told[0].starts_with("Warning [load_balancer_arns] Consumers are connected"), "{told:#?}");
    assert!(told[1].starts_with("Error [load_balancer_arns] Consumers are connected"), "{told:#?}");
    for text in &told {
        assert!(text.contains(&arns[1]) && !text.contains(&arns[0]), "{text}");
        assert!(text.contains(&format!("{endpoint} of account 222222222222 (")), "{text}");
    }
    assert_eq!(bench.calls_since(mark), "none");
    assert_eq!(objects(&bench.land.world), before);
    let found = user.destroy("orders").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    bench.change("they left", |config, _| config["load_balancer_arns"] = json!([arns[0]])).await;
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}
