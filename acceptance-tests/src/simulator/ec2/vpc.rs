//! VPCs: create, describe, delete, attributes.

use std::net::Ipv6Addr;

use ipnet::{Ipv4Net, Ipv6Net};

use crate::simulator::buckets::{MUTATING, READING};
use crate::simulator::clock::Moment;
use crate::simulator::durations::CREATED_VISIBLE;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::state::State;
use crate::simulator::ec2::state::network_acl::default_of;
use crate::simulator::ec2::state::route_table::RouteTable;
use crate::simulator::ec2::state::subnet::Subnet;
use crate::simulator::ec2::state::vpc::Vpc;
use crate::simulator::ec2::zones::zones;
use crate::simulator::ec2::{cidr_block, internet_gateway, lookup, security_group, subnet, tags};
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
    mutation("CreateDefaultVpc", MUTATING, create_default_vpc),
    mutation("CreateVpc", MUTATING, create_vpc),
    mutation("DeleteVpc", MUTATING, delete_vpc),
    mutation("ModifyVpcAttribute", MUTATING, modify_vpc_attribute),
    mutation("AssociateVpcCidrBlock", MUTATING, associate_vpc_cidr_block),
    mutation("DisassociateVpcCidrBlock", MUTATING, disassociate_vpc_cidr_block),
    reading("DescribeVpcAttribute", READING, describe_vpc_attribute),
    reading("DescribeVpcs", READING, describe_vpcs),
];

/// IPv4 blocks of a VPC. Source: VPC quotas.
const MAX_BLOCKS: usize = 5;

/// Makes a VPC with its default security group.
pub fn create(session: &mut Session<'_>, cidr: Ipv4Net, ipv6: bool) -> Vpc {
    let id = session.new_id("vpc", 17);
    let default_group = security_group::create(session, "default", "default VPC security group", &id, true);
    let bits = session.hex(6);
    let ipv6_cidr = ipv6_block(&bits).filter(|_| ipv6);
    let vpc = Vpc {
        id: id.clone(),
        cidrs: vec![cidr],
        ipv6_cidr,
        dns_support: true,
        dns_hostnames: false,
        usage_metrics: false,
        is_default: false,
        default_group,
    };
    let main = RouteTable::main_of(&id);
    session.region().ec2.route_tables.insert(main.id.clone(), main);
    session.region().ec2.vpcs.insert(id, vpc.clone());
    vpc
}

fn create_vpc(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let cidr = cidr_block::read("cidrBlock", params.need("CidrBlock")?)?;
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
    // Whoever makes a VPC is told that it is pending, whoever asks a moment later that it is available.
    Ok(Xml::new().element("vpc", describe(&session.region().ec2, &vpc, &owner, "pending")))
}

/// Makes the default VPC of the Region, with a subnet in each zone and an internet gateway.
fn create_default_vpc(session: &mut Session<'_>, _: &Params) -> Result<Xml, ApiError> {
    if session.region().ec2.vpcs.values().any(|vpc| vpc.is_default) {
        return Err(ApiError::bad(
            "DefaultVpcAlreadyExists",
            "A Default VPC already exists for this account in this region.",
        ));
    }
    let id = create(session, cidr_block::read("cidrBlock", "172.31.0.0/16")?, false).id;
    let ec2 = &mut session.region().ec2;
    if let Some(vpc) = ec2.vpcs.get_mut(&id) {
        vpc.is_default = true;
        vpc.dns_hostnames = true;
    }
    let zones = zones(session.state.seed, &session.caller.account, &session.caller.region);
    for (number, zone) in zones.into_iter().enumerate() {
        let cidr = cidr_block::read("subnetCidrBlock", &format!("172.31.{}.0/20", number * 16))?;
        let made = subnet::create(session, &id, zone, cidr, None).id;
        if let Some(subnet) = session.region().ec2.subnets.get_mut(&made) {
            subnet.default_for_zone = true;
        }
    }
    internet_gateway::make_for_default_vpc(session, &id);
    session.created(&id, CREATED_VISIBLE);
    let owner = session.caller.account.clone();
    let ec2 = &session.region().ec2;
    let vpc = ec2.vpcs.get(&id).cloned().ok_or_else(|| lookup::vpc_not_found(&id))?;
    Ok(Xml::new().element("vpc", describe(ec2, &vpc, &owner, "pending")))
}

