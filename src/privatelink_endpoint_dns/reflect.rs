//! How the names that exist show in the attributes.

use std::collections::BTreeSet;

use super::chain::{ENDPOINT, HOSTED_ZONE, PRIVATE_DNS, PRIVATE_NAME};
use super::config::EndpointDnsConfig;
use crate::aws::Tags;
use crate::endpoint_names::profiles;
use crate::endpoint_names::reflect::{observe_dns, records, zone_ids};
use crate::engine::View;
use crate::gather::Gather as _;
use crate::links::{endpoint, hosted_zone, private_dns, private_name};
use crate::value::Attr;

/// Fills computed attributes.
pub(super) fn outputs(view: &View, config: &mut EndpointDnsConfig) {
    let endpoint: Attr<endpoint::State> = view.state(ENDPOINT);
    config.id = config.endpoint_id.clone();
    config.vpc_id = endpoint.as_ref().map(|endpoint| endpoint.vpc_id.clone());
    config.private_dns_names = match view.state::<private_dns::State>(PRIVATE_DNS) {
        // Whether there will be the link is not known.
        _ if config.private_dns_enabled.is_unknown() => Attr::Unknown,
        Attr::Null => Attr::Known(BTreeSet::new()),
        on => on.and_then(|on| on.private_dns_names.map_or(Attr::Unknown, Attr::Known)),
    };
    config.zone_ids = zone_ids(view, &config.dns);
    config.records = records(view, &config.dns, endpoint.known());
}

/// Behind a closed gate the configured values stay; once it is open AWS's values show.
pub(super) fn observe(view: &View, config: &mut EndpointDnsConfig) {
    let Attr::Known(endpoint) = view.state::<endpoint::State>(ENDPOINT) else { return };
    config.endpoint_id = Attr::Known(endpoint.id.clone());
    if !config.tags_all.is_set() {
        // An import: what one of its zones carries.
        config.tags_all = Attr::Known(carried(view).into_iter().next().unwrap_or_default());
    }
    let on = view.state::<private_dns::State>(PRIVATE_DNS);
    if let Some(only) = on.known().and_then(|on| on.inbound_resolver_only) {
        config.private_dns_only_for_inbound_resolver_endpoint = Attr::Known(only);
    }
    let is_proved = view.state::<private_name::State>(PRIVATE_NAME).known().is_none_or(|name| name.proved);
    if on.is_set() || (endpoint.works() && is_proved) {
        config.private_dns_enabled = Attr::Known(on.is_set());
    }
    profiles::observe(view, on.is_set(), &mut config.route53_profile_id);
    if endpoint.works() {
        observe_dns(view, &endpoint, &mut config.dns);
    }
}

/// The user's tags of each zone.
pub(super) fn carried(view: &View) -> Vec<Tags> {
    let zones = view.names().filter(|link| link.kind() == HOSTED_ZONE);
    zones.filter_map(|link| Some(view.state::<hosted_zone::State>(link.as_str()).known()?.tags.clone())).gather()
}
