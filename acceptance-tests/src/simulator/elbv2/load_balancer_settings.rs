//! SetSubnets, SetSecurityGroups, SetIpAddressType: what of a load balancer can change in place.

use crate::simulator::buckets::{ELB_MUTATING, ELB_RESOURCE_INTENSIVE};
use crate::simulator::durations::{LOAD_BALANCER_ADD_ZONE, LOAD_BALANCER_REMOVE_ZONE};
use crate::simulator::ec2::network_interface;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation};
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::capacity;
use super::endpoint_services;
use super::input::{self, configuration, need, validation};
use super::load_balancers::{find, zones_xml};
use super::placement::{self, Wanted};
use super::source_nat;
use super::state::{Listener, LoadBalancer, LoadBalancerKind, LoadBalancerZone};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("SetSubnets", ELB_RESOURCE_INTENSIVE, set_subnets),
    mutation("SetSecurityGroups", ELB_MUTATING, set_security_groups),
    mutation("SetIpAddressType", ELB_MUTATING, set_ip_address_type),
];

fn set_subnets(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "LoadBalancerArn")?.to_owned();
    let balancer = find(session, &arn)?.clone();
    only_network(&balancer)?;
    let wanted = placement::read(session, params)?;
    let asked = params.text("IpAddressType").map(ToOwned::to_owned);
    let prefix = source_nat::read(balancer.kind, params)?.unwrap_or(*balancer.source_nat_prefix.at(now));
    input::refuse_unread(session, params)?;
    if balancer.reservation.is_pending(now) {
        return Err(capacity::pending());
    }
    let ip_address_type = asked.unwrap_or_else(|| balancer.ip_address_type.at(now).clone());
    source_nat::check(prefix, &ip_address_type)?;
    check_family(session, &balancer, &ip_address_type, prefix)?;
    if !prefix {
        source_nat::check_is_unused(session, &balancer)?;
    }
    if let Some(foreign) = wanted.iter().find(|one| one.subnet.vpc_id != balancer.vpc_id) {
        return Err(ApiError::bad(
            "InvalidSubnet",
            format!("The subnet {} is not in the load balancer's VPC {}", foreign.subnet.id, balancer.vpc_id),
        ));
    }
    placement::check_family(&wanted, &ip_address_type)?;
    let current = balancer.zones.at(now);
    let in_steps = session.holds(Rule::SubnetsMoveInSteps);
    if in_steps {
        check_swaps(current, &wanted)?;
    }
    let stays = |zone: &LoadBalancerZone| wanted.iter().any(|one| one.subnet.id == zone.subnet_id);
    let leaving: Vec<&LoadBalancerZone> = current.iter().filter(|zone| !stays(zone)).collect();
    if in_steps && !leaving.is_empty() && endpoint_services::has_connections(session.state, &arn, now) {
        return Err(session.assumed(configuration(format!(
            "Subnets cannot be removed from the load balancer '{arn}' while it has an active VPC endpoint service association"
        ))));
    }
    let is_new = |one: &&Wanted| current.iter().all(|zone| zone.subnet_id != one.subnet.id);
    for new in wanted.iter().filter(is_new) {
        placement::check_free(session, new)?;
    }
    if in_steps {
        check_pins(current, &wanted)?;
    }
    let ready = session.later(LOAD_BALANCER_ADD_ZONE);
    let removed = session.later(LOAD_BALANCER_REMOVE_ZONE);
    let path = arn.split_once("loadbalancer/").map(|(_, path)| path.to_owned()).unwrap_or_default();
    let groups = balancer.security_groups.at(now).clone();
    let mut zones: Vec<LoadBalancerZone> = current.iter().filter(|zone| stays(zone)).cloned().collect();
    for new in wanted.iter().filter(is_new) {
        let seat = placement::Seat { path: &path, groups: &groups, dualstack: ip_address_type == "dualstack", ready };
        zones.push(placement::settle(session, new, balancer.kind, &seat)?);
    }
    zones.sort_by(|one, other| one.zone_name.cmp(&other.zone_name));
    let region = session.region();
    for zone in leaving {
        network_interface::release_at(region, &zone.network_interface_id, removed);
    }
    let answer = zones_xml(&zones).text("IpAddressType", &ip_address_type);
    if ip_address_type != *balancer.ip_address_type.at(now) {
        take_family(session, &zones, &ip_address_type);
    }
    let balancer = find(session, &arn)?;
    balancer.zones.set(now, zones);
    balancer.ip_address_type.set(now, ip_address_type);
    balancer.source_nat_prefix.set(now, prefix);
    Ok(answer.optional("EnablePrefixForIpv6SourceNat", source_nat::shown(balancer, now)))
}

/// Application load balancers are here as targets; their own places do not change.
fn only_network(balancer: &LoadBalancer) -> Result<(), ApiError> {
    match balancer.kind {
        LoadBalancerKind::Network => Ok(()),
        LoadBalancerKind::Application => {
            Err(ApiError::not_simulated("changes of subnets or address type of Application Load Balancers"))
        }
    }
}

/// Refuses another subnet in a zone the load balancer already has: that takes two calls.
fn check_swaps(current: &[LoadBalancerZone], wanted: &[Wanted]) -> Result<(), ApiError> {
    let swapped = wanted
        .iter()
        .find(|one| current.iter().any(|zone| zone.zone_id == one.subnet.zone.id && zone.subnet_id != one.subnet.id));
    match swapped {
        None => Ok(()),
        Some(one) => Err(configuration(format!(
            "The subnet '{}' cannot be added: its Availability Zone {} is already associated with the load balancer",
            one.subnet.id, one.subnet.zone.name
        ))),
    }
}

