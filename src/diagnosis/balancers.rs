//! Load balancers behind a service: their zones, their security groups, their listeners.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Diagnosis;
use super::client::{Admission, Client};
use super::placement::Placement;
use super::question::{Protocol, Question};
use crate::aws::Account;
use crate::aws::lookups::{BalancerSeen, ListenerRules, OwnService, SubnetPlace};
use crate::engine::Result;

const HOP: &str = "load_balancer";
/// Load balancers of one service that are walked through.
const MOST: usize = 3;

/// What stands behind a service, and who asks.
pub(super) struct Behind<'a> {
    pub(super) account: &'a Account,
    pub(super) service: &'a OwnService,
    pub(super) question: &'a Question,
    pub(super) client: &'a Client,
}

/// A load balancer with the subnets of its VPC.
#[derive(Debug, Clone)]
pub(super) struct Balancer {
    pub(super) seen: BalancerSeen,
    pub(super) subnets: Vec<SubnetPlace>,
}

impl Balancer {
    pub(super) fn is_active(&self) -> bool {
        ["active", "active_impaired"].contains(&self.seen.state.as_str())
    }

    /// Its zones: id and name.
    pub(super) fn zones(&self) -> BTreeMap<&str, &str> {
        let own = self.subnets.iter().filter(|subnet| self.seen.subnet_ids.contains(&subnet.id));
        own.map(|subnet| (subnet.zone_id.as_str(), subnet.zone.as_str())).collect()
    }
}

