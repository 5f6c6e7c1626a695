//! Route tables: the main one of each VPC, others, their associations with subnets, and the routes of gateway endpoints.
//!
//! Here because gateway endpoints name them and because clients read them beside each VPC. Of other routes there are those to network
//! interfaces within a VPC, more specific than its own, and those to the VPC's internet gateway, of which clients read what they wrote.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use crate::simulator::buckets::{MUTATING, READING};
use crate::simulator::clock::Moment;
use crate::simulator::durations::CREATED_VISIBLE;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::state::State;
use crate::simulator::ec2::state::route_table::RouteTable;
use crate::simulator::ec2::{internet_gateway, lookup, prefix_list, tags};
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
    mutation("AssociateRouteTable", MUTATING, associate),
    mutation("CreateRoute", MUTATING, create_route),
    mutation("CreateRouteTable", MUTATING, create),
    mutation("DeleteRoute", MUTATING, delete_route),
    mutation("DeleteRouteTable", MUTATING, delete),
    mutation("DisassociateRouteTable", MUTATING, disassociate),
    reading("DescribeRouteTables", READING, describe_many),
];

/// Refuses a table that is not there.
fn not_found(id: &str) -> ApiError {
    ApiError::bad("InvalidRouteTableID.NotFound", format!("The routeTable ID '{id}' does not exist"))
}

fn find(session: &mut Session<'_>, id: &str) -> Result<RouteTable, ApiError> {
    let found = session.region().ec2.route_tables.get(id).cloned();
    found.filter(|_| session.visible(id)).ok_or_else(|| not_found(id))
}

/// Checks that route tables exist and are of a VPC.
pub fn named(session: &mut Session<'_>, vpc_id: &str, ids: &[String]) -> Result<Vec<String>, ApiError> {
    for id in ids {
        // The family of endpoints has a spelling of its own.
        let table = find(session, id).map_err(|_| {
            ApiError::bad("InvalidRouteTableId.NotFound", format!("The routeTable ID '{id}' does not exist"))
        })?;
        if table.vpc_id != vpc_id {
            return Err(ApiError::invalid(format!("The route table {id} is not in the VPC {vpc_id}.")));
        }
    }
    Ok(ids.to_vec())
}

fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    if let Some(first) = session.replay(params)? {
        return Ok(first);
    }
    let vpc = lookup::vpc(session, params.need("VpcId")?)?;
    let tags = tags::specification(session, params, "route-table")?;
    let id = session.new_id("rtb", 17);
    let table = RouteTable { id: id.clone(), vpc_id: vpc.id, is_main: false, ..RouteTable::default() };
    session.created(&id, CREATED_VISIBLE);
    let (owner, now) = (session.caller.account.clone(), session.now);
    let ec2 = &mut session.region().ec2;
    ec2.tags.insert(id.clone(), tags);
    ec2.route_tables.insert(id, table.clone());
    let made = describe(ec2, &table, &owner, now);
    let answer = Xml::new().element("routeTable", made).optional("clientToken", params.text("ClientToken"));
    session.remember(params, &answer);
    Ok(answer)
}

fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let table = find(session, params.need("RouteTableId")?)?;
    let now = session.now;
    let ec2 = &mut session.region().ec2;
    let mut endpoints = ec2.privatelink.endpoints.values().filter(|endpoint| endpoint.state.at(now).exists());
    if table.is_main || !table.subnets.is_empty() || endpoints.any(|one| one.route_tables.contains(&table.id)) {
        return Err(ApiError::dependency(format!(
            "The routeTable '{}' has dependencies and cannot be deleted.",
            table.id
        )));
    }
    ec2.route_tables.remove(&table.id);
    ec2.tags.remove(&table.id);
    Ok(Xml::new().text("return", true))
}

fn associate(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let table = find(session, params.need("RouteTableId")?)?;
    let subnet = lookup::subnet(session, params.need("SubnetId")?)?;
    if subnet.vpc_id != table.vpc_id {
        return Err(ApiError::bad(
            "InvalidParameterValue",
            format!("Route table {} and subnet {} belong to different networks", table.id, subnet.id),
        ));
    }
    let mut tables = session.region().ec2.route_tables.values();
    if tables.any(|other| other.subnets.values().any(|taken| *taken == subnet.id)) {
        return Err(ApiError::bad(
            "Resource.AlreadyAssociated",
            format!("the specified association for route table {} conflicts with an existing association", table.id),
        ));
    }
    let association = session.new_id("rtbassoc", 17);
    if let Some(table) = session.region().ec2.route_tables.get_mut(&table.id) {
        table.subnets.insert(association.clone(), subnet.id);
    }
    let state = Xml::new().text("state", "associated");
    Ok(Xml::new().text("associationId", association).element("associationState", state))
}

