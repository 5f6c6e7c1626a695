//! Security groups: create, describe, delete (rules 5 and 13).

use std::collections::BTreeMap;

use ipnet::{Ipv4Net, Ipv6Net};
use serde_json::{Map, Value};

use crate::simulator::buckets::{MUTATING, READING_UNFILTERED_SMALLER};
use crate::simulator::clock::Moment;
use crate::simulator::durations::SECURITY_GROUP_VISIBLE;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::lookup::{self, group_not_found, is_group_id, malformed_group_id};
use crate::simulator::ec2::state::security_group::{Peer, Rule, SecurityGroup};
use crate::simulator::ec2::tags;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::rules;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::state;
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("CreateSecurityGroup", MUTATING, create_security_group),
    mutation("DeleteSecurityGroup", MUTATING, delete_security_group),
    reading("DescribeSecurityGroups", READING_UNFILTERED_SMALLER, describe_security_groups),
];

/// Makes a group with its allow-all egress; a VPC's default group also lets its members in.
pub fn create(session: &mut Session<'_>, name: &str, description: &str, vpc_id: &str, is_default: bool) -> String {
    let id = session.new_id("sg", 17);
    let mut peers = vec![(true, Peer::Ipv4(Ipv4Net::default()))];
    let dual = session.region().ec2.vpcs.get(vpc_id).is_some_and(|vpc| vpc.ipv6_cidr.is_some());
    if dual {
        peers.push((true, Peer::Ipv6(Ipv6Net::default())));
    }
    if is_default {
        peers.push((false, Peer::Group(id.clone())));
    }
    let mut rules = BTreeMap::new();
    for (egress, peer) in peers {
        let rule = Rule {
            id: session.new_id("sgr", 17),
            egress,
            protocol: "-1".to_owned(),
            from_port: -1,
            to_port: -1,
            peer,
            description: None,
            born_with_group: true,
        };
        rules.insert(rule.id.clone(), rule);
    }
    let group = SecurityGroup {
        id: id.clone(),
        name: name.to_owned(),
        description: description.to_owned(),
        vpc_id: vpc_id.to_owned(),
        is_default,
        rules,
        further_vpcs: BTreeMap::new(),
    };
    session.region().ec2.group_names.insert((vpc_id.to_owned(), name.to_ascii_lowercase()));
    session.region().ec2.security_groups.insert(id.clone(), group);
    id
}

/// Opens a group to everything from a block, as somebody did long ago.
pub fn open_to(session: &mut Session<'_>, id: &str, block: Ipv4Net) {
    let rule = Rule {
        id: session.new_id("sgr", 17),
        egress: false,
        protocol: "-1".to_owned(),
        from_port: -1,
        to_port: -1,
        peer: Peer::Ipv4(block),
        description: None,
        born_with_group: false,
    };
    if let Some(group) = session.region().ec2.security_groups.get_mut(id) {
        group.rules.insert(rule.id.clone(), rule);
    }
}

fn create_security_group(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let name = params.need("GroupName")?;
    let description = params.need("GroupDescription")?;
    let vpc_id = params.need("VpcId")?;
    let tags = tags::specification(session, params, "security-group")?;
    for (parameter, text) in [("groupName", name), ("groupDescription", description)] {
        let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
        if text.chars().count() > 255 || !text.chars().all(allowed) {
            return Err(ApiError::bad(
                "InvalidParameterValue",
                format!(
                    "Value ({text}) for parameter {parameter} is invalid. Character sets beyond ASCII are not supported, \
                     at most 255 characters out of a-z, A-Z, 0-9, spaces and ._-:/()#,@[]+=&;{{}}!$* are."
                ),
            ));
        }
    }
    if name.starts_with("sg-") {
        return Err(ApiError::bad(
            "InvalidParameterValue",
            format!("Value ({name}) for parameter groupName is invalid. It cannot start with 'sg-'."),
        ));
    }
    if name.eq_ignore_ascii_case("default") {
        return Err(ApiError::bad("InvalidGroup.Reserved", format!("The security group '{name}' is reserved")));
    }
    lookup::vpc(session, vpc_id)?;
    if session.region().ec2.group_names.contains(&(vpc_id.to_owned(), name.to_ascii_lowercase())) {
        return Err(ApiError::bad(
            "InvalidGroup.Duplicate",
            format!("The security group '{name}' already exists for VPC '{vpc_id}'"),
        ));
    }
    let id = create(session, name, description, vpc_id, false);
    session.created(&id, SECURITY_GROUP_VISIBLE);
    let set = tags::tag_set(Some(&tags));
    session.region().ec2.tags.insert(id.clone(), tags);
    let arn = arn(session, &id);
    Ok(Xml::new().text("return", true).text("groupId", id).join(set).text("securityGroupArn", arn))
}

