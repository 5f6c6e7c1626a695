//! A packet arrives over the finished chain, and each hop that is taken away is the one where it ends.

use aws_sdk_ec2::types as ec2;
use aws_sdk_elasticloadbalancingv2::types as elb;
use serde_json::json;

use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, pass, zone_of};
use crate::landscape::CONSUMER;

const NAME: &str = "api.orders.internal";

/// The finished chain, over which `NAME` is reached.
async fn finished(seed: u64) -> Setting {
    let mut setting = Setting::named(seed).await;
    let config = setting.land.consumer(&setting.service);
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    pass(600).await;
    for name in [NAME, "orders.internal", "orders.example.dev"] {
        let answer = setting.land.reach(name);
        assert_eq!(answer["reached"], json!(true), "{name}: {answer:#}");
    }
    setting
}

fn ends_at(setting: &Setting, name: &str, hop: &str) {
    let answer = setting.land.reach(name);
    assert_eq!((&answer["reached"], &answer["broken_at"]), (&json!(false), &json!(hop)), "{answer:#}");
    assert!(answer["why"].is_string(), "{answer:#}");
}

#[tokio::test(start_paused = true)]
async fn without_its_record_a_name_ends_at_dns() {
    let setting = finished(113).await;
    let zone = zone_of(&setting.state()).as_str().unwrap().to_owned();
    setting.set("record_set", &format!("{zone}/{NAME}/A"), json!({"removed": true}));
    ends_at(&setting, NAME, "dns");
    assert_eq!(setting.land.reach("orders.internal")["reached"], json!(true), "the other record is still there");
}

#[tokio::test(start_paused = true)]
async fn without_private_dns_the_service_s_name_ends_at_dns() {
    let setting = finished(102).await;
    let id = setting.state()["id"].as_str().unwrap().to_owned();
    let call = setting.ec2(USER).modify_vpc_endpoint().vpc_endpoint_id(id).private_dns_enabled(false);
    call.send().await.unwrap();
    pass(600).await;
    ends_at(&setting, "orders.example.dev", "dns");
    assert_eq!(setting.land.reach(NAME)["reached"], json!(true), "the own record is still there");
}

#[tokio::test(start_paused = true)]
async fn without_the_endpoint_the_packet_ends_before_it() {
    let setting = finished(103).await;
    let id = setting.state()["id"].as_str().unwrap().to_owned();
    setting.ec2(USER).delete_vpc_endpoints().vpc_endpoint_ids(id).send().await.unwrap();
    pass(10).await;
    let answer = setting.land.reach(NAME);
    assert_eq!(answer["reached"], json!(false), "{answer:#}");
    let hop = answer["broken_at"].as_str().unwrap();
    assert!(["dns", "endpoint"].contains(&hop), "{answer:#}");
}

#[tokio::test(start_paused = true)]
async fn without_the_rule_the_packet_ends_at_the_endpoints_group() {
    let setting = finished(104).await;
    let group = setting.state()["security_group_id"].as_str().unwrap().to_owned();
    let pair = ec2::UserIdGroupPair::builder().group_id(setting.id("application_security_group_id")).build();
    let rule = ec2::IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443).user_id_group_pairs(pair);
    let call = setting.ec2(USER).revoke_security_group_ingress().group_id(group).ip_permissions(rule.build());
    call.send().await.unwrap();
    pass(60).await;
    ends_at(&setting, NAME, "endpoint_security_group");
}

#[tokio::test(start_paused = true)]
async fn without_acceptance_the_packet_ends_at_the_connection() {
    let setting = finished(105).await;
    let id = setting.state()["id"].as_str().unwrap().to_owned();
    setting.reject(&id).await;
    ends_at(&setting, NAME, "connection");
}

#[tokio::test(start_paused = true)]
async fn without_the_service_the_packet_ends_at_the_service_or_its_connection() {
    let setting = finished(106).await;
    let id = setting.service["id"].as_str().unwrap().to_owned();
    setting.set("endpoint_service", &id, json!({"state": "Deleted"}));
    pass(60).await;
    ends_at(&setting, NAME, "service");
}

#[tokio::test(start_paused = true)]
async fn without_the_load_balancer_the_packet_ends_there() {
    let setting = finished(107).await;
    let arn = setting.service["load_balancers"][0]["arn"].as_str().unwrap().to_owned();
    setting.set("load_balancer", &arn, json!({"state": "failed"}));
    ends_at(&setting, NAME, "load_balancer");
}

#[tokio::test(start_paused = true)]
async fn without_the_listener_the_packet_ends_there() {
    let setting = finished(108).await;
    let arn = setting.service["listeners"]["https"]["arn"].as_str().unwrap().to_owned();
    setting.elb(OWNER).delete_listener().listener_arn(arn).send().await.unwrap();
    pass(60).await;
    ends_at(&setting, NAME, "listener");
}

#[tokio::test(start_paused = true)]
async fn without_healthy_targets_the_packet_ends_at_the_target() {
    let setting = finished(109).await;
    let group = setting.service["listeners"]["https"]["target_group_arn"].as_str().unwrap().to_owned();
    for target in setting.land.ids["provider_instance_ids"].as_array().unwrap() {
        let id = format!("{group}/{}", target.as_str().unwrap());
        setting.set("target", &id, json!({"state": "unhealthy", "reason": "Target.FailedHealthChecks"}));
    }
    ends_at(&setting, NAME, "target");
}

#[tokio::test(start_paused = true)]
async fn without_registered_targets_the_packet_ends_at_the_target() {
    let setting = finished(110).await;
    let group = setting.service["listeners"]["https"]["target_group_arn"].as_str().unwrap().to_owned();
    let mut call = setting.elb(OWNER).deregister_targets().target_group_arn(group);
    for target in setting.land.ids["provider_instance_ids"].as_array().unwrap() {
        call = call.targets(elb::TargetDescription::builder().id(target.as_str().unwrap()).build());
    }
    call.send().await.unwrap();
    pass(900).await;
    ends_at(&setting, NAME, "target");
}

#[tokio::test(start_paused = true)]
async fn from_a_client_without_the_group_the_packet_ends_at_the_endpoints_group() {
    let setting = finished(111).await;
    let other = setting.group("somebody-else").await;
    let question = json!({
        "account": USER, "vpc_id": setting.id("consumer_vpc_id"), "name": NAME, "port": 443, "security_group_ids": [other],
    });
    let answer = crate::core::ask_world(&setting.land.world, "reach", &question);
    assert_eq!(answer["broken_at"], json!("endpoint_security_group"), "{answer:#}");
}