fn delete_vpc(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("VpcId")?;
    lookup::vpc(session, id)?;
    let (now, stays) = (session.now, session.holds(Rule::HeldNetworkStays));
    let ec2 = &session.region().ec2;
    let held = ec2.subnets.values().any(|subnet| subnet.vpc_id == id)
        || ec2.network_interfaces.values().any(|interface| interface.vpc_id == id && interface.alive(now))
        || ec2.security_groups.values().any(|group| group.vpc_id == id && !group.is_default)
        || ec2.route_tables.values().any(|table| table.vpc_id == id && !table.is_main)
        || ec2.network_acls.values().any(|vpc| vpc == id)
        || ec2.has_internet_gateway(id);
    if stays && held {
        return Err(ApiError::dependency(format!("The vpc '{id}' has dependencies and cannot be deleted.")));
    }
    let ec2 = &mut session.region().ec2;
    ec2.security_groups.retain(|_, group| group.vpc_id != id);
    ec2.group_names.retain(|(vpc_id, _)| vpc_id != id);
    ec2.route_tables.retain(|_, table| table.vpc_id != id);
    ec2.acl_entries.remove(&default_of(id));
    ec2.vpcs.remove(id);
    ec2.tags.remove(id);
    Ok(Xml::new().text("return", true))
}

fn associate_vpc_cidr_block(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("VpcId")?;
    let vpc = lookup::vpc(session, id)?;
    if params.flag("AmazonProvidedIpv6CidrBlock")? == Some(true) {
        return associate_ipv6(session, &vpc);
    }
    let cidr = cidr_block::read("cidrBlock", params.need("CidrBlock")?)?;
    if vpc.cidrs.len() >= MAX_BLOCKS {
        return Err(ApiError::bad(
            "CidrLimitExceeded",
            format!("This network '{id}' has met its maximum number of allowed CIDRs: {MAX_BLOCKS}"),
        ));
    }
    if vpc.cidrs.iter().any(|known| known.contains(&cidr) || cidr.contains(known)) {
        return Err(ApiError::bad("CidrConflict", format!("The CIDR '{cidr}' conflicts with another of {id}")));
    }
    if let Some(vpc) = session.region().ec2.vpcs.get_mut(id) {
        vpc.cidrs.push(cidr);
    }
    Ok(Xml::new().text("vpcId", id).element(
        "cidrBlockAssociation",
        Xml::new()
            .text("associationId", association_id(id, &cidr))
            .text("cidrBlock", cidr)
            .element("cidrBlockState", Xml::new().text("state", "associating")),
    ))
}

fn associate_ipv6(session: &mut Session<'_>, vpc: &Vpc) -> Result<Xml, ApiError> {
    if vpc.ipv6_cidr.is_some() {
        return Err(ApiError::bad(
            "CidrLimitExceeded",
            format!("This network '{}' has met its maximum number of allowed CIDRs: 1", vpc.id),
        ));
    }
    let bits = session.hex(6);
    let made = ipv6_block(&bits);
    if let Some(vpc) = session.region().ec2.vpcs.get_mut(&vpc.id) {
        vpc.ipv6_cidr = made;
    }
    let association = made.map(|cidr| ipv6_association(&vpc.id, cidr, "associating"));
    Ok(Xml::new().text("vpcId", &vpc.id).element("ipv6CidrBlockAssociation", association.unwrap_or_default()))
}

/// Takes a block away that nobody uses. The primary one stays.
fn disassociate_vpc_cidr_block(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("AssociationId")?;
    let ec2 = &mut session.region().ec2;
    let absent = || {
        ApiError::bad(
            "InvalidVpcCidrBlockAssociationID.NotFound",
            format!("The vpc CIDR block association ID '{id}' does not exist"),
        )
    };
    let used = |fits: &dyn Fn(&Subnet) -> bool| ec2.subnets.values().any(fits);
    for vpc in ec2.vpcs.values() {
        let v4 = vpc.cidrs.iter().position(|cidr| association_id(&vpc.id, cidr) == id);
        let v6 = vpc.ipv6_cidr.filter(|cidr| association_id(&vpc.id, cidr) == id);
        let taken = match (v4, v6) {
            (None, None) => continue,
            (Some(0), _) => {
                return Err(ApiError::bad(
                    "OperationNotPermitted",
                    "The vpc CIDR block with association ID is the primary one and cannot be disassociated",
                ));
            }
            (Some(index), _) => {
                let cidr = vpc.cidrs.get(index).copied().unwrap_or_default();
                used(&|subnet| subnet.vpc_id == vpc.id && cidr.contains(&subnet.cidr))
            }
            (None, Some(_)) => used(&|subnet| subnet.vpc_id == vpc.id && subnet.ipv6_cidr.is_some()),
        };
        if taken {
            return Err(ApiError::bad(
                "InvalidCidrBlock.InUse",
                format!("The vpc CIDR block with association ID {id} is in use"),
            ));
        }
        let vpc_id = vpc.id.clone();
        let association = match (v4.and_then(|index| vpc.cidrs.get(index)), v6) {
            (Some(cidr), _) => {
                Xml::new().element("cidrBlockAssociation", ipv4_association(&vpc_id, *cidr, "disassociating"))
            }
            (None, Some(cidr)) => {
                Xml::new().element("ipv6CidrBlockAssociation", ipv6_association(&vpc_id, cidr, "disassociating"))
            }
            (None, None) => Xml::new(),
        };
        if let Some(vpc) = ec2.vpcs.get_mut(&vpc_id) {
            vpc.cidrs.retain(|cidr| association_id(&vpc_id, cidr) != id);
            vpc.ipv6_cidr = vpc.ipv6_cidr.filter(|cidr| association_id(&vpc_id, cidr) != id);
        }
        return Ok(Xml::new().text("vpcId", vpc_id).join(association));
    }
    Err(absent())
}

