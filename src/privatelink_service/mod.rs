//! `privatelink_service`: an application behind a network load balancer, published as an endpoint service.
//!
//! [`config`] lists the attributes, [`check`] and [`certificates`] what they rule out together, [`chain`] says what must exist
//! and in which order, [`listeners`] which listener a recorded one is, [`released`] what is somebody
//! else's from now on, [`reflect`] how what exists shows in the attributes, [`preflight`] what is looked
//! at before a change, [`strays`] what a killed update may have left.

mod certificates;
pub mod chain;
mod check;
pub mod config;
mod discover;
mod listeners;
mod preflight;
mod principal;
mod reflect;
mod released;
mod strays;

pub use config::ServiceConfig;

use crate::aws::{Aws, Tags};
use crate::diagnostic::Diagnostics;
use crate::engine::{Catalogue, Chain, Failure, Leased, LinkName, Record, Stray, View};
use crate::resource::{Composite, Discovered, Preflight, Search, Undiscovered};

/// The resource type.
#[derive(Debug, Clone, Copy)]
pub struct Service;

impl Composite for Service {
    const TYPE: &'static str = "privatelink_service";
    const NOUN: &'static str = "service";
    const ANCHOR: &'static str = chain::ENDPOINT_SERVICE;
    const LASTING: &'static [&'static str] = &["id", "arn", "service_id", "service_name", "base_endpoint_dns_names"];
    const STRAYS: &'static [&'static str] = strays::KINDS;
    const FOLLOWERS: &'static [&'static str] = &[chain::VERIFICATION_RECORD];

    type Config = ServiceConfig;
    type Client = Aws;

    fn check(config: &ServiceConfig) -> Diagnostics {
        check::check(config)
    }

    fn derive(_config: &mut ServiceConfig) {}

    fn is_open(config: &ServiceConfig) -> bool {
        config.listeners().is_none() || config.private_dns.is_unknown() || config.notifications().is_none()
    }

    fn name(config: &ServiceConfig) -> String {
        config.name.known().cloned().unwrap_or_default()
    }

    fn chain(config: &ServiceConfig) -> Chain<Aws> {
        chain::chain(config)
    }

    fn align(config: &ServiceConfig, record: &mut Record) -> Vec<(LinkName, LinkName)> {
        let moves = listeners::align(config, record);
        released::release(config, record);
        moves
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

    async fn preflight(
        client: &Aws,
        check: &Preflight<'_, ServiceConfig>,
        found: &mut Diagnostics,
    ) -> Result<(), Failure> {
        preflight::preflight(client, check, found).await
    }

    fn lead(config: &ServiceConfig) -> Option<&'static str> {
        Some(if config.has_given_load_balancers() { chain::ENDPOINT_SERVICE } else { chain::LOAD_BALANCER })
    }

    async fn leased(client: &Aws, config: &ServiceConfig, resource: &str) -> Result<Vec<Leased>, Failure> {
        let account = client.account(None)?;
        if config.has_given_load_balancers() {
            return account.leased_objects(resource).await;
        }
        account.leased_load_balancers(&Self::name(config), resource).await
    }

    async fn set_lease(client: &Aws, id: &str, until: Option<&str>) -> Result<(), Failure> {
        client.account(None)?.set_lease(id, until).await
    }

    fn trail(config: &ServiceConfig) -> Vec<String> {
        strays::trail(config)
    }

    async fn strays(client: &Aws, search: &Search<'_>) -> Result<Vec<Stray>, Failure> {
        strays::strays(client, search).await
    }

    async fn marks(client: &Aws, id: &str) -> Result<Tags, Failure> {
        client.account(None)?.marks(id).await
    }

    async fn mark(client: &Aws, id: &str, marks: &Tags) -> Result<(), Failure> {
        client.account(None)?.mark(id, marks).await
    }

    async fn discover(client: &Aws, id: &str) -> Result<Discovered<ServiceConfig>, Undiscovered> {
        discover::discover(client, id).await
    }
}
