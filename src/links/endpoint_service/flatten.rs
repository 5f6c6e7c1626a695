//! What AWS says of a service, as our state.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{PrivateDnsNameConfiguration, ServiceConfiguration};

use super::diff::{is, own_region, private_dns_record};
use super::{PrivateDnsRecord, State};
use crate::aws::Tags;
use crate::engine::Observed;
use crate::gather::Gather as _;

/// The state; `arn` and the user's tags come from the caller, who knows account and Region.
pub(super) fn state(service: &ServiceConfiguration, arn: Option<String>, tags: Tags) -> State {
    let service_name = service.service_name().unwrap_or_default().to_owned();
    let own = own_region(&service_name).map(str::to_owned);
    let regions = service.supported_regions().iter().filter(|region| {
        let word = region.service_state().unwrap_or_default();
        !is(word, "Deleting") && !is(word, "Deleted") && !is(word, "Closed") && !is(word, "Failed")
    });
    // A service without a private name has an empty configuration, and may have an empty name.
    let private_dns_name = service.private_dns_name().filter(|name| !name.is_empty()).map(str::to_owned);
    let configuration = service.private_dns_name_configuration().filter(|_| private_dns_name.is_some());
    State {
        id: service.service_id().unwrap_or_default().to_owned(),
        arn,
        service_state: service.service_state().map(|word| word.as_str().to_owned()).unwrap_or_default(),
        load_balancer_arns: owned(service.network_load_balancer_arns()),
        acceptance_required: service.acceptance_required().unwrap_or(true),
        private_dns_record: private_dns_name.as_deref().zip(configuration).and_then(record),
        private_dns_state: configuration
            .and_then(PrivateDnsNameConfiguration::state)
            .map(|word| word.as_str().to_owned()),
        private_dns_name,
        supported_ip_address_types: service
            .supported_ip_address_types()
            .iter()
            .map(|kind| kind.as_str().to_ascii_lowercase())
            .collect(),
        supported_regions: regions
            .filter_map(|region| region.region().map(str::to_owned))
            .filter(|region| Some(region) != own.as_ref())
            .collect(),
        availability_zones: Some(owned(service.availability_zones())),
        availability_zone_ids: Some(owned(service.availability_zone_ids())),
        base_endpoint_dns_names: owned(service.base_endpoint_dns_names()),
        service_name,
        force_destroy: false,
        named: None,
        tags,
    }
}

/// The Regions that AWS is still opening.
pub(super) fn opening_regions(service: &ServiceConfiguration) -> Vec<&str> {
    let regions = service.supported_regions().iter();
    regions
        .filter(|region| is(region.service_state().unwrap_or_default(), "Pending"))
        .filter_map(|r| r.region())
        .collect()
}

/// Judges a service that was read, against what is recorded of it.
pub(super) fn observe(recorded: &State, seen: State, opening: &[&str]) -> Observed<State> {
    if is(&seen.service_state, "Deleted") {
        return Observed::Absent;
    }
    if is(&seen.service_state, "Failed") {
        let reason = format!("the endpoint service {} is {}", seen.id, seen.service_state);
        return Observed::Failed { state: seen, reason };
    }
    if !is(&seen.service_state, "Available") {
        let status = seen.service_state.clone();
        return Observed::Pending { state: seen, status };
    }
    // A name set a moment ago: AWS may show the old one, or none, or no record yet.
    let unseen = recorded.private_dns_name.is_some() && recorded.private_dns_record.is_none();
    if unseen && seen.private_dns_name != recorded.private_dns_name {
        let mut state = seen;
        state.private_dns_name.clone_from(&recorded.private_dns_name);
        (state.private_dns_record, state.private_dns_state) = (None, None);
        return Observed::Pending { state, status: "setting the private DNS name".into() };
    }
    if seen.private_dns_name.is_some() && seen.private_dns_record.is_none() {
        return Observed::Pending { state: seen, status: "preparing the record of the private DNS name".into() };
    }
    if !opening.is_empty() {
        let status = format!("opening {}", opening.join(", "));
        return Observed::Pending { state: seen, status };
    }
    Observed::Ready(seen)
}

fn record((private_name, configuration): (&str, &PrivateDnsNameConfiguration)) -> Option<PrivateDnsRecord> {
    let (label, value) = (configuration.name()?, configuration.value()?);
    let record_type = configuration.r#type().unwrap_or("TXT");
    (!label.is_empty() && !value.is_empty()).then(|| private_dns_record(private_name, label, record_type, value))
}

