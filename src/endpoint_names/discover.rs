//! Import: the zones whose records lead to an endpoint.

use std::collections::BTreeMap;

use super::chain::{EXISTING_ZONE, HOSTED_ZONE, RECORDS, ZONE_ASSOCIATION, of_zone};
use crate::aws::lookups::SeenZone;
use crate::aws::{Account, Aws, tags};
use crate::engine::{Failure, Record};
use crate::gather::Gather as _;
use crate::links::{endpoint, existing_zone, hosted_zone, records, zone_association};

/// Notes in `record` every zone of this account or of a peer that the VPC sees and that has records leading to the endpoint.
pub async fn find_zones(
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
            record.note_found(of_zone(HOSTED_ZONE, &key), &state);
        } else {
            let state = existing_zone::State {
                account: peer.clone(),
                zone_id: zone.zone_id.clone(),
                name: zone.name.clone(),
                owner_id: account.id_of_peer().await,
            };
            record.note_found(of_zone(EXISTING_ZONE, &key), &state);
            let seen = zone_association::State {
                account: peer.clone(),
                zone_id: zone.zone_id.clone(),
                vpc_id: endpoint.vpc_id.clone(),
                vpc_region: client.region().to_owned(),
                ..Default::default()
            };
            record.note_found(of_zone(ZONE_ASSOCIATION, &key), &seen);
        }
        // As they are, so that the refresh that follows has nothing to doubt.
        let found = records::of_names(account, &zone.zone_id, &found).await?;
        let keys: BTreeMap<String, records::RecordSpec> = found.into_iter().map(|spec| (spec.key(), spec)).gather();
        let endpoint_id = Some(endpoint.id.clone());
        let found =
            records::State { account: peer, zone_id: zone.zone_id, endpoint_id, records: keys, ..Default::default() };
        record.note_found(of_zone(RECORDS, &key), &found);
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
