//! What the attributes of one listener rule out together.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::links::target_group;
use crate::links::target_group::defaults;
use crate::privatelink_service::config::{HealthCheckBlock, ListenerBlock};
use crate::value::{Attr, Path};

/// Collects what is wrong with one listener, which has no path of its own and is named instead.
struct Told<'a> {
    name: &'a str,
    found: &'a mut Diagnostics,
}

impl Told<'_> {
    /// `detail` follows the listener's name.
    fn push(&mut self, summary: &str, detail: &str) {
        let detail = format!("Listener {:?} {detail}", self.name);
        self.found.push(Diagnostic::error(summary, detail).at(Path::attribute("listener")));
    }
}

/// Rules across the attributes of a listener.
pub(super) fn check(block: &ListenerBlock, found: &mut Diagnostics) {
    let mut told = Told { name: block.label(), found };
    check_tls(block, &mut told);
    check_client_certificates(block, &mut told);
    check_weights(block, &mut told);
    if block.target_group_arn.is_set() {
        return;
    }
    check_protocols(block, &mut told);
    check_targets(block, &mut told);
    check_draining(block, &mut told);
    if block.kind_of_targets().as_deref() == Some("alb") {
        check_application_load_balancer(block, &mut told);
    }
    if let Attr::Known(check) = &block.health_check {
        check_health(block, check, &mut told);
    }
}

fn check_tls(block: &ListenerBlock, told: &mut Told<'_>) {
    let Some(protocol) = block.spoken() else { return };
    if protocol == "TLS" && block.certificate_arn.is_null() {
        let detail = "has protocol = \"TLS\" and no certificate. Write certificate_arn, for example of \
                      aws_acm_certificate, or protocol = \"TCP\" to pass TLS on to the targets.";
        told.push("TLS without a certificate", detail);
    }
    let of_tls = [
        ("certificate_arn", block.certificate_arn.is_given()),
        ("additional_certificate_arns", block.additional_certificate_arns.known().is_some_and(|arns| !arns.is_empty())),
        ("ssl_policy", block.ssl_policy.is_given()),
        ("alpn_policy", block.alpn_policy.is_given()),
        ("mutual_authentication", block.mutual_authentication.known().is_some()),
    ];
    for (attribute, _) in of_tls.into_iter().filter(|(_, is_set)| *is_set && protocol != "TLS") {
        let detail = format!(
            "has {attribute}, which belongs to TLS, and protocol = {protocol:?}. Write protocol = \"TLS\", or leave \
             {attribute} out."
        );
        told.push("Setting of TLS", &detail);
    }
    if block.tcp_idle_timeout_seconds.is_given() && protocol != "TCP" {
        let detail = format!(
            "has tcp_idle_timeout_seconds, which AWS lets be set for TCP only, and protocol = {protocol:?}. Leave it out."
        );
        told.push("Idle timeout without TCP", &detail);
    }
}

/// *Source:* Elastic Load Balancing API reference, MutualAuthenticationAttributes.
fn check_client_certificates(block: &ListenerBlock, told: &mut Told<'_>) {
    let Attr::Known(written) = &block.mutual_authentication else { return };
    match written.mode.known().map(String::as_str) {
        Some("verify") if written.trust_store_arn.is_null() => {
            let detail = "verifies certificates of clients and has no trust store. Write trust_store_arn in \
                          mutual_authentication, for example of aws_lb_trust_store, or mode = \"off\".";
            told.push("No trust store", detail);
        }
        Some("off")
            if written.trust_store_arn.is_given() || written.ignore_client_certificate_expiry == Attr::Known(true) =>
        {
            let detail = "asks clients for no certificate (mode = \"off\") and says how one is verified. Write mode = \
                          \"verify\", or leave trust_store_arn and ignore_client_certificate_expiry out.";
            told.push("Trust store of no use", detail);
        }
        _ => {}
    }
}

/// Target groups of one listener. *Source:* CreateListener, ForwardActionConfig.
const MOST_GROUPS: usize = 5;

