//! What the attributes of a service rule out together, seen without AWS.

mod listener;

use std::collections::BTreeSet;

use super::certificates;
use super::config::ServiceConfig;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::{Attr, Path};

/// Rules across attributes. Unknown values pass.
pub(super) fn check(config: &ServiceConfig) -> Diagnostics {
    let mut found = Diagnostics::new();
    check_front(config, &mut found);
    let listeners = config.listener.known().map(Vec::as_slice).unwrap_or_default();
    let (mut names, mut ports) = (BTreeSet::new(), BTreeSet::new());
    for block in listeners {
        let place = Path::attribute("listener");
        if let Some(name) = block.name.known()
            && !names.insert(name)
        {
            let detail = format!("Two listener blocks are named {name:?}; give each its own name.");
            found.push(Diagnostic::error("Listener named twice", detail).at(place.clone()));
        }
        if let Some(port) = block.port.known()
            && !ports.insert(*port)
        {
            let detail = format!(
                "Two listener blocks use port {port}; a load balancer listens once on a port. For TCP and UDP on one port \
                 there is protocol = \"TCP_UDP\"."
            );
            found.push(Diagnostic::error("Port used twice", detail).at(place.clone()));
        }
        listener::check(block, &mut found);
    }
    check_families(config, &mut found);
    check_regions(config, &mut found);
    check_private_dns(config, &mut found);
    check_accept(config, &mut found);
    check_principals(config, &mut found);
    check_notifications(config, &mut found);
    certificates::check(config, None, &mut found);
    found
}

/// Exactly one way to say what stands in front.
fn check_front(config: &ServiceConfig, found: &mut Diagnostics) {
    let has_subnets = config.subnet_ids.is_set();
    let given = config.has_given_load_balancers();
    let ways = [("subnet_ids", has_subnets), ("subnet_mapping", config.has_mappings()), ("load_balancer_arns", given)];
    let written: Vec<&str> = ways.iter().filter(|(_, is_written)| *is_written).map(|(name, _)| *name).collect();
    match written.as_slice() {
        [] => {
            let detail = "A service stands behind a load balancer. Write subnet_ids (or subnet_mapping blocks, for fixed \
                          addresses) for one that this resource manages, or load_balancer_arns for existing ones.";
            found.push(Diagnostic::error("No load balancer", detail));
        }
        [_] => {}
        [.., last] => {
            let detail = format!("{} exclude each other; write one of them.", written.join(" and "));
            found.push(Diagnostic::error("Load balancer given twice", detail).at(Path::attribute(*last)));
        }
    }
    let has_listeners = !matches!(&config.listener, Attr::Null) && !is_empty(&config.listener);
    if given {
        let extra = [("listener", has_listeners), ("load_balancer", config.load_balancer.is_set())];
        for (name, _) in extra.into_iter().filter(|(_, is_written)| *is_written) {
            let detail = format!(
                "{name} belongs to a load balancer that this resource manages, and those of load_balancer_arns are never \
                 changed. Leave {name} out, or write subnet_ids in place of load_balancer_arns."
            );
            found.push(Diagnostic::error("Load balancer of somebody else", detail).at(Path::attribute(name)));
        }
    } else if is_empty(&config.listener) {
        let detail = "A service listens on at least one port. Write a listener block, for example:\n\n  listener {\n    \
                      name       = \"https\"\n    port       = 443\n    target_ids = [\"i-0123456789abcdef0\"]\n  }";
        found.push(Diagnostic::error("No listener", detail).at(Path::attribute("listener")));
    }
}

fn is_empty<T>(blocks: &Attr<Vec<T>>) -> bool {
    matches!(blocks, Attr::Known(blocks) if blocks.is_empty())
}

