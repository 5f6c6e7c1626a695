//! Internet gateways: made, attached to one VPC each, named by routes. Nothing of the internet is simulated behind them; they are here
//! because networks have them, and because an internet-facing load balancer wants one.
//!
//! Source: EC2 API reference and error codes; sentences are *assumed*.

use ipnet::{IpNet, Ipv4Net};

use crate::simulator::buckets::{MUTATING, READING};
use crate::simulator::durations::CREATED_VISIBLE;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::state::{Gateways, State};
use crate::simulator::ec2::{lookup, tags};
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("AttachInternetGateway", MUTATING, attach),
    mutation("CreateInternetGateway", MUTATING, create),
    mutation("DeleteInternetGateway", MUTATING, delete),
    mutation("DetachInternetGateway", MUTATING, detach),
    reading("DescribeInternetGateways", READING, describe_many),
];

fn not_found(id: &str) -> ApiError {
    ApiError::bad("InvalidInternetGatewayID.NotFound", format!("The internetGateway ID '{id}' does not exist"))
}

/// Gives the VPC of a gateway of the caller's.
fn vpc_of(session: &mut Session<'_>, id: &str) -> Result<Option<String>, ApiError> {
    let found = session.region().ec2.internet_gateways.get(id).cloned();
    found.filter(|_| session.visible(id)).ok_or_else(|| not_found(id))
}

fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let tags = tags::specification(session, params, "internet-gateway")?;
    let id = session.new_id("igw", 17);
    session.created(&id, CREATED_VISIBLE);
    let owner = session.caller.account.clone();
    let ec2 = &mut session.region().ec2;
    ec2.tags.insert(id.clone(), tags);
    ec2.internet_gateways.insert(id.clone(), None);
    Ok(Xml::new().element("internetGateway", describe(ec2, &id, None, &owner)))
}

/// Gives a default VPC its gateway and the route of its main table that leads there.
pub fn make_for_default_vpc(session: &mut Session<'_>, vpc_id: &str) {
    let id = session.new_id("igw", 17);
    session.created(&id, CREATED_VISIBLE);
    let ec2 = &mut session.region().ec2;
    let main = ec2.route_tables.values_mut().find(|table| table.vpc_id == vpc_id && table.is_main);
    if let Some(main) = main {
        main.gateway_routes.insert(IpNet::V4(Ipv4Net::default()), id.clone());
    }
    ec2.internet_gateways.insert(id, Some(vpc_id.to_owned()));
}

fn attach(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let (id, vpc_id) = (params.need("InternetGatewayId")?, params.need("VpcId")?);
    let vpc = lookup::vpc(session, vpc_id)?;
    if let Some(taken) = vpc_of(session, id)? {
        return Err(ApiError::bad(
            "Resource.AlreadyAssociated",
            format!("resource {id} is already attached to network {taken}"),
        ));
    }
    let ec2 = &mut session.region().ec2;
    if ec2.has_internet_gateway(&vpc.id) {
        return Err(ApiError::bad(
            "InvalidParameterValue",
            format!("Network {vpc_id} already has an internet gateway attached"),
        ));
    }
    ec2.internet_gateways.insert(id.to_owned(), Some(vpc.id));
    Ok(Xml::new().text("return", true))
}

fn detach(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let (id, vpc_id) = (params.need("InternetGatewayId")?, params.need("VpcId")?);
    lookup::vpc(session, vpc_id)?;
    if vpc_of(session, id)?.is_none_or(|vpc| vpc != vpc_id) {
        return Err(ApiError::bad("Gateway.NotAttached", format!("resource {id} is not attached to network {vpc_id}")));
    }
    let now = session.now;
    let region = session.region();
    let mut balancers = region.elbv2.load_balancers.values();
    if balancers.any(|one| one.vpc_id == vpc_id && one.scheme == "internet-facing" && one.lives_at(now)) {
        return Err(ApiError::dependency(format!(
            "Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
        )));
    }
    region.ec2.internet_gateways.insert(id.to_owned(), None);
    Ok(Xml::new().text("return", true))
}

fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("InternetGatewayId")?;
    if vpc_of(session, id)?.is_some() {
        return Err(ApiError::dependency(format!(
            "The internetGateway '{id}' has dependencies and cannot be deleted."
        )));
    }
    let ec2 = &mut session.region().ec2;
    ec2.internet_gateways.remove(id);
    ec2.tags.remove(id);
    Ok(Xml::new().text("return", true))
}

/// Checks that a route table of a VPC can lead to a gateway.
pub fn check_route(session: &mut Session<'_>, id: &str, (table, vpc_id): (&str, &str)) -> Result<(), ApiError> {
    let vpc = vpc_of(session, id)
        .map_err(|_| ApiError::bad("InvalidGatewayID.NotFound", format!("The gateway ID '{id}' does not exist")))?;
    if vpc.is_none_or(|vpc| vpc != vpc_id) {
        return Err(ApiError::bad(
            "InvalidParameterValue",
            format!("route table {table} and network gateway {id} belong to different networks"),
        ));
    }
    Ok(())
}

fn describe_many(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("InternetGatewayId");
    let filters = Filters::read(params, &[])?;
    let owner = session.caller.account.clone();
    let ask = session.ask(params, PageSizes::Strict, !ids.is_empty())?;
    let all: Vec<(String, Option<String>)> = session.region().ec2.internet_gateways.clone().into_iter().collect();
    let all: Gateways = all.into_iter().filter(|(id, _)| session.visible(id)).collect();
    if let Some(absent) = ids.iter().find(|id| !all.contains_key(*id)) {
        return Err(not_found(absent));
    }
    let ec2 = &session.region().ec2;
    let mut items = Vec::new();
    for (id, vpc) in all.iter().filter(|(id, _)| ids.is_empty() || ids.contains(id)) {
        let item = describe(ec2, id, vpc.as_deref(), &owner);
        if filters.pass(ec2.tags.get(id), |_| Vec::new()) && filters.pass_answer(&item) {
            items.push((id.clone(), item));
        }
    }
    let page = session.page_of(items, &ask)?;
    Ok(Xml::new().set("internetGatewaySet", page.items).optional("nextToken", page.next))
}

fn describe(ec2: &State, id: &str, vpc: Option<&str>, owner: &str) -> Xml {
    let attachments = vpc.map(|vpc| Xml::new().text("vpcId", vpc).text("state", "available"));
    Xml::new()
        .text("internetGatewayId", id)
        .text("ownerId", owner)
        .set("attachmentSet", attachments)
        .join(tags::tag_set(ec2.tags.get(id)))
}
