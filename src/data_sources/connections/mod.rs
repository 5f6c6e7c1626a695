//! The data source `privatelink_connections`: who is connected to a service of one's own.

mod config;

pub use config::{Config, Connection, DnsEntry};

use std::collections::BTreeSet;

use crate::aws::Aws;
use crate::aws::lookups::ServiceConnection;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::convincing;
use crate::resource::{DataSource, Unread};
use crate::value::{Attr, Path};

/// The data source.
#[derive(Debug, Clone, Copy)]
pub struct Connections;

impl DataSource for Connections {
    const TYPE: &'static str = "privatelink_connections";

    type Config = Config;
    type Client = Aws;

    fn check(_config: &Config) -> Diagnostics {
        Diagnostics::new()
    }

    async fn read(aws: &Aws, config: &mut Config) -> Result<(), Unread> {
        let account = aws.account(config.peer_account.known().map(String::as_str))?;
        let Some(service_id) = config.service_id.known().cloned() else { return Ok(()) };
        let found = account.service_connections(&service_id).await?;
        if found.is_empty() && convincing(|| account.own_service(&service_id)).await?.is_none() {
            return Err(not_ours(&account.whereabouts().await, &service_id).into());
        }
        let is_meant = |one: &ServiceConnection| {
            let wanted = |words: &Attr<BTreeSet<String>>, word: &str| {
                words.known().is_none_or(|words| words.iter().any(|wanted| wanted.eq_ignore_ascii_case(word)))
            };
            wanted(&config.states, &one.state) && wanted(&config.owners, &one.owner)
        };
        let found: Vec<ServiceConnection> = found.into_iter().filter(is_meant).collect();
        config.id = Attr::Known(service_id);
        config.endpoint_ids = Attr::Known(found.iter().map(|one| one.endpoint_id.clone()).collect());
        config.connections = Attr::Known(found.into_iter().map(shown).collect());
        Ok(())
    }
}

fn shown(connection: ServiceConnection) -> Connection {
    let entries = connection.dns_entries.into_iter();
    Connection {
        endpoint_id: Attr::Known(connection.endpoint_id),
        connection_id: Attr::Known(connection.connection_id),
        owner: Attr::Known(connection.owner),
        region: Attr::Known(connection.region),
        state: Attr::Known(connection.state),
        created_at: connection.created_at.into(),
        ip_address_type: Attr::Known(connection.ip_address_type),
        dns_entries: Attr::Known(
            entries
                .map(|(name, zone)| DnsEntry { dns_name: Attr::Known(name), hosted_zone_id: Attr::Known(zone) })
                .collect(),
        ),
    }
}

fn not_ours(whereabouts: &str, service_id: &str) -> Diagnostic {
    let detail = format!(
        "There is no endpoint service {service_id} of {whereabouts}; only its owner sees who is connected.\n\n\
         What to do: check id and region, or name the owner's credentials in peer_account."
    );
    Diagnostic::error("No such endpoint service", detail).at(Path::attribute("service_id"))
}
