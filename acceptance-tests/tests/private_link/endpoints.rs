//! The life of an endpoint: rules 5 to 9, 12, 13.

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::settings::Settings;
use aws_sdk_ec2::types::{Filter, VpcEndpointType};
use serde_json::json;

use super::land::{Land, code, item_codes};

#[tokio::test(start_paused = true)]
pub(crate) async fn states_names_and_interfaces_take_time() {
    let land = Land::calm();
    let service = land.service(false).await;
    let call = land.new_endpoint(&service).set_subnet_ids(Some(land.subnets.clone()));
    let made = call.send().await.unwrap().vpc_endpoint.unwrap();
    assert_eq!(made.state.as_ref().unwrap().as_str(), "pending");
    assert!(made.dns_entries().is_empty() && made.network_interface_ids().is_empty());
    let id = made.vpc_endpoint_id.unwrap();
    land.pass(20).await;
    assert_eq!(land.state(&id).await, "pending");
    land.pass(601).await;
    let read = land.described(&id).await;
    assert_eq!(read.state.as_ref().unwrap().as_str(), "available");
    assert_eq!((read.dns_entries().len(), read.network_interface_ids().len()), (4, 3));
    assert!(read.dns_entries().iter().all(|entry| entry.hosted_zone_id() == Some("Z7HUB22UULQXV")));
    let regional = read.dns_entries()[0].dns_name().unwrap();
    assert!(regional.starts_with(&id) && regional.ends_with(&format!(".{}.us-east-1.vpce.amazonaws.com", service.id)));
    let zones: Vec<&str> = read.dns_entries()[1..].iter().map(|entry| entry.dns_name().unwrap()).collect();
    assert!(zones.iter().all(|name| name.contains("-us-east-1")), "{zones:?}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_change_sends_the_endpoint_back_to_pending_and_a_second_one_waits() {
    let land = Land::calm();
    let service = land.service(false).await;
    let endpoint = land.endpoint(&service).await;
    let modify = || land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&endpoint);
    modify().remove_subnet_ids(&land.subnets[2]).send().await.unwrap();
    assert_eq!(land.state(&endpoint).await, "pending");
    let second = modify().add_security_group_ids(&land.application_group).send().await;
    assert_eq!(super::land::refused(second).0, "OperationInProgress");
    land.pass(301).await;
    assert_eq!(land.state(&endpoint).await, "available");
    modify().remove_subnet_ids(&land.subnets[1]).send().await.unwrap();
    assert_eq!(code(modify().send().await), "OperationInProgress");
}

