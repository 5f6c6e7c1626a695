//! The consumer's side: the endpoint, its interfaces, its security groups, and its connection.

use super::answer::Diagnosis;
use super::client::{Admission, Client};
use super::placement::{Located, Placement};
use super::question::Question;
use super::sides::{Sides, seen_by};
use super::{names, network};
use crate::aws::Account;
use crate::aws::lookups::{EndpointSeen, Interface};
use crate::engine::Result;

/// From the name to the connection. Returns who asks, and where it enters the endpoint.
pub(super) async fn walk(
    sides: &Sides,
    question: &Question,
    found: &mut Diagnosis,
) -> Result<(Client, Vec<Placement>)> {
    let Some((account, endpoint)) = &sides.consumer else { return Ok(without_consumer(sides, question, found)) };
    let client = client(account, endpoint, question, found).await?;
    let interfaces = account.interfaces(&endpoint.interface_ids).await?;
    let resolved = names::resolve(sides, account, endpoint, &interfaces, question, found).await?;
    let placements = enter(endpoint, interfaces, &resolved, &client, found);
    if !placements.is_empty() {
        let interfaces: Vec<&Interface> =
            placements.iter().filter_map(|placement| placement.interface.as_ref()).collect();
        network::walk(account, endpoint, question, &client, &interfaces, found).await?;
        groups(account, endpoint, question, &client.client, found).await?;
    }
    connection(sides, endpoint, found);
    Ok((client.client, placements))
}

async fn client(
    account: &Account,
    endpoint: &EndpointSeen,
    question: &Question,
    found: &mut Diagnosis,
) -> Result<Located> {
    let mut client = Client {
        address: question.source_ip,
        blocks: Vec::new(),
        group_ids: question.security_group_ids.clone(),
        knows_groups: !question.security_group_ids.is_empty(),
        vpc_id: Some(endpoint.vpc_id.clone()),
    };
    let mut located = (None, None);
    if let Some(id) = &question.subnet_id {
        if let Some((vpc_id, zone_id)) = account.place_of_subnet(id).await? {
            let room = account.subnet_capacity(id).await?.unwrap_or_default();
            client.blocks.extend(room.ipv4.map(ipnet::IpNet::V4));
            client.blocks.extend(room.ipv6.into_iter().map(ipnet::IpNet::V6));
            if vpc_id != endpoint.vpc_id {
                let detail = format!("{id} is in {vpc_id}, the endpoint in {}", endpoint.vpc_id);
                let advice = "Interfaces of an endpoint are reached from other VPCs over peering, a transit gateway or a VPN. \
                              Diagnose from a subnet of the endpoint's VPC, and look at the routes between the two.";
                found.unknown("endpoint", &endpoint.id, detail, advice);
            }
            client.vpc_id = Some(vpc_id);
            located = (Some(zone_id), Some(id.clone()));
        } else {
            let detail = format!("there is no subnet {id} in the endpoint's account");
            found.broken_hop("endpoint", &endpoint.id, detail, "Write the id of a subnet of the client.");
        }
    }
    if client.blocks.is_empty() {
        client.blocks = account.blocks_of_vpc(&endpoint.vpc_id).await?;
    }
    Ok(Located { client, zone_id: located.0, subnet_id: located.1 })
}

/// The interfaces that the name leads to, as far as they are there; in the client's zone where it has one.
fn enter(
    endpoint: &EndpointSeen,
    interfaces: Vec<Interface>,
    resolved: &names::Resolved,
    client: &Located,
    found: &mut Diagnosis,
) -> Vec<Placement> {
    let id = &endpoint.id;
    if !endpoint.is_interface {
        let advice = "Only endpoints of type Interface are diagnosed here.";
        found.broken_hop("endpoint", id, "it has no interfaces of its own", advice);
        return Vec::new();
    }
    if ["deleting", "deleted"].contains(&endpoint.state.as_str()) {
        found.broken_hop("endpoint", id, format!("it is {}", endpoint.state), "Make another endpoint.");
        return Vec::new();
    }
    let mut meant: Vec<Interface> = interfaces.into_iter().filter(|interface| resolved.leads_to(interface)).collect();
    if let Some(zone) = &client.zone_id
        && meant.iter().any(|interface| interface.zone_id == *zone)
    {
        meant.retain(|interface| interface.zone_id == *zone);
    }
    if meant.is_empty() {
        let detail = format!("it is {} and has no network interface in use", endpoint.state);
        found.broken_hop(
            "endpoint",
            id,
            detail,
            "Add a subnet to the endpoint, or wait until AWS has made its interfaces.",
        );
    }
    meant.sort_by(|left, right| left.zone_id.cmp(&right.zone_id));
    for interface in &meant {
        let addresses: Vec<String> = interface.addresses.iter().map(ToString::to_string).collect();
        found.ok("endpoint", id, format!("{} {} in {}", interface.id, addresses.join(" "), interface.zone_id));
    }
    let placement = |interface: Interface| Placement { zone_id: interface.zone_id.clone(), interface: Some(interface) };
    meant.into_iter().map(placement).collect()
}

