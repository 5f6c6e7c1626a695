//! An endpoint's places in subnets: which are legal, and the interfaces and addresses in them (rules 24 to 27).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::simulator::clock::Moment;
use crate::simulator::ec2::network_interface::{InterfaceKind, NewInterface, allocate};
use crate::simulator::ec2::subnet::{self, Subnet};
use crate::simulator::ec2::zones;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::session::Session;

use super::answer::is_id;
use super::endpoint::{IpAddressType, Placement};
use super::endpoint_admission::{Found, check_zone};

/// A place asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The subnet.
    pub subnet_id: String,
    /// A pinned IPv4 address.
    pub ipv4: Option<Ipv4Addr>,
}

/// What the places belong to.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The service.
    pub found: &'a Found,
    /// The VPC.
    pub vpc_id: &'a str,
    /// Address families of the endpoint.
    pub ip_address_type: IpAddressType,
    /// Places that the endpoint has and keeps.
    pub kept: &'a [Placement],
}

/// Reads a list of subnets and the pinned addresses of `SubnetConfiguration` for them; the rest of the configurations comes second.
pub fn read(params: &Params, list: &str) -> Result<(Vec<Wanted>, Vec<Wanted>), ApiError> {
    let mut wanted: Vec<Wanted> =
        params.texts(list).into_iter().map(|subnet_id| Wanted { subnet_id, ipv4: None }).collect();
    let mut others = Vec::new();
    for configuration in params.structures("SubnetConfiguration") {
        let subnet_id = configuration.need("SubnetId")?;
        if configuration.has("Ipv6") {
            let _address: Ipv6Addr = address(configuration, "Ipv6")?.unwrap_or(Ipv6Addr::UNSPECIFIED);
            return Err(ApiError::not_simulated("pinned IPv6 addresses of endpoints"));
        }
        let ipv4 = address(configuration, "Ipv4")?;
        match wanted.iter_mut().find(|wanted| wanted.subnet_id == subnet_id) {
            Some(wanted) => wanted.ipv4 = ipv4,
            None => others.push(Wanted { subnet_id: subnet_id.to_owned(), ipv4 }),
        }
    }
    Ok((wanted, others))
}

fn address<T: std::str::FromStr>(params: &Params, name: &str) -> Result<Option<T>, ApiError> {
    params.text(name).map(|text| text.parse().map_err(|_| ApiError::invalid_value(name, text))).transpose()
}

/// Checks that an endpoint may have these places besides those it keeps.
pub fn check(session: &mut Session<'_>, wanted: &[Wanted], around: Around<'_>) -> Result<(), ApiError> {
    let mut taken: Vec<String> = around.kept.iter().map(|placement| placement.zone_id.clone()).collect();
    let (account, region) = (session.caller.account.clone(), session.caller.region.clone());
    let all: Vec<String> =
        zones::zones(session.state.seed, &account, &region).into_iter().map(|zone| zone.id).collect();
    for place in wanted {
        let subnet = find(session, &place.subnet_id)?;
        if subnet.vpc_id != around.vpc_id {
            return Err(ApiError::invalid(format!(
                "The subnet {} does not belong to the VPC {}.",
                subnet.id, around.vpc_id
            )));
        }
        check_zone(around.found, &region, &subnet.zone.id, &subnet.id, &all)?;
        if taken.contains(&subnet.zone.id) {
            return Err(ApiError::bad(
                "DuplicateSubnetsInSameZone",
                format!(
                    "Found another VPC endpoint subnet in the availability zone of {}. VPC endpoint subnets should be in \
                     different availability zones supported by the VPC endpoint service.",
                    subnet.id
                ),
            ));
        }
        taken.push(subnet.zone.id.clone());
        check_family(&subnet, around.ip_address_type)?;
    }
    Ok(())
}

