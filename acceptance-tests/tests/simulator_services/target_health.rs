use aws_sdk_elasticloadbalancingv2::types::{TargetDescription, TargetTypeEnum};
use serde_json::json;

use crate::support::{Scene, code, message, pass, target};

fn health(state: &str, reason: &str) -> (String, String) {
    (state.to_owned(), reason.to_owned())
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_target_is_unused_then_initial_then_healthy() {
    let scene = Scene::calm();
    let group = scene.group("orders").await;
    scene.register(&group, &scene.instance(0)).await;
    pass(600).await;
    assert_eq!(scene.health(&group).await, health("unused", "Target.NotInUse"));
    let balancer = scene.active_balancer("orders").await;
    scene.listener(&balancer, 443, &group).await;
    assert_eq!(scene.health(&group).await, health("initial", "Elb.RegistrationInProgress"));
    pass(30).await;
    assert_eq!(scene.health(&group).await, health("initial", "Elb.InitialHealthChecking"));
    // Five checks of thirty seconds at the least.
    pass(115).await;
    assert_eq!(scene.health(&group).await.0, "initial");
    pass(160).await;
    assert_eq!(scene.health(&group).await, health("healthy", ""));
}

#[tokio::test(start_paused = true)]
async fn a_target_is_not_healthy_before_its_load_balancer_is_active() {
    let scene = Scene::calm();
    let balancer = scene.balancer("orders").await;
    let group = scene.group("orders").await;
    scene.listener(&balancer, 443, &group).await;
    scene.register(&group, &scene.instance(0)).await;
    pass(50).await;
    assert_eq!(scene.health(&group).await.0, "initial");
    pass(900).await;
    assert_eq!(scene.health(&group).await.0, "healthy");
}

#[tokio::test(start_paused = true)]
async fn only_running_instances_of_the_vpc_can_be_registered() {
    let scene = Scene::calm();
    let group = scene.group("orders").await;
    let register = |id: &str| scene.elb.register_targets().target_group_arn(&group).targets(target(id)).send();
    assert_eq!(code(register("i-00000000000000000").await), "InvalidTarget");
    let run = scene.ec2.run_instances().image_id("ami-0").subnet_id(scene.subnet(0)).min_count(1).max_count(1);
    let fresh = run.send().await.unwrap().instances()[0].instance_id().unwrap().to_owned();
    let refused = register(&fresh).await;
    assert_eq!(
        message(refused),
        format!("The following targets are not in a running state and cannot be registered: '{fresh}'")
    );
    pass(61).await;
    register(&fresh).await.unwrap();
    let made = scene.ec2.create_vpc().cidr_block("10.50.0.0/16").send().await.unwrap();
    let vpc = made.vpc().unwrap().vpc_id().unwrap().to_owned();
    let made = scene.group_call("elsewhere").vpc_id(vpc).send().await.unwrap();
    let elsewhere = made.target_groups()[0].target_group_arn().unwrap().to_owned();
    let foreign = scene.elb.register_targets().target_group_arn(elsewhere).targets(target(&fresh)).send().await;
    assert_eq!(code(foreign), "InvalidTarget");
    let nobody = group.replace("/orders/", "/nobody/");
    let unknown = scene.elb.register_targets().target_group_arn(nobody).targets(target(&fresh)).send().await;
    assert_eq!(code(unknown), "TargetGroupNotFound");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_stops_running_is_no_healthy_target() {
    let scene = Scene::calm();
    let balancer = scene.active_balancer("orders").await;
    let group = scene.group("orders").await;
    scene.listener(&balancer, 443, &group).await;
    scene.register(&group, &scene.instance(0)).await;
    pass(301).await;
    assert_eq!(scene.health(&group).await.0, "healthy");
    scene.ec2.terminate_instances().instance_ids(scene.instance(0)).send().await.unwrap();
    assert_eq!(scene.health(&group).await, health("unused", "Target.InvalidState"));
}

#[tokio::test(start_paused = true)]
async fn a_target_in_a_zone_the_load_balancer_lacks_is_unused() {
    let scene = Scene::calm();
    let balancer = scene.active_balancer("orders").await;
    let group = scene.group("orders").await;
    scene.listener(&balancer, 443, &group).await;
    scene.register(&group, &scene.instance(2)).await;
    pass(600).await;
    assert_eq!(scene.health(&group).await, health("unused", "Target.NotInUse"));
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_deregistered_target_drains_and_can_be_taken_back() {
    let scene = Scene::calm();
    let balancer = scene.active_balancer("orders").await;
    let group = scene.group("orders").await;
    scene.listener(&balancer, 443, &group).await;
    let id = scene.instance(0);
    scene.register(&group, &id).await;
    pass(301).await;
    let deregister = || scene.elb.deregister_targets().target_group_arn(&group).targets(target(&id)).send();
    deregister().await.unwrap();
    assert_eq!(scene.health(&group).await, health("draining", "Target.DeregistrationInProgress"));
    pass(200).await;
    scene.register(&group, &id).await;
    assert_eq!(scene.health(&group).await.0, "initial");
    deregister().await.unwrap();
    pass(301).await;
    let seen = scene.elb.describe_target_health().target_group_arn(&group).send().await.unwrap();
    assert!(seen.target_health_descriptions().is_empty());
    // Unknown targets are no error, malformed ones are.
    deregister().await.unwrap();
    let odd = scene.elb.deregister_targets().target_group_arn(&group).targets(target("10.0.0.1")).send().await;
    assert_eq!(code(odd), "InvalidTarget");
    let asked = scene.elb.describe_target_health().target_group_arn(&group).targets(target(&id)).send().await.unwrap();
    let health = asked.target_health_descriptions()[0].target_health().unwrap();
    assert_eq!(
        health.reason().map(aws_sdk_elasticloadbalancingv2::types::TargetHealthReasonEnum::as_str),
        Some("Target.NotRegistered")
    );
}

#[tokio::test(start_paused = true)]
async fn addresses_lie_in_the_vpc_or_in_a_private_range_outside_with_all_zones() {
    let scene = Scene::calm();
    let made = scene.group_call("orders").target_type(TargetTypeEnum::Ip).send().await.unwrap();
    let group = made.target_groups()[0].target_group_arn().unwrap().to_owned();
    let register = |id: &str, zone: Option<&str>| {
        let target = TargetDescription::builder().id(id).set_availability_zone(zone.map(ToOwned::to_owned)).build();
        scene.elb.register_targets().target_group_arn(&group).targets(target).send()
    };
    assert_eq!(code(register("i-00000000000000000", None).await), "InvalidTarget");
    assert_eq!(code(register("192.168.7.7", None).await), "ValidationError");
    assert_eq!(code(register("8.8.8.8", Some("all")).await), "InvalidTarget");
    assert_eq!(code(register("fd00::1", None).await), "InvalidTarget");
    register("192.168.7.7", Some("all")).await.unwrap();
    scene.elb.deregister_targets().target_group_arn(&group).targets(target("192.168.7.7")).send().await.unwrap();
    register("10.10.1.77", None).await.unwrap();
    let balancer = scene.active_balancer("orders").await;
    scene.listener(&balancer, 443, &group).await;
    pass(301).await;
    assert_eq!(scene.health(&group).await.0, "healthy");
    scene.force("target", &format!("{group}/10.10.1.77"), &json!({"state": "unhealthy"}));
    assert_eq!(scene.health(&group).await, health("unhealthy", "Target.FailedHealthChecks"));
    scene.force("target", &format!("{group}/10.10.1.77:443"), &json!({"state": null}));
    assert_eq!(scene.health(&group).await.0, "healthy");
}