fn arn(session: &Session<'_>, id: &str) -> String {
    format!("arn:aws:ec2:{}:{}:security-group/{id}", session.caller.region, session.caller.account)
}

fn delete_security_group(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("GroupId")?;
    let group = match lookup::security_group(session, id) {
        Err(error) if error.code == "InvalidGroup.NotFound" && !session.holds(rules::Rule::AbsentDeletionIsTold) => {
            return Ok(Xml::new().text("return", true).text("groupId", id));
        }
        found => found?,
    };
    if group.is_default {
        return Err(ApiError::bad(
            "CannotDelete",
            format!("the specified group: \"{}\" name: \"default\" cannot be deleted by a user", group.id),
        ));
    }
    let now = session.now;
    // A rule in another account's group can name this one too (peered VPCs), so all are asked.
    let named = session.state.regions().any(|(_, _, region)| {
        let mut others = region.ec2.security_groups.values().filter(|other| other.id != group.id);
        others.any(|other| other.rules.values().any(|rule| rule.peer == Peer::Group(group.id.clone())))
    });
    let stays = session.holds(rules::Rule::HeldGroupStays);
    let mut interfaces = session.region().ec2.network_interfaces.values();
    let held = named
        || group.is_associated(now)
        || interfaces.any(|interface| interface.alive(now) && interface.groups.contains(&group.id));
    if stays && held {
        return Err(ApiError::dependency(format!("resource {} has a dependent object", group.id)));
    }
    let ec2 = &mut session.region().ec2;
    ec2.security_groups.remove(&group.id);
    ec2.group_names.remove(&(group.vpc_id, group.name.to_ascii_lowercase()));
    ec2.tags.remove(&group.id);
    for rule in group.rules.keys() {
        ec2.tags.remove(rule);
    }
    Ok(Xml::new().text("return", true).text("groupId", &group.id))
}

