//! What others ask of Route 53: which zones a VPC sees, and what DNS answers at a moment.
//!
//! Names may be given in any spelling; a name that is none has no answer.

use crate::simulator::clock::Moment;
use crate::simulator::state::State;

use super::names;
use super::values::quoted_strings;
use super::zone::{RecordData, RecordKey, Zone};

/// Finds the private zone of exactly this name that is associated with a VPC: the claim on (VPC, name).
pub fn private_zone_named<'a>(state: &'a State, vpc_id: &str, name: &str, at: Moment) -> Option<&'a Zone> {
    let name = names::normalise(name).ok()?;
    state.route53.zones.values().find(|zone| zone.private && zone.name == name && zone.is_associated(vpc_id, at))
}

/// Lists the private zones a VPC's resolver asks, the ones with the longest names first.
pub fn private_zones_of<'a>(state: &'a State, vpc_id: &str, at: Moment) -> Vec<&'a Zone> {
    let mut zones: Vec<&Zone> =
        state.route53.zones.values().filter(|zone| zone.private && zone.serves_vpc(vpc_id, at)).collect();
    zones.sort_by_key(|zone| std::cmp::Reverse(zone.name.len()));
    zones
}

/// Finds the private zone that decides about a name in a VPC. Without a matching record in it the answer is NXDOMAIN: nothing
/// falls through to a shorter zone or to public DNS.
pub fn private_zone_deciding<'a>(state: &'a State, vpc_id: &str, name: &str, at: Moment) -> Option<&'a Zone> {
    let name = names::normalise(name).ok()?;
    private_zones_of(state, vpc_id, at).into_iter().find(|zone| names::is_within(&name, &zone.name))
}

/// Finds the public zone that the world's resolvers ask about a name: the longest name; of several equal ones the oldest, which
/// is the one a registrar would delegate to. *Assumed.*
pub fn public_zone_deciding<'a>(state: &'a State, name: &str, at: Moment) -> Option<&'a Zone> {
    let name = names::normalise(name).ok()?;
    public_zones_holding(state, &name, at)
        .into_iter()
        .max_by_key(|zone| (zone.name.len(), std::cmp::Reverse((zone.created, zone.id.clone()))))
}

/// Lists every account's public zones a name lies in.
pub fn public_zones_holding<'a>(state: &'a State, name: &str, at: Moment) -> Vec<&'a Zone> {
    let Ok(name) = names::normalise(name) else {
        return Vec::new();
    };
    let live = state.route53.zones.values().filter(|zone| !zone.private && zone.exists_at(at));
    live.filter(|zone| names::is_within(&name, &zone.name)).collect()
}

/// Gives the texts public DNS answers for a name, quotes removed and strings joined.
pub fn public_texts(state: &State, name: &str, at: Moment) -> Vec<String> {
    let answer = public_zone_deciding(state, name, at).and_then(|zone| answer_in(zone, name, "TXT", at));
    match answer {
        Some((_, RecordData::Values { values, .. })) => {
            values.iter().filter_map(|value| quoted_strings(value).ok()).map(|strings| strings.concat()).collect()
        }
        _ => Vec::new(),
    }
}

/// Gives what a zone answers for a name and type at a moment: the record set's key and data.
pub fn answer_in(zone: &Zone, name: &str, record_type: &str, at: Moment) -> Option<(RecordKey, RecordData)> {
    zone.answer(&names::normalise(name).ok()?, record_type, at)
}
