//! Private DNS of endpoints: rules 29, 30.

use aws_sdk_ec2::types::AttributeBooleanValue;
use aws_sdk_route53::types::{Vpc, VpcRegion};
use serde_json::json;

use super::land::{Land, Service, code, refused};

const NAME: &str = "api.example.dev";

async fn enable(land: &Land, endpoint: &str) -> Result<(), String> {
    let call = land.consumer.modify_vpc_endpoint().vpc_endpoint_id(endpoint).private_dns_enabled(true);
    let result = call.send().await;
    if result.is_ok() {
        return Ok(());
    }
    let (code, message) = refused(result);
    assert_eq!(code, "InvalidParameter");
    Err(message)
}

async fn hostnames(land: &Land, on: bool) {
    let value = AttributeBooleanValue::builder().value(on).build();
    let call = land.consumer.modify_vpc_attribute().vpc_id(&land.vpc).enable_dns_hostnames(value);
    call.send().await.unwrap();
}

async fn set_name(land: &Land, service: &Service) {
    let call = land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    call.private_dns_name(NAME).send().await.unwrap();
}

async fn private_zone(land: &Land, name: &str) -> Result<String, String> {
    let vpc = Vpc::builder().vpc_id(&land.vpc).vpc_region(VpcRegion::UsEast1).build();
    let reference = format!("{name} {}", land.world.now().0);
    let call = land.consumer_dns.create_hosted_zone().name(name).caller_reference(reference).vpc(vpc);
    let result = call.send().await;
    match result {
        Ok(made) => Ok(made.hosted_zone.unwrap().id),
        refused_call => Err(code(refused_call)),
    }
}

#[tokio::test(start_paused = true)]
pub(crate) async fn the_gates_stand_in_aws_order_each_with_its_words() {
    let land = Land::calm();
    let service = land.service(true).await;
    let endpoint = land.endpoint(&service).await;
    hostnames(&land, false).await;
    let zone = private_zone(&land, NAME).await.unwrap();
    let name = &service.name;
    assert!(enable(&land, &endpoint).await.unwrap_err().contains("enableDnsSupport and enableDnsHostnames"));
    hostnames(&land, true).await;
    let expected =
        format!("Private DNS can't be enabled because the service {name} does not provide a private DNS name.");
    assert_eq!(enable(&land, &endpoint).await.unwrap_err(), expected);
    set_name(&land, &service).await;
    let expected =
        format!("Private DNS can't be enabled because the service {name} has not verified the private DNS name.");
    assert_eq!(enable(&land, &endpoint).await.unwrap_err(), expected);
    land.force("endpoint_service", &service.id, &json!({"verification": "verified"}));
    let expected =
        format!("Private DNS can only be enabled after the endpoint connection is accepted by the owner of {name}");
    assert_eq!(enable(&land, &endpoint).await.unwrap_err(), expected);
    land.accept(&service, &endpoint).await;
    land.pass(151).await;
    let expected = format!(
        "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {NAME} in the VPC {}",
        land.vpc
    );
    assert_eq!(enable(&land, &endpoint).await.unwrap_err(), expected);
    land.consumer_dns.delete_hosted_zone().id(&zone).send().await.unwrap();
    land.pass(601).await;
    enable(&land, &endpoint).await.unwrap();
    land.pass(181).await;
    let read = land.described(&endpoint).await;
    assert_eq!(read.private_dns_enabled(), Some(true));
    let last = read.dns_entries().last().unwrap();
    assert_eq!(last.dns_name(), Some(NAME));
    assert_ne!(last.hosted_zone_id(), read.dns_entries()[0].hosted_zone_id());
}

#[tokio::test(start_paused = true)]
async fn private_dns_at_creation_passes_the_same_gates() {
    let land = Land::calm();
    let service = land.service(true).await;
    land.verified_name(&service, NAME).await;
    let (code, message) = refused(land.new_endpoint(&service).private_dns_enabled(true).send().await);
    assert_eq!(code, "InvalidParameter");
    assert!(message.contains("only be enabled after the endpoint connection is accepted"), "{message}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_name_is_taken_until_the_interfaces_are_gone_and_both_ways() {
    let land = Land::calm();
    let service = land.service(false).await;
    land.verified_name(&service, NAME).await;
    let create = || land.new_endpoint(&service).private_dns_enabled(true).subnet_ids(&land.subnets[0]).send();
    let first = create().await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    assert_eq!(code(create().await), "InvalidParameter");
    assert_eq!(private_zone(&land, NAME).await.unwrap_err(), "ConflictingDomainExists");
    // Parents and children do not conflict.
    private_zone(&land, "example.dev").await.unwrap();
    land.pass(601).await;
    land.delete_endpoint(&first).await;
    assert_eq!(code(create().await), "InvalidParameter");
    assert_eq!(private_zone(&land, NAME).await.unwrap_err(), "ConflictingDomainExists");
    land.pass(931).await;
    create().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn switching_private_dns_off_frees_the_name_a_little_later() {
    let land = Land::calm();
    let service = land.service(false).await;
    land.verified_name(&service, NAME).await;
    let call = land.new_endpoint(&service).private_dns_enabled(true).subnet_ids(&land.subnets[0]);
    let endpoint = call.send().await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    land.pass(601).await;
    let call = land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&endpoint).private_dns_enabled(false);
    call.send().await.unwrap();
    assert!(land.described(&endpoint).await.dns_entries().iter().all(|entry| entry.dns_name() != Some(NAME)));
    assert!(private_zone(&land, NAME).await.is_err());
    land.pass(211).await;
    private_zone(&land, NAME).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_hidden_zone_is_listed_by_its_vpc() {
    let land = Land::calm();
    let service = land.service(false).await;
    land.verified_name(&service, NAME).await;
    let call = land.new_endpoint(&service).private_dns_enabled(true).subnet_ids(&land.subnets[0]);
    call.send().await.unwrap();
    let call = land.consumer_dns.list_hosted_zones_by_vpc().vpc_id(&land.vpc).vpc_region(VpcRegion::UsEast1);
    let listed = call.send().await.unwrap();
    let names: Vec<&str> =
        listed.hosted_zone_summaries().iter().map(aws_sdk_route53::types::HostedZoneSummary::name).collect();
    assert!(names.iter().any(|name| name.trim_end_matches('.') == NAME), "{names:?}");
}
