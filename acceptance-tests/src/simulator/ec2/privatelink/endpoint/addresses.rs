//! An endpoint's places in subnets: which are legal, and the interfaces and addresses in them (rules 24 to 27).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::simulator::clock::Moment;
use crate::simulator::ec2::lookup::subnet_not_found;
use crate::simulator::ec2::network_interface::{NewInterface, allocate};
use crate::simulator::ec2::privatelink::answer::is_id;
use crate::simulator::ec2::state::network_interface::InterfaceKind;
use crate::simulator::ec2::state::subnet::Subnet;
use crate::simulator::ec2::zones;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;

use super::admission::{Found, check_zone};
use super::{IpAddressType, Placement};

/// A place asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The subnet.
    pub subnet_id: String,
    /// A pinned IPv4 address.
    pub ipv4: Option<Ipv4Addr>,
    /// A pinned IPv6 address.
    pub ipv6: Option<Ipv6Addr>,
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
        params.texts(list).into_iter().map(|subnet_id| Wanted { subnet_id, ipv4: None, ipv6: None }).collect();
    let mut others = Vec::new();
    for configuration in params.structures("SubnetConfiguration") {
        let subnet_id = configuration.need("SubnetId")?;
        let (ipv4, ipv6) = (address(configuration, "Ipv4")?, address(configuration, "Ipv6")?);
        match wanted.iter_mut().find(|wanted| wanted.subnet_id == subnet_id) {
            Some(wanted) => (wanted.ipv4, wanted.ipv6) = (ipv4, ipv6),
            None => others.push(Wanted { subnet_id: subnet_id.to_owned(), ipv4, ipv6 }),
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
        if subnet.vpc_id != around.vpc_id && session.holds(Rule::PlacesAreOfTheVpc) {
            return Err(ApiError::invalid(format!(
                "The subnet {} does not belong to the VPC {}.",
                subnet.id, around.vpc_id
            )));
        }
        let by_id = session.holds(Rule::ZonesGoById);
        if by_id {
            check_zone(around.found, &region, &subnet.zone.id, &subnet.id, &all)?;
        }
        if taken.contains(&subnet.zone.id) && session.holds(Rule::OneSubnetPerZone) {
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
        if session.holds(Rule::FamiliesFit) {
            check_family(&subnet, around.ip_address_type)?;
        }
        let has = around.ip_address_type;
        if (place.ipv4.is_some() && !has.has_ipv4()) || (place.ipv6.is_some() && !has.has_ipv6()) {
            return Err(ApiError::invalid(format!(
                "The address given for {} does not fit the IP address type {}.",
                subnet.id,
                has.name()
            )));
        }
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
    session.region().ec2.subnets.get(id).filter(|_| visible).cloned().ok_or_else(|| subnet_not_found(id))
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
    let pinned = place.ipv6.map(|pinned| check_ipv6(session, &subnet, pinned)).transpose()?;
    let interface_id = allocate(session, interface)?;
    if let (Some(pinned), Some(made)) = (pinned, session.region().ec2.network_interfaces.get_mut(&interface_id)) {
        made.ipv6 = vec![pinned];
    }
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

/// A pinned IPv6 address, when it is of the subnet and free; codes as for IPv4, *assumed*.
fn check_ipv6(session: &mut Session<'_>, subnet: &Subnet, pinned: Ipv6Addr) -> Result<Ipv6Addr, ApiError> {
    let now = session.now;
    if !subnet.ipv6_cidr.is_some_and(|block| block.contains(&pinned)) {
        return Err(ApiError::bad(
            "InvalidParameterValue",
            format!("Address {pinned} does not fall within the subnet's address range or is reserved"),
        ));
    }
    let mut others = session.region().ec2.network_interfaces.values().filter(|interface| interface.alive(now));
    if others.any(|interface| interface.ipv6.contains(&pinned)) {
        return Err(ApiError::bad("InvalidIPAddress.InUse", format!("Address {pinned} is in use.")));
    }
    Ok(pinned)
}

/// Checks the security groups of an endpoint.
pub fn check_groups(session: &mut Session<'_>, vpc_id: &str, ids: &[String]) -> Result<(), ApiError> {
    let now = session.now;
    let limit = session.readings().security_groups_per_interface;
    if ids.len() > limit && session.holds(Rule::PlacesAreOfTheVpc) {
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
        let (visible, anywhere) = (session.visible(id), !session.holds(Rule::PlacesAreOfTheVpc));
        match session.region().ec2.security_groups.get(id).filter(|_| visible) {
            Some(group) if anywhere || group.serves(vpc_id, now) => {}
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
