//! Subnets: create, describe, delete, addresses.

use ipnet::{Ipv4Net, Ipv6Net};

use crate::simulator::buckets::{MUTATING, READING};
use crate::simulator::clock::Moment;
use crate::simulator::durations::CREATED_VISIBLE;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::state::State;
use crate::simulator::ec2::state::subnet::{Attributes, Subnet, Zone};
use crate::simulator::ec2::zones::zones;
use crate::simulator::ec2::{cidr_block, lookup, tags};
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
    mutation("CreateSubnet", MUTATING, create_subnet),
    mutation("DeleteSubnet", MUTATING, delete_subnet),
    mutation("ModifySubnetAttribute", MUTATING, modify_subnet_attribute),
    reading("DescribeSubnets", READING, describe_subnets),
];

/// Makes a subnet.
pub fn create(
    session: &mut Session<'_>,
    vpc_id: &str,
    zone: Zone,
    cidr: Ipv4Net,
    ipv6_cidr: Option<Ipv6Net>,
) -> Subnet {
    let id = session.new_id("subnet", 17);
    let subnet = Subnet {
        id: id.clone(),
        vpc_id: vpc_id.to_owned(),
        zone,
        cidr,
        ipv6_cidr,
        default_for_zone: false,
        attributes: Attributes::default(),
    };
    session.region().ec2.subnets.insert(id, subnet.clone());
    subnet
}

fn create_subnet(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let vpc = lookup::vpc(session, params.need("VpcId")?)?;
    let cidr = cidr_block::read("subnetCidrBlock", params.need("CidrBlock")?)?;
    let ipv6_cidr = params
        .text("Ipv6CidrBlock")
        .map(|text| text.parse::<Ipv6Net>().map_err(|_| ApiError::invalid_value("ipv6CidrBlock", text)))
        .transpose()?;
    let tags = tags::specification(session, params, "subnet")?;
    let zone = zone(session, params)?;
    if !vpc.cidrs.iter().any(|block| block.contains(&cidr)) {
        return Err(ApiError::bad("InvalidSubnet.Range", format!("The CIDR '{cidr}' is invalid.")));
    }
    let ipv6_fits =
        ipv6_cidr.is_none_or(|net| net.prefix_len() == 64 && vpc.ipv6_cidr.is_some_and(|block| block.contains(&net)));
    if !ipv6_fits {
        return Err(ApiError::bad("InvalidSubnet.Range", "The IPv6 block must be a /64 of the VPC's."));
    }
    let taken = session
        .region()
        .ec2
        .subnets
        .values()
        .any(|other| other.vpc_id == vpc.id && (other.cidr.contains(&cidr) || cidr.contains(&other.cidr)));
    if taken {
        return Err(ApiError::bad(
            "InvalidSubnet.Conflict",
            format!("The CIDR '{cidr}' conflicts with another subnet"),
        ));
    }
    let subnet = create(session, &vpc.id, zone, cidr, ipv6_cidr);
    session.created(&subnet.id, CREATED_VISIBLE);
    session.region().ec2.tags.insert(subnet.id.clone(), tags);
    let (owner, region, now) = (session.caller.account.clone(), session.caller.region.clone(), session.now);
    Ok(Xml::new().element("subnet", describe(&session.region().ec2, &subnet, &owner, &region, now)))
}

fn zone(session: &Session<'_>, params: &Params) -> Result<Zone, ApiError> {
    let (name, id) = (params.text("AvailabilityZone"), params.text("AvailabilityZoneId"));
    let mut zones = zones(session.state.seed, &session.caller.account, &session.caller.region).into_iter();
    let zone = match (name, id) {
        (Some(_), Some(_)) => {
            return Err(ApiError::combination("Only one of AvailabilityZone and AvailabilityZoneId can be given."));
        }
        (Some(name), None) => zones.find(|zone| zone.name == name),
        (None, Some(id)) => zones.find(|zone| zone.id == id),
        (None, None) => zones.next(),
    };
    zone.ok_or_else(|| {
        let given = name.or(id).unwrap_or(&session.caller.region);
        ApiError::bad(
            "InvalidParameterValue",
            format!("Value ({given}) for parameter availabilityZone is invalid. Subnets can currently only be created in the zones of {}.", session.caller.region),
        )
    })
}

/// Sets one attribute, as AWS wants it.
fn modify_subnet_attribute(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = lookup::subnet(session, params.need("SubnetId")?)?.id;
    let mut set = 0;
    let mut attributes = session.region().ec2.subnets.get(&id).map(|subnet| subnet.attributes).unwrap_or_default();
    for (name, attribute) in [
        ("MapPublicIpOnLaunch", &mut attributes.public_addresses),
        ("AssignIpv6AddressOnCreation", &mut attributes.ipv6_addresses),
        ("EnableDns64", &mut attributes.dns64),
        ("EnableResourceNameDnsARecordOnLaunch", &mut attributes.a_records),
        ("EnableResourceNameDnsAAAARecordOnLaunch", &mut attributes.aaaa_records),
    ] {
        if let Some(value) = params.structure(name).map(|value| value.flag("Value")).transpose()?.flatten() {
            *attribute = value;
            set += 1;
        }
    }
    if params.unread().iter().all(|name| matches!(name.as_str(), "Action" | "Version")) && set != 1 {
        return Err(ApiError::combination("Exactly one attribute can be modified per call"));
    }
    if let Some(subnet) = session.region().ec2.subnets.get_mut(&id).filter(|_| set == 1) {
        subnet.attributes = attributes;
    }
    Ok(Xml::new().text("return", true))
}

