//! What an interrupted run may have made of the names of an endpoint and no state names: managed zones, records that lead to the
//! endpoint, its place in a Route 53 Profile.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize as _;

use super::blocks::{DnsBlock, zones};
use super::chain::{ENDPOINT, HOSTED_ZONE, PROFILE_ASSOCIATION, RECORDS, of_zone};
use super::record_names::{full_name, zonal_name};
use crate::aws::Aws;
use crate::engine::{Failure, LinkName, Orphan, Record, View};
use crate::gather::Gather as _;
use crate::links::records::{self, RecordSpec};
use crate::links::{endpoint, hosted_zone, profile_association};
use crate::value::Attr;

/// Whose names are looked for, and by which words.
#[derive(Debug, Clone, Copy)]
pub struct Lost<'a> {
    /// In the owner tags.
    pub uid: &'a str,
    /// What is recorded.
    pub record: &'a Record,
    /// What [`hints`] said to the interrupted run.
    pub hints: &'a BTreeSet<String>,
    /// Whether no hints tell, so that managed zones of any name are looked for.
    pub exhaustive: bool,
}

/// Per zone its name, or its id with its peer, and the names of its records with the zone; the Route 53 Profile.
pub fn hints(dns: &Attr<Vec<DnsBlock>>, profile_id: &Attr<String>) -> Vec<String> {
    let profile = profile_id.known().map(|id| format!("p:{id}"));
    zones(dns).flat_map(|(zone, dns)| of_block(zone, dns)).chain(profile).collect()
}

/// Whether it is a place in another Profile than the wanted one: AWS knows an endpoint in one alone.
pub fn stands_in_the_way(orphan: &Orphan, profile_id: &Attr<String>) -> bool {
    let is_elsewhere = |wanted: &String| {
        let place = profile_association::State::deserialize(&orphan.state);
        place.is_ok_and(|place| place.profile_id != *wanted)
    };
    orphan.link.kind() == PROFILE_ASSOCIATION && profile_id.known().is_some_and(is_elsewhere)
}

fn of_block(zone: &str, dns: &DnsBlock) -> Vec<String> {
    let peer = dns.peer_account.known().map_or("", String::as_str);
    let place = if dns.manages_zone() { format!("d:{zone}") } else { format!("z:{zone}@{peer}") };
    let blocks = dns.record.known().map(Vec::as_slice).unwrap_or_default();
    // An asterisk is no letter of a tag.
    let names = blocks.iter().filter_map(|block| Some(format!("r:{}@{zone}", block.name.known()?.replace('*', "+"))));
    std::iter::once(place).chain(names).collect()
}

/// Looks for all of them.
pub async fn orphans(client: &Aws, lost: Lost<'_>) -> Result<Vec<Orphan>, Failure> {
    let account = client.account(None)?;
    let mut found = Vec::new();
    let mut zones: BTreeMap<(Option<String>, String), Zone> = BTreeMap::new();
    let names = if lost.exhaustive { vec![None] } else { lost.words("d").map(Some).collect() };
    for name in names {
        for zone in hosted_zone::of_uid(account, lost.uid, name).await? {
            let link = of_zone(HOSTED_ZONE, &zone.name);
            found.push(Orphan { link, generation: Some(zone.generation), state: zone.state });
            let made = lost.record.states::<hosted_zone::State>(HOSTED_ZONE)?;
            let is_lost = !made.iter().any(|made| made.zone_id == zone.zone_id);
            zones.insert((None, zone.zone_id), Zone { key: zone.name.clone(), name: zone.name, is_lost });
        }
    }
    for word in lost.words("z") {
        let (zone_id, peer) = word.split_once('@').unwrap_or((word, ""));
        let peer = (!peer.is_empty()).then(|| peer.to_owned());
        if let Some((name, _)) = client.account(peer.as_deref())?.zone_name(zone_id).await? {
            zones.insert((peer, zone_id.to_owned()), Zone { key: zone_id.to_owned(), name, is_lost: false });
        }
    }
    let Some(endpoint) = View::of(lost.record).state::<endpoint::State>(ENDPOINT).known().cloned() else {
        return Ok(found);
    };
    let profiles: Vec<&str> = lost.words("p").collect();
    if let (Some(arn), false) = (&endpoint.arn, profiles.is_empty()) {
        let recorded = lost.record.states::<profile_association::State>(PROFILE_ASSOCIATION)?;
        let link = LinkName::from(PROFILE_ASSOCIATION);
        found.extend(profile_association::strays(account, &link, arn, &profiles, &recorded).await?);
    }
    let zonal = endpoint.zonal_dns_names.clone().unwrap_or_default();
    let targets: BTreeSet<String> = endpoint.dns_name.iter().chain(zonal.values()).cloned().gather();
    for ((peer, zone_id), zone) in zones {
        let written = lost.written(&zone, &zonal.keys());
        let recorded = lost.recorded(&zone_id)?;
        let leading = records::leading_to(client.account(peer.as_deref())?, &zone_id, &targets).await?;
        let is_wanted = |record: &RecordSpec| zone.is_lost || written.contains(&record.name);
        let strange = |record: &RecordSpec| is_wanted(record) && !recorded.contains(&record.key());
        let records: BTreeMap<String, RecordSpec> =
            leading.into_iter().filter(strange).map(|record| (record.key(), record)).gather();
        if !records.is_empty() {
            let endpoint_id = Some(endpoint.id.clone());
            let state = records::State { account: peer, zone_id, endpoint_id, records, ..records::State::default() };
            found.push(Orphan::untagged(of_zone(RECORDS, &zone.key), &state));
        }
    }
    Ok(found)
}

