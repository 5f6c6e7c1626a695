//! `privatelink_connection`: the decision of a service's owner over one endpoint, as a resource of its own.
//!
//! A chain of one link, [`crate::links::connection`], whose removal is the opposite decision. [`config`]
//! lists the attributes, [`look`] says what is looked at before a change and at an import. For a consumer
//! that accepts itself see `accept` in `privatelink_consumer`, for rules over many `accept` in
//! `privatelink_service`.

pub mod config;
mod list;
mod look;

use jiff::Timestamp;

use crate::aws::Aws;
use crate::diagnostic::Diagnostics;
use crate::engine::{Catalogue, Chain, Failure, View};
use crate::links::connection::{self, Connection};
use crate::resource::{Composite, Discovered, Preflight, Undiscovered};
use crate::value::Attr;
pub use config::ConnectionConfig;

/// The link.
pub const CONNECTION: &str = "connection";

/// The resource type.
#[derive(Debug, Clone, Copy)]
pub struct Decision;

impl Composite for Decision {
    const TYPE: &'static str = "privatelink_connection";
    const NOUN: &'static str = "connection";
    const ANCHOR: &'static str = CONNECTION;
    const STABLE_OUTPUTS: &'static [&'static str] = &["id", "connection_id", "owner_id", "endpoint_region"];

    type Config = ConnectionConfig;
    type Client = Aws;

    fn check(_config: &ConnectionConfig) -> Diagnostics {
        Diagnostics::new()
    }

    fn derive(_config: &mut ConnectionConfig) {}

    fn is_open(_config: &ConnectionConfig) -> bool {
        false
    }

    fn peers(config: &ConnectionConfig) -> Vec<String> {
        config.peer_account.known().cloned().into_iter().collect()
    }

    fn name(config: &ConnectionConfig) -> String {
        config.endpoint_id.known().cloned().unwrap_or_default()
    }

    fn chain(config: &ConnectionConfig) -> Chain<Aws> {
        let mut chain = Chain::new();
        chain.link(CONNECTION, Connection, (), wanted(config));
        chain
    }

    fn catalogue() -> Catalogue<Aws> {
        let mut catalogue = Catalogue::new();
        catalogue.kind(CONNECTION, Connection).anchor();
        catalogue
    }

    fn outputs(view: &View, config: &mut ConnectionConfig) {
        let connection: Attr<connection::State> = view.state(CONNECTION);
        let of = |pick: fn(&connection::State) -> Option<String>| connection.as_ref().and_then(|one| pick(one).into());
        config.id = id(config);
        config.connection_id = of(|connection| connection.connection_id.clone());
        config.state = of(|connection| Some(connection.state.clone()));
        config.owner_id = of(|connection| connection.endpoint_owner.clone());
        config.endpoint_region = of(|connection| connection.endpoint_region.clone());
    }

    /// Of a connection only its tags can drift: one that is accepted no more is gone, one that ended keeps what it had.
    fn observe(view: &View, config: &mut ConnectionConfig) {
        if let Attr::Known(connection) = view.state::<connection::State>(CONNECTION) {
            if !connection.is_over() {
                config.tags_all = Attr::Known(connection.tags.clone());
            }
            config.service_id = Attr::Known(connection.service_id);
            config.endpoint_id = Attr::Known(connection.endpoint_id);
        }
    }

    async fn preflight(
        client: &Aws,
        check: &Preflight<'_, ConnectionConfig>,
        found: &mut Diagnostics,
    ) -> Result<(), Failure> {
        look::preflight(client, check, found).await
    }

    async fn account_id(client: &Aws, peer: Option<&str>) -> Result<Option<String>, Failure> {
        client.account(peer)?.id().await
    }

    fn now(client: &Aws) -> Option<Timestamp> {
        client.now()
    }

    async fn discover(client: &Aws, id: &str) -> Result<Discovered<ConnectionConfig>, Undiscovered> {
        look::discover(client, id).await
    }
}

fn wanted(config: &ConnectionConfig) -> impl Fn(&()) -> Option<connection::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |&()| {
        Some(connection::Spec {
            account: config.peer_account.clone().settled()?,
            service_id: config.service_id.clone().settled()??,
            service_region: config.region.clone().settled()?,
            endpoint_id: config.endpoint_id.clone().settled()??,
            rejects: true,
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

/// What a person writes to import it.
fn id(config: &ConnectionConfig) -> Attr<String> {
    let endpoint = &config.endpoint_id;
    config.service_id.as_ref().and_then(|service| endpoint.as_ref().map(|endpoint| format!("{service}/{endpoint}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_contradicts_itself_nowhere() {
        assert_eq!(Decision::catalogue().defects(), Vec::<String>::new());
    }

    #[test]
    fn the_id_is_known_as_soon_as_both_of_its_parts_are() {
        let mut config = ConnectionConfig { service_id: Attr::Known("vpce-svc-1".into()), ..Default::default() };
        config.endpoint_id = Attr::Unknown;
        assert_eq!(id(&config), Attr::Unknown);
        config.endpoint_id = Attr::Known("vpce-1".into());
        assert_eq!(id(&config), Attr::Known("vpce-svc-1/vpce-1".into()));
    }
}
