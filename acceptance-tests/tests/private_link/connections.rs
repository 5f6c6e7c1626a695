//! Connections as the service's owner sees and decides them: rules 10, 11.

use aws_sdk_ec2::types::{Filter, VpcEndpointConnection};
use serde_json::json;

use super::land::{CONSUMER, Land, Service, code, item_codes};

async fn connections(land: &Land, service: &Service) -> Vec<VpcEndpointConnection> {
    let filter = Filter::builder().name("service-id").values(&service.id).build();
    let call = land.provider.describe_vpc_endpoint_connections().filters(filter);
    call.send().await.unwrap().vpc_endpoint_connections.unwrap_or_default()
}

async fn states(land: &Land, service: &Service) -> Vec<String> {
    let all = connections(land, service).await;
    all.into_iter().map(|entry| entry.vpc_endpoint_state.unwrap().as_str().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_connection_shows_late_and_accepting_shows_at_the_provider_first() {
    let land = Land::calm();
    let service = land.service(true).await;
    let made = land.new_endpoint(&service).subnet_ids(&land.subnets[0]).send().await.unwrap().vpc_endpoint.unwrap();
    let endpoint = made.vpc_endpoint_id.unwrap();
    assert!(connections(&land, &service).await.is_empty());
    assert_eq!(item_codes(&land.accept(&service, &endpoint).await), ["InvalidVpcEndpoint.NotFound"]);
    land.pass(31).await;
    let shown = connections(&land, &service).await;
    assert_eq!(shown[0].vpc_endpoint_owner(), Some(CONSUMER));
    assert_eq!(shown[0].network_load_balancer_arns(), std::slice::from_ref(&service.load_balancer));
    assert_eq!(states(&land, &service).await, ["pendingAcceptance"]);
    assert!(land.accept(&service, &endpoint).await.is_empty());
    assert_eq!(states(&land, &service).await, ["pending"]);
    assert_eq!(land.state(&endpoint).await, "pendingAcceptance");
    land.pass(151).await;
    assert_eq!(
        (states(&land, &service).await[0].as_str(), land.state(&endpoint).await.as_str()),
        ("available", "available")
    );
}

#[tokio::test(start_paused = true)]
pub(crate) async fn only_waiting_connections_can_be_accepted_and_other_ids_are_items() {
    let land = Land::calm();
    let service = land.service(true).await;
    let endpoint = land.endpoint(&service).await;
    let call = land.provider.accept_vpc_endpoint_connections().service_id(&service.id);
    let mixed = call.vpc_endpoint_ids("vpce-0123456789abcdef0").vpc_endpoint_ids(&endpoint).send().await.unwrap();
    assert_eq!(item_codes(mixed.unsuccessful()), ["InvalidVpcEndpoint.NotFound"]);
    assert_eq!(states(&land, &service).await, ["pending"]);
    assert_eq!(item_codes(&land.accept(&service, &endpoint).await), ["IncorrectState"]);
    land.world.lock().settings.readings.accept_again_is_an_error = false;
    assert!(land.accept(&service, &endpoint).await.is_empty());
    let other = land.provider.accept_vpc_endpoint_connections().service_id("vpce-svc-0123456789abcdef0");
    assert_eq!(code(other.vpc_endpoint_ids(&endpoint).send().await), "InvalidVpcEndpointServiceId.NotFound");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_rejection_is_final_and_the_endpoint_stays() {
    let land = Land::calm();
    let service = land.service(true).await;
    for accept_first in [false, true] {
        let endpoint = land.endpoint(&service).await;
        if accept_first {
            land.accept(&service, &endpoint).await;
        }
        assert!(land.reject(&service, &endpoint).await.is_empty());
        land.pass(601).await;
        assert_eq!(land.state(&endpoint).await, "rejected");
        assert_eq!(item_codes(&land.reject(&service, &endpoint).await), ["IncorrectState"]);
        assert_eq!(item_codes(&land.accept(&service, &endpoint).await), ["IncorrectState"]);
        let call = land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&endpoint);
        let modified = call.add_security_group_ids(&land.application_group).send().await;
        assert_eq!(code(modified), "IncorrectState");
    }
    let rejected = states(&land, &service).await;
    assert_eq!(rejected, ["rejected", "rejected"]);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_connection_can_be_accepted_where_that_is_read_so() {
    let land = Land::calm();
    land.world.lock().settings.readings.accept_after_reject = true;
    let service = land.service(true).await;
    let endpoint = land.endpoint(&service).await;
    land.reject(&service, &endpoint).await;
    assert!(land.accept(&service, &endpoint).await.is_empty());
    land.pass(151).await;
    assert_eq!(land.state(&endpoint).await, "available");
}

#[tokio::test(start_paused = true)]
async fn the_filter_by_endpoint_id_is_refused_unless_read_otherwise() {
    let land = Land::calm();
    let service = land.service(true).await;
    let endpoint = land.endpoint(&service).await;
    let list = |name: &str, value: &str| {
        let filter = Filter::builder().name(name).values(value).build();
        land.provider.describe_vpc_endpoint_connections().filters(filter).send()
    };
    assert_eq!(code(list("vpc-endpoint-id", &endpoint).await), "InvalidParameterValue");
    land.world.lock().settings.readings.connection_id_filter_is_refused = false;
    assert_eq!(list("vpc-endpoint-id", &endpoint).await.unwrap().vpc_endpoint_connections().len(), 1);
    assert_eq!(list("vpc-endpoint-state", "pendingAcceptance").await.unwrap().vpc_endpoint_connections().len(), 1);
    assert!(list("vpc-endpoint-state", "PendingAcceptance").await.unwrap().vpc_endpoint_connections().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_deleted_a_moment_ago_is_not_brought_back_by_its_acceptance() {
    let land = Land::calm();
    let service = land.service(true).await;
    let (first, second) = (land.endpoint(&service).await, land.endpoint(&service).await);
    land.delete_endpoint(&first).await;
    land.delete_endpoint(&second).await;
    assert_eq!(states(&land, &service).await, ["pendingAcceptance", "pendingAcceptance"]);
    assert_eq!(item_codes(&land.accept(&service, &first).await), ["IncorrectState"]);
    assert!(land.reject(&service, &second).await.is_empty());
    land.pass(31).await;
    assert_eq!(states(&land, &service).await, ["deleting", "deleting"]);
    assert_eq!((land.state(&first).await, land.state(&second).await), ("deleting".into(), "deleting".into()));
}

#[tokio::test(start_paused = true)]
async fn the_services_owner_tags_connections_and_permissions() {
    let land = Land::calm();
    let service = land.service(true).await;
    land.endpoint(&service).await;
    let connection = connections(&land, &service).await[0].vpc_endpoint_connection_id().unwrap().to_owned();
    let call = land.provider.describe_vpc_endpoint_service_permissions().service_id(&service.id);
    let permission = call.send().await.unwrap().allowed_principals()[0].service_permission_id().unwrap().to_owned();
    let tag = aws_sdk_ec2::types::Tag::builder().key("team").value("payments").build();
    let tags = || land.provider.create_tags().resources(&connection).resources(&permission).tags(tag.clone());
    tags().send().await.unwrap();
    assert_eq!(connections(&land, &service).await[0].tags(), std::slice::from_ref(&tag));
    let foreign = land.consumer.create_tags().resources(&connection).tags(tag.clone()).send().await;
    assert!(foreign.is_err());
}

#[tokio::test(start_paused = true)]
async fn states_can_be_forced() {
    let land = Land::calm();
    let service = land.service(false).await;
    let endpoint = land.endpoint(&service).await;
    land.force(
        "endpoint",
        &endpoint,
        &json!({"state": "failed", "failure": {"code": "Oops", "message": "broken inside"}}),
    );
    let read = land.described(&endpoint).await;
    assert_eq!(read.state.unwrap().as_str(), "failed");
    assert_eq!(read.last_error.unwrap().code(), Some("Oops"));
    assert_eq!(states(&land, &service).await, ["failed"]);
    land.force("connection", &endpoint, &json!({"state": "available"}));
    assert_eq!(states(&land, &service).await, ["available"]);
    let now = land.world.now();
    let unknown = json!({"state": "odd"});
    assert!(land.world.lock().force(now, "endpoint", &endpoint, unknown.as_object().unwrap()).is_err());
    let root = format!("arn:aws:iam::{CONSUMER}:root");
    land.force("endpoint_service", &service.id, &json!({"removed_principal": root}));
    assert_eq!(code(land.new_endpoint(&service).send().await), "InvalidServiceName");
}
