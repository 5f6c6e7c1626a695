//! Endpoint services: rules 1 to 4, 12, 13, 17, 34, 35, 40 to 45.

use aws_sdk_ec2::types::{DnsNameState, PayerResponsibility, ResourceType, ServiceState, Tag, TagSpecification};

use super::land::{CONSUMER, Land, PROVIDER, code, item_codes, refused};

#[tokio::test(start_paused = true)]
pub(crate) async fn a_service_needs_exactly_one_kind_of_load_balancer() {
    let land = Land::calm();
    let (code, message) = refused(land.provider.create_vpc_endpoint_service_configuration().send().await);
    assert_eq!(code, "InvalidParameter");
    assert!(message.contains("exactly one of network_load_balancer_arn or gateway_load_balancer_arn"), "{message}");
    let call = land.provider.create_vpc_endpoint_service_configuration().network_load_balancer_arns("a");
    let both = call.gateway_load_balancer_arns("b").send().await;
    assert_eq!(super::land::code(both), "InvalidParameter");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_service_needs_a_network_load_balancer_that_exists_and_is_active() {
    let land = Land::calm();
    let arn = land.new_load_balancer("front", 1, &[]).await;
    let create =
        |arn: &str| land.provider.create_vpc_endpoint_service_configuration().network_load_balancer_arns(arn).send();
    assert_eq!(code(create(&arn).await), "InvalidParameter");
    let absent = arn.replace("front", "other");
    assert_eq!(code(create(&absent).await), "InvalidNetworkLoadBalancerArn.NotFound");
    let application = arn.replace("/net/", "/app/");
    assert_eq!(code(create(&application).await), "InvalidNetworkLoadBalancerArn.Malformed");
    land.pass(601).await;
    create(&arn).await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_load_balancer_belongs_to_one_service() {
    let land = Land::calm();
    let service = land.service(true).await;
    let call = land.provider.create_vpc_endpoint_service_configuration();
    let (code, message) = refused(call.network_load_balancer_arns(&service.load_balancer).send().await);
    assert_eq!(code, "InvalidParameter");
    assert!(message.contains("already associated with another VPC Endpoint Service Configuration"), "{message}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn acceptance_is_required_unless_switched_off_and_only_later_connections_notice() {
    let land = Land::calm();
    let arn = land.load_balancer("front", 3).await;
    let call = land.provider.create_vpc_endpoint_service_configuration().network_load_balancer_arns(&arn);
    let made = call.send().await.unwrap().service_configuration.unwrap();
    assert_eq!(made.acceptance_required, Some(true));
    let id = made.service_id.unwrap();
    land.permit(&id, "*").await;
    land.pass(300).await;
    let service = super::land::Service { name: made.service_name.unwrap(), load_balancer: arn, id };
    let before = land.endpoint(&service).await;
    let call = land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    call.acceptance_required(false).send().await.unwrap();
    let after = land.endpoint(&service).await;
    assert_eq!((land.state(&before).await, land.state(&after).await), ("pendingAcceptance".into(), "available".into()));
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_bound_load_balancer_cannot_be_deleted_until_its_service_is_deleted() {
    let land = Land::calm();
    let service = land.service(true).await;
    let delete = || land.elb.delete_load_balancer().load_balancer_arn(&service.load_balancer).send();
    assert_eq!(code(delete().await), "ResourceInUse");
    assert!(land.delete_service(&service.id).await.is_empty());
    assert_eq!(land.configuration(&service.id).await.service_state, Some(ServiceState::Deleting));
    assert_eq!(code(delete().await), "ResourceInUse");
    land.pass(91).await;
    delete().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_service_with_connections_cannot_be_deleted_although_the_call_succeeds() {
    let land = Land::calm();
    let service = land.service(true).await;
    let endpoint = land.endpoint(&service).await;
    assert_eq!(item_codes(&land.delete_service(&service.id).await), ["ExistingVpcEndpointConnections"]);
    land.accept(&service, &endpoint).await;
    assert_eq!(item_codes(&land.delete_service(&service.id).await), ["ExistingVpcEndpointConnections"]);
    land.pass(151).await;
    assert_eq!(item_codes(&land.delete_service(&service.id).await), ["ExistingVpcEndpointConnections"]);
    land.reject(&service, &endpoint).await;
    assert!(land.delete_service(&service.id).await.is_empty());
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_deleted_service_is_listed_for_a_while_and_deleting_it_again_is_an_item_not_found() {
    let land = Land::calm();
    let service = land.service(true).await;
    land.delete_service(&service.id).await;
    assert_eq!(item_codes(&land.delete_service(&service.id).await), ["InvalidVpcEndpointService.NotFound"]);
    land.pass(91).await;
    assert_eq!(land.configuration(&service.id).await.service_state, Some(ServiceState::Deleted));
    land.pass(601).await;
    let describe = || land.provider.describe_vpc_endpoint_service_configurations();
    let gone = describe().service_ids(&service.id).send().await;
    assert_eq!(code(gone), "InvalidVpcEndpointServiceId.NotFound");
    let malformed = describe().service_ids("vpce-svc-x").send().await;
    assert_eq!(code(malformed), "InvalidVpcEndpointServiceIdId.Malformed");
    let modify = land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id).send().await;
    assert_eq!(code(modify), "InvalidVpcEndpointServiceId.NotFound");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_load_balancer_leaves_a_service_only_without_connections_and_never_as_the_last() {
    let land = Land::calm();
    let service = land.service(false).await;
    let second = land.load_balancer("second", 3).await;
    let modify = || land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    let last = modify().remove_network_load_balancer_arns(&service.load_balancer).send().await;
    assert_eq!(code(last), "InvalidParameter");
    modify().add_network_load_balancer_arns(&second).send().await.unwrap();
    modify().add_network_load_balancer_arns(&second).send().await.unwrap();
    let endpoint = land.endpoint(&service).await;
    let held = modify().remove_network_load_balancer_arns(&service.load_balancer).send().await;
    assert_eq!(code(held), "ExistingVpcEndpointConnections");
    land.reject(&service, &endpoint).await;
    modify().remove_network_load_balancer_arns(&service.load_balancer).send().await.unwrap();
    assert_eq!(land.configuration(&service.id).await.network_load_balancer_arns(), [second]);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_new_zone_of_the_load_balancer_is_unseen_until_it_is_ready_and_the_service_refreshed() {
    let land = Land::calm();
    let arn = land.load_balancer("front", 1).await;
    let service = land.service_of(arn.clone(), true).await;
    let zones = async || land.configuration(&service.id).await.availability_zone_ids().to_vec();
    let refresh = || land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    assert_eq!(zones().await, ["use1-az1"]);
    land.elb
        .set_subnets()
        .load_balancer_arn(&arn)
        .set_subnets(Some(land.provider_subnets[..2].to_vec()))
        .send()
        .await
        .unwrap();
    refresh().send().await.unwrap();
    assert_eq!(zones().await, ["use1-az1"]);
    land.pass(301).await;
    refresh().acceptance_required(true).send().await.unwrap();
    assert_eq!(zones().await, ["use1-az1"], "only a call with nothing but the id refreshes");
    refresh().send().await.unwrap();
    assert_eq!(zones().await, ["use1-az1", "use1-az2"]);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn an_empty_private_name_does_not_clear_and_only_the_flag_removes() {
    let land = Land::calm();
    let service = land.service(true).await;
    let modify = || land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    modify().private_dns_name("api.example.dev").send().await.unwrap();
    assert_eq!(code(modify().private_dns_name("").send().await), "InvalidParameter");
    land.world.lock().settings.readings.empty_private_name_is_an_error = false;
    modify().private_dns_name("").send().await.unwrap();
    assert_eq!(land.configuration(&service.id).await.private_dns_name(), Some("api.example.dev"));
    let both = modify().private_dns_name("x.example.dev").remove_private_dns_name(true).send().await;
    assert_eq!(code(both), "InvalidParameterCombination");
    modify().remove_private_dns_name(true).send().await.unwrap();
    let read = land.configuration(&service.id).await;
    assert_eq!(read.private_dns_name(), None);
    // The element is there and empty: SDKs make an empty structure of it.
    assert_eq!(read.private_dns_name_configuration.unwrap().state, None);
}

#[tokio::test(start_paused = true)]
async fn a_private_name_in_use_is_held_by_its_endpoints() {
    let land = Land::calm();
    let service = land.service(false).await;
    land.verified_name(&service, "api.example.dev").await;
    let endpoint = land.new_endpoint(&service).private_dns_enabled(true).subnet_ids(&land.subnets[0]);
    endpoint.send().await.unwrap();
    let remove = || {
        let call = land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
        call.remove_private_dns_name(true).send()
    };
    assert_eq!(code(remove().await), "InvalidParameter");
    land.world.lock().settings.readings.private_name_held_by_endpoints = false;
    remove().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_new_private_name_brings_a_new_pair_that_waits_for_its_proof() {
    let land = Land::calm();
    let service = land.service(true).await;
    land.verified_name(&service, "api.example.dev").await;
    let first = land.configuration(&service.id).await.private_dns_name_configuration.unwrap();
    assert_eq!(first.state, Some(DnsNameState::Verified));
    let modify = || land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    modify().private_dns_name("api.example.dev").send().await.unwrap();
    assert_eq!(land.configuration(&service.id).await.private_dns_name_configuration, Some(first.clone()));
    modify().private_dns_name("other.example.dev").send().await.unwrap();
    let second = land.configuration(&service.id).await.private_dns_name_configuration.unwrap();
    assert_eq!(second.state, Some(DnsNameState::PendingVerification));
    assert_ne!((first.name(), first.value()), (second.name(), second.value()));
    assert!(second.name().unwrap().starts_with('_') && second.value().unwrap().starts_with("vpce:"));
    assert_eq!(code(modify().private_dns_name("Upper.example.dev").send().await), "InvalidParameter");
}

#[tokio::test(start_paused = true)]
async fn right_after_a_change_of_name_the_old_pair_may_still_be_shown() {
    let land = Land::calm();
    let service = land.service(true).await;
    land.world.lock().settings.lag = true;
    let call = land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    call.private_dns_name("api.example.dev").send().await.unwrap();
    assert_eq!(land.configuration(&service.id).await.private_dns_name(), None);
    land.pass(11).await;
    assert_eq!(land.configuration(&service.id).await.private_dns_name(), Some("api.example.dev"));
}

#[tokio::test(start_paused = true)]
pub(crate) async fn regions_come_slowly_and_closed_ones_stay_listed() {
    let land = Land::calm();
    let service = land.service(true).await;
    let modify = || land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    let listed = async || {
        let read = land.configuration(&service.id).await;
        let one = |region: &aws_sdk_ec2::types::SupportedRegionDetail| {
            format!("{} {}", region.region().unwrap(), region.service_state().unwrap())
        };
        // The own Region is always there.
        let others = read.supported_regions().iter().filter(|region| region.region() != Some("us-east-1"));
        others.map(one).collect::<Vec<_>>()
    };
    modify().add_supported_regions("eu-west-1").send().await.unwrap();
    assert_eq!(listed().await, ["eu-west-1 Pending"]);
    land.pass(301).await;
    assert_eq!(listed().await, ["eu-west-1 Available"]);
    assert_eq!(land.configuration(&service.id).await.remote_access_enabled(), Some(true));
    modify().remove_supported_regions("eu-west-1").send().await.unwrap();
    assert_eq!(listed().await, ["eu-west-1 Deleting"]);
    land.pass(301).await;
    assert_eq!(listed().await, ["eu-west-1 Closed"]);
    for region in ["eu-west-1", "us-east-1"] {
        let (code, message) = refused(modify().remove_supported_regions(region).send().await);
        assert_eq!(code, "InvalidParameter");
        assert!(message.starts_with(&format!("Cannot remove region {region}")), "{message}");
    }
    let closed_opt_in = modify().add_supported_regions("af-south-1").send().await;
    assert_eq!(code(closed_opt_in), "InvalidParameter");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn regions_need_a_permission_of_their_own() {
    let land = Land::calm();
    let service = land.service(true).await;
    land.world.lock().settings.readings.multi_region_allowed = false;
    let call = land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    let (code, message) = refused(call.add_supported_regions("eu-west-1").send().await);
    assert_eq!(code, "UnauthorizedOperation");
    assert!(message.contains("vpce:AllowMultiRegion"), "{message}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn the_owner_can_take_over_the_costs_and_never_give_them_back() {
    let land = Land::calm();
    let service = land.service(true).await;
    let pay = |payer: PayerResponsibility| {
        let call = land.provider.modify_vpc_endpoint_service_payer_responsibility().service_id(&service.id);
        call.payer_responsibility(payer).send()
    };
    assert_eq!(land.configuration(&service.id).await.payer_responsibility, None);
    pay(PayerResponsibility::ServiceOwner).await.unwrap();
    pay(PayerResponsibility::ServiceOwner).await.unwrap();
    assert_eq!(land.configuration(&service.id).await.payer_responsibility, Some(PayerResponsibility::ServiceOwner));
    assert_eq!(code(pay(PayerResponsibility::from("EndpointOwner")).await), "InvalidParameter");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn tags_of_a_service_need_its_own_resource_type() {
    let land = Land::calm();
    let arn = land.load_balancer("front", 1).await;
    let create = |kind: &str| {
        let tag = Tag::builder().key("name").value("x").build();
        let tags = TagSpecification::builder().resource_type(ResourceType::from(kind)).tags(tag).build();
        let call = land.provider.create_vpc_endpoint_service_configuration().network_load_balancer_arns(&arn);
        call.tag_specifications(tags).send()
    };
    assert_eq!(code(create("vpc-endpoint-service-configuration").await), "InvalidParameterValue");
    let made = create("vpc-endpoint-service").await.unwrap().service_configuration.unwrap();
    assert_eq!(made.tags()[0].key(), Some("name"));
    let read = land.configuration(made.service_id().unwrap()).await;
    assert_eq!(read.tags(), made.tags());
}

#[tokio::test(start_paused = true)]
async fn a_dualstack_service_needs_dualstack_load_balancers() {
    let land = Land::calm();
    let service = land.service(true).await;
    let modify = || land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    assert_eq!(code(modify().add_supported_ip_address_types("ipv6").send().await), "InvalidParameter");
    assert_eq!(code(modify().remove_supported_ip_address_types("ipv4").send().await), "InvalidParameter");
    assert_eq!(code(modify().add_supported_ip_address_types("ipx").send().await), "InvalidParameter");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn the_same_token_gives_the_same_service() {
    let land = Land::calm();
    let arn = land.load_balancer("front", 1).await;
    let create = |required: bool| {
        let call = land.provider.create_vpc_endpoint_service_configuration().network_load_balancer_arns(&arn);
        call.client_token("one").acceptance_required(required).send()
    };
    let first = create(true).await.unwrap().service_configuration.unwrap().service_id;
    let again = create(true).await.unwrap().service_configuration.unwrap().service_id;
    assert_eq!(first, again);
    assert_eq!(code(create(false).await), "IdempotentParameterMismatch");
}

#[tokio::test(start_paused = true)]
async fn consumers_see_a_service_only_when_admitted_and_in_their_own_zone_names() {
    let land = Land::calm();
    let service = land.service(true).await;
    let stranger = land.ec2_in("333333333333", "us-east-1");
    let lookup =
        |client: &aws_sdk_ec2::Client| client.describe_vpc_endpoint_services().service_names(&service.name).send();
    let (code, message) = refused(lookup(&stranger).await);
    assert_eq!(
        (code.as_str(), message),
        ("InvalidServiceName", format!("The Vpc Endpoint Service '{}' does not exist", service.name))
    );
    // Its owner's account needs no permission.
    assert_eq!(lookup(&land.provider).await.unwrap().service_names().len(), 1);
    let seen = lookup(&land.consumer).await.unwrap();
    assert_eq!(seen.service_names(), std::slice::from_ref(&service.name));
    let detail = &seen.service_details()[0];
    assert_eq!((detail.owner(), detail.vpc_endpoint_policy_supported()), (Some(PROVIDER), Some(false)));
    let mut ids = detail.availability_zone_ids().to_vec();
    ids.sort();
    assert_eq!(ids, ["use1-az1", "use1-az2", "use1-az4"]);
    let own = land.configuration(&service.id).await;
    assert_ne!(own.availability_zones(), detail.availability_zones(), "zone names mean different zones in {CONSUMER}");
    let call = land.consumer.describe_vpc_endpoint_services().service_names(&service.name);
    let one_bad = call.service_names("com.amazonaws.us-east-1.nothing").send().await;
    assert_eq!(super::land::code(one_bad), "InvalidServiceName");
    let sqs = land.consumer.describe_vpc_endpoint_services().service_names("com.amazonaws.us-east-1.sqs").send().await;
    assert_eq!(sqs.unwrap().service_details()[0].vpc_endpoint_policy_supported(), Some(true));
}
