//! Own records: from the blocks of a configuration to what stands in the zone, and back.

use std::collections::{BTreeMap, BTreeSet};

use super::blocks::{DnsBlock, RecordBlock};
use crate::aws::RecordKey;
use crate::gather::Gather as _;
use crate::links::endpoint;
use crate::links::records::{self, RecordSpec, RecordValue};
use crate::value::Attr;

/// The records of a zone, once the endpoint has its names.
pub fn wanted_records(
    dns: &DnsBlock,
) -> impl Fn(&endpoint::State, Option<String>, &str, &str) -> Option<records::Spec> + Send + Sync + 'static {
    let blocks = dns.record.clone();
    move |endpoint, account, zone_id, zone_name| {
        let (regional, alias_zone) = (endpoint.dns_name.clone()?, endpoint.hosted_zone_id.clone()?);
        let mut wanted = Vec::new();
        for block in blocks.clone().settled()?.unwrap_or_default() {
            let relative = block.name.clone().settled()??;
            if block.zonal.settled()? == Some(true) {
                for (zone, target) in endpoint.zonal_dns_names.as_ref()? {
                    let name = full_name(&zonal_name(&relative, zone), zone_name);
                    wanted.extend(records_of(&block, endpoint, &name, target, &alias_zone)?);
                }
            } else {
                let name = full_name(&relative, zone_name);
                wanted.extend(records_of(&block, endpoint, &name, &regional, &alias_zone)?);
            }
        }
        let records = wanted.into_iter().map(|record: RecordSpec| (record.key(), record)).gather();
        Some(records::Spec { account, zone_id: zone_id.to_owned(), records })
    }
}

/// One name: a CNAME, or an alias for each kind of address that the endpoint answers with.
fn records_of(
    block: &RecordBlock,
    endpoint: &endpoint::State,
    name: &str,
    target: &str,
    alias_zone: &str,
) -> Option<Vec<RecordSpec>> {
    if let Some(ttl_seconds) = block.ttl_seconds.settled()? {
        let value = RecordValue::Cname { value: target.to_owned(), ttl_seconds };
        return Some(vec![RecordSpec { name: name.to_owned(), kind: "CNAME".to_owned(), value }]);
    }
    let evaluate_target_health = block.evaluate_target_health.settled()? == Some(true);
    let alias = |kind: &&str| RecordSpec {
        name: name.to_owned(),
        kind: (*kind).to_owned(),
        value: RecordValue::Alias {
            dns_name: target.to_owned(),
            zone_id: alias_zone.to_owned(),
            evaluate_target_health,
        },
    };
    Some(kinds(endpoint).iter().map(alias).collect())
}

/// The types of address records that an endpoint's names have.
fn kinds(endpoint: &endpoint::State) -> &'static [&'static str] {
    let answers = endpoint.dns_record_ip_type.as_deref().filter(|word| *word != "service-defined");
    match answers.unwrap_or(&endpoint.ip_address_type) {
        "ipv6" => &["AAAA"],
        "dualstack" => &["A", "AAAA"],
        _ => &["A"],
    }
}

/// The `record` blocks that describe what was found: as they are written where they fit, else as one would write them.
pub fn blocks_of(
    found: &BTreeMap<String, RecordSpec>,
    written: &[RecordBlock],
    zone_name: &str,
    zonal_names: &BTreeMap<String, String>,
) -> Vec<RecordBlock> {
    let mut observed: BTreeMap<(String, bool), RecordBlock> = BTreeMap::new();
    for record in found.values() {
        let full = relative_name(&record.name, zone_name);
        let (name, zonal) = match base_of(&full, &record.value, zonal_names) {
            Some(base) => (base, true),
            None => (full, false),
        };
        let before = written
            .iter()
            .find(|block| block.name.known() == Some(&name) && matches!(block.zonal, Attr::Known(true)) == zonal);
        let mut block = before.cloned().unwrap_or_else(|| RecordBlock {
            name: Attr::Known(name.clone()),
            zonal: if zonal { Attr::Known(true) } else { Attr::Null },
            ..RecordBlock::default()
        });
        match &record.value {
            RecordValue::Cname { ttl_seconds, .. } => block.ttl_seconds = Attr::Known(*ttl_seconds),
            RecordValue::Alias { evaluate_target_health, .. } => {
                block.ttl_seconds = Attr::Null;
                if *evaluate_target_health != matches!(block.evaluate_target_health, Attr::Known(true)) {
                    block.evaluate_target_health = Attr::Known(*evaluate_target_health);
                }
            }
        }
        observed.insert((name, zonal), block);
    }
    observed.into_values().collect()
}

/// The name before the zone id, of a record that leads to the network interface of that zone.
fn base_of(relative: &str, value: &RecordValue, zonal_names: &BTreeMap<String, String>) -> Option<String> {
    let (RecordValue::Alias { dns_name: target, .. } | RecordValue::Cname { value: target, .. }) = value;
    let leads = |zonal: &String| zonal.eq_ignore_ascii_case(target);
    let zone = zonal_names.iter().find_map(|(zone, name)| leads(name).then_some(zone))?;
    if relative == zone {
        return Some("@".to_owned());
    }
    relative.strip_suffix(zone.as_str()).and_then(|rest| rest.strip_suffix('.')).map(str::to_owned)
}

/// The full names of the records that a block wants, as they are shown; `None` while one is not known. `places` are the
/// zones of the endpoint's network interfaces, where they are known.
pub fn full_names(dns: &DnsBlock, zone_name: &str, places: Option<&[&str]>) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for block in dns.record.clone().settled()?.unwrap_or_default() {
        let relative = block.name.clone().settled()??;
        let relative = if block.zonal.settled()? == Some(true) {
            places?.iter().map(|place| zonal_name(&relative, place)).collect()
        } else {
            vec![relative]
        };
        names.extend(relative.iter().map(|name| RecordKey::new(&full_name(name, zone_name), "").name));
    }
    Some(names)
}

