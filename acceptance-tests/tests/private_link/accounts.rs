//! Who sees what of the other account and the other Region, and who may do what.

use aws_sdk_ec2::types::{Filter, VpcEndpointType};
use aws_sdk_elasticloadbalancingv2::types::ListenerAttribute;
use serde_json::json;

use super::land::{CONSUMER, Land, PROVIDER, code, item_codes};

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

#[tokio::test(start_paused = true)]
async fn each_side_sees_its_own_and_of_the_other_what_a_connection_tells() {
    let land = Land::calm();
    let service = land.service(true).await;
    land.verified_name(&service, "api.example.dev").await;
    let endpoint = land.endpoint(&service).await;
    let connections = land.provider.describe_vpc_endpoint_connections().send().await.unwrap();
    let connection = &connections.vpc_endpoint_connections()[0];
    assert_eq!(
        (connection.vpc_endpoint_owner(), connection.vpc_endpoint_id()),
        (Some(CONSUMER), Some(endpoint.as_str()))
    );
    let told = format!("{connection:?}");
    for secret in [&land.vpc, &land.subnets[0], &land.application_group] {
        assert!(!told.contains(secret.as_str()), "{told}");
    }
    let shown = land.consumer.describe_vpc_endpoint_services().service_names(&service.name).send().await.unwrap();
    let proof = land.configuration(&service.id).await.private_dns_name_configuration.unwrap().value.unwrap();
    let told = format!("{shown:?}");
    assert!(told.contains("api.example.dev") && told.contains("Verified"), "{told}");
    for secret in [proof.as_str(), service.load_balancer.as_str(), ":root"] {
        assert!(!told.contains(secret), "{told}");
    }
    let mine = land.consumer.describe_vpc_endpoint_connections().send().await.unwrap();
    assert!(mine.vpc_endpoint_connections().is_empty());
    let theirs = land.provider.describe_vpc_endpoints().vpc_endpoint_ids(&endpoint).send().await;
    assert_eq!(code(theirs), "InvalidVpcEndpointId.NotFound");
    let call = land.consumer.describe_vpc_endpoint_service_configurations().service_ids(&service.id);
    assert_eq!(code(call.send().await), "InvalidVpcEndpointServiceId.NotFound");
}

#[tokio::test(start_paused = true)]
async fn neither_side_acts_for_the_other() {
    let land = Land::calm();
    let service = land.service(true).await;
    let endpoint = land.endpoint(&service).await;
    let accept = land.consumer.accept_vpc_endpoint_connections().service_id(&service.id).vpc_endpoint_ids(&endpoint);
    assert_eq!(code(accept.send().await), "InvalidVpcEndpointServiceId.NotFound");
    let delete = land.provider.delete_vpc_endpoints().vpc_endpoint_ids(&endpoint).send().await.unwrap();
    assert_eq!(item_codes(delete.unsuccessful()), ["InvalidVpcEndpoint.NotFound"]);
    let modify = land.provider.modify_vpc_endpoint().vpc_endpoint_id(&endpoint).private_dns_enabled(true);
    assert_eq!(code(modify.send().await), "InvalidVpcEndpointId.NotFound");
    let permit = land.consumer.modify_vpc_endpoint_service_permissions().service_id(&service.id);
    let permit = permit.add_allowed_principals("*").send().await;
    assert_eq!(code(permit), "InvalidVpcEndpointServiceId.NotFound");
    assert!(land.accept(&service, &endpoint).await.is_empty());
    land.pass(300).await;
    assert_eq!(land.state(&endpoint).await, "available");
}

