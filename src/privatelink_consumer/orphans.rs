//! What a interrupted update of a consumer may have made and no state names: security groups, managed zones, and records that
//! lead to its endpoint.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{ENDPOINT, HOSTED_ZONE, RECORDS, SECURITY_GROUP};
use super::config::ConsumerConfig;
use super::names::{full_name, zonal_name};
use crate::aws::Aws;
use crate::engine::{Failure, Orphan, View};
use crate::gather::Gather as _;
use crate::links::records::{self, RecordSpec};
use crate::links::{endpoint, hosted_zone, security_group};
use crate::resource::Search;

/// Kinds that [`orphans`] finds. Rules go with their group, private DNS with the endpoint, associations with a
/// managed zone.
pub(super) const KINDS: &[&str] = &[ENDPOINT, SECURITY_GROUP, HOSTED_ZONE, RECORDS];
/// An update of records makes and removes single ones.
pub(super) const CREATES_ON_UPDATE: &[&str] = &[RECORDS];

/// How names in AWS begin, the zone's name or its id with its peer, and the names of records.
pub(super) fn hints(config: &ConsumerConfig) -> Vec<String> {
    let Some(dns) = config.dns.known() else { return Vec::new() };
    let peer = dns.peer_account.known().map_or("", String::as_str);
    let zone = dns.zone_id.known().map(|zone| format!("z:{zone}@{peer}"));
    let domain = dns.zone_name.known().map(|name| format!("d:{name}"));
    let blocks = dns.record.known().map(Vec::as_slice).unwrap_or_default();
    // An asterisk is no letter of a tag.
    let names = blocks.iter().filter_map(|block| Some(format!("r:{}", block.name.known()?.replace('*', "+"))));
    zone.into_iter().chain(domain).chain(names).collect()
}

/// Looks for all of them.
pub(super) async fn orphans(client: &Aws, search: &Search<'_>) -> Result<Vec<Orphan>, Failure> {
    let account = client.account(None)?;
    let mut found = security_group::of_uid(account, search.uid).await?;
    if !search.has(ENDPOINT) {
        // One that nobody saw for a while may have been taken for gone.
        found.extend(endpoint::of_uid(account, search.uid).await?);
    }
    let mut zones: BTreeMap<(Option<String>, String), String> = BTreeMap::new();
    let names = if search.exhaustive { vec![None] } else { search.hints("d").into_iter().map(Some).collect() };
    for name in names {
        for zone in hosted_zone::of_uid(account, search.uid, name).await? {
            zones.insert((None, zone.zone_id), zone.name);
            found.push(zone.orphan);
        }
    }
    for word in search.hints("z") {
        let (zone_id, peer) = word.split_once('@').unwrap_or((word, ""));
        let peer = (!peer.is_empty()).then(|| peer.to_owned());
        if let Some((name, _)) = client.account(peer.as_deref())?.zone_name(zone_id).await? {
            zones.insert((peer, zone_id.to_owned()), name);
        }
    }
    let Some(endpoint) = View::of(search.record).state::<endpoint::State>(ENDPOINT).known().cloned() else {
        return Ok(found);
    };
    let zonal = endpoint.zonal_dns_names.clone().unwrap_or_default();
    let targets: BTreeSet<String> = endpoint.dns_name.iter().chain(zonal.values()).cloned().collect();
    for ((peer, zone_id), zone_name) in zones {
        let written = written(search, &zone_name, &zonal.keys());
        let recorded = recorded(search, &zone_id);
        let leading = records::leading_to(client.account(peer.as_deref())?, &zone_id, &targets).await?;
        let strange = |record: &RecordSpec| written.contains(&record.name) && !recorded.contains(&record.key());
        let records: BTreeMap<String, RecordSpec> =
            leading.into_iter().filter(strange).map(|record| (record.key(), record)).gather();
        if !records.is_empty() {
            let endpoint_id = Some(endpoint.id.clone());
            let state = records::State { account: peer, zone_id, endpoint_id, records, ..records::State::default() };
            let state = serde_json::to_value(state).unwrap_or_default();
            found.push(Orphan { link: RECORDS.into(), generation: None, state });
        }
    }
    Ok(found)
}

/// The full names that the interrupted run was to write.
fn written<'a>(
    search: &Search<'_>,
    zone_name: &str,
    zones: &(impl Iterator<Item = &'a String> + Clone),
) -> BTreeSet<String> {
    let relative = search.hints("r").into_iter().map(|name| name.replace('+', "*"));
    let each = relative.flat_map(|name| {
        let zonal: Vec<String> = zones.clone().map(|zone| zonal_name(&name, zone)).collect();
        std::iter::once(name).chain(zonal)
    });
    each.map(|name| full_name(&name, zone_name).to_ascii_lowercase()).gather()
}

/// Keys of the records of a zone that a state names.
fn recorded(search: &Search<'_>, zone_id: &str) -> BTreeSet<String> {
    let live = search.record.links.iter().map(|(link, entry)| (link, &entry.state));
    let all = live.chain(search.record.retired.iter().map(|old| (&old.link, &old.state)));
    let ours = all.filter(|(link, state)| {
        link.kind() == RECORDS && state.get("zone_id").and_then(|id| id.as_str()) == Some(zone_id)
    });
    ours.filter_map(|(_, state)| state.get("records")?.as_object()).flat_map(|records| records.keys().cloned()).gather()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Record;
    use crate::privatelink_consumer::config::{DnsBlock, RecordBlock};
    use crate::value::Attr;

    #[test]
    fn the_hints_name_zone_and_records_in_letters_of_tags() {
        let record = |name: &str| RecordBlock { name: Attr::Known(name.into()), ..RecordBlock::default() };
        let dns = DnsBlock {
            zone_id: Attr::Known("Z1".into()),
            peer_account: Attr::Known("dns".into()),
            record: Attr::Known(vec![record("@"), record("*.api")]),
            ..DnsBlock::default()
        };
        let config = ConsumerConfig { dns: Attr::Known(dns), ..ConsumerConfig::default() };
        let hints = hints(&config);
        assert_eq!(hints, ["z:Z1@dns", "r:@", "r:+.api"]);
        let hints: BTreeSet<String> = hints.into_iter().collect();
        let search = Search { uid: "u", record: &Record::default(), hints: &hints, exhaustive: false };
        let names = written(&search, "Orders.internal.", &["use1-az1".to_owned()].iter());
        let expected =
            ["*.api.orders.internal", "*.api.use1-az1.orders.internal", "orders.internal", "use1-az1.orders.internal"];
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
