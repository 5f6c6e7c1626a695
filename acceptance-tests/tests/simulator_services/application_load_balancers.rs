use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, LoadBalancerSchemeEnum, LoadBalancerTypeEnum, ProtocolEnum,
    TargetDescription, TargetGroupAttribute, TargetTypeEnum,
};
use serde_json::json;

use crate::support::{Scene, code, forward, message, pass, target};

impl Scene {
    /// An application load balancer in the first two subnets.
    async fn application(&self, name: &str) -> String {
        let call = self.elb.create_load_balancer().name(name).r#type(LoadBalancerTypeEnum::Application);
        let call = call.scheme(LoadBalancerSchemeEnum::Internal).subnets(self.subnet(0)).subnets(self.subnet(1));
        let made = call.send().await.unwrap();
        made.load_balancers()[0].load_balancer_arn().unwrap().to_owned()
    }

    async fn http_listener(&self, balancer: &str, port: i32, action: Action) -> String {
        let call = self.elb.create_listener().load_balancer_arn(balancer).protocol(ProtocolEnum::Http).port(port);
        let made = call.default_actions(action).send().await.unwrap();
        made.listeners()[0].listener_arn().unwrap().to_owned()
    }

    /// A target group for an application load balancer.
    async fn group_for_one(&self, name: &str) -> String {
        let made = self.group_call(name).port(80).target_type(TargetTypeEnum::Alb).send().await.unwrap();
        made.target_groups()[0].target_group_arn().unwrap().to_owned()
    }
}

fn answer(status: &str) -> Action {
    let response = FixedResponseActionConfig::builder().status_code(status).build();
    Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(response).build()
}

