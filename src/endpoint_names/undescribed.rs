//! Records that lead to an endpoint and that its configuration does not describe: whoever made them goes on with them.

use std::collections::BTreeSet;

use super::blocks::{DnsBlock, zones};
use super::chain::{ENDPOINT, EXISTING_ZONE, HOSTED_ZONE, RECORDS, of_zone};
use super::record_names::{blocks_of, full_names};
use crate::aws::RecordKey;
use crate::engine::{LinkName, Record, View};
use crate::gather::Gather as _;
use crate::links::records::RecordSpec;
use crate::links::{endpoint, existing_zone, hosted_zone, records};
use crate::value::Attr;

/// Takes records out of imported links that are of no name that a block of their zone describes.
pub fn leave(dns: &Attr<Vec<DnsBlock>>, record: &mut Record, imported: &BTreeSet<LinkName>) {
    for (zone, block) in zones(dns) {
        let link = of_zone(RECORDS, zone);
        if !imported.contains(&link) {
            continue;
        }
        let view = View::of(record);
        let (Attr::Known(mut found), Some(described)) =
            (view.state::<records::State>(link.as_str()), described(&view, zone, block))
        else {
            continue;
        };
        let before = found.records.len();
        found.records.retain(|_, one| described.contains(&RecordKey::new(&one.name, "").name));
        if found.records.is_empty() {
            record.links.remove(&link);
        } else if found.records.len() < before
            && let (Some(entry), Ok(state)) = (record.links.get_mut(&link), serde_json::to_value(found))
        {
            entry.state = state;
        }
    }
}

/// The full names that a block describes, as far as all of them are known.
fn described(view: &View, zone: &str, block: &DnsBlock) -> Option<BTreeSet<String>> {
    let endpoint = endpoint_in(view);
    let zonal = endpoint.as_ref().and_then(|endpoint| endpoint.zonal_dns_names.as_ref());
    let places: Option<Vec<&str>> = zonal.map(|names| names.keys().map(String::as_str).collect());
    full_names(block, &zone_name(view, zone)?, places.as_deref())
}

fn endpoint_in(view: &View) -> Option<endpoint::State> {
    view.state::<endpoint::State>(ENDPOINT).known().cloned()
}

fn zone_name(view: &View, zone: &str) -> Option<String> {
    let given: Attr<existing_zone::State> = view.state(of_zone(EXISTING_ZONE, zone).as_str());
    let made: Attr<hosted_zone::State> = view.state(of_zone(HOSTED_ZONE, zone).as_str());
    given.known().map(|given| given.name.clone()).or_else(|| made.known().map(|made| made.name.clone()))
}