/// Refuses another fixed address in a subnet that stays: addresses of a network load balancer are fixed when its zone is added.
fn check_pins(current: &[LoadBalancerZone], wanted: &[Wanted]) -> Result<(), ApiError> {
    let moved = wanted.iter().find(|one| {
        let pinned = one.pinned.map(|address| address.to_string());
        let stays = current.iter().find(|zone| zone.subnet_id == one.subnet.id);
        stays.is_some_and(|zone| pinned.is_some() && pinned != zone.pinned_address)
    });
    match moved {
        None => Ok(()),
        Some(one) => Err(configuration(format!(
            "The private IPv4 address of the subnet '{}' cannot be changed: remove the Availability Zone and add it again",
            one.subnet.id
        ))),
    }
}

fn set_security_groups(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "LoadBalancerArn")?.to_owned();
    let groups = params.texts("SecurityGroups");
    let enforce = match params.text("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic") {
        None => None,
        Some("on") => Some(true),
        Some("off") => Some(false),
        Some(other) => return Err(validation(format!("'{other}' must be one of 'off, on'"))),
    };
    input::refuse_unread(session, params)?;
    let balancer = find(session, &arn)?.clone();
    if enforce.is_some() && balancer.kind == LoadBalancerKind::Application {
        return Err(configuration("Traffic of PrivateLink reaches no Application Load Balancer"));
    }
    let from_birth = session.holds(Rule::GroupsFromBirth);
    if from_birth && !balancer.born_with_security_groups {
        return Err(configuration(
            "You cannot set security groups on a Network Load Balancer which was created without any security groups.",
        ));
    }
    if from_birth && groups.is_empty() {
        return Err(validation("At least one security group must be specified"));
    }
    placement::check_security_groups(session, &groups, &balancer.vpc_id)?;
    let interfaces = &mut session.region().ec2.network_interfaces;
    for zone in balancer.zones.at(now) {
        if let Some(interface) = interfaces.get_mut(&zone.network_interface_id) {
            interface.groups.clone_from(&groups);
        }
    }
    let balancer = find(session, &arn)?;
    balancer.security_groups.set(now, groups.clone());
    if let Some(enforce) = enforce {
        balancer.enforce_on_private_link.set(now, enforce);
    }
    let enforces = *balancer.enforce_on_private_link.at(now);
    Ok(Xml::new()
        .text_members("SecurityGroupIds", groups)
        .text("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", if enforces { "on" } else { "off" }))
}

fn set_ip_address_type(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "LoadBalancerArn")?.to_owned();
    let kind = need(params, "IpAddressType")?.to_owned();
    let balancer = find(session, &arn)?.clone();
    only_network(&balancer)?;
    input::refuse_unread(session, params)?;
    check_family(session, &balancer, &kind, *balancer.source_nat_prefix.at(now))?;
    let lacks_blocks = {
        let subnets = &session.region().ec2.subnets;
        let subnet = |zone: &LoadBalancerZone| subnets.get(&zone.subnet_id);
        balancer.zones.at(now).iter().any(|zone| subnet(zone).is_none_or(|subnet| subnet.ipv6_cidr.is_none()))
    };
    if kind == "dualstack" && lacks_blocks {
        return Err(ApiError::bad("InvalidSubnet", "You must specify subnets with an associated IPv6 CIDR block."));
    }
    take_family(session, balancer.zones.at(now), &kind);
    let balancer = find(session, &arn)?;
    if kind == "ipv4" {
        // One family has no such prefixes; that they go by themselves is *assumed*.
        balancer.source_nat_prefix.set(now, false);
    }
    balancer.ip_address_type.set(now, kind.clone());
    Ok(Xml::new().text("IpAddressType", kind))
}

/// Refuses an IP address type that the load balancer cannot have, with or without prefixes for source NAT.
fn check_family(
    session: &mut Session<'_>,
    balancer: &LoadBalancer,
    kind: &str,
    has_prefixes: bool,
) -> Result<(), ApiError> {
    let (now, arn) = (session.now, &balancer.arn);
    if !matches!(kind, "ipv4" | "dualstack") {
        return Err(validation(format!("IP address type '{kind}' must be one of 'dualstack, ipv4'")));
    }
    if kind == "ipv4" && endpoint_services::want_both_families(session.state, arn, now) {
        return Err(configuration(format!(
            "The IP address type of '{arn}' cannot be 'ipv4' while its VPC endpoint service supports ipv6"
        )));
    }
    let with_udp = has_prefixes || session.readings().udp_on_dualstack;
    let is_udp = |listener: &Listener| listener.settings.at(now).protocol.contains("UDP");
    if kind == "dualstack" && !with_udp && session.region().elbv2.listeners_of(arn, now).any(is_udp) {
        return Err(configuration("IP address type 'dualstack' is not supported with UDP or TCP_UDP listeners"));
    }
    Ok(())
}

/// Gives the interfaces of zones their addresses of IPv6, or takes them away.
fn take_family(session: &mut Session<'_>, zones: &[LoadBalancerZone], kind: &str) {
    let ec2 = &mut session.region().ec2;
    for zone in zones.iter().filter(|zone| zone.pinned_ipv6.is_none() || kind == "ipv4") {
        let subnet = ec2.subnets.get(&zone.subnet_id).cloned();
        if let (Some(interface), Some(subnet)) = (ec2.network_interfaces.get_mut(&zone.network_interface_id), subnet) {
            let address = subnet.ipv6_of(interface.private_ip).filter(|_| kind == "dualstack");
            interface.ipv6 = address.into_iter().collect();
        }
    }
}
