//! What `/_simulator/set` does to zones and record sets: changes behind everyone's back.

use serde_json::{Map, Value};

use crate::simulator::clock::Moment;

use super::State;
use super::names;
use super::zone::{RecordData, RecordKey};

/// Removes a record set (`{"removed": true}`) gives it other values (`{"values": ["…"], "ttl": 60}`), or
/// another alias (`{"alias": {"zone_id": "Z…", "dns_name": "…"}}`).
pub fn record_set(state: &mut State, now: Moment, id: &str, fields: &Map<String, Value>) -> Result<(), String> {
    let parts: Vec<&str> = id.split('/').collect();
    let [zone_id, name, record_type] = parts.as_slice() else {
        return Err(format!("'{id}' is not <zone>/<name>/<type>"));
    };
    let zone = state
        .zones
        .get_mut(*zone_id)
        .filter(|zone| zone.exists_at(now))
        .ok_or_else(|| format!("no hosted zone {zone_id}"))?;
    let name = names::normalise(name).map_err(|reason| format!("'{name}': {reason}"))?;
    let key = RecordKey::new(&name, record_type);
    let mut records = zone.records.at(now).clone();
    if !records.contains_key(&key) {
        return Err(format!("no record set {name} {record_type} in {zone_id}"));
    }
    let mut ttl = 300;
    let mut values = None;
    let mut alias = None;
    let mut removed = false;
    for (field, value) in fields {
        match (field.as_str(), value) {
            ("removed", Value::Bool(flag)) => removed = *flag,
            ("ttl", Value::Number(number)) => ttl = number.as_u64().ok_or("ttl is no whole number of seconds")?,
            ("alias", Value::Object(target)) => {
                let text = |name: &str| target.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
                alias = Some(text("zone_id").zip(text("dns_name")).ok_or("an alias takes zone_id and dns_name")?);
            }
            ("values", Value::Array(list)) => {
                let texts = list.iter().map(|value| value.as_str().map(ToOwned::to_owned)).collect::<Option<Vec<_>>>();
                values = Some(texts.ok_or("values are no texts")?);
            }
            _ => return Err(format!("a record set takes removed, alias, values and ttl, not {field}: {value}")),
        }
    }
    if removed {
        records.remove(&key);
    } else if let Some((zone_id, dns_name)) = alias {
        let dns_name = names::normalise(&dns_name).map_err(|reason| format!("'{dns_name}': {reason}"))?;
        records.insert(key, RecordData::Alias { zone_id, dns_name, evaluate_target_health: false });
    } else if let Some(values) = values {
        records.insert(key, RecordData::Values { ttl, values });
    }
    zone.records.set(now, records.clone());
    zone.served.set(now, records);
    Ok(())
}

/// Removes a zone with everything in it (`{"removed": true}`).
pub fn hosted_zone(state: &mut State, now: Moment, id: &str, fields: &Map<String, Value>) -> Result<(), String> {
    let zone =
        state.zones.get_mut(id).filter(|zone| zone.exists_at(now)).ok_or_else(|| format!("no hosted zone {id}"))?;
    match fields.iter().next() {
        Some((field, Value::Bool(true))) if field == "removed" && fields.len() == 1 => {
            zone.exists.set(now, false);
            Ok(())
        }
        _ => Err("a hosted zone takes removed: true".to_owned()),
    }
}