/// A relative name in one zone: `*.use1-az1`.
pub fn zonal_name(relative: &str, zone_id: &str) -> String {
    if relative == "@" { zone_id.to_owned() } else { format!("{relative}.{zone_id}") }
}

/// A relative name in its hosted zone.
pub fn full_name(relative: &str, zone_name: &str) -> String {
    let zone_name = zone_name.trim_end_matches('.');
    if relative == "@" { zone_name.to_owned() } else { format!("{relative}.{zone_name}") }
}

/// A full name relative to its zone; `@` for the zone itself.
fn relative_name(full: &str, zone_name: &str) -> String {
    let (full, zone_name) = (full.trim_end_matches('.'), zone_name.trim_end_matches('.'));
    if full == zone_name {
        return "@".to_owned();
    }
    full.strip_suffix(zone_name).map_or(full, |rest| rest.trim_end_matches('.')).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(ip_address_type: &str) -> endpoint::State {
        let zonal = [("use1-az1", "e-a.vpce"), ("use1-az2", "e-b.vpce")];
        endpoint::State {
            dns_name: Some("e.vpce".into()),
            hosted_zone_id: Some("ZV".into()),
            ip_address_type: ip_address_type.into(),
            zonal_dns_names: Some(zonal.map(|(zone, name)| (zone.to_owned(), name.to_owned())).into()),
            ..endpoint::State::default()
        }
    }

    fn block(name: &str, zonal: bool) -> RecordBlock {
        RecordBlock {
            name: Attr::Known(name.into()),
            zonal: if zonal { Attr::Known(true) } else { Attr::Null },
            ..RecordBlock::default()
        }
    }

    fn records(blocks: &[RecordBlock], endpoint: &endpoint::State) -> Option<BTreeMap<String, RecordSpec>> {
        let dns = DnsBlock { record: Attr::Known(blocks.to_vec()), ..DnsBlock::default() };
        wanted_records(&dns)(endpoint, None, "Z1", "example.dev").map(|spec| spec.records)
    }

    fn keys(blocks: &[RecordBlock], ip_address_type: &str) -> Vec<String> {
        records(blocks, &endpoint(ip_address_type)).unwrap().into_keys().collect()
    }

    #[test]
    fn the_sign_for_the_zone_itself_is_the_zone_s_name() {
        assert_eq!(full_name("@", "orders.internal."), "orders.internal");
        assert_eq!(full_name("*.api", "orders.internal"), "*.api.orders.internal");
        assert_eq!(relative_name("orders.internal", "orders.internal."), "@");
    }

    #[test]
    fn each_kind_of_address_that_the_endpoint_answers_with_has_a_record() {
        assert_eq!(keys(&[block("@", false)], "ipv4"), ["example.dev A"]);
        assert_eq!(keys(&[block("@", false)], "ipv6"), ["example.dev AAAA"]);
        assert_eq!(keys(&[block("@", false)], "dualstack"), ["example.dev A", "example.dev AAAA"]);
        let v4 = endpoint::State { dns_record_ip_type: Some("ipv4".into()), ..endpoint("dualstack") };
        assert_eq!(records(&[block("@", false)], &v4).unwrap().len(), 1);
        let cname = RecordBlock { ttl_seconds: Attr::Known(60), ..block("api", false) };
        assert_eq!(keys(&[cname], "dualstack"), ["api.example.dev CNAME"]);
    }

    #[test]
    fn zonal_records_stand_beside_the_one_for_all_and_each_leads_to_its_own_interface() {
        let blocks = [block("*", false), block("*", true), block("@", true)];
        let found = records(&blocks, &endpoint("ipv4")).unwrap();
        let names: Vec<&String> = found.keys().collect();
        let expected = [
            "*.example.dev A",
            "*.use1-az1.example.dev A",
            "*.use1-az2.example.dev A",
            "use1-az1.example.dev A",
            "use1-az2.example.dev A",
        ];
        assert_eq!(names, expected);
        let RecordValue::Alias { dns_name, .. } = &found["*.use1-az2.example.dev A"].value else { panic!("no alias") };
        assert_eq!(dns_name, "e-b.vpce");
        let zones = endpoint("ipv4").zonal_dns_names.unwrap();
        assert_eq!(blocks_of(&found, &[], "example.dev", &zones), blocks, "as written");
    }

    #[test]
    fn where_zonal_names_may_change_nothing_is_known_yet() {
        let moving = endpoint::State { zonal_dns_names: None, ..endpoint("ipv4") };
        assert!(records(&[block("*", true)], &moving).is_none());
        assert!(records(&[block("*", false)], &moving).is_some());
    }

    #[test]
    fn a_name_that_only_looks_zonal_is_none() {
        let zones = endpoint("ipv4").zonal_dns_names.unwrap();
        let alias = |name: &str| RecordValue::Alias {
            dns_name: name.into(),
            zone_id: "ZV".into(),
            evaluate_target_health: false,
        };
        assert_eq!(base_of("api.use1-az1", &alias("e.vpce"), &zones), None, "it leads to all of them");
        assert_eq!(base_of("api.use1-az1", &alias("e-a.vpce"), &zones).as_deref(), Some("api"));
        assert_eq!(base_of("use1-az1", &alias("e-a.vpce"), &zones).as_deref(), Some("@"));
        assert_eq!(base_of("api", &alias("e-a.vpce"), &zones), None, "somebody named it otherwise");
    }
}
