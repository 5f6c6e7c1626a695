//! The calls of a consumer's whole life: which ones change something, and how many there are.

use acceptance_tests::simulator::control::control;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting};
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
