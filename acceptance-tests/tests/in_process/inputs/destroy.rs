//! What a look objects to never keeps people from a destroy, for which core plans first.

use aws_sdk_route53::types as route53;
use serde_json::json;

use crate::consumer_setting::{ORDERS, Setting, USER, pass, says};
use crate::core::texts;

#[tokio::test(start_paused = true)]
async fn a_record_of_others_in_the_place_of_ours_stops_an_apply_and_no_destroy() {
    let mut setting = Setting::open(641).await;
    let zone = setting.zone(USER, "shop.internal").await;
    let config = setting.config(json!({"dns": [{"zone_id": zone, "record": [{"name": "orders"}]}]}));
    setting.apply(&config).await;
    // Somebody takes ours away and writes another one.
    let client = setting.route53(USER);
    let listed = client.list_resource_record_sets().hosted_zone_id(&zone).send().await.unwrap();
    let ours = listed.resource_record_sets().iter().find(|set| set.name().starts_with("orders.")).unwrap().clone();
    let value = route53::ResourceRecord::builder().value("elsewhere.example.dev").build().unwrap();
    let theirs = route53::ResourceRecordSet::builder()
        .name("orders.shop.internal")
        .r#type(route53::RrType::Cname)
        .ttl(60)
        .resource_records(value)
        .build()
        .unwrap();
    for (action, set) in [(route53::ChangeAction::Delete, ours), (route53::ChangeAction::Create, theirs.clone())] {
        let change = route53::Change::builder().action(action).resource_record_set(set).build().unwrap();
        let batch = route53::ChangeBatch::builder().changes(change).build().unwrap();
        client.change_resource_record_sets().hosted_zone_id(&zone).change_batch(batch).send().await.unwrap();
        pass(120).await;
    }
    setting.forget_calls();
    let plan = setting.plan(&config).await;
    assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
    assert!(
        says(&plan.diagnostics, "Warning [dns] Record exists", &["a destroy does too"]),
        "{:#?}",
        texts(&plan.diagnostics)
    );
    let found = setting.try_apply(&config).await;
    assert!(says(&found, "Error [dns] Record exists", &["elsewhere.example.dev"]), "{:#?}", texts(&found));
    assert_eq!(setting.changes(), Vec::<String>::new(), "nothing is written");
    assert!(setting.user.has(ORDERS));
    // A change of the setting itself is refused in the plan.
    let mut other = config.clone();
    other["dns"][0]["record"] = json!([{"name": "orders"}, {"name": "shop"}]);
    let plan = setting.plan(&other).await;
    assert!(says(&plan.diagnostics, "Error [dns] Record exists", &[]), "{:#?}", texts(&plan.diagnostics));
    let plan = setting.plan(&config).await;
    assert!(!plan.diagnostics.has_errors());
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let change =
        route53::Change::builder().action(route53::ChangeAction::Delete).resource_record_set(theirs).build().unwrap();
    let batch = route53::ChangeBatch::builder().changes(change).build().unwrap();
    client.change_resource_record_sets().hosted_zone_id(&zone).change_batch(batch).send().await.unwrap();
    pass(120).await;
    client.delete_hosted_zone().id(&zone).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_subnet_that_is_gone_with_its_endpoint_stops_no_destroy() {
    let mut setting = Setting::open(642).await;
    let vpc = setting.id("consumer_vpc_id");
    let call = setting.ec2(USER).create_subnet().vpc_id(&vpc).cidr_block("10.20.77.0/24");
    let subnet = call.availability_zone_id("use1-az1").send().await.unwrap().subnet.unwrap().subnet_id.unwrap();
    pass(60).await;
    let config = setting.config(json!({"subnet_ids": [subnet]}));
    setting.apply(&config).await;
    let id = setting.state()["id"].as_str().unwrap().to_owned();
    setting.ec2(USER).delete_vpc_endpoints().vpc_endpoint_ids(id).send().await.unwrap();
    pass(600).await;
    setting.ec2(USER).delete_subnet().subnet_id(&subnet).send().await.unwrap();
    pass(120).await;
    // Core plans before it destroys.
    let plan = setting.plan(&config).await;
    assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
    assert!(says(&plan.diagnostics, "Warning [subnet_ids]", &[&subnet]), "{:#?}", texts(&plan.diagnostics));
    let found = setting.try_apply(&config).await;
    assert!(says(&found, "Error [subnet_ids]", &[&subnet]), "{:#?}", texts(&found));
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert!(!setting.user.has(ORDERS));
    setting.destroy().await;
}