fn delete_subnet(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let subnet = lookup::subnet(session, params.need("SubnetId")?)?;
    let (now, stays) = (session.now, session.holds(Rule::HeldNetworkStays));
    let ec2 = &mut session.region().ec2;
    if stays && !ec2.used_addresses(&subnet.id, now).is_empty() {
        return Err(ApiError::dependency(format!(
            "The subnet '{}' has dependencies and cannot be deleted.",
            subnet.id
        )));
    }
    ec2.subnets.remove(&subnet.id);
    ec2.acl_associations.remove(&subnet.id);
    ec2.tags.remove(&subnet.id);
    Ok(Xml::new().text("return", true))
}

const FILTERS: &[&str] = &[
    "availability-zone",
    "availability-zone-id",
    "available-ip-address-count",
    "cidr-block",
    "owner-id",
    "state",
    "subnet-id",
    "vpc-id",
];

fn describe_subnets(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("SubnetId");
    let filters = Filters::read(params, FILTERS)?;
    if let Some(malformed) = ids.iter().find(|id| !lookup::is_subnet_id(id)) {
        return Err(ApiError::bad("InvalidSubnetId.Malformed", format!("The subnet ID '{malformed}' is malformed")));
    }
    let (owner, region, now) = (session.caller.account.clone(), session.caller.region.clone(), session.now);
    let ask = session.ask(params, PageSizes::Strict, !ids.is_empty())?;
    let fails = session.holds(Rule::UnknownIdFailsList);
    let (Shelves { region: Region { ec2, .. }, .. }, mut desk) = session.desk();
    let passes = |subnet: &&Subnet, _: Moment| {
        filters.pass(ec2.tags.get(&subnet.id), |name| {
            vec![match name {
                "availability-zone" => subnet.zone.name.clone(),
                "availability-zone-id" => subnet.zone.id.clone(),
                "available-ip-address-count" => ec2.free_addresses(subnet, now).to_string(),
                "cidr-block" => subnet.cidr.to_string(),
                "owner-id" => owner.clone(),
                "state" => "available".to_owned(),
                "subnet-id" => subnet.id.clone(),
                _ => subnet.vpc_id.clone(),
            }]
        })
    };
    let listing = Listing {
        walk: &|range| walk(&ec2.subnets, range),
        sight: None,
        changed: |_, _| None,
        shows: &|_, _| true,
        passes: &passes,
        write: &|subnet, _| describe(ec2, subnet, &owner, &region, now),
        absent: if fails { Some(&lookup::subnet_not_found) } else { None },
    };
    let page = desk.list_passing(&ask, &ids, &listing, &|item| filters.pass_answer(item))?;
    Ok(Xml::new().set("subnetSet", page.items).optional("nextToken", page.next))
}

fn describe(ec2: &State, subnet: &Subnet, owner: &str, region: &str, now: Moment) -> Xml {
    let ipv6 = subnet.ipv6_cidr.iter().map(|cidr| {
        Xml::new()
            .text("associationId", format!("subnet-cidr-assoc-{}", subnet.id.trim_start_matches("subnet-")))
            .text("ipv6CidrBlock", cidr)
            .element("ipv6CidrBlockState", Xml::new().text("state", "associated"))
            .text("ipSource", "amazon")
    });
    Xml::new()
        .text("subnetId", &subnet.id)
        .text("subnetArn", format!("arn:aws:ec2:{region}:{owner}:subnet/{}", subnet.id))
        .text("state", "available")
        .text("ownerId", owner)
        .text("vpcId", &subnet.vpc_id)
        .text("cidrBlock", subnet.cidr)
        .set("ipv6CidrBlockAssociationSet", ipv6)
        .text("availableIpAddressCount", ec2.free_addresses(subnet, now))
        .text("availabilityZone", &subnet.zone.name)
        .text("availabilityZoneId", &subnet.zone.id)
        .text("defaultForAz", subnet.default_for_zone)
        .text("mapPublicIpOnLaunch", subnet.attributes.public_addresses)
        .text("mapCustomerOwnedIpOnLaunch", false)
        .text("assignIpv6AddressOnCreation", subnet.attributes.ipv6_addresses)
        .text("enableDns64", subnet.attributes.dns64)
        .text("ipv6Native", false)
        .element(
            "privateDnsNameOptionsOnLaunch",
            Xml::new()
                .text("hostnameType", "ip-name")
                .text("enableResourceNameDnsARecord", subnet.attributes.a_records)
                .text("enableResourceNameDnsAAAARecord", subnet.attributes.aaaa_records),
        )
        .element("blockPublicAccessStates", Xml::new().text("internetGatewayBlockMode", "off"))
        .join(tags::tag_set(ec2.tags.get(&subnet.id)))
}
