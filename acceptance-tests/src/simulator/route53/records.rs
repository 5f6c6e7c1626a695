//! ChangeResourceRecordSets and ListResourceRecordSets.
//!
//! A batch is judged as a whole against a copy of the zone and applied at once or not at all (rule 57). Its shape and values
//! are judged in `change_batch.rs`, alias targets in `alias_target.rs`.

use std::collections::BTreeSet;

use rand::RngExt;

use crate::simulator::buckets::ROUTE53;
use crate::simulator::clock::Moment;
use crate::simulator::durations::ZONE_PROCESSING;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::state::State;
use crate::simulator::xml::Xml;

use super::alias_target::{self, Alias};
use super::change_batch::{Action, Change, ChangeBatch};
use super::changes;
use super::hosted_zones::RECORD_LIMIT;
use super::input::{self, invalid};
use super::names;
use super::own_zone::{check_not_busy, own_zone};
use super::zone::{RecordData, RecordKey, Records, Zone};

/// Operations of this module.
pub const OPERATIONS: &[Operation] =
    &[mutation("ChangeResourceRecordSets", ROUTE53, change), reading("ListResourceRecordSets", ROUTE53, list)];

const PAGE: usize = 300;

fn change(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let id = input::zone_id(params)?;
    own_zone(session, &id)?;
    let batch = ChangeBatch::parse(params)?;
    check_not_busy(session, &id)?;
    let zone = own_zone(session, &id)?.clone();
    let records =
        apply(session.state, now, &zone, &batch.changes).map_err(|reasons| ApiError::change_batch(&reasons))?;
    let (in_sync, change) = changes::submit(session, batch.comment);
    let processed = session.later(ZONE_PROCESSING).min(in_sync);
    let zone = own_zone(session, &id)?;
    zone.records.set(now, records.clone());
    zone.served.schedule(in_sync, records);
    zone.processed_at = processed;
    zone.in_sync_at = in_sync;
    Ok(change)
}

/// Applies a batch to a copy of the zone's records, or gives every reason against it.
fn apply(state: &State, now: Moment, zone: &Zone, changes: &[Change]) -> Result<Records, Vec<String>> {
    let mut records = zone.records.at(now).clone();
    let mut reasons = Vec::new();
    let mut touched: BTreeSet<(RecordKey, bool)> = BTreeSet::new();
    for change in changes {
        let (name, record_type) = (change.key.name(), &change.key.record_type);
        if !names::is_within(&name, &zone.name) {
            reasons.push(format!("RRSet with DNS name {name} is not permitted in zone {}", zone.name));
            continue;
        }
        let removes = change.action == Action::Delete;
        let again = touched.contains(&(change.key.clone(), removes))
            || (removes && touched.contains(&(change.key.clone(), false)));
        touched.insert((change.key.clone(), removes));
        if again {
            reasons.push(format!(
                "The request contains an invalid set of changes for a resource record set '{record_type} {name}'"
            ));
            continue;
        }
        let set = format!("resource record set [name='{name}', type='{record_type}']");
        match (change.action, records.get(&change.key)) {
            (Action::Create, Some(_)) => reasons.push(format!("Tried to create {set} but it already exists")),
            (Action::Create, None) | (Action::Upsert, _) => {
                records.insert(change.key.clone(), change.data.clone());
            }
            (Action::Delete, None) => reasons.push(format!("Tried to delete {set} but it was not found")),
            (Action::Delete, Some(current)) if !current.matches(&change.data) => {
                reasons.push(format!("Tried to delete {set} but the values provided do not match the current values"));
            }
            (Action::Delete, Some(_)) => {
                records.remove(&change.key);
            }
        }
    }
    reasons.extend(check_whole(zone, &records));
    for change in changes.iter().filter(|change| change.action != Action::Delete) {
        if let RecordData::Alias { zone_id, dns_name, .. } = &change.data {
            let alias = Alias { record_type: &change.key.record_type, zone_id, dns_name };
            if state.holds(Rule::ZonesAreKept) {
                reasons.extend(alias_target::objections(state, now, zone, &records, alias));
            }
        }
    }
    if reasons.is_empty() || !state.holds(Rule::BatchesAreWhole) { Ok(records) } else { Err(reasons) }
}