/// Gives the interface that a subnet's packets to an address go to first, with its table; `None` where the VPC's own route leads.
pub fn detour<'a>(ec2: &'a State, subnet_id: &str, vpc_id: &str, to: Ipv4Addr) -> Option<(&'a str, &'a str)> {
    let tables = || ec2.route_tables.values().filter(|table| table.vpc_id == vpc_id);
    let own = tables().find(|table| table.subnets.values().any(|subnet| subnet == subnet_id));
    let table = own.or_else(|| tables().find(|table| table.is_main))?;
    let routes = table.routes.iter().filter(|(block, _)| block.contains(&to));
    let (_, interface) = routes.max_by_key(|(block, _)| block.prefix_len())?;
    Some((&table.id, interface))
}

fn block(params: &Params) -> Result<Ipv4Net, ApiError> {
    let text = params.need("DestinationCidrBlock")?;
    text.parse().map_err(|_| ApiError::invalid_value("destinationCidrBlock", text))
}

/// Source: VPC guide, "Route priority": a route may be more specific than the local one where it leads to an interface.
fn create_route(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let table = find(session, params.need("RouteTableId")?)?;
    if let Some(gateway) = params.text("GatewayId").map(ToOwned::to_owned) {
        return create_gateway_route(session, params, &table, gateway);
    }
    let Some(interface) = params.text("NetworkInterfaceId").map(ToOwned::to_owned) else {
        return Err(ApiError::not_simulated("a route to something else than an interface or an internet gateway"));
    };
    let block = block(params)?;
    let now = session.now;
    let ec2 = &mut session.region().ec2;
    if !ec2.network_interfaces.get(&interface).is_some_and(|found| found.alive(now)) {
        return Err(ApiError::bad(
            "InvalidNetworkInterfaceID.NotFound",
            format!("The networkInterface ID '{interface}' does not exist"),
        ));
    }
    let cidrs = ec2.vpcs.get(&table.vpc_id).map(|vpc| vpc.cidrs.clone()).unwrap_or_default();
    let is_narrower = |cidr: &Ipv4Net| cidr.contains(&block) && cidr.prefix_len() < block.prefix_len();
    if !cidrs.iter().any(is_narrower) {
        return Err(ApiError::not_simulated(format!("a route to {block}, which is no part of the VPC")));
    }
    if table.routes.contains_key(&block) {
        return Err(exists(IpNet::V4(block)));
    }
    if let Some(table) = ec2.route_tables.get_mut(&table.id) {
        table.routes.insert(block, interface);
    }
    Ok(Xml::new().text("return", true))
}

fn exists(block: IpNet) -> ApiError {
    ApiError::bad("RouteAlreadyExists", format!("The route identified by {block} already exists."))
}

fn any_block(params: &Params) -> Result<IpNet, ApiError> {
    match params.text("DestinationIpv6CidrBlock") {
        None => block(params).map(IpNet::V4),
        Some(text) => {
            text.parse().map(IpNet::V6).map_err(|_| ApiError::invalid_value("destinationIpv6CidrBlock", text))
        }
    }
}

fn create_gateway_route(
    session: &mut Session<'_>,
    params: &Params,
    table: &RouteTable,
    gateway: String,
) -> Result<Xml, ApiError> {
    let block = any_block(params)?;
    internet_gateway::check_route(session, &gateway, (&table.id, &table.vpc_id))?;
    let ec2 = &mut session.region().ec2;
    let vpc = ec2.vpcs.get(&table.vpc_id);
    let is_local = |cidr: IpNet| cidr.contains(&block);
    if vpc.is_some_and(|vpc| vpc.cidrs.iter().any(|cidr| is_local(IpNet::V4(*cidr)))) {
        return Err(ApiError::invalid(format!(
            "{block} is part of the VPC, and no gateway of the internet leads there."
        )));
    }
    if table.gateway_routes.contains_key(&block) {
        return Err(exists(block));
    }
    if let Some(table) = ec2.route_tables.get_mut(&table.id) {
        table.gateway_routes.insert(block, gateway);
    }
    Ok(Xml::new().text("return", true))
}

fn delete_route(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let table = find(session, params.need("RouteTableId")?)?;
    let block = any_block(params)?;
    let gone = session.region().ec2.route_tables.get_mut(&table.id).and_then(|table| match block {
        IpNet::V4(v4) => table.routes.remove(&v4).or_else(|| table.gateway_routes.remove(&block)),
        IpNet::V6(_) => table.gateway_routes.remove(&block),
    });
    if gone.is_none() {
        return Err(ApiError::bad(
            "InvalidRoute.NotFound",
            format!("no route with destination-cidr-block {block} in the route table"),
        ));
    }
    Ok(Xml::new().text("return", true))
}

