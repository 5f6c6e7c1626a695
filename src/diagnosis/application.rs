//! The way through an application load balancer that is the target of a network load balancer.
//!
//! What its security groups see is the network load balancer's node, whatever the client's address is.

use std::collections::BTreeSet;

use super::answer::Diagnosis;
use super::balancers::{Balancer, Behind};
use super::client::{Admission, Client};
use super::targets::{node_in, summary};
use crate::engine::Result;
use crate::gather::Gather as _;

const HOP: &str = "application_load_balancer";

impl Behind<'_> {
    pub(super) async fn application(
        &self,
        network: &Balancer,
        (group_arn, group_name): (&str, &str),
        zones: &BTreeSet<String>,
        found: &mut Diagnosis,
    ) -> Result<()> {
        let targets = self.account.targets_seen(group_arn).await?;
        let Some(target) = targets.iter().find(|target| target.is_healthy()) else {
            let advice = targets.first().map_or("Register an application load balancer.", |target| target.advice());
            found.broken_hop("target", group_name, format!("no healthy target: {}", summary(&targets)), advice);
            return Ok(());
        };
        let application = self.balancer(&target.id).await?.filter(Balancer::is_active);
        let Some(application) = application else {
            found.broken_hop(HOP, &target.id, "it is not active", "Wait until it is, or register another one.");
            return Ok(());
        };
        let name = application.seen.name.clone();
        let own: BTreeSet<String> = application.zones().into_values().map(str::to_owned).gather();
        let mut entered: BTreeSet<String> = zones.intersection(&own).cloned().gather();
        if entered.len() < zones.len() {
            if self.is_cross_zone(&network.seen, group_arn).await? {
                entered.extend(own.first().cloned());
            } else {
                for zone in zones.difference(&own) {
                    let detail = format!("it has no node in {zone}");
                    let advice = "Give it a subnet in each zone of the network load balancer, or switch cross-zone load balancing on.";
                    found.broken_hop(HOP, &name, detail, advice);
                }
            }
        }
        for zone in &entered {
            found.ok(HOP, &name, format!("active in {zone}"));
        }
        let port = u16::try_from(target.port).unwrap_or_default();
        self.groups_of(network, &application, zones, port, found).await?;
        let listeners = self.account.listener_rules(&application.seen.arn).await?;
        let Some(listener) = listeners.iter().find(|listener| listener.port == target.port) else {
            let detail = format!("there is no listener on port {port}");
            let advice = "Add one: the network load balancer sends to the port of its target group.";
            found.broken_hop("application_load_balancer_listener", &name, detail, advice);
            return Ok(());
        };
        found.ok("application_load_balancer_listener", &name, format!("{} {port}", listener.protocol));
        if listener.answers_itself {
            found.ok("target", &name, "the load balancer answers by itself");
        }
        for arn in &listener.group_arns {
            if let Some((group, _)) = self.account.group_kind(arn).await? {
                self.targets(&application, (arn, &group), &entered, self.question.protocol, found).await?;
            } else {
                let advice = "Let the listener forward to one that does.";
                found.broken_hop("target", arn, "the target group does not exist", advice);
            }
        }
        Ok(())
    }

    async fn groups_of(
        &self,
        network: &Balancer,
        application: &Balancer,
        zones: &BTreeSet<String>,
        port: u16,
        found: &mut Diagnosis,
    ) -> Result<()> {
        const HOP: &str = "application_load_balancer_security_group";
        let (groups, vpc_id) = (&application.seen.group_ids, &application.seen.vpc_id);
        let object = groups.join(", ");
        let rules = self.account.inbound_rules(groups).await?;
        let nodes = self.account.interfaces_of_load_balancer(&network.seen.arn).await?;
        for zone in zones {
            let Some(address) = node_in(&nodes, zone) else { continue };
            let node = Client::node(&network.seen.vpc_id, address, &network.seen.group_ids);
            match node.admission(&rules, vpc_id, self.question.protocol, port) {
                Admission::By(rule) => {
                    found.ok(HOP, &object, format!("{rule} lets {} in on port {port}", network.seen.name));
                }
                Admission::Only(sources) => {
                    let detail = format!("lets {sources} in on port {port}; whether {node} is among them is not known");
                    found.unknown(
                        HOP,
                        &object,
                        detail,
                        "See whether the prefix list holds the network load balancer's addresses.",
                    );
                }
                Admission::No => {
                    let detail = format!("no rule lets the node {node} of {} in on port {port}", network.seen.name);
                    let advice = "Let the network load balancer's security group or subnets in.";
                    found.broken_hop(HOP, &object, detail, advice);
                }
            }
        }
        Ok(())
    }
}