fn check_weights(block: &ListenerBlock, told: &mut Told<'_>) {
    let blocks = block.weighted_target_group.known().map_or(&[][..], Vec::as_slice);
    if blocks.len() >= MOST_GROUPS {
        let detail = format!(
            "forwards to its own target group and {} others; AWS takes {MOST_GROUPS} in all. Leave out {}.",
            blocks.len(),
            blocks.len() + 1 - MOST_GROUPS
        );
        told.push("Too many target groups", &detail);
    }
    if let Some(own) = block.target_group_arn.known()
        && blocks.iter().any(|other| other.arn.known() == Some(own))
    {
        let detail = "names target_group_arn in weighted_target_group, too, where only further target groups stand. Write \
                      its weight as weight, beside target_group_arn.";
        told.push("Target group named twice", detail);
    }
    let is_zero = |weight: &Attr<i64>| *weight == Attr::Known(0);
    let is_known = matches!(block.weighted_target_group, Attr::Null | Attr::Known(_));
    if is_known && is_zero(&block.weight) && blocks.iter().all(|other| is_zero(&other.weight)) {
        let detail = "has no target group with a weight above 0, and connections would end nowhere. Write a weight from 1 \
                      to 999 for one of them.";
        told.push("No weight above 0", detail);
    }
}

/// Which protocols go together. *Source:* NLB user guide, "Listener configuration".
fn check_protocols(block: &ListenerBlock, told: &mut Told<'_>) {
    let (Some(own), Some(theirs)) = (block.spoken(), block.spoken_to_targets()) else { return };
    let legal: &[&str] = match own.as_str() {
        "TCP" => &["TCP", "TCP_UDP"],
        "TLS" => &["TCP", "TLS"],
        "UDP" => &["UDP", "TCP_UDP"],
        "TCP_UDP" => &["TCP_UDP"],
        // The schema refuses it already.
        _ => return,
    };
    if !legal.contains(&theirs.as_str()) {
        let detail = format!(
            "has protocol = {own:?} and target_protocol = {theirs:?}, which AWS does not connect. Write target_protocol = \
             {}.",
            legal.iter().map(|protocol| format!("{protocol:?}")).collect::<Vec<_>>().join(" or ")
        );
        told.push("Protocols that do not go together", &detail);
    }
    if theirs == "TLS" && block.stickiness == Attr::Known(true) {
        let detail = "has stickiness, which AWS does not offer for targets over TLS. Leave it out, or write \
                      target_protocol = \"TCP\".";
        told.push("Stickiness over TLS", detail);
    }
    if theirs.contains("UDP") && block.preserve_client_ip == Attr::Known(false) {
        let detail =
            "has preserve_client_ip = false, and AWS always keeps the client's address of datagrams. Leave it out.";
        told.push("Client addresses of datagrams", detail);
    }
}

fn check_targets(block: &ListenerBlock, told: &mut Told<'_>) {
    let kinds = block.kinds_of_ids();
    if kinds.len() > 1 {
        let words = |kind: &&str| match *kind {
            "instance" => "instances",
            "alb" => "an application load balancer",
            _ => "IP addresses",
        };
        let detail = format!(
            "has {} as targets; AWS takes one kind for each target group. Use one kind, or a second listener.",
            kinds.iter().map(words).collect::<Vec<_>>().join(" and ")
        );
        told.push("Targets of two kinds", &detail);
    }
    if block.families_of_ids().len() > 1 {
        let detail = "has IPv4 and IPv6 addresses as targets; AWS takes one family for each target group. Use one family, or \
                      a second listener.";
        told.push("Targets of two families", detail);
    }
    if let (Some(target_type), Some(kind)) = (block.target_type.known(), kinds.first())
        && kinds.len() == 1
        && target_type != kind
    {
        let detail = format!(
            "has target_type = {target_type:?}, but its targets are of the kind {kind:?}. Correct one of the two; changing \
             the kind makes a new target group."
        );
        told.push("Targets of another kind", &detail);
    }
    if block.names_no_targets() && block.target_type.is_null() {
        let detail = "names no targets, so the kind of its target group is not clear. Write target_ids, target blocks, or \
                      target_type = \"instance\", \"ip\" or \"alb\" when something else registers the targets.";
        told.push("No target type", detail);
    }
    if block.manage_targets == Attr::Known(false) && block.names_targets() {
        let detail = "names targets and has manage_targets = false. Leave out the targets when something else registers \
                      them, or leave out manage_targets.";
        told.push("Targets that are not managed", detail);
    }
}

/// *Source:* Elastic Load Balancing API reference, TargetGroupAttribute.
fn check_draining(block: &ListenerBlock, told: &mut Told<'_>) {
    let Attr::Known(seconds @ 1..) = block.unhealthy_draining_interval else { return };
    if matches!(block.unhealthy_connection_termination, Attr::Null | Attr::Known(true)) {
        let detail = format!(
            "lets unhealthy targets keep their connections for {seconds} s (unhealthy_draining_interval) and cuts these \
             connections at once. Write unhealthy_connection_termination = false, or leave unhealthy_draining_interval out."
        );
        told.push("Draining of connections that are cut", &detail);
    }
}

