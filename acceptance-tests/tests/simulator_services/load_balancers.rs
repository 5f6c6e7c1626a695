use acceptance_tests::simulator::World;
use acceptance_tests::simulator::settings::Settings;
use aws_sdk_elasticloadbalancingv2::types::{
    LoadBalancer, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerStateEnum, LoadBalancerTypeEnum, Tag,
};
use serde_json::json;

use crate::support::{Scene, code, message, pass};

async fn described(scene: &Scene, arn: &str) -> LoadBalancer {
    let seen = scene.elb.describe_load_balancers().load_balancer_arns(arn).send().await.unwrap();
    seen.load_balancers()[0].clone()
}

async fn state(scene: &Scene, arn: &str) -> LoadBalancerStateEnum {
    described(scene, arn).await.state().unwrap().code().unwrap().clone()
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_load_balancer_is_provisioning_before_it_is_active() {
    let scene = Scene::calm();
    let arn = scene.balancer("orders").await;
    assert_eq!(state(&scene, &arn).await, LoadBalancerStateEnum::Provisioning);
    pass(59).await;
    assert_eq!(state(&scene, &arn).await, LoadBalancerStateEnum::Provisioning);
    pass(542).await;
    let balancer = described(&scene, &arn).await;
    assert_eq!(balancer.state().unwrap().code(), Some(&LoadBalancerStateEnum::Active));
    let id = arn.rsplit('/').next().unwrap();
    assert_eq!(arn, format!("arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/orders/{id}"));
    assert_eq!(balancer.dns_name(), Some(format!("orders-{id}.elb.us-east-1.amazonaws.com").as_str()));
    assert_eq!(balancer.canonical_hosted_zone_id(), Some("Z26RNL4JYFTOTI"));
    assert_eq!(balancer.scheme(), Some(&LoadBalancerSchemeEnum::Internal));
    assert_eq!(balancer.r#type(), Some(&LoadBalancerTypeEnum::Network));
    assert_eq!(balancer.availability_zones().len(), 2);
    assert!(balancer.security_groups().is_empty());
    assert!(balancer.created_time().is_some());
    let filter =
        aws_sdk_ec2::types::Filter::builder().name("description").values(format!("ELB net/orders/{id}")).build();
    let interfaces = scene.ec2.describe_network_interfaces().filters(filter).send().await.unwrap();
    assert_eq!(interfaces.network_interfaces().len(), 2);
    assert_eq!(interfaces.network_interfaces()[0].requester_id(), Some("amazon-elb"));
    assert_eq!(scene.objects("load_balancer"), [arn]);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_load_balancer_that_was_just_made_is_not_found_for_a_moment() {
    let scene = Scene::of(World::strict(3));
    let arn = scene.balancer("orders").await;
    let call = || scene.elb.describe_load_balancer_attributes().load_balancer_arn(&arn).send();
    assert_eq!(code(call().await), "LoadBalancerNotFound");
    pass(15).await;
    let group = scene.group("orders").await;
    scene.listener(&arn, 443, &group).await;
}

#[tokio::test(start_paused = true)]
pub(crate) async fn the_same_settings_give_the_same_load_balancer_and_others_are_refused() {
    let scene = Scene::calm();
    let arn = scene.balancer("orders").await;
    assert_eq!(scene.balancer("orders").await, arn);
    let tag = Tag::builder().key("a").value("b").build();
    assert_eq!(code(scene.balancer_call("orders").tags(tag).send().await), "DuplicateLoadBalancerName");
    let other = scene.balancer_call("orders").subnets(scene.subnet(2)).send().await;
    assert!(message(other).contains("exists, but with different settings"));
    assert_eq!(scene.objects("load_balancer").len(), 1);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_bound_load_balancer_cannot_be_deleted_until_its_service_is_gone() {
    let scene = Scene::calm();
    let arn = scene.active_balancer("orders").await;
    let made =
        scene.ec2.create_vpc_endpoint_service_configuration().network_load_balancer_arns(&arn).send().await.unwrap();
    let service = made.service_configuration().unwrap().service_id().unwrap().to_owned();
    let delete = || scene.elb.delete_load_balancer().load_balancer_arn(&arn).send();
    let refused = delete().await;
    assert_eq!(
        message(refused),
        format!("Load balancer '{arn}' cannot be deleted because it is currently associated with another service")
    );
    scene.ec2.delete_vpc_endpoint_service_configurations().service_ids(&service).send().await.unwrap();
    assert_eq!(code(delete().await), "ResourceInUse");
    pass(91).await;
    delete().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn deletion_protection_keeps_a_load_balancer() {
    let scene = Scene::calm();
    let arn = scene.balancer("orders").await;
    let protect = async |value: &str| {
        let attribute = LoadBalancerAttribute::builder().key("deletion_protection.enabled").value(value).build();
        scene.elb.modify_load_balancer_attributes().load_balancer_arn(&arn).attributes(attribute).send().await.unwrap();
    };
    protect("true").await;
    let delete = || scene.elb.delete_load_balancer().load_balancer_arn(&arn).send();
    assert_eq!(code(delete().await), "OperationNotPermitted");
    protect("false").await;
    delete().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_deleted_load_balancer_takes_its_listeners_along_and_leaves_its_interfaces_for_a_while() {
    let scene = Scene::calm();
    let arn = scene.balancer("orders").await;
    let group = scene.group("orders").await;
    let listener = scene.listener(&arn, 443, &group).await;
    assert_eq!(scene.objects("network_interface").len(), 2);
    scene.elb.delete_load_balancer().load_balancer_arn(&arn).send().await.unwrap();
    assert!(scene.objects("load_balancer").is_empty() && scene.objects("listener").is_empty());
    assert_eq!(code(scene.elb.describe_listeners().listener_arns(&listener).send().await), "ListenerNotFound");
    // Describe shows it for some seconds, but it is no use any more, and its name is taken.
    described(&scene, &arn).await;
    let attributes = scene.elb.describe_load_balancer_attributes().load_balancer_arn(&arn).send().await;
    assert_eq!(code(attributes), "LoadBalancerNotFound");
    assert_eq!(code(scene.balancer_call("orders").send().await), "DuplicateLoadBalancerName");
    assert_eq!(code(scene.elb.delete_target_group().target_group_arn(&group).send().await), "ResourceInUse");
    pass(31).await;
    let gone = scene.elb.describe_load_balancers().load_balancer_arns(&arn).send().await;
    assert_eq!(code(gone), "LoadBalancerNotFound");
    scene.elb.delete_target_group().target_group_arn(&group).send().await.unwrap();
    assert_eq!(scene.objects("network_interface").len(), 2);
    pass(900).await;
    assert!(scene.objects("network_interface").is_empty());
    // Deleting what is gone succeeds.
    scene.elb.delete_load_balancer().load_balancer_arn(&arn).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn subnets_must_exist_have_room_and_a_zone_each() {
    let scene = Scene::calm();
    let create = |subnets: Vec<String>| scene.bare_balancer_call("orders").set_subnets(Some(subnets)).send();
    assert_eq!(code(create(vec!["subnet-00000000000000000".to_owned()]).await), "SubnetNotFound");
    assert_eq!(code(scene.bare_balancer_call("orders").send().await), "ValidationError");
    let zone = scene.ec2.describe_subnets().subnet_ids(scene.subnet(0)).send().await.unwrap();
    let zone = zone.subnets()[0].availability_zone_id().unwrap().to_owned();
    let make = scene.ec2.create_subnet().vpc_id(scene.vpc()).availability_zone_id(&zone).cidr_block("10.10.200.0/28");
    let small = make.send().await.unwrap().subnet().unwrap().subnet_id().unwrap().to_owned();
    let twice = create(vec![scene.subnet(0), small.clone()]).await;
    assert_eq!(message(twice), "A load balancer cannot be attached to multiple subnets in the same Availability Zone");
    assert_eq!(code(create(vec![scene.list("consumer_subnet_ids")[0].clone()]).await), "SubnetNotFound");
    // Eleven addresses: four load balancers fit, the fifth finds seven free.
    for number in 0..4 {
        scene.bare_balancer_call(&format!("small-{number}")).subnets(&small).send().await.unwrap();
    }
    assert_eq!(code(create(vec![small]).await), "InvalidSubnet");
}

#[tokio::test(start_paused = true)]
async fn names_schemes_and_types_are_checked() {
    let scene = Scene::calm();
    for name in ["internal-orders", "-orders", "orders-", "or--ders", "or_ders", "a23456789012345678901234567890123"] {
        assert_eq!(code(scene.balancer_call(name).send().await), "ValidationError", "{name}");
    }
    let public = scene.balancer_call("orders").scheme(LoadBalancerSchemeEnum::InternetFacing).send().await;
    assert_eq!(code(public), "InvalidSubnet");
    // The default type is application, which one subnet does not do for.
    let untyped = scene.elb.create_load_balancer().name("orders").subnets(scene.subnet(0)).send().await;
    assert_eq!(code(untyped), "ValidationError");
    let gateway = scene.balancer_call("orders").r#type(LoadBalancerTypeEnum::Gateway).send().await;
    assert_eq!(code(gateway), "NotSimulated");
}

#[tokio::test(start_paused = true)]
async fn security_groups_must_exist_in_the_vpc() {
    let scene = Scene::calm();
    let foreign = scene.balancer_call("orders").security_groups("sg-00000000000000000").send().await;
    assert_eq!(code(foreign), "InvalidSecurityGroup");
    assert!(scene.objects("network_interface").is_empty());
}

#[tokio::test(start_paused = true)]
async fn pinned_addresses_must_be_free_and_of_the_subnet() {
    let scene = Scene::calm();
    let create = |name: &str, address: &str| {
        let mapping = aws_sdk_elasticloadbalancingv2::types::SubnetMapping::builder();
        let mapping = mapping.subnet_id(scene.subnet(0)).private_ipv4_address(address).build();
        scene.bare_balancer_call(name).subnet_mappings(mapping).send()
    };
    assert_eq!(code(create("orders", "10.99.0.9").await), "InvalidConfigurationRequest");
    assert_eq!(code(create("orders", "10.10.1.3").await), "InvalidConfigurationRequest");
    let made = create("orders", "10.10.1.100").await.unwrap();
    let zone = &made.load_balancers()[0].availability_zones()[0];
    assert_eq!(zone.load_balancer_addresses()[0].private_ipv4_address(), Some("10.10.1.100"));
    assert_eq!(code(create("other", "10.10.1.100").await), "InvalidConfigurationRequest");
}

#[tokio::test(start_paused = true)]
async fn a_forced_failure_is_final_and_told() {
    let scene = Scene::calm();
    let arn = scene.balancer("orders").await;
    scene.force("load_balancer", &arn, &json!({"state": "failed"}));
    pass(1000).await;
    let failed = described(&scene, &arn).await;
    assert_eq!(failed.state().unwrap().code(), Some(&LoadBalancerStateEnum::Failed));
    assert!(failed.state().unwrap().reason().is_some());
    scene.elb.delete_load_balancer().load_balancer_arn(&arn).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn twenty_arns_are_the_most_of_one_call_and_one_unknown_fails_all() {
    let scene = Scene::calm();
    let arn = scene.balancer("orders").await;
    let unknown = arn.replace("/orders/", "/others/");
    let both = scene.elb.describe_load_balancers().load_balancer_arns(&arn).load_balancer_arns(&unknown).send().await;
    assert_eq!(code(both), "LoadBalancerNotFound");
    let many = scene.elb.describe_load_balancers().set_load_balancer_arns(Some(vec![arn.clone(); 21])).send().await;
    assert_eq!(code(many), "ValidationError");
    let tags = scene.elb.describe_tags().set_resource_arns(Some(vec![arn.clone(); 21])).send().await;
    assert_eq!(code(tags), "ValidationError");
    let named = scene.elb.describe_load_balancers().names("nobody").send().await;
    assert_eq!(code(named), "LoadBalancerNotFound");
    let both = scene.elb.describe_load_balancers().names("orders").load_balancer_arns(&arn).send().await;
    assert_eq!(code(both), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_that_end() {
    let scene = Scene::of(World::strict(5));
    for number in 0..7 {
        scene.balancer(&format!("orders-{number}")).await;
    }
    pass(60).await;
    let mut names = std::collections::BTreeSet::new();
    // One read may miss an object once: three rounds see all.
    for _ in 0..3 {
        let mut pages = scene.elb.describe_load_balancers().page_size(3).into_paginator().send();
        while let Some(page) = pages.next().await {
            names.extend(page.unwrap().load_balancers().iter().map(|one| one.load_balancer_name().unwrap().to_owned()));
        }
    }
    assert_eq!(names.len(), 7);
    assert_eq!(code(scene.elb.describe_load_balancers().page_size(401).send().await), "ValidationError");
    assert_eq!(code(scene.elb.describe_load_balancers().marker("x").send().await), "ValidationError");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn making_and_moving_load_balancers_share_ten_tokens() {
    let scene = Scene::of(World::strict(1));
    let mut refused = None;
    for number in 0..12 {
        if let Err(error) = scene.balancer_call(&format!("orders-{number}")).send().await {
            refused = Some((number, code::<(), _>(Err(error))));
            break;
        }
    }
    let (number, code) = refused.unwrap();
    assert_eq!(code, "Throttling");
    assert!((10..=11).contains(&number), "{number}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn every_call_draws_from_the_forty_tokens_of_the_account() {
    let settings = Settings { buckets: true, ..Settings::calm() };
    let scene = Scene::of(World::new(1, settings, 1.0));
    let read = || scene.elb.describe_load_balancers().send();
    let write = || scene.elb.delete_target_group().target_group_arn(GROUP).send();
    for _ in 0..15 {
        write().await.unwrap();
    }
    for _ in 0..25 {
        read().await.unwrap();
    }
    // Reads alone have fifteen left, changes five: together forty are the account's.
    assert_eq!(code(read().await), "Throttling");
    assert_eq!(code(write().await), "Throttling");
    pass(1).await;
    read().await.unwrap();
}

const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/absent/0123456789abcdef";
