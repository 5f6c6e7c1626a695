//! Changes behind Terraform's back: a plan names the link that drifted, an apply heals it, and the next plans are empty.

use aws_sdk_ec2::types::Tag as Ec2Tag;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, LoadBalancerAttribute, ProtocolEnum, Tag, TargetDescription, TargetGroupAttribute,
};
use serde_json::{Value as Json, json};

use crate::core::{Action as Planned, objects};
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

fn text(json: &Json) -> String {
    json.as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn drift_of_the_load_balancer_is_named_and_healed() {
    let mut bench = Bench::plain(21).await;
    let arn = text(&bench.link("load_balancer")["arn"]);
    let mut told = String::new();
    for (key, value) in [("load_balancing.cross_zone.enabled", "true"), ("deletion_protection.enabled", "true")] {
        let attribute = LoadBalancerAttribute::builder().key(key).value(value).build();
        let sent = bench.elbv2().modify_load_balancer_attributes().load_balancer_arn(&arn).attributes(attribute);
        sent.send().await.unwrap();
        told += &bench.heal(key).await;
    }
    let tag = Tag::builder().key("team").value("other").build();
    bench.elbv2().add_tags().resource_arns(&arn).tags(tag).send().await.unwrap();
    told += &bench.heal("a tag changed").await;
    let subnets = &bench.land.ids["provider_subnet_ids"];
    let fewer = [text(&subnets[0]), text(&subnets[1])].to_vec();
    bench.elbv2().set_subnets().load_balancer_arn(&arn).set_subnets(Some(fewer)).send().await.unwrap();
    told += &bench.heal("a zone less").await;
    insta::assert_snapshot!(told);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_that_vanished_is_put_back_in_front_of_the_same_service() {
    let mut bench = Bench::plain(22).await;
    let arn = text(&bench.link("load_balancer")["arn"]);
    bench.set("load_balancer", &arn, &json!({"removed": true}));
    let told = bench.heal("the load balancer is gone").await;
    assert_ne!(text(&bench.link("load_balancer")["arn"]), arn);
    insta::assert_snapshot!(told);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_the_target_group_is_named_and_healed() {
    let mut bench = Bench::plain(23).await;
    let arn = text(&bench.link("target_group.https")["arn"]);
    let elbv2 = bench.elbv2();
    let mut told = String::new();
    let modify = || elbv2.modify_target_group().target_group_arn(&arn);
    for (title, sent) in [
        ("health check by HTTP", modify().health_check_protocol(ProtocolEnum::Http).health_check_path("/x")),
        ("health check's port", modify().health_check_port("81")),
        ("health check's interval", modify().health_check_interval_seconds(10)),
        ("health check's timeout", modify().health_check_timeout_seconds(5)),
        ("health check's thresholds", modify().healthy_threshold_count(3).unhealthy_threshold_count(3)),
    ] {
        sent.send().await.unwrap();
        told += &bench.heal(title).await;
    }
    for (key, value) in [
        ("deregistration_delay.timeout_seconds", "10"),
        ("deregistration_delay.connection_termination.enabled", "true"),
        ("preserve_client_ip.enabled", "false"),
        ("proxy_protocol_v2.enabled", "true"),
        ("stickiness.enabled", "true"),
        ("load_balancing.cross_zone.enabled", "false"),
        ("target_health_state.unhealthy.connection_termination.enabled", "false"),
        ("target_group_health.dns_failover.minimum_healthy_targets.count", "off"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "50"),
    ] {
        let attribute = TargetGroupAttribute::builder().key(key).value(value).build();
        let sent = bench.elbv2().modify_target_group_attributes().target_group_arn(&arn).attributes(attribute);
        sent.send().await.unwrap();
        told += &bench.heal(key).await;
    }
    let attribute = |(key, value): (&str, &str)| TargetGroupAttribute::builder().key(key).value(value).build();
    let kept = [
        ("target_health_state.unhealthy.connection_termination.enabled", "false"),
        ("target_health_state.unhealthy.draining_interval_seconds", "60"),
    ];
    let sent = bench.elbv2().modify_target_group_attributes().target_group_arn(&arn);
    sent.set_attributes(Some(kept.map(attribute).to_vec())).send().await.unwrap();
    told += &bench.heal("unhealthy targets keep their connections").await;
    bench.elbv2().remove_tags().resource_arns(&arn).tag_keys("team").send().await.unwrap();
    told += &bench.heal("a tag removed").await;
    bench.set("target_group", &arn, &json!({"removed": true}));
    told += &bench.heal("the group is gone").await;
    insta::assert_snapshot!(told);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_targets_and_listener_is_named_and_healed() {
    let mut bench = Bench::plain(24).await;
    let group = text(&bench.link("target_group.https")["arn"]);
    let instances: Vec<String> = bench.land.ids["provider_instance_ids"].as_array().unwrap().iter().map(text).collect();
    let target = |id: &str, port: Option<i32>| TargetDescription::builder().id(id).set_port(port).build();
    let mut told = String::new();
    let sent = bench.elbv2().deregister_targets().target_group_arn(&group).targets(target(&instances[0], None));
    sent.send().await.unwrap();
    told += &bench.heal("a target is deregistered").await;
    let sent = bench.elbv2().register_targets().target_group_arn(&group).targets(target(&instances[0], Some(22)));
    sent.send().await.unwrap();
    told += &bench.heal("a stranger's target is registered").await;
    let all = instances.iter().map(|id| target(id, None)).collect();
    bench.elbv2().deregister_targets().target_group_arn(&group).set_targets(Some(all)).send().await.unwrap();
    told += &bench.heal("all targets are deregistered").await;

    let listener = text(&bench.link("listener.https")["arn"]);
    bench.elbv2().modify_listener().listener_arn(&listener).port(444).send().await.unwrap();
    told += &bench.heal("the listener's port is changed").await;
    let made = bench.elbv2().create_target_group().name("stranger").protocol(ProtocolEnum::Tcp).port(443);
    let made = made.vpc_id(text(&bench.land.ids["provider_vpc_id"])).send().await.unwrap();
    let stranger = made.target_groups()[0].target_group_arn().unwrap().to_owned();
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    let action = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(&stranger).build();
    bench.elbv2().modify_listener().listener_arn(&listener).default_actions(action).send().await.unwrap();
    told += &bench.heal("the listener forwards elsewhere").await;
    let tag = Tag::builder().key("intruder").value("x").build();
    bench.elbv2().add_tags().resource_arns(&listener).tags(tag).send().await.unwrap();
    told += &bench.heal("a tag is added").await;
    bench.elbv2().delete_listener().listener_arn(&listener).send().await.unwrap();
    told += &bench.heal("the listener is gone").await;
    insta::assert_snapshot!(told);
    bench.elbv2().delete_target_group().target_group_arn(&stranger).send().await.unwrap();
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_the_endpoint_service_and_its_principals_is_named_and_healed() {
    let mut bench = Bench::plain(25).await;
    let id = text(&bench.state()["id"]);
    let mut told = String::new();
    let ec2 = bench.ec2();
    let modify = || ec2.modify_vpc_endpoint_service_configuration().service_id(&id);
    modify().acceptance_required(false).send().await.unwrap();
    told += &bench.heal("acceptance is switched off").await;
    modify().private_dns_name("stranger.example.dev").send().await.unwrap();
    told += &bench.heal("a private name is set").await;
    let tag = Ec2Tag::builder().key("team").value("other").build();
    ec2.create_tags().resources(&id).tags(tag).send().await.unwrap();
    told += &bench.heal("a tag is changed").await;
    let permit = || ec2.modify_vpc_endpoint_service_permissions().service_id(&id);
    permit().add_allowed_principals("*").send().await.unwrap();
    told += &bench.heal("everybody is allowed").await;
    permit().remove_allowed_principals("arn:aws:iam::222222222222:root").send().await.unwrap();
    told += &bench.heal("nobody is allowed").await;
    insta::assert_snapshot!(told);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_the_private_name_is_named_and_healed() {
    let mut bench = Bench::made(26, |_, _| {}).await;
    let id = text(&bench.state()["id"]);
    let record = bench.state()["private_dns_record"].clone();
    let zone = text(&bench.land.ids["public_zone_id"]);
    let set = format!("{zone}/{}/TXT", text(&record["name"]));
    let mut told = String::new();
    bench.set("record_set", &set, &json!({"values": ["\"a stranger's\""], "ttl": 60}));
    told += &bench.heal("our value is gone, a stranger's is there").await;
    bench.set("record_set", &set, &json!({"removed": true}));
    told += &bench.heal("the record is gone").await;
    bench.set("endpoint_service", &id, &json!({"verification": "failed"}));
    told += &bench.heal("the verification failed").await;
    bench.set("endpoint_service", &id, &json!({"verification": "pendingVerification"}));
    told += &bench.heal("the verification is lost").await;
    let ec2 = bench.ec2();
    let modify = || ec2.modify_vpc_endpoint_service_configuration().service_id(&id);
    modify().remove_private_dns_name(true).send().await.unwrap();
    told += &bench.heal("the name is removed").await;
    modify().private_dns_name("stranger.example.dev").send().await.unwrap();
    told += &bench.heal("the name is changed").await;
    insta::assert_snapshot!(told);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn without_its_endpoint_service_the_resource_is_planned_anew_and_the_rest_is_removed() {
    let mut bench = Bench::made(27, |_, _| {}).await;
    let before = bench.state();
    let sent = bench.ec2().delete_vpc_endpoint_service_configurations().service_ids(text(&before["id"]));
    sent.send().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(900)).await;
    let plan = bench.plan().await;
    assert_eq!(plan.action, Planned::Replace);
    assert_eq!(plan.replaced_by.iter().map(ToString::to_string).collect::<Vec<_>>(), ["id"]);
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let after = bench.state();
    assert_ne!(before["id"], after["id"]);
    let there = objects(&bench.land.world);
    for kind in ["load_balancer", "target_group", "listener", "endpoint_service"] {
        assert_eq!(there["111111111111"]["us-east-1"][kind].as_array().unwrap().len(), 1, "{there:#}");
    }
    assert_eq!(there["111111111111"]["global"]["record_set"].as_array().unwrap().len(), 1, "{there:#}");
    bench.destroy().await;
}
