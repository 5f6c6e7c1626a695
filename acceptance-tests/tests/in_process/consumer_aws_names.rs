//! Services of AWS whose names are not `com.amazonaws.<Region>.<service>`.

use serde_json::json;

use crate::consumer_setting::{ORDERS, Setting, USER, merged, pass, says};
use crate::core::{objects, texts};
use crate::landscape::CONSUMER;
use crate::region_change::{network, remove};

const IAM: &str = "com.amazonaws.iam";

#[tokio::test(start_paused = true)]
async fn a_name_without_a_region_is_of_the_endpoint_s_unless_another_one_is_written() {
    let mut setting = Setting::bare(411).await;
    let here = json!({"service_name": IAM, "subnet_ids": setting.subnets([0])});
    let found = setting.apply(&here).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    let state = setting.state();
    assert_eq!((&state["service_region"], &state["name"]), (&json!("us-east-1"), &json!("iam")));
    let written = merged(&here, &json!({"service_region": "us-east-1"}));
    setting.user.expect_empty(CONSUMER, ORDERS, &written).await;
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn a_service_of_three_parts_is_reached_from_another_region() {
    let mut setting = Setting::bare(412).await;
    let ec2 = setting.ec2_in(USER, "eu-west-1");
    let place = network(&ec2).await;
    let bare = json!({"service_name": IAM, "region": "eu-west-1", "subnet_ids": [place.1]});
    let plan = setting.plan(&bare).await;
    let words = [IAM, "eu-west-1", "write service_region"];
    let told = says(&plan.diagnostics, "Error [service_name] Service that AWS does not know", &words);
    assert!(told, "{:#?}", texts(&plan.diagnostics));
    let there = merged(&bare, &json!({"service_region": "us-east-1"}));
    let found = setting.apply(&there).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    assert_eq!(setting.state()["zonal_dns_names"], json!({}), "none across Regions");
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    remove(&ec2, place).await;
    assert_eq!(objects(&setting.land.world), json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_notebook_of_sagemaker_has_a_name_of_its_own() {
    let mut setting = Setting::bare(413).await;
    let name = "aws.sagemaker.us-east-1.notebook";
    let config = json!({"service_name": name, "subnet_ids": setting.subnets([0]), "private_dns_enabled": true});
    let found = setting.apply(&config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    let state = setting.state();
    assert_eq!((&state["service_region"], &state["name"]), (&json!("us-east-1"), &json!("sagemaker.notebook")));
    assert_eq!(state["private_dns_names"], json!(["*.notebook.us-east-1.sagemaker.aws"]));
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

/// A service of AWS in another Region: one whose name says which, and those whose names say nothing.
#[tokio::test(start_paused = true)]
async fn storage_identities_and_names_of_aws_are_reached_across_regions() {
    let mut setting = Setting::bare(414).await;
    let ec2 = setting.ec2_in(USER, "eu-west-1");
    let place = network(&ec2).await;
    let on = aws_sdk_ec2::types::AttributeBooleanValue::builder().value(true).build();
    ec2.modify_vpc_attribute().vpc_id(&place.0).enable_dns_hostnames(on).send().await.unwrap();
    pass(60).await;
    let table = [
        (json!({"service_name": "com.amazonaws.us-east-1.s3"}), "s3"),
        (json!({"service_name": IAM, "service_region": "us-east-1"}), "iam"),
        (json!({"service_name": "com.amazonaws.route53", "service_region": "us-east-1"}), "route53"),
    ];
    for (service, name) in table {
        let config =
            merged(&json!({"region": "eu-west-1", "subnet_ids": [place.1], "private_dns_enabled": true}), &service);
        let found = setting.apply(&config).await;
        assert!(found.is_empty(), "{name}: {:#?}", texts(&found));
        let state = setting.state();
        assert_eq!((&state["service_region"], &state["name"]), (&json!("us-east-1"), &json!(name)));
        assert_eq!((&state["zonal_dns_names"], &state["metric_dimensions"]), (&json!({}), &json!({})), "{name}");
        assert_ne!(state["private_dns_names"], json!([]), "{name}");
        let zonal = json!({"dns": [{"zone_name": "a.internal", "record": [{"name": "x", "zonal": true}]}]});
        let plan = setting.plan(&merged(&config, &zonal)).await;
        let told = says(&plan.diagnostics, "Error [dns] No zonal names across Regions", &["eu-west-1", "us-east-1"]);
        assert!(told, "{name}: {:#?}", texts(&plan.diagnostics));
        let found = setting.user.destroy(ORDERS).await;
        assert!(!found.has_errors(), "{name}: {:#?}", texts(&found));
    }
    remove(&ec2, place).await;
    assert_eq!(objects(&setting.land.world), json!({}));
}
