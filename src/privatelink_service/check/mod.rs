//! What the attributes of a service rule out together, seen without AWS.

pub(super) mod certificates;
mod listener;

use std::collections::BTreeSet;

use super::config::{ListenerBlock, ServiceConfig};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::formats;
use crate::value::{Attr, Path};

/// Rules across attributes. Unknown values pass.
pub(super) fn check(config: &ServiceConfig) -> Diagnostics {
    let mut found = Diagnostics::new();
    for block in config.listener.known().into_iter().flatten() {
        listener::check(block, &mut found);
    }
    check_families(config, &mut found);
    check_capacity(config, &mut found);
    check_regions(config, &mut found);
    check_private_dns(config, &mut found);
    check_principals(config, &mut found);
    certificates::check(config, None, &mut found);
    found
}

/// *Source:* network load balancer user guide, "Capacity reservations".
fn check_capacity(config: &ServiceConfig, found: &mut Diagnostics) {
    if config.minimum_capacity().known().is_none() {
        return;
    }
    let tls = |block: &&ListenerBlock| block.spoken().is_some_and(|protocol| protocol == "TLS");
    for block in config.listener.known().into_iter().flatten().filter(tls) {
        let detail = format!(
            "Listener {:?} speaks TLS, and AWS reserves no capacity for a load balancer with such a listener. Leave \
             minimum_load_balancer_capacity out, pass TLS on to the targets with protocol = \"TCP\", or move the listener to a \
             service of its own.",
            block.label()
        );
        let place = Path::attribute("load_balancer").child("minimum_load_balancer_capacity");
        found.push(Diagnostic::error("Reserved capacity beside TLS", detail).at(place));
    }
}

/// IPv6 needs a load balancer of both families, which takes datagrams with prefixes for source NAT alone.
fn check_families(config: &ServiceConfig, found: &mut Diagnostics) {
    let kind = match &config.load_balancer {
        Attr::Known(block) => block.ip_address_type.clone().or("ipv4".to_owned()),
        Attr::Null => Attr::Known("ipv4".to_owned()),
        Attr::Unknown | Attr::Given => Attr::Unknown,
    };
    let wants_ipv6 = config.supported_ip_address_types.known().is_some_and(|types| types.contains("ipv6"));
    if wants_ipv6 && !config.has_given_load_balancers() && kind.known().is_some_and(|kind| kind == "ipv4") {
        let detail = "supported_ip_address_types has \"ipv6\", which needs a load balancer of both families. Write \
                      ip_address_type = \"dualstack\" in the load_balancer block, with subnets that have IPv6 blocks.";
        let place = Path::attribute("supported_ip_address_types");
        found.push(Diagnostic::error("IPv6 without a dualstack load balancer", detail).at(place));
    }
    if kind.known().is_some_and(|kind| kind == "ipv4")
        && config.subnet_mapping.known().into_iter().flatten().any(|block| block.ipv6_address.is_given())
    {
        let detail = "A subnet_mapping block has ipv6_address, which needs a load balancer of both families. Write \
                      ip_address_type = \"dualstack\" in the load_balancer block, with subnets that have IPv6 blocks, or \
                      leave ipv6_address out.";
        let place = Path::attribute("subnet_mapping");
        found.push(Diagnostic::error("IPv6 address without a dualstack load balancer", detail).at(place));
    }
    if kind.known().is_some_and(|kind| kind == "ipv4") && !config.has_given_load_balancers() {
        for block in config.listener.known().into_iter().flatten().filter(|block| block.is_ipv6() == Some(true)) {
            let detail = format!(
                "Listener {:?} has IPv6 addresses as targets, which need a load balancer of both families. Write \
                 ip_address_type = \"dualstack\" in the load_balancer block, with subnets that have IPv6 blocks.",
                block.label()
            );
            let summary = "IPv6 targets without a dualstack load balancer";
            found.push(Diagnostic::error(summary, detail).at(Path::attribute("listener")));
        }
    }
    let prefix = config.load_balancer.clone().and_then(|block| block.enable_prefix_for_ipv6_source_nat);
    if prefix == Attr::Known("on".to_owned()) && kind.known().is_some_and(|kind| kind == "ipv4") {
        let detail = "enable_prefix_for_ipv6_source_nat = \"on\" needs a load balancer of both families. Write \
                      ip_address_type = \"dualstack\" in the load_balancer block, with subnets that have IPv6 blocks, or leave \
                      it out.";
        let place = Path::attribute("load_balancer").child("enable_prefix_for_ipv6_source_nat");
        found.push(Diagnostic::error("Prefixes without a dualstack load balancer", detail).at(place));
    }
    let lacks_prefixes = prefix.settled().is_some_and(|word| word.as_deref() != Some("on"));
    if lacks_prefixes && kind.known().is_some_and(|kind| kind == "dualstack") {
        for block in config.listener.known().into_iter().flatten() {
            if block.spoken().is_some_and(|protocol| protocol.contains("UDP")) {
                let detail = format!(
                    "Listener {:?} takes datagrams, which AWS allows on a load balancer of the type dualstack only with prefixes \
                     for source NAT. Write enable_prefix_for_ipv6_source_nat = \"on\" in the load_balancer block, or \
                     ip_address_type = \"ipv4\".",
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
}

fn check_principals(config: &ServiceConfig, found: &mut Diagnostics) {
    let everybody = config.allowed_principals.known().is_some_and(|principals| principals.contains("*"));
    if everybody && config.acceptance_required == Attr::Known(false) {
        let detail = "allowed_principals has \"*\" and acceptance_required is false: every AWS account that knows the name \
                      of the service can connect. Name the accounts, or leave acceptance_required at true and write \
                      accept blocks.";
        found.push(Diagnostic::warning("Everybody may connect", detail).at(Path::attribute("allowed_principals")));
    }
    let principals = config.allowed_principals.known().into_iter().flatten();
    let organizations: Vec<&str> =
        principals.map(String::as_str).filter(|principal| (formats::ORGANIZATION_ARN.holds)(principal)).collect();
    if !organizations.is_empty() {
        let detail = format!(
            "AWS documents accounts, users, roles and services as allowed principals of an endpoint service, and no \
             organization: {}. The apply asks AWS, which may refuse. To be sure, list the accounts, for example from \
             data.aws_organizations_organization, or write \"*\" together with acceptance_required = true.",
            organizations.join(", ")
        );
        let place = Path::attribute("allowed_principals");
        found.push(Diagnostic::warning("Organization as an allowed principal", detail).at(place));
    }
}
