//! Values that another resource of the run gives: the plan passes, promises nothing that the apply does not
//! keep, and core finds the second plan to agree with the first.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::core::{Action, UNKNOWN, texts};
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

const TOPIC: &str = "arn:aws:sns:us-east-1:111111111111:connections";
const CERTIFICATE: &str = "arn:aws:acm:us-east-1:111111111111:certificate/01234567-89ab-cdef-0123-456789abcdef";

type Edit = fn(&mut Json, &Json);

/// Plans with what is not known yet, applies with what it turned out to be, and expects two empty plans.
async fn settle(bench: &mut Bench, title: &str, unknown: Edit, known: Edit) {
    let mut open = bench.config.clone();
    unknown(&mut open, &bench.land.ids);
    known(&mut bench.config, &bench.land.ids);
    let plan = bench.terraform.plan(SERVICE, NAME, &open).await;
    assert!(!plan.diagnostics.has_errors(), "{title}: {:#?}", texts(&plan.diagnostics));
    let exists = bench.terraform.has(NAME);
    assert_eq!(plan.action, if exists { Action::Update } else { Action::Create }, "{title}");
    if exists {
        bench.assert_names_stay(title, &plan);
    }
    let config = bench.config.clone();
    let found = bench.terraform.carry_out(SERVICE, NAME, &config, plan).await;
    assert!(!found.has_errors(), "{title}: {:#?}", texts(&found));
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_is_planned_before_its_surroundings_exist() {
    let mut bench = Bench::empty(151).await;
    bench.config.as_object_mut().unwrap().remove("private_dns");
    let unknown: Edit = |config, _| {
        config["subnet_ids"] = json!([UNKNOWN]);
        config["allowed_principals"] = json!([UNKNOWN]);
        config["listener"][0]["target_ids"] = json!([UNKNOWN]);
        config["listener"][0]["certificate_arn"] = json!(UNKNOWN);
        config["listener"][0]["protocol"] = json!("TLS");
        config["accept"] = json!([{"account_ids": [UNKNOWN]}]);
        config["connection_notification"] = json!([{"connection_notification_arn": UNKNOWN}]);
    };
    let known: Edit = |config, ids| {
        config["subnet_ids"] = json!([ids["provider_subnet_ids"][0]]);
        config["listener"][0]["target_ids"] = json!([ids["provider_instance_ids"][0]]);
        config["listener"][0]["protocol"] = json!("TLS");
        config["listener"][0]["certificate_arn"] = json!(CERTIFICATE);
        config["accept"] = json!([{"account_ids": [ids["consumer_account_id"]]}]);
        config["connection_notification"] = json!([{"connection_notification_arn": TOPIC}]);
    };
    settle(&mut bench, "everything around it", unknown, known).await;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_known_yet_leaves_the_rest_of_a_living_service_known() {
    let mut bench = Bench::plain(152).await;
    let cases: &[(&str, Edit, Edit)] = &[
        (
            "a certificate",
            |config, _| {
                config["listener"][0]["protocol"] = json!("TLS");
                config["listener"][0]["certificate_arn"] = json!(UNKNOWN);
            },
            |config, _| {
                config["listener"][0]["protocol"] = json!("TLS");
                config["listener"][0]["certificate_arn"] = json!(CERTIFICATE);
            },
        ),
        (
            "a principal",
            |config, _| config["allowed_principals"] = json!(["333333333333", UNKNOWN]),
            |config, _| config["allowed_principals"] = json!(["333333333333", "444444444444"]),
        ),
        (
            "an endpoint to accept",
            |config, _| config["accept"] = json!([{"endpoint_ids": [UNKNOWN]}]),
            |config, _| config["accept"] = json!([{"endpoint_ids": ["vpce-0123456789abcdef0"]}]),
        ),
        (
            "a topic",
            |config, _| config["connection_notification"] = json!([{"connection_notification_arn": UNKNOWN}]),
            |config, _| config["connection_notification"] = json!([{"connection_notification_arn": TOPIC}]),
        ),
        (
            "a tag",
            |config, _| config["tags"] = json!({"team": UNKNOWN}),
            |config, _| config["tags"] = json!({"team": "x"}),
        ),
        (
            "a subnet less",
            |config, ids| config["subnet_ids"] = json!([ids["provider_subnet_ids"][0], UNKNOWN]),
            |config, ids| {
                config["subnet_ids"] = json!([ids["provider_subnet_ids"][0], ids["provider_subnet_ids"][1]]);
            },
        ),
        (
            "a bucket",
            |config, _| config["load_balancer"] = json!({"access_logs": {"bucket": UNKNOWN, "enabled": true}}),
            |config, _| config["load_balancer"] = json!({"access_logs": {"bucket": "our-logs", "enabled": true}}),
        ),
    ];
    for (title, unknown, known) in cases {
        settle(&mut bench, title, *unknown, *known).await;
        tokio::time::sleep(Duration::from_secs(300)).await;
    }
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn load_balancers_and_target_groups_of_the_same_run_are_not_known_yet() {
    let mut bench = Bench::plain(153).await;
    let vpc = bench.land.ids["provider_vpc_id"].as_str().unwrap().to_owned();
    let elbv2 = bench.elbv2();
    let made = elbv2.create_target_group().name("theirs").protocol("TCP".into()).port(8080).vpc_id(vpc);
    let group = made.send().await.unwrap().target_groups()[0].target_group_arn().unwrap().to_owned();
    let subnet = bench.land.ids["provider_subnet_ids"][0].as_str().unwrap();
    let made = elbv2.create_load_balancer().name("theirs").r#type("network".into()).scheme("internal".into());
    let made = made.subnets(subnet).send().await.unwrap();
    let balancer = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    bench.land.ids["group"] = json!(group);
    bench.land.ids["balancer"] = json!(balancer);
    tokio::time::sleep(Duration::from_secs(300)).await;
    settle(
        &mut bench,
        "a target group",
        |config, _| config["listener"] = json!([{"name": "https", "port": 443, "target_group_arn": UNKNOWN}]),
        |config, ids| config["listener"] = json!([{"name": "https", "port": 443, "target_group_arn": ids["group"]}]),
    )
    .await;
    settle(
        &mut bench,
        "a load balancer",
        |config, _| {
            for key in ["listener", "subnet_ids"] {
                config.as_object_mut().unwrap().remove(key);
            }
            config["load_balancer_arns"] = json!([UNKNOWN]);
        },
        |config, ids| {
            for key in ["listener", "subnet_ids"] {
                config.as_object_mut().unwrap().remove(key);
            }
            config["load_balancer_arns"] = json!([ids["balancer"]]);
        },
    )
    .await;
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}
