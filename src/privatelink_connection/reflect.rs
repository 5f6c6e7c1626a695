//! How a decision shows in the attributes.

use super::chain::CONNECTION;
use super::config::ConnectionConfig;
use crate::engine::View;
use crate::links::connection;
use crate::value::Attr;

/// Fills computed attributes.
pub(super) fn outputs(view: &View, config: &mut ConnectionConfig) {
    let connection: Attr<connection::State> = view.state(CONNECTION);
    let of = |pick: fn(&connection::State) -> Option<String>| connection.as_ref().and_then(|one| pick(one).into());
    config.id = id(config);
    config.connection_id = of(|connection| connection.connection_id.clone());
    config.state = of(|connection| Some(connection.state.clone()));
    config.owner_id = of(|connection| connection.endpoint_owner.clone());
    config.endpoint_region = of(|connection| connection.endpoint_region.clone());
}

/// Of a connection only its tags can drift: one that is accepted no more is gone, one that ended keeps what it had.
pub(super) fn observe(view: &View, config: &mut ConnectionConfig) {
    if let Attr::Known(connection) = view.state::<connection::State>(CONNECTION) {
        if !connection.is_over() {
            config.tags_all = Attr::Known(connection.tags.clone());
        }
        config.service_id = Attr::Known(connection.service_id);
        config.endpoint_id = Attr::Known(connection.endpoint_id);
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
    fn the_id_is_known_as_soon_as_both_of_its_parts_are() {
        let mut config = ConnectionConfig { service_id: Attr::Known("vpce-svc-1".into()), ..Default::default() };
        config.endpoint_id = Attr::Unknown;
        assert_eq!(id(&config), Attr::Unknown);
        config.endpoint_id = Attr::Known("vpce-1".into());
        assert_eq!(id(&config), Attr::Known("vpce-svc-1/vpce-1".into()));
    }
}
