//! VPCs: create, describe, delete, attributes.

use std::net::Ipv6Addr;

use ipnet::{Ipv4Net, Ipv6Net};

use crate::simulator::buckets::{MUTATING, READING};
use crate::simulator::clock::Moment;
use crate::simulator::durations::CREATED_VISIBLE;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::{State, security_group, tags};
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::state::Region;
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("CreateVpc", MUTATING, create_vpc),
    mutation("DeleteVpc", MUTATING, delete_vpc),
    mutation("ModifyVpcAttribute", MUTATING, modify_vpc_attribute),
    mutation("AssociateVpcCidrBlock", MUTATING, associate_vpc_cidr_block),
    reading("DescribeVpcAttribute", READING, describe_vpc_attribute),
    reading("DescribeVpcs", READING, describe_vpcs),
];

/// Holds one VPC.
#[derive(Debug, Clone)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// IPv4 blocks, the first is the primary.
    pub cidrs: Vec<Ipv4Net>,
    /// IPv6 block.
    pub ipv6_cidr: Option<Ipv6Net>,
    /// `enableDnsSupport`.
    pub dns_support: bool,
    /// `enableDnsHostnames`.
    pub dns_hostnames: bool,
    /// Default security group.
    pub default_group: String,
}

/// Answers that a VPC is not there.
pub fn not_found(id: &str) -> ApiError {
    ApiError::bad("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist"))
}

/// Finds a VPC of the caller as this call sees it.
pub fn find(session: &mut Session<'_>, id: &str) -> Result<Vpc, ApiError> {
    let found = session.region().ec2.vpcs.get(id).cloned();
    found.filter(|_| session.visible(id)).ok_or_else(|| not_found(id))
}

/// Reads an IPv4 block of a VPC or subnet: /16 to /28, no bits beyond its length.
pub fn block(name: &str, text: &str) -> Result<Ipv4Net, ApiError> {
    let net: Ipv4Net = text.parse().map_err(|_| {
        ApiError::bad(
            "InvalidParameterValue",
            format!("Value ({text}) for parameter {name} is invalid. This is not a valid CIDR block."),
        )
    })?;
    if !(16..=28).contains(&net.prefix_len()) {
        return Err(ApiError::bad(
            if name == "cidrBlock" { "InvalidVpc.Range" } else { "InvalidSubnet.Range" },
            format!("The CIDR '{text}' is invalid."),
        ));
    }
    Ok(net.trunc())
}

/// Makes a VPC with its default security group.
pub fn create(session: &mut Session<'_>, cidr: Ipv4Net, ipv6: bool) -> Vpc {
    let id = session.new_id("vpc", 17);
    let default_group = security_group::create(session, "default", "default VPC security group", &id, true);
    let bits = session.hex(6);
    let ipv6_cidr = u128::from_str_radix(&bits, 16)
        .ok()
        .filter(|_| ipv6)
        .and_then(|bits| Ipv6Net::new(Ipv6Addr::from(0x2600_1f18_u128 << 96 | bits << 72), 56).ok());
    let vpc =
        Vpc { id: id.clone(), cidrs: vec![cidr], ipv6_cidr, dns_support: true, dns_hostnames: false, default_group };
    session.region().ec2.vpcs.insert(id, vpc.clone());
    vpc
}

fn create_vpc(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let cidr = block("cidrBlock", params.need("CidrBlock")?)?;
    let ipv6 = params.flag("AmazonProvidedIpv6CidrBlock")?.unwrap_or(false);
    match params.text("InstanceTenancy") {
        None | Some("default") => {}
        Some(other) => return Err(ApiError::not_simulated(format!("instance tenancy '{other}'"))),
    }
    let tags = tags::specification(session, params, "vpc")?;
    let vpc = create(session, cidr, ipv6);
    session.created(&vpc.id, CREATED_VISIBLE);
    session.region().ec2.tags.insert(vpc.id.clone(), tags);
    let owner = session.caller.account.clone();
    Ok(Xml::new().element("vpc", describe(&session.region().ec2, &vpc, &owner)))
}

fn delete_vpc(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("VpcId")?;
    find(session, id)?;
    let (now, stays) = (session.now, session.holds(Rule::HeldNetworkStays));
    let ec2 = &session.region().ec2;
    let held = ec2.subnets.values().any(|subnet| subnet.vpc_id == id)
        || ec2.network_interfaces.values().any(|interface| interface.vpc_id == id && interface.alive(now))
        || ec2.security_groups.values().any(|group| group.vpc_id == id && !group.is_default);
    if stays && held {
        return Err(ApiError::dependency(format!("The vpc '{id}' has dependencies and cannot be deleted.")));
    }
    let ec2 = &mut session.region().ec2;
    ec2.security_groups.retain(|_, group| group.vpc_id != id);
    ec2.group_names.retain(|(vpc_id, _)| vpc_id != id);
    ec2.vpcs.remove(id);
    ec2.tags.remove(id);
    Ok(Xml::new().text("return", true))
}

