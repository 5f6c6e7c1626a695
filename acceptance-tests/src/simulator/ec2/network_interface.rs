//! Network interfaces: endpoints, load balancers and instances own them; they hold subnets and security groups.

use std::net::Ipv4Addr;

use serde_json::{Map, Value};

use crate::simulator::buckets::READING_UNFILTERED_SMALLER;
use crate::simulator::clock::Moment;
use crate::simulator::durations::CREATED_VISIBLE;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::lookup::subnet_not_found;
use crate::simulator::ec2::state::State;
use crate::simulator::ec2::state::network_interface::{InterfaceKind, NetworkInterface};
use crate::simulator::ec2::tags;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::operation::{Operation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::state::{self, Region};
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] =
    &[reading("DescribeNetworkInterfaces", READING_UNFILTERED_SMALLER, describe_network_interfaces)];

/// Says what interface is wanted.
#[derive(Debug, Clone)]
pub struct NewInterface {
    /// What it belongs to.
    pub kind: InterfaceKind,
    /// Subnet.
    pub subnet_id: String,
    /// Security groups.
    pub groups: Vec<String>,
    /// Text that names the owner.
    pub description: String,
    /// Who asked for it.
    pub requester_id: String,
    /// Pinned address.
    pub private_ip: Option<Ipv4Addr>,
    /// Whether it gets an IPv6 address.
    pub ipv6: bool,
    /// When it appears in lists; its address is taken at once.
    pub appears: Moment,
}

/// Makes an interface in the caller's Region: takes a free address of the subnet, or says why not.
pub fn allocate(session: &mut Session<'_>, wanted: NewInterface) -> Result<String, ApiError> {
    let id = session.new_id("eni", 17);
    let attachment = match wanted.kind {
        InterfaceKind::Instance => session.new_id("eni-attach", 17),
        _ => session.new_id("ela-attach", 17),
    };
    let offset = u32::from_str_radix(&session.hex(6), 16).unwrap_or_default();
    let now = session.now;
    let region = session.region();
    let Some(subnet) = region.ec2.subnets.get(&wanted.subnet_id).cloned() else {
        return Err(subnet_not_found(&wanted.subnet_id));
    };
    let used = region.ec2.used_addresses(&subnet.id, now);
    let free = |address: &Ipv4Addr| subnet.usable(*address) && !used.contains(address);
    let private_ip = match wanted.private_ip {
        Some(pinned) if !subnet.usable(pinned) => {
            return Err(ApiError::bad(
                "InvalidParameterValue",
                format!("Address {pinned} does not fall within the subnet's address range or is reserved"),
            ));
        }
        Some(pinned) if used.contains(&pinned) => {
            return Err(ApiError::bad("InvalidIPAddress.InUse", format!("Address {pinned} is in use.")));
        }
        Some(pinned) => pinned,
        None => subnet.addresses_from(offset).find(free).ok_or_else(|| insufficient_addresses(&subnet.id))?,
    };
    let ipv6 = subnet.ipv6_of(private_ip).filter(|_| wanted.ipv6).into_iter().collect();
    region.ec2.interfaces_by_subnet.entry(subnet.id.clone()).or_default().push(id.clone());
    region.ec2.network_interfaces.insert(
        id.clone(),
        NetworkInterface {
            id: id.clone(),
            kind: wanted.kind,
            vpc_id: subnet.vpc_id.clone(),
            subnet_id: subnet.id.clone(),
            private_ip,
            ipv6,
            groups: wanted.groups,
            description: wanted.description,
            requester_id: wanted.requester_id,
            attachment_id: attachment,
            instance_id: None,
            created: wanted.appears,
            released: Moment::NEVER,
        },
    );
    session.created(&id, CREATED_VISIBLE);
    Ok(id)
}

/// Sets when an interface is released, with its address, subnet and groups.
pub fn release_at(region: &mut Region, id: &str, at: Moment) {
    if let Some(interface) = region.ec2.network_interfaces.get_mut(id) {
        interface.released = interface.released.min(at);
    }
}