/// A zone that the interrupted run may have written to.
struct Zone {
    /// Its key in the names of links and in hints.
    key: String,
    name: String,
    /// Whether no state names it: the interrupted run made it, and each record in it that leads to the endpoint.
    is_lost: bool,
}

impl<'a> Lost<'a> {
    /// The hints of a kind, without it.
    fn words(self, kind: &'static str) -> impl Iterator<Item = &'a str> {
        self.hints.iter().filter_map(move |hint| hint.strip_prefix(kind)?.strip_prefix(':'))
    }

    /// The full names that the interrupted run was to write there.
    fn written<'z>(self, zone: &Zone, zones: &(impl Iterator<Item = &'z String> + Clone)) -> BTreeSet<String> {
        let named = self.words("r").filter_map(|hint| hint.rsplit_once('@'));
        let relative = named.filter(|(_, key)| *key == zone.key).map(|(name, _)| name.replace('+', "*"));
        let each = relative.flat_map(|name| {
            let zonal: Vec<String> = zones.clone().map(|zone| zonal_name(&name, zone)).collect();
            std::iter::once(name).chain(zonal)
        });
        each.map(|name| full_name(&name, &zone.name).to_ascii_lowercase()).gather()
    }

    /// Keys of the records of a zone that a state names.
    fn recorded(self, zone_id: &str) -> Result<BTreeSet<String>, Failure> {
        let all = self.record.states::<records::State>(RECORDS)?.into_iter();
        Ok(all.filter(|state| state.zone_id == zone_id).flat_map(|state| state.records.into_keys()).gather())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint_names::blocks::RecordBlock;

    #[test]
    fn the_hints_name_zone_and_records_in_letters_of_tags() {
        let record = |name: &str| RecordBlock { name: Attr::Known(name.into()), ..RecordBlock::default() };
        let dns = DnsBlock {
            zone_id: Attr::Known("Z1".into()),
            peer_account: Attr::Known("dns".into()),
            record: Attr::Known(vec![record("@"), record("*.api")]),
            ..DnsBlock::default()
        };
        let own = DnsBlock {
            zone_name: Attr::Known("own.internal".into()),
            record: Attr::Known(vec![record("db")]),
            ..DnsBlock::default()
        };
        let hints = hints(&Attr::Known(vec![dns, own]), &Attr::Known("rp-1".into()));
        assert_eq!(hints, ["z:Z1@dns", "r:@@Z1", "r:+.api@Z1", "d:own.internal", "r:db@own.internal", "p:rp-1"]);
        let hints: BTreeSet<String> = hints.into_iter().collect();
        let lost = Lost { uid: "u", record: &Record::default(), hints: &hints, exhaustive: false };
        let zone = |key: &str, name: &str| Zone { key: key.to_owned(), name: name.to_owned(), is_lost: false };
        let zones = ["use1-az1".to_owned()];
        let own: Vec<String> = lost.written(&zone("own.internal", "own.internal"), &zones.iter()).into_iter().collect();
        assert_eq!(own, ["db.own.internal", "db.use1-az1.own.internal"]);
        let names = lost.written(&zone("Z1", "Orders.internal."), &zones.iter());
        let expected =
            ["*.api.orders.internal", "*.api.use1-az1.orders.internal", "orders.internal", "use1-az1.orders.internal"];
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
