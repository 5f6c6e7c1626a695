//! What of a service differs from what is wanted, and what an update makes of it. Pure.

use std::collections::BTreeSet;

use super::{PrivateDnsRecord, Spec, State, Zones};
use crate::aws::tags;
use crate::engine::{Change, Field};
use crate::gather::Gather as _;

pub(super) const LOAD_BALANCERS: Field = "load_balancer_arns";
pub(super) const ACCEPTANCE: Field = "acceptance_required";
pub(super) const PRIVATE_NAME: Field = "private_dns_name";
pub(super) const ADDRESS_TYPES: Field = "supported_ip_address_types";
pub(super) const REGIONS: Field = "supported_regions";
pub(super) const ZONES: Field = "availability_zones";
pub(super) const TAGS: Field = "tags";
pub(super) const FORCE: Field = "force_destroy";
const SERVICE_STATE: Field = "service_state";

/// The service's own state in lower case, because AWS does not spell states alike everywhere.
pub(super) fn is(state: &str, word: &str) -> bool {
    state.eq_ignore_ascii_case(word)
}

pub(super) fn diff(spec: &Spec, state: &State) -> Change {
    // It will never work again, or is on its way out by somebody else's hand.
    if is(&state.service_state, "Failed") || is(&state.service_state, "Deleting") {
        return Change::ReplaceAll(vec![SERVICE_STATE]);
    }
    let compared = [
        (LOAD_BALANCERS, spec.load_balancer_arns != state.load_balancer_arns),
        (ACCEPTANCE, spec.acceptance_required != state.acceptance_required),
        (PRIVATE_NAME, spec.private_dns_name != state.private_dns_name),
        (ADDRESS_TYPES, spec.supported_ip_address_types != state.supported_ip_address_types),
        (REGIONS, further_regions(spec, state) != state.supported_regions),
        (ZONES, zones_differ(spec, state)),
        (TAGS, spec.tags != state.tags || tags::is_outdated(state.named.as_ref(), &spec.base_name)),
        (FORCE, spec.force_destroy != state.force_destroy),
    ];
    let fields: Vec<Field> = compared.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect();
    if fields.is_empty() { Change::None } else { Change::Update(fields) }
}

/// Whether AWS has to take the zones of the load balancers anew. Binding others brings theirs.
fn zones_differ(spec: &Spec, state: &State) -> bool {
    if spec.load_balancer_arns != state.load_balancer_arns {
        return false;
    }
    match (&spec.zones, &state.availability_zones) {
        (Zones::Any, _) | (_, None) => false,
        (Zones::Changing, Some(_)) => true,
        (Zones::Exactly(wanted), Some(found)) => wanted != found,
    }
}

/// The wanted Regions without the service's own, which is always among them.
pub(super) fn further_regions(spec: &Spec, state: &State) -> BTreeSet<String> {
    let own = own_region(&state.service_name);
    spec.supported_regions.iter().filter(|region| Some(region.as_str()) != own).cloned().gather()
}

/// The Region in `com.amazonaws.vpce.<region>.<id>`.
pub(super) fn own_region(service_name: &str) -> Option<&str> {
    let (head, _id) = service_name.rsplit_once('.')?;
    let (_prefix, region) = head.rsplit_once('.')?;
    Some(region)
}

pub(super) fn forecast(spec: &Spec, state: &State) -> State {
    let mut next = State {
        load_balancer_arns: spec.load_balancer_arns.clone(),
        acceptance_required: spec.acceptance_required,
        private_dns_name: spec.private_dns_name.clone(),
        supported_ip_address_types: spec.supported_ip_address_types.clone(),
        supported_regions: further_regions(spec, state),
        named: tags::named(state.named.as_ref(), &spec.base_name, spec.tags != state.tags),
        tags: spec.tags.clone(),
        force_destroy: spec.force_destroy,
        ..state.clone()
    };
    if spec.private_dns_name != state.private_dns_name {
        next.private_dns_record = None;
    }
    // AWS may move any state but `verified` while the update runs.
    let is_verified = state.private_dns_state.as_deref().is_some_and(|word| is(word, "verified"));
    if spec.private_dns_name != state.private_dns_name || !is_verified {
        next.private_dns_state = None;
    }
    if spec.load_balancer_arns != state.load_balancer_arns || zones_differ(spec, state) {
        next.availability_zones = None;
        next.availability_zone_ids = None;
    }
    next
}