/// Answers that a subnet is full.
pub fn insufficient_addresses(subnet_id: &str) -> ApiError {
    ApiError::bad(
        "InsufficientFreeAddressesInSubnet",
        format!(
            "There are not enough free addresses in subnet '{subnet_id}' to satisfy the requested number of instances."
        ),
    )
}

const FILTERS: &[&str] = &[
    "attachment.attachment-id",
    "availability-zone",
    "description",
    "group-id",
    "group-name",
    "interface-type",
    "network-interface-id",
    "owner-id",
    "private-ip-address",
    "requester-id",
    "requester-managed",
    "status",
    "subnet-id",
    "vpc-id",
];

fn describe_network_interfaces(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("NetworkInterfaceId");
    // No account of the simulator hides interfaces of managed services.
    params.flag("IncludeManagedResources")?;
    let ask = session.ask(params, PageSizes::Strict, !ids.is_empty())?;
    let filters = Filters::read(params, FILTERS)?;
    let now = session.now;
    let owner = session.caller.account.clone();
    let (Shelves { region: Region { ec2, .. }, .. }, mut desk) = session.desk();
    let passes = |interface: &&NetworkInterface, _: Moment| {
        filters.pass(ec2.tags.get(&interface.id), |name| filter_values(ec2, interface, &owner, name))
    };
    let listing = Listing {
        walk: &|range| walk(&ec2.network_interfaces, range),
        sight: None,
        changed: |_, _| None,
        shows: &|interface, _| interface.alive(now) && interface.created <= now,
        passes: &passes,
        write: &|interface, _| describe(ec2, interface, &owner),
        absent: Some(&not_found),
    };
    let page = desk.list_passing(&ask, &ids, &listing, &|item| filters.pass_answer(item))?;
    Ok(Xml::new().set("networkInterfaceSet", page.items).optional("nextToken", page.next))
}

/// Forces the `description` of the interface that has an address, as the one who made it would have written it; `None` when the kind is
/// another.
pub fn force(
    state: &mut state::State,
    kind: &str,
    address: &str,
    fields: &Map<String, Value>,
) -> Option<Result<(), String>> {
    if kind != "network_interface" {
        return None;
    }
    let Some(description) = fields.get("description").and_then(Value::as_str).filter(|_| fields.len() == 1) else {
        return Some(Err("a network interface takes a description".to_owned()));
    };
    let mut interfaces = state.regions_mut().flat_map(|(_, _, region)| region.ec2.network_interfaces.values_mut());
    let found = interfaces.find(|interface| interface.private_ip.to_string() == address);
    Some(match found {
        Some(interface) => {
            description.clone_into(&mut interface.description);
            Ok(())
        }
        None => Err(format!("there is no network interface at {address}")),
    })
}

fn not_found(id: &str) -> ApiError {
    ApiError::bad("InvalidNetworkInterfaceID.NotFound", format!("The networkInterface ID '{id}' does not exist"))
}

fn filter_values(ec2: &State, interface: &NetworkInterface, owner: &str, name: &str) -> Vec<String> {
    let one = |value: &str| vec![value.to_owned()];
    match name {
        "attachment.attachment-id" => one(&interface.attachment_id),
        "availability-zone" => {
            ec2.subnets.get(&interface.subnet_id).map(|subnet| subnet.zone.name.clone()).into_iter().collect()
        }
        "description" => one(&interface.description),
        "group-id" => interface.groups.clone(),
        "group-name" => interface
            .groups
            .iter()
            .filter_map(|id| ec2.security_groups.get(id))
            .map(|group| group.name.clone())
            .collect(),
        "interface-type" => one(interface.kind.name()),
        "network-interface-id" => one(&interface.id),
        "owner-id" => one(owner),
        "private-ip-address" => one(&interface.private_ip.to_string()),
        "requester-id" => one(&interface.requester_id),
        "requester-managed" => one(&(interface.kind != InterfaceKind::Instance).to_string()),
        "status" => one("in-use"),
        "subnet-id" => one(&interface.subnet_id),
        _ => one(&interface.vpc_id),
    }
}