fn associate_vpc_cidr_block(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("VpcId")?;
    let vpc = find(session, id)?;
    let cidr = block("cidrBlock", params.need("CidrBlock")?)?;
    if vpc.cidrs.iter().any(|known| known.contains(&cidr) || cidr.contains(known)) {
        return Err(ApiError::bad("CidrConflict", format!("The CIDR '{cidr}' conflicts with another of {id}")));
    }
    if let Some(vpc) = session.region().ec2.vpcs.get_mut(id) {
        vpc.cidrs.push(cidr);
    }
    let association = session.new_id("vpc-cidr-assoc", 17);
    Ok(Xml::new().text("vpcId", id).element(
        "cidrBlockAssociation",
        Xml::new()
            .text("associationId", association)
            .text("cidrBlock", cidr)
            .element("cidrBlockState", Xml::new().text("state", "associating")),
    ))
}

fn modify_vpc_attribute(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("VpcId")?;
    find(session, id)?;
    let value = |name| params.structure(name).map(|value| value.flag("Value")).transpose();
    let support = value("EnableDnsSupport")?.flatten();
    let hostnames = value("EnableDnsHostnames")?.flatten();
    if support.is_some() == hostnames.is_some() {
        return Err(ApiError::combination("Exactly one attribute can be modified per call"));
    }
    if let Some(vpc) = session.region().ec2.vpcs.get_mut(id) {
        vpc.dns_support = support.unwrap_or(vpc.dns_support);
        vpc.dns_hostnames = hostnames.unwrap_or(vpc.dns_hostnames);
    }
    Ok(Xml::new().text("return", true))
}

fn describe_vpc_attribute(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("VpcId")?;
    let attribute = params.need("Attribute")?;
    let vpc = find(session, id)?;
    let value = match attribute {
        "enableDnsSupport" => vpc.dns_support,
        "enableDnsHostnames" => vpc.dns_hostnames,
        other => return Err(ApiError::invalid_value("attribute", other)),
    };
    Ok(Xml::new().text("vpcId", id).element(attribute, Xml::new().text("value", value)))
}

const FILTERS: &[&str] = &["cidr", "cidr-block-association.cidr-block", "is-default", "owner-id", "state", "vpc-id"];

fn describe_vpcs(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("VpcId");
    let filters = Filters::read(params, FILTERS)?;
    let owner = session.caller.account.clone();
    let ask = session.ask(params, PageSizes::Strict, !ids.is_empty())?;
    let fails = session.holds(Rule::UnknownIdFailsList);
    let (Shelves { region: Region { ec2, .. }, .. }, mut desk) = session.desk();
    let passes = |vpc: &&Vpc, _: Moment| {
        filters.pass(ec2.tags.get(&vpc.id), |name| match name {
            "cidr" => vpc.cidrs.first().map(ToString::to_string).into_iter().collect(),
            "cidr-block-association.cidr-block" => vpc.cidrs.iter().map(ToString::to_string).collect(),
            "is-default" => vec!["false".to_owned()],
            "owner-id" => vec![owner.clone()],
            "state" => vec!["available".to_owned()],
            _ => vec![vpc.id.clone()],
        })
    };
    let listing = Listing {
        walk: &|range| walk(&ec2.vpcs, range),
        sight: None,
        changed: |_, _| None,
        shows: &|_, _| true,
        passes: &passes,
        write: &|vpc, _| describe(ec2, vpc, &owner),
        absent: if fails { Some(&not_found) } else { None },
    };
    let page = desk.list(&ask, &ids, &listing)?;
    Ok(Xml::new().set("vpcSet", page.items).optional("nextToken", page.next))
}

fn describe(ec2: &State, vpc: &Vpc, owner: &str) -> Xml {
    let associated = |name: &str, text: String| {
        Xml::new()
            .text("associationId", format!("vpc-cidr-assoc-{}", vpc.id.trim_start_matches("vpc-")))
            .text(name, text)
    };
    let state = |name: &str| Xml::new().element(name, Xml::new().text("state", "associated"));
    let blocks = vpc.cidrs.iter().map(|cidr| associated("cidrBlock", cidr.to_string()).join(state("cidrBlockState")));
    let blocks6 = vpc
        .ipv6_cidr
        .iter()
        .map(|cidr| associated("ipv6CidrBlock", cidr.to_string()).join(state("ipv6CidrBlockState")));
    Xml::new()
        .text("vpcId", &vpc.id)
        .text("ownerId", owner)
        .text("state", "available")
        .optional("cidrBlock", vpc.cidrs.first())
        .set("cidrBlockAssociationSet", blocks)
        .set("ipv6CidrBlockAssociationSet", blocks6)
        .text("dhcpOptionsId", "default")
        .text("instanceTenancy", "default")
        .text("isDefault", false)
        .join(tags::tag_set(ec2.tags.get(&vpc.id)))
}
