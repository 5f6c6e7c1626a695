//! Whether a packet would arrive: computed from the objects, never from what was asked for.
//!
//! The way has ten hops, two more from a known subnet, three more through an application load balancer, five to a service of AWS itself, named in [`At`]; the
//! first that is broken ends it. Names are resolved as the client's VPC sees them (`reach/names.rs`), security groups by what their
//! rules say about who comes (`reach/groups.rs`, `reach/target.rs`). Interfaces are reached only from their own VPC: peering and transit
//! gateways are not simulated.

mod application;
mod aws_service;
mod groups;
mod names;
mod network;
mod request;
mod target;

use serde::Serialize;

use super::clock::Moment;
use super::ec2::privatelink::endpoint::{Endpoint, EndpointKind, EndpointState, Placement, Target};
use super::ec2::privatelink::endpoint_service::EndpointService;
use super::ec2::privatelink::find;
use super::elbv2::lookup::{listener_on, load_balancer};
use super::elbv2::state::{LoadBalancer, LoadBalancerZone, TargetGroup};
use super::state::{Region, State};
use groups::Client;

pub use request::{Protocol, ReachRequest};

/// Names one hop of a packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// Where.
    pub at: String,
    /// What was found there.
    pub detail: String,
}

/// Says whether the packet arrives, and if not, where it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// Whether it arrives.
    pub reached: bool,
    /// The way so far.
    pub hops: Vec<Hop>,
    /// Hop it ends at.
    pub broken_at: Option<String>,
    /// Reason.
    pub why: Option<String>,
}

/// Names the hops. The words are stable: tools compare them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Dns,
    Endpoint,
    NetworkAcl,
    Route,
    EndpointSecurityGroup,
    Connection,
    Service,
    LoadBalancer,
    LoadBalancerSecurityGroup,
    Listener,
    ApplicationLoadBalancer,
    ApplicationLoadBalancerSecurityGroup,
    ApplicationLoadBalancerListener,
    TargetSecurityGroup,
    Target,
}

impl At {
    fn word(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Endpoint => "endpoint",
            Self::NetworkAcl => "network_acl",
            Self::Route => "route",
            Self::EndpointSecurityGroup => "endpoint_security_group",
            Self::Connection => "connection",
            Self::Service => "service",
            Self::LoadBalancer => "load_balancer",
            Self::LoadBalancerSecurityGroup => "load_balancer_security_group",
            Self::Listener => "listener",
            Self::ApplicationLoadBalancer => "application_load_balancer",
            Self::ApplicationLoadBalancerSecurityGroup => "application_load_balancer_security_group",
            Self::ApplicationLoadBalancerListener => "application_load_balancer_listener",
            Self::TargetSecurityGroup => "target_security_group",
            Self::Target => "target",
        }
    }
}

/// Where the way ends before the target, and why.
struct Broken {
    at: At,
    why: String,
}

fn broken<T>(at: At, why: impl Into<String>) -> Result<T, Broken> {
    Err(Broken { at, why: why.into() })
}

/// What packets of a client pass: the interfaces of an endpoint, and the nodes of load balancers behind each.
#[derive(Debug, Default)]
pub struct Passed<'a> {
    /// The endpoint that lets the client in.
    pub endpoint: Option<&'a Endpoint>,
    /// Its interfaces that the client reaches.
    pub placements: Vec<&'a Placement>,
    /// The service behind it, where it is a customer's.
    pub service: Option<&'a EndpointService>,
    /// Interface and node: the load balancer's ARN, and the name of its zone.
    pub nodes: Vec<(&'a Placement, &'a str, &'a str)>,
}

/// Follows a packet from the client to a target.
pub fn reach(state: &State, now: Moment, request: &ReachRequest) -> Reach {
    follow(state, now, request).0
}

/// Follows packets as [`reach`] does, and tells what they pass.
pub fn follow<'a>(state: &'a State, now: Moment, request: &'a ReachRequest) -> (Reach, Passed<'a>) {
    let mut way = Way { state, now, request, hops: Vec::new(), passed: Passed::default() };
    let end = way.follow().err();
    let reach = Reach {
        reached: end.is_none(),
        hops: way.hops,
        broken_at: end.as_ref().map(|end| end.at.word().to_owned()),
        why: end.map(|end| end.why),
    };
    (reach, way.passed)
}