fn describe(ec2: &State, interface: &NetworkInterface, owner: &str) -> Xml {
    let zone = ec2.subnets.get(&interface.subnet_id).map(|subnet| &subnet.zone);
    let groups = interface.groups.iter().map(|id| {
        let name = ec2.security_groups.get(id).map(|group| group.name.clone());
        Xml::new().text("groupId", id).optional("groupName", name)
    });
    let managed = interface.kind != InterfaceKind::Instance;
    let name = private_name(ec2, interface);
    let address = Xml::new().text("privateIpAddress", interface.private_ip).optional("privateDnsName", name.as_ref());
    let addresses = [address.text("primary", true)];
    let attached_by = match interface.kind {
        InterfaceKind::Instance => owner,
        InterfaceKind::VpcEndpoint => "amazon-aws",
        InterfaceKind::NetworkLoadBalancer | InterfaceKind::ApplicationLoadBalancer => "amazon-elb",
    };
    let attachment = Xml::new()
        .text("attachmentId", &interface.attachment_id)
        .optional("instanceId", interface.instance_id.as_ref())
        .text("instanceOwnerId", attached_by)
        .text("status", "attached")
        .optional("attachTime", interface.instance_id.as_ref().map(|_| interface.created.iso()))
        .text("deleteOnTermination", !managed)
        .text("deviceIndex", u8::from(managed))
        .text("networkCardIndex", 0);
    Xml::new()
        .text("networkInterfaceId", &interface.id)
        .text("subnetId", &interface.subnet_id)
        .text("vpcId", &interface.vpc_id)
        .optional("availabilityZone", zone.map(|zone| zone.name.clone()))
        .optional("availabilityZoneId", zone.map(|zone| zone.id.clone()))
        .text("description", &interface.description)
        .text("ownerId", owner)
        .text("requesterId", &interface.requester_id)
        .text("requesterManaged", managed)
        .text("status", "in-use")
        .text("macAddress", mac_address(&interface.id))
        .text("privateIpAddress", interface.private_ip)
        .optional("privateDnsName", name.as_ref())
        .text("sourceDestCheck", interface.kind != InterfaceKind::NetworkLoadBalancer)
        .set("groupSet", groups)
        .element("attachment", attachment)
        .join(tags::tag_set(ec2.tags.get(&interface.id)))
        .set("privateIpAddressesSet", addresses)
        .set("ipv6AddressesSet", interface.ipv6.iter().map(|address| Xml::new().text("ipv6Address", address)))
        .text("interfaceType", interface.kind.name())
        .element("operator", Xml::new().text("managed", false))
}

/// Gives the name that AWS's resolver has for an address, in VPCs with DNS hostnames.
fn private_name(ec2: &State, interface: &NetworkInterface) -> Option<String> {
    let hostnames = ec2.vpcs.get(&interface.vpc_id).is_some_and(|vpc| vpc.dns_hostnames && vpc.dns_support);
    let zone = ec2.subnets.get(&interface.subnet_id).map(|subnet| subnet.zone.name.as_str())?;
    let region = zone.get(..zone.len().saturating_sub(1))?;
    let domain = if region == "us-east-1" { "ec2.internal".to_owned() } else { format!("{region}.compute.internal") };
    hostnames.then(|| format!("ip-{}.{domain}", interface.private_ip.to_string().replace('.', "-")))
}

/// Gives a hardware address that follows from the id, in the block of locally administered ones.
fn mac_address(id: &str) -> String {
    let digits: Vec<char> = id.chars().rev().take(10).collect();
    let pairs: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    format!("02:{}", pairs.join(":"))
}
