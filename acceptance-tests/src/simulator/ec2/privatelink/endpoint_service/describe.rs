//! DescribeVpcEndpointServiceConfigurations: a service as its owner sees it.

use std::collections::BTreeMap;

use crate::simulator::clock::Moment;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::privatelink::answer::{is_id, listed, malformed};
use crate::simulator::ec2::privatelink::find::no_service;
use crate::simulator::ec2::state::subnet::Zone;
use crate::simulator::ec2::tags::tag_set;
use crate::simulator::ec2::zones::zones;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::xml::Xml;

use super::{EndpointService, IpFamily, RegionState, ServiceState};

/// Lists the caller's services, those being deleted or just deleted included.
pub fn describe(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let filters =
        Filters::read(params, &["service-name", "service-id", "service-state", "supported-ip-address-types"])?;
    let ids = params.texts("ServiceId");
    let zones = zones(session.state.seed, &session.caller.account.clone(), &session.caller.region.clone());
    // AWS's spelling.
    if let Some(id) = ids.iter().find(|id| !is_id(id, "vpce-svc-")) {
        return Err(malformed("InvalidVpcEndpointServiceIdId.Malformed", id));
    }
    let has_element = session.holds(Rule::EmptyElements);
    let ask = session.ask(params, PageSizes::Clamped, !ids.is_empty())?;
    let fails = session.holds(Rule::UnknownIdFailsList);
    let (Shelves { region, .. }, mut desk) = session.desk();
    let passes = |service: &&EndpointService, at: Moment| {
        filters.pass(region.ec2.tags.get(&service.id), |name| match name {
            "service-name" => vec![service.name()],
            "service-id" => vec![service.id.clone()],
            "service-state" => vec![service.state.at(at).name().to_owned()],
            _ => service.families.iter().map(|family| family.name().to_owned()).collect(),
        })
    };
    let write = |service: &&EndpointService, at: Moment| {
        service_xml(has_element, service, &zones, region.ec2.tags.get(&service.id), at)
    };
    let listing = Listing {
        walk: &|range| walk(&region.ec2.privatelink.services, range),
        sight: None,
        changed: |service, now| service.state.changed_at(now),
        shows: &|service, at| *service.state.at(at) != ServiceState::Gone,
        passes: &passes,
        write: &write,
        absent: if fails { Some(&no_service) } else { None },
    };
    let page = desk.list_passing(&ask, &ids, &listing, &|item| filters.pass_answer(item))?;
    Ok(listed("serviceConfigurationSet", page))
}

/// Writes a service as its owner sees it.
pub fn service_xml(
    has_element: bool,
    service: &EndpointService,
    zones: &[Zone],
    tags: Option<&BTreeMap<String, String>>,
    at: Moment,
) -> Xml {
    let names = zones.iter().filter(|zone| service.zones.contains(&zone.id)).map(|zone| &zone.name);
    // The own Region is on the list, also where nobody asked for others (recorded in 2025).
    let own = Xml::new().text("region", &service.region).text("serviceState", RegionState::Available.name());
    let others = service
        .regions
        .iter()
        .map(|(name, state)| Xml::new().text("region", name).text("serviceState", state.at(at).name()));
    let regions = std::iter::once(own).chain(others);
    // A service without a private name has the element too, empty.
    let private_name = service.shown_private_name(at);
    let configuration = private_name.map_or_else(Xml::new, |name| {
        Xml::new()
            .text("state", name.state.name())
            .text("type", "TXT")
            .text("value", &name.value)
            .text("name", &name.label)
    });
    let configuration = if private_name.is_some() || has_element {
        Xml::new().element("privateDnsNameConfiguration", configuration)
    } else {
        Xml::new()
    };
    Xml::new()
        .set("serviceType", [Xml::new().text("serviceType", "Interface")])
        .text("serviceId", &service.id)
        .text("serviceName", service.name())
        .text("serviceState", service.state.at(at).name())
        .text_set("availabilityZoneIdSet", &service.zones)
        .text_set("availabilityZoneSet", names)
        .text("acceptanceRequired", service.acceptance_required)
        .text("managesVpcEndpoints", false)
        .text_set("networkLoadBalancerArnSet", &service.load_balancers)
        .text_set("supportedIpAddressTypeSet", service.families.iter().copied().map(IpFamily::name))
        .text_set("baseEndpointDnsNameSet", [service.domain()])
        .optional("privateDnsName", private_name.map(|name| &name.name))
        .join(configuration)
        .optional("payerResponsibility", service.owner_pays.then_some("ServiceOwner"))
        .join(tag_set(tags))
        .set("supportedRegionSet", regions)
        .text("remoteAccessEnabled", !service.regions.is_empty())
}
