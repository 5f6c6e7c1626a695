//! `privatelink_endpoint_dns`: the names of an endpoint that exists, for owners who accept it only after they were told its id.
//!
//! [`config`] lists the attributes, [`chain`] says what must exist and in which order, [`look`] what is looked at before a
//! change and at an import. All names are of [`crate::endpoint_names`], which `privatelink_consumer` has in common.
//!
//! Its uid is the endpoint's id: nothing that this resource makes can carry a run tag for certain, so a creation finds by the
//! uid what an interrupted one has made.

pub mod chain;
pub mod config;
mod look;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::aws::{Aws, Tags};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::endpoint_names::{blocks, passing, profiles, reflect};
use crate::engine::{Catalogue, Chain, Failure, Record, View};
use crate::gather::Gather as _;
use crate::links::{endpoint, hosted_zone, private_dns, private_name};
use crate::resource::{Composite, Discovered, Preflight, Undiscovered};
use crate::value::{Attr, Path};
pub use config::EndpointDnsConfig;

/// The resource type.
#[derive(Debug, Clone, Copy)]
pub struct EndpointDns;

impl Composite for EndpointDns {
    const TYPE: &'static str = "privatelink_endpoint_dns";
    const NOUN: &'static str = "endpoint_dns";
    const ANCHOR: &'static str = chain::ENDPOINT;
    const STABLE_OUTPUTS: &'static [&'static str] = &["id", "vpc_id"];

    type Config = EndpointDnsConfig;
    type Client = Aws;

    fn check(config: &EndpointDnsConfig) -> Diagnostics {
        let mut found = Diagnostics::new();
        let has_no_zone = config.dns.is_null() || config.dns.known().is_some_and(Vec::is_empty);
        if has_no_zone && matches!(config.private_dns_enabled, Attr::Null | Attr::Known(false)) {
            let detail = "A privatelink_endpoint_dns without names does nothing. Write private_dns_enabled = true, or a dns \
                          block with records; remove the resource to take all names away.";
            found.push(Diagnostic::error("No names", detail).at(Path::attribute("dns")));
        }
        for dns in config.dns.known().into_iter().flatten() {
            blocks::check(dns, &mut found);
        }
        profiles::check(&config.route53_profile_id, &config.private_dns_enabled, &mut found);
        found
    }

    fn derive(_config: &mut EndpointDnsConfig) {}

    fn is_open(config: &EndpointDnsConfig) -> bool {
        blocks::has_open_zones(&config.dns)
            || config.private_dns_enabled.is_unknown()
            || config.route53_profile_id.is_unknown()
    }

    fn peers(config: &EndpointDnsConfig) -> Vec<String> {
        blocks::peers(&config.dns).into_iter().collect()
    }

    fn name(config: &EndpointDnsConfig) -> String {
        config.endpoint_id.known().cloned().unwrap_or_default()
    }

    fn uid(config: &EndpointDnsConfig) -> Option<String> {
        config.endpoint_id.known().cloned()
    }

    fn own(config: &mut EndpointDnsConfig, uid: &str) {
        config.memory.set_owner_uid(uid);
    }

    fn chain(config: &EndpointDnsConfig) -> Chain<Aws> {
        chain::chain(config)
    }

    fn catalogue() -> Catalogue<Aws> {
        chain::catalogue()
    }

    fn outputs(view: &View, config: &mut EndpointDnsConfig) {
        let endpoint: Attr<endpoint::State> = view.state(chain::ENDPOINT);
        config.id = config.endpoint_id.clone();
        config.vpc_id = endpoint.as_ref().map(|endpoint| endpoint.vpc_id.clone());
        config.private_dns_names = match view.state::<private_dns::State>(chain::PRIVATE_DNS) {
            // Whether there will be the link is not known.
            _ if config.private_dns_enabled.is_unknown() => Attr::Unknown,
            Attr::Null => Attr::Known(BTreeSet::new()),
            on => on.and_then(|on| on.private_dns_names.map_or(Attr::Unknown, Attr::Known)),
        };
        config.zone_ids = reflect::zone_ids(view, &config.dns);
        config.records = reflect::records(view, &config.dns, endpoint.known());
    }

    /// Behind a closed gate the configured values stay; once it is open AWS's values show.
    fn observe(view: &View, config: &mut EndpointDnsConfig) {
        let Attr::Known(endpoint) = view.state::<endpoint::State>(chain::ENDPOINT) else { return };
        config.endpoint_id = Attr::Known(endpoint.id.clone());
        if !config.tags_all.is_set() {
            // An import: what one of its zones carries.
            config.tags_all = Attr::Known(Self::carried(view, config).into_iter().next().unwrap_or_default());
        }
        let on = view.state::<private_dns::State>(chain::PRIVATE_DNS);
        if let Some(only) = on.known().and_then(|on| on.inbound_resolver_only) {
            config.private_dns_only_for_inbound_resolver_endpoint = Attr::Known(only);
        }
        let is_proved = view.state::<private_name::State>(chain::PRIVATE_NAME).known().is_none_or(|name| name.proved);
        if on.is_set() || (endpoint.works() && is_proved) {
            config.private_dns_enabled = Attr::Known(on.is_set());
        }
        profiles::observe(view, on.is_set(), &mut config.route53_profile_id);
        if endpoint.works() {
            reflect::observe_dns(view, &endpoint, &mut config.dns);
        }
    }

    fn carried(view: &View, _config: &EndpointDnsConfig) -> Vec<Tags> {
        let zones = view.names().filter(|link| link.kind() == crate::endpoint_names::chain::HOSTED_ZONE);
        zones.filter_map(|link| Some(view.state::<hosted_zone::State>(link.as_str()).known()?.tags.clone())).gather()
    }

    async fn preflight(
        client: &Aws,
        check: &Preflight<'_, EndpointDnsConfig>,
        found: &mut Diagnostics,
    ) -> Result<(), Failure> {
        look::preflight(client, check, found).await
    }

    fn announce(client: &Aws, record: &Record, config: Option<&EndpointDnsConfig>) {
        passing::announce(client, record, config.map(|config| &config.dns));
    }

    async fn account_id(client: &Aws, peer: Option<&str>) -> Result<Option<String>, Failure> {
        client.account(peer)?.id().await
    }

    fn now(client: &Aws) -> Option<Timestamp> {
        client.now()
    }

    async fn discover(client: &Aws, id: &str) -> Result<Discovered<EndpointDnsConfig>, Undiscovered> {
        look::discover(client, id).await
    }
}