fn owned(items: &[String]) -> BTreeSet<String> {
    items.iter().cloned().gather()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{DnsNameState, ServiceConnectivityType, ServiceState, SupportedRegionDetail};

    use super::*;

    fn service() -> aws_sdk_ec2::types::builders::ServiceConfigurationBuilder {
        ServiceConfiguration::builder()
            .service_id("vpce-svc-01")
            .service_name("com.amazonaws.vpce.eu-west-1.vpce-svc-01")
            .service_state(ServiceState::Available)
            .acceptance_required(false)
            .network_load_balancer_arns("arn:a")
            .supported_ip_address_types(ServiceConnectivityType::Ipv4)
            .availability_zones("eu-west-1a")
            .availability_zone_ids("euw1-az1")
            .base_endpoint_dns_names("vpce-svc-01.eu-west-1.vpce.amazonaws.com")
    }

    fn named(label: &str) -> ServiceConfiguration {
        let pair = PrivateDnsNameConfiguration::builder()
            .name(label)
            .value("vpce:token")
            .r#type("TXT")
            .state(DnsNameState::PendingVerification);
        service().private_dns_name("*.example.dev").private_dns_name_configuration(pair.build()).build()
    }

    fn seen(service: &ServiceConfiguration) -> State {
        state(service, Some("arn:service".into()), Tags::new())
    }

    #[test]
    fn a_service_without_private_name_has_neither_record_nor_state() {
        let bare = service().private_dns_name_configuration(PrivateDnsNameConfiguration::builder().build()).build();
        let state = seen(&bare);
        assert_eq!((state.private_dns_name, state.private_dns_record, state.private_dns_state), (None, None, None));
        assert!(!state.acceptance_required);
        assert_eq!(state.availability_zone_ids, Some(["euw1-az1".to_owned()].into()));
    }

    #[test]
    fn the_record_of_a_wildcard_stands_under_its_parent() {
        let state = seen(&named("_abc"));
        let record = state.private_dns_record.unwrap();
        assert_eq!((record.name.as_str(), record.record_type.as_str()), ("_abc.example.dev", "TXT"));
        assert_eq!(state.private_dns_state.as_deref(), Some("pendingVerification"));
    }

    #[test]
    fn regions_that_left_and_the_own_one_are_not_listed() {
        let region = |name: &str, word: &str| SupportedRegionDetail::builder().region(name).service_state(word).build();
        let service = service()
            .supported_regions(region("eu-west-1", "Available"))
            .supported_regions(region("us-east-1", "Available"))
            .supported_regions(region("us-east-2", "Pending"))
            .supported_regions(region("us-west-1", "Closed"))
            .supported_regions(region("us-west-2", "Deleting"))
            .build();
        assert_eq!(seen(&service).supported_regions, ["us-east-1".to_owned(), "us-east-2".to_owned()].into());
        let opening = opening_regions(&service);
        assert_eq!(opening, ["us-east-2"]);
        let observed = observe(&State::default(), seen(&service), &opening);
        assert!(matches!(observed, Observed::Pending { status, .. } if status.contains("us-east-2")));
    }

    #[test]
    fn states_are_told_apart_whatever_their_case() {
        for (word, expected) in
            [("Pending", "pending"), ("pending", "pending"), ("Deleting", "pending"), ("Deleted", "absent")]
                .into_iter()
                .chain([("Failed", "failed"), ("Available", "ready"), ("available", "ready")])
        {
            let service = service().service_state(ServiceState::from(word)).build();
            let found = match observe(&State::default(), seen(&service), &[]) {
                Observed::Absent => "absent",
                Observed::Pending { .. } => "pending",
                Observed::Ready(_) => "ready",
                Observed::Failed { .. } => "failed",
            };
            assert_eq!(found, expected, "{word}");
        }
    }

    #[test]
    fn a_new_private_name_is_pending_until_its_own_pair_is_shown() {
        let asked = State { private_dns_name: Some("new.example.dev".into()), ..State::default() };
        let Observed::Pending { state, .. } = observe(&asked, seen(&named("_old")), &[]) else { panic!("not pending") };
        assert_eq!(state.private_dns_name.as_deref(), Some("new.example.dev"));
        assert_eq!(state.private_dns_record, None, "the old pair is never taken for the new one");

        let asked = State { private_dns_name: Some("*.example.dev".into()), ..State::default() };
        assert!(matches!(observe(&asked, seen(&named("")), &[]), Observed::Pending { .. }));
        assert!(matches!(observe(&asked, seen(&named("_abc")), &[]), Observed::Ready(_)));
    }
}
