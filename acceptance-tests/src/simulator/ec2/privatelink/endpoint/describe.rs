//! DescribeVpcEndpoints: an endpoint as its owner sees it.
//!
//! Names and interfaces appear late. The order of the DNS entries is not fixed: Regional, zonal, private, or the private names first as
//! recorded in 2018; calm worlds have the first. The private name's entry has a zone id of its own.

use crate::simulator::clock::Moment;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::privatelink::answer::{is_id, listed, malformed};
use crate::simulator::ec2::privatelink::find::no_endpoint;
use crate::simulator::ec2::privatelink::private_dns::zone::HiddenZone;
use crate::simulator::ec2::state::State as Ec2;
use crate::simulator::ec2::tags::tag_set;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::xml::Xml;

use super::dns::zone_id;
use super::{Endpoint, EndpointKind, EndpointState};

const FILTERS: &[&str] = &[
    "ip-address-type",
    "service-name",
    "service-region",
    "vpc-id",
    "vpc-endpoint-id",
    "vpc-endpoint-state",
    "vpc-endpoint-type",
];

/// Policy of an interface endpoint that was given none, of customers' services too, as recorded in 2018 to 2020.
const FULL_ACCESS_INDENTED: &str = "{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \"Effect\": \"Allow\", \n      \"Principal\": \"*\", \n      \"Resource\": \"*\"\n    }\n  ]\n}";
/// Policy of a gateway endpoint that was given none.
const FULL_ACCESS: &str = "{\"Version\":\"2008-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}";

/// Lists the caller's endpoints, those being deleted or just deleted included.
pub fn describe(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let filters = Filters::read(params, FILTERS)?;
    let ids = params.texts("VpcEndpointId");
    if let Some(id) = ids.iter().find(|id| !is_id(id, "vpce-")) {
        return Err(malformed("InvalidVpcEndpointId.Malformed", id));
    }
    let ask = session.ask(params, PageSizes::Clamped, !ids.is_empty())?;
    let fails = session.holds(Rule::UnknownIdFailsList);
    let (Shelves { region, .. }, mut desk) = session.desk();
    let passes = |endpoint: &&Endpoint, at: Moment| {
        filters.pass(region.ec2.tags.get(&endpoint.id), |name| filter_values(endpoint, at, name))
    };
    let listing = Listing {
        walk: &|range| walk(&region.ec2.privatelink.endpoints, range),
        sight: None,
        changed: |endpoint, now| endpoint.state.changed_at(now),
        shows: &|endpoint, at| *endpoint.state.at(at) != EndpointState::Gone,
        passes: &passes,
        write: &|endpoint, at| endpoint_xml(endpoint, &region.ec2, at),
        absent: if fails { Some(&no_endpoint) } else { None },
    };
    let page = desk.list_passing(&ask, &ids, &listing, &|item| filters.pass_answer(item))?;
    Ok(listed("vpcEndpointSet", page))
}

fn filter_values(endpoint: &Endpoint, at: Moment, name: &str) -> Vec<String> {
    vec![match name {
        "ip-address-type" => endpoint.ip_address_type.name().to_owned(),
        "service-name" => endpoint.service_name.clone(),
        "service-region" => endpoint.service_region.clone(),
        "vpc-id" => endpoint.vpc_id.clone(),
        "vpc-endpoint-id" => endpoint.id.clone(),
        "vpc-endpoint-state" => endpoint.state.at(at).name().to_owned(),
        _ => endpoint.kind.name().to_owned(),
    }]
}

/// Writes an endpoint as its owner sees it.
pub fn endpoint_xml(endpoint: &Endpoint, ec2: &Ec2, at: Moment) -> Xml {
    let groups = endpoint.groups.iter().map(|id| {
        let name = ec2.security_groups.get(id).map(|group| group.name.clone());
        Xml::new().text("groupId", id).optional("groupName", name)
    });
    let interfaces = endpoint.placements.iter().filter(|placement| placement.shown_at <= at);
    let hidden = ec2.privatelink.hidden_zones.get(&endpoint.id).map(Vec::as_slice).unwrap_or_default();
    let policy = match (&endpoint.policy, endpoint.kind) {
        (Some(policy), _) => policy.as_str(),
        (None, EndpointKind::Gateway) => FULL_ACCESS,
        (None, EndpointKind::Interface) => FULL_ACCESS_INDENTED,
    };
    let is_interface = endpoint.kind == EndpointKind::Interface;
    let error = endpoint.last_error.as_ref();
    let options = Xml::new()
        .text("dnsRecordIpType", &endpoint.dns_record_ip_type)
        .optional("privateDnsOnlyForInboundResolverEndpoint", endpoint.inbound_resolver_only);
    // Gateway endpoints have neither (hashicorp/aws, `TestAccVPCEndpoint_gatewayBasic`).
    let of_interfaces =
        Xml::new().text("ipAddressType", endpoint.ip_address_type.name()).element("dnsOptions", options);
    Xml::new()
        .text("vpcEndpointId", &endpoint.id)
        .text("vpcEndpointType", endpoint.kind.name())
        .text("vpcId", &endpoint.vpc_id)
        .text("serviceName", &endpoint.service_name)
        .text("state", endpoint.state.at(at).name())
        .text("policyDocument", policy)
        .text_set("routeTableIdSet", &endpoint.route_tables)
        .text_set("subnetIdSet", endpoint.placements.iter().map(|placement| &placement.subnet_id))
        .set("groupSet", groups)
        .join(if is_interface { of_interfaces } else { Xml::new() })
        .text("privateDnsEnabled", endpoint.private_dns)
        .text("requesterManaged", false)
        .text_set("networkInterfaceIdSet", interfaces.map(|placement| &placement.interface_id))
        .join(dns_entries(endpoint, hidden, at))
        .text("creationTimestamp", endpoint.created.iso())
        .join(tag_set(ec2.tags.get(&endpoint.id)))
        .text("ownerId", &endpoint.owner)
        .optional("failureReason", error.map(|(_, message)| message))
        .join(last_error(endpoint))
        .text("serviceRegion", &endpoint.service_region)
}

/// Writes the `<dnsEntrySet>` of an endpoint: Regional, zonal, then the private names of its hidden zones. One without subnets has
/// none of them, with private DNS neither (hashicorp/aws, `TestAccVPCEndpoint_interfacePrivateDNS`).
pub fn dns_entries(endpoint: &Endpoint, hidden: &[HiddenZone], at: Moment) -> Xml {
    let public = zone_id(&endpoint.service_region);
    let own = endpoint.dns_names(at).into_iter().map(|name| (name, public.clone()));
    let private = hidden
        .iter()
        .filter(|zone| zone.shown_at <= at && at < zone.resolves_until && !endpoint.placements.is_empty())
        .flat_map(|zone| zone.names.iter().map(|name| (name.clone(), zone.zone_id.clone())));
    let mut entries: Vec<(String, String)> = own.chain(private).collect();
    if endpoint.names_are_shuffled {
        // Private names first, Regional and zonal ones after them.
        let (own, private) = entries.into_iter().partition::<Vec<_>, _>(|(_, zone)| *zone == public);
        entries = private.into_iter().chain(own).collect();
    }
    let entries = entries.into_iter().map(|(name, zone)| Xml::new().text("dnsName", name).text("hostedZoneId", zone));
    Xml::new().set("dnsEntrySet", entries)
}

fn last_error(endpoint: &Endpoint) -> Xml {
    endpoint.last_error.as_ref().map_or_else(Xml::new, |(code, message)| {
        Xml::new().element("lastError", Xml::new().text("message", message).text("code", code))
    })
}
