//! Network ACLs: the default one of each VPC, which lets everything through. Clients read it beside the VPC; others are not simulated.

use std::collections::BTreeMap;

use crate::simulator::buckets::READING;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::{State, tags};
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[reading("DescribeNetworkAcls", READING, describe_many)];

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
        [("cidrBlock", "0.0.0.0/0", 0_u16)].into_iter().chain(has_ipv6.then_some(("ipv6CidrBlock", "::/0", 1)));
    let entries = blocks.flat_map(|(name, block, offset)| {
        [true, false].into_iter().flat_map(move |egress| {
            [("allow", 100 + offset), ("deny", 32_767 + offset)].map(|(action, number)| {
                Xml::new()
                    .text("ruleNumber", number)
                    .text("protocol", "-1")
                    .text("ruleAction", action)
                    .text("egress", egress)
                    .text(name, block)
            })
        })
    });
    Xml::new()
        .text("networkAclId", id)
        .text("vpcId", vpc_id)
        .text("default", true)
        .text("ownerId", owner)
        .set("entrySet", entries)
        .set("associationSet", subnets)
        .join(tags::tag_set(ec2.tags.get(id)))
}
