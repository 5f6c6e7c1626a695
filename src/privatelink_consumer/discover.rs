//! Import: from the endpoint to its group, its rules, its zone and records.

use std::collections::BTreeMap;

use super::chain::{
    ENDPOINT, EXISTING_ZONE, HOSTED_ZONE, NETWORK, NOTIFICATION, PRIVATE_DNS, PRIVATE_NAME, RECORDS, SECURITY_GROUP,
    SECURITY_GROUP_EGRESS, SECURITY_GROUP_RULES, ZONE_ASSOCIATION, of_zone,
};
use super::config::ConsumerConfig;
use crate::aws::lookups::SeenZone;
use crate::aws::{Account, Aws, tags};
use crate::diagnostic::Diagnostic;
use crate::engine::{Entry, Failure, Link, LinkName, Observed, Record};
use crate::gather::Gather as _;
use crate::links::endpoint::{self, Endpoint};
use crate::links::{
    existing_zone, hosted_zone, network, notification, private_dns, private_name, records, security_group,
    security_group_egress, security_group_rules, zone_association,
};
use crate::resource::{Discovered, Undiscovered};
use crate::schema::formats;

/// Walks from the endpoint `id`.
pub(super) async fn discover(client: &Aws, id: &str) -> Result<Discovered<ConsumerConfig>, Undiscovered> {
    if !(formats::ENDPOINT_ID.holds)(id) {
        let detail = format!(
            "{id:?} is not {}. Import a consumer by its endpoint: terraform import ADDRESS {} (with @REGION for another \
             Region than the provider's).",
            formats::ENDPOINT_ID.what,
            formats::ENDPOINT_ID.example
        );
        return Err(Diagnostic::error("Invalid import id", detail).into());
    }
    walk(client, id).await?.ok_or_else(|| {
        let detail = format!("There is no interface endpoint {id} in {} for these credentials.", client.region());
        Undiscovered::Absent(Diagnostic::error(format!("Cannot import {id}"), detail))
    })
}

async fn walk(client: &Aws, id: &str) -> Result<Option<Discovered<ConsumerConfig>>, Failure> {
    let account = client.account(None)?;
    let seed = endpoint::State { id: id.to_owned(), ..endpoint::State::default() };
    let endpoint = match Endpoint.read(client, &seed).await? {
        Observed::Ready(state) | Observed::Pending { state, .. } | Observed::Failed { state, .. } => state,
        Observed::Absent => return Ok(None),
    };
    let uid = account.ec2_tags(id).await?.remove(tags::UID);
    let mut record = Record::default();
    let network = network::State {
        vpc_id: endpoint.vpc_id.clone(),
        subnets: endpoint.subnet_ids.iter().map(|id| (id.clone(), network::Subnet::default())).gather(),
        ..network::State::default()
    };
    add(&mut record, NETWORK, &network);
    let mut groups = endpoint.security_group_ids.iter();
    if let (Some(group), None, Some(uid)) = (groups.next(), groups.next(), &uid)
        && account.ec2_tags(group).await?.get(tags::UID) == Some(uid)
    {
        add(&mut record, SECURITY_GROUP, &security_group::State { id: group.clone(), ..Default::default() });
        let rules = security_group_rules::State { group_id: group.clone(), ..Default::default() };
        add(&mut record, SECURITY_GROUP_RULES, &rules);
        if security_group_egress::is_shut(account, group).await? {
            let shut = security_group_egress::State { group_id: group.clone(), ..Default::default() };
            add(&mut record, SECURITY_GROUP_EGRESS, &shut);
        }
    }
    if endpoint.private_dns_enabled {
        let on = private_dns::State { endpoint_id: id.to_owned(), ..private_dns::State::default() };
        add(&mut record, PRIVATE_DNS, &on);
        let own = |region: &String| region != client.region();
        let name = private_name::State {
            service_name: endpoint.service_name.clone(),
            service_region: endpoint.service_region.clone().filter(own),
            proved: true,
            ..Default::default()
        };
        add(&mut record, PRIVATE_NAME, &name);
    }
    for state in notification::of_endpoint(account, id).await? {
        add(&mut record, LinkName::keyed(NOTIFICATION, &state.topic_arn), &state);
    }
    if let Some(dns_name) = &endpoint.dns_name {
        find_zones(client, &endpoint, dns_name, uid.as_deref(), &mut record).await?;
    }
    add(&mut record, ENDPOINT, &endpoint);
    Ok(Some(Discovered { record, config: ConsumerConfig::default(), uid }))
}

