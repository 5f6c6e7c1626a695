//! Import: the zones whose records lead to an endpoint.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{EXISTING_ZONE, HOSTED_ZONE, PROFILE_ASSOCIATION, RECORDS, ZONE_ASSOCIATION, of_zone};
use crate::aws::lookups::SeenZone;
use crate::aws::{Account, Aws, Tags, tags};
use crate::engine::{Record, Result};
use crate::gather::Gather as _;
use crate::links::{endpoint, existing_zone, hosted_zone, profile_association, records, zone_association};

/// A zone with records that lead to the endpoint.
struct Leading<'a> {
    zone: SeenZone,
    account: &'a Account,
    tags: Tags,
    records: Vec<(String, String)>,
}

impl Leading<'_> {
    /// Whether the owner tags of a zone of these credentials have this uid.
    fn is_of(&self, uid: Option<&str>) -> bool {
        uid.is_some() && self.account.name().is_none() && self.tags.get(tags::UID).map(String::as_str) == uid
    }
}

/// Every zone of this account or of a peer that the VPC sees and that has records of these names.
async fn leading<'a>(client: &'a Aws, vpc_id: &str, names: &BTreeSet<String>) -> Result<Vec<Leading<'a>>> {
    let mut all = Vec::new();
    for zone in client.account(None)?.zones_of_vpc(vpc_id, client.region()).await? {
        let Some(account) = holder(client, &zone).await? else { continue };
        let records = account.records_leading_to_lately(&zone.zone_id, names).await?;
        if !records.is_empty() {
            let tags = account.hosted_zone_tags(&zone.zone_id).await?.unwrap_or_default();
            all.push(Leading { zone, account, tags, records });
        }
    }
    Ok(all)
}

/// The zone of a resource for the names of this endpoint alone, where there is one.
pub async fn zone_of_names_alone(
    client: &Aws,
    endpoint_id: &str,
    vpc_id: &str,
    names: &BTreeSet<String>,
) -> Result<Option<String>> {
    let all = leading(client, vpc_id, names).await?;
    Ok(all.into_iter().find(|one| one.is_of(Some(endpoint_id))).map(|one| one.zone.name))
}

/// Notes in `record` every zone of this account or of a peer that the VPC sees and that has records leading to the endpoint.
///
/// Where a resource for the names alone has a zone (its uid is the endpoint's id), given zones are that one's too, so that of two imports
/// each finds its own.
pub async fn find_zones(
    client: &Aws,
    endpoint: &endpoint::State,
    dns_name: &str,
    uid: Option<&str>,
    record: &mut Record,
) -> Result<()> {
    let zonal = endpoint.zonal_dns_names.iter().flat_map(BTreeMap::values);
    let names = zonal.cloned().chain([dns_name.to_owned()]).collect();
    let all = leading(client, &endpoint.vpc_id, &names).await?;
    let are_apart = uid != Some(&endpoint.id) && all.iter().any(|one| one.is_of(Some(&endpoint.id)));
    for one in all {
        let is_ours = one.is_of(uid);
        if are_apart && !is_ours {
            continue;
        }
        let Leading { zone, account, records: found, .. } = one;
        let peer = account.name().map(str::to_owned);
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

/// Notes the Route 53 Profile that has the endpoint, for whoever has switched on its private DNS. A profile is extra: where AWS cannot
/// be asked for it, as in a Region without Profiles, there is none.
pub async fn find_profile(account: &Account, endpoint: &endpoint::State, record: &mut Record) {
    let Some(arn) = &endpoint.arn else { return };
    match profile_association::of_endpoint(account, arn).await {
        Ok(Some(state)) => record.note_found(PROFILE_ASSOCIATION, &state),
        Ok(None) => {}
        Err(failure) => tracing::debug!(%failure, "whether a Route 53 Profile has the endpoint is not known"),
    }
}

/// Whose credentials may read a zone: the provider's own or a peer's; none for a stranger's.
async fn holder<'a>(client: &'a Aws, zone: &SeenZone) -> Result<Option<&'a Account>> {
    let own = client.account(None)?;
    if own.id().await?.is_none_or(|id| id == zone.owner) {
        return Ok((!zone.is_hidden()).then_some(own));
    }
    Ok(client.peer_of(&zone.owner).await)
}
