//! `privatelink_service`: an application behind a network load balancer, published as an endpoint service.
//!
//! [`config`] lists the attributes, [`chain`] says what must exist and in which order, [`listeners`] which
//! listener a recorded one is, [`reflect`] how
//! what exists shows in the attributes, [`preflight`] what is looked at before a change.

pub mod chain;
pub mod config;
mod discover;
mod listeners;
mod preflight;
mod principal;
mod reflect;

use std::collections::BTreeSet;

pub use config::{ServiceConfig, tags_complaint};

use crate::aws::Aws;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Catalogue, Chain, Failure, Leased, LinkName, Record, View};
use crate::resource::{Composite, Discovered, Preflight};
use crate::value::{Attr, Path};
use config::{HealthCheckBlock, ListenerBlock, kind_of};

/// The resource type.
#[derive(Debug, Clone, Copy)]
pub struct Service;

impl Composite for Service {
    const TYPE: &'static str = "privatelink_service";
    const NOUN: &'static str = "service";
    const ANCHOR: &'static str = chain::ENDPOINT_SERVICE;
    const LASTING: &'static [&'static str] = &["id", "arn", "service_id", "service_name", "base_endpoint_dns_names"];

    type Config = ServiceConfig;
    type Client = Aws;

    fn check(config: &ServiceConfig) -> Diagnostics {
        check(config)
    }

    fn derive(_config: &mut ServiceConfig) {}

    fn is_open(config: &ServiceConfig) -> bool {
        config.listeners().is_none() || config.private_dns.is_unknown()
    }

    fn name(config: &ServiceConfig) -> String {
        config.name.known().cloned().unwrap_or_default()
    }

    fn chain(config: &ServiceConfig) -> Chain<Aws> {
        chain::chain(config)
    }

    fn align(config: &ServiceConfig, record: &mut Record) -> Vec<(LinkName, LinkName)> {
        listeners::align(config, record)
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

    async fn preflight(client: &Aws, check: Preflight<'_, ServiceConfig>) -> Diagnostics {
        preflight::preflight(client, check).await
    }

    fn lead(_config: &ServiceConfig) -> Option<&'static str> {
        Some(chain::LOAD_BALANCER)
    }

    async fn leased(client: &Aws, config: &ServiceConfig, resource: &str) -> Result<Vec<Leased>, Failure> {
        client.account(None)?.leased_load_balancers(&Self::name(config), resource).await
    }

    async fn set_lease(client: &Aws, id: &str, until: Option<&str>) -> Result<(), Failure> {
        client.account(None)?.set_lease(id, until).await
    }

    async fn discover(client: &Aws, id: &str) -> Result<Discovered<ServiceConfig>, Diagnostics> {
        discover::discover(client, id).await
    }
}

/// Rules across attributes.
fn check(config: &ServiceConfig) -> Diagnostics {
    let mut found = Diagnostics::new();
    let listeners = config.listener.known().map(Vec::as_slice).unwrap_or_default();
    if matches!(&config.listener, Attr::Known(listeners) if listeners.is_empty()) {
        let detail = "A service listens on at least one port. Write a listener block, for example:\n\n  listener {\n    \
                      name       = \"https\"\n    port       = 443\n    target_ids = [\"i-0123456789abcdef0\"]\n  }";
        found.push(Diagnostic::error("No listener", detail).at(Path::attribute("listener")));
    }
    let (mut names, mut ports) = (BTreeSet::new(), BTreeSet::new());
    for listener in listeners {
        let place = Path::attribute("listener");
        if let Some(name) = listener.name.known()
            && !names.insert(name)
        {
            let detail = format!("Two listener blocks are named {name:?}; give each its own name.");
            found.push(Diagnostic::error("Listener named twice", detail).at(place.clone()));
        }
        if let Some(port) = listener.port.known()
            && !ports.insert(*port)
        {
            let detail = format!("Two listener blocks use port {port}; a load balancer listens once on a port.");
            found.push(Diagnostic::error("Port used twice", detail).at(place.clone()));
        }
        check_targets(listener, &mut found);
        if let Attr::Known(check) = &listener.health_check {
            check_health(listener.name.known().map_or("", String::as_str), check, &mut found);
        }
    }
    if let Attr::Known(private_dns) = &config.private_dns
        && private_dns.hosted_zone_id.is_null()
    {
        let place = Path::attribute("private_dns");
        if private_dns.wait_for_verification == Attr::Known(true) {
            let detail = "wait_for_verification needs hosted_zone_id: without it nobody publishes the record during this \
                          apply, and the wait would not end. Publish private_dns_record yourself, and leave \
                          wait_for_verification out.";
            found.push(Diagnostic::error("Nothing to wait for", detail).at(place.child("wait_for_verification")));
        }
        if private_dns.peer_account.is_set() {
            let detail = "peer_account says who owns the public zone; it needs hosted_zone_id.";
            found.push(Diagnostic::error("No hosted zone", detail).at(place.child("peer_account")));
        }
    }
    found
}

