//! The data points of a metric: AWS's namespaces, metrics and sets of dimensions around PrivateLink.
//!
//! Source: PrivateLink guide, CloudWatch metrics; Network Load Balancer guide, CloudWatch metrics. A set of dimensions that AWS does
//! not publish has no data, and that is no error.

use std::collections::BTreeMap;

use crate::simulator::clock::Moment;
use crate::simulator::ec2::privatelink::endpoint::{Endpoint, EndpointState};
use crate::simulator::ec2::privatelink::find;
use crate::simulator::elbv2::lookup::targets;
use crate::simulator::state::State;
use crate::simulator::traffic::{Flow, MINUTE, minute_of};

/// Milliseconds between two data of EndpointsCount.
const FIVE_MINUTES: u64 = 5 * MINUTE;
/// How long the state of things takes to show. *Assumed*, as for traffic.
const LAG: u64 = 2 * MINUTE;

/// Names a metric as a caller in an account and Region asks for it.
#[derive(Debug)]
pub struct Metric<'a> {
    /// The caller's account.
    pub account: &'a str,
    /// The caller's Region.
    pub region: &'a str,
    /// `AWS/…`
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its dimensions.
    pub dimensions: BTreeMap<String, String>,
}

/// One value at the beginning of its minute.
pub type Point = (Moment, f64);

