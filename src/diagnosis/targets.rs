//! Targets: their health in AWS's words, and whether their security groups let the load balancer in.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::answer::Diagnosis;
use super::balancers::{Balancer, Behind};
use super::client::{Admission, Client};
use super::question::Protocol;
use crate::aws::lookups::{InboundRule, Interface, TargetSeen};
use crate::engine::Result;
use crate::gather::Gather as _;

const HOP: &str = "target";
const GROUPS: &str = "target_security_group";

/// A target, and where it is.
struct Placed {
    target: TargetSeen,
    /// Zone by name; none for an address that every zone reaches.
    zone: Option<String>,
    /// Its security groups; none for an address that is no interface here.
    group_ids: Option<Vec<String>>,
}

/// The address of a load balancer's node in a zone.
pub(super) fn node_in(nodes: &[Interface], zone: &str) -> Option<IpAddr> {
    nodes.iter().find(|node| node.zone == zone).and_then(|node| node.addresses.first().copied())
}

/// How the targets are, at most five of them by name.
pub(super) fn summary(targets: &[TargetSeen]) -> String {
    if targets.is_empty() {
        return "nothing is registered".to_owned();
    }
    let mut words: Vec<String> = targets.iter().take(5).map(TargetSeen::why).collect();
    if targets.len() > 5 {
        words.push(format!("and {} more", targets.len() - 5));
    }
    words.join("; ")
}

impl Behind<'_> {
    /// From a load balancer's nodes in these zones to healthy targets; every one that a node may choose must let it in.
    pub(super) async fn targets(
        &self,
        balancer: &Balancer,
        (group_arn, group_name): (&str, &str),
        zones: &BTreeSet<String>,
        protocol: Protocol,
        found: &mut Diagnosis,
    ) -> Result<()> {
        let seen = self.account.targets_seen(group_arn).await?;
        let words = summary(&seen);
        let first_bad = seen.iter().find(|target| !target.is_healthy()).map(TargetSeen::advice);
        let healthy: Vec<TargetSeen> = seen.into_iter().filter(TargetSeen::is_healthy).collect();
        let healthy = self.placed(balancer, healthy).await?;
        let rules = self.rules(&healthy).await?;
        let nodes = if healthy.is_empty() {
            Vec::new()
        } else {
            self.account.interfaces_of_load_balancer(&balancer.seen.arn).await?
        };
        // Where every zone has a target of its own and all of them let every node in, it does not matter who sends where.
        let lets_in = |placed: &Placed, zone: &str| match (&placed.group_ids, node_in(&nodes, zone)) {
            (Some(groups), Some(address)) => admission(balancer, placed, groups, &rules, address, protocol),
            _ => Admission::By(String::new()),
        };
        let is_near = |placed: &Placed, zone: &str| placed.zone.as_deref().is_none_or(|own| own == zone);
        let is_simple = zones.iter().all(|zone| {
            healthy.iter().any(|placed| is_near(placed, zone))
                && healthy.iter().all(|placed| matches!(lets_in(placed, zone), Admission::By(_)))
        });
        let everywhere =
            if is_simple || healthy.is_empty() { false } else { self.is_cross_zone(&balancer.seen, group_arn).await? };
        for zone in zones {
            let near: Vec<&Placed> = healthy.iter().filter(|placed| everywhere || is_near(placed, zone)).collect();
            if near.is_empty() {
                let elsewhere = !healthy.is_empty();
                let advice = if elsewhere {
                    "Register a target in this zone, or switch cross-zone load balancing on: without it, a node sends to targets of its own zone only."
                } else {
                    first_bad.unwrap_or("Register targets.")
                };
                found.broken_hop(HOP, group_name, format!("no healthy target in {zone}: {words}"), advice);
                continue;
            }
            let Some(address) = node_in(&nodes, zone) else {
                let detail = format!("it has no interface in {zone}");
                found.broken_hop(
                    "load_balancer",
                    &balancer.seen.name,
                    detail,
                    "AWS is making or removing it; look again in some minutes.",
                );
                continue;
            };
            for placed in &near {
                let Some(groups) = &placed.group_ids else { continue };
                let object = groups.join(", ");
                let admission = admission(balancer, placed, groups, &rules, address, protocol);
                judge(balancer, placed, (zone, address), (&object, admission), found);
            }
            let counted = format!(
                "{} healthy in reach of {zone}, such as {}",
                near.len(),
                near.first().map_or("", |one| &one.target.id)
            );
            found.ok(HOP, group_name, counted);
        }
        Ok(())
    }

    /// Where the targets are: instances by what EC2 says of them, addresses by the subnet that they lie in.
    async fn placed(&self, balancer: &Balancer, targets: Vec<TargetSeen>) -> Result<Vec<Placed>> {
        let ids: BTreeSet<String> =
            targets.iter().filter(|target| target.id.starts_with("i-")).map(|target| target.id.clone()).gather();
        let instances = if ids.is_empty() { BTreeMap::new() } else { self.account.instances(&ids).await? };
        let addresses: BTreeSet<String> = targets
            .iter()
            .filter(|target| target.id.parse::<IpAddr>().is_ok())
            .map(|target| target.id.clone())
            .gather();
        let interfaces = if addresses.is_empty() {
            Vec::new()
        } else {
            self.account.interfaces_at(&balancer.seen.vpc_id, &addresses).await?
        };
        let place = |target: TargetSeen| {
            if let Some(instance) = instances.get(&target.id) {
                let (zone, group_ids) = (Some(instance.zone.clone()), Some(instance.group_ids.clone()));
                return Placed { target, zone, group_ids };
            }
            let Ok(address) = target.id.parse::<IpAddr>() else {
                return Placed { target, zone: None, group_ids: None };
            };
            let interface = interfaces.iter().find(|interface| interface.addresses.contains(&address));
            let subnet =
                balancer.subnets.iter().find(|subnet| subnet.blocks.iter().any(|block| block.contains(&address)));
            let outside = target.zone.as_deref() == Some("all");
            Placed {
                zone: subnet.filter(|_| !outside).map(|subnet| subnet.zone.clone()),
                group_ids: interface.map(|interface| interface.group_ids.clone()),
                target,
            }
        };
        Ok(targets.into_iter().map(place).collect())
    }

    async fn rules(&self, targets: &[Placed]) -> Result<Vec<InboundRule>> {
        let ids: BTreeSet<String> = targets.iter().flat_map(|one| one.group_ids.iter().flatten().cloned()).gather();
        let ids: Vec<String> = ids.into_iter().collect();
        self.account.inbound_rules(&ids).await
    }
}