fn check_health(name: &str, check: &HealthCheckBlock, found: &mut Diagnostics) {
    let place = Path::attribute("listener");
    let protocol = match &check.protocol {
        Attr::Known(protocol) => Some(protocol.as_str()),
        Attr::Null => Some("TCP"),
        Attr::Unknown => None,
    };
    for (attribute, is_set) in [("path", check.path.is_set()), ("matcher", check.matcher.is_set())] {
        if is_set && protocol == Some("TCP") {
            let detail = format!(
                "The health check of listener {name:?} has a {attribute}, which belongs to HTTP. Write protocol = \"HTTP\" \
                 or \"HTTPS\", or leave {attribute} out."
            );
            found.push(Diagnostic::error("Health check over TCP", detail).at(place.clone()));
        }
    }
    let interval = check.interval.or(30);
    let timeout = check.timeout.or(if protocol == Some("HTTP") { 6 } else { 10 });
    if let (Attr::Known(interval), Attr::Known(timeout), Some(_)) = (interval, timeout, protocol)
        && timeout > interval
    {
        let which = if check.timeout.is_null() { "default timeout" } else { "timeout" };
        let detail = format!(
            "The health check of listener {name:?} has a {which} of {timeout} s and an interval of {interval} s; AWS wants \
             a timeout that is not longer than the interval. Write a shorter timeout or a longer interval."
        );
        found.push(Diagnostic::error("Timeout longer than interval", detail).at(place));
    }
}

fn check_targets(listener: &ListenerBlock, found: &mut Diagnostics) {
    let place = Path::attribute("listener");
    let name = listener.name.known().cloned().unwrap_or_default();
    let blocks = listener.target.known().map(Vec::as_slice).unwrap_or_default();
    let ids =
        listener.target_ids.known().into_iter().flatten().chain(blocks.iter().filter_map(|target| target.id.known()));
    let kinds: BTreeSet<&str> = ids.map(|id| kind_of(id)).collect();
    if kinds.len() > 1 {
        let detail = format!(
            "Listener {name:?} has both instances and IP addresses as targets; AWS takes one kind for each target group. \
             Use one kind, or a second listener."
        );
        found.push(Diagnostic::error("Targets of two kinds", detail).at(place.clone()));
    }
    if let (Some(target_type), Some(kind)) = (listener.target_type.known(), kinds.first())
        && kinds.len() == 1
        && target_type != kind
    {
        let detail = format!(
            "Listener {name:?} has target_type = {target_type:?}, but its targets are of the kind {kind:?}. Correct one \
             of the two; changing the kind makes a new target group."
        );
        found.push(Diagnostic::error("Targets of another kind", detail).at(place.clone()));
    }
    let has_blocks = !matches!(&listener.target, Attr::Known(targets) if targets.is_empty());
    let without_ids = match &listener.target_ids {
        Attr::Null => true,
        Attr::Known(ids) => ids.is_empty(),
        Attr::Unknown => false,
    };
    if without_ids && !has_blocks && listener.target_type.is_null() {
        let detail = format!(
            "Listener {name:?} names no targets, so the kind of its target group is not clear. Write target_ids, target \
             blocks, or target_type = \"instance\" or \"ip\" when something else registers the targets."
        );
        found.push(Diagnostic::error("No target type", detail).at(place.clone()));
    }
    if listener.manage_targets == Attr::Known(false) && (listener.target_ids.is_set() || has_blocks) {
        let detail = format!(
            "Listener {name:?} names targets and has manage_targets = false. Leave out the targets when something else \
             registers them, or leave out manage_targets."
        );
        found.push(Diagnostic::error("Targets that are not managed", detail).at(place));
    }
}
