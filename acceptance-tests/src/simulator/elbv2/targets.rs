//! RegisterTargets, DeregisterTargets, DescribeTargetHealth. What health is, is in `health.rs`.

use std::net::IpAddr;

use crate::simulator::buckets::{ELB_READING, ELB_REGISTRATION};
use crate::simulator::durations::TARGET_HEALTHY;
use crate::simulator::ec2::state::vpc::Vpc;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::timed::Timed;
use crate::simulator::xml::Xml;

use super::application;
use super::health::{self, Health};
use super::input::{self, need, validation};
use super::lookup::surroundings;
use super::state::{Target, TargetGroup, TargetKey};
use super::target_groups::find;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("RegisterTargets", ELB_REGISTRATION, register),
    mutation("DeregisterTargets", ELB_REGISTRATION, deregister),
    reading("DescribeTargetHealth", ELB_READING, describe_health),
];

/// Targets of one target group.
const LIMIT: usize = 1000;

#[derive(Debug)]
struct Asked {
    key: TargetKey,
    zone: Option<String>,
}

fn read(params: &Params, group: &TargetGroup) -> Result<Vec<Asked>, ApiError> {
    let read = |target: &&Params| {
        let id = need(target, "Id")?.to_owned();
        let port = input::port(target, "Port")?.unwrap_or(group.port);
        Ok(Asked { key: (id, port), zone: target.text("AvailabilityZone").map(ToOwned::to_owned) })
    };
    params.structures("Targets").iter().map(read).collect()
}

fn invalid_target(message: String) -> ApiError {
    ApiError::bad("InvalidTarget", message)
}

fn register(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let group = find(session, need(params, "TargetGroupArn")?)?.clone();
    let asked = read(params, &group)?;
    input::refuse_unread(session, params)?;
    if asked.is_empty() {
        return Err(validation("At least one target must be specified"));
    }
    for target in &asked {
        match group.target_type.as_str() {
            "instance" => check_instance(session, &group, target)?,
            "alb" => check_load_balancer(session, &group, target, asked.len())?,
            _ => check_address(session, &group, target)?,
        }
    }
    let mut targets = group.targets.clone();
    for Asked { key, zone } in asked {
        let settling = session.draw(TARGET_HEALTHY);
        let staying = targets.get(&key).is_some_and(|target| target.deregistered.is_none());
        if !staying {
            targets
                .insert(key, Target { zone, registered: now, settling, deregistered: None, forced: Timed::new(None) });
        }
    }
    if targets.values().filter(|target| target.deregistered.is_none()).count() > LIMIT {
        return Err(ApiError::bad(
            "TooManyTargets",
            format!("The maximum number of targets of a target group is {LIMIT}"),
        ));
    }
    find(session, &group.arn)?.targets = targets;
    Ok(Xml::new())
}

fn check_instance(session: &mut Session<'_>, group: &TargetGroup, target: &Asked) -> Result<(), ApiError> {
    let now = session.now;
    let id = &target.key.0;
    if target.zone.is_some() {
        return Err(validation("You cannot specify an Availability Zone for a target of type 'instance'"));
    }
    let instance = session.region().ec2.instances.get(id).filter(|instance| instance.listed(now));
    match instance {
        None => Err(invalid_target(format!("The following targets are not valid instances: '{id}'"))),
        Some(instance) if instance.vpc_id != group.vpc_id => Err(invalid_target(format!(
            "The following targets are not in the target group VPC '{}': '{id}'",
            group.vpc_id
        ))),
        Some(instance) if !instance.running(now) => Err(invalid_target(format!(
            "The following targets are not in a running state and cannot be registered: '{id}'"
        ))),
        Some(_) => Ok(()),
    }
}

fn check_load_balancer(
    session: &mut Session<'_>,
    group: &TargetGroup,
    target: &Asked,
    asked: usize,
) -> Result<(), ApiError> {
    if target.zone.is_some() {
        return Err(validation("You cannot specify an Availability Zone for a target of type 'alb'"));
    }
    if asked > 1 {
        return Err(ApiError::bad("TooManyTargets", "A target group of type 'alb' has one target"));
    }
    application::check_target(session, group, &target.key)
}