impl Behind<'_> {
    pub(super) async fn walk(
        &self,
        placements: &[Placement],
        crosses_regions: bool,
        found: &mut Diagnosis,
    ) -> Result<()> {
        let mut balancers = Vec::new();
        for arn in self.service.load_balancer_arns.iter().take(MOST) {
            if let Some(balancer) = self.balancer(arn).await? {
                balancers.push(balancer);
            }
        }
        let rest = self.service.load_balancer_arns.len().saturating_sub(MOST);
        if rest > 0 {
            let advice = "Diagnose them one by one with their own services, or look at their targets.";
            found.unknown(HOP, &self.service.id, format!("{rest} further load balancers were not looked at"), advice);
        }
        let used = self.enter(&balancers, placements, crosses_regions, found);
        for (balancer, zones) in balancers.iter().zip(used) {
            if !zones.is_empty() {
                self.through(balancer, &zones, found).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn balancer(&self, arn: &str) -> Result<Option<Balancer>> {
        let Some(seen) = self.account.balancer_seen(arn).await? else { return Ok(None) };
        let subnets = self.account.subnets_of_vpc(&seen.vpc_id).await?;
        Ok(Some(Balancer { seen, subnets }))
    }

    /// The zones, by name, in which each load balancer is entered.
    fn enter(
        &self,
        balancers: &[Balancer],
        placements: &[Placement],
        crosses_regions: bool,
        found: &mut Diagnosis,
    ) -> Vec<BTreeSet<String>> {
        let mut used: Vec<BTreeSet<String>> = balancers.iter().map(|_| BTreeSet::new()).collect();
        let wanted: BTreeSet<Option<&str>> = if crosses_regions {
            // Endpoints of other Regions enter in whatever zone.
            BTreeSet::from([None])
        } else {
            placements.iter().map(|placement| Some(placement.zone_id.as_str())).collect()
        };
        for zone_id in wanted {
            let mut entered = false;
            for (balancer, zones) in balancers.iter().zip(&mut used) {
                let own = balancer.zones();
                let node = match zone_id {
                    Some(id) if self.service.availability_zone_ids.contains(id) => own.get_key_value(id),
                    Some(_) => None,
                    None => own.first_key_value(),
                };
                if let (Some((id, name)), true) = (node, balancer.is_active()) {
                    entered = true;
                    zones.insert((*name).to_owned());
                    found.ok(HOP, &balancer.seen.name, format!("{} in {id}", balancer.seen.state));
                }
            }
            if !entered {
                let place = zone_id.unwrap_or("any zone");
                let states: Vec<String> = balancers
                    .iter()
                    .map(|one| {
                        let zones: Vec<&str> = one.zones().into_keys().collect();
                        format!("{} is {} in {}", one.seen.name, one.seen.state, zones.join(", "))
                    })
                    .collect();
                let states = if states.is_empty() { "it has none".to_owned() } else { states.join("; ") };
                let detail = format!("no load balancer of {} is active in {place}: {states}", self.service.id);
                let advice = "Add a subnet of this zone to the load balancer, or take the zone's subnet out of the endpoint. A \
                              load balancer that is not active yet needs some minutes.";
                found.broken_hop(HOP, &self.service.id, detail, advice);
            }
        }
        used
    }

    async fn through(&self, balancer: &Balancer, zones: &BTreeSet<String>, found: &mut Diagnosis) -> Result<()> {
        let seen = &balancer.seen;
        if !seen.group_ids.is_empty() {
            self.groups(seen, found).await?;
        }
        let listeners = self.account.listener_rules(&seen.arn).await?;
        let Some(listener) = self.listener(seen, &listeners, found) else { return Ok(()) };
        for arn in &listener.group_arns {
            self.group(balancer, arn, zones, found).await?;
        }
        Ok(())
    }

    async fn groups(&self, balancer: &BalancerSeen, found: &mut Diagnosis) -> Result<()> {
        const HOP: &str = "load_balancer_security_group";
        let object = balancer.group_ids.join(", ");
        if !balancer.enforces {
            found.ok(HOP, &object, format!("not enforced for endpoints of {}", balancer.name));
            return Ok(());
        }
        let rules = self.account.inbound_rules(&balancer.group_ids).await?;
        let what = format!("{} port {}", self.question.protocol.word(), self.question.port);
        let client = self.client;
        match client.admission(&rules, &balancer.vpc_id, self.question.protocol, self.question.port) {
            Admission::By(rule) => found.ok(HOP, &object, format!("{rule} lets {client} in on {what}")),
            Admission::Only(sources) => {
                let detail = format!("lets {sources} in on {what}; whether {client} is among them is not known");
                let advice = "Say where the client is: source_ip or subnet_id (--source-ip, --subnet).";
                found.unknown(HOP, &object, detail, advice);
            }
            Admission::No => {
                let advice = "Let the clients' addresses in, or set enforce_security_group_inbound_rules_on_private_link_traffic \
                              to \"off\": the rules are held against the client's own address.";
                found.broken_hop(HOP, &object, format!("no rule lets {client} in on {what}"), advice);
            }
        }
        Ok(())
    }

    fn listener<'l>(
        &self,
        balancer: &BalancerSeen,
        listeners: &'l [ListenerRules],
        found: &mut Diagnosis,
    ) -> Option<&'l ListenerRules> {
        const HOP: &str = "listener";
        let port = i32::from(self.question.port);
        let on_port = listeners.iter().find(|listener| listener.port == port);
        let protocols = match self.question.protocol {
            Protocol::Tcp => ["TCP", "TLS", "TCP_UDP"].as_slice(),
            Protocol::Udp => ["UDP", "TCP_UDP"].as_slice(),
        };
        match on_port {
            Some(listener) if protocols.contains(&listener.protocol.as_str()) => {
                found.ok(HOP, &balancer.name, format!("{} {port}", listener.protocol));
                Some(listener)
            }
            Some(listener) => {
                let detail = format!("port {port} takes {}", listener.protocol);
                found.broken_hop(HOP, &balancer.name, detail, "Connect with that protocol, or change the listener's.");
                None
            }
            None => {
                let ports: Vec<String> = listeners.iter().map(|one| format!("{} {}", one.protocol, one.port)).collect();
                let others = if ports.is_empty() { "none at all".to_owned() } else { ports.join(", ") };
                let detail = format!("there is no listener on port {port}; there is {others}");
                found.broken_hop(
                    HOP,
                    &balancer.name,
                    detail,
                    "Connect to a port that is listened on, or add a listener.",
                );
                None
            }
        }
    }

    /// From one target group to the targets behind it.
    async fn group(
        &self,
        balancer: &Balancer,
        arn: &str,
        zones: &BTreeSet<String>,
        found: &mut Diagnosis,
    ) -> Result<()> {
        let Some((name, kind)) = self.account.group_kind(arn).await? else {
            found.broken_hop(
                "target",
                arn,
                "the target group does not exist",
                "Let the listener forward to one that does.",
            );
            return Ok(());
        };
        if kind == "alb" {
            self.application(balancer, (arn, &name), zones, found).await
        } else {
            self.targets(balancer, (arn, &name), zones, self.question.protocol, found).await
        }
    }

    /// Whether nodes send traffic to targets in other zones.
    pub(super) async fn is_cross_zone(&self, balancer: &BalancerSeen, group_arn: &str) -> Result<bool> {
        const KEY: &str = "load_balancing.cross_zone.enabled";
        let group = self.account.target_group_attributes(group_arn).await?.unwrap_or_default();
        match group.get(KEY).map(String::as_str) {
            Some("true") => return Ok(true),
            Some("false") => return Ok(false),
            _ => {}
        }
        let own = self.account.load_balancer_attributes(&balancer.arn).await?.unwrap_or_default();
        Ok(own.get(KEY).is_some_and(|word| word == "true"))
    }
}
