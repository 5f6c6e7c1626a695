//! What must exist: the decision, and nothing else.

use super::config::ConnectionConfig;
use crate::aws::Aws;
use crate::engine::{Catalogue, Chain};
use crate::links::connection::{self, Connection};

/// The link.
pub const CONNECTION: &str = "connection";

/// Everything that the configuration asks for.
pub(super) fn chain(config: &ConnectionConfig) -> Chain<Aws> {
    let mut chain = Chain::new();
    chain.link(CONNECTION, Connection, (), wanted(config));
    chain
}

/// How a recorded decision is taken back.
pub(super) fn catalogue() -> Catalogue<Aws> {
    let mut catalogue = Catalogue::new();
    catalogue.kind(CONNECTION, Connection).anchor();
    catalogue
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_contradicts_itself_nowhere() {
        assert_eq!(catalogue().defects(), Vec::<String>::new());
    }
}
