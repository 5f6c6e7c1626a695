//! The world as the live page draws it: objects with their state and what they lead to, calls, buckets, the clock.
//!
//! Computed from the objects at each look and compared with the look before: the page is told what is new, changed and gone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::clock::Moment;
use super::ec2::privatelink::endpoint::{Endpoint, EndpointState, Target};
use super::elbv2::lookup;
use super::state::{Region, State};
use super::world::World;

/// Most calls that one look tells; a page that comes late sees the latest.
const CALLS: usize = 200;

/// Objects of a look, by id.
pub type Nodes = BTreeMap<String, Value>;

/// What a page was told so far.
#[derive(Debug, Default)]
pub struct Told {
    nodes: Nodes,
    calls: u64,
    begun: bool,
}

impl Told {
    /// Gives what changed since the last look.
    pub fn news(&mut self, world: &World) -> Value {
        let now = world.now();
        let state = world.lock();
        let nodes = nodes(&state, now);
        let changed: Vec<&Value> =
            nodes.iter().filter(|(id, node)| self.nodes.get(*id) != Some(*node)).map(|(_, node)| node).collect();
        let gone: Vec<&String> = self.nodes.keys().filter(|id| !nodes.contains_key(*id)).collect();
        let calls = state.audit.calls();
        let last = calls.last().map_or(0, |call| call.n);
        // A record that was emptied starts from one again.
        let from = if last < self.calls { 0 } else { self.calls };
        let recent = calls.iter().rev().take(CALLS).take_while(|call| call.n > from).collect::<Vec<_>>();
        let recent: Vec<_> = recent.into_iter().rev().collect();
        let news = json!({
            "first": !self.begun,
            "at_ms": now.0,
            "at": now.iso(),
            "speed": state.speed,
            "seed": state.seed,
            "changed": changed,
            "gone": gone,
            "calls": recent,
            "buckets": state.buckets.levels(now),
            "faults": state.faults.pending(),
        });
        drop(state);
        (self.nodes, self.calls, self.begun) = (nodes, last, true);
        news
    }
}

/// Lists the objects of a world.
pub fn nodes(state: &State, now: Moment) -> Nodes {
    let mut nodes = Nodes::new();
    for (account, name, region) in state.regions() {
        let place = Place { account, region: name };
        networks(&mut nodes, place, region, now);
        balancers(&mut nodes, place, region, now);
        private_link(&mut nodes, place, region, now);
    }
    for zone in state.route53.zones.values().filter(|zone| zone.exists_at(now)) {
        let place = Place { account: &zone.owner, region: "global" };
        let name = zone.name.trim_end_matches('.').replace("\\052", "*");
        let vpcs: Vec<String> = zone.vpcs.at(now).iter().map(|association| association.vpc.vpc_id.clone()).collect();
        let node = Node { label: name, state: if zone.private { "private" } else { "public" }, ..Node::default() };
        nodes.insert(zone.id.clone(), place.node("hosted_zone", &zone.id, &node, &json!({"vpcs": vpcs})));
        let served = zone.served.at(now);
        for (key, data) in zone.records.at(now).iter().filter(|(key, _)| !zone.is_apex_record(key)) {
            let id = format!("{}/{}/{}", zone.id, key.name(), key.record_type);
            let is_in_sync = served.get(key) == Some(data);
            let node = Node {
                label: format!("{} {}", key.name().trim_end_matches('.').replace("\\052", "*"), key.record_type),
                state: if is_in_sync { "INSYNC" } else { "PENDING" },
                parent: Some(zone.id.clone()),
                ..Node::default()
            };
            nodes.insert(id.clone(), place.node("record_set", &id, &node, &json!({})));
        }
    }
    nodes
}

#[derive(Clone, Copy)]
struct Place<'a> {
    account: &'a str,
    region: &'a str,
}

#[derive(Default)]
struct Node {
    label: String,
    state: &'static str,
    parent: Option<String>,
    to: Vec<String>,
}

impl Place<'_> {
    fn node(self, kind: &str, id: &str, node: &Node, more: &Value) -> Value {
        json!({
            "id": id,
            "kind": kind,
            "account": self.account,
            "region": self.region,
            "label": node.label,
            "state": node.state,
            "tone": tone(node.state),
            "parent": node.parent,
            "to": node.to,
            "more": more,
        })
    }
}

/// Tells whether a state is good, on its way, bad, or neither.
fn tone(state: &str) -> &'static str {
    match state {
        "active" | "available" | "Available" | "healthy" | "INSYNC" | "running" | "verified" => "good",
        "provisioning" | "pending" | "pendingAcceptance" | "initial" | "draining" | "deleting" | "Deleting"
        | "PENDING" | "Pending" | "shutting-down" | "stopping" => "wait",
        "failed" | "Failed" | "rejected" | "expired" | "unhealthy" | "active_impaired" | "partial" | "stopped"
        | "terminated" => "bad",
        _ => "quiet",
    }
}