#[tokio::test(start_paused = true)]
async fn an_application_load_balancer_has_two_zones_and_the_default_group() {
    let scene = Scene::calm();
    let call = || {
        let call = scene.elb.create_load_balancer().name("web").scheme(LoadBalancerSchemeEnum::Internal);
        call.subnets(scene.subnet(0))
    };
    assert_eq!(code(call().send().await), "ValidationError");
    // The type is application when nobody says so.
    let made = call().subnets(scene.subnet(1)).send().await.unwrap();
    let balancer = &made.load_balancers()[0];
    assert_eq!(balancer.r#type(), Some(&LoadBalancerTypeEnum::Application));
    assert!(balancer.load_balancer_arn().unwrap().contains(":loadbalancer/app/web/"));
    assert!(balancer.dns_name().unwrap().starts_with("internal-web-"));
    assert_eq!(balancer.security_groups().len(), 1);
    assert_eq!(balancer.enforce_security_group_inbound_rules_on_private_link_traffic(), None);
    let network = scene.balancer_call("web").send().await;
    assert_eq!(code(network), "DuplicateLoadBalancerName");
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_load_balancer_speaks_its_own_protocols() {
    let scene = Scene::calm();
    let (network, application) = (scene.balancer("front").await, scene.application("web").await);
    let made = scene.group_call("web").protocol(ProtocolEnum::Http).port(80).send().await.unwrap();
    let web = made.target_groups()[0].target_group_arn().unwrap().to_owned();
    let tcp = scene.group("tcp").await;
    let listen = |balancer: &str, protocol: ProtocolEnum, group: &str| {
        let call = scene.elb.create_listener().load_balancer_arn(balancer).protocol(protocol).port(80);
        call.default_actions(forward(group)).send()
    };
    assert_eq!(code(listen(&application, ProtocolEnum::Tcp, &tcp).await), "UnsupportedProtocol");
    assert_eq!(code(listen(&application, ProtocolEnum::Http, &tcp).await), "IncompatibleProtocols");
    assert_eq!(code(listen(&network, ProtocolEnum::Http, &web).await), "UnsupportedProtocol");
    assert_eq!(code(listen(&network, ProtocolEnum::Tcp, &web).await), "IncompatibleProtocols");
    assert_eq!(code(listen(&application, ProtocolEnum::Https, &web).await), "ValidationError");
    listen(&application, ProtocolEnum::Http, &web).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_group_for_application_load_balancers_is_of_tcp_and_checked_by_http() {
    let scene = Scene::calm();
    let call = || scene.group_call("web").port(80).target_type(TargetTypeEnum::Alb);
    assert_eq!(code(call().protocol(ProtocolEnum::Http).send().await), "InvalidConfigurationRequest");
    assert_eq!(code(call().health_check_protocol(ProtocolEnum::Tcp).send().await), "InvalidConfigurationRequest");
    let made = call().send().await.unwrap();
    let group = &made.target_groups()[0];
    assert_eq!(group.health_check_protocol(), Some(&ProtocolEnum::Http));
    let arn = group.target_group_arn().unwrap();
    let delay = TargetGroupAttribute::builder().key("deregistration_delay.timeout_seconds").value("10").build();
    let changed = scene.elb.modify_target_group_attributes().target_group_arn(arn).attributes(delay).send().await;
    assert_eq!(code(changed), "InvalidConfigurationRequest");
    let balancer = scene.balancer("front").await;
    let certificate = aws_sdk_elasticloadbalancingv2::types::Certificate::builder()
        .certificate_arn("arn:aws:acm:us-east-1:111111111111:certificate/1b2c3d4e")
        .build();
    let tls = scene.listener_call(&balancer, 443, arn).protocol(ProtocolEnum::Tls).certificates(certificate);
    assert_eq!(code(tls.send().await), "InvalidConfigurationRequest");
}

#[tokio::test(start_paused = true)]
async fn only_one_application_load_balancer_with_a_listener_on_the_port_can_be_registered() {
    let scene = Scene::calm();
    let (web, other) = (scene.application("web").await, scene.application("other").await);
    let group = scene.group_for_one("web").await;
    let register = |id: &str| scene.elb.register_targets().target_group_arn(&group).targets(target(id)).send();
    let without = register(&web).await;
    assert!(message(without).contains("listener"));
    assert_eq!(code(register(&web).await), "ValidationError");
    scene.http_listener(&web, 80, answer("200")).await;
    scene.http_listener(&other, 80, answer("200")).await;
    let network = scene.balancer("front").await;
    for stranger in [network, scene.instance(0), web.replace("111111111111", "222222222222")] {
        assert_eq!(code(register(&stranger).await), "InvalidTarget");
    }
    let both = scene.elb.register_targets().target_group_arn(&group).targets(target(&web)).targets(target(&other));
    assert_eq!(code(both.send().await), "TooManyTargets");
    register(&web).await.unwrap();
    register(&web).await.unwrap();
    assert_eq!(code(register(&other).await), "TooManyTargets");
    // A port of its own is looked for too.
    let elsewhere = TargetDescription::builder().id(&web).port(81).build();
    let elsewhere = scene.elb.register_targets().target_group_arn(&group).targets(elsewhere).send().await;
    assert_eq!(code(elsewhere), "ValidationError");
    let made = scene.ec2.create_vpc().cidr_block("10.50.0.0/16").send().await.unwrap();
    let vpc = made.vpc().unwrap().vpc_id().unwrap().to_owned();
    let made = scene.group_call("afar").port(80).target_type(TargetTypeEnum::Alb).vpc_id(vpc).send().await.unwrap();
    let afar = made.target_groups()[0].target_group_arn().unwrap();
    let register = scene.elb.register_targets().target_group_arn(afar).targets(target(&web)).send().await;
    assert_eq!(code(register), "InvalidTarget");
}

#[tokio::test(start_paused = true)]
async fn a_registered_application_load_balancer_keeps_its_listener_and_itself() {
    let scene = Scene::calm();
    let web = scene.application("web").await;
    let listener = scene.http_listener(&web, 80, answer("200")).await;
    let group = scene.group_for_one("web").await;
    scene.register(&group, &web).await;
    let delete_listener = || scene.elb.delete_listener().listener_arn(&listener).send();
    let delete = || scene.elb.delete_load_balancer().load_balancer_arn(&web).send();
    assert!(message(delete_listener().await).contains("is in use by registered target"));
    assert_eq!(code(delete_listener().await), "ResourceInUse");
    assert_eq!(code(scene.elb.modify_listener().listener_arn(&listener).port(81).send().await), "ResourceInUse");
    assert_eq!(code(delete().await), "ResourceInUse");
    scene.elb.deregister_targets().target_group_arn(&group).targets(target(&web)).send().await.unwrap();
    delete_listener().await.unwrap();
    delete().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_application_load_balancer_is_as_healthy_as_its_answers() {
    let scene = Scene::calm();
    let network = scene.active_balancer("front").await;
    let web = scene.application("web").await;
    let listener = scene.http_listener(&web, 80, answer("404")).await;
    let group = scene.group_for_one("web").await;
    scene.listener(&network, 443, &group).await;
    scene.register(&group, &web).await;
    assert_eq!(scene.health(&group).await.0, "initial");
    pass(901).await;
    assert_eq!(scene.health(&group).await, ("unhealthy".to_owned(), "Target.FailedHealthChecks".to_owned()));
    scene.elb.modify_listener().listener_arn(&listener).default_actions(answer("200")).send().await.unwrap();
    assert_eq!(scene.health(&group).await.0, "healthy");
    let made = scene.group_call("pages").protocol(ProtocolEnum::Http).port(8080).send().await.unwrap();
    let pages = made.target_groups()[0].target_group_arn().unwrap().to_owned();
    scene.elb.modify_listener().listener_arn(&listener).default_actions(forward(&pages)).send().await.unwrap();
    assert_eq!(scene.health(&group).await.0, "unhealthy");
    scene.register(&pages, &scene.instance(0)).await;
    pass(901).await;
    assert_eq!(scene.health(&group).await.0, "healthy");
    scene.force("target", &format!("{group}/{web}"), &json!({"state": "unhealthy"}));
    assert_eq!(scene.health(&group).await.0, "unhealthy");
}
