//! Network ACLs and routes between the client's subnet, where it is known, and the endpoint's interfaces.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::answer::Diagnosis;
use super::client::Client;
use super::placement::Located;
use super::question::{Protocol, Question};
use crate::aws::Account;
use crate::aws::lookups::{AclRule, EndpointSeen, Interface, NetworkAcl, Route};
use crate::engine::{Class, Failure, Result};
use crate::gather::Gather as _;

const ACL: &str = "network_acl";
const ROUTE: &str = "route";
/// A port that answers come back to: in the range that every system uses.
const EPHEMERAL: u16 = 49_152;

/// What the rules of a network ACL do with traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Allowed,
    /// By the rule of this number; none for the last one, which denies everything.
    Denied(i32),
    Unclear,
}

/// Looks at ACLs and routes where they can stop something.
pub(super) async fn walk(
    account: &Account,
    endpoint: &EndpointSeen,
    question: &Question,
    client: &Located,
    interfaces: &[&Interface],
    found: &mut Diagnosis,
) -> Result<()> {
    let Some(subnet_id) =
        client.subnet_id.as_deref().filter(|_| client.client.vpc_id.as_ref() == Some(&endpoint.vpc_id))
    else {
        return Ok(());
    };
    let mut subnets: BTreeSet<String> = interfaces.iter().map(|interface| interface.subnet_id.clone()).gather();
    subnets.insert(subnet_id.to_owned());
    match account.network_acls(&subnets).await {
        Ok(acls) => {
            for interface in interfaces {
                acls_between(question, client, interface, &acls, found);
            }
        }
        Err(failure) if is_refused(&failure) => found.unknown(ACL, subnet_id, failure.to_string(), ALLOW),
        Err(failure) => return Err(failure),
    }
    match account.routes(&endpoint.vpc_id, subnet_id).await {
        Ok(routes) => {
            for interface in interfaces {
                route_to(subnet_id, interface, &routes, found);
            }
        }
        Err(failure) if is_refused(&failure) => found.unknown(ROUTE, subnet_id, failure.to_string(), ALLOW),
        Err(failure) => return Err(failure),
    }
    Ok(())
}

/// Whether these credentials may not ask: what they may not see is unknown, not broken.
fn is_refused(failure: &Failure) -> bool {
    failure.class == Class::Denied
}

const ALLOW: &str = "Allow the operation for these credentials; examples/iam-policy.json lists all of them.";

fn acls_between(
    question: &Question,
    client: &Located,
    interface: &Interface,
    acls: &BTreeMap<String, NetworkAcl>,
    found: &mut Diagnosis,
) {
    let inside = client.subnet_id.as_ref() == Some(&interface.subnet_id);
    if inside {
        // Traffic within a subnet passes no network ACL.
        return;
    }
    let there = Client { address: interface.addresses.first().copied(), ..Client::default() };
    let (protocol, port) = (question.protocol, question.port);
    let own = client.subnet_id.as_ref().map(|id| (id, &there));
    let other = Some((&interface.subnet_id, &client.client));
    // Requests leave the client's subnet and enter the endpoint's; answers go back.
    let ways = [
        (own, true, port, "requests"),
        (other, false, port, "requests"),
        (other, true, EPHEMERAL, "answers"),
        (own, false, EPHEMERAL, "answers"),
    ];
    for (side, egress, port, what) in ways {
        let Some((subnet, peer)) = side else { continue };
        let Some(acl) = acls.get(subnet) else { continue };
        let direction = if egress { "outbound" } else { "inbound" };
        let object = format!("{} of {subnet}", acl.id);
        match verdict(&acl.rules, egress, protocol, port, peer) {
            Verdict::Allowed => found.ok(ACL, &object, format!("{what} pass {direction}")),
            Verdict::Denied(number) => {
                let by = if number >= 32_767 {
                    "no rule allows them".to_owned()
                } else {
                    format!("rule {number} denies them")
                };
                let detail = format!("{what} are stopped {direction}: {by}");
                let ports = if port == EPHEMERAL { "1024-65535".to_owned() } else { port.to_string() };
                let advice = format!(
                    "Allow {} {ports} {direction} in the network ACL; ACLs keep no connections, so requests and answers both need a rule.",
                    protocol.word()
                );
                found.broken_hop(ACL, &object, detail, &advice);
            }
            Verdict::Unclear => {
                let detail = format!("whether {what} pass {direction} depends on the client's address");
                found.unknown(
                    ACL,
                    &object,
                    detail,
                    "Say where the client is: source_ip or subnet_id (--source-ip, --subnet).",
                );
            }
        }
    }
}