fn admission(
    balancer: &Balancer,
    placed: &Placed,
    groups: &[String],
    rules: &[InboundRule],
    address: IpAddr,
    protocol: Protocol,
) -> Admission {
    let node = Client::node(&balancer.seen.vpc_id, address, &balancer.seen.group_ids);
    let own: Vec<InboundRule> = rules.iter().filter(|rule| groups.contains(&rule.group_id)).cloned().collect();
    let port = u16::try_from(placed.target.port).unwrap_or_default();
    node.admission(&own, &balancer.seen.vpc_id, protocol, port)
}

fn judge(
    balancer: &Balancer,
    placed: &Placed,
    (zone, address): (&str, IpAddr),
    (object, admission): (&str, Admission),
    found: &mut Diagnosis,
) {
    let (id, port) = (&placed.target.id, placed.target.port);
    match admission {
        Admission::By(_) => found.ok(GROUPS, object, format!("lets {} in on port {port}", balancer.seen.name)),
        Admission::Only(sources) => {
            let detail =
                format!("{id} lets {sources} in on port {port}; whether the node {address} is among them is not known");
            found.unknown(GROUPS, object, detail, "See whether the prefix list holds the load balancer's addresses.");
        }
        Admission::No => {
            let detail = format!("no rule of {id} lets the node {address} in {zone} in on port {port}");
            let advice =
                "Traffic of endpoints comes from the load balancer's nodes: let its security group or its subnets in.";
            found.broken_hop(GROUPS, object, detail, advice);
        }
    }
}
