//! Where a load balancer stands: subnets checked against its VPC and zones, interfaces taken in them.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::simulator::clock::Moment;
use crate::simulator::ec2::network_interface::{self, NewInterface};
use crate::simulator::ec2::state::network_interface::InterfaceKind;
use crate::simulator::ec2::state::subnet::Subnet;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::session::Session;

use super::input::{configuration, need, validation};
use super::state::{LoadBalancerKind, LoadBalancerZone};

/// Free addresses a load balancer wants in a subnet (facts 12), unless its address there is pinned.
const FREE_ADDRESSES: usize = 8;

/// Holds a subnet a caller wants, with the address pinned in it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The subnet as it is.
    pub subnet: Subnet,
    /// Its pinned address.
    pub pinned: Option<Ipv4Addr>,
    /// Its pinned IPv6 address.
    pub pinned_ipv6: Option<Ipv6Addr>,
}

/// Reads `Subnets` or `SubnetMappings` and checks that the subnets exist, share a VPC and have a zone each.
pub fn read(session: &mut Session<'_>, params: &Params) -> Result<Vec<Wanted>, ApiError> {
    let plain = params.texts("Subnets").into_iter().map(|id| (id, None, None));
    let mappings = params.structures("SubnetMappings");
    if params.has("Subnets") && !mappings.is_empty() {
        return Err(validation("You can specify either subnets or subnet mappings, not both"));
    }
    let mut asked: Vec<(String, Option<Ipv4Addr>, Option<Ipv6Addr>)> = plain.collect();
    for mapping in mappings {
        if mapping.has("AllocationId") {
            return Err(configuration(
                "Elastic IP addresses are not supported for load balancers with scheme 'internal'",
            ));
        }
        let pinned = mapping
            .text("PrivateIPv4Address")
            .map(|text| text.parse().map_err(|_| validation(format!("'{text}' is not a valid private IPv4 address"))));
        let pinned_ipv6 = mapping
            .text("IPv6Address")
            .map(|text| text.parse().map_err(|_| validation(format!("'{text}' is not a valid IPv6 address"))));
        asked.push((need(mapping, "SubnetId")?.to_owned(), pinned.transpose()?, pinned_ipv6.transpose()?));
    }
    if asked.is_empty() {
        return Err(validation("At least one subnet must be specified"));
    }
    let mut wanted = Vec::new();
    for (id, pinned, pinned_ipv6) in asked {
        let subnet = session.region().ec2.subnets.get(&id).cloned();
        let subnet =
            subnet.ok_or_else(|| ApiError::bad("SubnetNotFound", format!("The subnet ID '{id}' does not exist")))?;
        wanted.push(Wanted { subnet, pinned, pinned_ipv6 });
    }
    check_together(&wanted)?;
    Ok(wanted)
}

fn check_together(wanted: &[Wanted]) -> Result<(), ApiError> {
    let vpcs: BTreeSet<&String> = wanted.iter().map(|one| &one.subnet.vpc_id).collect();
    if vpcs.len() > 1 {
        return Err(configuration("All subnets of a load balancer must belong to the same VPC"));
    }
    let zones: BTreeSet<&String> = wanted.iter().map(|one| &one.subnet.zone.id).collect();
    if zones.len() < wanted.len() {
        return Err(configuration(
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        ));
    }
    Ok(())
}

/// Checks that a subnet has the addresses a load balancer wants.
pub fn check_free(session: &mut Session<'_>, wanted: &Wanted) -> Result<(), ApiError> {
    let now = session.now;
    if let Some(address) = wanted.pinned_ipv6 {
        let mut others = session.region().ec2.network_interfaces.values().filter(|interface| interface.alive(now));
        if !wanted.subnet.ipv6_cidr.is_some_and(|block| block.contains(&address)) {
            let words = format!("The IPv6 address {address} is not available in the subnet {}", wanted.subnet.id);
            return Err(configuration(words));
        }
        if others.any(|interface| interface.ipv6.contains(&address)) {
            return Err(configuration(format!("The IPv6 address {address} is already in use")));
        }
    }
    let used = session.region().ec2.used_addresses(&wanted.subnet.id, now);
    let free = |address: &Ipv4Addr| wanted.subnet.usable(*address) && !used.contains(address);
    let lacks_addresses = wanted.subnet.addresses_from(0).filter(free).take(FREE_ADDRESSES).count() < FREE_ADDRESSES;
    match wanted.pinned {
        Some(address) if !wanted.subnet.usable(address) => Err(configuration(format!(
            "The private IPv4 address {address} is not available in the subnet {}",
            wanted.subnet.id
        ))),
        Some(address) if used.contains(&address) => {
            Err(configuration(format!("The private IPv4 address {address} is already in use")))
        }
        None if lacks_addresses => Err(ApiError::bad(
            "InvalidSubnet",
            format!(
                "Not enough IP space available in {}. ELB requires at least {FREE_ADDRESSES} free IP addresses in each subnet.",
                wanted.subnet.id
            ),
        )),
        _ => Ok(()),
    }
}

