//! Security groups in further VPCs: AssociateSecurityGroupVpc, DisassociateSecurityGroupVpc, DescribeSecurityGroupVpcAssociations.
//!
//! Source: the operations' reference. VPCs and groups that are shared with other accounts are not simulated. *Assumed:* codes, times,
//! and that a second call of the same kind answers as the first one.

use crate::simulator::buckets::{MUTATING, READING};
use crate::simulator::durations::GROUP_VPC_CHANGE;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::lookup;
use crate::simulator::ec2::state::security_group::{ASSOCIATED, SecurityGroup};
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::timed::Timed;
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("AssociateSecurityGroupVpc", MUTATING, associate),
    mutation("DisassociateSecurityGroupVpc", MUTATING, disassociate),
    reading("DescribeSecurityGroupVpcAssociations", READING, describe),
];

/// Finds a group of the caller to change it.
fn found<'a>(session: &'a mut Session<'_>, id: &str) -> Result<&'a mut SecurityGroup, ApiError> {
    lookup::security_group(session, id)?;
    session.region().ec2.security_groups.get_mut(id).ok_or_else(|| lookup::group_not_found(id))
}

fn associate(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let (id, vpc_id) = (params.need("GroupId")?, params.need("VpcId")?);
    let vpc = lookup::vpc(session, vpc_id)?;
    let (now, done) = (session.now, session.later(GROUP_VPC_CHANGE));
    let group = found(session, id)?;
    if group.is_default || vpc.is_default {
        let message = "The default security group and the default VPC cannot be associated.";
        return Err(session.assumed(ApiError::bad("OperationNotPermitted", message)));
    }
    if group.vpc_id == vpc_id {
        let message = format!("{id} was created in {vpc_id}.");
        return Err(session.assumed(ApiError::bad("InvalidParameterValue", message)));
    }
    let state = group.further_vpcs.entry(vpc_id.to_owned()).or_insert_with(|| Timed::new(""));
    if !["associating", ASSOCIATED].contains(state.at(now)) {
        state.set(now, "associating");
        state.schedule(done, ASSOCIATED);
    }
    Ok(Xml::new().text("state", *state.at(now)))
}

fn disassociate(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let (id, vpc_id) = (params.need("GroupId")?.to_owned(), params.need("VpcId")?.to_owned());
    let (now, done) = (session.now, session.later(GROUP_VPC_CHANGE));
    let mut interfaces = session.region().ec2.network_interfaces.values();
    let is_held = interfaces.any(|one| one.alive(now) && one.vpc_id == vpc_id && one.groups.contains(&id));
    let group = found(session, &id)?;
    let state = group.further_vpcs.get_mut(&vpc_id).filter(|state| !state.at(now).is_empty());
    let Some(state) = state else {
        let message = format!("{id} is not associated with {vpc_id}.");
        return Err(session.assumed(ApiError::bad("InvalidParameterValue", message)));
    };
    if is_held {
        return Err(ApiError::dependency(format!("resource {id} has a dependent object")));
    }
    if *state.at(now) != "disassociating" {
        state.set(now, "disassociating");
        state.schedule(done, "");
    }
    Ok(Xml::new().text("state", *state.at(now)))
}

fn describe(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let filters = Filters::read(params, &["group-id", "group-owner-id", "state", "vpc-id", "vpc-owner-id"])?;
    let ask = session.ask(params, PageSizes::Strict, false)?;
    let owner = session.caller.account.clone();
    let mut items = Vec::new();
    for group in session.region().ec2.security_groups.values() {
        for (vpc_id, state) in &group.further_vpcs {
            let word = *state.at(now);
            let passes = filters.pass(None, |name| {
                let value = match name {
                    "group-id" => &group.id,
                    "state" => word,
                    "vpc-id" => vpc_id,
                    _ => owner.as_str(),
                };
                vec![value.to_owned()]
            });
            if word.is_empty() || !passes {
                continue;
            }
            let item = Xml::new()
                .text("groupId", &group.id)
                .text("groupOwnerId", &owner)
                .text("vpcId", vpc_id)
                .text("vpcOwnerId", &owner)
                .text("state", word);
            items.push((format!("{}/{vpc_id}", group.id), item));
        }
    }
    let page = session.page_of(items, &ask)?;
    Ok(Xml::new().set("securityGroupVpcAssociationSet", page.items).optional("nextToken", page.next))
}
