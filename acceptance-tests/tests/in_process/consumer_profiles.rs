//! Private names of an endpoint in a Route 53 Profile.

use acceptance_tests::simulator::faults::{Fault, Strike};
use privatelink::value::Value;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, Setting, USER, merged, pass, says};
use crate::core::{objects, texts};
use crate::crash::killed;
use crate::landscape::CONSUMER;

const PROFILE: &str = "rp-0123456789abcdef";
const OTHER: &str = "rp-fedcba9876543210";
const ASSOCIATE: &str = "AssociateResourceToProfile";
const DISASSOCIATE: &str = "DisassociateResourceFromProfile";
const ENDPOINT_DNS: &str = "privatelink_endpoint_dns";

/// A service with a private name, and Profiles of the consumer's account.
async fn named(seed: u64) -> Setting {
    let setting = Setting::named(seed).await;
    for profile in [PROFILE, OTHER] {
        setting.set("profile", profile, json!({"owner": USER, "region": "us-east-1"}));
    }
    setting
}

fn consumer(setting: &Setting, arguments: Json) -> Json {
    let base = setting.config(json!({"accept": {"peer_account": "service"}, "private_dns_enabled": true}));
    merged(&base, &arguments)
}

/// Profile and endpoint of every association.
async fn associated(setting: &Setting) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for profile in [PROFILE, OTHER] {
        let list = || setting.profiles(USER).list_profile_resource_associations().profile_id(profile).send();
        let mut list_seen = list().await.unwrap();
        // One read may show the past.
        if list_seen.profile_resource_associations().iter().any(|one| one.status().unwrap().as_str() != "COMPLETE") {
            list_seen = list().await.unwrap();
        }
        for one in list_seen.profile_resource_associations() {
            assert_eq!(one.status().unwrap().as_str(), "COMPLETE", "{profile}");
            found.push((profile.to_owned(), one.resource_arn().unwrap().to_owned()));
        }
    }
    found
}

