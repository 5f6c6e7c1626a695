//! From a load balancer's node to a target, through the target's own security groups.
//!
//! Traffic of endpoints comes from the load balancer's node, whether client addresses are preserved or not. Source: NLB user guide,
//! client IP preservation. So a target lets in the node's address or the load balancer's groups.

use crate::simulator::ec2::state::network_interface::NetworkInterface;
use crate::simulator::elbv2::lookup::{TargetView, is_cross_zone, targets};
use crate::simulator::elbv2::state::{LoadBalancer, TargetGroup};
use crate::simulator::state::Region;

use super::groups::{self, Client};
use super::{At, Broken, Protocol, Way, broken};

impl<'a> Way<'a> {
    /// From a load balancer's node in a zone to a healthy target of a group; every one that the node may choose must let it in.
    pub(super) fn healthy(
        &mut self,
        region: &'a Region,
        balancer: &'a LoadBalancer,
        group: &TargetGroup,
        zone: &str,
    ) -> Result<(), Broken> {
        let now = self.now;
        let anywhere = is_cross_zone(balancer, group, now);
        let in_reach = |id: Option<&str>| anywhere || id.is_none_or(|id| id == zone);
        let all = targets(region, &group.arn, now);
        let mut healthy =
            all.iter().filter(|view| view.health.state == "healthy" && in_reach(view.zone_id.as_deref())).peekable();
        let Some(first) = healthy.peek().copied() else {
            let place = if anywhere { "any zone" } else { zone };
            let seen: Vec<String> = all.iter().map(|view| format!("{} {}", view.id, view.health.state)).collect();
            let why = format!("{} has no healthy target in {place} ({})", group.name, seen.join(", "));
            return broken(At::Target, why);
        };
        let node = self.node(region, balancer, zone)?;
        let mut rules = Vec::new();
        for view in healthy {
            rules.extend(self.admitting_of(region, &node, view)?);
        }
        if let Some(rule) = rules.into_iter().next() {
            self.pass(At::TargetSecurityGroup, rule);
        }
        self.pass(At::Target, format!("{}:{} healthy", first.id, first.port));
        Ok(())
    }

    /// A load balancer's node in a zone, as what stands behind it sees it.
    pub(super) fn node(
        &self,
        region: &'a Region,
        balancer: &'a LoadBalancer,
        zone: &str,
    ) -> Result<Client<'a>, Broken> {
        let node = balancer.zones.at(self.now).iter().find(|node| node.zone_id == zone);
        let interface = node.and_then(|node| region.ec2.network_interfaces.get(&node.network_interface_id));
        match (interface, region.ec2.vpcs.get(&balancer.vpc_id)) {
            (Some(interface), Some(vpc)) => {
                Ok(Client::at(vpc, interface.private_ip.into(), balancer.security_groups.at(self.now)))
            }
            _ => broken(At::LoadBalancer, format!("{} has no interface in {zone}", balancer.name)),
        }
    }

    /// The rule of a target that lets a node in; `None` for an address that is no interface's here.
    fn admitting_of(&self, region: &Region, node: &Client<'_>, view: &TargetView) -> Result<Option<String>, Broken> {
        let Some(interface) = self.interface(region, view) else { return Ok(None) };
        if self.state.settings.readings.default_group_admits_load_balancers && is_untouched(region, interface) {
            return Ok(Some(format!("the default group of {}, as it was born", view.id)));
        }
        let protocol = self.request.protocol;
        match groups::admitting(self.state, node, &interface.groups, (protocol, view.port), true) {
            Ok(rule) => Ok(Some(rule)),
            Err(_) => broken(At::TargetSecurityGroup, shut_out(view, interface, node, protocol)),
        }
    }

    fn interface<'r>(&self, region: &'r Region, view: &TargetView) -> Option<&'r NetworkInterface> {
        if let Some(instance) = region.ec2.instances.get(&view.id) {
            return region.ec2.network_interfaces.get(&instance.interface_id);
        }
        let address: std::net::Ipv4Addr = view.id.parse().ok()?;
        let mut alive = region.ec2.network_interfaces.values().filter(|interface| interface.alive(self.now));
        alive.find(|interface| interface.private_ip == address)
    }
}

fn is_untouched(region: &Region, interface: &NetworkInterface) -> bool {
    let mut groups = interface.groups.iter().filter_map(|id| region.ec2.security_groups.get(id));
    groups.all(|group| group.is_default && group.rules.values().all(|rule| rule.born_with_group))
}

fn shut_out(view: &TargetView, interface: &NetworkInterface, node: &Client<'_>, protocol: Protocol) -> String {
    format!(
        "no inbound rule of {} of {} lets the load balancer's node {node} in on {} {}",
        interface.groups.join(", "),
        view.id,
        protocol.name(),
        view.port
    )
}
