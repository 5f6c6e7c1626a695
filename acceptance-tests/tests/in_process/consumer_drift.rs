//! What others change behind Terraform's back: the plan names exactly it, the apply heals it.

use std::collections::BTreeSet;

use aws_sdk_ec2::types as ec2;
use aws_sdk_route53::types as route53;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{Setting, USER, merged, pass, zone_of};
use crate::core::{Action, texts};

fn whole(setting: &Setting) -> Json {
    setting.config(json!({
        "ingress": [{"port": 443, "cidr_ipv4": "10.20.0.0/16", "description": "the shop"}],
        "accept": {"peer_account": "service"},
        "private_dns_enabled": true,
        "dns": [{"zone_name": "orders.internal", "record": [{"name": "@"}, {"name": "api", "ttl_seconds": 60}]}],
        "tags": {"team": "shop"},
    }))
}

impl Setting {
    /// Expects that the plan differs in exactly these (`retired` where an object is gone, because its generation
    /// is used up until the next one is there), and that the apply brings them back with these calls.
    async fn heals(&mut self, what: &str, config: &Json, differing: &[&str], calls: &[&str]) {
        pass(900).await;
        self.catch_up().await;
        let plan = self.plan(config).await;
        assert!(!plan.diagnostics.has_errors(), "{what}: {:#?}", texts(&plan.diagnostics));
        assert_eq!(plan.action, Action::Update, "{what}: {:?}", self.differing(&plan));
        let expected: BTreeSet<String> = differing.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(self.differing(&plan), expected, "{what}");
        self.carry_out(what, config, plan, calls).await;
        pass(600).await;
    }

    fn endpoint(&self) -> String {
        self.text("id")
    }

    fn text(&self, name: &str) -> String {
        self.state()[name].as_str().unwrap().to_owned()
    }