struct Way<'a> {
    state: &'a State,
    now: Moment,
    request: &'a ReachRequest,
    hops: Vec<Hop>,
    passed: Passed<'a>,
}

impl<'a> Way<'a> {
    /// What the client asks for: protocol and port.
    fn asked(&self) -> (Protocol, u16) {
        (self.request.protocol, self.request.port)
    }

    fn pass(&mut self, at: At, detail: impl Into<String>) {
        self.hops.push(Hop { at: at.word().to_owned(), detail: detail.into() });
    }

    fn follow(&mut self) -> Result<(), Broken> {
        let client = match Client::locate(self.state, self.request) {
            Ok(client) => client,
            Err(why) => return broken(At::Dns, why),
        };
        let (endpoint, placements) = self.resolve(&client)?;
        let placements = self.enter(&client, endpoint, placements)?;
        self.connect(endpoint)?;
        let Target::Customer { id } = &endpoint.target else {
            return self.answer(endpoint);
        };
        let service = self.service(id)?;
        for placement in placements {
            self.balance(&client, endpoint, service, placement)?;
        }
        Ok(())
    }

    /// From the name to an endpoint and those of its places that the answer names.
    fn resolve(&mut self, client: &Client<'a>) -> Result<(&'a Endpoint, Vec<&'a Placement>), Broken> {
        let answer = names::resolve(self.state, client, &self.request.name, self.now);
        let answer = answer.or_else(|why| broken(At::Dns, why))?;
        self.pass(At::Dns, answer.steps.join(", "));
        Ok((answer.endpoint, answer.placements))
    }

