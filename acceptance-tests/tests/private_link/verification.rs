//! Proving a private name: rule 39.

use aws_sdk_ec2::types::DnsNameState;
use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType, Vpc, VpcRegion,
};

use super::land::{Land, Service, code};

async fn service_with_name(land: &Land, name: &str) -> Service {
    let service = land.service(true).await;
    let call = land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    call.private_dns_name(name).send().await.unwrap();
    service
}

async fn pair(land: &Land, service: &Service) -> (String, String) {
    let pair = land.configuration(&service.id).await.private_dns_name_configuration.unwrap();
    (pair.name.unwrap(), pair.value.unwrap())
}

async fn state(land: &Land, service: &Service) -> DnsNameState {
    land.configuration(&service.id).await.private_dns_name_configuration.unwrap().state.unwrap()
}

async fn change(land: &Land, zone: &str, action: ChangeAction, name: &str, value: &str) {
    let record = ResourceRecordSet::builder()
        .name(name)
        .r#type(RrType::Txt)
        .ttl(60)
        .resource_records(ResourceRecord::builder().value(format!("\"{value}\"")).build().unwrap())
        .build()
        .unwrap();
    let change = Change::builder().action(action).resource_record_set(record).build().unwrap();
    let batch = ChangeBatch::builder().changes(change).build().unwrap();
    land.provider_dns.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch).send().await.unwrap();
    land.pass(601).await;
}

async fn start(land: &Land, service: &Service) {
    let call = land.provider.start_vpc_endpoint_service_private_dns_verification().service_id(&service.id);
    call.send().await.unwrap();
    land.pass(901).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_is_proven_at_the_label_at_the_label_of_a_parent_or_bare() {
    for place in ["label.api.example.dev", "label.example.dev", "api.example.dev"] {
        let land = Land::calm();
        let service = service_with_name(&land, "api.example.dev").await;
        let (label, value) = pair(&land, &service).await;
        let zone = land.public_zone.clone();
        change(&land, &zone, ChangeAction::Create, &place.replace("label", &label), &value).await;
        assert_eq!(state(&land, &service).await, DnsNameState::PendingVerification);
        start(&land, &service).await;
        assert_eq!(state(&land, &service).await, DnsNameState::Verified, "{place}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_start_aws_comes_by_much_later() {
    let land = Land::calm();
    let service = service_with_name(&land, "api.example.dev").await;
    let (label, value) = pair(&land, &service).await;
    let zone = land.public_zone.clone();
    change(&land, &zone, ChangeAction::Create, &format!("{label}.api.example.dev"), &value).await;
    land.pass(24 * 3600).await;
    assert_eq!(state(&land, &service).await, DnsNameState::Verified);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn another_value_another_place_and_a_private_zone_prove_nothing() {
    let land = Land::calm();
    let service = service_with_name(&land, "api.example.dev").await;
    let (label, value) = pair(&land, &service).await;
    let zone = land.public_zone.clone();
    change(&land, &zone, ChangeAction::Create, &format!("{label}.api.example.dev"), &value.to_lowercase()).await;
    change(&land, &zone, ChangeAction::Create, &format!("{label}.other.example.dev"), &value).await;
    let vpc = Vpc::builder().vpc_id(&land.provider_vpc).vpc_region(VpcRegion::UsEast1).build();
    let call = land.provider_dns.create_hosted_zone().name("api.example.dev").caller_reference("private").vpc(vpc);
    let private = call.send().await.unwrap().hosted_zone.unwrap().id;
    land.pass(601).await;
    change(&land, &private, ChangeAction::Create, &format!("{label}.api.example.dev"), &value).await;
    start(&land, &service).await;
    assert_eq!(state(&land, &service).await, DnsNameState::PendingVerification);
    land.pass(3600).await;
    assert_eq!(state(&land, &service).await, DnsNameState::Failed);
    // Failed is not final: mend the record and start again.
    change(&land, &zone, ChangeAction::Upsert, &format!("{label}.api.example.dev"), &value).await;
    start(&land, &service).await;
    assert_eq!(state(&land, &service).await, DnsNameState::Verified);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_record_lost_later_takes_the_proof_back() {
    let land = Land::calm();
    let service = service_with_name(&land, "api.example.dev").await;
    let (label, value) = pair(&land, &service).await;
    let (zone, name) = (land.public_zone.clone(), format!("{label}.api.example.dev"));
    change(&land, &zone, ChangeAction::Create, &name, &value).await;
    start(&land, &service).await;
    change(&land, &zone, ChangeAction::Delete, &name, &value).await;
    assert_eq!(state(&land, &service).await, DnsNameState::Verified);
    land.pass(24 * 3600).await;
    assert_ne!(state(&land, &service).await, DnsNameState::Verified);
}

#[tokio::test(start_paused = true)]
async fn a_record_counts_as_it_was_when_the_check_was_due() {
    let land = Land::calm();
    let service = service_with_name(&land, "api.example.dev").await;
    let (label, value) = pair(&land, &service).await;
    let (zone, name) = (land.public_zone.clone(), format!("{label}.api.example.dev"));
    change(&land, &zone, ChangeAction::Create, &name, &value).await;
    let call = land.provider.start_vpc_endpoint_service_private_dns_verification().service_id(&service.id);
    call.send().await.unwrap();
    land.pass(901).await;
    // Nobody looked meanwhile; the check was made all the same, before this removal.
    change(&land, &zone, ChangeAction::Delete, &name, &value).await;
    assert_eq!(state(&land, &service).await, DnsNameState::Verified);
}

#[tokio::test(start_paused = true)]
async fn a_service_without_a_name_has_nothing_to_prove() {
    let land = Land::calm();
    let service = land.service(true).await;
    let start = |id: &str| land.provider.start_vpc_endpoint_service_private_dns_verification().service_id(id).send();
    assert_eq!(code(start(&service.id).await), "InvalidParameter");
    assert_eq!(code(start("vpce-svc-0123456789abcdef0").await), "InvalidVpcEndpointServiceId.NotFound");
}
