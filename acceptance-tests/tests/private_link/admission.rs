//! Who may make an endpoint, and where: rules 22 to 28, 31 to 33, 46.

use aws_sdk_ec2::types::{
    DnsOptionsSpecification, DnsRecordIpType, IpAddressType, ResourceType, SubnetConfiguration, Tag, TagSpecification,
    VpcEndpointType,
};

use super::land::{CONSUMER, Land, code, refused};

const POLICY: &str = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}"#;

async fn subnet(land: &Land, zone: &str, cidr: &str) -> String {
    let call = land.consumer.create_subnet().vpc_id(&land.vpc).availability_zone_id(zone).cidr_block(cidr);
    call.send().await.unwrap().subnet.unwrap().subnet_id.unwrap()
}

async fn group(land: &Land, client: &aws_sdk_ec2::Client, vpc: &str, name: &str) -> String {
    let made = client.create_security_group().vpc_id(vpc).group_name(name).description(name).send().await.unwrap();
    land.pass(31).await;
    made.group_id.unwrap()
}

#[tokio::test(start_paused = true)]
pub(crate) async fn an_unknown_service_and_another_region_look_the_same() {
    let land = Land::calm();
    let mut service = land.service(true).await;
    let known = service.name.clone();
    service.name = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0".to_owned();
    assert_eq!(code(land.new_endpoint(&service).send().await), "InvalidServiceName");
    service.name = known;
    let ireland = land.ec2_in(CONSUMER, "eu-west-1");
    let vpc = ireland.create_vpc().cidr_block("10.9.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    let create = || {
        let call = ireland.create_vpc_endpoint().vpc_endpoint_type(VpcEndpointType::Interface).vpc_id(&vpc);
        call.service_name(&service.name).private_dns_enabled(false)
    };
    assert_eq!(code(create().send().await), "InvalidServiceName");
    assert_eq!(code(create().service_region("us-east-1").send().await), "InvalidServiceName");
    let call = land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    call.add_supported_regions("eu-west-1").send().await.unwrap();
    assert_eq!(code(create().service_region("us-east-1").send().await), "InvalidServiceName");
    land.pass(301).await;
    assert_eq!(code(create().send().await), "InvalidServiceName");
    land.world.lock().settings.readings.multi_region_allowed = false;
    assert_eq!(code(create().service_region("us-east-1").send().await), "UnauthorizedOperation");
    land.world.lock().settings.readings.multi_region_allowed = true;
    let made = create().service_region("us-east-1").send().await.unwrap().vpc_endpoint.unwrap();
    assert_eq!(made.service_region(), Some("us-east-1"));
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_fresh_service_says_available_and_refuses_endpoints() {
    let land = Land::calm();
    let arn = land.load_balancer("front", 3).await;
    let call = land.provider.create_vpc_endpoint_service_configuration().network_load_balancer_arns(&arn);
    let made = call.send().await.unwrap().service_configuration.unwrap();
    assert_eq!(made.service_state.unwrap().as_str(), "Available");
    let service =
        super::land::Service { id: made.service_id.unwrap(), name: made.service_name.unwrap(), load_balancer: arn };
    land.permit(&service.id, "*").await;
    land.force("endpoint_service", &service.id, &serde_json::json!({"usable": false}));
    land.pass(61).await;
    let (code, message) = refused(land.new_endpoint(&service).send().await);
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("Unavailable", "The service is unavailable. Please try again shortly.")
    );
    land.force("endpoint_service", &service.id, &serde_json::json!({"usable": true}));
    land.new_endpoint(&service).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_settling_of_a_service_takes_time_of_its_own() {
    let land = Land::calm();
    let arn = land.load_balancer("front", 3).await;
    let call = land.provider.create_vpc_endpoint_service_configuration().network_load_balancer_arns(&arn);
    let id = call.send().await.unwrap().service_configuration.unwrap().service_id.unwrap();
    let made_at = land.world.now();
    let state = land.world.lock();
    let service = acceptance_tests::simulator::ec2::privatelink::find::service(&state, &id).unwrap();
    let settling = service.usable_at.since(made_at).as_secs();
    assert!((20..=240).contains(&settling), "{settling}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn zones_are_compared_by_id_not_by_name() {
    let land = Land::calm();
    let service = land.service(true).await;
    let outside = subnet(&land, "use1-az6", "10.20.60.0/24").await;
    let (code, message) = refused(land.new_endpoint(&service).subnet_ids(&outside).send().await);
    assert_eq!(code, "InvalidParameter");
    assert_eq!(
        message,
        format!(
            "The VPC endpoint service {} does not support the availability zone of the subnet: {outside}.",
            service.name
        )
    );
    land.new_endpoint(&service).set_subnet_ids(Some(land.subnets.clone())).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn an_endpoint_has_one_subnet_per_zone() {
    let land = Land::calm();
    let service = land.service(false).await;
    let same_zone = subnet(&land, "use1-az1", "10.20.60.0/24").await;
    let both = land.new_endpoint(&service).subnet_ids(&land.subnets[0]).subnet_ids(&same_zone).send().await;
    assert_eq!(code(both), "DuplicateSubnetsInSameZone");
    let endpoint = land.endpoint(&service).await;
    let modify = || land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&endpoint).add_subnet_ids(&same_zone);
    assert_eq!(code(modify().send().await), "DuplicateSubnetsInSameZone");
    modify().remove_subnet_ids(&land.subnets[0]).send().await.unwrap();
    assert!(land.described(&endpoint).await.subnet_ids().contains(&same_zone));
}

#[tokio::test(start_paused = true)]
pub(crate) async fn subnets_and_groups_must_exist_and_be_of_the_vpc() {
    let land = Land::calm();
    let service = land.service(true).await;
    let create = || land.new_endpoint(&service);
    assert_eq!(code(create().subnet_ids("subnet-x").send().await), "InvalidSubnetId.Malformed");
    assert_eq!(code(create().subnet_ids("subnet-0123456789abcdef0").send().await), "InvalidSubnetID.NotFound");
    assert_eq!(code(create().vpc_id("vpc-0123456789abcdef0").send().await), "InvalidVpcId.NotFound");
    let other_vpc =
        land.consumer.create_vpc().cidr_block("10.9.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    assert_eq!(code(create().vpc_id(&other_vpc).subnet_ids(&land.subnets[0]).send().await), "InvalidParameter");
    let foreign = group(&land, &land.consumer, &other_vpc, "foreign").await;
    assert_eq!(code(create().security_group_ids(&foreign).send().await), "InvalidParameter");
    assert_eq!(code(create().security_group_ids("sg-0123456789abcdef0").send().await), "InvalidGroup.NotFound");
    let mut many = Vec::new();
    for number in 0..6 {
        many.push(group(&land, &land.consumer, &land.vpc, &format!("many-{number}")).await);
    }
    let too_many = create().set_security_group_ids(Some(many)).send().await;
    assert_eq!(code(too_many), "SecurityGroupsPerInterfaceLimitExceeded");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn an_endpoint_without_groups_gets_the_default_group() {
    let land = Land::calm();
    let service = land.service(true).await;
    let endpoint = land.endpoint(&service).await;
    assert_eq!(land.described(&endpoint).await.groups()[0].group_name(), Some("default"));
}

#[tokio::test(start_paused = true)]
async fn a_full_subnet_takes_no_interface_and_leaves_nothing_behind() {
    let land = Land::calm();
    let service = land.service(true).await;
    let full = subnet(&land, "use1-az2", "10.20.60.0/28").await;
    for _ in 0..11 {
        land.new_endpoint(&service).subnet_ids(&full).send().await.unwrap();
    }
    let before = land.world.lock().objects(land.world.now()).len();
    let call = land.new_endpoint(&service).subnet_ids(&land.subnets[0]).subnet_ids(&full);
    assert_eq!(code(call.send().await), "InsufficientFreeAddressesInSubnet");
    assert_eq!(land.world.lock().objects(land.world.now()).len(), before);
}

#[tokio::test(start_paused = true)]
async fn addresses_can_be_pinned_within_the_subnet() {
    let land = Land::calm();
    let service = land.service(false).await;
    let create = |address: &str, subnet: &str| {
        let pinned = SubnetConfiguration::builder().subnet_id(subnet).ipv4(address).build();
        land.new_endpoint(&service).subnet_ids(&land.subnets[0]).subnet_configurations(pinned).send()
    };
    let own = land.subnets[0].as_str();
    assert_eq!(code(create("10.20.1.3", own).await), "InvalidParameterValue");
    assert_eq!(code(create("10.20.2.9", own).await), "InvalidParameterValue");
    assert_eq!(code(create("10.20.1.9", &land.subnets[1]).await), "InvalidParameter");
    let made = create("10.20.1.9", own).await.unwrap().vpc_endpoint.unwrap();
    assert_eq!(code(create("10.20.1.9", own).await), "InvalidIPAddress.InUse");
    land.pass(601).await;
    let id = made.vpc_endpoint_id.unwrap();
    let interface = land.described(&id).await.network_interface_ids()[0].clone();
    let address = async |interface: &str| {
        let call = land.consumer.describe_network_interfaces().network_interface_ids(interface);
        call.send().await.unwrap().network_interfaces()[0].private_ip_address().unwrap().to_owned()
    };
    assert_eq!(address(&interface).await, "10.20.1.9");
    let pinned = SubnetConfiguration::builder().subnet_id(own).ipv4("10.20.1.77").build();
    land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&id).subnet_configurations(pinned).send().await.unwrap();
    land.pass(301).await;
    let moved = land.described(&id).await.network_interface_ids()[0].clone();
    assert_ne!(moved, interface);
    assert_eq!(address(&moved).await, "10.20.1.77");
}

#[tokio::test(start_paused = true)]
async fn ipv6_addresses_can_be_pinned_where_subnet_and_endpoint_have_that_family() {
    let land = Land::calm();
    let call = land.consumer.create_vpc().cidr_block("10.40.0.0/16").amazon_provided_ipv6_cidr_block(true);
    let vpc = call.send().await.unwrap().vpc.unwrap();
    let block = vpc.ipv6_cidr_block_association_set()[0].ipv6_cidr_block().unwrap().replace("/56", "");
    let vpc = vpc.vpc_id.unwrap();
    let call = land.consumer.create_subnet().vpc_id(&vpc).cidr_block("10.40.0.0/24");
    let call = call.ipv6_cidr_block(format!("{block}/64")).availability_zone_id("use1-az1");
    let subnet = call.send().await.unwrap().subnet.unwrap().subnet_id.unwrap();
    let create = |kind: IpAddressType, address: &str| {
        let pinned = SubnetConfiguration::builder().subnet_id(&subnet).ipv6(address).build();
        let call = land.consumer.create_vpc_endpoint().vpc_id(&vpc).vpc_endpoint_type(VpcEndpointType::Interface);
        let call = call.service_name("com.amazonaws.us-east-1.sqs").ip_address_type(kind).subnet_ids(&subnet);
        call.subnet_configurations(pinned).private_dns_enabled(false).send()
    };
    let own = format!("{block}77");
    assert_eq!(code(create(IpAddressType::Ipv4, &own).await), "InvalidParameter");
    assert_eq!(code(create(IpAddressType::Dualstack, "2001:db8::7").await), "InvalidParameterValue");
    let made = create(IpAddressType::Dualstack, &own).await.unwrap().vpc_endpoint.unwrap();
    assert_eq!(code(create(IpAddressType::Ipv6, &own).await), "InvalidIPAddress.InUse");
    land.pass(601).await;
    let interface = land.described(&made.vpc_endpoint_id.unwrap()).await.network_interface_ids()[0].clone();
    let call = land.consumer.describe_network_interfaces().network_interface_ids(interface);
    let found = call.send().await.unwrap();
    assert_eq!(found.network_interfaces()[0].ipv6_addresses()[0].ipv6_address(), Some(own.as_str()));
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_vpc_has_a_quota_of_endpoints_that_rejected_ones_fill_too() {
    let land = Land::calm();
    land.world.lock().settings.readings.endpoints_per_vpc = 1;
    let service = land.service(true).await;
    let endpoint = land.endpoint(&service).await;
    land.reject(&service, &endpoint).await;
    land.pass(31).await;
    assert_eq!(code(land.new_endpoint(&service).send().await), "VpcEndpointLimitExceeded");
    land.delete_endpoint(&endpoint).await;
    land.pass(901).await;
    land.new_endpoint(&service).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn the_type_is_gateway_when_nobody_says_so() {
    let land = Land::calm();
    let service = land.service(true).await;
    let create = || land.consumer.create_vpc_endpoint().vpc_id(&land.vpc);
    let (code, message) = refused(create().service_name(&service.name).send().await);
    assert_eq!(code, "InvalidParameter");
    assert_eq!(message, "Endpoint type (Gateway) does not match available service types ([Interface]).");
    let odd = create().service_name(&service.name).vpc_endpoint_type(VpcEndpointType::from("Portal")).send().await;
    assert_eq!(super::land::code(odd), "InvalidVpcEndpointType");
    let storage = create().service_name("com.amazonaws.us-east-1.s3").send().await.unwrap().vpc_endpoint.unwrap();
    assert_eq!(storage.vpc_endpoint_type, Some(VpcEndpointType::Gateway));
    assert_eq!(storage.state.unwrap().as_str(), "available");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_policy_on_a_customers_service_is_refused_or_ignored() {
    let land = Land::calm();
    let service = land.service(false).await;
    let create = |policy: &str| land.new_endpoint(&service).policy_document(policy).send();
    assert_eq!(code(create(POLICY).await), "InvalidPolicyDocument");
    land.world.lock().settings.readings.endpoint_policy_is_refused = false;
    assert_eq!(code(create("{}").await), "InvalidPolicyDocument");
    let made = create(POLICY).await.unwrap().vpc_endpoint.unwrap();
    assert_ne!(made.policy_document(), Some(POLICY));
    land.world.lock().settings.readings.endpoint_policy_is_refused = true;
    let full = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
    create(full).await.unwrap();
    let (_, message) = refused(create(POLICY).await);
    assert_eq!(message, format!("Service {} only supports the full-access endpoint policy.", service.name));
}

#[tokio::test(start_paused = true)]
async fn a_service_of_aws_takes_a_policy_and_its_private_name_without_proof() {
    let land = Land::calm();
    let call = land.consumer.create_vpc_endpoint().vpc_id(&land.vpc).vpc_endpoint_type(VpcEndpointType::Interface);
    let call = call.service_name("com.amazonaws.us-east-1.sqs").subnet_ids(&land.subnets[0]);
    let made = call.clone().policy_document(POLICY).send().await.unwrap().vpc_endpoint.unwrap();
    assert_eq!((made.policy_document(), made.private_dns_enabled()), (Some(POLICY), Some(true)));
    let id = made.vpc_endpoint_id.unwrap();
    land.pass(901).await;
    let names: Vec<_> =
        land.described(&id).await.dns_entries().iter().map(|e| e.dns_name().unwrap().to_owned()).collect();
    assert_eq!(names.last().unwrap(), "sqs.us-east-1.amazonaws.com");
    assert_eq!(code(call.send().await), "InvalidParameter", "the name is taken in this VPC");
    let reset = land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&id).reset_policy(true).send().await;
    reset.unwrap();
    assert_ne!(land.described(&id).await.policy_document(), Some(POLICY));
}

#[tokio::test(start_paused = true)]
pub(crate) async fn address_families_fit_service_subnets_and_records() {
    let land = Land::calm();
    let service = land.service(true).await;
    let create = || land.new_endpoint(&service).subnet_ids(&land.subnets[0]);
    assert_eq!(code(create().ip_address_type(IpAddressType::Dualstack).send().await), "InvalidParameter");
    let records = |kind: DnsRecordIpType| DnsOptionsSpecification::builder().dns_record_ip_type(kind).build();
    assert_eq!(code(create().dns_options(records(DnsRecordIpType::Ipv6)).send().await), "InvalidParameter");
    let inbound = DnsOptionsSpecification::builder().private_dns_only_for_inbound_resolver_endpoint(true).build();
    assert_eq!(code(create().dns_options(inbound).send().await), "InvalidParameter");
    let made = create().dns_options(records(DnsRecordIpType::Ipv4)).send().await.unwrap().vpc_endpoint.unwrap();
    assert_eq!(made.dns_options.unwrap().dns_record_ip_type, Some(DnsRecordIpType::Ipv4));
    let sqs = land.consumer.create_vpc_endpoint().vpc_id(&land.vpc).vpc_endpoint_type(VpcEndpointType::Interface);
    let sqs = sqs.service_name("com.amazonaws.us-east-1.sqs").subnet_ids(&land.subnets[0]);
    let single_stack_subnet = sqs.ip_address_type(IpAddressType::Dualstack).send().await;
    assert_eq!(code(single_stack_subnet), "InvalidParameter");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn the_same_token_gives_the_same_endpoint_even_after_its_deletion() {
    let land = Land::calm();
    let service = land.service(true).await;
    let create = |subnet: &str| land.new_endpoint(&service).subnet_ids(subnet).client_token("one").send();
    let first = create(&land.subnets[0]).await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    assert_eq!(code(create(&land.subnets[1]).await), "IdempotentParameterMismatch");
    land.delete_endpoint(&first).await;
    land.pass(1000).await;
    let again = create(&land.subnets[0]).await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    assert_eq!(first, again);
}

#[tokio::test(start_paused = true)]
async fn tags_of_an_endpoint_need_its_own_resource_type() {
    let land = Land::calm();
    let service = land.service(true).await;
    let create = |kind: &str| {
        let tag = Tag::builder().key("name").value("x").build();
        let tags = TagSpecification::builder().resource_type(ResourceType::from(kind)).tags(tag).build();
        land.new_endpoint(&service).tag_specifications(tags).send()
    };
    assert_eq!(code(create("vpc-endpoint-service").await), "InvalidParameterValue");
    let made = create("vpc-endpoint").await.unwrap().vpc_endpoint.unwrap();
    assert_eq!(made.tags()[0].value(), Some("x"));
}

#[tokio::test(start_paused = true)]
async fn a_group_serves_a_further_vpc_from_its_association_to_its_end() {
    let land = Land::calm();
    let service = land.service(false).await;
    let vpc = land.consumer.create_vpc().cidr_block("10.77.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    let far = group(&land, &land.consumer, &vpc, "far").await;
    let create = || land.new_endpoint(&service).subnet_ids(&land.subnets[0]).security_group_ids(&far).send();
    assert_eq!(code(create().await), "InvalidParameter");
    let associate = |group: &str| land.consumer.associate_security_group_vpc().group_id(group).vpc_id(&land.vpc).send();
    assert_eq!(code(associate(&land.application_group).await), "InvalidParameterValue");
    let word = associate(&far).await.unwrap().state.unwrap();
    assert_eq!(word.as_str(), "associating");
    let delete = || land.consumer.delete_security_group().group_id(&far).send();
    assert_eq!(code(delete().await), "DependencyViolation");
    land.pass(31).await;
    let seen = land.consumer.describe_security_group_vpc_associations().send().await.unwrap();
    let seen = &seen.security_group_vpc_associations()[0];
    assert_eq!((seen.group_id(), seen.vpc_id()), (Some(far.as_str()), Some(land.vpc.as_str())));
    assert_eq!(seen.state().unwrap().as_str(), "associated");
    let endpoint = create().await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    land.pass(600).await;
    let end = || land.consumer.disassociate_security_group_vpc().group_id(&far).vpc_id(&land.vpc).send();
    assert_eq!(code(end().await), "DependencyViolation");
    land.consumer.delete_vpc_endpoints().vpc_endpoint_ids(endpoint).send().await.unwrap();
    land.pass(1200).await;
    assert_eq!(end().await.unwrap().state.unwrap().as_str(), "disassociating");
    land.pass(31).await;
    assert_eq!(code(end().await), "InvalidParameterValue");
    delete().await.unwrap();
}