/// Checks that a subnet has the address families of an endpoint.
pub fn check_family(subnet: &Subnet, ip_address_type: IpAddressType) -> Result<(), ApiError> {
    if ip_address_type.has_ipv6() && subnet.ipv6_cidr.is_none() {
        return Err(ApiError::invalid(format!(
            "The IP address type {} is not supported by the subnet {}.",
            ip_address_type.name(),
            subnet.id
        )));
    }
    Ok(())
}

/// Finds a subnet of the caller.
pub fn find(session: &mut Session<'_>, id: &str) -> Result<Subnet, ApiError> {
    if !is_id(id, "subnet-") {
        return Err(ApiError::bad("InvalidSubnetId.Malformed", format!("Invalid id: \"{id}\"")));
    }
    let visible = session.visible(id);
    session.region().ec2.subnets.get(id).filter(|_| visible).cloned().ok_or_else(|| subnet::not_found(id))
}

/// Makes the interfaces of an endpoint's new places: all of them, or none and the reason.
pub fn place(
    session: &mut Session<'_>,
    endpoint_id: &str,
    wanted: &[Wanted],
    groups: &[String],
    ip_address_type: IpAddressType,
    shown_at: Moment,
) -> Result<Vec<Placement>, ApiError> {
    let mut made: Vec<Placement> = Vec::new();
    for place in wanted {
        match place_one(session, endpoint_id, place, groups, ip_address_type, shown_at) {
            Ok(placement) => made.push(placement),
            Err(error) => {
                for placement in made {
                    session.region().ec2.network_interfaces.remove(&placement.interface_id);
                }
                return Err(error);
            }
        }
    }
    Ok(made)
}

fn place_one(
    session: &mut Session<'_>,
    endpoint_id: &str,
    place: &Wanted,
    groups: &[String],
    ip_address_type: IpAddressType,
    shown_at: Moment,
) -> Result<Placement, ApiError> {
    let subnet = find(session, &place.subnet_id)?;
    let interface = NewInterface {
        kind: InterfaceKind::VpcEndpoint,
        subnet_id: subnet.id.clone(),
        groups: groups.to_vec(),
        description: format!("VPC Endpoint Interface {endpoint_id}"),
        requester_id: session.caller.account.clone(),
        private_ip: place.ipv4,
        ipv6: ip_address_type.has_ipv6(),
        appears: shown_at,
    };
    let interface_id = allocate(session, interface)?;
    let made = session.region().ec2.network_interfaces.get(&interface_id);
    Ok(Placement {
        ipv4: made.map(|made| made.private_ip).filter(|_| ip_address_type.has_ipv4()),
        ipv6: made.and_then(|made| made.ipv6.first().copied()),
        subnet_id: subnet.id,
        zone_id: subnet.zone.id,
        zone_name: subnet.zone.name,
        interface_id,
        shown_at,
    })
}

/// Checks the security groups of an endpoint.
pub fn check_groups(session: &mut Session<'_>, vpc_id: &str, ids: &[String]) -> Result<(), ApiError> {
    let limit = session.readings().security_groups_per_interface;
    if ids.len() > limit {
        return Err(ApiError::bad(
            "SecurityGroupsPerInterfaceLimitExceeded",
            format!("The maximum number of security groups per interface ({limit}) is exceeded."),
        ));
    }
    for (index, id) in ids.iter().enumerate() {
        if !is_id(id, "sg-") {
            return Err(ApiError::bad("InvalidGroupId.Malformed", format!("Invalid id: \"{id}\"")));
        }
        if ids.iter().take(index).any(|earlier| earlier == id) {
            return Err(ApiError::invalid(format!("The security group {id} is given twice.")));
        }
        let visible = session.visible(id);
        match session.region().ec2.security_groups.get(id).filter(|_| visible) {
            Some(group) if group.vpc_id == vpc_id => {}
            Some(_) => {
                return Err(ApiError::invalid(format!(
                    "Security group {id} and VPC {vpc_id} belong to different networks."
                )));
            }
            None => {
                return Err(ApiError::bad(
                    "InvalidGroup.NotFound",
                    format!("The security group '{id}' does not exist"),
                ));
            }
        }
    }
    Ok(())
}
