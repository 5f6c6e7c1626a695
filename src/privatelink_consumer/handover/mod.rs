//! Names of a consumer that is replaced: AWS allows one endpoint of a VPC to answer to a private name, one zone of a name
//! in a VPC and one record of a name in a zone. So they move last.

mod part;
mod private_dns;
mod records;

use std::collections::BTreeSet;

use self::part::{Part, Place};
use super::Consumer;
use super::chain::{ENDPOINT, HOSTED_ZONE, RECORDS, ZONE_ASSOCIATION, of_zone};
use super::config::ConsumerConfig;
use crate::aws::Aws;
use crate::diagnostic::Diagnostic;
use crate::engine::{LinkName, Record, Result, View};
use crate::gather::Gather as _;
use crate::links::{endpoint, hosted_zone, records as links};
use crate::preflight::subnets::SubnetLocations;
use crate::resource::{Handover, Handovers};
use crate::value::{Attr, Path};

impl Handovers for Consumer {
    /// The names, where what has them all belongs to one consumer of the same name.
    async fn handover(
        client: &Aws,
        config: &ConsumerConfig,
        resource: &str,
    ) -> Result<Option<Handover<ConsumerConfig>>> {
        let Attr::Known(subnet_ids) = config.subnets() else { return Ok(None) };
        let places = SubnetLocations::of(client.account(None)?, &subnet_ids).await?;
        let (vpcs, zones) = (places.by_vpc(), places.by_zone().into_keys().collect());
        let Some(vpc_id) = vpcs.keys().next() else { return Ok(None) };
        let place = Place { client, config, resource, vpc_id, zones };
        let name = private_dns::part(&place).await?;
        let (mut records, mut at_once) = (Vec::new(), Vec::new());
        for dns in config.dns.known().into_iter().flatten() {
            match records::part(&place, dns).await? {
                Some(part) => records.push(part),
                None => at_once.push(dns.clone()),
            }
        }
        let mut beginning = config.clone();
        if name.is_some() {
            beginning.private_dns_enabled = Attr::Known(false);
        }
        if !records.is_empty() {
            beginning.dns = Attr::Known(at_once);
        }
        let (summary, path) = match (&name, records.is_empty()) {
            (Some(_), false) => ("Private DNS and records move last", "private_dns_enabled"),
            (Some(_), true) => ("Private DNS moves last", "private_dns_enabled"),
            _ => ("Records move last", "dns"),
        };
        let parts: Vec<Part> = name.into_iter().chain(records).collect();
        let Some(uid) = parts.first().map(|part| part.uid.clone()) else { return Ok(None) };
        if parts.iter().any(|part| part.uid != uid) {
            return Ok(None);
        }
        let words: Vec<&str> = parts.iter().map(|part| part.words.as_str()).collect();
        Ok(Some(Handover {
            uid,
            beginning,
            links: parts.iter().flat_map(|part| part.links.clone()).collect(),
            objects: parts.iter().flat_map(|part| part.objects.clone()).collect(),
            warning: Diagnostic::warning(summary, words.join("\n\n")).at(Path::attribute(path)),
            planned_states: Box::new(move |record: &Record| {
                let endpoint = View::of(record).state::<endpoint::State>(ENDPOINT);
                let endpoint = endpoint.known().filter(|endpoint| endpoint.works())?;
                let states: Option<Vec<_>> = parts.into_iter().map(|part| (part.states)(endpoint)).collect();
                Some(states?.into_iter().flatten().collect())
            }),
        }))
    }

    /// Takes out of a record what a later consumer has taken over: a zone with all that is in it, and records of a given
    /// zone that lead to another endpoint by now.
    fn forget_taken_over(record: &mut Record, uid: &str) {
        let zones: BTreeSet<String> = record
            .links
            .keys()
            .filter(|link| [HOSTED_ZONE, RECORDS].contains(&link.kind()))
            .filter_map(|link| link.key().map(str::to_owned))
            .gather();
        for zone in zones {
            forget_in_zone(record, uid, &zone);
        }
    }
}

fn forget_in_zone(record: &mut Record, uid: &str, zone: &str) {
    let view = View::of(record);
    let (made, names) = (of_zone(HOSTED_ZONE, zone), of_zone(RECORDS, zone));
    let managed: Attr<hosted_zone::State> = view.state(made.as_str());
    if managed.known().is_some_and(|managed| managed.belongs_to_another(Some(uid))) {
        forget(record, &[made, of_zone(ZONE_ASSOCIATION, zone), names]);
        return;
    }
    let (Attr::Known(endpoint), Attr::Known(mut written), true) =
        (view.state::<endpoint::State>(ENDPOINT), view.state::<links::State>(names.as_str()), managed.is_null())
    else {
        return;
    };
    let before = written.records.len();
    written.records.retain(|_, record| record.endpoint().is_none_or(|id| id == endpoint.id));
    if written.records.is_empty() {
        // Whoever has all the names also needs the VPC to see them.
        forget(record, &[of_zone(ZONE_ASSOCIATION, zone), names]);
    } else if written.records.len() < before
        && let (Some(entry), Ok(state)) = (record.links.get_mut(&names), serde_json::to_value(written))
    {
        entry.state = state;
    }
}

fn forget(record: &mut Record, links: &[LinkName]) {
    record.links.retain(|link, _| !links.iter().any(|gone| link.is_at_or_below(gone)));
}
