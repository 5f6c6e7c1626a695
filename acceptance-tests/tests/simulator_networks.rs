//! The simulator's core and EC2 basics, called by the SDK in this process, on the paused clock.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "simulator/needed.rs"]
mod needed;
#[path = "simulator/network_rules.rs"]
mod network_rules;
mod simulator;

use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::faults::{Fault, Strike};
use acceptance_tests::simulator::settings::Settings;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::types::{
    Filter, InstanceStateName, IpPermission, IpRange, ResourceType, SecurityGroupRuleRequest, SecurityGroupRuleUpdate,
    Tag, TagSpecification, UserIdGroupPair,
};
use simulator::{CONSUMER, PROVIDER, ec2, ec2_with};

fn code<E: ProvideErrorMetadata>(error: SdkError<E>) -> String {
    match error {
        SdkError::ServiceError(error) => error.err().code().unwrap_or_default().to_owned(),
        _ => "no answer".to_owned(),
    }
}

async fn vpc(client: &Client) -> String {
    let made = client.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
    made.vpc.unwrap().vpc_id.unwrap()
}

async fn subnet(client: &Client, vpc: &str, zone: &str, cidr: &str) -> String {
    let call = client.create_subnet().vpc_id(vpc).availability_zone_id(zone).cidr_block(cidr);
    call.send().await.unwrap().subnet.unwrap().subnet_id.unwrap()
}

async fn group(client: &Client, vpc: &str, name: &str) -> String {
    let call = client.create_security_group().vpc_id(vpc).group_name(name).description(name);
    call.send().await.unwrap().group_id.unwrap()
}

fn https_from(cidr: &str) -> IpPermission {
    IpPermission::builder()
        .ip_protocol("6")
        .from_port(443)
        .to_port(443)
        .ip_ranges(IpRange::builder().cidr_ip(cidr).build())
        .build()
}

