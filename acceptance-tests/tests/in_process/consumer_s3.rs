//! S3: two services of one name, names that begin `*.`, and private DNS that may be left to the gateway endpoint.

use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, Setting, USER, merged, pass, says};
use crate::core::texts;

const S3: &str = "com.amazonaws.us-east-1.s3";
const MODIFY: &str = "ModifyVpcEndpoint";
const ONLY: &str = "private_dns_only_for_inbound_resolver_endpoint";

fn config(setting: &Setting, only: Json) -> Json {
    json!({"service_name": S3, "subnet_ids": setting.subnets([0, 1]), "private_dns_enabled": true, ONLY: only})
}

#[tokio::test(start_paused = true)]
async fn private_dns_of_s3_needs_no_gateway_endpoint() {
    let mut setting = Setting::bare(401).await;
    let config = config(&setting, json!(null));
    let found = setting.apply(&config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    let state = setting.state();
    assert_eq!((&state["private_dns_enabled"], &state[ONLY]), (&json!(true), &json!(false)));
    let names = state["private_dns_names"].as_array().unwrap();
    assert!(names.len() == 6 && names.contains(&json!("*.s3.us-east-1.amazonaws.com")), "{names:?}");
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn names_of_s3_are_left_to_the_gateway_endpoint_where_there_is_one() {
    let mut setting = Setting::bare(402).await;
    let only = config(&setting, json!(true));
    let vpc = setting.id("consumer_vpc_id");
    let words = [S3, vpc.as_str(), "Gateway"];
    let summary = format!("[{ONLY}] No gateway endpoint in the VPC");
    let plan = setting.plan(&only).await;
    assert!(says(&plan.diagnostics, &format!("Warning {summary}"), &words), "{:#?}", texts(&plan.diagnostics));
    assert!(!plan.diagnostics.has_errors(), "the run may make one: {:#?}", texts(&plan.diagnostics));
    setting.forget_calls();
    let found = setting.try_apply(&only).await;
    assert!(says(&found, &format!("Error {summary}"), &words), "{:#?}", texts(&found));
    assert_eq!(setting.changes(), Vec::<String>::new());

    setting.ec2(USER).create_vpc_endpoint().vpc_id(&vpc).service_name(S3).send().await.unwrap();
    pass(60).await;
    let found = setting.apply(&only).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    assert_eq!(setting.state()[ONLY], json!(true));
    let whole = merged(&only, &json!({ONLY: false}));
    setting.update("for the whole VPC", &whole, &[MODIFY]).await;
    setting.update("for resolvers alone", &only, &[MODIFY]).await;
    let off = merged(&only, &json!({"private_dns_enabled": false}));
    setting.update("off", &off, &[MODIFY]).await;
}

#[tokio::test(start_paused = true)]
async fn own_records_lead_to_names_that_begin_with_an_asterisk() {
    let mut setting = Setting::bare(404).await;
    let zone = setting.zone(USER, "objects.internal").await;
    let config = json!({
        "service_name": S3,
        "subnet_ids": setting.subnets([0, 1]),
        "dns": [{"zone_id": zone, "record": [{"name": "*"}, {"name": "*", "zonal": true}]}],
    });
    let found = setting.apply(&config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    let state = setting.state();
    assert!(state["dns_name"].as_str().unwrap().starts_with("*.vpce-"), "{state:#}");
    assert_eq!(state["records"]["*.objects.internal"], state["dns_name"]);
    pass(600).await;
    setting.user.refresh(ORDERS).await;
    setting.user.expect_empty(crate::landscape::CONSUMER, ORDERS, &config).await;
    let id = state["id"].as_str().unwrap().to_owned();
    setting.user.forget(ORDERS);
    setting.user.import(crate::landscape::CONSUMER, ORDERS, &id).await;
    setting.user.expect_empty(crate::landscape::CONSUMER, ORDERS, &config).await;
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn an_imported_endpoint_of_s3_is_as_it_is() {
    let mut setting = Setting::bare(403).await;
    let config = config(&setting, json!(null));
    setting.apply(&config).await;
    pass(600).await;
    let id = setting.state()["id"].as_str().unwrap().to_owned();
    setting.user.forget(ORDERS);
    setting.user.import(crate::landscape::CONSUMER, ORDERS, &id).await;
    assert_eq!(setting.state()[ONLY], json!(false));
    setting.user.expect_empty(crate::landscape::CONSUMER, ORDERS, &config).await;
}
