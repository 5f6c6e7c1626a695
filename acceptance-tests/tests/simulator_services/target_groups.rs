use aws_sdk_elasticloadbalancingv2::types::{ProtocolEnum, TargetGroupAttribute, TargetTypeEnum};

use crate::support::{Scene, code};

#[tokio::test(start_paused = true)]
async fn a_target_group_starts_with_the_defaults_of_its_kind() {
    let scene = Scene::calm();
    let made = scene.group_call("orders").send().await.unwrap();
    let group = &made.target_groups()[0];
    assert_eq!(group.target_type(), Some(&TargetTypeEnum::Instance));
    assert_eq!(group.health_check_protocol(), Some(&ProtocolEnum::Tcp));
    assert_eq!(group.health_check_port(), Some("traffic-port"));
    assert_eq!((group.health_check_interval_seconds(), group.health_check_timeout_seconds()), (Some(30), Some(10)));
    assert_eq!((group.healthy_threshold_count(), group.unhealthy_threshold_count()), (Some(5), Some(2)));
    assert_eq!(
        group.ip_address_type().map(aws_sdk_elasticloadbalancingv2::types::TargetGroupIpAddressTypeEnum::as_str),
        Some("ipv4")
    );
    let arn = group.target_group_arn().unwrap();
    let seen = scene.elb.describe_target_group_attributes().target_group_arn(arn).send().await.unwrap();
    let value = |key: &str| {
        let found = seen.attributes().iter().find(|attribute| attribute.key() == Some(key));
        found.and_then(|attribute| attribute.value()).unwrap_or("absent").to_owned()
    };
    assert_eq!(value("deregistration_delay.timeout_seconds"), "300");
    assert_eq!(value("preserve_client_ip.enabled"), "true");
    assert_eq!(value("proxy_protocol_v2.enabled"), "false");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn the_same_settings_give_the_same_target_group_and_others_are_refused() {
    let scene = Scene::calm();
    let arn = scene.group("orders").await;
    assert_eq!(scene.group("orders").await, arn);
    assert_eq!(code(scene.group_call("orders").port(80).send().await), "DuplicateTargetGroupName");
}

#[tokio::test(start_paused = true)]
async fn what_a_target_group_needs_is_asked_for() {
    let scene = Scene::calm();
    let call = || scene.elb.create_target_group().name("orders");
    assert_eq!(code(call().port(443).vpc_id(scene.vpc()).send().await), "ValidationError");
    assert_eq!(code(call().protocol(ProtocolEnum::Tcp).vpc_id(scene.vpc()).send().await), "ValidationError");
    assert_eq!(code(call().protocol(ProtocolEnum::Tcp).port(443).send().await), "ValidationError");
    assert_eq!(code(scene.group_call("orders").vpc_id("vpc-00000000000000000").send().await), "ValidationError");
    assert_eq!(code(scene.group_call("-orders").send().await), "ValidationError");
    let lambda = scene.group_call("orders").target_type(TargetTypeEnum::Lambda).send().await;
    assert_eq!(code(lambda), "NotSimulated");
    assert_eq!(code(scene.group_call("orders").health_check_path("/").send().await), "InvalidConfigurationRequest");
}

#[tokio::test(start_paused = true)]
async fn health_checks_change_in_place_and_nothing_else_does() {
    let scene = Scene::calm();
    let arn = scene.group("orders").await;
    let modify = || scene.elb.modify_target_group().target_group_arn(&arn);
    let changed = modify().health_check_interval_seconds(10).healthy_threshold_count(2).send().await.unwrap();
    assert_eq!(changed.target_groups()[0].health_check_interval_seconds(), Some(10));
    assert_eq!(code(modify().health_check_interval_seconds(3).send().await), "ValidationError");
    let http = modify().health_check_protocol(ProtocolEnum::Http).health_check_path("/up").send().await.unwrap();
    assert_eq!(http.target_groups()[0].health_check_path(), Some("/up"));
    assert_eq!(http.target_groups()[0].matcher().unwrap().http_code(), Some("200-399"));
    let unknown = arn.replace("/orders/", "/nobody/");
    let absent = scene.elb.modify_target_group().target_group_arn(unknown).send().await;
    assert_eq!(code(absent), "TargetGroupNotFound");
}

#[tokio::test(start_paused = true)]
async fn attributes_of_a_target_group_refuse_what_cannot_be() {
    let scene = Scene::calm();
    let arn = scene.group("orders").await;
    let modify = |key: &str, value: &str| {
        let attribute = TargetGroupAttribute::builder().key(key).value(value).build();
        scene.elb.modify_target_group_attributes().target_group_arn(&arn).attributes(attribute).send()
    };
    modify("deregistration_delay.timeout_seconds", "0").await.unwrap();
    assert_eq!(code(modify("deregistration_delay.timeout_seconds", "3601").await), "ValidationError");
    assert_eq!(code(modify("slow_start.duration_seconds", "30").await), "InvalidConfigurationRequest");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_name_fails_the_list_and_ways_of_asking_exclude_each_other() {
    let scene = Scene::calm();
    let arn = scene.group("orders").await;
    assert_eq!(code(scene.elb.describe_target_groups().names("nobody").send().await), "TargetGroupNotFound");
    let both = scene.elb.describe_target_groups().names("orders").target_group_arns(&arn).send().await;
    assert_eq!(code(both), "ValidationError");
    let seen = scene.elb.describe_target_groups().names("orders").send().await.unwrap();
    assert_eq!(seen.target_groups()[0].target_group_arn(), Some(arn.as_str()));
}