fn disassociate(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("AssociationId")?;
    let mut tables = session.region().ec2.route_tables.values_mut();
    match tables.find_map(|table| table.subnets.remove(id)) {
        Some(_) => Ok(Xml::new().text("return", true)),
        None => {
            Err(ApiError::bad("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist")))
        }
    }
}

fn describe_many(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("RouteTableId");
    let filters = Filters::read(params, &[])?;
    let (owner, now) = (session.caller.account.clone(), session.now);
    let ask = session.ask(params, PageSizes::Strict, !ids.is_empty())?;
    let fails = session.holds(Rule::UnknownIdFailsList);
    let (Shelves { region: Region { ec2, .. }, .. }, mut desk) = session.desk();
    let listing = Listing {
        walk: &|range| walk(&ec2.route_tables, range),
        sight: None,
        changed: |_, _| None,
        shows: &|_, _| true,
        passes: &|table: &&RouteTable, _| filters.pass(ec2.tags.get(&table.id), |_| Vec::new()),
        write: &|table, _| describe(ec2, table, &owner, now),
        absent: if fails { Some(&not_found) } else { None },
    };
    let page = desk.list_passing(&ask, &ids, &listing, &|item| filters.pass_answer(item))?;
    Ok(Xml::new().set("routeTableSet", page.items).optional("nextToken", page.next))
}

fn describe(ec2: &State, table: &RouteTable, owner: &str, now: Moment) -> Xml {
    let vpc = ec2.vpcs.get(&table.vpc_id);
    let route = |name: &str, to: String, gateway: &str| {
        Xml::new().text(name, to).text("gatewayId", gateway).text("state", "active")
    };
    let local = vpc.into_iter().flat_map(|vpc| {
        let v4 = vpc.cidrs.iter().map(|cidr| ("destinationCidrBlock", cidr.to_string()));
        let v6 = vpc.ipv6_cidr.iter().map(|cidr| ("destinationIpv6CidrBlock", cidr.to_string()));
        v4.chain(v6)
            .map(|(name, cidr)| route(name, cidr, "local").text("origin", "CreateRouteTable"))
            .collect::<Vec<_>>()
    });
    let link = &ec2.privatelink;
    let endpoints = link.endpoints_by_vpc.get(&table.vpc_id).into_iter().flatten();
    let endpoints = endpoints.filter_map(|id| link.endpoints.get(id));
    let endpoints = endpoints.filter(|endpoint| endpoint.route_tables.contains(&table.id));
    let to_endpoints = endpoints.filter_map(|endpoint| {
        let list = prefix_list::of_service(&endpoint.region, &endpoint.service_name)?;
        Some(route("destinationPrefixListId", list.id, &endpoint.id).text("origin", "CreateRoute"))
    });
    let to_interfaces = table.routes.iter().map(|(block, interface)| {
        let is_there = ec2.network_interfaces.get(interface).is_some_and(|found| found.alive(now));
        Xml::new()
            .text("destinationCidrBlock", block)
            .text("networkInterfaceId", interface)
            .text("state", if is_there { "active" } else { "blackhole" })
            .text("origin", "CreateRoute")
    });
    let to_gateways = table.gateway_routes.iter().map(|(block, gateway)| {
        let name = match block {
            IpNet::V4(_) => "destinationCidrBlock",
            IpNet::V6(_) => "destinationIpv6CidrBlock",
        };
        let is_attached = ec2.internet_gateways.get(gateway).is_some_and(|vpc| vpc.as_ref() == Some(&table.vpc_id));
        Xml::new()
            .text(name, block)
            .text("gatewayId", gateway)
            .text("state", if is_attached { "active" } else { "blackhole" })
            .text("origin", "CreateRoute")
    });
    let state = || Xml::new().text("state", "associated");
    let main = table.is_main.then(|| {
        Xml::new()
            .text("routeTableAssociationId", table.id.replacen("rtb-", "rtbassoc-", 1))
            .text("routeTableId", &table.id)
            .text("main", true)
            .element("associationState", state())
    });
    let subnets = table.subnets.iter().map(|(association, subnet)| {
        Xml::new()
            .text("routeTableAssociationId", association)
            .text("routeTableId", &table.id)
            .text("subnetId", subnet)
            .text("main", false)
            .element("associationState", state())
    });
    Xml::new()
        .text("routeTableId", &table.id)
        .text("vpcId", &table.vpc_id)
        .text("ownerId", owner)
        .set("routeSet", local.chain(to_endpoints).chain(to_interfaces).chain(to_gateways))
        .set("associationSet", main.into_iter().chain(subnets))
        .set("propagatingVgwSet", [])
        .join(tags::tag_set(ec2.tags.get(&table.id)))
}
