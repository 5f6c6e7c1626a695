//! ListHostedZones, ListHostedZonesByName, ListHostedZonesByVPC.

use crate::simulator::buckets::ROUTE53;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, reading};
use crate::simulator::paging::Ask;
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::hidden_zones;
use super::hosted_zones::describe;
use super::input::{self, invalid};
use super::names;
use super::vpc_associations::{invalid_token, owner_of_vpc};
use super::zone::Zone;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    reading("ListHostedZones", ROUTE53, list),
    reading("ListHostedZonesByName", ROUTE53, list_by_name),
    reading("ListHostedZonesByVPC", ROUTE53, list_by_vpc),
];

const PAGE: usize = 100;

fn own_zones<'a>(session: &'a Session<'_>) -> Vec<&'a Zone> {
    let zones = session.state.route53.zones.values();
    zones.filter(|zone| zone.owner == session.caller.account && zone.exists_at(session.now)).collect()
}

fn list(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let size = input::page_size(params, "maxitems", PAGE)?;
    let marker = params.text("marker").unwrap_or_default().trim_start_matches("/hostedzone/");
    let only_private = match params.text("hostedzonetype") {
        None => false,
        Some("PrivateHostedZone") => true,
        Some(other) => return Err(invalid(format!("'{other}' is no type of hosted zone"))),
    };
    let mut zones = own_zones(session);
    zones.retain(|zone| zone.id.as_str() >= marker && (zone.private || !only_private));
    let next = zones.get(size).map(|zone| zone.id.clone());
    let shown = zones.iter().take(size).map(|zone| describe(zone, session.now));
    Ok(Xml::new()
        .list("HostedZones", "HostedZone", shown)
        .text("Marker", marker)
        .text("IsTruncated", next.is_some())
        .optional("NextMarker", next)
        .text("MaxItems", size))
}

fn list_by_name(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let size = input::page_size(params, "maxitems", PAGE)?;
    let dns_name = params.text("dnsname");
    let zone_id = params.text("hostedzoneid").map(|id| id.trim_start_matches("/hostedzone/"));
    if zone_id.is_some() && dns_name.is_none() {
        return Err(invalid("The request included hostedzoneid without dnsname"));
    }
    let start = match dns_name.filter(|name| !name.is_empty()) {
        None => None,
        Some(name) => {
            let normal = names::normalise(name).map_err(|reason| {
                ApiError::bad("InvalidDomainName", format!("The domain name '{name}' is not valid: {reason}"))
            })?;
            Some((names::order_key(&normal), zone_id.unwrap_or_default().to_owned()))
        }
    };
    let place = |zone: &Zone| (names::order_key(&zone.name), zone.id.clone());
    let mut zones = own_zones(session);
    zones.sort_by_key(|zone| place(zone));
    zones.retain(|zone| start.as_ref().is_none_or(|start| place(zone) >= *start));
    let next = zones.get(size);
    let shown = zones.iter().take(size).map(|zone| describe(zone, session.now));
    Ok(Xml::new()
        .list("HostedZones", "HostedZone", shown)
        .optional("DNSName", dns_name)
        .optional("HostedZoneId", zone_id)
        .text("IsTruncated", next.is_some())
        .optional("NextDNSName", next.map(|zone| &zone.name))
        .optional("NextHostedZoneId", next.map(|zone| &zone.id))
        .text("MaxItems", size))
}

fn list_by_vpc(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let size = input::page_size(params, "maxitems", PAGE)?;
    let vpc_id = input::need(params, "vpcid")?;
    let region = input::need(params, "vpcregion")?;
    if owner_of_vpc(session.state, region, vpc_id).as_ref() != Some(&session.caller.account) {
        // A VPC that is gone and one of another account look the same (hashicorp/aws, `TestAccRoute53ZoneAssociation_*`).
        return Err(ApiError::new(
            403,
            "AccessDenied",
            format!(
                "User: {} is not authorized to perform: route53:ListHostedZonesByVPC because the VPC {vpc_id} in {region} is not owned by you.",
                session.caller.arn
            ),
        ));
    }
    let summary = |id: &str, name: &str, owner: Xml| {
        let xml = Xml::new().text("HostedZoneId", id).text("Name", name).element("Owner", owner);
        (id.to_owned(), xml)
    };
    let zones = session.state.route53.zones.values().filter(|zone| zone.is_associated(vpc_id, session.now));
    let mut items: Vec<(String, Xml)> =
        zones.map(|zone| summary(&zone.id, &zone.name, Xml::new().text("OwningAccount", &zone.owner))).collect();
    // The zones behind endpoints' private names: nobody's account owns them.
    let hidden = hidden_zones::in_vpc(session.state, vpc_id, session.now);
    items.extend(
        hidden.iter().map(|zone| summary(&zone.id, &zone.name, Xml::new().text("OwningService", "vpce.amazonaws.com"))),
    );
    let ask = Ask { token: params.text("nexttoken"), size: Some(size), by_id: false };
    let page = session.page_of(items, &ask).map_err(|_| invalid_token())?;
    Ok(Xml::new()
        .list("HostedZoneSummaries", "HostedZoneSummary", page.items)
        .text("MaxItems", size)
        .optional("NextToken", page.next))
}