/// Checks what must hold of a zone as a whole.
fn check_whole(zone: &Zone, records: &Records) -> Vec<String> {
    let mut reasons = Vec::new();
    if !records.contains_key(&RecordKey::new(&zone.name, "SOA")) {
        reasons.push("A HostedZone must contain exactly one SOA record.".to_owned());
    }
    if !records.contains_key(&RecordKey::new(&zone.name, "NS")) {
        reasons.push("A HostedZone must contain at least one NS record for the zone itself.".to_owned());
    }
    for key in records.keys() {
        let name = key.name();
        let not_permitted = |why: &str| {
            format!("RRSet of type {} with DNS name {name} is not permitted {why} {}", key.record_type, zone.name)
        };
        match key.record_type.as_str() {
            "SOA" if name != zone.name => reasons.push(not_permitted("in zone")),
            "CNAME" if name == zone.name => reasons.push(not_permitted("at apex in zone")),
            "CNAME" if records.keys().any(|other| other != key && other.name() == name) => {
                reasons.push(not_permitted("as it conflicts with other records with the same DNS name in zone"));
            }
            _ => {}
        }
    }
    if records.len() > RECORD_LIMIT {
        reasons.push(format!("Number of records limit of {RECORD_LIMIT} exceeded for the hosted zone."));
    }
    reasons
}

fn list(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let size = input::page_size(params, "maxitems", PAGE)?;
    let start = start_of(params)?;
    // A replica may not have the change yet while it is PENDING.
    let settings = &session.state.settings;
    let stale = settings.lag && session.holds(Rule::ReplicasLag) && (settings.longest || session.rng.random_bool(0.3));
    let zone = own_zone(session, &input::zone_id(params)?)?;
    let records = if stale && now < zone.in_sync_at { zone.served.at(now) } else { zone.records.at(now) };
    let wanted: Vec<(&RecordKey, &RecordData)> =
        records.iter().filter(|(key, _)| start.as_ref().is_none_or(|start| *key >= start)).collect();
    let next = wanted.get(size).map(|(key, _)| key);
    let shown = wanted.iter().take(size).map(|(key, data)| describe(key, data));
    Ok(Xml::new()
        .list("ResourceRecordSets", "ResourceRecordSet", shown)
        .text("IsTruncated", next.is_some())
        .optional("NextRecordName", next.map(|key| key.name()))
        .optional("NextRecordType", next.map(|key| &key.record_type))
        .text("MaxItems", size))
}

fn start_of(params: &Params) -> Result<Option<RecordKey>, ApiError> {
    let record_type = params.text("type").unwrap_or_default();
    match params.text("name").filter(|name| !name.is_empty()) {
        None if record_type.is_empty() => Ok(None),
        None => Err(invalid("The request included type without name")),
        Some(name) => {
            let normal =
                names::normalise(name).map_err(|reason| invalid(format!("'{name}' is not a valid name: {reason}")))?;
            Ok(Some(RecordKey::new(&normal, record_type)))
        }
    }
}

fn describe(key: &RecordKey, data: &RecordData) -> Xml {
    let xml = Xml::new().text("Name", key.name()).text("Type", &key.record_type);
    match data {
        RecordData::Values { ttl, values } => xml.text("TTL", ttl).list(
            "ResourceRecords",
            "ResourceRecord",
            values.iter().map(|value| Xml::new().text("Value", value)),
        ),
        RecordData::Alias { zone_id, dns_name, evaluate_target_health } => xml.element(
            "AliasTarget",
            Xml::new()
                .text("HostedZoneId", zone_id)
                .text("DNSName", dns_name)
                .text("EvaluateTargetHealth", evaluate_target_health),
        ),
    }
}