#[tokio::test(start_paused = true)]
async fn groups_of_an_endpoint_change_side_by_side_without_locking_it() {
    let land = Land::calm();
    let service = land.service(false).await;
    let endpoint = land.endpoint(&service).await;
    let modify = || land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&endpoint);
    let default = land.described(&endpoint).await.groups()[0].group_id().unwrap().to_owned();
    let call = land.consumer.create_security_group().vpc_id(&land.vpc).group_name("own").description("own");
    let own = call.send().await.unwrap().group_id.unwrap();
    for group in [&land.application_group, &own] {
        modify().add_security_group_ids(group).send().await.unwrap();
        assert_eq!(land.state(&endpoint).await, "available");
    }
    modify().remove_security_group_ids(&own).send().await.unwrap();
    modify().remove_security_group_ids(&default).add_security_group_ids(&own).send().await.unwrap();
    let read = land.described(&endpoint).await;
    let groups: Vec<&str> = read.groups().iter().filter_map(|group| group.group_id()).collect();
    assert_eq!((groups, read.state().unwrap().as_str()), (vec![land.application_group.as_str(), &own], "available"));
    // With a change of subnets in the same call the endpoint is locked as by that alone.
    let both = modify().remove_subnet_ids(&land.subnets[2]).remove_security_group_ids(&own);
    both.send().await.unwrap();
    assert_eq!(land.state(&endpoint).await, "pending");
    assert_eq!(code(modify().add_security_group_ids(&own).send().await), "OperationInProgress");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn changes_before_acceptance_are_refused_unless_groups_are_read_otherwise() {
    let land = Land::calm();
    let service = land.service(true).await;
    let endpoint = land.endpoint(&service).await;
    let modify = || land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&endpoint);
    let groups = || modify().add_security_group_ids(&land.application_group).send();
    assert_eq!(code(groups().await), "IncorrectState");
    land.world.lock().settings.readings.modify_groups_before_acceptance = true;
    assert_eq!(code(modify().remove_subnet_ids(&land.subnets[0]).send().await), "IncorrectState");
    groups().await.unwrap();
    let read = land.described(&endpoint).await;
    assert_eq!((read.groups().len(), read.state.unwrap().as_str().to_owned()), (2, "pendingAcceptance".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn changes_must_fit_what_the_endpoint_has() {
    let land = Land::calm();
    let service = land.service(false).await;
    let endpoint = land.endpoint(&service).await;
    let modify = || land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&endpoint);
    let default = land.described(&endpoint).await.groups()[0].group_id().unwrap().to_owned();
    assert_eq!(code(modify().remove_security_group_ids(&land.application_group).send().await), "InvalidParameter");
    assert_eq!(code(modify().remove_security_group_ids(&default).send().await), "InvalidParameter");
    assert_eq!(code(modify().add_security_group_ids(&default).send().await), "InvalidParameter");
    assert_eq!(code(modify().add_subnet_ids(&land.subnets[0]).send().await), "InvalidParameter");
    assert_eq!(code(modify().send().await), "MissingParameter");
    assert_eq!(land.state(&endpoint).await, "available", "a refused change changes nothing");
    land.world.lock().settings.readings.present_addition_is_an_error = false;
    modify().add_security_group_ids(&default).send().await.unwrap();
    let absent = land.consumer.modify_vpc_endpoint().vpc_endpoint_id("vpce-0123456789abcdef0").send().await;
    assert_eq!(code(absent), "InvalidVpcEndpointId.NotFound");
}

#[tokio::test(start_paused = true)]
async fn the_last_subnet_may_go_and_takes_all_names_along() {
    let land = Land::calm();
    let call = land.consumer.create_vpc_endpoint().vpc_id(&land.vpc).vpc_endpoint_type(VpcEndpointType::Interface);
    let call = call.service_name("com.amazonaws.us-east-1.sqs").subnet_ids(&land.subnets[0]).private_dns_enabled(true);
    let endpoint = call.send().await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    land.pass(1200).await;
    assert_eq!(land.described(&endpoint).await.dns_entries().len(), 3, "Regional, zonal, private");
    let modify = land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&endpoint);
    modify.remove_subnet_ids(&land.subnets[0]).send().await.unwrap();
    land.pass(1200).await;
    let bare = land.described(&endpoint).await;
    assert_eq!(bare.state().map(aws_sdk_ec2::types::State::as_str), Some("available"));
    assert!(bare.dns_entries().is_empty() && bare.subnet_ids().is_empty() && bare.network_interface_ids().is_empty());
    assert_eq!(bare.private_dns_enabled(), Some(true));
}

#[tokio::test(start_paused = true)]
async fn a_group_that_was_left_is_held_until_the_change_is_in_effect() {
    let land = Land::calm();
    let service = land.service(false).await;
    let call = land.consumer.create_security_group().vpc_id(&land.vpc).group_name("own").description("own");
    let group = call.send().await.unwrap().group_id.unwrap();
    land.pass(31).await;
    let call = land.new_endpoint(&service).subnet_ids(&land.subnets[0]).security_group_ids(&group);
    let endpoint = call.send().await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    land.pass(601).await;
    let delete = || land.consumer.delete_security_group().group_id(&group).send();
    assert_eq!(code(delete().await), "DependencyViolation");
    let call = land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&endpoint).remove_security_group_ids(&group);
    call.add_security_group_ids(&land.application_group).send().await.unwrap();
    assert_eq!(code(delete().await), "DependencyViolation");
    land.pass(61).await;
    delete().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_deleted_endpoint_holds_group_and_subnet_for_a_while_and_is_listed_for_longer() {
    let land = Land::calm();
    let service = land.service(false).await;
    let call = land.new_endpoint(&service).subnet_ids(&land.subnets[0]).security_group_ids(&land.application_group);
    let endpoint = call.send().await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    land.pass(601).await;
    let live = || land.world.lock().objects(land.world.now()).into_iter().map(|object| object.kind).collect::<Vec<_>>();
    assert!(live().contains(&"endpoint") && live().contains(&"network_interface"));
    assert!(land.delete_endpoint(&endpoint).await.is_empty());
    assert_eq!(land.state(&endpoint).await, "deleting");
    let group = || land.consumer.delete_security_group().group_id(&land.application_group).send();
    let subnet = || land.consumer.delete_subnet().subnet_id(&land.subnets[0]).send();
    assert_eq!(
        (code(group().await), code(subnet().await)),
        ("DependencyViolation".into(), "DependencyViolation".into())
    );
    while land.state(&endpoint).await != "deleted" {
        land.pass(10).await;
    }
    group().await.unwrap();
    subnet().await.unwrap();
    assert!(!live().contains(&"endpoint"));
    assert_eq!(item_codes(&land.delete_endpoint(&endpoint).await), ["InvalidVpcEndpoint.NotFound"]);
    land.pass(3600).await;
    let describe = || land.consumer.describe_vpc_endpoints();
    assert_eq!(code(describe().vpc_endpoint_ids(&endpoint).send().await), "InvalidVpcEndpointId.NotFound");
    let filter = Filter::builder().name("vpc-endpoint-id").values(&endpoint).build();
    assert!(describe().filters(filter).send().await.unwrap().vpc_endpoints().is_empty());
}

