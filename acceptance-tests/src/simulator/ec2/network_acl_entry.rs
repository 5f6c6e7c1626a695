//! Entries of network ACLs: CreateNetworkAclEntry, DeleteNetworkAclEntry, and which entry denies a packet.
//!
//! Source: VPC guide, network ACLs: the entry of the smallest number that fits decides, and what none fits is denied.

use ipnet::{IpNet, Ipv4Net};

use crate::simulator::buckets::MUTATING;
use crate::simulator::ec2::lookup::vpc_of_network_acl;
use crate::simulator::ec2::state::State;
use crate::simulator::ec2::state::network_acl::{Entry, default_of};
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] =
    &[mutation("CreateNetworkAclEntry", MUTATING, create), mutation("DeleteNetworkAclEntry", MUTATING, delete)];

/// The number of the entry that denies whatever no other allows. Nobody can make or delete it.
const LAST: u32 = 32_767;
/// The number of the entry of a new default ACL that lets every IPv4 packet through; the one of IPv6 follows it.
const EVERYTHING: u32 = 100;
/// The numbers that people give.
const NUMBERS: std::ops::RangeInclusive<u32> = 1..=32_766;

impl Entry {
    fn of_everything((number, egress, allows): (u32, bool, bool), block: IpNet) -> Self {
        Self { number, egress, allows, protocol: "-1".to_owned(), ports: None, block }
    }

    /// Writes the entry as DescribeNetworkAcls shows it.
    pub fn write(&self) -> Xml {
        let (name, block) = match self.block {
            IpNet::V4(block) => ("cidrBlock", block.to_string()),
            IpNet::V6(block) => ("ipv6CidrBlock", block.to_string()),
        };
        let written = Xml::new()
            .text("ruleNumber", self.number)
            .text("protocol", &self.protocol)
            .text("ruleAction", if self.allows { "allow" } else { "deny" })
            .text("egress", self.egress)
            .text(name, block);
        match self.ports {
            Some((from, to)) => written.element("portRange", Xml::new().text("from", from).text("to", to)),
            None => written,
        }
    }
}

/// Gives all packets of the families that a VPC has.
fn families(state: &State, vpc_id: &str) -> Vec<(IpNet, u32)> {
    let has_ipv6 = state.vpcs.get(vpc_id).is_some_and(|vpc| vpc.ipv6_cidr.is_some());
    let v4 = (IpNet::V4(Ipv4Net::default()), 0);
    [v4].into_iter().chain(has_ipv6.then(|| (IpNet::V6(ipnet::Ipv6Net::default()), 1))).collect()
}

/// Gives the entries that somebody can delete: those that were made, and those that a default ACL begins with.
pub fn deletable(state: &State, acl_id: &str, vpc_id: &str) -> Vec<Entry> {
    state.acl_entries.get(acl_id).cloned().unwrap_or_else(|| {
        let is_default = default_of(vpc_id) == acl_id;
        let blocks = families(state, vpc_id).into_iter().filter(|_| is_default);
        let both =
            |(block, offset)| [true, false].map(|way| Entry::of_everything((EVERYTHING + offset, way, true), block));
        blocks.flat_map(both).collect()
    })
}

/// Gives the entries that deny whatever no other allows.
pub fn last(state: &State, vpc_id: &str) -> Vec<Entry> {
    let both = |(block, offset)| [true, false].map(|way| Entry::of_everything((LAST + offset, way, false), block));
    families(state, vpc_id).into_iter().flat_map(both).collect()
}

/// Tells by which entry of an ACL a packet is denied; `None` when it may pass.
pub fn denied_by(
    state: &State,
    (acl_id, vpc_id): (&str, &str),
    egress: bool,
    (protocol, port): (&str, u16),
    is_in: impl Fn(IpNet) -> bool,
) -> Option<u32> {
    let mut entries = deletable(state, acl_id, vpc_id);
    entries.retain(|entry| entry.egress == egress);
    entries.sort_by_key(|entry| entry.number);
    let fits = |entry: &&Entry| {
        (entry.protocol == "-1" || entry.protocol == protocol)
            && entry.ports.is_none_or(|(from, to)| (from..=to).contains(&port))
            && is_in(entry.block)
    };
    match entries.iter().find(fits) {
        Some(entry) => (!entry.allows).then_some(entry.number),
        None => Some(LAST),
    }
}

fn number(params: &Params) -> Result<u32, ApiError> {
    let number = params.number("RuleNumber")?.ok_or_else(|| ApiError::missing("RuleNumber"))?;
    u32::try_from(number)
        .ok()
        .filter(|number| NUMBERS.contains(number))
        .ok_or_else(|| ApiError::invalid_value("ruleNumber", &number.to_string()))
}

fn block(params: &Params) -> Result<IpNet, ApiError> {
    let (name, text) = match params.text("Ipv6CidrBlock") {
        Some(text) => ("ipv6CidrBlock", text),
        None => ("cidrBlock", params.need("CidrBlock")?),
    };
    text.parse::<IpNet>()
        .ok()
        .filter(|block| matches!(block, IpNet::V6(_)) == (name == "ipv6CidrBlock"))
        .ok_or_else(|| ApiError::invalid_value(name, text))
}

fn read(params: &Params) -> Result<Entry, ApiError> {
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
    // With all protocols the ports are not looked at.
    let ports = ports.filter(|_| protocol != "-1");
    Ok(Entry { number: number(params)?, egress, allows, protocol: protocol.to_owned(), ports, block: block(params)? })
}

fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("NetworkAclId")?;
    let vpc_id = vpc_of_network_acl(session, id)?;
    let entry = read(params)?;
    let ec2 = &mut session.region().ec2;
    let mut entries = deletable(ec2, id, &vpc_id);
    if entries.iter().any(|other| (other.number, other.egress) == (entry.number, entry.egress)) {
        return Err(ApiError::bad(
            "NetworkAclEntryAlreadyExists",
            format!("The network acl entry identified by {} already exists.", entry.number),
        ));
    }
    entries.push(entry);
    ec2.acl_entries.insert(id.to_owned(), entries);
    Ok(Xml::new().text("return", true))
}

fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("NetworkAclId")?;
    let vpc_id = vpc_of_network_acl(session, id)?;
    let (number, egress) = (number(params)?, params.flag("Egress")?.unwrap_or(false));
    let ec2 = &mut session.region().ec2;
    let mut entries = deletable(ec2, id, &vpc_id);
    let before = entries.len();
    entries.retain(|entry| (entry.number, entry.egress) != (number, egress));
    if entries.len() == before {
        return Err(ApiError::bad(
            "InvalidNetworkAclEntry.NotFound",
            format!("The network acl entry identified by {number} does not exist."),
        ));
    }
    ec2.acl_entries.insert(id.to_owned(), entries);
    Ok(Xml::new().text("return", true))
}
