//! `privatelink_connection`: the decision of a service's owner over one endpoint, as a resource of its own.
//!
//! A chain of one link, [`crate::links::connection`], whose removal is the opposite decision. [`config`]
//! lists the attributes, [`chain`] says what must exist, [`preflight`] what is looked at before a change, [`reflect`] how what
//! exists shows in the attributes, [`discover`] what an import finds. For a consumer that accepts itself see `accept` in
//! `privatelink_consumer`, for rules over many `accept` in `privatelink_service`.

pub mod chain;
pub mod config;
mod discover;
mod list;
mod preflight;
mod reflect;

use crate::aws::Aws;
use crate::diagnostic::Diagnostics;
use crate::engine::{Catalogue, Chain, Result, View};
use crate::resource::{Composite, Discovered, ImportId, Preflight, Undiscovered};
pub use chain::CONNECTION;
pub use config::ConnectionConfig;

/// The resource type.
#[derive(Debug, Clone, Copy)]
pub struct Decision;

impl Composite for Decision {
    const TYPE: &'static str = "privatelink_connection";
    const NOUN: &'static str = "connection";
    const ANCHOR: &'static str = CONNECTION;
    const HELD_BY_PEERS: bool = true;
    const STABLE_OUTPUTS: &'static [&'static str] = &["id", "connection_id", "owner_id", "endpoint_region"];

    type Config = ConnectionConfig;
    type Client = Aws;

    fn peers(config: &ConnectionConfig) -> Vec<String> {
        config.peer_account.known().cloned().into_iter().collect()
    }

    fn name(config: &ConnectionConfig) -> String {
        config.endpoint_id.known().cloned().unwrap_or_default()
    }

    fn chain(config: &ConnectionConfig) -> Chain<Aws> {
        chain::chain(config)
    }

    fn catalogue() -> Catalogue<Aws> {
        chain::catalogue()
    }

    fn outputs(view: &View, config: &mut ConnectionConfig) {
        reflect::outputs(view, config);
    }

    fn observe(view: &View, config: &mut ConnectionConfig) {
        reflect::observe(view, config);
    }

    async fn preflight(client: &Aws, check: &Preflight<'_, ConnectionConfig>, found: &mut Diagnostics) -> Result<()> {
        preflight::preflight(client, check, found).await
    }

    async fn discover(client: &Aws, id: ImportId<'_>) -> Result<Discovered<ConnectionConfig>, Undiscovered> {
        discover::discover(client, id).await
    }
}