/// Checks that subnets have IPv6 blocks when the load balancer needs them, and addresses only then.
pub fn check_family(wanted: &[Wanted], ip_address_type: &str) -> Result<(), ApiError> {
    if let Some(one) = wanted.iter().find(|one| one.pinned_ipv6.is_some() && ip_address_type != "dualstack") {
        return Err(configuration(format!(
            "An IPv6 address in the subnet {} needs a load balancer with the IP address type 'dualstack'",
            one.subnet.id
        )));
    }
    match wanted.iter().find(|one| one.subnet.ipv6_cidr.is_none()) {
        Some(lacking) if ip_address_type == "dualstack" => Err(configuration(format!(
            "You must specify subnets with an associated IPv6 CIDR block: {} has none",
            lacking.subnet.id
        ))),
        _ => Ok(()),
    }
}

/// Says how a load balancer sits in its subnets.
#[derive(Debug)]
pub struct Seat<'a> {
    /// Its path in ARNs.
    pub path: &'a str,
    /// Its security groups.
    pub groups: &'a [String],
    /// Whether it has addresses of both families.
    pub dualstack: bool,
    /// From when on it carries traffic there.
    pub ready: Moment,
}

/// Takes an interface in a subnet.
pub fn settle(
    session: &mut Session<'_>,
    wanted: &Wanted,
    kind: LoadBalancerKind,
    seat: &Seat<'_>,
) -> Result<LoadBalancerZone, ApiError> {
    let appears = session.now;
    let interface = NewInterface {
        kind: match kind {
            LoadBalancerKind::Network => InterfaceKind::NetworkLoadBalancer,
            LoadBalancerKind::Application => InterfaceKind::ApplicationLoadBalancer,
        },
        subnet_id: wanted.subnet.id.clone(),
        groups: seat.groups.to_vec(),
        description: format!("ELB {}", seat.path),
        requester_id: "amazon-elb".to_owned(),
        private_ip: wanted.pinned,
        ipv6: seat.dualstack,
        appears,
    };
    let network_interface_id = network_interface::allocate(session, interface)?;
    let made = session.region().ec2.network_interfaces.get_mut(&network_interface_id);
    if let (Some(made), Some(pinned)) = (made, wanted.pinned_ipv6) {
        made.ipv6 = vec![pinned];
    }
    Ok(LoadBalancerZone {
        zone_name: wanted.subnet.zone.name.clone(),
        zone_id: wanted.subnet.zone.id.clone(),
        subnet_id: wanted.subnet.id.clone(),
        pinned_address: wanted.pinned.map(|address| address.to_string()),
        pinned_ipv6: wanted.pinned_ipv6.map(|address| address.to_string()),
        network_interface_id,
        ready: seat.ready,
    })
}

/// Checks that security groups exist in a VPC.
pub fn check_security_groups(session: &mut Session<'_>, groups: &[String], vpc_id: &str) -> Result<(), ApiError> {
    let limit = session.readings().security_groups_per_interface;
    let now = session.now;
    let known = &session.region().ec2.security_groups;
    let valid = |id: &String| known.get(id).is_some_and(|group| group.serves(vpc_id, now));
    if let Some(odd) = groups.iter().find(|id| !valid(id)) {
        return Err(ApiError::bad("InvalidSecurityGroup", format!("One or more security groups are invalid: {odd}")));
    }
    let distinct: BTreeSet<&String> = groups.iter().collect();
    if distinct.len() < groups.len() || groups.len() > limit {
        return Err(configuration(format!("Security groups must be distinct and at most {limit}")));
    }
    Ok(())
}