/// An application load balancer is one target, over TCP, checked by HTTP.
fn check_application_load_balancer(block: &ListenerBlock, told: &mut Told<'_>) {
    if [block.spoken(), block.spoken_to_targets()].into_iter().flatten().any(|protocol| protocol != "TCP") {
        let detail = "forwards to an application load balancer, which AWS allows over TCP only. Write protocol = \"TCP\" \
                      and leave target_protocol out; the application load balancer ends TLS itself.";
        told.push("Application load balancer over another protocol", detail);
    }
    let differing = [
        ("deregistration_delay", block.deregistration_delay.known().is_some_and(|seconds| *seconds != 300)),
        ("connection_termination", block.connection_termination == Attr::Known(true)),
        ("preserve_client_ip", block.preserve_client_ip == Attr::Known(false)),
        ("proxy_protocol_v2", block.proxy_protocol_v2 == Attr::Known(true)),
        ("stickiness", block.stickiness == Attr::Known(true)),
        (
            "target_cross_zone",
            block.target_cross_zone.known().is_some_and(|word| word != target_group::AS_THE_LOAD_BALANCER),
        ),
        ("unhealthy_connection_termination", block.unhealthy_connection_termination == Attr::Known(false)),
        ("target_group_health", block.target_group_health.is_given()),
    ];
    let differing: Vec<&str> = differing.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
    if !differing.is_empty() {
        let detail = format!(
            "forwards to an application load balancer and has {}. AWS keeps the attributes of such a target group at their \
             defaults: leave that out, and set what you need on the application load balancer's own target groups.",
            differing.join(", ")
        );
        told.push("Attributes of a group for an application load balancer", &detail);
    }
    let count =
        block.target_ids.known().map_or(0, std::collections::BTreeSet::len) + block.target.known().map_or(0, Vec::len);
    if count > 1 {
        let detail = "forwards to several application load balancers; AWS takes one for each target group.";
        told.push("Several application load balancers", detail);
    }
    if block
        .target
        .known()
        .into_iter()
        .flatten()
        .any(|target| target.port.is_given() || target.availability_zone.is_given())
    {
        let detail = "gives its application load balancer a port or zone of its own, which AWS does not take. Write \
                      target_port, the port on which the application load balancer listens.";
        told.push("Port of an application load balancer", detail);
    }
    if let Attr::Known(check) = &block.health_check
        && check.protocol == Attr::Known("TCP".to_owned())
    {
        let detail = "checks its application load balancer over TCP; AWS does it by HTTP or HTTPS. Write protocol = \
                      \"HTTP\" in health_check, or leave it out.";
        told.push("Health check over TCP", detail);
    }
}

fn check_health(block: &ListenerBlock, check: &HealthCheckBlock, told: &mut Told<'_>) {
    let protocol = match check.protocol.clone().settled() {
        Some(Some(protocol)) => Some(protocol),
        Some(None) => block.defaults().map(|kind| kind.health_check_protocol().to_owned()),
        None => None,
    };
    for (attribute, is_set) in [("path", check.path.is_given()), ("matcher", check.matcher.is_given())] {
        if is_set && protocol.as_deref() == Some("TCP") {
            let detail = format!(
                "has a health check over TCP with a {attribute}, which belongs to HTTP. Write protocol = \"HTTP\" or \
                 \"HTTPS\" in health_check, or leave {attribute} out."
            );
            told.push("Health check over TCP", &detail);
        }
    }
    let interval = check.interval.or(i64::from(defaults::HEALTH_CHECK_INTERVAL));
    let usual = protocol.as_deref().map(|protocol| i64::from(defaults::health_check_timeout(protocol)));
    let timeout = match (check.timeout, usual) {
        (Attr::Null, Some(usual)) => Attr::Known(usual),
        (Attr::Null, None) => Attr::Unknown,
        (written, _) => written,
    };
    if let (Attr::Known(interval), Attr::Known(timeout)) = (interval, timeout)
        && timeout > interval
    {
        let which = if check.timeout.is_null() { "default timeout" } else { "timeout" };
        let detail = format!(
            "has a health check with a {which} of {timeout} s and an interval of {interval} s; AWS wants a timeout that is \
             not longer than the interval. Write a shorter timeout or a longer interval."
        );
        told.push("Timeout longer than interval", &detail);
    }
}
