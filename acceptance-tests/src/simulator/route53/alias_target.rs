//! Whether an alias may point where it points.
//!
//! The target must exist, under the zone id given: the zone's own for its own records, PrivateLink's for endpoint names, a
//! Region's for load balancers (rule 58). Everything else AWS has is unknown here and counts as not found.

use crate::simulator::clock::Moment;
use crate::simulator::elbv2::canonical_zones;
use crate::simulator::elbv2::lookup::load_balancer_named;
use crate::simulator::state::State;

use super::hidden_zones;
use super::names;
use super::zone::{RecordKey, Records, Zone};

/// Describes the alias under judgement.
#[derive(Debug, Clone, Copy)]
pub struct Alias<'a> {
    /// Type of the record that is the alias.
    pub record_type: &'a str,
    /// Zone id given.
    pub zone_id: &'a str,
    /// Normalised name given.
    pub dns_name: &'a str,
}

/// Gives AWS's reasons against an alias; none when it may be.
pub fn objections(state: &State, now: Moment, zone: &Zone, records: &Records, alias: Alias<'_>) -> Vec<String> {
    let Alias { record_type, zone_id, dns_name } = alias;
    let (within, found) = if zone_id == zone.id {
        (names::is_within(dns_name, &zone.name), records.contains_key(&RecordKey::new(dns_name, record_type)))
    } else if canonical_zones::is_known(zone_id) {
        let balancer = load_balancer_named(state, names::plain(dns_name).trim_start_matches("dualstack."), now);
        let found = balancer.is_some_and(|balancer| balancer.canonical_zone_id == zone_id);
        (balancer.is_none() || found, found && is_address(record_type))
    } else {
        match hidden_zones::endpoint_name_exists(state, zone_id, dns_name, now) {
            Some(exists) => (dns_name.ends_with(".vpce.amazonaws.com."), exists && is_address(record_type)),
            None => (false, false),
        }
    };
    let tried = format!("Tried to create an alias that targets {dns_name}, type {record_type} in zone {zone_id}");
    let mut reasons = Vec::new();
    if !within {
        reasons.push(format!("{tried}, but the alias target name does not lie within the target zone"));
    }
    if !found {
        reasons.push(format!("{tried}, but that target was not found"));
    }
    reasons
}

fn is_address(record_type: &str) -> bool {
    matches!(record_type, "A" | "AAAA")
}
