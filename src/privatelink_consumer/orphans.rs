//! What an interrupted update of a consumer may have made and no state names: security groups, managed zones, notifications, its
//! place in a Route 53 Profile, and records that lead to its endpoint.

use std::collections::{BTreeMap, BTreeSet};

use super::Consumer;
use super::chain::{ENDPOINT, HOSTED_ZONE, NOTIFICATION, PROFILE_ASSOCIATION, RECORDS, SECURITY_GROUP, of_zone};
use super::config::ConsumerConfig;
use crate::aws::Aws;
use crate::endpoint_names::blocks::{DnsBlock, zones};
use crate::endpoint_names::record_names::{full_name, zonal_name};
use crate::engine::{LinkName, Orphan, Result, TaggedLead, View};
use crate::gather::Gather as _;
use crate::links::records::{self, RecordSpec};
use crate::links::{endpoint, hosted_zone, notification, profile_association, security_group};
use crate::resource::{OrphanKinds, Recovery, Search, Tagging};

impl Recovery for Consumer {
    /// Rules go with their group, private DNS with the endpoint, associations with a managed zone. An update of records makes
    /// and removes single ones.
    const ORPHANS: OrphanKinds = OrphanKinds {
        all: &[ENDPOINT, SECURITY_GROUP, HOSTED_ZONE, RECORDS, NOTIFICATION, PROFILE_ASSOCIATION],
        created_on_update: &[RECORDS],
        found_through_anchor: &[],
    };

    /// A sibling differs in its subnets, and with them in its VPC, or in its service.
    fn tagging(config: &ConsumerConfig) -> Tagging {
        let service =
            [&config.service_name, &config.service_region].map(|one| one.known().cloned().unwrap_or_default());
        let subnets = config.subnets().known().cloned().unwrap_or_default();
        Tagging {
            lead: if config.manages_group() { SECURITY_GROUP } else { ENDPOINT },
            purpose: service.into_iter().chain(subnets).collect(),
            hints: hints(config),
        }
    }

    async fn begun(client: &Aws, _config: &ConsumerConfig, resource: &str) -> Result<Vec<TaggedLead>> {
        client.account(None)?.tagged_objects(resource).await
    }

    async fn anchor_of(client: &Aws, uid: &str) -> Result<Option<String>> {
        client.account(None)?.ec2_object_of(uid, "vpc-endpoint").await
    }

    /// Looks for all of them.
    async fn orphans(client: &Aws, search: &Search<'_>) -> Result<Vec<Orphan>> {
        let account = client.account(None)?;
        let mut found = security_group::of_uid(account, search.uid).await?;
        if !search.has(ENDPOINT) {
            // One that nobody saw for a while may have been taken for gone.
            found.extend(endpoint::of_uid(account, search.uid).await?);
        }
        let mut zones: BTreeMap<(Option<String>, String), Zone> = BTreeMap::new();
        let names = if search.exhaustive { vec![None] } else { search.hints("d").into_iter().map(Some).collect() };
        for name in names {
            for zone in hosted_zone::of_uid(account, search.uid, name).await? {
                let link = of_zone(HOSTED_ZONE, &zone.name);
                found.push(Orphan { link, generation: Some(zone.generation), state: zone.state });
                zones.insert((None, zone.zone_id), Zone { key: zone.name.clone(), name: zone.name });
            }
        }
        for word in search.hints("z") {
            let (zone_id, peer) = word.split_once('@').unwrap_or((word, ""));
            let peer = (!peer.is_empty()).then(|| peer.to_owned());
            if let Some((name, _)) = client.account(peer.as_deref())?.zone_name(zone_id).await? {
                zones.insert((peer, zone_id.to_owned()), Zone { key: zone_id.to_owned(), name });
            }
        }
        let Some(endpoint) = View::of(search.record).state::<endpoint::State>(ENDPOINT).known().cloned() else {
            return Ok(found);
        };
        let topics = search.hints("t");
        if !topics.is_empty() {
            let there = notification::of_endpoint(account, &endpoint.id).await?;
            found.extend(notification::strays(there, NOTIFICATION, &topics, &search.states(NOTIFICATION)));
        }
        let profiles = search.hints("p");
        if let (Some(arn), false) = (&endpoint.arn, profiles.is_empty()) {
            let recorded = search.states(PROFILE_ASSOCIATION);
            let link = LinkName::from(PROFILE_ASSOCIATION);
            found.extend(profile_association::strays(account, &link, arn, &profiles, &recorded).await?);
        }
        let zonal = endpoint.zonal_dns_names.clone().unwrap_or_default();
        let targets: BTreeSet<String> = endpoint.dns_name.iter().chain(zonal.values()).cloned().collect();
        for ((peer, zone_id), zone) in zones {
            let written = written(search, &zone, &zonal.keys());
            let recorded = recorded(search, &zone_id);
            let leading = records::leading_to(client.account(peer.as_deref())?, &zone_id, &targets).await?;
            let strange = |record: &RecordSpec| written.contains(&record.name) && !recorded.contains(&record.key());
            let records: BTreeMap<String, RecordSpec> =
                leading.into_iter().filter(strange).map(|record| (record.key(), record)).gather();
            if !records.is_empty() {
                let endpoint_id = Some(endpoint.id.clone());
                let state =
                    records::State { account: peer, zone_id, endpoint_id, records, ..records::State::default() };
                found.push(Orphan::untagged(of_zone(RECORDS, &zone.key), &state));
            }
        }
        Ok(found)
    }
}