/// Forces a security group: a rule more (`{"ingress": {"cidr": "10.0.0.0/8", "port": 22}}`), or all inbound rules gone
/// (`{"ingress": null}`); `None` when the kind is not of this module.
pub fn force(
    state: &mut state::State,
    kind: &str,
    id: &str,
    fields: &Map<String, Value>,
) -> Option<Result<(), String>> {
    if kind != "security_group" {
        return None;
    }
    let found = state.regions_mut().find_map(|(_, _, region)| region.ec2.security_groups.get_mut(id));
    let Some(group) = found else { return Some(Err(format!("there is no security group {id}"))) };
    let wrong = || Err("a security group takes ingress: null, or a cidr and a port".to_owned());
    Some(match fields.get("ingress").filter(|_| fields.len() == 1) {
        Some(Value::Null) => {
            group.rules.retain(|_, rule| rule.egress);
            Ok(())
        }
        Some(Value::Object(rule)) => {
            let block = rule.get("cidr").and_then(Value::as_str).and_then(|text| text.parse::<Ipv4Net>().ok());
            let port = rule.get("port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
            let (Some(block), Some(port)) = (block, port) else { return Some(wrong()) };
            let digits = id.rsplit('-').next().unwrap_or_default();
            let digits: String = digits.chars().rev().take(12).collect();
            let rule = Rule {
                id: format!("sgr-0{digits:0>12}{:04x}", group.rules.len()),
                egress: false,
                protocol: "tcp".to_owned(),
                from_port: i32::from(port),
                to_port: i32::from(port),
                peer: Peer::Ipv4(block.trunc()),
                description: None,
                born_with_group: false,
            };
            group.rules.insert(rule.id.clone(), rule);
            Ok(())
        }
        _ => wrong(),
    })
}

const FILTERS: &[&str] = &[
    "description",
    "egress.ip-permission.group-id",
    "group-id",
    "group-name",
    "ip-permission.group-id",
    "owner-id",
    "vpc-id",
];

/// Groups that the rules of a group name, one way.
fn named_in(group: &SecurityGroup, egress: bool) -> Vec<String> {
    let rules = group.rules.values().filter(|rule| rule.egress == egress);
    rules
        .filter_map(|rule| match &rule.peer {
            Peer::Group(id) => Some(id.clone()),
            _ => None,
        })
        .collect()
}

fn describe_security_groups(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("GroupId");
    let names = params.texts("GroupName");
    let filters = Filters::read(params, FILTERS)?;
    if let Some(id) = ids.iter().find(|id| !is_group_id(id)) {
        return Err(malformed_group_id(id));
    }
    if !names.is_empty() {
        return Err(ApiError::bad(
            "VPCResourceNotSpecified",
            "Groups of a VPC are named by id or by the filter group-name.",
        ));
    }
    let owner = session.caller.account.clone();
    let place = format!("arn:aws:ec2:{}:{}:security-group", session.caller.region, session.caller.account);
    let ask = session.ask(params, PageSizes::Strict, !ids.is_empty())?;
    let fails = session.holds(rules::Rule::UnknownIdFailsList);
    let (Shelves { region, .. }, mut desk) = session.desk();
    let passes = |group: &&SecurityGroup, _: Moment| {
        filters.pass(region.ec2.tags.get(&group.id), |name| {
            if let Some(way) = name.strip_suffix("ip-permission.group-id") {
                return named_in(group, way == "egress.");
            }
            vec![
                match name {
                    "description" => &group.description,
                    "group-id" => &group.id,
                    "group-name" => &group.name,
                    "owner-id" => &owner,
                    _ => &group.vpc_id,
                }
                .clone(),
            ]
        })
    };
    let write = |group: &&SecurityGroup, _: Moment| {
        let tags = tags::tag_set(region.ec2.tags.get(&group.id));
        describe(group, &owner).join(tags).text("securityGroupArn", format!("{place}/{}", group.id))
    };
    let listing = Listing {
        walk: &|range| walk(&region.ec2.security_groups, range),
        sight: None,
        changed: |_, _| None,
        shows: &|_, _| true,
        passes: &passes,
        write: &write,
        absent: if fails { Some(&group_not_found) } else { None },
    };
    let page = desk.list_passing(&ask, &ids, &listing, &|item| filters.pass_answer(item))?;
    Ok(Xml::new().set("securityGroupInfo", page.items).optional("nextToken", page.next))
}

fn describe(group: &SecurityGroup, owner: &str) -> Xml {
    Xml::new()
        .text("ownerId", owner)
        .text("groupId", &group.id)
        .text("groupName", &group.name)
        .text("groupDescription", &group.description)
        .text("vpcId", &group.vpc_id)
        .set("ipPermissions", permissions(group, owner, false))
        .set("ipPermissionsEgress", permissions(group, owner, true))
}

/// Folds rules with one protocol and one range of ports into one permission, as AWS does.
fn permissions(group: &SecurityGroup, owner: &str, egress: bool) -> Vec<Xml> {
    let mut folded: BTreeMap<(String, i32, i32), Vec<&Rule>> = BTreeMap::new();
    for rule in group.rules.values().filter(|rule| rule.egress == egress) {
        let key = (rule.protocol.clone(), rule.from_port, rule.to_port);
        folded.entry(key).or_default().push(rule);
    }
    let permission = |((protocol, from, to), rules): ((String, i32, i32), Vec<&Rule>)| {
        let ported = protocol != "-1";
        let described = |rule: &Rule, xml: Xml| xml.optional("description", rule.description.as_ref());
        let (mut v4, mut v6, mut groups, mut lists) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for rule in rules {
            match &rule.peer {
                Peer::Ipv4(net) => v4.push(described(rule, Xml::new().text("cidrIp", net))),
                Peer::Ipv6(net) => v6.push(described(rule, Xml::new().text("cidrIpv6", net))),
                Peer::Group(id) => {
                    groups.push(described(rule, Xml::new().text("userId", owner).text("groupId", id)));
                }
                Peer::PrefixList(id) => lists.push(described(rule, Xml::new().text("prefixListId", id))),
            }
        }
        Xml::new()
            .text("ipProtocol", protocol)
            .optional("fromPort", ported.then_some(from))
            .optional("toPort", ported.then_some(to))
            .set("groups", groups)
            .set("ipRanges", v4)
            .set("ipv6Ranges", v6)
            .set("prefixListIds", lists)
    };
    folded.into_iter().map(permission).collect()
}