fn networks(nodes: &mut Nodes, place: Place<'_>, region: &Region, now: Moment) {
    for vpc in region.ec2.vpcs.values() {
        let cidr = vpc.cidrs.first().map(ToString::to_string).unwrap_or_default();
        let node = Node { label: cidr, ..Node::default() };
        nodes.insert(vpc.id.clone(), place.node("vpc", &vpc.id, &node, &json!({})));
    }
    for group in region.ec2.security_groups.values().filter(|group| !group.is_default) {
        let rules = group.rules.values().filter(|rule| !rule.born_with_group).count();
        let node = Node { label: group.name.clone(), parent: Some(group.vpc_id.clone()), ..Node::default() };
        nodes.insert(group.id.clone(), place.node("security_group", &group.id, &node, &json!({"rules": rules})));
    }
    for instance in region.ec2.instances.values().filter(|instance| instance.listed(now)) {
        let state = *instance.state.at(now);
        let zone = region.ec2.subnets.get(&instance.subnet_id).map(|subnet| subnet.zone.id.clone());
        let node =
            Node { label: zone.unwrap_or_default(), state, parent: Some(instance.vpc_id.clone()), ..Node::default() };
        nodes.insert(instance.id.clone(), place.node("instance", &instance.id, &node, &json!({})));
    }
}

fn balancers(nodes: &mut Nodes, place: Place<'_>, region: &Region, now: Moment) {
    let elb = &region.elbv2;
    for balancer in elb.load_balancers.values().filter(|balancer| balancer.lives_at(now)) {
        let zones = balancer.zones.at(now).iter();
        let zones: Vec<Value> = zones.map(|zone| json!({"id": zone.zone_id, "ready": zone.ready <= now})).collect();
        let node = Node {
            label: balancer.name.clone(),
            state: balancer.state.at(now).code(),
            parent: Some(balancer.vpc_id.clone()),
            ..Node::default()
        };
        let more = json!({"zones": zones, "groups": balancer.security_groups.at(now)});
        nodes.insert(balancer.arn.clone(), place.node("load_balancer", &balancer.arn, &node, &more));
    }
    for listener in elb.listeners.values().filter(|listener| listener.exists_at(now)) {
        let settings = listener.settings.at(now);
        let node = Node {
            label: format!("{} {}", settings.protocol, settings.port),
            parent: Some(listener.load_balancer.clone()),
            to: settings.target_groups().into_iter().map(str::to_owned).collect(),
            ..Node::default()
        };
        nodes.insert(listener.arn.clone(), place.node("listener", &listener.arn, &node, &json!({})));
    }
    for group in elb.target_groups.values().filter(|group| group.exists_at(now)) {
        let label = format!("{} {}:{}", group.name, group.protocol, group.port);
        let node = Node { label, parent: Some(group.vpc_id.clone()), ..Node::default() };
        nodes.insert(group.arn.clone(), place.node("target_group", &group.arn, &node, &json!({})));
        for target in lookup::targets(region, &group.arn, now) {
            let id = format!("{}#{}:{}", group.arn, target.id, target.port);
            let node = Node {
                label: format!("{}:{}", target.id, target.port),
                state: health_word(&target.health.state),
                parent: Some(group.arn.clone()),
                ..Node::default()
            };
            let more = json!({
                "group": group.arn,
                "target": target.id,
                "port": target.port,
                "zone": target.zone_id,
                "reason": target.health.reason,
            });
            nodes.insert(id.clone(), place.node("target", &id, &node, &more));
        }
    }
}

fn health_word(state: &str) -> &'static str {
    ["healthy", "unhealthy", "initial", "draining", "unused", "unavailable"]
        .into_iter()
        .find(|known| *known == state)
        .unwrap_or("unknown")
}

fn private_link(nodes: &mut Nodes, place: Place<'_>, region: &Region, now: Moment) {
    let link = &region.ec2.privatelink;
    for service in link.services.values().filter(|service| service.holds_load_balancers(now)) {
        let name = service.private_name.as_ref();
        let node = Node {
            label: name.map_or_else(|| service.id.clone(), |name| name.name.clone()),
            state: service.state.at(now).name(),
            to: service.load_balancers.clone(),
            ..Node::default()
        };
        let more = json!({
            "acceptance_required": service.acceptance_required,
            "permissions": service.permissions.len(),
            "usable": service.usable_at <= now,
            "private_name": name.map(|name| name.state.name()),
        });
        nodes.insert(service.id.clone(), place.node("service", &service.id, &node, &more));
    }
    for endpoint in link.endpoints.values().filter(|endpoint| *endpoint.state.at(now) != EndpointState::Gone) {
        endpoint_nodes(nodes, place, endpoint, now);
    }
}

fn endpoint_nodes(nodes: &mut Nodes, place: Place<'_>, endpoint: &Endpoint, now: Moment) {
    let to = match &endpoint.target {
        Target::Customer { id } => id.clone(),
        Target::Aws => endpoint.service_name.clone(),
    };
    let shown = endpoint.placements.iter().filter(|placement| placement.shown_at <= now);
    let interfaces: Vec<Value> = shown
        .map(|placement| {
            let address = placement.ipv4.map(|ip| ip.to_string()).or_else(|| placement.ipv6.map(|ip| ip.to_string()));
            json!({"id": placement.interface_id, "zone": placement.zone_id, "address": address})
        })
        .collect();
    let node = Node {
        label: endpoint.service_name.rsplit('.').next().unwrap_or(&endpoint.service_name).to_owned(),
        state: endpoint.state.at(now).name(),
        parent: Some(endpoint.vpc_id.clone()),
        to: vec![to],
    };
    let more = json!({
        "interfaces": interfaces,
        "groups": endpoint.groups,
        "names": endpoint.dns_names(now).len(),
        "private_dns": endpoint.private_dns,
        "connection": endpoint.connection.at(now).name(),
    });
    nodes.insert(endpoint.id.clone(), place.node("endpoint", &endpoint.id, &node, &more));
}
