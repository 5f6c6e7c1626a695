//! Services of AWS whose names are not `com.amazonaws.<Region>.<service>`.

use serde_json::json;

use crate::consumer_setting::{ORDERS, Setting, USER, merged, says};
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