fn ipv6_block(bits: &str) -> Option<Ipv6Net> {
    let bits = u128::from_str_radix(bits, 16).ok()?;
    Ipv6Net::new(Ipv6Addr::from(0x2600_1f18_u128 << 96 | bits << 72), 56).ok()
}

/// Gives the id of a block's association: AWS's are drawn, these follow from VPC and block.
fn association_id(vpc_id: &str, block: &impl std::fmt::Display) -> String {
    let digest =
        block.to_string().bytes().fold(0xcbf2_9ce4_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let vpc = vpc_id.trim_start_matches("vpc-").get(..9).unwrap_or("000000000");
    format!("vpc-cidr-assoc-{vpc}{digest:08x}")
}

fn ipv4_association(vpc_id: &str, cidr: Ipv4Net, state: &str) -> Xml {
    Xml::new()
        .text("associationId", association_id(vpc_id, &cidr))
        .text("cidrBlock", cidr)
        .element("cidrBlockState", Xml::new().text("state", state))
}

fn ipv6_association(vpc_id: &str, cidr: Ipv6Net, state: &str) -> Xml {
    Xml::new()
        .text("associationId", association_id(vpc_id, &cidr))
        .text("ipv6CidrBlock", cidr)
        .element("ipv6CidrBlockState", Xml::new().text("state", state))
        .text("ipv6Pool", "Amazon")
}

fn modify_vpc_attribute(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("VpcId")?;
    let vpc = lookup::vpc(session, id)?;
    let value = |name| params.structure(name).map(|value| value.flag("Value")).transpose();
    let support = value("EnableDnsSupport")?.flatten();
    let hostnames = value("EnableDnsHostnames")?.flatten();
    let metrics = value("EnableNetworkAddressUsageMetrics")?.flatten();
    if [support, hostnames, metrics].iter().flatten().count() != 1 {
        return Err(ApiError::combination("Exactly one attribute can be modified per call"));
    }
    if hostnames == Some(true) && !vpc.dns_support {
        // Source: ModifyVpcAttribute, "You can only enable DNS hostnames if you've enabled DNS support"; the code is *assumed*.
        return Err(ApiError::bad(
            "InvalidParameterValue",
            format!("DNS hostnames cannot be enabled for {id}: its DNS support is disabled."),
        ));
    }
    if let Some(vpc) = session.region().ec2.vpcs.get_mut(id) {
        vpc.dns_support = support.unwrap_or(vpc.dns_support);
        vpc.dns_hostnames = hostnames.unwrap_or(vpc.dns_hostnames);
        vpc.usage_metrics = metrics.unwrap_or(vpc.usage_metrics);
    }
    Ok(Xml::new().text("return", true))
}

fn describe_vpc_attribute(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("VpcId")?;
    let attribute = params.need("Attribute")?;
    let vpc = lookup::vpc(session, id)?;
    let value = match attribute {
        "enableDnsSupport" => vpc.dns_support,
        "enableDnsHostnames" => vpc.dns_hostnames,
        "enableNetworkAddressUsageMetrics" => vpc.usage_metrics,
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
            "is-default" => vec![vpc.is_default.to_string()],
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
        write: &|vpc, _| describe(ec2, vpc, &owner, "available"),
        absent: if fails { Some(&lookup::vpc_not_found) } else { None },
    };
    let page = desk.list_passing(&ask, &ids, &listing, &|item| filters.pass_answer(item))?;
    Ok(Xml::new().set("vpcSet", page.items).optional("nextToken", page.next))
}

fn describe(ec2: &State, vpc: &Vpc, owner: &str, state: &str) -> Xml {
    let blocks = vpc.cidrs.iter().map(|cidr| ipv4_association(&vpc.id, *cidr, "associated"));
    let blocks6 = vpc.ipv6_cidr.iter().map(|cidr| ipv6_association(&vpc.id, *cidr, "associated"));
    Xml::new()
        .text("vpcId", &vpc.id)
        .text("ownerId", owner)
        .text("state", state)
        .optional("cidrBlock", vpc.cidrs.first())
        .set("cidrBlockAssociationSet", blocks)
        .set("ipv6CidrBlockAssociationSet", blocks6)
        .text("dhcpOptionsId", format!("dopt-{}", owner.get(..8).unwrap_or("00000000")))
        .text("instanceTenancy", "default")
        .text("isDefault", vpc.is_default)
        .element("blockPublicAccessStates", Xml::new().text("internetGatewayBlockMode", "off"))
        .join(tags::tag_set(ec2.tags.get(&vpc.id)))
}
