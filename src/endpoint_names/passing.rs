//! What a plan or an apply says to the others of its run about the names of its endpoint: which it keeps, which it gives up.

use super::blocks::DnsBlock;
use super::chain::{ENDPOINT, EXISTING_ZONE, HOSTED_ZONE, RECORDS, of_zone};
use super::record_names::full_names;
use crate::aws::{Aws, HeldName};
use crate::engine::{Record, View};
use crate::links::{endpoint, existing_zone, hosted_zone, records};
use crate::value::Attr;

/// Says it of every recorded name that leads to an endpoint. Where nothing is `wanted` any more everything goes.
pub fn announce(client: &Aws, record: &Record, wanted: Option<&Attr<Vec<DnsBlock>>>) {
    let view = View::of(record);
    for link in record.links.keys().filter(|link| link.kind() == RECORDS) {
        let (Attr::Known(written), Some(key)) = (view.state::<records::State>(link.as_str()), link.key()) else {
            continue;
        };
        let Ok(account) = client.account(written.account.as_deref()) else { continue };
        let zone = Zone::of(&view, key);
        for record in written.records.values() {
            let Some(endpoint_id) = record.endpoint() else { continue };
            if written.endpoint_id.as_deref().is_some_and(|own| own != endpoint_id) {
                continue;
            }
            let keeps = wanted.is_some_and(|wanted| zone.keeps(wanted, &record.name));
            account.names_in_transit().say(HeldName::new(&written.zone_id, &record.name, endpoint_id), !keeps);
        }
    }
}

/// Where recorded names are.
struct Zone<'a> {
    /// See [`DnsBlock::zone`].
    key: &'a str,
    name: Option<String>,
    /// Zones of the endpoint's network interfaces.
    places: Vec<String>,
}

impl<'a> Zone<'a> {
    fn of(view: &View, key: &'a str) -> Self {
        let managed: Attr<hosted_zone::State> = view.state(of_zone(HOSTED_ZONE, key).as_str());
        let given: Attr<existing_zone::State> = view.state(of_zone(EXISTING_ZONE, key).as_str());
        let endpoint: Attr<endpoint::State> = view.state(ENDPOINT);
        let zonal = endpoint.known().and_then(|endpoint| endpoint.zonal_dns_names.clone()).unwrap_or_default();
        Self {
            key,
            name: managed.known().map(|zone| zone.name.clone()).or(given.known().map(|zone| zone.name.clone())),
            places: zonal.into_keys().collect(),
        }
    }

    /// Whether a configuration still has a name, as far as it is known.
    fn keeps(&self, wanted: &Attr<Vec<DnsBlock>>, name: &str) -> bool {
        let Attr::Known(blocks) = wanted else { return wanted.is_unknown() };
        let may_be_here = |dns: &&DnsBlock| dns.zone().is_none_or(|zone| zone == self.key);
        blocks.iter().filter(may_be_here).any(|dns| self.has(dns, name))
    }

    /// Whether a block of this zone, or of one that may be this, has a name.
    fn has(&self, dns: &DnsBlock, name: &str) -> bool {
        let Some(zone_name) = self.name.as_deref() else { return true };
        let places: Vec<&str> = self.places.iter().map(String::as_str).collect();
        // What is not known may be it.
        full_names(dns, zone_name, Some(&places)).is_none_or(|names| names.contains(name))
    }
}
