//! The calls of a consumer's whole life: which ones change something, and how many there are.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use acceptance_tests::simulator::control::control;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting, pass};
use crate::core::{ask_world, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// Account and operation of the calls that changed something, in their order.
fn changes(setting: &Setting) -> Vec<String> {
    let calls = ask_world(&setting.land.world, "calls", &Json::Null);
    let calls =
        calls.as_array().unwrap().iter().filter(|call| call["mutating"] == json!(true) && call["outcome"] == "ok");
    calls
        .map(|call| {
            let whose = if call["account"] == json!(OWNER) { "service's account" } else { "own account" };
            format!("{} ({whose})", call["operation"].as_str().unwrap())
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_consumer_is_made_and_removed_by_these_calls() {
    let mut setting = Setting::named(121).await;
    let config = setting.land.consumer(&setting.service);
    setting.apply(&config).await;
    let mut made = changes(&setting);
    // What does not depend on each other happens at the same time.
    made.sort();
    insta::assert_snapshot!(made.join("\n"), @r"
    AcceptVpcEndpointConnections (service's account)
    AuthorizeSecurityGroupIngress (own account)
    ChangeResourceRecordSets (own account)
    ChangeTagsForResource (own account)
    CreateHostedZone (own account)
    CreateSecurityGroup (own account)
    CreateTags (own account)
    CreateTags (own account)
    CreateTags (own account)
    CreateTags (own account)
    CreateTags (service's account)
    CreateVpcEndpoint (own account)
    ModifyVpcEndpoint (own account)
    ");
    setting.forget_calls();
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    insta::assert_snapshot!(changes(&setting).join("\n"), @r"
    ChangeResourceRecordSets (own account)
    DeleteVpcEndpoints (own account)
    DeleteHostedZone (own account)
    DeleteSecurityGroup (own account)
    ");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_ever_throttled_in_a_strict_world() {
    let land = Landscape::strict(122);
    let mut owner = land.service_side().await;
    let mut user = land.consumer_side().await;
    let expect_unthrottled = || {
        let calls = ask_world(&land.world, "calls", &Json::Null);
        let calls = calls.as_array().unwrap().clone();
        control(&land.world, "DELETE", "calls", &[]);
        assert!(calls.iter().all(|call| call["throttled"] == json!(false)), "none is throttled");
    };
    let found = owner.try_apply(SERVICE, "api", &land.service()).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let service = owner.state("api");
    let config = land.consumer(&service);
    let found = user.try_apply(CONSUMER, ORDERS, &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    expect_unthrottled();
    owner.expect_empty(SERVICE, "api", &land.service()).await;
    user.expect_empty(CONSUMER, ORDERS, &config).await;
    expect_unthrottled();
    let found = user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = owner.destroy("api").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    expect_unthrottled();
    assert_eq!(objects(&land.world), json!({}));
}

/// Operations of arguments that few write.
const OF_FEW: [&str; 15] = [
    "AddListenerCertificates",
    "AssociateResourceToProfile",
    "AuthorizeSecurityGroupEgress",
    "CreateVpcEndpointConnectionNotification",
    "DescribeCapacityReservation",
    "DescribeListenerCertificates",
    "DescribeSecurityGroupVpcAssociations",
    "DescribeVpcEndpointConnectionNotifications",
    "DisassociateResourceFromProfile",
    "GetProfile",
    "ListProfileAssociations",
    "ListProfileResourceAssociations",
    "ModifyCapacityReservation",
    "RemoveListenerCertificates",
    "RevokeSecurityGroupEgress",
];

/// How often each operation was called since the last time, as a section of a page.
fn section(setting: &Setting, title: &str, page: &mut String) {
    let calls = ask_world(&setting.land.world, "calls", &Json::Null);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for call in calls.as_array().unwrap() {
        *counts.entry(call["operation"].as_str().unwrap()).or_default() += 1;
    }
    let _ = writeln!(page, "{title}");
    for (operation, count) in counts {
        assert!(!OF_FEW.contains(&operation), "{title}: {operation} is for an argument that is not written");
        let _ = writeln!(page, "  {operation} {count}");
    }
    setting.forget_calls();
}

#[tokio::test(start_paused = true)]
async fn chains_without_the_arguments_of_few_make_no_call_for_them() {
    const NAMES: &str = "privatelink_endpoint_dns";
    let mut page = String::new();
    let mut setting = Setting::bare(123).await;
    let config = setting.land.service();
    let found = setting.owner.try_apply(SERVICE, "api", &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    section(&setting, "a service is made", &mut page);
    pass(600).await;
    setting.owner.expect_empty(SERVICE, "api", &config).await;
    section(&setting, "and planned", &mut page);
    let mut config = setting.land.consumer(&setting.owner.state("api"));
    config.as_object_mut().unwrap().remove("dns");
    let found = setting.user.try_apply(CONSUMER, ORDERS, &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    section(&setting, "a consumer is made", &mut page);
    pass(600).await;
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    section(&setting, "and planned", &mut page);
    let dns = json!([{"zone_name": "orders.internal", "record": [{"name": "@"}]}]);
    let names = json!({"endpoint_id": setting.state()["id"], "dns": dns});
    let found = setting.user.try_apply(NAMES, "names", &names).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    section(&setting, "names are made", &mut page);
    pass(600).await;
    setting.user.expect_empty(NAMES, "names", &names).await;
    section(&setting, "and planned", &mut page);
    let whole = [("the names go", "names"), ("the consumer goes", ORDERS)];
    for (title, name) in whole {
        let found = setting.user.destroy(name).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        section(&setting, title, &mut page);
    }
    let found = setting.owner.destroy("api").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    section(&setting, "the service goes", &mut page);
    assert_eq!(objects(&setting.land.world), json!({}));
    insta::assert_snapshot!(page);
}