#[tokio::test(start_paused = true)]
async fn a_service_reaches_other_regions_without_zones_and_leaves_what_is_there() {
    let land = Land::calm();
    let service = land.service(false).await;
    let modify = || land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    modify().add_supported_regions("eu-west-1").send().await.unwrap();
    land.pass(301).await;
    let ireland = land.ec2_in(CONSUMER, "eu-west-1");
    let vpc = ireland.create_vpc().cidr_block("10.9.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    let subnet = ireland.create_subnet().vpc_id(&vpc).cidr_block("10.9.1.0/24").send().await.unwrap();
    let subnet = subnet.subnet.unwrap().subnet_id.unwrap();
    let lookup = ireland.describe_vpc_endpoint_services().service_names(&service.name);
    assert_eq!(code(lookup.clone().send().await), "InvalidServiceName");
    let seen = lookup.service_regions("us-east-1").send().await.unwrap();
    assert!(seen.service_details()[0].availability_zones().is_empty());
    let create = || {
        let call = ireland.create_vpc_endpoint().vpc_endpoint_type(VpcEndpointType::Interface).vpc_id(&vpc);
        call.service_name(&service.name)
            .service_region("us-east-1")
            .subnet_ids(&subnet)
            .private_dns_enabled(false)
            .send()
    };
    let endpoint = create().await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    land.pass(601).await;
    let read = || async {
        let read = ireland.describe_vpc_endpoints().vpc_endpoint_ids(&endpoint).send().await.unwrap();
        read.vpc_endpoints()[0].clone()
    };
    let made = read().await;
    assert_eq!(made.state().unwrap().as_str(), "available");
    // One name, of the service's Region; none of zones.
    let names: Vec<&str> = made.dns_entries().iter().filter_map(|entry| entry.dns_name()).collect();
    assert!(names.len() == 1 && names[0].ends_with(".us-east-1.vpce.amazonaws.com"), "{names:?}");
    let of_region = |region: &str| {
        land.provider.describe_vpc_endpoint_connections().filters(filter("vpc-endpoint-region", region)).send()
    };
    let far = of_region("eu-west-1").await.unwrap();
    assert_eq!(far.vpc_endpoint_connections()[0].vpc_endpoint_region(), Some("eu-west-1"));
    assert!(of_region("us-east-1").await.unwrap().vpc_endpoint_connections().is_empty());
    // A Region that goes takes no new endpoints and leaves those that are there.
    modify().remove_supported_regions("eu-west-1").send().await.unwrap();
    assert_eq!(code(create().await), "InvalidServiceName");
    land.pass(301).await;
    assert_eq!(read().await.state().unwrap().as_str(), "available");
}

/// The same service, told as one of another Region that is offered here.
fn offer_from(land: &Land, service_id: &str, home: &str) {
    let mut state = land.world.lock();
    let region = state.region_mut(PROVIDER, "us-east-1");
    let mut moved = region.ec2.privatelink.services.remove(service_id).unwrap();
    home.clone_into(&mut moved.region);
    let offered = acceptance_tests::simulator::ec2::privatelink::endpoint_service::RegionState::Available;
    moved.regions.insert("us-east-1".to_owned(), acceptance_tests::simulator::timed::Timed::new(offered));
    state.region_mut(PROVIDER, home).ec2.privatelink.services.insert(service_id.to_owned(), moved);
}

#[tokio::test(start_paused = true)]
async fn some_zones_take_no_endpoints_of_other_regions() {
    let land = Land::calm();
    let service = land.service(false).await;
    offer_from(&land, &service.id, "eu-west-1");
    let call = land.consumer.create_subnet().vpc_id(&land.vpc).cidr_block("10.20.9.0/24");
    let made = call.availability_zone_id("use1-az3").send().await.unwrap();
    let subnet = made.subnet.unwrap().subnet_id.unwrap();
    let create = |subnet: &str| {
        let call = land.consumer.create_vpc_endpoint().vpc_endpoint_type(VpcEndpointType::Interface);
        let name = service.name.replace("us-east-1", "eu-west-1");
        call.vpc_id(&land.vpc).service_name(name).service_region("eu-west-1").subnet_ids(subnet).send()
    };
    let (code, message) = super::land::refused(create(&subnet).await);
    assert_eq!(code, "InvalidParameter");
    assert!(message.starts_with("Only the following availability zones are supported for remote access:"), "{message}");
    create(&land.subnets[0]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn regions_to_be_opted_into_are_closed_until_then() {
    let land = Land::calm();
    let cape = land.ec2_in(PROVIDER, "af-south-1");
    assert_eq!(code(cape.describe_vpcs().send().await), "AuthFailure");
    let status = || async {
        let read = land.provider.describe_regions().all_regions(true).region_names("af-south-1").send().await.unwrap();
        read.regions()[0].opt_in_status().unwrap().to_owned()
    };
    assert_eq!(status().await, "not-opted-in");
    let service = land.service(false).await;
    let add = || {
        let call = land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
        call.add_supported_regions("af-south-1").send()
    };
    assert_eq!(code(add().await), "InvalidParameter");
    land.force("region", &format!("{PROVIDER}/af-south-1"), &json!({"opted_in": true}));
    assert_eq!(status().await, "opted-in");
    cape.describe_vpcs().send().await.unwrap();
    add().await.unwrap();
    // The consumer's account has not.
    assert_eq!(code(land.ec2_in(CONSUMER, "af-south-1").describe_vpcs().send().await), "AuthFailure");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_custom_idle_timeout_and_other_regions_exclude_each_other() {
    let land = Land::calm();
    let load_balancer = land.load_balancer("front", 3).await;
    let (_, listener) = land.backend(&load_balancer, "https", &land.instances).await;
    let timeout = |seconds: &str| {
        let attribute = ListenerAttribute::builder().key("tcp.idle_timeout.seconds").value(seconds).build();
        land.elb.modify_listener_attributes().listener_arn(&listener).attributes(attribute).send()
    };
    timeout("600").await.unwrap();
    let create = land.provider.create_vpc_endpoint_service_configuration().network_load_balancer_arns(&load_balancer);
    assert_eq!(code(create.supported_regions("eu-west-1").send().await), "InvalidParameter");
    let service = land.service_of(load_balancer, false).await;
    let modify = || land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    assert_eq!(code(modify().add_supported_regions("eu-west-1").send().await), "InvalidParameter");
    timeout("350").await.unwrap();
    modify().add_supported_regions("eu-west-1").send().await.unwrap();
    assert_eq!(code(timeout("600").await), "InvalidConfigurationRequest");
    modify().remove_supported_regions("eu-west-1").send().await.unwrap();
    timeout("600").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whatever_concerns_another_region_takes_a_permission_of_its_own() {
    let land = Land::calm();
    let service = land.service(false).await;
    let modify = || land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    modify().add_supported_regions("eu-west-1").send().await.unwrap();
    land.pass(301).await;
    let ireland = land.ec2_in(CONSUMER, "eu-west-1");
    let vpc = ireland.create_vpc().cidr_block("10.9.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    let create = || {
        let call = ireland.create_vpc_endpoint().vpc_endpoint_type(VpcEndpointType::Interface).vpc_id(&vpc);
        call.service_name(&service.name).service_region("us-east-1").private_dns_enabled(false)
    };
    let endpoint = create().send().await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    land.pass(301).await;
    let allow = |allowed| land.world.lock().settings.readings.multi_region_allowed = allowed;
    allow(false);
    assert_eq!(code(create().send().await), "UnauthorizedOperation");
    let change = ireland.modify_vpc_endpoint().vpc_endpoint_id(&endpoint).private_dns_enabled(false);
    assert_eq!(code(change.send().await), "UnauthorizedOperation");
    let delete = || ireland.delete_vpc_endpoints().vpc_endpoint_ids(&endpoint).send();
    assert_eq!(code(delete().await), "UnauthorizedOperation");
    assert_eq!(code(modify().acceptance_required(true).send().await), "UnauthorizedOperation");
    let remove = || land.provider.delete_vpc_endpoint_service_configurations().service_ids(&service.id).send();
    assert_eq!(code(remove().await), "UnauthorizedOperation");
    allow(true);
    assert!(delete().await.unwrap().unsuccessful().is_empty());
    // A service that is offered nowhere else needs none of it.
    modify().remove_supported_regions("eu-west-1").send().await.unwrap();
    allow(false);
    modify().acceptance_required(true).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_consumer_opts_into_the_region_of_the_service_first() {
    let land = Land::calm();
    let service = land.service(false).await;
    offer_from(&land, &service.id, "af-south-1");
    let create = || {
        let call = land.consumer.create_vpc_endpoint().vpc_endpoint_type(VpcEndpointType::Interface);
        let name = service.name.replace("us-east-1", "af-south-1");
        call.vpc_id(&land.vpc).service_name(name).service_region("af-south-1").subnet_ids(&land.subnets[0]).send()
    };
    let (code, message) = super::land::refused(create().await);
    assert!(code == "InvalidParameter" && message.contains("not enabled"), "{code} {message}");
    land.force("region", &format!("{CONSUMER}/af-south-1"), &json!({"opted_in": true}));
    create().await.unwrap();
}
