//! Network ACLs: the default one of each VPC, which lets everything through until somebody changes its entries, others, and the
//! subnets that each is for. Entries are in `network_acl_entry.rs`; packets that leave their subnet pass them.

use std::collections::BTreeMap;

use crate::simulator::buckets::{MUTATING, READING};
use crate::simulator::durations::CREATED_VISIBLE;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::lookup::{self, network_acl_not_found, vpc_of_network_acl};
use crate::simulator::ec2::state::State;
use crate::simulator::ec2::state::network_acl::{Association, default_of};
use crate::simulator::ec2::{network_acl_entry as entry, tags};
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("CreateNetworkAcl", MUTATING, create),
    mutation("DeleteNetworkAcl", MUTATING, delete),
    mutation("ReplaceNetworkAclAssociation", MUTATING, replace_association),
    reading("DescribeNetworkAcls", READING, describe_many),
];

/// Gives the ACL that a subnet's packets pass.
pub fn of_subnet(state: &State, subnet_id: &str, vpc_id: &str) -> String {
    state.acl_associations.get(subnet_id).map_or_else(|| default_of(vpc_id), |tie| tie.acl_id.clone())
}

/// The id of the association of a subnet, which follows from the subnet's while it has the default ACL.
fn association_of(state: &State, subnet_id: &str) -> String {
    let own = state.acl_associations.get(subnet_id).map(|tie| tie.id.clone());
    own.unwrap_or_else(|| subnet_id.replacen("subnet-", "aclassoc-", 1))
}

fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    if let Some(first) = session.replay(params)? {
        return Ok(first);
    }
    let vpc = lookup::vpc(session, params.need("VpcId")?)?;
    let tags = tags::specification(session, params, "network-acl")?;
    let id = session.new_id("acl", 17);
    session.created(&id, CREATED_VISIBLE);
    let owner = session.caller.account.clone();
    let ec2 = &mut session.region().ec2;
    ec2.tags.insert(id.clone(), tags);
    ec2.network_acls.insert(id.clone(), vpc.id.clone());
    let made = describe(ec2, &id, &vpc.id, &owner);
    let answer = Xml::new().element("networkAcl", made).optional("clientToken", params.text("ClientToken"));
    session.remember(params, &answer);
    Ok(answer)
}

fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("NetworkAclId")?;
    let vpc_id = vpc_of_network_acl(session, id)?;
    let ec2 = &mut session.region().ec2;
    if default_of(&vpc_id) == id {
        return Err(ApiError::invalid(format!("cannot delete default network ACL {id}")));
    }
    if ec2.acl_associations.values().any(|tie| tie.acl_id == id) {
        return Err(ApiError::dependency(format!("The networkAcl '{id}' has dependencies and cannot be deleted.")));
    }
    ec2.network_acls.remove(id);
    ec2.acl_entries.remove(id);
    ec2.tags.remove(id);
    Ok(Xml::new().text("return", true))
}

fn replace_association(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let (association, acl_id) = (params.need("AssociationId")?, params.need("NetworkAclId")?);
    let vpc_id = vpc_of_network_acl(session, acl_id)?;
    let ec2 = &session.region().ec2;
    let subnet = ec2.subnets.values().find(|subnet| association_of(ec2, &subnet.id) == association).cloned();
    let Some(subnet) = subnet else {
        return Err(ApiError::bad(
            "InvalidAssociationID.NotFound",
            format!("The association ID '{association}' does not exist"),
        ));
    };
    if subnet.vpc_id != vpc_id {
        return Err(ApiError::invalid(format!("The network ACL {acl_id} is not in the VPC {}.", subnet.vpc_id)));
    }
    let id = session.new_id("aclassoc", 17);
    let tie = Association { id: id.clone(), acl_id: acl_id.to_owned() };
    session.region().ec2.acl_associations.insert(subnet.id, tie);
    Ok(Xml::new().text("newAssociationId", id))
}

fn describe_many(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("NetworkAclId");
    let filters = Filters::read(params, &[])?;
    let owner = session.caller.account.clone();
    let ask = session.ask(params, PageSizes::Strict, !ids.is_empty())?;
    let own: Vec<(String, String)> = session.region().ec2.network_acls.clone().into_iter().collect();
    let own: Vec<(String, String)> = own.into_iter().filter(|(id, _)| session.visible(id)).collect();
    let ec2 = &session.region().ec2;
    let defaults = ec2.vpcs.keys().map(|vpc| (default_of(vpc), vpc.clone()));
    let all: BTreeMap<String, String> = defaults.chain(own).collect();
    if let Some(absent) = ids.iter().find(|id| !all.contains_key(*id)) {
        return Err(network_acl_not_found(absent));
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
    let subnets = ec2.subnets.values().filter(|subnet| subnet.vpc_id == vpc_id);
    let subnets = subnets.filter(|subnet| of_subnet(ec2, &subnet.id, vpc_id) == id).map(|subnet| {
        Xml::new()
            .text("networkAclAssociationId", association_of(ec2, &subnet.id))
            .text("networkAclId", id)
            .text("subnetId", &subnet.id)
    });
    let entries = entry::deletable(ec2, id, vpc_id).into_iter().chain(entry::last(ec2, vpc_id));
    Xml::new()
        .text("networkAclId", id)
        .text("vpcId", vpc_id)
        .text("default", default_of(vpc_id) == id)
        .text("ownerId", owner)
        .set("entrySet", entries.map(|entry| entry.write()))
        .set("associationSet", subnets)
        .join(tags::tag_set(ec2.tags.get(id)))
}