/// The first rule that fits decides.
fn verdict(rules: &[AclRule], egress: bool, protocol: Protocol, port: u16, peer: &Client) -> Verdict {
    let port = i32::from(port);
    for rule in rules.iter().filter(|rule| rule.egress == egress) {
        let fits = (rule.protocol == "-1" || rule.protocol == protocol.number())
            && rule.ports.is_none_or(|(from, to)| (from..=to).contains(&port));
        if !fits {
            continue;
        }
        match peer.lies_in(&rule.block) {
            Some(true) if rule.allows => return Verdict::Allowed,
            Some(true) => return Verdict::Denied(rule.number),
            Some(false) => {}
            None => return Verdict::Unclear,
        }
    }
    Verdict::Denied(32_767)
}

/// Within a VPC the local route leads everywhere, unless somebody wrote a more specific one.
fn route_to(subnet_id: &str, interface: &Interface, routes: &[Route], found: &mut Diagnosis) {
    let Some(address) = interface.addresses.first() else { return };
    let holds = |route: &&Route| contains(&route.destination, *address);
    let Some(route) = routes.iter().filter(holds).max_by_key(|route| route.destination.prefix_len()) else { return };
    let object = format!("{} of {subnet_id}", route.table_id);
    let way = format!("{} is reached through {}", route.destination, route.target);
    if route.is_blackhole {
        found.broken_hop(
            ROUTE,
            &object,
            format!("{way}, which is gone"),
            "Remove the route, or give it a target that exists.",
        );
    } else if route.target == "local" {
        found.ok(ROUTE, &object, format!("{} is local", route.destination));
    } else {
        let advice = "Something between the client and the endpoint decides; look at it, or remove the route.";
        found.unknown(ROUTE, &object, way, advice);
    }
}

fn contains(block: &IpNet, address: IpAddr) -> bool {
    block.contains(&address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(number: i32, allows: bool, protocol: &str, ports: Option<(i32, i32)>, block: &str) -> AclRule {
        AclRule { number, egress: false, allows, protocol: protocol.into(), ports, block: block.parse().unwrap() }
    }

    fn from(address: &str) -> Client {
        Client { address: Some(address.parse().unwrap()), ..Client::default() }
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rules = [
            rule(90, false, "6", Some((443, 443)), "10.0.1.0/24"),
            rule(100, true, "-1", None, "0.0.0.0/0"),
            rule(32_767, false, "-1", None, "0.0.0.0/0"),
        ];
        let asked = |address: &str, port| verdict(&rules, false, Protocol::Tcp, port, &from(address));
        assert_eq!(asked("10.0.1.7", 443), Verdict::Denied(90));
        assert_eq!(asked("10.0.1.7", 80), Verdict::Allowed);
        assert_eq!(asked("10.0.2.7", 443), Verdict::Allowed);
        assert_eq!(verdict(&rules, true, Protocol::Tcp, 443, &from("10.0.2.7")), Verdict::Denied(32_767));
        let somewhere = Client { blocks: vec!["10.0.0.0/16".parse().unwrap()], ..Client::default() };
        assert_eq!(verdict(&rules, false, Protocol::Tcp, 443, &somewhere), Verdict::Unclear);
    }
}
