//! `privatelink_consumer`: an interface endpoint with everything that makes it usable.
//!
//! [`config`] lists the attributes, [`check`] what they rule out together, [`chain`] says what must exist and in which order,
//! [`preflight`] what is looked at before a change, [`reflect`] how what exists shows in the attributes, [`discover`] what an
//! import finds, [`hand_made_group`] whether the group of an endpoint that was made by hand becomes its own, [`orphans`] what an
//! interrupted update may have left, [`handover`] what a replacement takes over last, [`moved`] which states of hashicorp/aws
//! become one.

pub mod chain;
mod check;
pub mod config;
mod discover;
pub mod given;
mod hand_made_group;
mod handover;
mod list;
mod moved;
mod orphans;
mod preflight;
mod reflect;

use std::collections::BTreeSet;

use crate::aws::{Aws, Tags};
use crate::diagnostic::Diagnostics;
use crate::endpoint_names::blocks::has_open_zones;
use crate::endpoint_names::{passing, undescribed};
use crate::engine::{Catalogue, Chain, LinkName, Record, Result, View};
use crate::links::notification;
use crate::resource::{AnyHandovers, AnyRecovery, Composite, Discovered, ImportId, Origin, Preflight, Undiscovered};
use crate::value::Attr;
pub use config::ConsumerConfig;
use config::{region_in, short_name};

/// The resource type.
#[derive(Debug, Clone, Copy)]
pub struct Consumer;

impl Composite for Consumer {
    const TYPE: &'static str = "privatelink_consumer";
    const NOUN: &'static str = config::NOUN;
    const ANCHOR: &'static str = chain::ENDPOINT;
    const STABLE_OUTPUTS: &'static [&'static str] = &["id", "arn", "vpc_id", "owner_id", "dns_name", "hosted_zone_id"];
    const SETTINGS: &'static [(&'static str, &'static str)] = &[(chain::SECURITY_GROUP_EGRESS, chain::SECURITY_GROUP)];
    const MOVES_FROM: Option<Origin> = Some(moved::ORIGIN);

    type Config = ConsumerConfig;
    type Client = Aws;

    fn check(config: &ConsumerConfig) -> Diagnostics {
        check::check(config)
    }

    fn derive(config: &mut ConsumerConfig) {
        let from_name = |pick: fn(&str) -> Option<String>| match &config.service_name {
            Attr::Known(name) => pick(name).into(),
            Attr::Unknown | Attr::Given => Attr::Unknown,
            Attr::Null => Attr::Null,
        };
        let (region, short): (Attr<String>, Attr<String>) =
            (from_name(|name| region_in(name).map(str::to_owned)), from_name(|name| Some(short_name(name))));
        if !matches!(config.service_region, Attr::Known(_)) {
            // A name without a Region, such as IAM's, is looked for where the endpoint is.
            config.service_region = if region.is_null() { config.region.clone() } else { region };
        }
        if !matches!(config.name, Attr::Known(_)) {
            config.name = short;
        }
        if !matches!(config.dns_record_ip_type, Attr::Known(_)) {
            config.dns_record_ip_type = config.ip_address_type.clone();
        }
    }

    /// The default rule is for a group that never had other rules: rules that are removed open nothing.
    fn complete(config: &mut ConsumerConfig, prior: Option<&ConsumerConfig>) {
        if matches!(config.default_ingress, Attr::Known(_)) {
            return;
        }
        let had_rules = prior.is_some_and(|prior| prior.manages_group() && prior.default_ingress.is_null());
        config.default_ingress = match &config.ingress {
            _ if config.has_open_group() => Attr::Unknown,
            _ if !config.manages_group() => Attr::Null,
            Attr::Unknown | Attr::Given => Attr::Unknown,
            Attr::Known(rules) if !rules.is_empty() => Attr::Null,
            Attr::Known(_) | Attr::Null if had_rules => Attr::Null,
            Attr::Known(_) | Attr::Null => Attr::Known(true),
        };
    }

    fn is_open(config: &ConsumerConfig) -> bool {
        config.accept.is_unknown()
            || has_open_zones(&config.dns)
            || config.has_open_group()
            || (config.manages_group() && config.egress.is_unknown())
            || config.private_dns_enabled.is_unknown()
            || config.route53_profile_id.is_unknown()
            || notification::by_topic(&config.connection_notification).is_none()
    }

    fn peers(config: &ConsumerConfig) -> Vec<String> {
        preflight::peers(config).into_iter().map(|(_, peer)| peer).collect()
    }

    fn name(config: &ConsumerConfig) -> String {
        config.base_name()
    }

    fn chain(config: &ConsumerConfig) -> Chain<Aws> {
        chain::chain(config)
    }

    fn align(config: &ConsumerConfig, record: &mut Record, imported: &BTreeSet<LinkName>) -> Vec<(LinkName, LinkName)> {
        undescribed::leave(&config.dns, record, imported);
        Vec::new()
    }

    fn catalogue() -> Catalogue<Aws> {
        chain::catalogue()
    }

    fn outputs(view: &View, config: &mut ConsumerConfig) {
        reflect::outputs(view, config);
    }

    fn observe(view: &View, config: &mut ConsumerConfig) {
        reflect::observe(view, config);
    }

    fn carried(view: &View, config: &ConsumerConfig) -> Vec<Tags> {
        reflect::carried(view, config)
    }

    async fn preflight(client: &Aws, check: &Preflight<'_, ConsumerConfig>, found: &mut Diagnostics) -> Result<()> {
        preflight::preflight(client, check, found).await
    }

    fn announce(client: &Aws, record: &Record, config: Option<&ConsumerConfig>) {
        passing::announce(client, record, config.map(|config| &config.dns));
    }

    async fn immovable(client: &Aws, config: &ConsumerConfig, prior: &ConsumerConfig) -> Result<Vec<&'static str>> {
        preflight::immovable(client, config, prior).await
    }

    async fn foresee(client: &Aws, config: &ConsumerConfig, record: &mut Record) -> Result<()> {
        preflight::foresee(client, config, record).await
    }

    fn own(config: &mut ConsumerConfig, uid: &str) {
        config.memory.set_owner_uid(uid);
    }

    fn recovery() -> Option<AnyRecovery<Aws>> {
        Some(AnyRecovery::of::<Self>())
    }

    fn handovers() -> Option<AnyHandovers<Aws>> {
        Some(AnyHandovers::of::<Self>())
    }

    async fn discover(client: &Aws, id: ImportId<'_>) -> Result<Discovered<ConsumerConfig>, Undiscovered> {
        discover::discover(client, id.anchor).await
    }
}
