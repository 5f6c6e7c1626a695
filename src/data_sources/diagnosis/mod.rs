//! The data source `privatelink_diagnosis`: [`crate::diagnosis`] as attributes.

mod config;

pub use config::{Config, Hop};

use crate::aws::Aws;
use crate::diagnosis::{Diagnosis, Protocol, Question, diagnose, mermaid::mermaid, report::report};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::{DataSource, Unread};
use crate::value::{Attr, Path};

/// The data source.
#[derive(Debug, Clone, Copy)]
pub struct Connection;

impl DataSource for Connection {
    const TYPE: &'static str = "privatelink_diagnosis";

    type Config = Config;
    type Client = Aws;

    fn check(config: &Config) -> Diagnostics {
        if config.endpoint_id.is_null() && config.service_id.is_null() {
            let detail = "Write endpoint_id, service_id, or both.";
            return Diagnostic::error("Nothing to diagnose", detail).at(Path::attribute("endpoint_id")).into();
        }
        Diagnostics::new()
    }

    async fn read(aws: &Aws, config: &mut Config) -> Result<(), Unread> {
        let found = diagnose(aws, &question(config)).await?;
        let id = config.endpoint_id.known().or_else(|| config.service_id.known());
        config.id = id.cloned().into();
        fill(config, found);
        Ok(())
    }
}

fn question(config: &Config) -> Question {
    let groups = config.security_group_ids.known();
    Question {
        endpoint_id: config.endpoint_id.known().cloned(),
        service_id: config.service_id.known().cloned(),
        name: config.name.known().cloned(),
        port: config.port.known().and_then(|port| u16::try_from(*port).ok()).unwrap_or(443),
        protocol: match config.protocol.known().map(String::as_str) {
            Some("udp") => Protocol::Udp,
            _ => Protocol::Tcp,
        },
        security_group_ids: groups.map(|ids| ids.iter().cloned().collect()).unwrap_or_default(),
        source_ip: config.source_ip.known().and_then(|address| address.parse().ok()),
        subnet_id: config.subnet_id.known().cloned(),
        peer_account: config.peer_account.known().cloned(),
    }
}

fn fill(config: &mut Config, found: Diagnosis) {
    config.reachable = found.reachable().into();
    config.broken_at = found.broken_at().map(str::to_owned).into();
    config.report = Attr::Known(report(&found, |_, word| word.to_owned()));
    config.mermaid = Attr::Known(mermaid(&found));
    let hop = |hop: crate::diagnosis::Hop| Hop {
        hop: Attr::Known(hop.hop.to_owned()),
        object: Attr::Known(hop.object),
        state: Attr::Known(hop.state.word().to_owned()),
        detail: Attr::Known(hop.detail),
        advice: Attr::Known(hop.advice),
    };
    config.hops = Attr::Known(found.hops.into_iter().map(hop).collect());
}