/// The blocks without records of given zones that are somebody else's, and which those are: by id of the zone and key of the record. A block that
/// is left with none is left out.
pub fn beside(
    record: &Record,
    dns: &Attr<Vec<DnsBlock>>,
    is_theirs: &dyn Fn(&str, &RecordSpec) -> bool,
) -> (Attr<Vec<DnsBlock>>, BTreeSet<(String, String)>) {
    let view = View::of(record);
    let zonal_names = endpoint_in(&view).and_then(|endpoint| endpoint.zonal_dns_names).unwrap_or_default();
    let mut theirs = BTreeSet::new();
    let mut blocks = Vec::new();
    for block in dns.known().into_iter().flatten() {
        let (Attr::Known(zone_id), Attr::Known(mut found)) =
            (&block.zone_id, view.state::<records::State>(of_zone(RECORDS, block.zone().unwrap_or_default()).as_str()))
        else {
            blocks.push(block.clone());
            continue;
        };
        let own: BTreeSet<(String, String)> = found
            .records
            .iter()
            .filter(|(_, one)| is_theirs(zone_id, one))
            .map(|(key, _)| (zone_id.clone(), key.clone()))
            .gather();
        if own.is_empty() {
            blocks.push(block.clone());
            continue;
        }
        found.records.retain(|key, _| !own.contains(&(zone_id.clone(), key.clone())));
        theirs.extend(own);
        let written = block.record.known().cloned().unwrap_or_default();
        let name = zone_name(&view, zone_id).unwrap_or_default();
        let rest = blocks_of(&found.records, &written, &name, &zonal_names);
        if !rest.is_empty() {
            blocks.push(DnsBlock { record: Attr::Known(rest), ..block.clone() });
        }
    }
    (if dns.known().is_some() { Attr::Known(blocks) } else { dns.clone() }, theirs)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::endpoint_names::blocks::RecordBlock;

    const ZONE: &str = "Z0123456789ABC";

    fn record() -> Record {
        let cname = |name: &str, target: &str| {
            let value = json!({"cname": {"value": target, "ttl_seconds": 60}});
            json!({"name": format!("{name}.orders.internal"), "type": "CNAME", "value": value})
        };
        let mut record = Record::default();
        record.note_found(
            "endpoint",
            &json!({
                "id": "vpce-01", "vpc_id": "vpc-01", "service_name": "s", "subnet_ids": [], "security_group_ids": [],
                "ip_address_type": "ipv4", "private_dns_enabled": false,
                "zonal_dns_names": {"use1-az1": "e-a.vpce", "use1-az2": "e-b.vpce"},
            }),
        );
        record.note_found(of_zone(EXISTING_ZONE, ZONE), &json!({"zone_id": ZONE, "name": "orders.internal"}));
        let records = json!({
            "a.orders.internal CNAME": cname("a", "e.vpce"), "b.orders.internal CNAME": cname("b", "e.vpce"),
            "c.use1-az1.orders.internal CNAME": cname("c.use1-az1", "e-a.vpce"),
            "c.use1-az2.orders.internal CNAME": cname("c.use1-az2", "e-b.vpce"),
        });
        record.note_found(of_zone(RECORDS, ZONE), &json!({"zone_id": ZONE, "records": records}));
        record
    }

    fn block(names: &[(&str, bool)]) -> DnsBlock {
        let records = names.iter().map(|(name, zonal)| RecordBlock {
            name: Attr::Known((*name).to_owned()),
            zonal: if *zonal { Attr::Known(true) } else { Attr::Null },
            ttl_seconds: Attr::Known(60),
            ..RecordBlock::default()
        });
        DnsBlock {
            zone_id: Attr::Known(ZONE.to_owned()),
            record: Attr::Known(records.collect()),
            ..DnsBlock::default()
        }
    }

    fn left(names: &[(&str, bool)], imported: bool) -> Vec<String> {
        let (mut record, link) = (record(), of_zone(RECORDS, ZONE));
        let imported = if imported { [link.clone()].into() } else { BTreeSet::new() };
        leave(&Attr::Known(vec![block(names)]), &mut record, &imported);
        let state = record.links.get(&link).map(|entry| entry.state["records"].as_object().unwrap().clone());
        state.unwrap_or_default().into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn imported_records_of_other_names_stay_with_their_makers() {
        assert_eq!(left(&[("a", false)], true), ["a.orders.internal CNAME"]);
        let zonal = ["c.use1-az1.orders.internal CNAME", "c.use1-az2.orders.internal CNAME"];
        assert_eq!(left(&[("c", true)], true), zonal);
        assert_eq!(left(&[("d", false)], true), Vec::<String>::new());
        assert_eq!(left(&[("a", false)], false).len(), 4, "what an apply has made is ours to remove");
    }

    #[test]
    fn blocks_go_without_what_is_somebody_elses() {
        let dns = Attr::Known(vec![block(&[("a", false), ("b", false), ("c", true)])]);
        let (rest, theirs) = beside(&record(), &dns, &|zone, one| zone == ZONE && one.name.starts_with('b'));
        assert_eq!(rest, Attr::Known(vec![block(&[("a", false), ("c", true)])]));
        assert_eq!(theirs, [(ZONE.to_owned(), "b.orders.internal CNAME".to_owned())].into());
        let (rest, theirs) = beside(&record(), &dns, &|_, _| true);
        assert_eq!((rest, theirs.len()), (Attr::Known(Vec::new()), 4));
        let (rest, theirs) = beside(&record(), &dns, &|_, _| false);
        assert_eq!((rest, theirs.len()), (dns, 0));
    }
}