/// Per zone its name, or its id with its peer, and the names of its records with the zone; topics that are told; the Route 53 Profile.
fn hints(config: &ConsumerConfig) -> Vec<String> {
    let topics = notification::by_topic(&config.connection_notification).unwrap_or_default();
    let topics = topics.into_iter().map(|(topic, _)| format!("t:{topic}"));
    let profile = config.route53_profile_id.known().map(|id| format!("p:{id}"));
    zones(&config.dns).flat_map(|(zone, dns)| of_block(zone, dns)).chain(topics).chain(profile).collect()
}

fn of_block(zone: &str, dns: &DnsBlock) -> Vec<String> {
    let peer = dns.peer_account.known().map_or("", String::as_str);
    let place = if dns.manages_zone() { format!("d:{zone}") } else { format!("z:{zone}@{peer}") };
    let blocks = dns.record.known().map(Vec::as_slice).unwrap_or_default();
    // An asterisk is no letter of a tag.
    let names = blocks.iter().filter_map(|block| Some(format!("r:{}@{zone}", block.name.known()?.replace('*', "+"))));
    std::iter::once(place).chain(names).collect()
}

/// A zone that the interrupted run may have written to.
struct Zone {
    /// Its key in the names of links and in hints.
    key: String,
    name: String,
}

/// The full names that the interrupted run was to write there.
fn written<'a>(
    search: &Search<'_>,
    zone: &Zone,
    zones: &(impl Iterator<Item = &'a String> + Clone),
) -> BTreeSet<String> {
    let named = search.hints("r").into_iter().filter_map(|hint| hint.rsplit_once('@'));
    let relative = named.filter(|(_, key)| *key == zone.key).map(|(name, _)| name.replace('+', "*"));
    let each = relative.flat_map(|name| {
        let zonal: Vec<String> = zones.clone().map(|zone| zonal_name(&name, zone)).collect();
        std::iter::once(name).chain(zonal)
    });
    each.map(|name| full_name(&name, &zone.name).to_ascii_lowercase()).gather()
}

/// Keys of the records of a zone that a state names.
fn recorded(search: &Search<'_>, zone_id: &str) -> BTreeSet<String> {
    let all = search.states::<records::State>(RECORDS).into_iter();
    all.filter(|state| state.zone_id == zone_id).flat_map(|state| state.records.into_keys()).gather()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint_names::blocks::RecordBlock;
    use crate::engine::Record;
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
        let own = DnsBlock {
            zone_name: Attr::Known("own.internal".into()),
            record: Attr::Known(vec![record("db")]),
            ..DnsBlock::default()
        };
        let config = ConsumerConfig { dns: Attr::Known(vec![dns, own]), ..ConsumerConfig::default() };
        let hints = hints(&config);
        assert_eq!(hints, ["z:Z1@dns", "r:@@Z1", "r:+.api@Z1", "d:own.internal", "r:db@own.internal"]);
        let hints: BTreeSet<String> = hints.into_iter().collect();
        let search = Search { uid: "u", record: &Record::default(), hints: &hints, exhaustive: false };
        let zone = |key: &str, name: &str| Zone { key: key.to_owned(), name: name.to_owned() };
        let zones = ["use1-az1".to_owned()];
        let own: Vec<String> =
            written(&search, &zone("own.internal", "own.internal"), &zones.iter()).into_iter().collect();
        assert_eq!(own, ["db.own.internal", "db.use1-az1.own.internal"]);
        let names = written(&search, &zone("Z1", "Orders.internal."), &zones.iter());
        let expected =
            ["*.api.orders.internal", "*.api.use1-az1.orders.internal", "orders.internal", "use1-az1.orders.internal"];
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
