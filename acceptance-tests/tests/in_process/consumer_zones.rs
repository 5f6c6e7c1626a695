//! Several zones of one endpoint: each comes, changes and goes by itself.

use aws_sdk_route53::types as route53;
use privatelink::value::Value;
use serde_json::{Value as Json, json};

use crate::consumer_replacement::{DEPOSED, deposed};
use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, merged, pass, says};
use crate::core::{UNKNOWN, texts};
use crate::landscape::CONSUMER;

const RECORDS: &str = "ChangeResourceRecordSets";
const MADE: [&str; 3] = ["CreateHostedZone", "ChangeTagsForResource", RECORDS];

/// A zone that the consumer makes.
fn managed(name: &str, records: &[&str]) -> Json {
    let records: Vec<Json> = records.iter().map(|name| json!({"name": name})).collect();
    json!({"zone_name": name, "record": records})
}

/// A zone that exists.
fn given(id: &str, records: &[&str]) -> Json {
    let records: Vec<Json> = records.iter().map(|name| json!({"name": name})).collect();
    json!({"zone_id": id, "record": records})
}

fn known(plan: &Value, name: &str, key: &str) -> Option<String> {
    plan.get(name).get(key).as_str().map(str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn zones_come_and_go_one_by_one_and_leave_each_other_alone() {
    let mut setting = Setting::open(901).await;
    let shop = setting.zone(USER, "shop.internal").await;
    let partner = setting.zone(OWNER, "partner.internal").await;
    let theirs = merged(&given(&partner, &["orders"]), &json!({"peer_account": "service"}));
    let of = |blocks: &[Json]| json!({"dns": blocks});

    let one = setting.config(of(&[managed("orders.internal", &["@", "api"])]));
    setting.apply(&one).await;
    let first = setting.state()["zone_ids"]["orders.internal"].clone();
    assert!(first.is_string(), "{:#}", setting.state());

    // What is there stays known in the plan, and what comes is known by its name.
    let two = setting.config(of(&[managed("orders.internal", &["@", "api"]), managed("vendor.example", &["*"])]));
    let plan = setting.plan(&two).await;
    assert_eq!(known(&plan.planned, "zone_ids", "orders.internal"), first.as_str().map(str::to_owned));
    assert!(plan.planned.get("zone_ids").get("vendor.example").is_unknown());
    assert_eq!(known(&plan.planned, "records", "api.orders.internal"), known_name(&setting));
    assert!(plan.planned.get("records").get("*.vendor.example").is_unknown(), "{:?}", plan.planned.get("records"));
    setting.carry_out("a zone added", &two, plan, &MADE).await;
    pass(120).await;
    for name in ["api.orders.internal", "any.vendor.example"] {
        assert_eq!(setting.land.reach(name)["reached"], json!(true), "{name}");
    }

    // Managed ones, one of this account and one of a peer.
    let all = [
        managed("orders.internal", &["@", "api"]),
        managed("vendor.example", &["*"]),
        given(&shop, &["orders"]),
        theirs,
    ];
    let four = setting.config(of(&all));
    setting.update("given zones added", &four, &[RECORDS, RECORDS]).await;
    let ids = setting.state()["zone_ids"].clone();
    assert_eq!((&ids["shop.internal"], &ids["partner.internal"]), (&json!(shop), &json!(partner)));
    assert_eq!(setting.state()["records"].as_object().unwrap().len(), 5);
    pass(120).await;
    for name in ["orders.shop.internal", "orders.partner.internal"] {
        assert_eq!(setting.land.reach(name)["reached"], json!(true), "{name}");
    }

    // One is renamed, the others are not touched.
    let mut renamed = all.clone();
    renamed[1] = managed("vendor.test", &["*"]);
    let calls = ["CreateHostedZone", "ChangeTagsForResource", RECORDS, RECORDS, "DeleteHostedZone"];
    let renamed = setting.config(of(&renamed));
    let plan = setting.plan(&renamed).await;
    for (name, id) in ids.as_object().unwrap().iter().filter(|(name, _)| *name != "vendor.example") {
        assert_eq!(known(&plan.planned, "zone_ids", name), id.as_str().map(str::to_owned), "{name}");
    }
    setting.carry_out("a zone renamed", &renamed, plan, &calls).await;
    let now = setting.state()["zone_ids"].clone();
    assert_eq!((&now["orders.internal"], &now["vendor.example"]), (&first, &Json::Null));

    // Back, and the first one goes.
    let back = setting.config(of(&all));
    setting.update("renamed back", &back, &calls).await;
    let rest = setting.config(of(&all[1..]));
    setting.update("a zone removed", &rest, &[RECORDS, "DeleteHostedZone"]).await;
    assert_eq!(setting.state()["zone_ids"].as_object().unwrap().len(), 3);
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(120).await;
    for (account, zone) in [(USER, shop), (OWNER, partner)] {
        setting.route53(account).delete_hosted_zone().id(zone).send().await.unwrap();
    }
    setting.destroy().await;
}

fn known_name(setting: &Setting) -> Option<String> {
    setting.state()["dns_name"].as_str().map(str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn zones_with_further_vpcs_are_imported_all_and_healed_one_by_one() {
    let mut setting = Setting::open(902).await;
    let further = setting.vpc("10.31.0.0/16").await;
    let shop = setting.zone(USER, "shop.internal").await;
    let mut seen = managed("orders.internal", &["@", "api"]);
    seen["vpc_ids"] = json!([further]);
    let config = setting.config(json!({"dns": [seen, managed("vendor.example", &["*"]), given(&shop, &["orders"])]}));
    setting.apply(&config).await;
    let before = setting.state();
    pass(300).await;
    setting.user.forget(ORDERS);
    setting.forget_calls();
    let found = setting.user.import(CONSUMER, ORDERS, before["id"].as_str().unwrap()).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    for name in ["zone_ids", "records"] {
        assert_eq!(setting.state()[name], before[name], "{name}");
    }
    setting.apply(&config).await;
    assert_eq!(setting.changes(), Vec::<String>::new(), "all of it was found");

    // A record of one zone.
    let zone = before["zone_ids"]["vendor.example"].as_str().unwrap().to_owned();
    let client = setting.route53(USER);
    let found = client.list_resource_record_sets().hosted_zone_id(&zone).send().await.unwrap();
    let record = found.resource_record_sets().iter().find(|one| one.r#type() == &route53::RrType::A).unwrap().clone();
    let change = route53::Change::builder().action(route53::ChangeAction::Delete).resource_record_set(record);
    let batch = route53::ChangeBatch::builder().changes(change.build().unwrap()).build().unwrap();
    client.change_resource_record_sets().hosted_zone_id(&zone).change_batch(batch).send().await.unwrap();
    pass(300).await;
    let plan = setting.plan(&config).await;
    let differing = setting.differing(&plan);
    assert!(differing.contains("record.records.vendor.example"), "{differing:?}");
    assert!(!differing.iter().any(|name| name.contains("orders.internal") || name.contains(&shop)), "{differing:?}");
    setting.carry_out("a record of one zone is deleted", &config, plan, &[RECORDS]).await;

    // A whole one.
    setting.set("hosted_zone", &zone, json!({"removed": true}));
    pass(300).await;
    setting.update("one zone is deleted", &config, &MADE).await;
    pass(120).await;
    assert_eq!(setting.land.reach("a.vendor.example")["reached"], json!(true));
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(120).await;
    setting.route53(USER).delete_hosted_zone().id(&shop).send().await.unwrap();
    setting.ec2(USER).delete_vpc().vpc_id(further).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn zones_of_others_that_have_one_name_are_exchanged() {
    let mut setting = Setting::open(903).await;
    let client = setting.route53(USER);
    let other = setting.vpc("10.32.0.0/16").await;
    let mut zones = Vec::new();
    for number in ["a", "b"] {
        let vpc = route53::Vpc::builder().vpc_id(&other).vpc_region(route53::VpcRegion::UsEast1).build();
        let home = if number == "a" {
            vpc
        } else {
            let id = setting.vpc("10.33.0.0/16").await;
            route53::Vpc::builder().vpc_id(id).vpc_region(route53::VpcRegion::UsEast1).build()
        };
        let config = route53::HostedZoneConfig::builder().private_zone(true).build();
        let made = client.create_hosted_zone().name("shop.internal").caller_reference(number).vpc(home);
        let made = made.hosted_zone_config(config).send().await.unwrap();
        zones.push(made.hosted_zone().unwrap().id().trim_start_matches("/hostedzone/").to_owned());
        pass(90).await;
    }
    let of = |zone: &str| json!({"dns": [given(zone, &["orders"])]});
    let (before, after) = (setting.config(of(&zones[0])), setting.config(of(&zones[1])));
    setting.apply(&before).await;
    let found = setting.try_apply(&after).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.user.expect_empty(CONSUMER, ORDERS, &after).await;
    assert_eq!(setting.state()["zone_ids"], json!({"shop.internal": zones[1]}));
    pass(120).await;
    assert_eq!(setting.land.reach("orders.shop.internal")["reached"], json!(true));
}

#[tokio::test(start_paused = true)]
async fn zones_pass_to_the_consumer_that_replaces_theirs_and_a_new_one_is_made_at_once() {
    let before = [managed("orders.internal", &["@", "api"]), managed("vendor.example", &["*"])];
    let (mut setting, config) = deposed(904, json!({"dns": before, "private_dns_enabled": false})).await;
    let old = setting.user.state(DEPOSED);
    let mut after = config.clone();
    after["dns"] = json!([before[0], before[1], managed("new.internal", &["api"])]);
    setting.forget_calls();
    let found = setting.try_apply(&after).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert!(
        says(&found, "Warning [dns] Records move last", &["orders.internal", "vendor.example"]),
        "{:#?}",
        texts(&found)
    );
    assert_eq!(setting.world_changes().iter().filter(|call| *call == "CreateHostedZone").count(), 1);
    for zone in ["orders.internal", "vendor.example"] {
        assert_eq!(setting.state()["zone_ids"][zone], old["zone_ids"][zone], "{zone}");
    }
    pass(600).await;
    setting.forget_calls();
    let found = setting.user.destroy(DEPOSED).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let calls = setting.world_changes();
    assert!(!calls.iter().any(|call| call.contains("HostedZone")), "{calls:?}");
    setting.user.expect_empty(CONSUMER, ORDERS, &after).await;
    setting.user.expect_empty(CONSUMER, ORDERS, &after).await;
    pass(600).await;
    for name in ["api.orders.internal", "x.vendor.example", "api.new.internal"] {
        assert_eq!(setting.land.reach(name)["reached"], json!(true), "{name}");
    }
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn one_zone_twice_is_refused_and_one_that_is_not_known_leaves_the_rest_as_it_is() {
    let mut setting = Setting::open(905).await;
    let shop = setting.zone(USER, "shop.internal").await;
    let table = [
        (
            json!([managed("a.internal", &["@"]), managed("a.internal.", &["api"])]),
            "Error [dns] Two dns blocks of one zone_name",
            "a.internal",
        ),
        (
            json!([given(&shop, &["a"]), given(&format!("/hostedzone/{shop}"), &["b"])]),
            "Error [dns] Two dns blocks of one zone_id",
            shop.as_str(),
        ),
    ];
    for (dns, beginning, word) in table {
        let found = setting.plan(&setting.config(json!({"dns": dns}))).await.diagnostics;
        assert!(says(&found, beginning, &[word, "one dns block with all records"]), "{:#?}", texts(&found));
    }
    let mixed = setting.config(json!({"dns": [managed("shop.internal", &["@"]), given(&shop, &["a"])]}));
    let found = setting.plan(&mixed).await.diagnostics;
    assert!(says(&found, "Error [dns] Two zones of one name", &["shop.internal"]), "{:#?}", texts(&found));
    let nobody = merged(&given(&shop, &["a"]), &json!({"peer_account": "nobody"}));
    let config = setting.config(json!({"dns": [managed("a.internal", &["@"]), nobody]}));
    let found = setting.plan(&config).await.diagnostics;
    assert!(says(&found, "Error [dns.peer_account] Unknown peer account", &["nobody"]), "{:#?}", texts(&found));

    let one = setting.config(json!({"dns": [managed("a.internal", &["@"])]}));
    setting.apply(&one).await;
    let before = setting.state();
    let open = setting.config(json!({"dns": [managed("a.internal", &["@"]), given(UNKNOWN, &["b"])]}));
    let plan = setting.plan(&open).await;
    for name in ["id", "dns_name", "security_group_id"] {
        assert_eq!(plan.planned.get(name).as_str(), before[name].as_str(), "{name}");
    }
    let both = setting.config(json!({"dns": [managed("a.internal", &["@"]), given(&shop, &["b"])]}));
    let found = setting.user.carry_out(CONSUMER, ORDERS, &both, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.user.expect_empty(CONSUMER, ORDERS, &both).await;
    assert_eq!(setting.state()["zone_ids"]["a.internal"], before["zone_ids"]["a.internal"]);
    setting.user.destroy(ORDERS).await;
    pass(120).await;
    setting.route53(USER).delete_hosted_zone().id(&shop).send().await.unwrap();
    setting.destroy().await;
}
