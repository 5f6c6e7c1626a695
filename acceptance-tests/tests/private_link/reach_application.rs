//! The way through an application load balancer behind the service's own, and each of its hops taken away.

use aws_sdk_ec2::types::{IpPermission, IpRange};
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, LoadBalancerSchemeEnum, LoadBalancerTypeEnum, ProtocolEnum, TargetDescription,
    TargetTypeEnum,
};
use serde_json::json;

use super::land::Land;
use super::reach::Finished;

/// A finished chain whose load balancer forwards to an application load balancer.
struct Behind {
    chain: Finished,
    application: String,
    application_listener: String,
    application_group: String,
    security_group: String,
    group: String,
}

fn forward(group: &str) -> Action {
    Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group).build()
}

async fn group(land: &Land, name: &str, protocol: ProtocolEnum, kind: TargetTypeEnum) -> String {
    let call = land.elb.create_target_group().name(name).protocol(protocol).port(80).target_type(kind);
    let made = call.vpc_id(&land.provider_vpc).send().await.unwrap();
    made.target_groups()[0].target_group_arn().unwrap().to_owned()
}

async fn register(land: &Land, group: &str, ids: &[String]) {
    let targets = ids.iter().map(|id| TargetDescription::builder().id(id).build()).collect();
    land.elb.register_targets().target_group_arn(group).set_targets(Some(targets)).send().await.unwrap();
}

impl Behind {
    /// The application load balancer stands in the first `zones` zones; its group lets the provider's network in.
    async fn new(zones: usize) -> Self {
        let land = Land::calm();
        let front = land.load_balancer("front", 3).await;
        let call =
            land.provider.create_security_group().vpc_id(&land.provider_vpc).group_name("web").description("web");
        let security_group = call.send().await.unwrap().group_id.unwrap();
        land.pass(31).await;
        let range = IpRange::builder().cidr_ip("10.10.0.0/16").build();
        let rule = IpPermission::builder().ip_protocol("tcp").from_port(80).to_port(80).ip_ranges(range).build();
        let call = land.provider.authorize_security_group_ingress().group_id(&security_group).ip_permissions(rule);
        call.send().await.unwrap();
        let call = land.elb.create_load_balancer().name("web").r#type(LoadBalancerTypeEnum::Application);
        let call = call.scheme(LoadBalancerSchemeEnum::Internal).security_groups(&security_group);
        let subnets = land.provider_subnets.iter().take(zones).cloned().collect();
        let made = call.set_subnets(Some(subnets)).send().await.unwrap();
        let application = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
        let application_group = group(&land, "pages", ProtocolEnum::Http, TargetTypeEnum::Instance).await;
        register(&land, &application_group, &land.instances).await;
        let call = land.elb.create_listener().load_balancer_arn(&application).protocol(ProtocolEnum::Http).port(80);
        let made = call.default_actions(forward(&application_group)).send().await.unwrap();
        let application_listener = made.listeners()[0].listener_arn().unwrap().to_owned();
        let group = group(&land, "web", ProtocolEnum::Tcp, TargetTypeEnum::Alb).await;
        register(&land, &group, std::slice::from_ref(&application)).await;
        let call = land.elb.create_listener().load_balancer_arn(&front).protocol(ProtocolEnum::Tcp).port(443);
        let made = call.default_actions(forward(&group)).send().await.unwrap();
        let listener = made.listeners()[0].listener_arn().unwrap().to_owned();
        land.pass(1200).await;
        let chain = Finished::behind(land, front, group.clone(), listener).await;
        Self { chain, application, application_listener, application_group, security_group, group }
    }

    /// Lets health checks go on as if nothing had happened.
    fn believe(&self) {
        self.chain.land.force("target", &format!("{}/{}", self.group, self.application), &json!({"state": "healthy"}));
    }

    #[track_caller]
    fn assert_broken(&self, at: &str, why: &str) {
        self.chain.assert_broken(&self.chain.request(), at, why);
    }
}

#[tokio::test(start_paused = true)]
async fn a_packet_goes_through_the_application_load_balancer_to_its_targets() {
    let behind = Behind::new(3).await;
    let answer = behind.chain.ask(&behind.chain.request());
    assert!(answer.reached, "{answer:?}");
    let at: Vec<&str> = answer.hops.iter().map(|hop| hop.at.as_str()).collect();
    let end = [
        "listener",
        "application_load_balancer",
        "application_load_balancer_security_group",
        "application_load_balancer_listener",
        "target_security_group",
        "target",
    ];
    assert_eq!(at[at.len() - 6..], end, "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_healthy_target_behind_the_application_load_balancer_it_ends_at_the_target() {
    let behind = Behind::new(3).await;
    for id in &behind.chain.land.instances {
        let id = format!("{}/{id}", behind.application_group);
        behind.chain.land.force("target", &id, &json!({"state": "unhealthy"}));
    }
    behind.assert_broken("target", "web has no healthy target");
    behind.believe();
    behind.assert_broken("target", "pages has no healthy target");
}

#[tokio::test(start_paused = true)]
async fn an_application_load_balancer_that_is_not_there_ends_it() {
    let behind = Behind::new(3).await;
    behind.believe();
    behind.chain.land.force("load_balancer", &behind.application, &json!({"state": "failed"}));
    behind.assert_broken("application_load_balancer", "is not active");
    let behind = Behind::new(2).await;
    behind.assert_broken("application_load_balancer", "no node in use1-az4");
}

#[tokio::test(start_paused = true)]
async fn the_application_load_balancers_group_sees_the_load_balancers_node() {
    let behind = Behind::new(3).await;
    let rules = behind.chain.land.provider.describe_security_groups().group_ids(&behind.security_group);
    let rules = rules.send().await.unwrap().security_groups.unwrap().remove(0).ip_permissions.unwrap();
    let revoke = behind.chain.land.provider.revoke_security_group_ingress().group_id(&behind.security_group);
    revoke.set_ip_permissions(Some(rules)).send().await.unwrap();
    behind.assert_broken("application_load_balancer_security_group", "no inbound rule");
}

#[tokio::test(start_paused = true)]
async fn without_its_listener_it_ends_at_the_application_load_balancers_listener() {
    let behind = Behind::new(3).await;
    behind.believe();
    behind.chain.land.force("listener", &behind.application_listener, &json!({"removed": true}));
    behind.assert_broken("application_load_balancer_listener", "no listener on port 80");
}
