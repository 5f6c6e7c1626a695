//! How zones and records show in the attributes of whatever gives an endpoint names.

use std::collections::{BTreeMap, BTreeSet};

use super::blocks::{DnsBlock, has_open_zones, zones};
use super::chain::{EXISTING_ZONE, HOSTED_ZONE, RECORDS, further, of_zone};
use super::record_names::{blocks_of, full_names};
use crate::engine::{LinkName, View};
use crate::gather::Gather as _;
use crate::links::records::RecordValue;
use crate::links::{endpoint, existing_zone, hosted_zone, records};
use crate::value::Attr;

/// The zones by name. The name of a given one is known when it was looked at.
pub fn zone_ids(view: &View, dns: &Attr<Vec<DnsBlock>>) -> Attr<BTreeMap<String, Attr<String>>> {
    if has_open_zones(dns) {
        return Attr::Unknown;
    }
    let mut ids = BTreeMap::new();
    for (zone, dns) in zones(dns) {
        if dns.manages_zone() {
            let made: Attr<hosted_zone::State> = view.state(of_zone(HOSTED_ZONE, zone).as_str());
            ids.insert(zone.to_owned(), made.map(|made| made.zone_id));
            continue;
        }
        match view.state::<existing_zone::State>(of_zone(EXISTING_ZONE, zone).as_str()) {
            Attr::Known(given) => ids.insert(given.name, Attr::Known(given.zone_id)),
            Attr::Null => None,
            Attr::Unknown | Attr::Given => return Attr::Unknown,
        };
    }
    Attr::Known(ids)
}

/// The own records of all zones by name, those of a zone that comes with names alone.
pub fn records(
    view: &View,
    dns: &Attr<Vec<DnsBlock>>,
    endpoint: Option<&endpoint::State>,
) -> Attr<BTreeMap<String, Attr<String>>> {
    if has_open_zones(dns) {
        return Attr::Unknown;
    }
    let mut all = BTreeMap::new();
    for (zone, dns) in zones(dns) {
        match view.state::<records::State>(of_zone(RECORDS, zone).as_str()) {
            Attr::Null => {}
            Attr::Known(found) => {
                let found = found.all().into_values();
                all.extend(found.map(|record| (record.name, unless_coming(destination(record.value)))));
            }
            Attr::Unknown | Attr::Given => match coming_names(view, zone, dns, endpoint) {
                Some(names) => all.extend(names.into_iter().map(|name| (name, Attr::Unknown))),
                None => return Attr::Unknown,
            },
        }
    }
    Attr::Known(all)
}

/// The names that records will have, where an endpoint that works leaves no doubt that they will be made.
fn coming_names(
    view: &View,
    zone: &str,
    dns: &DnsBlock,
    endpoint: Option<&endpoint::State>,
) -> Option<BTreeSet<String>> {
    let endpoint = endpoint.filter(|endpoint| endpoint.works())?;
    let zone_name = match view.state::<existing_zone::State>(of_zone(EXISTING_ZONE, zone).as_str()) {
        _ if dns.manages_zone() => zone.to_owned(),
        Attr::Known(given) => given.name,
        _ => return None,
    };
    let places: Option<Vec<&str>> =
        endpoint.zonal_dns_names.as_ref().map(|names| names.keys().map(String::as_str).collect());
    full_names(dns, &zone_name, places.as_deref())
}

fn destination(value: RecordValue) -> String {
    match value {
        RecordValue::Alias { dns_name, .. } => dns_name,
        RecordValue::Cname { value, .. } => value,
    }
}

/// The zones that are written as they are found, then those that were found besides.
pub fn observe_dns(view: &View, endpoint: &endpoint::State, dns: &mut Attr<Vec<DnsBlock>>) {
    let written = dns.known().cloned().unwrap_or_default();
    let found: BTreeSet<&str> = view
        .names()
        .filter(|link| [HOSTED_ZONE, EXISTING_ZONE].contains(&link.kind()))
        .filter_map(LinkName::key)
        .gather();
    let (mut blocks, mut described) = (Vec::new(), BTreeSet::new());
    for block in written {
        let Some(zone) = block.zone().map(str::to_owned) else { continue };
        blocks.extend(observed_zone(view, endpoint, &zone, block));
        described.insert(zone);
    }
    for zone in found.into_iter().filter(|zone| !described.contains(*zone)) {
        blocks.extend(observed_zone(view, endpoint, zone, DnsBlock::default()));
    }
    *dns = Attr::Known(blocks);
}

/// A zone as it is found; `None` where it is gone.
fn observed_zone(view: &View, endpoint: &endpoint::State, zone: &str, mut block: DnsBlock) -> Option<DnsBlock> {
    let managed: Attr<hosted_zone::State> = view.state(of_zone(HOSTED_ZONE, zone).as_str());
    let given: Attr<existing_zone::State> = view.state(of_zone(EXISTING_ZONE, zone).as_str());
    let zone_name = match (managed, given) {
        (Attr::Known(managed), _) => {
            block.zone_name = Attr::Known(managed.name.clone());
            managed.name
        }
        (_, Attr::Known(given)) => {
            block.zone_id = Attr::Known(given.zone_id);
            block.peer_account = given.account.into();
            given.name
        }
        _ => return None,
    };
    if let Attr::Known(vpc_ids) = &mut block.vpc_ids {
        // A VPC that lost its association; others' associations are not shown.
        vpc_ids.retain(|vpc_id| view.json(&further(zone, vpc_id)).is_set());
    }
    let written = block.record.known().cloned().unwrap_or_default();
    let found: Attr<records::State> = view.state(of_zone(RECORDS, zone).as_str());
    let found = found.known().map(records::State::all).unwrap_or_default();
    let zonal_names = endpoint.zonal_dns_names.clone().unwrap_or_default();
    block.record = Attr::Known(blocks_of(&found, &written, &zone_name, &zonal_names));
    Some(block)
}

/// A name that only AWS can give is empty in a forecast.
pub fn unless_coming(name: String) -> Attr<String> {
    if name.is_empty() { Attr::Unknown } else { Attr::Known(name) }
}