async fn groups(
    account: &Account,
    endpoint: &EndpointSeen,
    question: &Question,
    client: &Client,
    found: &mut Diagnosis,
) -> Result<()> {
    const HOP: &str = "endpoint_security_group";
    let object = endpoint.group_ids.join(", ");
    let rules = account.inbound_rules(&endpoint.group_ids).await?;
    let what = format!("{} port {}", question.protocol.word(), question.port);
    match client.admission(&rules, &endpoint.vpc_id, question.protocol, question.port) {
        Admission::By(rule) => found.ok(HOP, &object, format!("{rule} lets {client} in on {what}")),
        Admission::Only(sources) => found.unknown(
            HOP,
            &object,
            format!("lets {sources} in on {what}; whether {client} is among them is not known"),
            "Say who the client is: security_group_ids, and source_ip or subnet_id (--security-group, --source-ip, --subnet).",
        ),
        Admission::No => found.broken_hop(
            HOP,
            &object,
            format!("no rule lets {client} in on {what}"),
            "Add an ingress rule for the client's security group or addresses, such as an ingress block of privatelink_consumer.",
        ),
    }
    Ok(())
}

/// The state of the connection, as both ends see it.
fn connection(sides: &Sides, endpoint: &EndpointSeen, found: &mut Diagnosis) {
    const HOP: &str = "connection";
    let owners = sides.connection.as_ref().map(|connection| connection.state.as_str());
    let is_there = |word: &str| ["available", "pending"].contains(&word);
    match (endpoint.state.as_str(), owners) {
        // An endpoint that is being modified goes on carrying traffic.
        (own, Some("available")) if is_there(own) => found.ok(HOP, &endpoint.id, "available at both ends"),
        ("available", None) => found.ok(HOP, &endpoint.id, "available"),
        ("pending", None) => found.unknown(
            HOP,
            &endpoint.id,
            "pending: AWS is at work on the endpoint",
            "Look again in a minute or two. An endpoint that worked before goes on working meanwhile.",
        ),
        (own, owners) => {
            let word = owners.filter(|word| *word != "available").unwrap_or(own);
            let reason = endpoint.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            found.broken_hop(HOP, &endpoint.id, format!("{word}{reason}"), turn(word));
        }
    }
}

/// Whose turn it is.
fn turn(word: &str) -> &'static str {
    match word {
        "pendingAcceptance" => {
            "The service's owner must accept the connection: an accept block of privatelink_service or privatelink_consumer, \
             or privatelink_connection."
        }
        "pending" => "It is accepted, and AWS is connecting it; look again in a minute or two.",
        "rejected" => {
            "The service's owner rejected it. Ask the owner; where AWS does not let a rejected connection be accepted, \
             replace the endpoint."
        }
        "expired" => "Nobody accepted it in time. Replace the endpoint, and ask the owner to accept the new one.",
        "failed" => "AWS gave up. Fix the cause that it names, and replace the endpoint.",
        _ => "Make another endpoint.",
    }
}

/// What is known where the endpoint's account cannot be asked.
fn without_consumer(sides: &Sides, question: &Question, found: &mut Diagnosis) -> (Client, Vec<Placement>) {
    let object = question.endpoint_id.clone().unwrap_or_else(|| "the endpoint".to_owned());
    let owner = sides.connection.as_ref().map(|connection| connection.owner.clone());
    let client = Client {
        address: question.source_ip,
        group_ids: question.security_group_ids.clone(),
        knows_groups: false,
        ..Client::default()
    };
    match (&question.endpoint_id, &sides.connection) {
        (Some(id), None) => {
            let place = format!("{} shows no endpoint {id}", sides.asked);
            let (detail, advice) = match &sides.service {
                Some((_, service)) => (
                    format!("{place}, and {} no connection of it", service.id),
                    "Check the id and the Region; the endpoint may be deleted.",
                ),
                None => (place, "Check the id, the Region and the credentials; the endpoint may be deleted."),
            };
            found.broken_hop("endpoint", id, detail, advice);
        }
        (None, _) => {
            let advice = "Say which endpoint: endpoint_id, and the consumer's credentials in peer_account.";
            for hop in ["dns", "endpoint", "endpoint_security_group", "connection"] {
                found.unknown(hop, &object, "no endpoint was named", advice);
            }
        }
        (Some(id), Some(connection)) if sides.ids.contains(&connection.owner) => {
            let detail =
                format!("account {} shows it no more; its connection is {}", connection.owner, connection.state);
            found.broken_hop("endpoint", id, detail, "Make another endpoint.");
        }
        (Some(_), Some(connection)) => {
            let advice = seen_by(owner.as_deref(), "consumer");
            for hop in ["dns", "endpoint", "endpoint_security_group"] {
                found.unknown(hop, &object, "the endpoint is in another account", &advice);
            }
            match connection.state.as_str() {
                "available" => found.ok("connection", &object, "available"),
                word => found.broken_hop("connection", &object, word, turn(word)),
            }
        }
    }
    let zones = sides.service.iter().flat_map(|(_, service)| service.availability_zone_ids.iter());
    let placements = zones.map(|zone| Placement { zone_id: zone.clone(), interface: None });
    (client, placements.collect())
}
