use aws_sdk_elasticloadbalancingv2::types::{
    EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum as Enforce, IpAddressType, LoadBalancerAttribute, Tag,
};

use crate::support::{CONSUMER, Scene, code, ec2, message, pass};

async fn zone_of(scene: &Scene, subnet: &str) -> String {
    let seen = scene.ec2.describe_subnets().subnet_ids(subnet).send().await.unwrap();
    seen.subnets()[0].availability_zone_id().unwrap().to_owned()
}

async fn security_group(scene: &Scene, name: &str) -> String {
    let call = scene.ec2.create_security_group().vpc_id(scene.vpc()).group_name(name).description(name);
    call.send().await.unwrap().group_id().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
pub(crate) async fn security_groups_cannot_come_after_birth_nor_all_go() {
    let scene = Scene::calm();
    let (one, other) = (security_group(&scene, "one").await, security_group(&scene, "other").await);
    let bare = scene.balancer("bare").await;
    let late = scene.elb.set_security_groups().load_balancer_arn(&bare).security_groups(&one).send().await;
    assert_eq!(
        message(late),
        "You cannot set security groups on a Network Load Balancer which was created without any security groups."
    );
    let made = scene.balancer_call("dressed").security_groups(&one).send().await.unwrap();
    let dressed = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    assert_eq!(made.load_balancers()[0].enforce_security_group_inbound_rules_on_private_link_traffic(), Some("on"));
    let call = || scene.elb.set_security_groups().load_balancer_arn(&dressed);
    assert_eq!(code(call().set_security_groups(Some(Vec::new())).send().await), "ValidationError");
    let changed = call()
        .security_groups(&other)
        .enforce_security_group_inbound_rules_on_private_link_traffic(Enforce::Off)
        .send()
        .await
        .unwrap();
    assert_eq!(changed.security_group_ids(), [other.as_str()]);
    let seen = scene.elb.describe_load_balancers().load_balancer_arns(&dressed).send().await.unwrap();
    let seen = &seen.load_balancers()[0];
    assert_eq!(seen.security_groups(), [other.as_str()]);
    assert_eq!(seen.enforce_security_group_inbound_rules_on_private_link_traffic(), Some("off"));
    // The interfaces follow: the old group is free, the new one is held.
    scene.ec2.delete_security_group().group_id(&one).send().await.unwrap();
    assert_eq!(code(scene.ec2.delete_security_group().group_id(&other).send().await), "DependencyViolation");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn subnets_are_replaced_one_per_zone_and_never_swapped_within_one() {
    let scene = Scene::calm();
    let arn = scene.active_balancer("orders").await;
    let zone = zone_of(&scene, &scene.subnet(0)).await;
    let make = scene.ec2.create_subnet().vpc_id(scene.vpc()).availability_zone_id(&zone).cidr_block("10.10.200.0/24");
    let sibling = make.send().await.unwrap().subnet().unwrap().subnet_id().unwrap().to_owned();
    let set = |subnets: Vec<String>| scene.elb.set_subnets().load_balancer_arn(&arn).set_subnets(Some(subnets)).send();
    let swap = set(vec![sibling.clone(), scene.subnet(1)]).await;
    assert!(message(swap).contains("is already associated with the load balancer"));
    let twice = set(vec![scene.subnet(0), sibling.clone()]).await;
    assert_eq!(code(twice), "InvalidConfigurationRequest");
    assert_eq!(code(set(Vec::new()).await), "ValidationError");
    // Out of the zone first, then in again with the other subnet.
    let left = set(vec![scene.subnet(1)]).await.unwrap();
    assert_eq!(left.availability_zones().len(), 1);
    let back = set(vec![scene.subnet(1), sibling]).await.unwrap();
    assert_eq!(back.availability_zones().len(), 2);
    assert_eq!(scene.objects("network_interface").len(), 3);
    pass(201).await;
    assert_eq!(scene.objects("network_interface").len(), 2);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_zone_cannot_go_while_endpoints_hang_on_the_load_balancer() {
    let scene = Scene::calm();
    let arn = scene.active_balancer("orders").await;
    let made = scene
        .ec2
        .create_vpc_endpoint_service_configuration()
        .acceptance_required(true)
        .network_load_balancer_arns(&arn)
        .send()
        .await
        .unwrap();
    let service = made.service_configuration().unwrap();
    let permit = scene.ec2.modify_vpc_endpoint_service_permissions().service_id(service.service_id().unwrap());
    permit.add_allowed_principals(format!("arn:aws:iam::{CONSUMER}:root")).send().await.unwrap();
    pass(300).await;
    let consumer = ec2(&scene.world, CONSUMER);
    consumer
        .create_vpc_endpoint()
        .vpc_id(scene.id("consumer_vpc_id"))
        .service_name(service.service_name().unwrap())
        .vpc_endpoint_type(aws_sdk_ec2::types::VpcEndpointType::Interface)
        .subnet_ids(&scene.list("consumer_subnet_ids")[0])
        .private_dns_enabled(false)
        .send()
        .await
        .unwrap();
    pass(60).await;
    let set = |subnets: Vec<String>| scene.elb.set_subnets().load_balancer_arn(&arn).set_subnets(Some(subnets)).send();
    assert_eq!(code(set(vec![scene.subnet(1)]).await), "InvalidConfigurationRequest");
    // Adding one is no problem.
    set(vec![scene.subnet(0), scene.subnet(1), scene.subnet(2)]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn dualstack_needs_blocks_of_ipv6() {
    let scene = Scene::calm();
    let arn = scene.balancer("orders").await;
    let set = scene.elb.set_ip_address_type().load_balancer_arn(&arn).ip_address_type(IpAddressType::Dualstack);
    assert_eq!(code(set.send().await), "InvalidSubnet");
    let made = scene.balancer_call("other").ip_address_type(IpAddressType::Dualstack).send().await;
    assert_eq!(code(made), "InvalidConfigurationRequest");
    let set = scene.elb.set_ip_address_type().load_balancer_arn(&arn).ip_address_type(IpAddressType::Ipv4);
    assert_eq!(set.send().await.unwrap().ip_address_type(), Some(&IpAddressType::Ipv4));
}

#[tokio::test(start_paused = true)]
async fn capacity_is_reserved_for_an_active_load_balancer_one_request_at_a_time() {
    use aws_sdk_elasticloadbalancingv2::types::{Certificate, MinimumLoadBalancerCapacity, ProtocolEnum};
    let scene = Scene::calm();
    let arn = scene.balancer("orders").await;
    let modify = || scene.elb.modify_capacity_reservation().load_balancer_arn(&arn);
    let reserve = |units: i32| {
        let capacity = MinimumLoadBalancerCapacity::builder().capacity_units(units).build();
        modify().minimum_load_balancer_capacity(capacity).send()
    };
    let describe = || scene.elb.describe_capacity_reservation().load_balancer_arn(&arn).send();
    assert_eq!(code(reserve(2750).await), "InvalidConfigurationRequest", "it is not active yet");
    pass(601).await;
    assert_eq!(code(modify().send().await), "ValidationError");
    assert_eq!(code(reserve(0).await), "ValidationError");
    assert!(describe().await.unwrap().minimum_load_balancer_capacity().is_none());
    let made = reserve(5500).await.unwrap();
    let zone = &made.capacity_reservation_state()[0];
    assert_eq!(zone.state().unwrap().code().unwrap().as_str(), "pending");
    assert_eq!(code(reserve(2750).await), "CapacityReservationPending");
    let moved = scene.elb.set_subnets().load_balancer_arn(&arn).subnets(scene.subnet(0)).subnets(scene.subnet(1));
    assert_eq!(code(moved.send().await), "CapacityReservationPending");
    pass(3 * 3600 + 1).await;
    let seen = describe().await.unwrap();
    let zone = &seen.capacity_reservation_state()[0];
    assert_eq!(zone.state().unwrap().code().unwrap().as_str(), "provisioned");
    assert_eq!(zone.effective_capacity_units(), Some(2750.0), "evenly over two zones");
    for units in [4000, 3000] {
        reserve(units).await.unwrap();
        pass(3 * 3600 + 1).await;
    }
    assert_eq!(describe().await.unwrap().decrease_requests_remaining(), Some(0));
    assert_eq!(code(reserve(2000).await), "CapacityDecreaseRequestLimitExceeded");
    reserve(6000).await.unwrap();
    let group = scene.group("orders").await;
    let certificate = "arn:aws:acm:us-east-1:111111111111:certificate/1b2c3d4e-0000-4000-8000-000000000000";
    let tls = || {
        let call = scene.listener_call(&arn, 443, &group).protocol(ProtocolEnum::Tls);
        call.certificates(Certificate::builder().certificate_arn(certificate).build()).send()
    };
    assert_eq!(code(tls().await), "InvalidConfigurationRequest");
    modify().reset_capacity_reservation(true).send().await.unwrap();
    assert!(describe().await.unwrap().minimum_load_balancer_capacity().is_none());
    tls().await.unwrap();
    assert_eq!(code(reserve(2750).await), "InvalidConfigurationRequest", "beside TLS");
}

#[tokio::test(start_paused = true)]
async fn datagrams_go_with_both_families_where_there_are_prefixes_for_source_nat() {
    use aws_sdk_elasticloadbalancingv2::types::{EnablePrefixForIpv6SourceNatEnum as Prefix, ProtocolEnum};
    let scene = Scene::calm();
    let made = scene.ec2.create_vpc().cidr_block("10.40.0.0/16").amazon_provided_ipv6_cidr_block(true);
    let vpc = made.send().await.unwrap().vpc.unwrap();
    pass(60).await;
    let block = vpc.ipv6_cidr_block_association_set()[0].ipv6_cidr_block().unwrap().replace("00::/56", "00::/64");
    let made =
        scene.ec2.create_subnet().vpc_id(vpc.vpc_id().unwrap()).cidr_block("10.40.0.0/24").ipv6_cidr_block(block);
    let subnet = made.send().await.unwrap().subnet.unwrap().subnet_id.unwrap();
    let create = |kind: IpAddressType| {
        let call = scene.bare_balancer_call("front").subnets(&subnet).ip_address_type(kind);
        call.enable_prefix_for_ipv6_source_nat(Prefix::On).send()
    };
    assert_eq!(code(create(IpAddressType::Ipv4).await), "InvalidConfigurationRequest");
    let made = create(IpAddressType::Dualstack).await.unwrap();
    assert_eq!(made.load_balancers()[0].enable_prefix_for_ipv6_source_nat(), Some(&Prefix::On));
    let arn = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    let group = scene.group_call("dns").protocol(ProtocolEnum::Udp).vpc_id(vpc.vpc_id().unwrap()).send().await.unwrap();
    let group = group.target_groups()[0].target_group_arn().unwrap().to_owned();
    scene.listener_call(&arn, 53, &group).protocol(ProtocolEnum::Udp).send().await.unwrap();
    let set = || scene.elb.set_subnets().load_balancer_arn(&arn).subnets(&subnet);
    let refused = set().enable_prefix_for_ipv6_source_nat(Prefix::Off).send().await;
    assert_eq!(code(refused), "InvalidConfigurationRequest", "a listener needs them");
    let family =
        |kind: IpAddressType| scene.elb.set_ip_address_type().load_balancer_arn(&arn).ip_address_type(kind).send();
    family(IpAddressType::Ipv4).await.unwrap();
    assert_eq!(code(family(IpAddressType::Dualstack).await), "InvalidConfigurationRequest");
    let both = set().ip_address_type(IpAddressType::Dualstack).enable_prefix_for_ipv6_source_nat(Prefix::On);
    let changed = both.send().await.unwrap();
    assert_eq!(changed.enable_prefix_for_ipv6_source_nat(), Some(&Prefix::On));
    assert_eq!(changed.ip_address_type(), Some(&IpAddressType::Dualstack));
}

#[tokio::test(start_paused = true)]
async fn attributes_start_with_defaults_and_refuse_what_they_do_not_know() {
    let scene = Scene::calm();
    let arn = scene.balancer("orders").await;
    let seen = scene.elb.describe_load_balancer_attributes().load_balancer_arn(&arn).send().await.unwrap();
    let value = |key: &str| {
        let found = seen.attributes().iter().find(|attribute| attribute.key() == Some(key));
        found.and_then(|attribute| attribute.value()).unwrap_or("absent").to_owned()
    };
    assert_eq!(value("load_balancing.cross_zone.enabled"), "false");
    assert_eq!(value("deletion_protection.enabled"), "false");
    let modify = |key: &str, value: &str| {
        let attribute = LoadBalancerAttribute::builder().key(key).value(value).build();
        scene.elb.modify_load_balancer_attributes().load_balancer_arn(&arn).attributes(attribute).send()
    };
    assert_eq!(code(modify("routing.http2.enabled", "true").await), "InvalidConfigurationRequest");
    assert_eq!(code(modify("load_balancing.cross_zone.enabled", "maybe").await), "ValidationError");
    let changed = modify("load_balancing.cross_zone.enabled", "true").await.unwrap();
    assert!(
        changed
            .attributes()
            .iter()
            .any(|one| { one.key() == Some("load_balancing.cross_zone.enabled") && one.value() == Some("true") })
    );
}

#[tokio::test(start_paused = true)]
async fn tags_of_mixed_resources_change_together_or_not_at_all() {
    let scene = Scene::calm();
    let arn = scene.balancer("orders").await;
    let group = scene.group("orders").await;
    let listener = scene.listener(&arn, 443, &group).await;
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let all = vec![arn.clone(), group.clone(), listener];
    let add = |arns: Vec<String>, tags: Vec<Tag>| {
        scene.elb.add_tags().set_resource_arns(Some(arns)).set_tags(Some(tags)).send()
    };
    add(all.clone(), vec![tag("owner", "x"), tag("part", "y")]).await.unwrap();
    assert_eq!(code(add(all.clone(), vec![tag("k", "1"), tag("k", "2")]).await), "DuplicateTagKeys");
    let many: Vec<Tag> = (0..51).map(|number| tag(&format!("k{number}"), "v")).collect();
    assert_eq!(code(add(all.clone(), many).await), "TooManyTags");
    assert_eq!(code(add(all.clone(), vec![tag("aws:x", "v")]).await), "ValidationError");
    let unknown = vec![arn.clone(), group.replace("/orders/", "/nobody/")];
    assert_eq!(code(add(unknown, vec![tag("late", "1")]).await), "TargetGroupNotFound");
    scene.elb.remove_tags().set_resource_arns(Some(all.clone())).tag_keys("part").send().await.unwrap();
    let seen = scene.elb.describe_tags().set_resource_arns(Some(all)).send().await.unwrap();
    assert_eq!(seen.tag_descriptions().len(), 3);
    for description in seen.tag_descriptions() {
        assert_eq!(description.tags().len(), 1, "{description:?}");
        assert_eq!(description.tags()[0].key(), Some("owner"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_fixed_address_moves_only_with_its_zone() {
    use aws_sdk_elasticloadbalancingv2::types::SubnetMapping;
    let scene = Scene::calm();
    let mapping = |number: usize, address: Option<&str>| {
        SubnetMapping::builder()
            .subnet_id(scene.subnet(number))
            .set_private_ipv4_address(address.map(str::to_owned))
            .build()
    };
    let call = scene.bare_balancer_call("front").subnet_mappings(mapping(0, Some("10.10.1.40")));
    let made = call.send().await.unwrap();
    let arn = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    pass(601).await;
    let set = |mappings: Vec<SubnetMapping>| {
        scene.elb.set_subnets().load_balancer_arn(&arn).set_subnet_mappings(Some(mappings)).send()
    };
    assert_eq!(code(set(vec![mapping(0, Some("10.10.1.41"))]).await), "InvalidConfigurationRequest");
    set(vec![mapping(0, Some("10.10.1.40")), mapping(1, Some("10.10.2.40"))]).await.unwrap();
}
