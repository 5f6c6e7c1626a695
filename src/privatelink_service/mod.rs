//! `privatelink_service`: an application behind a network load balancer, published as an endpoint service.
//!
//! [`config`] lists the attributes, [`check`] what they rule out together, [`chain`] says what must exist and in which order,
//! [`preflight`] what is looked at before a change, [`reflect`] how what exists shows in the attributes, [`health`] how the
//! targets are after one, [`discover`] what an import finds, [`given`] how a part is written that
//! something else manages, [`orphans`] what an interrupted update may have left, [`moved`] which
//! states of hashicorp/aws become one.

pub mod chain;
mod check;
pub mod config;
mod discover;
pub mod given;
mod health;
mod list;
mod moved;
mod orphans;
mod preflight;
mod reflect;

pub use config::ServiceConfig;

use std::collections::BTreeSet;

use crate::aws::{Aws, Tags};
use crate::diagnostic::Diagnostics;
use crate::engine::{Catalogue, Chain, LinkName, Record, Result, View};
use crate::resource::{AnyRecovery, Composite, Discovered, ImportId, Origin, Preflight, Undiscovered};

/// The resource type.
#[derive(Debug, Clone, Copy)]
pub struct Service;

impl Composite for Service {
    const TYPE: &'static str = "privatelink_service";
    const NOUN: &'static str = "service";
    const ANCHOR: &'static str = chain::ENDPOINT_SERVICE;
    const STABLE_OUTPUTS: &'static [&'static str] =
        &["id", "arn", "service_id", "service_name", "base_endpoint_dns_names"];
    const MOVES_FROM: Option<Origin> = Some(moved::ORIGIN);

    type Config = ServiceConfig;
    type Client = Aws;

    fn check(config: &ServiceConfig) -> Diagnostics {
        check::check(config)
    }

    fn is_open(config: &ServiceConfig) -> bool {
        let mut listeners = config.listener.known().into_iter().flatten();
        let zone = config.private_dns.known().is_some_and(|dns| dns.hosted_zone_id.is_unknown());
        config.listeners().is_none()
            || listeners.any(config::ListenerBlock::is_open)
            || config.has_open_front()
            || config.minimum_capacity().is_unknown()
            || config.private_dns.is_unknown()
            || zone
            || config.notifications().is_none()
    }

    fn peers(config: &ServiceConfig) -> Vec<String> {
        config.private_dns.known().and_then(|dns| dns.peer_account.known().cloned()).into_iter().collect()
    }

    fn name(config: &ServiceConfig) -> String {
        config.name.known().cloned().unwrap_or_default()
    }

    fn chain(config: &ServiceConfig) -> Chain<Aws> {
        chain::chain(config)
    }

    fn align(config: &ServiceConfig, record: &mut Record, _imported: &BTreeSet<LinkName>) -> Vec<(LinkName, LinkName)> {
        chain::align(config, record)
    }

    fn catalogue() -> Catalogue<Aws> {
        chain::catalogue()
    }

    fn outputs(view: &View, config: &mut ServiceConfig) {
        reflect::outputs(view, config);
    }

    fn observe(view: &View, config: &mut ServiceConfig) {
        reflect::observe(view, config);
    }

    fn carried(view: &View, _config: &ServiceConfig) -> Vec<Tags> {
        reflect::carried(view)
    }

    async fn preflight(client: &Aws, check: &Preflight<'_, ServiceConfig>, found: &mut Diagnostics) -> Result<()> {
        preflight::preflight(client, check, found).await
    }

    async fn foresee(client: &Aws, config: &ServiceConfig, record: &mut Record) -> Result<()> {
        given::foresee(client, config, record).await
    }

    fn recovery() -> Option<AnyRecovery<Aws>> {
        Some(AnyRecovery::of::<Self>())
    }

    async fn look_back(client: &Aws, config: &ServiceConfig) -> Diagnostics {
        health::warnings(client, config).await
    }

    async fn discover(client: &Aws, id: ImportId<'_>) -> Result<Discovered<ServiceConfig>, Undiscovered> {
        discover::discover(client, id.anchor).await
    }
}
