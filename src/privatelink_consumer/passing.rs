//! What a plan or an apply says to the others of its run about the names of its consumer: which it keeps, which it gives up.

use super::chain::{ENDPOINT, EXISTING_ZONE, HOSTED_ZONE, RECORDS};
use super::config::{ConsumerConfig, DnsBlock};
use super::names::{full_name, zonal_name};
use crate::aws::{Aws, HeldName, RecordKey};
use crate::engine::{Record, View};
use crate::links::{endpoint, existing_zone, hosted_zone, records};
use crate::value::Attr;

/// Says it of every recorded name that leads to an endpoint. Without a configuration everything goes.
pub(super) fn announce(client: &Aws, record: &Record, config: Option<&ConsumerConfig>) {
    let view = View::of(record);
    let written: Attr<records::State> = view.state(RECORDS);
    let Attr::Known(written) = written else { return };
    let Ok(account) = client.account(written.account.as_deref()) else { return };
    let zone = Zone::of(&view, &written.zone_id);
    for record in written.records.values() {
        let Some(endpoint_id) = record.endpoint() else { continue };
        if written.endpoint_id.as_deref().is_some_and(|own| own != endpoint_id) {
            continue;
        }
        let keeps = config.is_some_and(|config| zone.keeps(config, &record.name));
        account.say_of_name(HeldName::new(&written.zone_id, &record.name, endpoint_id), !keeps);
    }
}

/// Where the recorded names are.
struct Zone<'a> {
    id: &'a str,
    name: Option<String>,
    is_managed: bool,
    /// Zones of the endpoint's network interfaces.
    places: Vec<String>,
}

impl<'a> Zone<'a> {
    fn of(view: &View, zone_id: &'a str) -> Self {
        let managed: Attr<hosted_zone::State> = view.state(HOSTED_ZONE);
        let given: Attr<existing_zone::State> = view.state(EXISTING_ZONE);
        let endpoint: Attr<endpoint::State> = view.state(ENDPOINT);
        let zonal = endpoint.known().and_then(|endpoint| endpoint.zonal_dns_names.clone()).unwrap_or_default();
        Self {
            id: zone_id,
            is_managed: managed.known().is_some_and(|zone| zone.zone_id == zone_id),
            name: managed.known().map(|zone| zone.name.clone()).or(given.known().map(|zone| zone.name.clone())),
            places: zonal.into_keys().collect(),
        }
    }

    /// Whether a configuration still has a name, as far as it is known.
    fn keeps(&self, config: &ConsumerConfig, name: &str) -> bool {
        let Attr::Known(dns) = &config.dns else { return config.dns.is_unknown() };
        let Some(zone_name) = self.name.as_deref() else { return true };
        if self.leaves(dns, zone_name) {
            return false;
        }
        let Attr::Known(blocks) = &dns.record else { return dns.record.is_unknown() };
        let is_it = |relative: &str| RecordKey::new(&full_name(relative, zone_name), "").name == name;
        blocks.iter().any(|block| match (&block.name, &block.zonal) {
            (Attr::Known(relative), Attr::Known(true)) => {
                self.places.iter().any(|place| is_it(&zonal_name(relative, place)))
            }
            (Attr::Known(relative), Attr::Null | Attr::Known(false)) => is_it(relative),
            (Attr::Null, _) => false,
            _ => true,
        })
    }

    /// Whether the names are to be in another zone from now on.
    fn leaves(&self, dns: &DnsBlock, zone_name: &str) -> bool {
        match (&dns.zone_id, &dns.zone_name) {
            (Attr::Known(zone_id), _) => zone_id.trim_start_matches("/hostedzone/") != self.id,
            (_, Attr::Known(name)) => !self.is_managed || !name.trim_end_matches('.').eq_ignore_ascii_case(zone_name),
            _ => false,
        }
    }
}
