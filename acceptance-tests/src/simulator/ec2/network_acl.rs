//! Network ACLs: the default one of each VPC, which lets everything through unless an entry of a smaller number says otherwise. Clients
//! read it beside the VPC, and packets that leave their subnet pass it; others are not simulated.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use crate::simulator::buckets::{MUTATING, READING};
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::{State, tags};
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("CreateNetworkAclEntry", MUTATING, create_entry),
    mutation("DeleteNetworkAclEntry", MUTATING, delete_entry),
    reading("DescribeNetworkAcls", READING, describe_many),
];

/// The number of the entry that denies whatever no other names.
const LAST: u32 = 32_767;
/// The number of the entry that lets everything through in a default ACL.
const EVERYTHING: u32 = 100;
/// The numbers that people give.
const NUMBERS: std::ops::RangeInclusive<u32> = 1..=32_766;

/// Holds one entry, for IPv4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub number: u32,
    /// Whether it is for what leaves a subnet.
    pub egress: bool,
    /// Whether it allows.
    pub allows: bool,
    /// Number of a protocol; `-1` for all.
    pub protocol: String,
    /// First and last port; `None` for all.
    pub ports: Option<(u16, u16)>,
    /// Addresses at the other end.
    pub block: Ipv4Net,
}

/// Tells by which entry a packet is denied; `None` when it may pass.
pub fn denied_by(
    state: &State,
    vpc_id: &str,
    egress: bool,
    (protocol, port): (&str, u16),
    is_in: impl Fn(Ipv4Net) -> bool,
) -> Option<u32> {
    let own = state.acl_entries.get(&default_of(vpc_id)).into_iter().flatten();
    let mut own: Vec<&Entry> = own.filter(|entry| entry.egress == egress && entry.number < EVERYTHING).collect();
    own.sort_by_key(|entry| entry.number);
    let fits = |entry: &&&Entry| {
        (entry.protocol == "-1" || entry.protocol == protocol)
            && entry.ports.is_none_or(|(from, to)| (from..=to).contains(&port))
            && is_in(entry.block)
    };
    own.iter().find(fits).filter(|entry| !entry.allows).map(|entry| entry.number)
}

/// The VPC of a default ACL of the caller's.
fn vpc_of(session: &mut Session<'_>, id: &str) -> Result<String, ApiError> {
    let vpcs = session.region().ec2.vpcs.keys();
    vpcs.map(ToOwned::to_owned).find(|vpc| default_of(vpc) == id).ok_or_else(|| {
        ApiError::bad("InvalidNetworkAclID.NotFound", format!("The networkAcl ID '{id}' does not exist"))
    })
}

fn number(params: &Params) -> Result<u32, ApiError> {
    let number = params.number("RuleNumber")?.ok_or_else(|| ApiError::missing("RuleNumber"))?;
    u32::try_from(number)
        .ok()
        .filter(|number| NUMBERS.contains(number))
        .ok_or_else(|| ApiError::invalid_value("ruleNumber", &number.to_string()))
}

fn create_entry(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("NetworkAclId")?;
    vpc_of(session, id)?;
    let egress = params.flag("Egress")?.unwrap_or(false);
    let allows = match params.need("RuleAction")? {
        "allow" => true,
        "deny" => false,
        other => return Err(ApiError::invalid_value("ruleAction", other)),
    };
    let protocol = params.need("Protocol")?;
    if !["-1", "6", "17"].contains(&protocol) {
        return Err(ApiError::not_simulated(format!("the protocol {protocol} of a network ACL")));
    }
    let port = |name: &str| -> Result<Option<u16>, ApiError> {
        let range = params.structure("PortRange");
        let number = range.map(|range| range.number(name)).transpose()?.flatten();
        number
            .map(|number| u16::try_from(number).map_err(|_| ApiError::invalid_value("portRange", &number.to_string())))
            .transpose()
    };
    let ports = port("From")?.zip(port("To")?);
    if ports.is_none() && protocol != "-1" {
        return Err(ApiError::missing("PortRange"));
    }
    let block = params.need("CidrBlock")?;
    let block = block.parse::<Ipv4Net>().map_err(|_| ApiError::invalid_value("cidrBlock", block))?;
    let entry = Entry { number: number(params)?, egress, allows, protocol: protocol.to_owned(), ports, block };
    let everything = entry.number == EVERYTHING;
    let entries = session.region().ec2.acl_entries.entry(id.to_owned()).or_default();
    if everything || entries.iter().any(|other| (other.number, other.egress) == (entry.number, egress)) {
        return Err(ApiError::bad(
            "NetworkAclEntryAlreadyExists",
            format!("The network acl entry identified by {} already exists.", entry.number),
        ));
    }
    entries.push(entry);
    Ok(Xml::new().text("return", true))
}