fn check_address(session: &mut Session<'_>, group: &TargetGroup, target: &Asked) -> Result<(), ApiError> {
    let id = &target.key.0;
    let address: IpAddr =
        id.parse().map_err(|_| invalid_target(format!("The IP address '{id}' is not a valid IP address")))?;
    if address.is_ipv6() != (group.ip_address_type == "ipv6") {
        return Err(invalid_target(format!(
            "The IP address '{id}' is not of the target group's type {}",
            group.ip_address_type
        )));
    }
    let region = session.region();
    let inside = region.ec2.vpcs.get(&group.vpc_id).is_some_and(|vpc| holds(vpc, address));
    match target.zone.as_deref() {
        Some("all") if inside => Err(validation(format!(
            "The Availability Zone 'all' cannot be used for '{id}', which is in the VPC of the target group"
        ))),
        Some("all") if !is_private(address) => Err(invalid_target(format!(
            "The IP address '{id}' is not from a private range: only those can lie outside the VPC"
        ))),
        None if !inside => Err(validation(format!(
            "You must specify the Availability Zone 'all' for '{id}', which is outside the VPC of the target group"
        ))),
        Some(zone) if zone != "all" => {
            let in_zone = region.ec2.subnets.values().any(|subnet| {
                let block = matches!(address, IpAddr::V4(address) if subnet.cidr.contains(&address));
                subnet.vpc_id == group.vpc_id && subnet.zone.name == zone && block
            });
            let refuse =
                || invalid_target(format!("The IP address '{id}' is in no subnet of the Availability Zone {zone}"));
            if in_zone { Ok(()) } else { Err(refuse()) }
        }
        _ => Ok(()),
    }
}

fn holds(vpc: &Vpc, address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => vpc.cidrs.iter().any(|block| block.contains(&address)),
        IpAddr::V6(address) => vpc.ipv6_cidr.is_some_and(|block| block.contains(&address)),
    }
}

/// Tells whether an address is of RFC 1918 or RFC 6598.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || (address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64),
        IpAddr::V6(_) => false,
    }
}

fn deregister(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let group = find(session, need(params, "TargetGroupArn")?)?.clone();
    let asked = read(params, &group)?;
    input::refuse_unread(session, params)?;
    if asked.is_empty() {
        return Err(validation("At least one target must be specified"));
    }
    for Asked { key: (id, _), .. } in &asked {
        let formed = match group.target_type.as_str() {
            "instance" => id.starts_with("i-"),
            "alb" => id.contains(":loadbalancer/app/"),
            _ => id.parse::<IpAddr>().is_ok(),
        };
        if !formed {
            return Err(invalid_target(format!(
                "The target ID '{id}' is not valid for the target type {}",
                group.target_type
            )));
        }
    }
    let in_use = session.region().elbv2.in_use_since(&group.arn, now).is_some();
    let targets = &mut find(session, &group.arn)?.targets;
    for Asked { key, .. } in asked {
        if in_use {
            // Unknown targets are no error: facts 15.
            if let Some(target) = targets.get_mut(&key) {
                target.deregistered.get_or_insert(now);
            }
        } else {
            targets.remove(&key);
        }
    }
    Ok(Xml::new())
}

fn describe_health(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let group = find(session, need(params, "TargetGroupArn")?)?.clone();
    let asked = read(params, &group)?;
    let takes_time = session.holds(Rule::HealthTakesTime);
    let region = session.region();
    let health_of = |key: &TargetKey| {
        let target = group.targets.get(key)?;
        let around = surroundings(region, &group, key, target, now);
        let health = if takes_time { health::of_target(&group, target, &around, now)? } else { Health::healthy() };
        Some((target.zone.clone(), health))
    };
    let mut found: Vec<(TargetKey, Option<String>, Health)> = Vec::new();
    if asked.is_empty() {
        found.extend(
            group.targets.keys().filter_map(|key| health_of(key).map(|(zone, health)| (key.clone(), zone, health))),
        );
    } else {
        for Asked { key, zone } in asked {
            let (zone, health) = health_of(&key).unwrap_or((zone, Health::not_registered()));
            found.push((key, zone, health));
        }
    }
    let check_port = &group.health_check.at(now).port;
    let items = found.into_iter().map(|((id, port), zone, health)| {
        let port_checked = if check_port == "traffic-port" { port.to_string() } else { check_port.clone() };
        Xml::new()
            .element("Target", Xml::new().text("Id", id).text("Port", port).optional("AvailabilityZone", zone))
            .text("HealthCheckPort", port_checked)
            .element(
                "TargetHealth",
                Xml::new()
                    .text("State", health.state)
                    .optional("Reason", health.reason)
                    .optional("Description", health.description),
            )
    });
    Ok(Xml::new().members("TargetHealthDescriptions", items))
}