#[tokio::test(start_paused = true)]
async fn a_profile_has_the_endpoint_until_it_goes_and_drift_is_healed() {
    let mut setting = named(1201).await;
    let without = consumer(&setting, json!({}));
    setting.apply(&without).await;
    let arn = setting.state()["arn"].as_str().unwrap().to_owned();
    let in_one = consumer(&setting, json!({"route53_profile_id": PROFILE}));
    setting.update("a Profile", &in_one, &[ASSOCIATE]).await;
    pass(300).await;
    assert_eq!(associated(&setting).await, [(PROFILE.to_owned(), arn.clone())]);

    let client = setting.profiles(USER);
    client.disassociate_resource_from_profile().profile_id(PROFILE).resource_arn(&arn).send().await.unwrap();
    pass(300).await;
    let plan = setting.plan(&in_one).await;
    // One that is missing may be on its way out, so that its end is watched.
    let named = ["record.profile_association", "record.retired", "route53_profile_id"].map(str::to_owned);
    assert_eq!(setting.differing(&plan), named.into());
    setting.carry_out("out of the Profile", &in_one, plan, &[ASSOCIATE]).await;

    let in_other = consumer(&setting, json!({"route53_profile_id": OTHER}));
    setting.update("another Profile", &in_other, &[ASSOCIATE, DISASSOCIATE]).await;
    pass(300).await;
    assert_eq!(associated(&setting).await, [(OTHER.to_owned(), arn.clone())]);
    let neither = merged(&without, &json!({"private_dns_enabled": false}));
    setting.update("no Profile and no private DNS", &neither, &[DISASSOCIATE, "ModifyVpcEndpoint"]).await;
    setting.update("both again", &in_one, &[ASSOCIATE, "ModifyVpcEndpoint"]).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_was_made_by_hand_is_found_by_an_import_as_far_as_aws_lets_it_be_seen() {
    let mut setting = named(1202).await;
    let without = consumer(&setting, json!({}));
    setting.apply(&without).await;
    let (id, arn) = (setting.state()["id"].clone(), setting.state()["arn"].as_str().unwrap().to_owned());
    let client = setting.profiles(USER);
    let by_hand = client.associate_resource_to_profile().profile_id(PROFILE).resource_arn(&arn).name("by-hand");
    by_hand.send().await.unwrap();
    pass(300).await;
    let in_profile = consumer(&setting, json!({"route53_profile_id": PROFILE}));
    let denied =
        |operation: &str| vec![Fault::at(operation, 1, Strike::Refuse).code("AccessDeniedException").times(99)];
    // Without the permission the profile is not seen, and taken over as it is by the apply that names it.
    for operation in ["ListProfiles", "ListProfileResourceAssociations", ""] {
        setting.user = setting.land.consumer_side().await;
        setting.land.world.set_faults(if operation.is_empty() { Vec::new() } else { denied(operation) });
        let found = setting.user.import(CONSUMER, ORDERS, id.as_str().unwrap()).await;
        assert!(!found.has_errors(), "{operation}: {:#?}", texts(&found));
        let seen = if operation.is_empty() { json!(PROFILE) } else { Json::Null };
        assert_eq!(setting.state()["route53_profile_id"], seen, "{operation}");
    }
    setting.land.world.set_faults(Vec::new());
    setting.forget_calls();
    let plan = setting.plan(&in_profile).await;
    let lines = plan.planned.get("changes").as_list().unwrap();
    assert!(!lines.iter().filter_map(Value::as_str).any(|line| line.contains("rofile")), "{lines:?}");
    setting.apply(&in_profile).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    assert_eq!(associated(&setting).await, [(PROFILE.to_owned(), arn)]);
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_profile_needs_is_said_before_anything_is_made() {
    let mut setting = named(1203).await;
    let config = consumer(&setting, json!({"route53_profile_id": PROFILE, "private_dns_enabled": null}));
    let found = setting.try_apply(&config).await;
    assert!(
        says(&found, "Error", &["Profile without private DNS", "private_dns_enabled = true"]),
        "{:#?}",
        texts(&found)
    );
    let config = consumer(&setting, json!({"route53_profile_id": "my-profile"}));
    let found = setting.try_apply(&config).await;
    assert!(says(&found, "Error", &["the id of a Route 53 Profile", "rp-0123456789abcdef"]), "{:#?}", texts(&found));
    setting.forget_calls();
    let config = consumer(&setting, json!({"route53_profile_id": "rp-00000000deadbeef"}));
    let found = setting.try_apply(&config).await;
    let words = ["Route 53 Profile not found", "rp-00000000deadbeef", "us-east-1", "AWS RAM"];
    assert!(says(&found, "Error", &words), "{:#?}", texts(&found));
    assert_eq!(setting.changes(), Vec::<String>::new());
    // One that another account shares.
    setting.set("profile", "rp-5a5a5a5a5a5a5a5a", json!({"owner": "333333333333", "region": "us-east-1"}));
    let config = consumer(&setting, json!({"route53_profile_id": "rp-5a5a5a5a5a5a5a5a"}));
    let found = setting.try_apply(&config).await;
    assert!(says(&found, "Error", &["Route 53 Profile not found"]), "{:#?}", texts(&found));
    setting.set("profile", "rp-5a5a5a5a5a5a5a5a", json!({"shared_with": USER}));
    pass(60).await;
    setting.apply(&config).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn names_that_come_later_go_into_the_profile_too() {
    let mut setting = named(1204).await;
    let plain = setting.config(json!({"accept": {"peer_account": "service"}}));
    setting.apply(&plain).await;
    let endpoint_id = setting.state()["id"].clone();
    let names = json!({"endpoint_id": endpoint_id, "private_dns_enabled": true, "route53_profile_id": PROFILE});
    setting.user.apply(ENDPOINT_DNS, "names", &names).await;
    pass(300).await;
    assert_eq!(associated(&setting).await.len(), 1);
    setting.user.expect_empty(ENDPOINT_DNS, "names", &names).await;
    setting.user.expect_empty(CONSUMER, ORDERS, &plain).await;
    let found = setting.user.destroy("names").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let left = objects(&setting.land.world).to_string();
    assert!(!left.contains("profile_association"), "{left}");
    setting.destroy().await;
}

/// A consumer whose update into a Profile was killed right after its effect.
async fn killed_on_its_way(seed: u64) -> (Setting, Json) {
    let mut setting = named(seed).await;
    let without = consumer(&setting, json!({}));
    setting.apply(&without).await;
    let into_one = consumer(&setting, json!({"route53_profile_id": PROFILE}));
    let fault = Fault::at(ASSOCIATE, 1, Strike::Kill);
    assert!(killed(&setting.user, CONSUMER, ORDERS, &into_one, fault).await);
    setting.user.provider = setting.land.consumer_side().await.provider;
    pass(1200).await;
    assert_eq!(associated(&setting).await.len(), 1, "no state names it");
    (setting, without)
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_update_put_into_a_profile_is_hinted_at_and_goes() {
    let (mut setting, _) = killed_on_its_way(1205).await;
    let into_other = consumer(&setting, json!({"route53_profile_id": OTHER}));
    let found = setting.try_apply(&into_other).await;
    let words = ["Cleaning up after an interrupted update", "profile_association"];
    assert!(says(&found, "Warning", &words), "{:#?}", texts(&found));
    pass(1200).await;
    let profiles: Vec<String> = associated(&setting).await.into_iter().map(|(profile, _)| profile).collect();
    assert_eq!(profiles, [OTHER]);
    setting.user.expect_empty(CONSUMER, ORDERS, &into_other).await;
    setting.destroy().await;

    let (mut setting, _) = killed_on_its_way(1206).await;
    setting.forget_calls();
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let calls = setting.world_changes();
    let place = |operation: &str| calls.iter().position(|call| call == operation);
    assert!(place(DISASSOCIATE).is_some() && place(DISASSOCIATE) < place("DeleteVpcEndpoints"), "{calls:?}");
    let found = setting.owner.destroy("api").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(objects(&setting.land.world), json!({}));
}
