//! Allowed principals: rules 21, 36, 37.

use acceptance_tests::simulator::settings::Settings;
use serde_json::json;

use super::land::{CONSUMER, Land, Service, code, refused};

async fn principals(land: &Land, service: &Service) -> Vec<(String, String, String)> {
    let call = land.provider.describe_vpc_endpoint_service_permissions().service_id(&service.id);
    let listed = call.send().await.unwrap().allowed_principals.unwrap_or_default();
    let one = |entry: aws_sdk_ec2::types::AllowedPrincipal| {
        let kind = entry.principal_type.unwrap().as_str().to_owned();
        (kind, entry.principal.unwrap(), entry.service_permission_id.unwrap())
    };
    listed.into_iter().map(one).collect()
}

#[tokio::test(start_paused = true)]
pub(crate) async fn only_documented_principals_are_taken() {
    let land = Land::calm();
    let service = land.service(true).await;
    let add = |principal: &str| {
        let call = land.provider.modify_vpc_endpoint_service_permissions().service_id(&service.id);
        call.add_allowed_principals(principal).send()
    };
    for principal in [
        "arn:aws:organizations::111111111111:organization/o-abcdefghij",
        "arn:aws:sts::222222222222:assumed-role/app/session",
        "arn:aws:iam::222222222222:role/path/app",
        "nobody",
    ] {
        let (code, message) = refused(add(principal).await);
        assert_eq!((code.as_str(), message), ("InvalidPrincipal", format!("Invalid Principal: '{principal}'")));
    }
    let gone = "arn:aws:iam::222222222222:role/gone";
    land.force("principal", gone, &json!({"exists": false}));
    assert_eq!(code(add(gone).await), "InvalidPrincipal");
    land.force("principal", gone, &json!({"exists": true}));
    add(gone).await.unwrap();
    land.world.lock().settings.readings.organization_principals = true;
    add("arn:aws:organizations::111111111111:organization/o-abcdefghij").await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn principals_are_a_set_with_stable_ids() {
    let land = Land::calm();
    let service = land.service(true).await;
    let modify = || land.provider.modify_vpc_endpoint_service_permissions().service_id(&service.id);
    let root = format!("arn:aws:iam::{CONSUMER}:root");
    let before = principals(&land, &service).await;
    assert_eq!((before[0].0.as_str(), before[0].1.as_str()), ("Account", root.as_str()));
    // An account id is stored as its root: nothing new.
    let again = modify().add_allowed_principals(CONSUMER).add_allowed_principals(&root).send().await.unwrap();
    assert!(again.added_principals().is_empty());
    assert_eq!(principals(&land, &service).await, before);
    let added = modify().add_allowed_principals("*").send().await.unwrap();
    assert!(added.added_principals()[0].service_permission_id().unwrap().starts_with("vpce-svc-perm-"));
    modify().remove_allowed_principals(&root).remove_allowed_principals("333333333333").send().await.unwrap();
    let left = principals(&land, &service).await;
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].0.as_str(), left[0].1.as_str()), ("All", "*"));
    assert_eq!(code(modify().send().await), "MissingParameter");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_role_admits_only_itself_and_the_root_everybody_of_its_account() {
    let land = Land::calm();
    let service = land.service(true).await;
    let modify = || land.provider.modify_vpc_endpoint_service_permissions().service_id(&service.id);
    let root = format!("arn:aws:iam::{CONSUMER}:root");
    let role = format!("arn:aws:iam::{CONSUMER}:role/app");
    modify().remove_allowed_principals(&root).add_allowed_principals(role).send().await.unwrap();
    land.pass(61).await;
    assert_eq!(code(land.new_endpoint(&service).send().await), "InvalidServiceName");
    let user = format!("arn:aws:iam::{CONSUMER}:user/terraform");
    modify().add_allowed_principals(user).send().await.unwrap();
    land.pass(61).await;
    land.new_endpoint(&service).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_permission_acts_at_once() {
    let land = Land::calm();
    let service = land.service(true).await;
    let root = format!("arn:aws:iam::{CONSUMER}:root");
    let modify = || land.provider.modify_vpc_endpoint_service_permissions().service_id(&service.id);
    modify().remove_allowed_principals(&root).send().await.unwrap();
    assert_eq!(code(land.new_endpoint(&service).send().await), "InvalidServiceName");
    modify().add_allowed_principals(&root).send().await.unwrap();
    land.new_endpoint(&service).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn another_account_meets_a_permission_two_seconds_late_at_most_where_replicas_lag() {
    let land = Land::calm();
    let service = land.service(true).await;
    let settings = Settings { lag: true, longest: true, ..Settings::calm() };
    land.world.lock().settings = settings;
    let root = format!("arn:aws:iam::{CONSUMER}:root");
    let modify = || land.provider.modify_vpc_endpoint_service_permissions().service_id(&service.id);
    modify().remove_allowed_principals(&root).send().await.unwrap();
    modify().add_allowed_principals(&root).send().await.unwrap();
    assert_eq!(code(land.new_endpoint(&service).send().await), "InvalidServiceName");
    land.pass(2).await;
    land.new_endpoint(&service).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_removed_principal_keeps_its_connections_unless_the_reading_says_otherwise() {
    for disconnects in [false, true] {
        let land = Land::calm();
        land.world.lock().settings.readings.removed_principal_disconnects = disconnects;
        let service = land.service(false).await;
        let endpoint = land.endpoint(&service).await;
        let call = land.provider.modify_vpc_endpoint_service_permissions().service_id(&service.id);
        call.remove_allowed_principals(format!("arn:aws:iam::{CONSUMER}:root")).send().await.unwrap();
        land.pass(61).await;
        let expected = if disconnects { "rejected" } else { "available" };
        assert_eq!(land.state(&endpoint).await, expected);
        assert_eq!(code(land.new_endpoint(&service).send().await), "InvalidServiceName");
    }
}

#[tokio::test(start_paused = true)]
async fn the_own_account_needs_no_permission_and_its_request_waits_all_the_same() {
    let land = Land::calm();
    let service = land.service(true).await;
    let root = format!("arn:aws:iam::{CONSUMER}:root");
    let modify = || land.provider.modify_vpc_endpoint_service_permissions().service_id(&service.id);
    modify().remove_allowed_principals(root).send().await.unwrap();
    assert!(principals(&land, &service).await.is_empty());
    let own = || {
        let call = land.provider.create_vpc_endpoint().vpc_id(&land.provider_vpc);
        call.vpc_endpoint_type("Interface".into()).service_name(&service.name).send()
    };
    let made = own().await.unwrap().vpc_endpoint.unwrap();
    assert_eq!(made.state.unwrap().as_str(), "pendingAcceptance");
    let seen = land.provider.describe_vpc_endpoint_services().service_names(&service.name).send().await.unwrap();
    assert_eq!(seen.service_names().first(), Some(&service.name));
    // Nobody else gets in by that.
    assert_eq!(code(land.new_endpoint(&service).send().await), "InvalidServiceName");
}

#[tokio::test(start_paused = true)]
async fn a_star_admits_everybody() {
    let land = Land::calm();
    let service = land.service(true).await;
    let root = format!("arn:aws:iam::{CONSUMER}:root");
    let modify = || land.provider.modify_vpc_endpoint_service_permissions().service_id(&service.id);
    modify().remove_allowed_principals(root).add_allowed_principals("*").send().await.unwrap();
    land.new_endpoint(&service).send().await.unwrap();
}
