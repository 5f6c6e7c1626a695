//! Every change that happens in place: the calls that it makes, and two empty plans after it.

use std::time::Duration;

use acceptance_tests::simulator::faults::{Fault, Strike};
use privatelink::protocol::value::from_json;
use privatelink::resource::ProviderServer as _;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, merged, pass, zone_of};
use crate::core::{Action, texts};
use crate::landscape::CONSUMER;

const MODIFY: &str = "ModifyVpcEndpoint";
const AUTHORIZE: &str = "AuthorizeSecurityGroupIngress";
const REVOKE: &str = "RevokeSecurityGroupIngress";
const DESCRIBE: &str = "UpdateSecurityGroupRuleDescriptionsIngress";
const RECORDS: &str = "ChangeResourceRecordSets";

#[tokio::test(start_paused = true)]
async fn subnets_come_and_go_in_one_call_each() {
    let mut setting = Setting::open(41).await;
    let config = |numbers: Json| json!({"subnet_ids": numbers});
    let two = setting.config(config(setting.subnets([0, 1])));
    setting.apply(&two).await;
    let three = setting.config(config(setting.subnets([0, 1, 2])));
    setting.update("added", &three, &[MODIFY]).await;
    assert_eq!(setting.state()["availability_zone_ids"].as_array().unwrap().len(), 3);
    let other = setting.config(config(setting.subnets([1, 2])));
    setting.update("removed", &other, &[MODIFY]).await;
    let swapped = setting.config(config(setting.subnets([0, 2])));
    setting.update("exchanged", &swapped, &[MODIFY]).await;
    assert_eq!(setting.state()["availability_zone_ids"], json!(["use1-az1", "use1-az4"]));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn rules_of_every_kind_come_and_go() {
    let mut setting = Setting::open(42).await;
    let group = setting.id("application_security_group_id");
    let steps: [(&str, Json, &[&str]); 9] = [
        ("by group", json!([{"port": 443, "security_group_id": group}]), &[AUTHORIZE, REVOKE]),
        (
            "an IPv4 block beside it",
            json!([{"port": 443, "security_group_id": group}, {"port": 443, "cidr_ipv4": "10.9.0.0/16"}]),
            &[AUTHORIZE],
        ),
        ("without the group", json!([{"port": 443, "cidr_ipv4": "10.9.0.0/16"}]), &[REVOKE]),
        ("an IPv6 block", json!([{"port": 443, "cidr_ipv6": "2001:DB8::/32"}]), &[AUTHORIZE, REVOKE]),
        ("a prefix list", json!([{"port": 443, "prefix_list_id": "pl-63a5400a"}]), &[AUTHORIZE, REVOKE]),
        ("a range", json!([{"from_port": 8000, "to_port": 8100, "cidr_ipv4": "10.9.0.0/16"}]), &[AUTHORIZE, REVOKE]),
        ("all protocols", json!([{"protocol": "-1", "cidr_ipv4": "10.9.0.0/16"}]), &[AUTHORIZE, REVOKE]),
        (
            "a description",
            json!([{"protocol": "-1", "cidr_ipv4": "10.9.0.0/16", "description": "branch office"}]),
            &[DESCRIBE],
        ),
        ("host bits and no description", json!([{"protocol": "-1", "cidr_ipv4": "10.9.3.4/16"}]), &[DESCRIBE]),
    ];
    let config = setting.config(json!({}));
    setting.apply(&config).await;
    for (what, ingress, calls) in steps {
        let config = setting.config(json!({"ingress": ingress}));
        setting.update(what, &config, calls).await;
    }
    setting.destroy_behind(Some("endpoint_security_group")).await;
}

#[tokio::test(start_paused = true)]
async fn a_rule_gives_way_only_when_its_successor_stands() {
    let mut setting = Setting::open(54).await;
    let group = setting.id("application_security_group_id");
    let by_address = setting.config(json!({"ingress": [{"port": 443, "cidr_ipv4": "10.20.0.0/16"}]}));
    let by_group = setting.config(json!({"ingress": [{"port": 443, "security_group_id": group}]}));
    setting.apply(&by_address).await;
    for (what, config) in [("to a group", &by_group), ("back to addresses", &by_address)] {
        setting.forget_calls();
        let plan = setting.plan(config).await;
        let found = setting.user.carry_out(CONSUMER, ORDERS, config, plan).await;
        assert!(!found.has_errors(), "{what}: {:#?}", texts(&found));
        let calls: Vec<String> =
            setting.world_changes().into_iter().filter(|call| [AUTHORIZE, REVOKE].contains(&call.as_str())).collect();
        assert_eq!(calls, [AUTHORIZE, REVOKE], "{what}");
    }
    // Killed between the two calls it is open to both, and the next apply closes the old way.
    setting.land.world.set_faults(vec![Fault::at(REVOKE, 1, Strike::Refuse).times(9)]);
    let found = setting.try_apply(&by_group).await;
    assert!(found.has_errors());
    setting.land.world.set_faults(Vec::new());
    pass(600).await;
    let name = setting.state()["dns_name"].as_str().unwrap().to_owned();
    assert_eq!(setting.land.reach(&name)["reached"], json!(true), "the new rule stands before the old one goes");
    setting.apply(&by_group).await;
    assert_eq!(setting.land.reach(&name)["reached"], json!(true));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn from_a_managed_group_to_own_ones_the_endpoint_is_never_in_the_group_of_the_vpc() {
    let mut setting = Setting::open(55).await;
    let (own, client) = (setting.group("own").await, setting.ec2(USER));
    let managed = setting.config(json!({}));
    let given = setting.config(json!({"security_group_ids": [own]}));
    for config in [&given, &managed] {
        setting.apply(config).await;
        let id = setting.state()["id"].as_str().unwrap().to_owned();
        let seen = client.describe_vpc_endpoints().vpc_endpoint_ids(&id).send().await.unwrap();
        let groups: Vec<&str> =
            seen.vpc_endpoints()[0].groups().iter().filter_map(|group| group.group_name()).collect();
        assert!(groups.len() == 1 && groups != ["default"], "{groups:?}");
        let last = setting.state();
        assert_eq!(last["security_group_id"].is_null(), config == &given);
    }
    pass(60).await;
    client.delete_security_group().group_id(own).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn right_after_a_destroy_its_subnets_can_be_deleted() {
    let mut setting = Setting::open(56).await;
    let vpc = setting.id("consumer_vpc_id");
    let ec2 = setting.ec2(USER);
    let subnet = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.20.40.0/24").availability_zone_id("use1-az1").send();
    let subnet = subnet.await.unwrap().subnet.unwrap().subnet_id.unwrap();
    pass(60).await;
    let config = setting.config(json!({"subnet_ids": [subnet]}));
    setting.apply(&config).await;
    let found = setting.user.destroy("orders").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    ec2.delete_subnet().subnet_id(subnet).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_explicit_default_in_a_rule_is_no_change() {
    let mut setting = Setting::open(43).await;
    let config = setting.config(json!({"ingress": [{"port": 443, "cidr_ipv4": "10.9.0.0/16"}]}));
    setting.apply(&config).await;
    let explicit = json!({"ingress": [{"port": 443, "protocol": "tcp", "cidr_ipv4": "10.9.0.0/16"}]});
    let plan = setting.plan(&setting.config(explicit)).await;
    assert_eq!(plan.action, Action::NoOp, "{:?}", setting.differing(&plan));
}

#[tokio::test(start_paused = true)]
async fn a_managed_group_gives_way_to_given_ones_and_comes_back() {
    let mut setting = Setting::open(44).await;
    let group = setting.group("own").await;
    let managed = setting.config(json!({}));
    setting.apply(&managed).await;
    let given = setting.config(json!({"security_group_ids": [group]}));
    setting.update("to given groups", &given, &[MODIFY, "DeleteSecurityGroup"]).await;
    assert_eq!(setting.state()["security_group_id"], json!(null));
    let back = ["CreateSecurityGroup", AUTHORIZE, MODIFY];
    setting.update("back to a managed group", &managed, &back).await;
    assert!(setting.state()["security_group_id"].as_str().unwrap().starts_with("sg-"));
    pass(60).await;
    setting.ec2(USER).delete_security_group().group_id(group).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn groups_change_without_a_wait_and_subnets_with_one() {
    let mut setting = Setting::open(57).await;
    let (one, other) = (setting.group("one").await, setting.group("other").await);
    let given = |group: &str| setting.config(json!({"security_group_ids": [group]}));
    let (first, second) = (given(&one), given(&other));
    let narrow = merged(&second, &json!({"subnet_ids": setting.subnets([0])}));
    setting.apply(&first).await;
    pass(600).await;
    for (what, config, waits) in [("groups", &second, false), ("subnets", &narrow, true)] {
        let plan = setting.plan(config).await;
        let since = Instant::now();
        let found = setting.user.carry_out(CONSUMER, ORDERS, config, plan).await;
        assert!(found.is_empty(), "{what}: {:#?}", texts(&found));
        assert_eq!(since.elapsed() > Duration::from_secs(40), waits, "{what}: {:?}", since.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn private_dns_goes_on_and_off() {
    let mut setting = Setting::named(45).await;
    let off = setting.config(json!({"accept": {"peer_account": "service"}}));
    setting.apply(&off).await;
    let on = merged(&off, &json!({"private_dns_enabled": true}));
    setting.update("on", &on, &[MODIFY]).await;
    assert_eq!(setting.state()["private_dns_names"], json!(["orders.example.dev"]));
    setting.update("off", &off, &[MODIFY]).await;
    assert_eq!(setting.state()["private_dns_names"], json!([]));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn own_records_come_change_and_go() {
    let mut setting = Setting::open(46).await;
    let zone = |records: Json| json!({"dns": [{"zone_name": "orders.internal", "record": records}]});
    let without = setting.config(json!({}));
    setting.apply(&without).await;
    let made = ["CreateHostedZone", "ChangeTagsForResource", RECORDS];
    let one = setting.config(zone(json!([{"name": "@"}])));
    setting.update("dns added", &one, &made).await;
    let two = setting.config(zone(json!([{"name": "@"}, {"name": "*.api"}])));
    setting.update("record added", &two, &[RECORDS]).await;
    assert_eq!(setting.state()["records"]["*.api.orders.internal"], setting.state()["dns_name"]);
    let cname = setting.config(zone(json!([{"name": "@"}, {"name": "*.api", "ttl_seconds": 60}])));
    setting.update("alias to CNAME", &cname, &[RECORDS]).await;
    let slower = setting.config(zone(json!([{"name": "@"}, {"name": "*.api", "ttl_seconds": 300}])));
    setting.update("another TTL", &slower, &[RECORDS]).await;
    let health = setting.config(zone(json!([{"name": "@"}, {"name": "*.api", "evaluate_target_health": true}])));
    setting.update("CNAME to alias", &health, &[RECORDS]).await;
    setting.update("record removed", &one, &[RECORDS]).await;
    setting.update("dns removed", &without, &[RECORDS, "DeleteHostedZone"]).await;
    assert_eq!(zone_of(&setting.state()), json!(null));
    assert_eq!(setting.state()["records"], json!({}));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn records_move_between_a_managed_zone_and_given_ones() {
    let mut setting = Setting::open(47).await;
    let own = setting.zone(USER, "shop.internal").await;
    let theirs = setting.zone(OWNER, "partner.internal").await;
    let records = json!([{"name": "orders"}]);
    let managed = setting.config(json!({"dns": [{"zone_name": "orders.internal", "record": records}]}));
    setting.apply(&managed).await;
    let given = setting.config(json!({"dns": [{"zone_id": own, "record": records}]}));
    setting.update("to a given zone", &given, &[RECORDS, RECORDS, "DeleteHostedZone"]).await;
    assert_eq!(zone_of(&setting.state()), json!(own));
    assert_eq!(setting.state()["records"]["orders.shop.internal"], setting.state()["dns_name"]);
    let peer = json!({"dns": [{"zone_id": theirs, "peer_account": "service", "record": records}]});
    let peer = setting.config(peer);
    setting.update("to the peer's zone", &peer, &[RECORDS, RECORDS]).await;
    pass(300).await;
    let answer = setting.land.reach("orders.partner.internal");
    assert_eq!(answer["reached"], json!(true), "{answer:#}");
    let back = ["CreateHostedZone", "ChangeTagsForResource", RECORDS, RECORDS];
    setting.update("back to a managed zone", &managed, &back).await;
    pass(120).await;
    for (account, zone) in [(USER, own), (OWNER, theirs)] {
        setting.route53(account).delete_hosted_zone().id(zone).send().await.unwrap();
    }
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn tags_and_name_change_on_every_object() {
    let mut setting = Setting::open(48).await;
    let dns = json!({"zone_name": "orders.internal", "record": [{"name": "@"}]});
    let base = setting.config(json!({"dns": [dns]}));
    setting.apply(&base).await;
    let tagged = merged(&base, &json!({"tags": {"team": "shop"}}));
    let mut calls = setting.tagging("tags added", &tagged).await;
    calls.sort();
    assert_eq!(calls, ["ChangeTagsForResource", "CreateTags", "CreateTags", "CreateTags"]);
    let changed = merged(&base, &json!({"tags": {"team": "web", "cost": "7"}}));
    setting.tagging("tags changed", &changed).await;
    let named = merged(&changed, &json!({"name": "checkout"}));
    setting.tagging("name changed", &named).await;
    let shown = setting.ec2(USER).describe_vpc_endpoints().vpc_endpoint_ids(setting.state()["id"].as_str().unwrap());
    let shown = shown.send().await.unwrap();
    let name = shown.vpc_endpoints()[0].tags().iter().find(|tag| tag.key() == Some("Name")).cloned().unwrap();
    assert_eq!(name.value(), Some("checkout"));
    setting.tagging("tags and name removed", &base).await;
    assert_eq!(setting.state()["tags"], json!(null));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn default_tags_reach_every_object_and_change_in_place() {
    let mut setting = Setting::open(49).await;
    setting.default_tags(json!({"env": "dev"})).await;
    let config = setting.config(json!({"tags": {"team": "shop"}}));
    setting.apply(&config).await;
    assert_eq!(setting.state()["tags"], json!({"team": "shop"}));
    assert_eq!(setting.state()["tags_all"], json!({"env": "dev", "team": "shop"}));
    setting.default_tags(json!({"env": "prod"})).await;
    let calls = setting.tagging("default tags changed", &config).await;
    assert_eq!(calls, ["CreateTags", "CreateTags", "CreateTags"], "endpoint, group and rules");
    assert_eq!(setting.state()["tags_all"], json!({"env": "prod", "team": "shop"}));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_set_changed_by_meaning_and_removed() {
    let mut setting = Setting::bare(50).await;
    let base = json!({
        "service_name": "com.amazonaws.us-east-1.sqs",
        "subnet_ids": setting.subnets([0, 1]),
    });
    setting.apply(&base).await;
    let policy = |text: &str| merged(&base, &json!({"policy": text}));
    let one = policy(
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":["sqs:SendMessage","sqs:ReceiveMessage"],"Resource":"*"}]}"#,
    );
    setting.update("set", &one, &[MODIFY]).await;
    let same = policy(
        r#"{"Statement": {"Action": ["sqs:ReceiveMessage", "sqs:SendMessage"], "Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": ["*"]}}"#,
    );
    let plan = setting.plan(&same).await;
    assert_eq!(plan.action, Action::NoOp, "the same by meaning: {:?}", setting.differing(&plan));
    let other =
        policy(r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}]}"#);
    setting.update("changed", &other, &[MODIFY]).await;
    setting.update("removed", &base, &[MODIFY]).await;
    assert_eq!(setting.state()["policy"], json!(null));
    let found = setting.user.destroy("orders").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn private_dns_of_a_service_of_aws_is_switched_on_after_the_endpoint_works() {
    let mut setting = Setting::bare(51).await;
    let config = json!({
        "service_name": "com.amazonaws.us-east-1.sqs",
        "subnet_ids": setting.subnets([0, 1]),
        "private_dns_enabled": true,
    });
    setting.apply(&config).await;
    assert_eq!(setting.state()["private_dns_names"], json!(["sqs.us-east-1.amazonaws.com"]));
    assert_eq!(setting.state()["service_id"], json!(null));
    let found = setting.user.destroy("orders").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn what_only_a_new_endpoint_can_have_replaces_it() {
    let mut setting = Setting::open(52).await;
    let config = setting.config(json!({}));
    setting.apply(&config).await;
    let other = merged(&config, &json!({"service_name": "com.amazonaws.us-east-1.sqs"}));
    let plan = setting.plan(&other).await;
    assert_eq!(plan.action, Action::Replace);
    let found = setting.apply(&other).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    assert_eq!(setting.state()["service_id"], json!(null));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn subnets_of_another_vpc_replace_the_endpoint() {
    let mut setting = Setting::open(53).await;
    let config = setting.config(json!({"dns": [{"zone_name": "orders.internal", "record": [{"name": "@"}]}]}));
    setting.apply(&config).await;
    let first = setting.state();
    let ec2 = setting.ec2(USER);
    let vpc = ec2.create_vpc().cidr_block("10.30.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    pass(60).await;
    ec2.modify_vpc_attribute()
        .vpc_id(&vpc)
        .enable_dns_hostnames(aws_sdk_ec2::types::AttributeBooleanValue::builder().value(true).build())
        .send()
        .await
        .unwrap();
    let subnet = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.30.1.0/24").availability_zone_id("use1-az1").send();
    let subnet = subnet.await.unwrap().subnet.unwrap().subnet_id.unwrap();
    pass(60).await;
    let moved = merged(&config, &json!({"subnet_ids": [subnet]}));
    // A look that fails for a moment must not turn the replacement into an update.
    setting.land.world.set_faults(vec![Fault::at("DescribeSubnets", 1, Strike::Unavailable).times(3)]);
    let plan = setting.plan(&moved).await;
    setting.land.world.set_faults(Vec::new());
    assert_eq!(plan.action, Action::Replace, "{:?} {:#?}", plan.replaced_by, texts(&plan.diagnostics));
    setting.apply(&moved).await;
    assert_ne!(setting.state()["id"], first["id"]);
    assert_eq!(setting.state()["vpc_id"], json!(vpc));
    setting.destroy_behind(Some("endpoint")).await;
}

impl Setting {
    /// Configures the consumer's provider once more, with these default tags.
    async fn default_tags(&mut self, tags: Json) {
        let block = json!({
            "access_key": USER, "secret_key": "x", "region": "us-east-1", "default_tags": {"tags": tags},
        });
        let block = from_json(&self.user.provider.schema().block, &block).unwrap();
        let found = self.user.provider.configure("1.11.4", &block).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    }

    /// An update that changes tags alone; gives its calls.
    async fn tagging(&mut self, what: &str, config: &Json) -> Vec<String> {
        let plan = self.plan(config).await;
        assert_eq!(plan.action, Action::Update, "{what}: {:#?}", texts(&plan.diagnostics));
        self.forget_calls();
        self.apply(config).await;
        let calls = self.changes();
        let is_tagging = |call: &String| ["CreateTags", "DeleteTags", "ChangeTagsForResource"].contains(&call.as_str());
        assert!(!calls.is_empty() && calls.iter().all(is_tagging), "{what}: {calls:?}");
        calls
    }
}
