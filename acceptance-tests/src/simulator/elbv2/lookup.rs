//! What others ask of load balancing: the load balancer behind an ARN or name, and what stands behind it.
//!
//! Read-only, and always as it is: lag and replicas concern calls, not packets or AWS's own services.

use crate::simulator::clock::Moment;
use crate::simulator::state::{Region, State};

use super::health::{self, Behind, Health, Surroundings};
use super::state::{DefaultAction, Listener, LoadBalancer, Target, TargetGroup, TargetKey};

/// Describes one target of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetView {
    /// Instance id or address.
    pub id: String,
    /// Port it takes traffic on.
    pub port: u16,
    /// Id of its zone; `None` for an address outside the VPC, which every zone reaches.
    pub zone_id: Option<String>,
    /// Its health.
    pub health: Health,
}

/// Finds the load balancer that DNS knows under a name, whoever owns it.
pub fn load_balancer_named<'a>(state: &'a State, dns_name: &str, at: Moment) -> Option<&'a LoadBalancer> {
    state
        .regions()
        .flat_map(|(_, _, region)| region.elbv2.load_balancers.values())
        .find(|balancer| balancer.dns_name.eq_ignore_ascii_case(dns_name) && balancer.lives_at(at))
}

/// Finds an account's load balancer in a Region; none that was asked to go. Its state, zones (each with the moment it is
/// ready), security groups, whether it enforces them, and its attributes are schedules: read them `at` a moment.
pub fn load_balancer<'a>(
    state: &'a State,
    account: &str,
    region: &str,
    arn: &str,
    at: Moment,
) -> Option<&'a LoadBalancer> {
    state.region(account, region)?.elbv2.load_balancers.get(arn).filter(|balancer| balancer.lives_at(at))
}

/// Lists the ids of the zones in which a load balancer carries traffic at a moment.
pub fn ready_zone_ids(balancer: &LoadBalancer, at: Moment) -> Vec<String> {
    balancer.zones.at(at).iter().filter(|zone| zone.ready <= at).map(|zone| zone.zone_id.clone()).collect()
}

/// Finds the listener of a load balancer on a port.
pub fn listener_on<'a>(region: &'a Region, load_balancer: &str, port: u16, at: Moment) -> Option<&'a Listener> {
    region.elbv2.listeners_of(load_balancer, at).find(|listener| listener.settings.at(at).port == port)
}

/// Tells whether a load balancer's nodes send traffic of a target group to other zones.
pub fn is_cross_zone(balancer: &LoadBalancer, group: &TargetGroup, at: Moment) -> bool {
    match group.attributes.at(at).get("load_balancing.cross_zone.enabled").map(String::as_str) {
        Some("true") => true,
        Some("false") => false,
        _ => balancer.flag("load_balancing.cross_zone.enabled", at),
    }
}

/// Lists a target group's targets with zone and health at a moment.
pub fn targets(region: &Region, target_group: &str, at: Moment) -> Vec<TargetView> {
    let Some(group) = region.elbv2.target_groups.get(target_group).filter(|group| group.exists_at(at)) else {
        return Vec::new();
    };
    group
        .targets
        .iter()
        .filter_map(|(key, target)| {
            let around = surroundings(region, group, key, target, at);
            let health = health::of_target(group, target, &around, at)?;
            let zone_id = zone_of(region, group, key, target).map(|(_, id)| id);
            Some(TargetView { id: key.0.clone(), port: key.1, zone_id, health })
        })
        .collect()
}

/// Collects what decides about a target's health.
pub fn surroundings(
    region: &Region,
    group: &TargetGroup,
    key: &TargetKey,
    target: &Target,
    at: Moment,
) -> Surroundings {
    let elb = &region.elbv2;
    let balancer = elb.load_balancers_of(&group.arn, at).into_iter().find_map(|arn| elb.load_balancers.get(&arn));
    let listened = elb.in_use_since(&group.arn, at);
    let active = balancer.filter(|balancer| balancer.state.at(at).is_active());
    let active_since = active.map(|balancer| balancer.state.changed_at(at).unwrap_or(balancer.created));
    let zone = zone_of(region, group, key, target);
    let zone_enabled = match (balancer, zone) {
        (Some(balancer), Some((name, _))) => balancer.zones.at(at).iter().any(|enabled| enabled.zone_name == name),
        _ => true,
    };
    Surroundings {
        in_use_since: listened.map(|since| since.max(active_since.unwrap_or(since))),
        provisioning: balancer.is_some() && active.is_none(),
        zone_enabled,
        behind: behind(region, group, key, at),
    }
}

fn behind(region: &Region, group: &TargetGroup, (id, port): &TargetKey, at: Moment) -> Behind {
    match group.target_type.as_str() {
        "instance" => {}
        "alb" => {
            let check = group.health_check.at(at);
            let port = check.port.parse().unwrap_or(*port);
            let balancer = region.elbv2.load_balancers.get(id);
            let answer = balancer.and_then(|balancer| answer(region, balancer, port, at));
            return Behind::LoadBalancer(answer.is_some_and(|status| check.accepts(&status)));
        }
        _ => return Behind::Address,
    }
    match region.ec2.instances.get(id) {
        Some(instance) if instance.running(at) => Behind::Running(instance.state.changed_at(at).unwrap_or_default()),
        Some(instance) => Behind::NotRunning((*instance.state.at(at)).to_owned()),
        None => Behind::NotRunning("terminated".to_owned()),
    }
}

/// Says how an application load balancer answers a health check on a port: with this status, or not at all.
fn answer(region: &Region, balancer: &LoadBalancer, port: u16, at: Moment) -> Option<String> {
    if !balancer.lives_at(at) || !balancer.state.at(at).is_active() {
        return None;
    }
    let listener: &Listener = listener_on(region, &balancer.arn, port, at)?;
    let settings = listener.settings.at(at);
    Some(match &settings.action {
        DefaultAction::FixedResponse { status, .. } => status.clone(),
        DefaultAction::Forward(_) | DefaultAction::Weighted(_) => {
            let is_healthy =
                |group: &&str| targets(region, group, at).iter().any(|view| view.health.state == "healthy");
            let healthy = settings.served_groups().iter().any(is_healthy);
            // Without a healthy target it answers by itself that the service is not there.
            if healthy { "200" } else { "503" }.to_owned()
        }
    })
}

/// Finds the zone a target is in, as name and id; `None` for an address outside the VPC's subnets.
pub fn zone_of(region: &Region, group: &TargetGroup, (id, _): &TargetKey, target: &Target) -> Option<(String, String)> {
    let subnets = &region.ec2.subnets;
    let subnet = if group.target_type == "alb" {
        // It has several; `reach` looks at each.
        None
    } else if group.target_type == "instance" {
        subnets.get(&region.ec2.instances.get(id)?.subnet_id)
    } else if target.zone.as_deref() == Some("all") {
        None
    } else {
        let address = id.parse::<std::net::IpAddr>().ok()?;
        subnets.values().filter(|subnet| subnet.vpc_id == group.vpc_id).find(|subnet| match address {
            std::net::IpAddr::V4(address) => subnet.cidr.contains(&address),
            std::net::IpAddr::V6(address) => subnet.ipv6_cidr.is_some_and(|block| block.contains(&address)),
        })
    };
    subnet.map(|subnet| (subnet.zone.name.clone(), subnet.zone.id.clone()))
}
