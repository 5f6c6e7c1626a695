//! Services of AWS itself, and what recordings show of endpoints.

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::settings::Settings;
use aws_sdk_ec2::types::{DnsOptionsSpecification, Filter, VpcEndpoint, VpcEndpointType};

use super::land::{Land, code};

async fn made(
    call: aws_sdk_ec2::operation::create_vpc_endpoint::builders::CreateVpcEndpointFluentBuilder,
) -> Result<VpcEndpoint, String> {
    match call.send().await {
        Ok(made) => Ok(made.vpc_endpoint.unwrap()),
        Err(error) => Err(code::<(), _, _>(Err(error))),
    }
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

#[tokio::test(start_paused = true)]
async fn endpoints_show_what_recordings_show() {
    let land = Land::calm();
    let service = land.service(false).await;
    let endpoint = land.described(&land.endpoint(&service).await).await;
    let policy: serde_json::Value = serde_json::from_str(endpoint.policy_document().unwrap()).unwrap();
    assert!(policy.get("Version").is_none() && endpoint.policy_document().unwrap().contains("\n  \"Statement\""));
    let bare = land.new_endpoint(&service).send().await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    land.pass(601).await;
    assert!(land.described(&bare).await.dns_entries().is_empty());
    let gateway = land.consumer.create_vpc_endpoint().vpc_id(&land.vpc).service_name("com.amazonaws.us-east-1.s3");
    let gateway = made(gateway).await.unwrap();
    assert!(gateway.dns_options().is_none() && gateway.ip_address_type().is_none());
    let seen = land.configuration(&service.id).await;
    let regions: Vec<_> = seen.supported_regions().iter().map(|one| (one.region(), one.service_state())).collect();
    assert_eq!(regions, [(Some("us-east-1"), Some("Available"))]);
}

#[tokio::test(start_paused = true)]
async fn names_of_endpoints_have_no_order() {
    let mut firsts = std::collections::BTreeSet::new();
    for seed in 1..=6 {
        let land = Land::in_world(World::new(seed, Settings { disorder: true, ..Settings::calm() }, 1.0));
        let call = land.consumer.create_vpc_endpoint().vpc_id(&land.vpc).vpc_endpoint_type(VpcEndpointType::Interface);
        let call = call.service_name("com.amazonaws.us-east-1.sqs").subnet_ids(&land.subnets[0]);
        let id = made(call).await.unwrap().vpc_endpoint_id.unwrap();
        land.pass(1000).await;
        let entries = land.described(&id).await.dns_entries.unwrap();
        assert_eq!(entries.len(), 3);
        firsts.insert(entries[0].dns_name().unwrap().starts_with("vpce-"));
    }
    assert_eq!(firsts.len(), 2, "the private name comes first, and last");
}

#[tokio::test(start_paused = true)]
async fn s3_has_two_services_and_private_dns_wants_its_flag_or_a_gateway() {
    let land = Land::calm();
    let name = "com.amazonaws.us-east-1.s3";
    let seen = land.consumer.describe_vpc_endpoint_services().service_names(name).send().await.unwrap();
    let kinds: Vec<_> =
        seen.service_details().iter().map(|one| one.service_type()[0].service_type().unwrap()).collect();
    assert!(kinds.len() == 2 && kinds[0] != kinds[1], "{kinds:?}");
    assert_eq!(seen.service_names(), [name]);
    let create = |flag: Option<bool>| {
        let call = land.consumer.create_vpc_endpoint().vpc_id(&land.vpc).vpc_endpoint_type(VpcEndpointType::Interface);
        let options = DnsOptionsSpecification::builder().set_private_dns_only_for_inbound_resolver_endpoint(flag);
        let call = call.service_name(name).subnet_ids(&land.subnets[0]).private_dns_enabled(true);
        call.set_dns_options(flag.map(|_| options.build()))
    };
    assert_eq!(made(create(None)).await.unwrap_err(), "InvalidParameter");
    assert_eq!(made(create(Some(true))).await.unwrap_err(), "InvalidParameter");
    let id = made(create(Some(false))).await.unwrap().vpc_endpoint_id.unwrap();
    land.pass(601).await;
    let seen = land.described(&id).await;
    let names: Vec<&str> = seen.dns_entries().iter().filter_map(|entry| entry.dns_name()).collect();
    assert_eq!(names.len(), 8, "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("*.")), "{names:?}");
    assert_eq!(seen.dns_options().unwrap().private_dns_only_for_inbound_resolver_endpoint(), Some(false));
    assert!(land.delete_endpoint(&id).await.is_empty());
    land.pass(1000).await;
    made(land.consumer.create_vpc_endpoint().vpc_id(&land.vpc).service_name(name)).await.unwrap();
    made(create(None)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn services_of_aws_are_found_by_name_type_and_region() {
    let land = Land::calm();
    let describe = || land.consumer.describe_vpc_endpoint_services();
    let gateways = describe().filters(filter("service-type", "Gateway")).send().await.unwrap();
    assert_eq!(gateways.service_details().len(), 3);
    for short in ["ecr.api", "ecr.dkr", "kms", "execute-api", "sagemaker.runtime"] {
        let name = format!("com.amazonaws.us-east-1.{short}");
        describe().service_names(name).send().await.unwrap();
    }
    let unknown = describe().service_names("com.amazonaws.us-east-1.nothing").send().await;
    assert_eq!(code(unknown), "InvalidServiceName");
    // IAM has no Region in its name, and is reached from others; SQS is not.
    let ireland = land.ec2_in(super::land::CONSUMER, "eu-west-1");
    let iam = ireland.describe_vpc_endpoint_services().service_names("com.amazonaws.iam").service_regions("us-east-1");
    assert_eq!(iam.send().await.unwrap().service_details()[0].private_dns_name(), Some("iam.amazonaws.com"));
    let sqs = ireland.describe_vpc_endpoint_services().service_names("com.amazonaws.us-east-1.sqs");
    assert_eq!(code(sqs.service_regions("us-east-1").send().await), "InvalidServiceName");
    // One's own services are found by their tags.
    let service = land.service(true).await;
    let tag = aws_sdk_ec2::types::Tag::builder().key("team").value("shop").build();
    land.provider.create_tags().resources(&service.id).tags(tag).send().await.unwrap();
    let tagged = |client: &aws_sdk_ec2::Client| {
        client.describe_vpc_endpoint_services().filters(filter("tag:team", "shop")).send()
    };
    assert_eq!(tagged(&land.provider).await.unwrap().service_names().first(), Some(&service.name));
    assert!(tagged(&land.consumer).await.unwrap().service_names().is_empty(), "tags are the owner's");
}

#[tokio::test(start_paused = true)]
async fn a_region_has_twenty_gateway_endpoints() {
    let land = Land::calm();
    let create = |vpc: &str| {
        made(land.consumer.create_vpc_endpoint().vpc_id(vpc).service_name("com.amazonaws.us-east-1.dynamodb"))
    };
    for _ in 0..20 {
        create(&land.vpc).await.unwrap();
    }
    assert_eq!(create(&land.vpc).await.unwrap_err(), "VpcEndpointLimitExceeded");
}
