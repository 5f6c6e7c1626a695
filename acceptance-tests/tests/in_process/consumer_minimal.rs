//! Two lines are enough, and what their defaults mean.

use aws_sdk_ec2::types as ec2;
use serde_json::json;

use crate::consumer_setting::{ORDERS, Setting, USER, pass};
use crate::landscape::CONSUMER;

#[tokio::test(start_paused = true)]
async fn two_lines_are_enough() {
    let mut setting = Setting::open(11).await;
    let config = setting.config(json!({}));
    let found = setting.apply(&config).await;
    assert!(found.is_empty(), "{found:#?}");
    setting.catch_up().await;
    let state = setting.state();
    assert_eq!(state["state"], json!("available"));
    assert_eq!(state["owner_id"], json!(USER));
    assert_eq!(state["service_id"], setting.service["id"]);
    assert_eq!(state["vpc_id"], setting.land.ids["consumer_vpc_id"]);
    assert_eq!(state["availability_zone_ids"], json!(["use1-az1", "use1-az2", "use1-az4"]));
    assert_eq!(state["private_dns_names"], json!([]));
    assert_eq!(state["records"], json!({}));
    assert_eq!(state["zone_ids"], json!({}));
    assert_eq!(state["name"], setting.service["id"]);
    for zone in ["use1-az1", "use1-az2", "use1-az4"] {
        assert!(state["zonal_dns_names"][zone].is_string(), "{zone}: {}", state["zonal_dns_names"]);
        assert!(state["network_interfaces"][zone]["ipv4"].as_str().unwrap().starts_with("10.20."), "{zone}");
    }
    let answer = setting.land.reach(state["dns_name"].as_str().unwrap());
    assert_eq!(answer["reached"], json!(true), "{answer:#}");
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn the_default_opens_443_to_the_blocks_of_the_vpc_and_nothing_else() {
    let mut setting = Setting::open(12).await;
    let config = setting.config(json!({}));
    setting.apply(&config).await;
    assert_eq!(rules(&setting).await, ["tcp 443-443 from 10.20.0.0/16"]);
    assert_eq!(setting.state()["ingress"], json!([]), "the default shows as nothing written");
    let closed = setting.config(json!({"default_ingress": false}));
    setting.update("default_ingress off", &closed, &["RevokeSecurityGroupIngress"]).await;
    assert_eq!(rules(&setting).await, Vec::<String>::new());
    let answer = setting.land.reach(setting.state()["dns_name"].as_str().unwrap());
    assert_eq!(answer["broken_at"], json!("endpoint_security_group"), "{answer:#}");
    setting.update("default_ingress on", &config, &["AuthorizeSecurityGroupIngress"]).await;
    assert_eq!(rules(&setting).await, ["tcp 443-443 from 10.20.0.0/16"]);
}

#[tokio::test(start_paused = true)]
async fn without_default_ingress_nothing_is_open_from_the_start() {
    let mut setting = Setting::open(13).await;
    let config = setting.config(json!({"default_ingress": false}));
    setting.apply(&config).await;
    assert_eq!(rules(&setting).await, Vec::<String>::new());
    setting.destroy_behind(Some("endpoint_security_group")).await;
}

#[tokio::test(start_paused = true)]
async fn given_groups_are_used_and_left_alone() {
    let mut setting = Setting::open(14).await;
    let group = setting.group("own").await;
    let config = setting.config(json!({"security_group_ids": [group]}));
    setting.apply(&config).await;
    assert_eq!(setting.state()["security_group_id"], json!(null));
    assert!(!setting.changes().contains(&"AuthorizeSecurityGroupIngress".to_owned()));
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{found:#?}");
    let seen = setting.ec2(USER).describe_security_groups().group_ids(&group).send().await.unwrap();
    assert_eq!(seen.security_groups().len(), 1, "the group is still there");
    assert!(!setting.user.has(ORDERS));
    let plan = setting.plan(&config).await;
    assert_eq!(plan.action, crate::core::Action::Create, "{CONSUMER} can be made again");
}

/// Ingress of the managed group as text.
async fn rules(setting: &Setting) -> Vec<String> {
    use aws_sdk_ec2::types::Filter;
    let group = setting.state()["security_group_id"].as_str().unwrap().to_owned();
    crate::consumer_setting::pass(60).await;
    let filter = Filter::builder().name("group-id").values(group).build();
    let found = setting.ec2(USER).describe_security_group_rules().filters(filter).into_paginator().items().send();
    let found = found.collect::<Result<Vec<_>, _>>().await.unwrap();
    let ingress = found.iter().filter(|rule| rule.is_egress() == Some(false));
    let told = ingress.map(|rule| {
        let (from, to) = (rule.from_port().unwrap(), rule.to_port().unwrap());
        format!("{} {from}-{to} from {}", rule.ip_protocol().unwrap(), rule.cidr_ipv4().unwrap_or("elsewhere"))
    });
    told.collect()
}

#[tokio::test(start_paused = true)]
async fn a_group_lets_everything_out_or_nothing() {
    let mut setting = Setting::open(15).await;
    let (all, none) = (setting.config(json!({})), setting.config(json!({"egress": "none"})));
    setting.apply(&all).await;
    setting.update("egress none", &none, &["RevokeSecurityGroupEgress"]).await;
    assert_eq!(outgoing(&setting).await, 0);
    let group = setting.state()["security_group_id"].as_str().unwrap().to_owned();
    let everything = || {
        let range = ec2::IpRange::builder().cidr_ip("0.0.0.0/0").build();
        ec2::IpPermission::builder().ip_protocol("-1").ip_ranges(range).build()
    };
    let by_hand = setting.ec2(USER).authorize_security_group_egress().group_id(&group).ip_permissions(everything());
    by_hand.send().await.unwrap();
    pass(120).await;
    let plan = setting.plan(&none).await;
    let named = setting.differing(&plan);
    let expected = ["egress", "record.retired", "record.security_group_egress"];
    assert_eq!(named, expected.map(str::to_owned).into(), "{named:?}");
    setting.carry_out("egress added", &none, plan, &["RevokeSecurityGroupEgress"]).await;

    setting.update("egress all", &all, &["AuthorizeSecurityGroupEgress"]).await;
    assert_eq!(outgoing(&setting).await, 1);
    setting.update("egress none again", &none, &["RevokeSecurityGroupEgress"]).await;
    let id = setting.state()["id"].as_str().unwrap().to_owned();
    setting.user.forget(ORDERS);
    setting.forget_calls();
    let found = setting.user.import(CONSUMER, ORDERS, &id).await;
    assert!(!found.has_errors(), "{found:#?}");
    assert_eq!(setting.state()["egress"], json!("none"));
    setting.apply(&none).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    setting.destroy().await;

    let mut setting = Setting::open(16).await;
    let none = setting.config(json!({"egress": "none"}));
    setting.apply(&none).await;
    assert_eq!((outgoing(&setting).await, rules(&setting).await.len()), (0, 1));
    setting.destroy().await;
}

/// Rules of the managed group that let something out.
async fn outgoing(setting: &Setting) -> usize {
    pass(120).await;
    let group = setting.state()["security_group_id"].as_str().unwrap().to_owned();
    let filter = ec2::Filter::builder().name("group-id").values(group).build();
    let mut most = 0;
    // One read may miss a rule.
    for _ in 0..2 {
        let asked = setting.ec2(USER).describe_security_group_rules().filters(filter.clone());
        let found = asked.send().await.unwrap();
        let out = found.security_group_rules().iter().filter(|rule| rule.is_egress() == Some(true)).count();
        most = most.max(out);
    }
    most
}