fn delete_entry(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("NetworkAclId")?;
    vpc_of(session, id)?;
    let (number, egress) = (number(params)?, params.flag("Egress")?.unwrap_or(false));
    if number == EVERYTHING {
        return Err(ApiError::not_simulated("a default network ACL without the entry 100"));
    }
    let entries = session.region().ec2.acl_entries.entry(id.to_owned()).or_default();
    let before = entries.len();
    entries.retain(|entry| (entry.number, entry.egress) != (number, egress));
    if entries.len() == before {
        return Err(ApiError::bad(
            "InvalidNetworkAclEntry.NotFound",
            format!("The network acl entry identified by {number} does not exist."),
        ));
    }
    Ok(Xml::new().text("return", true))
}

/// Gives the id of a VPC's default ACL, which follows from the VPC's.
pub fn default_of(vpc_id: &str) -> String {
    vpc_id.replacen("vpc-", "acl-", 1)
}

fn describe_many(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("NetworkAclId");
    let filters = Filters::read(params, &[])?;
    let owner = session.caller.account.clone();
    let ask = session.ask(params, PageSizes::Strict, !ids.is_empty())?;
    let ec2 = &session.region().ec2;
    let all: BTreeMap<String, &String> = ec2.vpcs.keys().map(|vpc| (default_of(vpc), vpc)).collect();
    if let Some(absent) = ids.iter().find(|id| !all.contains_key(*id)) {
        return Err(ApiError::bad(
            "InvalidNetworkAclID.NotFound",
            format!("The networkAcl ID '{absent}' does not exist"),
        ));
    }
    let mut items = Vec::new();
    for (id, vpc_id) in all.iter().filter(|(id, _)| ids.is_empty() || ids.contains(id)) {
        let item = describe(ec2, id, vpc_id, &owner);
        if filters.pass(ec2.tags.get(id), |_| Vec::new()) && filters.pass_answer(&item) {
            items.push((id.clone(), item));
        }
    }
    let page = session.page_of(items, &ask)?;
    Ok(Xml::new().set("networkAclSet", page.items).optional("nextToken", page.next))
}

fn describe(ec2: &State, id: &str, vpc_id: &str, owner: &str) -> Xml {
    let subnets = ec2.subnets.values().filter(|subnet| subnet.vpc_id == vpc_id).map(|subnet| {
        Xml::new()
            .text("networkAclAssociationId", subnet.id.replacen("subnet-", "aclassoc-", 1))
            .text("networkAclId", id)
            .text("subnetId", &subnet.id)
    });
    let has_ipv6 = ec2.vpcs.get(vpc_id).is_some_and(|vpc| vpc.ipv6_cidr.is_some());
    let blocks =
        [("cidrBlock", "0.0.0.0/0", 0_u32)].into_iter().chain(has_ipv6.then_some(("ipv6CidrBlock", "::/0", 1)));
    let entries = blocks.flat_map(|(name, block, offset)| {
        [true, false].into_iter().flat_map(move |egress| {
            [("allow", EVERYTHING + offset), ("deny", LAST + offset)].map(|(action, number)| {
                Xml::new()
                    .text("ruleNumber", number)
                    .text("protocol", "-1")
                    .text("ruleAction", action)
                    .text("egress", egress)
                    .text(name, block)
            })
        })
    });
    let added = ec2.acl_entries.get(id).into_iter().flatten().map(|entry| {
        let ports = entry.ports.map(|(from, to)| Xml::new().text("from", from).text("to", to));
        let written = Xml::new()
            .text("ruleNumber", entry.number)
            .text("protocol", &entry.protocol)
            .text("ruleAction", if entry.allows { "allow" } else { "deny" })
            .text("egress", entry.egress)
            .text("cidrBlock", entry.block);
        match ports {
            Some(ports) => written.element("portRange", ports),
            None => written,
        }
    });
    Xml::new()
        .text("networkAclId", id)
        .text("vpcId", vpc_id)
        .text("default", true)
        .text("ownerId", owner)
        .set("entrySet", added.chain(entries))
        .set("associationSet", subnets)
        .join(tags::tag_set(ec2.tags.get(id)))
}