    fn zone_id(&self) -> String {
        zone_of(&self.state()).as_str().unwrap().to_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn drift_of_the_endpoint_is_named_and_healed() {
    let mut setting = Setting::named(61).await;
    let config = whole(&setting);
    setting.apply(&config).await;
    let client = setting.ec2(USER);
    let id = setting.endpoint();

    let gone = setting.subnets([2])[0].as_str().unwrap().to_owned();
    client.modify_vpc_endpoint().vpc_endpoint_id(&id).remove_subnet_ids(gone).send().await.unwrap();
    let placed = ["metric_dimensions", "network_interfaces", "record.endpoint", "subnet_ids", "zonal_dns_names"];
    setting.heals("subnet removed", &config, &placed, &["ModifyVpcEndpoint"]).await;

    let other = setting.group("stranger").await;
    let own = setting.text("security_group_id");
    client
        .modify_vpc_endpoint()
        .vpc_endpoint_id(&id)
        .add_security_group_ids(&other)
        .remove_security_group_ids(&own)
        .send()
        .await
        .unwrap();
    setting.heals("groups swapped", &config, &["record.endpoint", "security_group_ids"], &["ModifyVpcEndpoint"]).await;

    client.modify_vpc_endpoint().vpc_endpoint_id(&id).add_security_group_ids(&other).send().await.unwrap();
    setting.heals("group added", &config, &["record.endpoint", "security_group_ids"], &["ModifyVpcEndpoint"]).await;

    let tag = ec2::Tag::builder().key("team").value("else").build();
    client.create_tags().resources(&id).tags(tag).send().await.unwrap();
    setting.heals("tag changed", &config, &["record.endpoint", "tags_all"], &["CreateTags"]).await;

    client.delete_tags().resources(&id).tags(ec2::Tag::builder().key("team").build()).send().await.unwrap();
    setting.heals("tag removed", &config, &["record.endpoint", "tags_all"], &["CreateTags"]).await;

    let tag = ec2::Tag::builder().key("Name").value("else").build();
    client.create_tags().resources(&id).tags(tag).send().await.unwrap();
    setting.heals("renamed", &config, &["name", "record.endpoint"], &["CreateTags"]).await;

    let tag = ec2::Tag::builder().key("stranger").value("1").build();
    client.create_tags().resources(&id).tags(tag).send().await.unwrap();
    setting.heals("tag added", &config, &["record.endpoint", "tags_all"], &["CreateTags", "DeleteTags"]).await;
    client.delete_security_group().group_id(other).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_private_dns_is_named_and_healed() {
    let mut setting = Setting::named(62).await;
    let config = whole(&setting);
    setting.apply(&config).await;
    let client = setting.ec2(USER);
    let id = setting.endpoint();
    client.modify_vpc_endpoint().vpc_endpoint_id(&id).private_dns_enabled(false).send().await.unwrap();
    let names = ["private_dns_enabled", "private_dns_names", "record.private_dns", "record.retired"];
    setting.heals("private DNS off", &config, &names, &["ModifyVpcEndpoint"]).await;

    let off = merged(&config, &json!({"private_dns_enabled": false}));
    setting.update("off on purpose", &off, &["ModifyVpcEndpoint"]).await;
    pass(600).await;
    client.modify_vpc_endpoint().vpc_endpoint_id(&id).private_dns_enabled(true).send().await.unwrap();
    pass(600).await;
    setting.update("private DNS on", &off, &["ModifyVpcEndpoint"]).await;
    let seen = client.describe_vpc_endpoints().vpc_endpoint_ids(&id).send().await.unwrap();
    assert_eq!(seen.vpc_endpoints()[0].private_dns_enabled(), Some(false));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_whom_s3_answers_is_named_and_healed() {
    const S3: &str = "com.amazonaws.us-east-1.s3";
    let mut setting = Setting::bare(68).await;
    let config = json!({"service_name": S3, "subnet_ids": setting.subnets([0, 1]), "private_dns_enabled": true});
    setting.apply(&config).await;
    let client = setting.ec2(USER);
    let vpc = setting.id("consumer_vpc_id");
    client.create_vpc_endpoint().vpc_id(vpc).service_name(S3).send().await.unwrap();
    pass(60).await;
    let only = ec2::DnsOptionsSpecification::builder().private_dns_only_for_inbound_resolver_endpoint(true).build();
    client.modify_vpc_endpoint().vpc_endpoint_id(setting.endpoint()).dns_options(only).send().await.unwrap();
    let names = ["private_dns_only_for_inbound_resolver_endpoint", "record.private_dns"];
    setting.heals("S3 answers to resolvers alone", &config, &names, &["ModifyVpcEndpoint"]).await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_the_group_and_its_rules_is_named_and_healed() {
    let mut setting = Setting::named(63).await;
    let config = whole(&setting);
    setting.apply(&config).await;
    let client = setting.ec2(USER);
    let group = setting.text("security_group_id");
    let range = ec2::IpRange::builder().cidr_ip("0.0.0.0/0").build();
    let stranger = ec2::IpPermission::builder().ip_protocol("tcp").from_port(22).to_port(22).ip_ranges(range).build();
    let named = ["ingress", "record.security_group_rules"];

    let call = client.authorize_security_group_ingress().group_id(&group).ip_permissions(stranger);
    call.send().await.unwrap();
    setting.heals("rule added", &config, &named, &["RevokeSecurityGroupIngress"]).await;

    let id = setting.rule().await;
    client.revoke_security_group_ingress().group_id(&group).security_group_rule_ids(&id).send().await.unwrap();
    let shut = ["ingress", "record.retired", "record.security_group_rules"];
    setting.heals("last rule removed", &config, &shut, &["AuthorizeSecurityGroupIngress"]).await;

    let id = setting.rule().await;
    let other = ec2::SecurityGroupRuleDescription::builder().security_group_rule_id(&id).description("else").build();
    let call = client.update_security_group_rule_descriptions_ingress().group_id(&group);
    call.security_group_rule_descriptions(other).send().await.unwrap();
    let calls = ["UpdateSecurityGroupRuleDescriptionsIngress"];
    setting.heals("description changed", &config, &named, &calls).await;

    let id = setting.rule().await;
    let wider = ec2::SecurityGroupRuleRequest::builder().ip_protocol("tcp").from_port(1).to_port(9999);
    let wider = wider.cidr_ipv4("10.20.0.0/16").description("the shop").build();
    let wider = ec2::SecurityGroupRuleUpdate::builder().security_group_rule_id(&id).security_group_rule(wider).build();
    let call = client.modify_security_group_rules().group_id(&group).security_group_rules(wider);
    if call.send().await.is_ok() {
        let calls = ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"];
        setting.heals("ports widened", &config, &named, &calls).await;
    }

    let tag = ec2::Tag::builder().key("team").value("else").build();
    client.create_tags().resources(&group).tags(tag).send().await.unwrap();
    setting.heals("tag of the group", &config, &["record.security_group", "tags_all"], &["CreateTags"]).await;

    // A group in use cannot be deleted: somebody puts another one in its place first.
    let other = setting.group("stranger").await;
    let call = client.modify_vpc_endpoint().vpc_endpoint_id(setting.endpoint());
    call.add_security_group_ids(&other).remove_security_group_ids(&group).send().await.unwrap();
    pass(300).await;
    client.delete_security_group().group_id(&group).send().await.unwrap();
    // What hangs on the new group's id is known later; the endpoint's own id and names stay known.
    let named = [
        "metric_dimensions",
        "network_interfaces",
        "private_dns_names",
        "record.connection",
        "record.endpoint",
        "record.private_dns",
        "record.records.orders.internal",
        "record.retired",
        "record.security_group",
        "record.security_group_rules",
        "records",
        "security_group_id",
        "security_group_ids",
        "state",
        "zonal_dns_names",
    ];
    let calls = ["CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "ModifyVpcEndpoint"];
    setting.heals("group deleted", &config, &named, &calls).await;
    client.delete_security_group().group_id(other).send().await.unwrap();
    setting.destroy().await;
}

impl Setting {
    /// The one ingress rule of the managed group.
    async fn rule(&self) -> String {
        let filter = ec2::Filter::builder().name("group-id").values(self.text("security_group_id")).build();
        let call = self.ec2(USER).describe_security_group_rules().filters(filter).into_paginator().items().send();
        let found = call.collect::<Result<Vec<_>, _>>().await.unwrap();
        let rule = found.iter().find(|rule| rule.is_egress() == Some(false)).unwrap();
        rule.security_group_rule_id().unwrap().to_owned()
    }

    /// Carries out one change of a record that others make.
    async fn change_record(&self, zone: &str, action: route53::ChangeAction, set: route53::ResourceRecordSet) {
        let change = route53::Change::builder().action(action).resource_record_set(set).build().unwrap();
        let batch = route53::ChangeBatch::builder().changes(change).build().unwrap();
        let call = self.route53(USER).change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
        call.send().await.unwrap();
    }

    async fn record_of(&self, zone: &str, name: &str) -> route53::ResourceRecordSet {
        let found = self.route53(USER).list_resource_record_sets().hosted_zone_id(zone).send().await.unwrap();
        found.resource_record_sets().iter().find(|set| set.name().trim_end_matches('.') == name).unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn drift_of_zone_and_records_is_named_and_healed() {
    let mut setting = Setting::named(64).await;
    let config = whole(&setting);
    setting.apply(&config).await;
    let client = setting.route53(USER);
    let zone = setting.zone_id();
    let set = "ChangeResourceRecordSets";

    let record = setting.record_of(&zone, "orders.internal").await;
    let alias = record.clone();
    setting.change_record(&zone, route53::ChangeAction::Delete, record).await;
    setting.heals("record deleted", &config, &["dns", "record.records.orders.internal", "records"], &[set]).await;

    let mut record = setting.record_of(&zone, "api.orders.internal").await;
    record.ttl = Some(5);
    setting.change_record(&zone, route53::ChangeAction::Upsert, record).await;
    setting.heals("TTL changed", &config, &["dns", "record.records.orders.internal"], &[set]).await;

    let mut record = setting.record_of(&zone, "api.orders.internal").await;
    record.resource_records =
        Some(vec![route53::ResourceRecord::builder().value("elsewhere.example.dev").build().unwrap()]);
    setting.change_record(&zone, route53::ChangeAction::Upsert, record).await;
    setting.heals("value changed", &config, &["record.records.orders.internal", "records"], &[set]).await;

    let mut record = alias.clone();
    if let Some(target) = &mut record.alias_target {
        target.evaluate_target_health = true;
    }
    setting.change_record(&zone, route53::ChangeAction::Upsert, record).await;
    setting.heals("health setting changed", &config, &["dns", "record.records.orders.internal"], &[set]).await;

    let tag = route53::Tag::builder().key("team").value("else").build();
    let kind = route53::TagResourceType::Hostedzone;
    let call = client.change_tags_for_resource().resource_type(kind).resource_id(&zone).add_tags(tag);
    call.send().await.unwrap();
    let named = ["record.hosted_zone.orders.internal", "tags_all"];
    setting.heals("tag of the zone", &config, &named, &["ChangeTagsForResource"]).await;

    setting.set("hosted_zone", &zone, json!({"removed": true}));
    let calls = ["CreateHostedZone", "ChangeTagsForResource", set];
    let named = [
        "dns",
        "record.hosted_zone.orders.internal",
        "record.records.orders.internal",
        "record.retired",
        "records",
        "zone_ids",
    ];
    setting.heals("zone deleted", &config, &named, &calls).await;
    assert_ne!(setting.zone_id(), zone);
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_zone_that_no_longer_sees_the_vpc_gets_it_back() {
    let mut setting = Setting::open(65).await;
    let config = setting.config(json!({"dns": [{"zone_name": "orders.internal", "record": [{"name": "@"}]}]}));
    setting.apply(&config).await;
    let zone = setting.zone_id();
    let made = setting.ec2(USER).create_vpc().cidr_block("10.40.0.0/16").send().await.unwrap();
    let other = made.vpc.unwrap().vpc_id.unwrap();
    pass(120).await;
    let vpc = |id: &str| route53::Vpc::builder().vpc_id(id).vpc_region(route53::VpcRegion::UsEast1).build();
    let client = setting.route53(USER);
    client.associate_vpc_with_hosted_zone().hosted_zone_id(&zone).vpc(vpc(&other)).send().await.unwrap();
    pass(120).await;
    let own = setting.id("consumer_vpc_id");
    client.disassociate_vpc_from_hosted_zone().hosted_zone_id(&zone).vpc(vpc(&own)).send().await.unwrap();
    setting
        .heals("association removed", &config, &["record.hosted_zone.orders.internal"], &["AssociateVPCWithHostedZone"])
        .await;
    let seen = client.get_hosted_zone().id(&zone).send().await.unwrap();
    assert_eq!(seen.vpcs().len(), 2, "the association that others made stays");
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_given_zone_that_is_gone_is_named() {
    let mut setting = Setting::open(66).await;
    let zone = setting.zone(USER, "shop.internal").await;
    let config = setting.config(json!({"dns": [{"zone_id": zone, "record": [{"name": "orders"}]}]}));
    setting.apply(&config).await;
    setting.set("hosted_zone", &zone, json!({"removed": true}));
    pass(300).await;
    let found = setting.try_apply(&config).await;
    assert!(found.has_errors() && texts(&found).iter().any(|text| text.contains(&zone)), "{:#?}", texts(&found));
    let without = setting.config(json!({}));
    setting.apply(&without).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_a_policy_is_named_and_healed() {
    let mut setting = Setting::bare(67).await;
    let written = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}]}"#;
    let other = r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#;
    let bare = json!({"service_name": "com.amazonaws.us-east-1.sqs", "subnet_ids": setting.subnets([0, 1])});
    let config = merged(&bare, &json!({"policy": written}));
    setting.apply(&config).await;
    let client = setting.ec2(USER);
    let id = setting.endpoint();
    client.modify_vpc_endpoint().vpc_endpoint_id(&id).policy_document(other).send().await.unwrap();
    setting.heals("policy changed", &config, &["policy", "record.endpoint"], &["ModifyVpcEndpoint"]).await;
    client.modify_vpc_endpoint().vpc_endpoint_id(&id).reset_policy(true).send().await.unwrap();
    setting.heals("policy reset", &config, &["policy", "record.endpoint"], &["ModifyVpcEndpoint"]).await;
    setting.update("policy removed", &bare, &["ModifyVpcEndpoint"]).await;
    client.modify_vpc_endpoint().vpc_endpoint_id(&id).policy_document(other).send().await.unwrap();
    setting.heals("policy added", &bare, &["policy", "record.endpoint"], &["ModifyVpcEndpoint"]).await;
}
