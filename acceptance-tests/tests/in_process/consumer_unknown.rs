//! Plans before everything is known, and the import of what somebody made by hand.

use aws_sdk_ec2::types as ec2;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, merged, pass};
use crate::core::{Action, Plan, UNKNOWN, objects, texts};
use crate::landscape::CONSUMER;

impl Setting {
    /// Plans a create with something unknown, then applies the whole configuration against that plan, as core
    /// does when another resource of the same run has given the missing values.
    async fn refines(&mut self, what: &str, unknown: &Json, known: &Json) {
        let first = self.plan(unknown).await;
        assert!(!first.diagnostics.has_errors(), "{what}: {:#?}", texts(&first.diagnostics));
        assert_eq!(first.action, Action::Create, "{what}");
        let found = self.user.carry_out(CONSUMER, ORDERS, known, first).await;
        assert!(!found.has_errors(), "{what}: {:#?}", texts(&found));
        self.user.expect_empty(CONSUMER, ORDERS, known).await;
    }

    async fn leaves(mut self, what: &str) {
        let found = self.user.destroy(ORDERS).await;
        assert!(!found.has_errors(), "{what}: {:#?}", texts(&found));
        assert!(objects(&self.land.world).get(USER).is_none(), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_with_an_unknown_argument_is_refined_by_the_known_one() {
    let dns = json!({"zone_name": "orders.internal", "record": [{"name": "api"}]});
    let table: [(&str, Json); 7] = [
        ("service_name", json!({"service_name": UNKNOWN})),
        ("subnet_ids", json!({})),
        ("a peer", json!({"accept": {"peer_account": UNKNOWN}})),
        ("a record's name", json!({"dns": [{"zone_name": "orders.internal", "record": [{"name": UNKNOWN}]}]})),
        ("a zone's name", json!({"dns": [{"zone_name": UNKNOWN, "record": [{"name": "api"}]}]})),
        ("the source of a rule", json!({"ingress": [{"port": 443, "security_group_id": UNKNOWN}]})),
        ("a tag", json!({"tags": {"team": UNKNOWN}})),
    ];
    for (number, (what, unknown)) in (80..).zip(table) {
        let mut setting = Setting::named(number).await;
        let group = setting.id("application_security_group_id");
        let known = setting.config(json!({
            "subnet_ids": setting.subnets([0, 1]),
            "ingress": [{"port": 443, "security_group_id": group}],
            "accept": {"peer_account": "service"},
            "private_dns_enabled": true,
            "dns": [dns],
            "tags": {"team": "shop"},
        }));
        let mut unknown = merged(&known, &unknown);
        if what == "subnet_ids" {
            unknown["subnet_ids"][1] = json!(UNKNOWN);
        }
        setting.refines(what, &unknown, &known).await;
        setting.leaves(what).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_to_an_unknown_value_keeps_what_stays() {
    let mut setting = Setting::named(89).await;
    let config = setting.config(json!({"accept": {"peer_account": "service"}}));
    setting.apply(&config).await;
    let keeps = |plan: &Plan, state: &Json| {
        for name in ["id", "arn", "dns_name", "vpc_id"] {
            assert_eq!(plan.planned.get(name).as_str(), state[name].as_str(), "{name} is known");
        }
    };
    let state = setting.state();
    let unknown = merged(&config, &json!({"tags": {"team": UNKNOWN}}));
    let plan = setting.plan(&unknown).await;
    assert_eq!(plan.action, Action::Update, "{:#?}", texts(&plan.diagnostics));
    keeps(&plan, &state);
    let known = merged(&config, &json!({"tags": {"team": "shop"}}));
    let found = setting.user.carry_out(CONSUMER, ORDERS, &known, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.user.expect_empty(CONSUMER, ORDERS, &known).await;

    let unknown = merged(&known, &json!({"ingress": [{"port": 443, "security_group_id": UNKNOWN}]}));
    let plan = setting.plan(&unknown).await;
    assert_eq!(plan.action, Action::Update, "{:#?}", texts(&plan.diagnostics));
    keeps(&plan, &state);
    let group = setting.id("application_security_group_id");
    let known = merged(&known, &json!({"ingress": [{"port": 443, "security_group_id": group}]}));
    let found = setting.user.carry_out(CONSUMER, ORDERS, &known, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.user.expect_empty(CONSUMER, ORDERS, &known).await;
    setting.leaves("updates").await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_made_by_hand_is_imported_as_it_is_and_survives_its_release() {
    let mut setting = Setting::open(91).await;
    let (group, second) = (setting.group("by-hand").await, setting.group("second").await);
    let subnets = setting.subnets([0, 1]);
    let subnet_ids: Vec<String> =
        subnets.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    let call = setting.ec2(USER).create_vpc_endpoint().vpc_endpoint_type(ec2::VpcEndpointType::Interface);
    let made = call
        .vpc_id(setting.id("consumer_vpc_id"))
        .service_name(setting.service["service_name"].as_str().unwrap())
        .set_subnet_ids(Some(subnet_ids))
        .set_security_group_ids(Some(vec![group.clone(), second.clone()]))
        .private_dns_enabled(false)
        .send()
        .await
        .unwrap();
    let id = made.vpc_endpoint().unwrap().vpc_endpoint_id().unwrap().to_owned();
    pass(600).await;
    setting.forget_calls();
    let found = setting.user.import(CONSUMER, ORDERS, &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(setting.state()["tags"], json!(null));
    let mut groups = [&group, &second];
    groups.sort_unstable();
    assert_eq!(setting.state()["security_group_ids"], json!(groups));
    let config = setting.config(json!({"subnet_ids": subnets, "security_group_ids": groups}));
    let plan = setting.plan(&config).await;
    let differing = setting.differing(&plan);
    assert_eq!(plan.action, Action::NoOp, "{differing:?} {:?}", setting.user.difference(ORDERS, &plan.planned));
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    // From here on it is like one of ours.
    let tagged = merged(&config, &json!({"tags": {"team": "shop"}, "name": "orders"}));
    setting.update("tagged", &tagged, &["CreateTags"]).await;
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    for group in groups {
        setting.ec2(USER).delete_security_group().group_id(group).send().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_imported_endpoint_of_a_foreign_group_can_get_a_managed_one() {
    let mut setting = Setting::open(92).await;
    let group = setting.group("by-hand").await;
    let config = setting.config(json!({"security_group_ids": [group]}));
    setting.apply(&config).await;
    let id = setting.state()["id"].as_str().unwrap().to_owned();
    setting.user.forget(ORDERS);
    let found = setting.user.import(CONSUMER, ORDERS, &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let managed = setting.config(json!({}));
    let calls = ["CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "ModifyVpcEndpoint"];
    setting.update("managed", &managed, &calls).await;
    let seen = setting.ec2(USER).describe_security_groups().group_ids(&group).send().await.unwrap();
    assert_eq!(seen.security_groups().len(), 1, "the other group is nobody's to delete");
}

#[tokio::test(start_paused = true)]
async fn a_whole_chain_is_imported_from_its_endpoint_and_plans_empty() {
    let mut setting = Setting::with(94, json!({"acceptance_required": false})).await;
    let group = setting.id("application_security_group_id");
    let config = setting.config(json!({
        "name": "orders",
        "subnet_ids": setting.subnets([0, 1]),
        "ingress": [
            {"port": 443, "security_group_id": group, "description": "the shop"},
            {"from_port": 8000, "to_port": 8010, "cidr_ipv4": "10.20.0.0/16"},
        ],
        "private_dns_enabled": true,
        "dns": [{
            "zone_name": "orders.internal",
            "record": [{"name": "@"}, {"name": "*", "zonal": true}, {"name": "api", "ttl_seconds": 60}],
        }],
        "tags": {"team": "shop"},
    }));
    setting.apply(&config).await;
    let before = setting.state();
    setting.user.forget(ORDERS);
    setting.forget_calls();
    let found = setting.user.import(CONSUMER, ORDERS, before["id"].as_str().unwrap()).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    for name in ["zone_ids", "security_group_id", "records", "private_dns_names", "network_interfaces", "tags", "name"]
    {
        assert_eq!(setting.state()[name], before[name], "{name}");
    }
    // It is all described, so that the one step that may show makes it ours and no call.
    setting.apply(&config).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    assert_eq!(setting.state()["record"]["owner_uid"], before["record"]["owner_uid"]);
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn records_in_a_zone_of_a_peer_are_imported_with_it() {
    let mut setting = Setting::open(95).await;
    let zone = setting.zone(OWNER, "partner.internal").await;
    let config = setting.config(json!({
        "dns": [{"zone_id": zone, "peer_account": "service", "record": [{"name": "orders"}]}],
    }));
    setting.apply(&config).await;
    let before = setting.state();
    setting.user.forget(ORDERS);
    setting.forget_calls();
    let found = setting.user.import(CONSUMER, ORDERS, before["id"].as_str().unwrap()).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!((&setting.state()["dns"], &setting.state()["records"]), (&before["dns"], &before["records"]));
    setting.apply(&config).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(120).await;
    setting.route53(OWNER).delete_hosted_zone().id(&zone).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_imported_is_named() {
    let mut setting = Setting::bare(93).await;
    let table = [
        ("vpce-1", "vpce-0123456789abcdef0"),
        ("vpce-svc-0123456789abcdef0", "vpce-0123456789abcdef0"),
        ("vpce-0123456789abcdef0", "There is no"),
        ("vpce-0123456789abcdef0@nowhere", "is not an AWS Region"),
    ];
    for (id, words) in table {
        let found = setting.user.import(CONSUMER, ORDERS, id).await;
        assert!(
            found.has_errors() && texts(&found).iter().any(|text| text.contains(words)),
            "{id}: {:#?}",
            texts(&found)
        );
        assert!(!setting.user.has(ORDERS));
    }
}