    /// From the client to the endpoint's interfaces, through their security groups.
    fn enter(
        &mut self,
        client: &Client<'a>,
        endpoint: &'a Endpoint,
        placements: Vec<&'a Placement>,
    ) -> Result<Vec<&'a Placement>, Broken> {
        if endpoint.vpc_id != self.request.vpc_id {
            let why =
                format!("{} is in {}, which {} does not reach", endpoint.id, endpoint.vpc_id, self.request.vpc_id);
            return broken(At::Endpoint, why);
        }
        if endpoint.kind != EndpointKind::Interface || !endpoint.state.at(self.now).exists() {
            return broken(At::Endpoint, format!("{} has no interfaces", endpoint.id));
        }
        let region = self.state.region(&endpoint.owner, &endpoint.region);
        let alive = |placement: &&Placement| {
            let interface = region.and_then(|region| region.ec2.network_interfaces.get(&placement.interface_id));
            interface.is_some_and(|interface| interface.alive(self.now) && interface.created <= self.now)
        };
        let mut placements: Vec<&Placement> = placements.into_iter().filter(alive).collect();
        if let Some(zone) = client.zone_id()
            && placements.iter().any(|placement| placement.zone_id == zone)
        {
            placements.retain(|placement| placement.zone_id == zone);
        }
        if placements.is_empty() || endpoint.is_going(self.now) {
            return broken(At::Endpoint, format!("{} has no interface in use", endpoint.id));
        }
        for placement in &placements {
            let address = placement.ipv4.map(|address| address.to_string()).unwrap_or_default();
            self.pass(At::Endpoint, format!("{} {address} in {}", placement.interface_id, placement.zone_id));
        }
        self.cross(client, endpoint, &placements)?;
        let rule = groups::admitting(self.state, client, &endpoint.groups, self.asked(), true);
        let rule = rule.or_else(|why| broken(At::EndpointSecurityGroup, why))?;
        self.pass(At::EndpointSecurityGroup, rule);
        self.passed.endpoint = Some(endpoint);
        self.passed.placements.clone_from(&placements);
        Ok(placements)
    }

    /// From the endpoint over an accepted connection.
    fn connect(&mut self, endpoint: &'a Endpoint) -> Result<(), Broken> {
        let (own, other) = (*endpoint.state.at(self.now), *endpoint.connection.at(self.now));
        // An endpoint that is being modified goes on carrying traffic.
        let open =
            other == EndpointState::Available && matches!(own, EndpointState::Available | EndpointState::Pending);
        if !open {
            let state = if other == EndpointState::Available { own } else { other };
            return broken(At::Connection, format!("the connection of {} is {}", endpoint.id, state.name()));
        }
        self.pass(At::Connection, format!("{} available", endpoint.connection_id));
        Ok(())
    }

    fn service(&mut self, id: &'a str) -> Result<&'a EndpointService, Broken> {
        match find::service(self.state, id).filter(|service| service.is_live(self.now)) {
            Some(service) => {
                self.pass(At::Service, id);
                self.passed.service = Some(service);
                Ok(service)
            }
            None => broken(At::Service, format!("{id} does not exist any more")),
        }
    }

    /// From one interface of the endpoint through every load balancer it may be tied to.
    fn balance(
        &mut self,
        client: &Client<'a>,
        endpoint: &'a Endpoint,
        service: &'a EndpointService,
        placement: &'a Placement,
    ) -> Result<(), Broken> {
        let zone = if endpoint.crosses_regions() { None } else { Some(placement.zone_id.as_str()) };
        let offered = zone.is_none_or(|zone| service.zones.contains(zone));
        let nodes: Vec<(&LoadBalancer, &LoadBalancerZone)> = service
            .load_balancers
            .iter()
            .filter_map(|arn| load_balancer(self.state, &service.owner, &service.region, arn, self.now))
            .filter(|balancer| offered && balancer.state.at(self.now).is_active())
            .filter_map(|balancer| {
                let mut ready = balancer.zones.at(self.now).iter().filter(|node| node.ready <= self.now);
                let node = ready.find(|node| zone.is_none_or(|zone| zone == node.zone_id))?;
                Some((balancer, node))
            })
            .collect();
        if nodes.is_empty() {
            let place = zone.unwrap_or("any zone");
            return broken(At::LoadBalancer, format!("no load balancer of {} is active in {place}", service.id));
        }
        for (balancer, node) in nodes {
            self.pass(At::LoadBalancer, format!("{} in {}", balancer.name, node.zone_id));
            self.passed.nodes.push((placement, &balancer.arn, &node.zone_name));
            self.target(client, service, balancer, &node.zone_id)?;
        }
        Ok(())
    }

    /// From one node of a load balancer to a healthy target.
    fn target(
        &mut self,
        client: &Client<'a>,
        service: &'a EndpointService,
        balancer: &'a LoadBalancer,
        zone: &str,
    ) -> Result<(), Broken> {
        let (now, port) = (self.now, self.request.port);
        let own_groups = balancer.security_groups.at(now);
        if !own_groups.is_empty() && *balancer.enforce_on_private_link.at(now) {
            let same_vpc = balancer.vpc_id == self.request.vpc_id;
            let rule = groups::admitting(self.state, client, own_groups, self.asked(), same_vpc);
            let rule = rule.or_else(|why| broken(At::LoadBalancerSecurityGroup, why))?;
            self.pass(At::LoadBalancerSecurityGroup, rule);
        }
        let region = self.state.region(&service.owner, &service.region);
        let listener = region.and_then(|region| listener_on(region, &balancer.arn, port, now));
        let (Some(region), Some(listener)) = (region, listener) else {
            return broken(At::Listener, format!("{} has no listener on port {port}", balancer.name));
        };
        let settings = listener.settings.at(now);
        if !self.request.protocol.is_taken_by(&settings.protocol) {
            return broken(At::Listener, format!("port {port} of {} takes {}", balancer.name, settings.protocol));
        }
        self.pass(At::Listener, format!("{} {port} of {}", settings.protocol, balancer.name));
        // Every group that gets a share of the connections must answer.
        for arn in settings.served_groups() {
            let group = self.group(region, arn, port)?;
            if group.target_type == "alb" {
                self.application(region, (balancer, zone), group)?;
            } else {
                self.healthy(region, balancer, group, zone)?;
            }
        }
        Ok(())
    }

    fn group(&self, region: &'a Region, arn: &str, port: u16) -> Result<&'a TargetGroup, Broken> {
        let found = region.elbv2.target_groups.get(arn);
        match found.filter(|group| group.exists_at(self.now)) {
            Some(group) => Ok(group),
            None => broken(At::Target, format!("the target group of port {port} does not exist")),
        }
    }
}