impl Metric<'_> {
    /// Gives the points from a moment to before another; `None` for a namespace that is not simulated.
    pub fn points(&self, state: &State, now: Moment, from: Moment, to: Moment) -> Option<Vec<Point>> {
        let mut points = match self.namespace {
            "AWS/PrivateLinkEndpoints" => self.of_endpoint(state, now),
            "AWS/PrivateLinkServices" if self.name == "EndpointsCount" => self.endpoints_count(state, now, from, to),
            "AWS/PrivateLinkServices" => self.of_service(state, now),
            "AWS/NetworkELB" => self.of_load_balancer(state, now, from, to),
            _ => return None,
        };
        points.retain(|(at, _)| from <= *at && *at < to);
        points.sort_by_key(|(at, _)| *at);
        Some(points)
    }

    fn asks_for(&self, dimensions: &[(&str, &str)]) -> bool {
        self.dimensions.len() == dimensions.len()
            && dimensions.iter().all(|(name, value)| self.dimensions.get(*name).is_some_and(|own| own == value))
    }

    fn of_endpoint(&self, state: &State, now: Moment) -> Vec<Point> {
        let own = |endpoint: &&Endpoint| {
            endpoint.owner == self.account && endpoint.region == self.region && !endpoint.crosses_regions()
        };
        let found = state.traffic.shown(now).filter_map(|flow| {
            let endpoint = find::endpoint(state, &flow.endpoint_id).filter(own)?;
            let whole = [
                ("Endpoint Type", endpoint.kind.name()),
                ("Service Name", endpoint.service_name.as_str()),
                ("VPC Endpoint Id", endpoint.id.as_str()),
                ("VPC Id", endpoint.vpc_id.as_str()),
            ];
            let of_subnet: Vec<_> = whole.into_iter().chain([("Subnet Id", flow.subnet_id.as_str())]).collect();
            let is_asked = self.asks_for(&whole) || self.asks_for(&of_subnet);
            is_asked.then(|| self.value(flow, "RstPacketsReceived")).flatten().map(|value| (flow.minute, value))
        });
        found.collect()
    }

    fn of_service(&self, state: &State, now: Moment) -> Vec<Point> {
        let found = state.traffic.shown(now).filter_map(|flow| {
            let node = flow.node.as_ref()?;
            find::service(state, &node.service_id)
                .filter(|service| service.owner == self.account && service.region == self.region)?;
            let (service, az) = (("Service Id", node.service_id.as_str()), ("Az", node.zone.as_str()));
            let balancer = ("Load Balancer Arn", node.load_balancer.as_str());
            let endpoint = ("VPC Endpoint Id", flow.endpoint_id.as_str());
            let sets: [&[(&str, &str)]; 5] =
                [&[service], &[az, service], &[balancer, service], &[az, balancer, service], &[service, endpoint]];
            let is_asked = self.name != "PacketsDropped" && sets.iter().any(|set| self.asks_for(set));
            is_asked.then(|| self.value(flow, "RstPacketsSent")).flatten().map(|value| (flow.minute, value))
        });
        found.collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a test are small")]
    fn value(&self, flow: &Flow, reset: &str) -> Option<f64> {
        let value = match self.name {
            "BytesProcessed" => flow.bytes,
            "NewConnections" => flow.connections,
            // Those that wait for an answer count, too.
            "ActiveConnections" => flow.connections + flow.dropped,
            "PacketsDropped" => flow.dropped,
            name if name == reset => flow.reset,
            _ => return None,
        };
        Some(value as f64)
    }

    fn endpoints_count(&self, state: &State, now: Moment, from: Moment, to: Moment) -> Vec<Point> {
        let Some(id) = self.dimensions.get("Service Id").filter(|id| self.asks_for(&[("Service Id", id)])) else {
            return Vec::new();
        };
        let own = |account: &str, region: &str| account == self.account && region == self.region;
        if !find::service(state, id).is_some_and(|service| own(&service.owner, &service.region)) {
            return Vec::new();
        }
        let connected: Vec<&Endpoint> = find::endpoints(state).filter(|endpoint| endpoint.leads_to(id)).collect();
        let count = |at: Moment| {
            let is_there = |endpoint: &&&Endpoint| {
                *endpoint.connection.at(at) == EndpointState::Available && endpoint.created <= at
            };
            connected.iter().filter(is_there).count()
        };
        // Data come only where there is something to count.
        steps(now, from, to, FIVE_MINUTES)
            .map(|at| (at, count(at)))
            .filter(|(_, count)| *count > 0)
            .map(float)
            .collect()
    }

    fn of_load_balancer(&self, state: &State, now: Moment, from: Moment, to: Moment) -> Vec<Point> {
        let Some(balancer) = self.dimensions.get("LoadBalancer") else { return Vec::new() };
        let Some(region) = state.region(self.account, self.region) else { return Vec::new() };
        let arn = format!("arn:aws:elasticloadbalancing:{}:{}:loadbalancer/{balancer}", self.region, self.account);
        let Some(found) = region.elbv2.load_balancers.get(&arn) else { return Vec::new() };
        let wanted = match self.name {
            "HealthyHostCount" => "healthy",
            "UnHealthyHostCount" => "unhealthy",
            _ => return self.flows_of_load_balancer(state, now, &arn, balancer),
        };
        let Some(group) = self.dimensions.get("TargetGroup") else { return Vec::new() };
        if !self.asks_for(&[("LoadBalancer", balancer), ("TargetGroup", group)]) {
            return Vec::new();
        }
        let group = format!("arn:aws:elasticloadbalancing:{}:{}:{group}", self.region, self.account);
        let is_there = |at: &Moment| found.created <= *at && found.state.at(*at).is_active();
        let count = |at: Moment| targets(region, &group, at).iter().filter(|view| view.health.state == wanted).count();
        steps(now, from, to, MINUTE).filter(is_there).map(|at| (at, count(at))).map(float).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a test are small")]
    fn flows_of_load_balancer(&self, state: &State, now: Moment, arn: &str, balancer: &str) -> Vec<Point> {
        let found = state.traffic.shown(now).filter_map(|flow| {
            let node = flow.node.as_ref().filter(|node| node.load_balancer == arn)?;
            let whole = ("LoadBalancer", balancer);
            let is_asked = self.asks_for(&[whole]) || self.asks_for(&[("AvailabilityZone", node.zone.as_str()), whole]);
            let value = match self.name {
                "ProcessedBytes" => flow.bytes,
                "NewFlowCount" | "ActiveFlowCount" => flow.connections,
                _ => return None,
            };
            is_asked.then_some((flow.minute, value as f64))
        });
        found.collect()
    }
}

/// The moments at which the state of things is counted, as far as it shows already.
fn steps(now: Moment, from: Moment, to: Moment, step: u64) -> impl Iterator<Item = Moment> {
    let first = from.0.div_ceil(step);
    let end = to.0.min(minute_of(now).0.saturating_sub(LAG));
    (first..).map(move |index| Moment(index.saturating_mul(step))).take_while(move |at| at.0 < end)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a test are small")]
fn float((at, count): (Moment, usize)) -> Point {
    (at, count as f64)
}
