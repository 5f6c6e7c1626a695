//! What of a service differs from what is wanted, and what an update makes of it. Pure.

use std::collections::BTreeSet;

use super::{
    ACCEPTANCE, ADDRESS_TYPES, EndpointService, FORCE, LOAD_BALANCERS, PRIVATE_NAME, PrivateDnsRecord, REGIONS, Spec,
    State, TAGS, ZONES, Zones,
};
use crate::aws::tags;
use crate::engine::{Change, Compare, Field, Words};
use crate::gather::Gather as _;

pub(super) const SERVICE_STATE: Field = "service_state";

impl Compare for EndpointService {
    type Spec = Spec;
    type State = State;

    const WORDS: Words = &[
        ("load_balancer_arns", "load balancers"),
        ("private_dns_record", ""),
        ("private_dns_state", ""),
        ("availability_zones", ""),
        ("availability_zone_ids", ""),
        ("base_endpoint_dns_names", ""),
        ("private_dns_name", "private DNS name"),
        ("supported_ip_address_types", "IP address types"),
        ("supported_regions", "further Regions"),
    ];

    fn diff(&self, spec: &Spec, state: &State) -> Change {
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

    fn forecast(&self, spec: &Spec, state: &State) -> State {
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

    fn recalled(&self, recorded: &State, seen: State) -> State {
        State { named: tags::recalled(recorded.named.as_ref(), seen.named.clone()), ..seen }
    }
}

/// The service's own state in lower case, because AWS does not spell states alike everywhere.
pub(super) fn is(state: &str, word: &str) -> bool {
    state.eq_ignore_ascii_case(word)
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

/// The record to publish, from what AWS says of a private name.
///
/// AWS gives the label alone. For `*.x` the record stands under `x`.
pub(super) fn private_dns_record(private_name: &str, label: &str, record_type: &str, value: &str) -> PrivateDnsRecord {
    let domain = private_name.strip_prefix("*.").unwrap_or(private_name).trim_end_matches('.');
    let suffix = format!(".{domain}");
    let name = if label.ends_with(&suffix) { label.to_owned() } else { format!("{label}{suffix}") };
    PrivateDnsRecord { name, record_type: record_type.to_owned(), value: value.to_owned() }
}
