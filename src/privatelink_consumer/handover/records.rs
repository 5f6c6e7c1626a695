//! A managed zone, of which a VPC sees one of a name, and records in a given zone, of which there is one of a name. They
//! pass as they are, so that no name ever leads nowhere.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value as Json, to_value};

use super::part::{Part, Place};
use crate::aws::{RecordKey, tags};
use crate::endpoint_names::blocks::DnsBlock;
use crate::endpoint_names::record_names::full_names;
use crate::engine::{Class, Failure, LinkName, Result};
use crate::gather::Gather as _;
use crate::links::{endpoint, existing_zone, hosted_zone, records, zone_association};
use crate::privatelink_consumer::chain::{EXISTING_ZONE, HOSTED_ZONE, RECORDS, ZONE_ASSOCIATION, further, of_zone};
use crate::value::Attr;

type States = Vec<(LinkName, Json)>;

/// The zone or the records of a block, where they are of a consumer of the same name.
pub(super) async fn part(place: &Place<'_>, dns: &DnsBlock) -> Result<Option<Part>> {
    let found = match (&dns.zone_name, &dns.zone_id) {
        (Attr::Known(name), _) => managed(place, dns, name).await,
        (_, Attr::Known(zone_id)) => given(place, dns, zone_id).await,
        _ => Ok(None),
    };
    match found {
        // Somebody else's.
        Err(failure) if matches!(failure.class, Class::Denied | Class::Invalid) => Ok(None),
        found => found,
    }
}

async fn managed(place: &Place<'_>, dns: &DnsBlock, name: &str) -> Result<Option<Part>> {
    let account = place.client.account(None)?;
    let seen = account.zones_of_vpc_now(place.vpc_id).await?;
    let zone = seen.into_iter().find(|zone| zone.name.eq_ignore_ascii_case(name) && !zone.is_hidden());
    let Some(zone) = zone else { return Ok(None) };
    let Some(carried) = account.hosted_zone_tags(&zone.zone_id).await? else { return Ok(None) };
    let (Some(uid), Attr::Known(region)) = (place.uid_of(&carried), &place.config.region) else { return Ok(None) };
    let words = format!(
        "The zone {} ({name}) in {} belongs to a consumer of the same name, and AWS allows one of a name. {}",
        zone.zone_id, place.vpc_id, WHEN
    );
    let state = hosted_zone::State {
        zone_id: zone.zone_id.clone(),
        name: zone.name,
        vpc_id: place.vpc_id.to_owned(),
        vpc_region: region.clone(),
        named: tags::name_of(&carried),
        uid: Some(uid.clone()),
        tags: account.user_tags(carried),
        ..hosted_zone::State::default()
    };
    let mut states = vec![of(of_zone(HOSTED_ZONE, name), &state)?];
    states.extend(contents(dns, (name, &zone.zone_id), region)?);
    Ok(Some(Part {
        uid,
        words,
        links: Vec::new(),
        objects: [HOSTED_ZONE, ZONE_ASSOCIATION, RECORDS].map(|kind| of_zone(kind, name)).into(),
        states: Box::new(move |_: &endpoint::State| Some(states)),
    }))
}

async fn given(place: &Place<'_>, dns: &DnsBlock, zone_id: &str) -> Result<Option<Part>> {
    let (peer, Attr::Known(region)) = (dns.peer_account.known().cloned(), &place.config.region) else {
        return Ok(None);
    };
    let wanted = existing_zone::Spec { account: peer.clone(), zone_id: zone_id.to_owned() };
    let zone = existing_zone::describe_zone(place.client, &wanted).await?;
    let holder = place.client.account(peer.as_deref())?;
    let names = full_names(dns, &zone.name, Some(&place.zones)).unwrap_or_default();
    let keys = names.iter().flat_map(|name| ["A", "AAAA", "CNAME"].map(|kind| RecordKey::new(name, kind))).gather();
    let found = holder.what_records_say(zone_id, &keys).await?;
    let mut endpoints = BTreeSet::new();
    for says in found.values() {
        let Some(id) = endpoint::id_in(says) else { return Ok(None) };
        endpoints.insert(id);
    }
    let own = place.client.account(None)?;
    let mut uids = BTreeSet::new();
    for id in &endpoints {
        let Some(uid) = place.uid_of(&own.ec2_tags(id).await?) else { return Ok(None) };
        uids.insert(uid);
    }
    let (Some(uid), true) = (uids.pop_first(), uids.is_empty()) else { return Ok(None) };
    if peer.is_none() && holder.hosted_zone_tags(zone_id).await?.and_then(|mut tags| tags.remove(tags::UID)).is_some() {
        // Managed by a consumer, with which it goes.
        return Ok(None);
    }
    let names: BTreeSet<&str> = found.keys().map(|key| key.name.as_str()).gather();
    let words = format!(
        "In zone {zone_id} {} leads to {} of a consumer of the same name, and AWS allows one record of a name. {}",
        names.into_iter().collect::<Vec<_>>().join(", "),
        endpoints.into_iter().collect::<Vec<_>>().join(", "),
        WHEN
    );
    let mut states = vec![of(of_zone(EXISTING_ZONE, zone_id), &zone)?];
    // Whether that consumer associated the VPC is told by its state alone.
    states.push(of(of_zone(ZONE_ASSOCIATION, zone_id), &association(peer, zone_id, place.vpc_id, region, false))?);
    states.extend(contents(dns, (zone_id, zone_id), region)?);
    Ok(Some(Part {
        uid,
        words,
        links: Vec::new(),
        objects: [ZONE_ASSOCIATION, RECORDS].map(|kind| of_zone(kind, zone_id)).into(),
        states: Box::new(move |_: &endpoint::State| Some(states)),
    }))
}

/// What happens when.
const WHEN: &str = "Everything stays as it is until that one is destroyed: next in this apply, where create_before_destroy \
                    replaces it, and then its records lead here before anything of it is removed. Where nothing in this \
                    apply destroys it, the next plan shows that they lead elsewhere.";

/// Records as if there were none yet, and further VPCs.
fn contents(dns: &DnsBlock, (zone, zone_id): (&str, &str), region: &str) -> Result<States> {
    let peer = dns.peer_account.known().cloned();
    let empty = records::State { account: peer.clone(), zone_id: zone_id.to_owned(), ..records::State::default() };
    let mut states = vec![of(of_zone(RECORDS, zone), &empty)?];
    for vpc_id in dns.vpc_ids.known().into_iter().flatten() {
        // Of a managed zone nobody else is likely to have made it.
        let state = association(peer.clone(), zone_id, vpc_id, region, dns.manages_zone());
        let state = zone_association::State { is_further: true, ..state };
        states.push(of(further(zone, vpc_id), &state)?);
    }
    Ok(states)
}

fn association(
    account: Option<String>,
    zone_id: &str,
    vpc_id: &str,
    region: &str,
    made: bool,
) -> zone_association::State {
    zone_association::State {
        account,
        zone_id: zone_id.to_owned(),
        vpc_id: vpc_id.to_owned(),
        vpc_region: region.to_owned(),
        made,
        ..zone_association::State::default()
    }
}

fn of(link: LinkName, state: &impl Serialize) -> Result<(LinkName, Json)> {
    let state = to_value(state).map_err(|error| Failure::new(Class::Invalid, error.to_string()))?;
    Ok((link, state))
}
