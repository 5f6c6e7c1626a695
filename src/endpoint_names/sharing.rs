//! Names of one endpoint that two resources have for a moment: the one that replaces the other (`create_before_destroy`) has taken
//! over what was there, so that the other one's removal must leave it.

use serde::Deserialize;

use super::chain::RECORDS;
use crate::engine::Record;
use crate::links::records;

/// Takes out of the record of names that are to be removed what the heir has as well: of a zone's records those that are the same.
pub fn forget_shared(record: &mut Record, heir: &Record) {
    record.links.retain(|link, entry| {
        let Some(theirs) = heir.links.get(link) else { return true };
        // Another zone under the same name is another object.
        if entry.read::<InZone>() != theirs.read() {
            return true;
        }
        if link.kind() != RECORDS {
            return false;
        }
        let (Some(mut own), Some(theirs)) = (entry.read::<records::State>(), theirs.read::<records::State>()) else {
            return true;
        };
        own.records.retain(|key, _| !theirs.records.contains_key(key));
        let stays = !own.records.is_empty();
        entry.state = serde_json::to_value(own).unwrap_or_default();
        stays
    });
}

/// What is recorded of anything that belongs to a zone.
#[derive(PartialEq, Deserialize)]
struct InZone {
    zone_id: String,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value as Json;

    use super::*;
    use crate::endpoint_names::chain::{EXISTING_ZONE, HOSTED_ZONE, PRIVATE_DNS, of_zone};
    use crate::engine::{Entry, LinkName};
    use crate::links::records::{RecordSpec, RecordValue};

    fn record(links: Vec<(LinkName, Json)>) -> Record {
        let entry = |state| Entry { state, generation: 0, settled: true };
        Record { links: links.into_iter().map(|(link, state)| (link, entry(state))).collect(), ..Record::default() }
    }

    fn records(zone: &str, names: &[&str]) -> Json {
        let value = || RecordValue::Cname { value: "vpce-1.example.dev".into(), ttl_seconds: 60 };
        let spec = |name: &&str| RecordSpec { name: (*name).to_owned(), kind: "CNAME".into(), value: value() };
        let records: BTreeMap<String, RecordSpec> = names.iter().map(spec).map(|spec| (spec.key(), spec)).collect();
        serde_json::to_value(records::State { zone_id: zone.into(), records, ..records::State::default() }).unwrap()
    }

    #[test]
    fn what_the_heir_has_stays_and_the_rest_goes() {
        let zone = |id: &str| serde_json::json!({"zone_id": id});
        let mut old = record(vec![
            (of_zone(HOSTED_ZONE, "a.internal"), zone("ZA")),
            (of_zone(RECORDS, "a.internal"), records("ZA", &["x.a.internal", "y.a.internal"])),
            (of_zone(HOSTED_ZONE, "b.internal"), zone("ZB")),
            (of_zone(RECORDS, "b.internal"), records("ZB", &["x.b.internal"])),
            (of_zone(EXISTING_ZONE, "ZC"), zone("ZC")),
            (of_zone(RECORDS, "ZC"), records("ZC", &["x.c.internal"])),
            (PRIVATE_DNS.into(), serde_json::json!({"endpoint_id": "vpce-1"})),
        ]);
        let heir = record(vec![
            (of_zone(HOSTED_ZONE, "a.internal"), zone("ZA")),
            (of_zone(RECORDS, "a.internal"), records("ZA", &["x.a.internal"])),
            (of_zone(HOSTED_ZONE, "b.internal"), zone("ZB2")),
            (of_zone(EXISTING_ZONE, "ZC"), zone("ZC")),
            (of_zone(RECORDS, "ZC"), records("ZC", &["x.c.internal", "z.c.internal"])),
        ]);
        forget_shared(&mut old, &heir);
        let left: Vec<&str> = old.links.keys().map(LinkName::as_str).collect();
        assert_eq!(left, ["hosted_zone.b.internal", "private_dns", "records.a.internal", "records.b.internal"]);
        let of_a = &old.links[&of_zone(RECORDS, "a.internal")].state;
        let names: Vec<&String> = of_a["records"].as_object().unwrap().keys().collect();
        assert_eq!(names.len(), 1, "{names:?}");
        assert!(names[0].starts_with("y.a.internal"), "{names:?}");
    }
}
