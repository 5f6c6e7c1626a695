//! Route 53: hosted zones, record sets, associations. State is global: zones cross accounts.
//!
//! Operations are in the files named after their objects; what other services ask is in `lookup.rs`; what Route 53 asks of
//! PrivateLink is in `hidden_zones.rs`.

use serde_json::{Map, Value};

use super::clock::Moment;
use super::operation::Operation;
use super::state::{Object, State as World};

pub mod alias_target;
pub mod change_batch;
pub mod changes;
pub mod forced;
pub mod hidden_zones;
pub mod hosted_zones;
pub mod input;
pub mod lookup;
pub mod names;
pub mod own_zone;
pub mod records;
pub mod routes;
pub mod state;
pub mod values;
pub mod vpc_associations;
pub mod wire;
pub mod zone;
pub mod zone_lists;
pub mod zone_tags;

pub use state::State;

/// Operations of this service.
pub const TABLES: &[&[Operation]] = &[
    changes::OPERATIONS,
    hosted_zones::OPERATIONS,
    records::OPERATIONS,
    vpc_associations::OPERATIONS,
    zone_lists::OPERATIONS,
    zone_tags::OPERATIONS,
];

/// Forces an object's state; `None` when the kind is not of this service.
pub fn force(
    state: &mut World,
    now: Moment,
    kind: &str,
    id: &str,
    fields: &Map<String, Value>,
) -> Option<Result<(), String>> {
    match kind {
        "record_set" => Some(forced::record_set(&mut state.route53, now, id, fields)),
        "hosted_zone" => Some(forced::hosted_zone(&mut state.route53, now, id, fields)),
        _ => None,
    }
}

/// Lists what is alive: zones, and record sets as `<zone>/<name>/<type>` without each zone's own NS and SOA.
pub fn objects(state: &World, now: Moment) -> Vec<Object> {
    let mut objects = Vec::new();
    for zone in state.route53.zones.values().filter(|zone| zone.exists_at(now)) {
        let mut add = |kind, id: String| {
            objects.push(Object { account: zone.owner.clone(), region: "global".to_owned(), kind, id });
        };
        add("hosted_zone", zone.id.clone());
        for key in zone.records.at(now).keys().filter(|key| !zone.is_apex_record(key)) {
            add("record_set", format!("{}/{}/{}", zone.id, key.name(), key.record_type));
        }
    }
    objects
}

/// Makes a public zone without a call, for the landscape; gives its id.
pub fn create_public_zone(
    state: &mut World,
    account: &str,
    name: &str,
    now: Moment,
) -> Result<String, names::NameError> {
    let name = names::normalise(name)?;
    let number = state.route53.zones.len();
    let id = format!("Z0LANDSCAPE{number:09}");
    let zone = zone::Zone::new(id.clone(), account.to_owned(), name, None, now, now);
    state.route53.zones.insert(id.clone(), zone);
    state.landscape.insert(id.clone());
    Ok(id)
}