/// IPv6 needs a load balancer of both families, which takes no datagrams.
fn check_families(config: &ServiceConfig, found: &mut Diagnostics) {
    let kind = match &config.load_balancer {
        Attr::Known(block) => block.ip_address_type.clone().or("ipv4".to_owned()),
        Attr::Null => Attr::Known("ipv4".to_owned()),
        Attr::Unknown => Attr::Unknown,
    };
    let wants_ipv6 = config.supported_ip_address_types.known().is_some_and(|types| types.contains("ipv6"));
    if wants_ipv6 && !config.has_given_load_balancers() && kind.known().is_some_and(|kind| kind == "ipv4") {
        let detail = "supported_ip_address_types has \"ipv6\", which needs a load balancer of both families. Write \
                      ip_address_type = \"dualstack\" in the load_balancer block, with subnets that have IPv6 blocks.";
        let place = Path::attribute("supported_ip_address_types");
        found.push(Diagnostic::error("IPv6 without a dualstack load balancer", detail).at(place));
    }
    if kind.known().is_some_and(|kind| kind == "ipv4")
        && config.subnet_mapping.known().into_iter().flatten().any(|block| block.ipv6_address.is_set())
    {
        let detail = "A subnet_mapping block has ipv6_address, which needs a load balancer of both families. Write \
                      ip_address_type = \"dualstack\" in the load_balancer block, with subnets that have IPv6 blocks, or \
                      leave ipv6_address out.";
        let place = Path::attribute("subnet_mapping");
        found.push(Diagnostic::error("IPv6 address without a dualstack load balancer", detail).at(place));
    }
    if kind.known().is_some_and(|kind| kind == "dualstack") {
        for block in config.listener.known().into_iter().flatten() {
            if block.spoken().is_some_and(|protocol| protocol.contains("UDP")) {
                let detail = format!(
                    "Listener {:?} takes datagrams, and AWS allows none on a load balancer of the type dualstack. Write \
                     ip_address_type = \"ipv4\", or move the listener to a service of its own.",
                    block.label()
                );
                found.push(Diagnostic::error("Datagrams over dualstack", detail).at(Path::attribute("listener")));
            }
        }
    }
}

/// AWS serves other Regions with the default idle timeout only.
fn check_regions(config: &ServiceConfig, found: &mut Diagnostics) {
    if config.supported_regions.known().is_none_or(BTreeSet::is_empty) {
        return;
    }
    for block in config.listener.known().into_iter().flatten() {
        if block.tcp_idle_timeout_seconds.known().is_some_and(|seconds| *seconds != 350) {
            let detail = format!(
                "Listener {:?} has an idle timeout of its own, which AWS does not support for consumers of other Regions. \
                 Leave tcp_idle_timeout_seconds out, or supported_regions.",
                block.label()
            );
            found.push(Diagnostic::error("Idle timeout across Regions", detail).at(Path::attribute("listener")));
        }
    }
}

fn check_private_dns(config: &ServiceConfig, found: &mut Diagnostics) {
    let Attr::Known(private_dns) = &config.private_dns else { return };
    if !private_dns.hosted_zone_id.is_null() {
        return;
    }
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

/// A block without a condition would accept everybody.
fn check_accept(config: &ServiceConfig, found: &mut Diagnostics) {
    for block in config.accept.known().into_iter().flatten() {
        if block.account_ids.is_null() && block.endpoint_ids.is_null() && block.regions.is_null() {
            let detail = "An accept block without account_ids, endpoint_ids and regions would accept everybody. Write at \
                          least one of them; to accept everybody who may connect, write acceptance_required = false.";
            found.push(Diagnostic::error("Accept block without a condition", detail).at(Path::attribute("accept")));
        }
    }
}

fn check_principals(config: &ServiceConfig, found: &mut Diagnostics) {
    let everybody = config.allowed_principals.known().is_some_and(|principals| principals.contains("*"));
    if everybody && config.acceptance_required == Attr::Known(false) {
        let detail = "allowed_principals has \"*\" and acceptance_required is false: every AWS account that knows the name \
                      of the service can connect. Name the accounts, or leave acceptance_required at true and write \
                      accept blocks.";
        found.push(Diagnostic::warning("Everybody may connect", detail).at(Path::attribute("allowed_principals")));
    }
}

fn check_notifications(config: &ServiceConfig, found: &mut Diagnostics) {
    let mut topics = BTreeSet::new();
    for block in config.connection_notification.known().into_iter().flatten() {
        if let Some(topic) = block.connection_notification_arn.known()
            && !topics.insert(topic)
        {
            let detail = format!("Two connection_notification blocks name {topic}; write one with all its events.");
            let place = Path::attribute("connection_notification");
            found.push(Diagnostic::error("Topic named twice", detail).at(place));
        }
    }
}