#[tokio::test(start_paused = true)]
pub(crate) async fn outsiders_build_a_network_with_the_api_itself() {
    let world = World::calm(1);
    let ec2 = ec2(&world, PROVIDER);
    let vpc = vpc(&ec2).await;
    for attribute in [true, false] {
        let value = aws_sdk_ec2::types::AttributeBooleanValue::builder().value(true).build();
        let call = ec2.modify_vpc_attribute().vpc_id(&vpc);
        let call = if attribute { call.enable_dns_hostnames(value) } else { call.enable_dns_support(value) };
        call.send().await.unwrap();
    }
    let read = ec2
        .describe_vpc_attribute()
        .vpc_id(&vpc)
        .attribute(aws_sdk_ec2::types::VpcAttributeName::EnableDnsHostnames)
        .send()
        .await
        .unwrap();
    assert_eq!(read.enable_dns_hostnames.unwrap().value, Some(true));
    let zones = ec2.describe_availability_zones().send().await.unwrap();
    assert_eq!(zones.availability_zones().len(), 6);
    let subnet = subnet(&ec2, &vpc, "use1-az4", "10.0.1.0/24").await;
    let described = ec2.describe_subnets().subnet_ids(&subnet).send().await.unwrap();
    let described = &described.subnets()[0];
    assert_eq!(described.availability_zone_id(), Some("use1-az4"));
    assert_eq!(described.available_ip_address_count(), Some(251));
    let name = zones.availability_zones().iter().find(|zone| zone.zone_id() == Some("use1-az4")).unwrap();
    assert_eq!(described.availability_zone(), name.zone_name());

    let run = ec2.run_instances().image_id("ami-0").subnet_id(&subnet).min_count(1).max_count(1);
    let instance = run.send().await.unwrap().instances()[0].instance_id().unwrap().to_owned();
    let state = async || {
        let seen = ec2.describe_instances().instance_ids(&instance).send().await.unwrap();
        seen.reservations()[0].instances()[0].state().unwrap().name().unwrap().clone()
    };
    assert_eq!(state().await, InstanceStateName::Pending);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(state().await, InstanceStateName::Running);
    assert_eq!(code(ec2.delete_subnet().subnet_id(&subnet).send().await.unwrap_err()), "DependencyViolation");
    ec2.terminate_instances().instance_ids(&instance).send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(121)).await;
    assert_eq!(state().await, InstanceStateName::Terminated);
    assert_eq!(code(ec2.delete_vpc().vpc_id(&vpc).send().await.unwrap_err()), "DependencyViolation");
    ec2.delete_subnet().subnet_id(&subnet).send().await.unwrap();
    ec2.delete_vpc().vpc_id(&vpc).send().await.unwrap();
    assert_eq!(code(ec2.describe_vpcs().vpc_ids(&vpc).send().await.unwrap_err()), "InvalidVpcID.NotFound");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn subnets_lie_inside_their_vpc_and_beside_each_other() {
    let world = World::calm(1);
    let ec2 = ec2(&world, PROVIDER);
    let vpc = vpc(&ec2).await;
    subnet(&ec2, &vpc, "use1-az1", "10.0.1.0/24").await;
    let refused = async |zone: &str, cidr: &str| {
        let call = ec2.create_subnet().vpc_id(&vpc).availability_zone_id(zone).cidr_block(cidr);
        code(call.send().await.unwrap_err())
    };
    assert_eq!(refused("use1-az1", "10.0.1.128/25").await, "InvalidSubnet.Conflict");
    assert_eq!(refused("use1-az1", "10.1.1.0/24").await, "InvalidSubnet.Range");
    assert_eq!(refused("use1-az9", "10.0.2.0/24").await, "InvalidParameterValue");
    assert_eq!(
        code(ec2.describe_subnets().subnet_ids("subnet-x").send().await.unwrap_err()),
        "InvalidSubnetId.Malformed"
    );
    let absent = ec2.describe_subnets().filters(Filter::builder().name("subnet-id").values("subnet-0").build());
    assert!(absent.send().await.unwrap().subnets().is_empty());
    let unknown = ec2.describe_subnets().filters(Filter::builder().name("colour").values("red").build());
    assert_eq!(code(unknown.send().await.unwrap_err()), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn rules_are_canonical_and_a_batch_is_all_or_nothing() {
    let world = World::calm(1);
    let ec2 = ec2(&world, PROVIDER);
    let vpc = vpc(&ec2).await;
    let group = group(&ec2, &vpc, "endpoint").await;
    let authorize = async |permissions: Vec<IpPermission>| {
        let call = ec2.authorize_security_group_ingress().group_id(&group).set_ip_permissions(Some(permissions));
        call.send().await
    };
    let made = authorize(vec![https_from("10.0.0.9/24")]).await.unwrap();
    let rule = &made.security_group_rules()[0];
    assert_eq!((rule.cidr_ipv4(), rule.ip_protocol()), (Some("10.0.0.0/24"), Some("tcp")));
    let batch = vec![https_from("10.0.5.0/24"), https_from("10.0.0.77/24")];
    assert_eq!(code(authorize(batch).await.unwrap_err()), "InvalidPermission.Duplicate");
    let of_group = Filter::builder().name("group-id").values(&group).build();
    let rules = async || {
        let call = ec2.describe_security_group_rules().filters(of_group.clone());
        call.send().await.unwrap().security_group_rules().to_vec()
    };
    let before = rules().await;
    assert_eq!(before.len(), 2, "the rule and the default egress");
    assert_eq!(before.iter().filter(|rule| rule.is_egress() == Some(true)).count(), 1);

    let replacement = SecurityGroupRuleRequest::builder()
        .ip_protocol("tcp")
        .from_port(8443)
        .to_port(8443)
        .cidr_ipv4("10.0.0.0/24")
        .description("replaced")
        .build();
    let update = SecurityGroupRuleUpdate::builder()
        .security_group_rule_id(rule.security_group_rule_id().unwrap())
        .security_group_rule(replacement)
        .build();
    ec2.modify_security_group_rules().group_id(&group).security_group_rules(update).send().await.unwrap();
    let after = rules().await;
    let changed = after.iter().find(|rule| rule.is_egress() == Some(false)).unwrap();
    assert_eq!((changed.from_port(), changed.description()), (Some(8443), Some("replaced")));

    let revoke = ec2.revoke_security_group_ingress().group_id(&group).ip_permissions(https_from("10.0.0.0/24"));
    assert_eq!(code(revoke.send().await.unwrap_err()), "InvalidPermission.NotFound");
    let id = changed.security_group_rule_id().unwrap();
    let revoke = async || ec2.revoke_security_group_ingress().group_id(&group).security_group_rule_ids(id).send().await;
    revoke().await.unwrap();
    assert_eq!(code(revoke().await.unwrap_err()), "InvalidSecurityGroupRuleId.NotFound");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_group_named_in_a_rule_cannot_be_deleted() {
    let world = World::calm(1);
    let ec2 = ec2(&world, PROVIDER);
    let vpc = vpc(&ec2).await;
    let (application, endpoint) = (group(&ec2, &vpc, "application").await, group(&ec2, &vpc, "endpoint").await);
    let permission = IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(443)
        .to_port(443)
        .user_id_group_pairs(UserIdGroupPair::builder().group_id(&application).build())
        .build();
    ec2.authorize_security_group_ingress().group_id(&endpoint).ip_permissions(permission).send().await.unwrap();
    let naming = async |filter: &str| {
        let filter = Filter::builder().name(filter).values(&application).build();
        let found = ec2.describe_security_groups().filters(filter).send().await.unwrap();
        found.security_groups().iter().map(|group| group.group_id().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(naming("ip-permission.group-id").await, std::slice::from_ref(&endpoint));
    assert_eq!(naming("egress.ip-permission.group-id").await, Vec::<String>::new());
    let delete = async |id: &str| ec2.delete_security_group().group_id(id).send().await;
    assert_eq!(code(delete(&application).await.unwrap_err()), "DependencyViolation");
    delete(&endpoint).await.unwrap();
    delete(&application).await.unwrap();
    assert_eq!(code(delete(&application).await.unwrap_err()), "InvalidGroup.NotFound");
    let again = ec2.create_security_group().vpc_id(&vpc).group_name("A").description("a").send().await;
    again.unwrap();
    let twice = ec2.create_security_group().vpc_id(&vpc).group_name("a").description("a").send().await;
    assert_eq!(code(twice.unwrap_err()), "InvalidGroup.Duplicate");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn tags_must_be_of_the_type_that_is_made() {
    let world = World::calm(1);
    let ec2 = ec2(&world, PROVIDER);
    let tag = Tag::builder().key("Name").value("a & b").build();
    let specification = |kind: ResourceType| TagSpecification::builder().resource_type(kind).tags(tag.clone()).build();
    let wrong = ec2.create_vpc().cidr_block("10.0.0.0/16").tag_specifications(specification(ResourceType::Subnet));
    assert_eq!(code(wrong.send().await.unwrap_err()), "InvalidParameterValue");
    let right = ec2.create_vpc().cidr_block("10.0.0.0/16").tag_specifications(specification(ResourceType::Vpc));
    let vpc = right.send().await.unwrap().vpc.unwrap();
    assert_eq!(vpc.tags()[0].value(), Some("a & b"));
    let id = vpc.vpc_id().unwrap();
    let found = ec2.describe_vpcs().filters(Filter::builder().name("tag:Name").values("a*").build());
    assert_eq!(found.send().await.unwrap().vpcs().len(), 1);
    ec2.delete_tags().resources(id).tags(Tag::builder().key("Name").build()).send().await.unwrap();
    assert!(ec2.describe_tags().send().await.unwrap().tags().is_empty());
    let absent = ec2.create_tags().resources("vpc-0").tags(tag.clone()).send().await;
    assert_eq!(code(absent.unwrap_err()), "InvalidVpcID.NotFound");
}

#[tokio::test(start_paused = true)]
async fn what_the_simulator_does_not_know_fails_loudly() {
    let world = World::calm(1);
    let ec2 = ec2(&world, PROVIDER);
    let operation = ec2.describe_volumes().send().await.unwrap_err();
    assert_eq!(operation.raw_response().unwrap().status().as_u16(), 501);
    let parameter = ec2.create_vpc().cidr_block("10.0.0.0/16").ipv4_ipam_pool_id("ipam").send().await.unwrap_err();
    let body = format!("{parameter:?}");
    assert!(body.contains("Ipv4IpamPoolId") && body.contains("NotSimulated"), "{body}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_new_group_is_not_found_until_its_lag_is_over() {
    let world = World::new(3, Settings { latency: false, buckets: false, ..Settings::default() }, 1.0);
    let ec2 = ec2(&world, PROVIDER);
    let vpc = vpc(&ec2).await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    let group = group(&ec2, &vpc, "late").await;
    let authorize = async || {
        let call = ec2.authorize_security_group_ingress().group_id(&group).ip_permissions(https_from("10.0.0.0/8"));
        call.send().await
    };
    assert_eq!(code(authorize().await.unwrap_err()), "InvalidGroup.NotFound");
    tokio::time::sleep(Duration::from_secs(40)).await;
    authorize().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_throttled_call_has_no_effect_and_is_written_down() {
    let settings = Settings { lag: false, disorder: false, latency: false, ..Settings::default() };
    let world = World::new(1, settings, 1.0);
    let ec2 = ec2(&world, PROVIDER);
    let vpc = vpc(&ec2).await;
    for n in 0..50 {
        group(&ec2, &vpc, &format!("g{n}")).await;
    }
    let over = ec2.create_security_group().vpc_id(&vpc).group_name("over").description("d").send().await;
    let over = over.unwrap_err();
    assert_eq!(over.raw_response().unwrap().status().as_u16(), 503);
    assert_eq!(code(over), "RequestLimitExceeded");
    let last = world.calls().pop().unwrap();
    assert!(last.throttled && last.mutating);
    assert_eq!((last.operation.as_str(), last.outcome.as_str()), ("CreateSecurityGroup", "RequestLimitExceeded"));
    tokio::time::sleep(Duration::from_millis(250)).await;
    group(&ec2, &vpc, "over").await;
    assert_eq!(world.lock().buckets.denied(), 1);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn faults_strike_before_or_after_the_effect() {
    let world = World::calm(1);
    let patient = ec2(&world, PROVIDER);
    let vpc = vpc(&patient).await;
    let make =
        async |name: &str| patient.create_security_group().vpc_id(&vpc).group_name(name).description("d").send().await;
    let count = async |name: &str| {
        let filter = Filter::builder().name("group-name").values(name).build();
        patient.describe_security_groups().filters(filter).send().await.unwrap().security_groups().len()
    };
    world.set_faults(vec![
        Fault::at("CreateSecurityGroup", 1, Strike::Refuse).code("UnauthorizedOperation"),
        Fault::at("CreateSecurityGroup", 2, Strike::LoseReply),
        Fault::at("CreateSecurityGroup", 3, Strike::Reset),
        Fault::at("CreateSecurityGroup", 4, Strike::Unavailable),
        Fault::at("CreateSecurityGroup", 5, Strike::Throttle),
        Fault::at("CreateSecurityGroup", 6, Strike::Delay).ms(5000),
    ]);
    assert_eq!(code(make("refused").await.unwrap_err()), "UnauthorizedOperation");
    assert!(matches!(make("lost").await.unwrap_err(), SdkError::DispatchFailure(_)));
    assert!(matches!(make("reset").await.unwrap_err(), SdkError::DispatchFailure(_)));
    assert_eq!(code(make("unavailable").await.unwrap_err()), "Unavailable");
    assert_eq!(code(make("throttled").await.unwrap_err()), "RequestLimitExceeded");
    let before = tokio::time::Instant::now();
    make("delayed").await.unwrap();
    assert_eq!(before.elapsed(), Duration::from_secs(5));
    for (name, there) in
        [("refused", 0), ("lost", 1), ("reset", 0), ("unavailable", 0), ("throttled", 0), ("delayed", 1)]
    {
        assert_eq!(count(name).await, there, "{name}");
    }
    let outcomes: Vec<String> = world
        .calls()
        .into_iter()
        .filter(|call| call.operation == "CreateSecurityGroup")
        .map(|call| call.outcome)
        .collect();
    let expected = ["UnauthorizedOperation", "lost_reply", "reset", "Unavailable", "RequestLimitExceeded", "ok"];
    assert_eq!(outcomes, expected);
}

#[tokio::test(start_paused = true)]
async fn silence_lasts_until_the_sdks_own_timeout() {
    let world = World::calm(1);
    let timeouts = aws_sdk_ec2::config::timeout::TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(9))
        .build();
    let ec2 = ec2_with(&world, PROVIDER, |config| config.timeout_config(timeouts));
    world.set_faults(vec![Fault::at("DescribeVpcs", 1, Strike::Hang)]);
    let before = tokio::time::Instant::now();
    assert!(matches!(ec2.describe_vpcs().send().await.unwrap_err(), SdkError::TimeoutError(_)));
    assert!(before.elapsed() >= Duration::from_secs(9));
}

#[tokio::test(start_paused = true)]
async fn a_kill_reaches_the_registered_process_after_the_effect() {
    let world = World::calm(1);
    let ec2 = ec2(&world, PROVIDER);
    let killed = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = killed.clone();
    world.on_kill(Box::new(move |operation| seen.lock().unwrap().push(operation.to_owned())));
    world.set_faults(vec![Fault::at("CreateVpc", 1, Strike::Kill).before(), Fault::at("CreateVpc", 2, Strike::Kill)]);
    for expected in [0, 1] {
        ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap_err();
        assert_eq!(ec2.describe_vpcs().send().await.unwrap().vpcs().len(), expected);
    }
    assert_eq!(*killed.lock().unwrap(), ["CreateVpc", "CreateVpc"]);
}

#[tokio::test(start_paused = true)]
async fn one_seed_gives_one_byte_equal_run() {
    let run = async |seed| {
        let world = World::new(seed, Settings { buckets: false, ..Settings::default() }, 1.0);
        let ec2 = ec2(&world, PROVIDER);
        let vpc = vpc(&ec2).await;
        tokio::time::sleep(Duration::from_secs(30)).await;
        for n in 0..6 {
            group(&ec2, &vpc, &format!("g{n}")).await;
        }
        let mut seen = Vec::new();
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            seen.push(format!("{:?}", ec2.describe_security_groups().max_results(5).send().await.unwrap()));
        }
        // Request ids are of the world, too.
        (seen, format!("{:?}", world.calls()))
    };
    let (first, second, other) = (run(7).await, run(7).await, run(8).await);
    assert_eq!(first, second);
    assert_ne!(first.0, other.0);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn every_page_is_read_and_a_strange_page_size_refused() {
    let world = World::new(5, Settings { buckets: false, latency: false, ..Settings::default() }, 1.0);
    let ec2 = ec2(&world, PROVIDER);
    let vpc = vpc(&ec2).await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    for n in 0..20 {
        group(&ec2, &vpc, &format!("g{n}")).await;
    }
    tokio::time::sleep(Duration::from_secs(40)).await;
    // Three listings: an item may be missing from one read, never from three.
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let mut pages = ec2.describe_security_groups().max_results(5).into_paginator().send();
        while let Some(page) = pages.next().await {
            names.extend(page.unwrap().security_groups().iter().map(|group| group.group_name().unwrap().to_owned()));
        }
    }
    assert_eq!(names.len(), 21);
    for size in [4, 1001] {
        let refused = ec2.describe_security_groups().max_results(size).send().await;
        assert_eq!(code(refused.unwrap_err()), "InvalidParameterValue");
    }
    // The endpoint family takes a larger one for a thousand.
    ec2.describe_vpc_endpoints().max_results(2000).send().await.unwrap();
    assert_eq!(code(ec2.describe_vpc_endpoints().max_results(4).send().await.unwrap_err()), "InvalidParameterValue");
    let foreign = ec2.describe_security_groups().next_token("foreign").send().await;
    assert_eq!(code(foreign.unwrap_err()), "InvalidNextToken");
    let both = ec2.describe_network_interfaces().network_interface_ids("eni-0").max_results(5).send().await;
    assert_eq!(code(both.unwrap_err()), "InvalidParameterCombination");
}

#[tokio::test(start_paused = true)]
async fn the_landscape_is_there_at_once_and_no_leak() {
    let world = World::strict(1);
    let made = acceptance_tests::simulator::landscape::create(&mut world.lock(), world.now()).unwrap();
    assert!(world.lock().objects(world.now()).is_empty());
    let consumer = ec2(&world, CONSUMER);
    let provider = ec2(&world, PROVIDER);
    let subnets: Vec<String> = serde_json::from_value(made["consumer_subnet_ids"].clone()).unwrap();
    let described = consumer.describe_subnets().set_subnet_ids(Some(subnets)).send().await.unwrap();
    let zones: std::collections::BTreeSet<_> =
        described.subnets().iter().map(|subnet| subnet.availability_zone_id().unwrap()).collect();
    assert_eq!(zones.len(), 3);
    let instances: Vec<String> = serde_json::from_value(made["provider_instance_ids"].clone()).unwrap();
    let described = provider.describe_instances().set_instance_ids(Some(instances)).send().await.unwrap();
    let running = described.reservations().iter().flat_map(aws_sdk_ec2::types::Reservation::instances);
    assert!(running.clone().all(|instance| instance.state().unwrap().name() == Some(&InstanceStateName::Running)));
    assert_eq!(running.count(), 3);
    let group = group(&consumer, made["consumer_vpc_id"].as_str().unwrap(), "left").await;
    let left = world.lock().objects(world.now());
    assert_eq!(
        left.iter().map(|object| (object.kind, object.id.as_str())).collect::<Vec<_>>(),
        [("security_group", group.as_str())]
    );
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_client_token_gives_the_first_answer_again() {
    let world = World::calm(1);
    let ec2 = ec2(&world, PROVIDER);
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "use1-az1", "10.0.1.0/24").await;
    let run = async |count: i32| {
        let call = ec2.run_instances().image_id("ami-0").subnet_id(&subnet).min_count(1).max_count(count);
        call.client_token("once").send().await
    };
    let first = run(1).await.unwrap().instances()[0].instance_id().unwrap().to_owned();
    assert_eq!(run(1).await.unwrap().instances()[0].instance_id(), Some(first.as_str()));
    assert_eq!(code(run(2).await.unwrap_err()), "IdempotentParameterMismatch");
    assert_eq!(ec2.describe_instances().send().await.unwrap().reservations().len(), 1);
    tokio::time::sleep(Duration::from_hours(25)).await;
    assert_ne!(run(1).await.unwrap().instances()[0].instance_id(), Some(first.as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_full_subnet_takes_no_more_interfaces() {
    let world = World::calm(1);
    let ec2 = ec2(&world, PROVIDER);
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "use1-az1", "10.0.1.0/28").await;
    let run = async |count: i32| {
        ec2.run_instances().image_id("ami-0").subnet_id(&subnet).min_count(count).max_count(count).send().await
    };
    run(11).await.unwrap();
    assert_eq!(code(run(1).await.unwrap_err()), "InsufficientFreeAddressesInSubnet");
    let interfaces = ec2.describe_network_interfaces().send().await.unwrap();
    let addresses: std::collections::BTreeSet<_> =
        interfaces.network_interfaces().iter().map(|interface| interface.private_ip_address().unwrap()).collect();
    assert_eq!(addresses.len(), 11);
    assert!(!addresses.contains("10.0.1.3") && !addresses.contains("10.0.1.15"));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_changes_nothing() {
    let world = World::calm(1);
    let ec2 = ec2(&world, PROVIDER);
    let dry = ec2.create_vpc().cidr_block("10.0.0.0/16").dry_run(true).send().await.unwrap_err();
    assert_eq!(dry.raw_response().unwrap().status().as_u16(), 412);
    assert_eq!(code(dry), "DryRunOperation");
    assert!(ec2.describe_vpcs().send().await.unwrap().vpcs().is_empty());
}
