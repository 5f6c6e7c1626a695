//! Tags on every object of a service: whose they are, and whose they are not.

use aws_sdk_ec2::types::Tag as Ec2Tag;
use aws_sdk_elasticloadbalancingv2::types::Tag;
use serde_json::{Value as Json, json};

use crate::core::{Action, Terraform};
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

/// ARNs of the objects of Elastic Load Balancing.
fn arns(bench: &Bench) -> Vec<String> {
    let state = bench.state();
    let listener = &state["listeners"]["https"];
    let all = [&state["load_balancers"][0]["arn"], &listener["arn"], &listener["target_group_arn"]];
    all.map(|arn| arn.as_str().unwrap().to_owned()).to_vec()
}

/// Tags of everything, ours among them, in one map for each object.
async fn carried(bench: &Bench) -> Vec<Json> {
    let described = bench.elbv2().describe_tags().set_resource_arns(Some(arns(bench))).send().await.unwrap();
    let pair = |tag: &Tag| (tag.key().unwrap().to_owned(), json!(tag.value()));
    let mut all: Vec<Json> =
        described.tag_descriptions().iter().map(|one| one.tags().iter().map(pair).collect()).collect();
    let id = bench.state()["id"].as_str().unwrap().to_owned();
    let seen = bench.ec2().describe_vpc_endpoint_service_configurations().service_ids(id).send().await.unwrap();
    let tags = seen.service_configurations()[0].tags().iter();
    all.push(tags.map(|tag| (tag.key().unwrap().to_owned(), json!(tag.value()))).collect());
    all
}

#[tokio::test(start_paused = true)]
async fn tags_that_are_to_be_ignored_and_aws_s_own_are_nobodys_change() {
    let mut bench = Bench::empty(171).await;
    let block = json!({
        "access_key": "111111111111",
        "default_tags": {"tags": {"owner": "platform"}},
        "ignore_tags": {"keys": ["Cost"], "key_prefixes": ["k8s/"]},
    });
    bench.terraform = Terraform::configured(&bench.land.world, block).await;
    bench.config.as_object_mut().unwrap().remove("private_dns");
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;

    let theirs = [("Cost", "7"), ("k8s/cluster", "blue")];
    let tags = theirs.map(|(key, value)| Tag::builder().key(key).value(value).build()).to_vec();
    bench.elbv2().add_tags().set_resource_arns(Some(arns(&bench))).set_tags(Some(tags)).send().await.unwrap();
    let id = bench.state()["id"].as_str().unwrap().to_owned();
    let tags = theirs.map(|(key, value)| Ec2Tag::builder().key(key).value(value).build()).to_vec();
    bench.ec2().create_tags().resources(&id).set_tags(Some(tags)).send().await.unwrap();
    let of_aws = json!({"tags": {"aws:servicecatalog:productArn": "p"}});
    bench.set("endpoint_service", &id, &of_aws);
    bench.set("load_balancer", &arns(&bench)[0], &of_aws);
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    assert_eq!(bench.state()["tags_all"], json!({"owner": "platform", "team": "orders"}));

    bench.change("another team", |config, _| config["tags"] = json!({"team": "shop"})).await;
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    for tags in carried(&bench).await {
        let some = ["team", "owner", "Cost", "k8s/cluster"].map(|key| tags[key].as_str().unwrap_or("none"));
        assert_eq!(some, ["shop", "platform", "7", "blue"], "{tags:#}");
        assert!(tags["privatelink:uid"].is_string(), "{tags:#}");
    }
    bench.change("no tags", |config, _| config["tags"] = json!(null)).await;
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    for tags in carried(&bench).await {
        assert_eq!((&tags["team"], &tags["Cost"]), (&Json::Null, &json!("7")), "{tags:#}");
    }

    // What is imported shows neither ours nor theirs.
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, &id).await;
    assert!(!found.has_errors(), "{found:#?}");
    let plan = bench.plan().await;
    assert_eq!(plan.action, Action::NoOp, "{}", bench.terraform.difference(NAME, &plan.planned));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn another_name_is_written_to_every_object_and_changes_nothing_else() {
    let mut bench = Bench::plain(172).await;
    let before = bench.state();
    let told = bench.change("another name", |config, _| config["name"] = json!("orders-next")).await;
    insta::assert_snapshot!(told);
    for result in ["id", "service_name", "load_balancers", "listeners"] {
        assert_eq!(bench.state()[result], before[result], "{result}");
    }
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    for tags in carried(&bench).await {
        assert_eq!(tags["privatelink:resource"], json!("service/orders-next"), "{tags:#}");
    }
    bench.destroy().await;
}