/// The record to publish, from what AWS says of a private name.
///
/// AWS gives the label alone. For `*.x` the record stands under `x`.
pub(super) fn private_dns_record(private_name: &str, label: &str, record_type: &str, value: &str) -> PrivateDnsRecord {
    let domain = private_name.strip_prefix("*.").unwrap_or(private_name).trim_end_matches('.');
    let suffix = format!(".{domain}");
    let name = if label.ends_with(&suffix) { label.to_owned() } else { format!("{label}{suffix}") };
    PrivateDnsRecord { name, record_type: record_type.to_owned(), value: value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Edit = fn(&mut Spec);

    fn set<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
        items.map(str::to_owned).into()
    }

    fn spec() -> Spec {
        Spec {
            load_balancer_arns: set(["arn:a"]),
            acceptance_required: true,
            private_dns_name: Some("orders.example.dev".into()),
            supported_ip_address_types: set(["ipv4"]),
            supported_regions: set(["eu-west-1", "us-east-1"]),
            zones: Zones::Any,
            force_destroy: false,
            base_name: "orders".into(),
            tags: [("Team".to_owned(), "orders".to_owned())].into(),
        }
    }

    fn state() -> State {
        State {
            id: "vpce-svc-01".into(),
            arn: Some("arn:service".into()),
            service_name: "com.amazonaws.vpce.eu-west-1.vpce-svc-01".into(),
            service_state: "Available".into(),
            load_balancer_arns: set(["arn:a"]),
            acceptance_required: true,
            private_dns_name: Some("orders.example.dev".into()),
            private_dns_record: Some(PrivateDnsRecord::default()),
            private_dns_state: Some("verified".into()),
            supported_ip_address_types: set(["ipv4"]),
            supported_regions: set(["us-east-1"]),
            availability_zones: Some(set(["eu-west-1a"])),
            availability_zone_ids: Some(set(["euw1-az1"])),
            base_endpoint_dns_names: set(["vpce-svc-01.eu-west-1.vpce.amazonaws.com"]),
            force_destroy: false,
            named: Some("orders".into()),
            tags: [("Team".to_owned(), "orders".to_owned())].into(),
        }
    }

    #[test]
    fn what_was_made_as_wanted_shows_no_difference() {
        assert_eq!(diff(&spec(), &state()), Change::None);
    }

    #[test]
    fn every_setting_is_compared_and_changed_in_place() {
        let table: [(Field, Edit); 7] = [
            (LOAD_BALANCERS, |spec| spec.load_balancer_arns = set(["arn:b"])),
            (ACCEPTANCE, |spec| spec.acceptance_required = false),
            (PRIVATE_NAME, |spec| spec.private_dns_name = None),
            (ADDRESS_TYPES, |spec| spec.supported_ip_address_types = set(["ipv4", "ipv6"])),
            (REGIONS, |spec| spec.supported_regions = set([])),
            (TAGS, |spec| spec.tags.clear()),
            (FORCE, |spec| spec.force_destroy = true),
        ];
        for (field, edit) in table {
            let mut spec = spec();
            edit(&mut spec);
            assert_eq!(diff(&spec, &state()), Change::Update(vec![field]));
            let next = forecast(&spec, &state());
            assert_eq!(diff(&spec, &next), Change::None, "a forecast of {field} is as wanted");
            assert_eq!((&next.id, &next.service_name), (&state().id, &state().service_name));
        }
    }

    #[test]
    fn several_differences_are_one_update() {
        let mut spec = spec();
        spec.acceptance_required = false;
        spec.tags.clear();
        assert_eq!(diff(&spec, &state()), Change::Update(vec![ACCEPTANCE, TAGS]));
    }

    #[test]
    fn zones_of_the_load_balancers_are_taken_over_where_they_differ() {
        let wants = |zones: Zones| Spec { zones, ..spec() };
        let same = wants(Zones::Exactly(set(["eu-west-1a"])));
        assert_eq!(diff(&same, &state()), Change::None);
        assert_eq!(forecast(&same, &state()), state());
        for zones in [Zones::Changing, Zones::Exactly(set(["eu-west-1a", "eu-west-1b"]))] {
            let wanted = wants(zones);
            assert_eq!(diff(&wanted, &state()), Change::Update(vec![ZONES]));
            let next = forecast(&wanted, &state());
            assert_eq!((&next.availability_zones, &next.availability_zone_ids), (&None, &None));
            assert_eq!(diff(&wanted, &next), Change::None);
        }
        // Load balancers that are bound anew bring their zones.
        let moved = Spec { load_balancer_arns: set(["arn:b"]), ..wants(Zones::Changing) };
        assert_eq!(diff(&moved, &state()), Change::Update(vec![LOAD_BALANCERS]));
    }

    #[test]
    fn a_service_that_failed_or_is_leaving_needs_a_new_resource() {
        for word in ["Failed", "failed", "Deleting"] {
            let state = State { service_state: word.into(), ..state() };
            assert_eq!(diff(&spec(), &state), Change::ReplaceAll(vec![SERVICE_STATE]), "{word}");
        }
    }

    #[test]
    fn a_forecast_leaves_open_what_only_aws_can_fill() {
        let same = forecast(&Spec { acceptance_required: false, ..spec() }, &state());
        assert!(same.private_dns_record.is_some() && same.availability_zones.is_some());
        assert_eq!(same.private_dns_state.as_deref(), Some("verified"));

        let renamed = forecast(&Spec { private_dns_name: Some("new.example.dev".into()), ..spec() }, &state());
        assert_eq!((renamed.private_dns_record, renamed.private_dns_state), (None, None));

        let moved = forecast(&Spec { load_balancer_arns: set(["arn:b"]), ..spec() }, &state());
        assert_eq!((moved.availability_zones, moved.availability_zone_ids), (None, None));

        let waiting = State { private_dns_state: Some("pendingVerification".into()), ..state() };
        assert_eq!(forecast(&Spec { acceptance_required: false, ..spec() }, &waiting).private_dns_state, None);
    }

    #[test]
    fn the_record_is_ready_to_publish() {
        let table = [
            ("orders.example.dev", "_abc", "_abc.orders.example.dev"),
            ("*.example.dev", "_abc", "_abc.example.dev"),
            ("orders.example.dev", "_abc.orders.example.dev", "_abc.orders.example.dev"),
        ];
        for (private_name, label, expected) in table {
            let record = private_dns_record(private_name, label, "TXT", "vpce:token");
            assert_eq!((record.name.as_str(), record.value.as_str()), (expected, "vpce:token"), "{private_name}");
        }
    }

    #[test]
    fn the_region_stands_in_the_service_name() {
        assert_eq!(own_region("com.amazonaws.vpce.eu-west-1.vpce-svc-01"), Some("eu-west-1"));
        assert_eq!(own_region(""), None);
    }
}
