//! `privatelink_endpoint_dns`: the names of an endpoint that exists, for owners who accept it only after they were told its id.
//!
//! [`config`] lists the attributes, [`check`] what they rule out together, [`chain`] says what must exist and in which order,
//! [`preflight`] what is looked at before a change, [`reflect`] how what exists shows in the attributes, [`discover`] what an
//! import finds, [`orphans`] what an interrupted run may have left. All names are of [`crate::endpoint_names`], which `privatelink_consumer` has in common.
//!
//! Its uid is the endpoint's id: nothing that this resource makes can carry a run tag for certain, so a creation finds by the
//! uid what an interrupted one has made. The run tag stands on the endpoint itself, where a consumer made it.

pub mod chain;
mod check;
pub mod config;
mod discover;
mod orphans;
mod preflight;
mod reflect;

use std::collections::BTreeSet;

use crate::aws::{Aws, Tags};
use crate::diagnostic::Diagnostics;
use crate::endpoint_names::{blocks, passing, sharing, undescribed};
use crate::engine::{Catalogue, Chain, Failure, LinkName, Record, View};
use crate::resource::{AnyRecovery, Composite, Discovered, ImportId, Preflight, Undiscovered};
pub use config::EndpointDnsConfig;

/// The resource type.
#[derive(Debug, Clone, Copy)]
pub struct EndpointDns;

impl Composite for EndpointDns {
    const TYPE: &'static str = "privatelink_endpoint_dns";
    const NOUN: &'static str = config::NOUN;
    const ANCHOR: &'static str = chain::ENDPOINT;
    const STABLE_OUTPUTS: &'static [&'static str] = &["id", "vpc_id"];

    type Config = EndpointDnsConfig;
    type Client = Aws;

    fn check(config: &EndpointDnsConfig) -> Diagnostics {
        check::check(config)
    }

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
        config.uid()
    }

    fn recovery() -> Option<AnyRecovery<Aws>> {
        Some(AnyRecovery::of::<Self>())
    }

    fn forget_shared(record: &mut Record, heir: &Record) {
        sharing::forget_shared(record, heir);
    }

    fn own(config: &mut EndpointDnsConfig, uid: &str) {
        config.memory.set_owner_uid(uid);
    }

    fn chain(config: &EndpointDnsConfig) -> Chain<Aws> {
        chain::chain(config)
    }

    fn align(
        config: &EndpointDnsConfig,
        record: &mut Record,
        imported: &BTreeSet<LinkName>,
    ) -> Vec<(LinkName, LinkName)> {
        undescribed::leave(&config.dns, record, imported);
        Vec::new()
    }

    fn catalogue() -> Catalogue<Aws> {
        chain::catalogue()
    }

    fn outputs(view: &View, config: &mut EndpointDnsConfig) {
        reflect::outputs(view, config);
    }

    fn observe(view: &View, config: &mut EndpointDnsConfig) {
        reflect::observe(view, config);
    }

    fn carried(view: &View, _config: &EndpointDnsConfig) -> Vec<Tags> {
        reflect::carried(view)
    }

    async fn preflight(
        client: &Aws,
        check: &Preflight<'_, EndpointDnsConfig>,
        found: &mut Diagnostics,
    ) -> Result<(), Failure> {
        preflight::preflight(client, check, found).await
    }

    fn announce(client: &Aws, record: &Record, config: Option<&EndpointDnsConfig>) {
        passing::announce(client, record, config.map(|config| &config.dns));
    }

    async fn discover(client: &Aws, id: ImportId<'_>) -> Result<Discovered<EndpointDnsConfig>, Undiscovered> {
        discover::discover(client, id.anchor).await
    }
}