#[tokio::test(start_paused = true)]
pub(crate) async fn deleting_several_endpoints_may_succeed_for_some() {
    let land = Land::calm();
    let service = land.service(false).await;
    let endpoint = land.endpoint(&service).await;
    let call = land.consumer.delete_vpc_endpoints().vpc_endpoint_ids("vpce-0123456789abcdef0");
    let answer = call.vpc_endpoint_ids(&endpoint).send().await.unwrap();
    assert_eq!(item_codes(answer.unsuccessful()), ["InvalidVpcEndpoint.NotFound"]);
    assert_eq!(land.state(&endpoint).await, "deleting");
    // The provider's side follows a little later, and then the service is free.
    land.pass(31).await;
    assert!(land.delete_service(&service.id).await.is_empty());
}

#[tokio::test(start_paused = true)]
pub(crate) async fn one_unknown_id_fails_the_list_and_the_filter_gives_the_rest() {
    let land = Land::calm();
    let service = land.service(false).await;
    let endpoint = land.endpoint(&service).await;
    let call = land.consumer.describe_vpc_endpoints().vpc_endpoint_ids(&endpoint);
    assert_eq!(code(call.vpc_endpoint_ids("vpce-0123456789abcdef0").send().await), "InvalidVpcEndpointId.NotFound");
    let filter = Filter::builder().name("vpc-endpoint-id").values(&endpoint).values("vpce-0123456789abcdef0").build();
    let listed = land.consumer.describe_vpc_endpoints().filters(filter).send().await.unwrap();
    assert_eq!(listed.vpc_endpoints().len(), 1);
    let state = |name: &str| {
        let filter = Filter::builder().name("vpc-endpoint-state").values(name).build();
        land.consumer.describe_vpc_endpoints().filters(filter).send()
    };
    assert_eq!(state("available").await.unwrap().vpc_endpoints().len(), 1);
    assert!(state("Available").await.unwrap().vpc_endpoints().is_empty());
}

#[tokio::test(start_paused = true)]
pub(crate) async fn changes_of_what_is_over_are_refused_in_every_state() {
    for state in ["rejected", "failed", "expired", "deleting"] {
        let land = Land::calm();
        let service = land.service(false).await;
        let endpoint = land.endpoint(&service).await;
        land.force("endpoint", &endpoint, &json!({"state": state}));
        let call = land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&endpoint);
        let refused = call.remove_subnet_ids(&land.subnets[0]).send().await;
        assert_eq!(code(refused), "IncorrectState", "{state}");
    }
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_state_may_go_back_for_one_read_and_an_object_vanish_from_one() {
    let (mut back, mut gone) = (0, 0);
    for seed in 0..12 {
        let settings = Settings { lag: true, ..Settings::calm() };
        let land = Land::in_world(World::new(seed, settings, 1.0));
        land.pass(60).await;
        let call = land.consumer.create_vpc_endpoint().vpc_id(&land.vpc).vpc_endpoint_type(VpcEndpointType::Interface);
        let call = call.service_name("com.amazonaws.us-east-1.sqs").subnet_ids(&land.subnets[0]);
        let made = call.private_dns_enabled(false).send().await.unwrap().vpc_endpoint.unwrap();
        let id = made.vpc_endpoint_id.unwrap();
        land.pass(11).await;
        let mut states = Vec::new();
        for _ in 0..80 {
            let read = land.consumer.describe_vpc_endpoints().vpc_endpoint_ids(&id).send().await;
            states.push(match read {
                Ok(read) => read.vpc_endpoints()[0].state().unwrap().as_str().to_owned(),
                Err(_) => code(read),
            });
            land.pass(10).await;
        }
        let arrived = states.iter().position(|state| state == "available").unwrap();
        back += states[arrived..].iter().filter(|state| *state == "pending").count();
        gone += states.iter().filter(|state| *state == "InvalidVpcEndpointId.NotFound").count();
        assert!(back + gone <= 2 * (usize::try_from(seed).unwrap() + 1), "each at most once: {states:?}");
        assert!(states.ends_with(&["available".to_owned(), "available".to_owned()]), "{states:?}");
    }
    assert!(back > 0 && gone > 0, "{back} went back, {gone} vanished");
}
