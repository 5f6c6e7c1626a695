//! Rules of a managed security group: ports that fit the protocol, and one description for each.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::links::security_group_rules::Rule;
use crate::privatelink_consumer::chain;
use crate::privatelink_consumer::config::IngressBlock;
use crate::value::{Attr, Path};

/// Checks each block by itself, then all of them together.
pub(super) fn check(blocks: &[IngressBlock], found: &mut Diagnostics) {
    for block in blocks {
        check_block(block, found);
    }
    check_described_once(blocks, found);
}

fn check_block(block: &IngressBlock, found: &mut Diagnostics) {
    let mut complain = |summary: &str, detail: String| {
        found.push(Diagnostic::error(summary, detail).at(Path::attribute("ingress")));
    };
    let about = told_apart(block);
    let ports = [&block.port, &block.from_port, &block.to_port];
    let Some(protocol) = block.protocol.clone().settled().map(|word| word.unwrap_or_else(|| "tcp".to_owned())) else {
        return;
    };
    match protocol.as_str() {
        "tcp" | "udp" => {
            if ports.iter().all(|port| port.is_null()) {
                complain("Port of the rule", format!("{about} needs port = 443, or both from_port and to_port."));
            }
            if ports.iter().any(|port| port.known().is_some_and(|port| *port < 0)) {
                complain(
                    "Port of the rule",
                    format!("{about} has the port -1, which stands for every type of ICMP only."),
                );
            }
        }
        // Type and code, or neither for all.
        "icmp" | "icmpv6" => return,
        _ if ports.iter().any(|port| port.is_given()) => {
            let detail = format!("{about} has protocol = {protocol:?}, which has no ports; leave them out.");
            complain("No ports for this protocol", detail);
        }
        _ => {}
    }
    if let (Attr::Known(from), Attr::Known(to)) = (&block.from_port, &block.to_port)
        && from > to
    {
        complain("Port range backwards", format!("{about} goes from port {from} down to {to}; exchange them."));
    }
}

/// A rule has one description in AWS.
fn check_described_once(blocks: &[IngressBlock], found: &mut Diagnostics) {
    let mut rules: Vec<Rule> = Vec::new();
    for rule in blocks.iter().filter_map(chain::rule) {
        let same = |other: &&Rule| other.description != rule.description && other.is_same_traffic(&rule);
        if let Some(other) = rules.iter().find(same) {
            let words = |rule: &Rule| rule.description.as_ref().map_or("none".to_owned(), |text| format!("{text:?}"));
            let detail = format!(
                "Two ingress blocks allow {} with different descriptions, {} and {}; a rule has one. Leave one of the \
                 blocks out.",
                rule.in_words(),
                words(other),
                words(&rule)
            );
            found.push(Diagnostic::error("Rule described twice", detail).at(Path::attribute("ingress")));
        }
        rules.push(rule);
    }
}

/// A block of a set has no path of its own: what is written in it names it.
fn told_apart(block: &IngressBlock) -> String {
    let source = [&block.cidr_ipv4, &block.cidr_ipv6, &block.prefix_list_id, &block.security_group_id];
    let source = source.into_iter().find_map(|source| source.known());
    let port = [&block.port, &block.from_port, &block.to_port].into_iter().find_map(|port| port.known());
    match (source, &block.description, port, &block.protocol) {
        (Some(source), ..) => format!("The ingress block for {source}"),
        (None, Attr::Known(description), ..) => format!("The ingress block described as {description:?}"),
        (None, _, Some(port), _) => format!("The ingress block for port {port}"),
        (None, _, None, Attr::Known(protocol)) => format!("The ingress block for protocol {protocol:?}"),
        _ => "An empty ingress block".to_owned(),
    }
}