/// Every zone of this account or of a peer that the VPC sees and that has records leading to the endpoint.
async fn find_zones(
    client: &Aws,
    endpoint: &endpoint::State,
    dns_name: &str,
    uid: Option<&str>,
    record: &mut Record,
) -> Result<(), Failure> {
    let own = client.account(None)?;
    let zonal = endpoint.zonal_dns_names.iter().flat_map(BTreeMap::values);
    let names = zonal.cloned().chain([dns_name.to_owned()]).collect();
    for zone in own.zones_of_vpc(&endpoint.vpc_id, client.region()).await? {
        let Some(account) = holder(client, &zone).await? else { continue };
        let peer = account.name().map(str::to_owned);
        let found = account.records_leading_to_lately(&zone.zone_id, &names).await?;
        if found.is_empty() {
            continue;
        }
        let tags = account.hosted_zone_tags(&zone.zone_id).await?.unwrap_or_default();
        let is_ours = peer.is_none() && uid.is_some() && tags.get(tags::UID).map(String::as_str) == uid;
        let key = if is_ours { zone.name.trim_end_matches('.').to_owned() } else { zone.zone_id.clone() };
        if is_ours {
            let state = hosted_zone::State {
                zone_id: zone.zone_id.clone(),
                name: zone.name.clone(),
                vpc_id: endpoint.vpc_id.clone(),
                vpc_region: client.region().to_owned(),
                ..Default::default()
            };
            add(record, of_zone(HOSTED_ZONE, &key), &state);
        } else {
            let state = existing_zone::State {
                account: peer.clone(),
                zone_id: zone.zone_id.clone(),
                name: zone.name.clone(),
                owner_id: account.id_of_peer().await,
            };
            add(record, of_zone(EXISTING_ZONE, &key), &state);
            let seen = zone_association::State {
                account: peer.clone(),
                zone_id: zone.zone_id.clone(),
                vpc_id: endpoint.vpc_id.clone(),
                vpc_region: client.region().to_owned(),
                ..Default::default()
            };
            add(record, of_zone(ZONE_ASSOCIATION, &key), &seen);
        }
        // As they are, so that the refresh that follows has nothing to doubt.
        let found = records::of_names(account, &zone.zone_id, &found).await?;
        let keys: BTreeMap<String, records::RecordSpec> = found.into_iter().map(|spec| (spec.key(), spec)).gather();
        let endpoint_id = Some(endpoint.id.clone());
        let found =
            records::State { account: peer, zone_id: zone.zone_id, endpoint_id, records: keys, ..Default::default() };
        add(record, of_zone(RECORDS, &key), &found);
    }
    Ok(())
}

/// Whose credentials may read a zone: the provider's own or a peer's; none for a stranger's.
async fn holder<'a>(client: &'a Aws, zone: &SeenZone) -> Result<Option<&'a Account>, Failure> {
    let own = client.account(None)?;
    if own.id().await?.is_none_or(|id| id == zone.owner) {
        return Ok((!zone.is_hidden()).then_some(own));
    }
    for name in client.settings().peers.keys() {
        let peer = client.account(Some(name))?;
        // A peer whose credentials do not work has nothing to do with this import.
        if peer.id().await.ok().flatten().as_ref() == Some(&zone.owner) {
            return Ok(Some(peer));
        }
    }
    Ok(None)
}

fn add(record: &mut Record, link: impl Into<LinkName>, state: &impl serde::Serialize) {
    let state = serde_json::to_value(state).unwrap_or_default();
    record.links.insert(link.into(), Entry { state, generation: 0, settled: true });
}
