//! DescribeVpcEndpointServices: services as consumers see them.
//!
//! AWS's own services and those whose owners admit the caller. One name that the caller cannot see fails the whole call. Zone names
//! are the caller's, whatever the owner calls the zones; a service of another Region shows no zones at all.

use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::tags::tag_set;
use crate::simulator::ec2::zones::{Zone, zones};
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::xml::Xml;

use super::answer::listed;
use super::aws_services::{self, AwsService};
use super::endpoint_admission::no_such_service;
use super::endpoint_service::{EndpointService, IpFamily};
use super::find::services;
use super::permission::is_admitted;

const FILTERS: &[&str] = &["owner", "service-name", "service-region", "service-type", "supported-ip-address-types"];

struct Row {
    name: String,
    region: String,
    owner: String,
    kinds: Vec<String>,
    families: Vec<String>,
    xml: Xml,
}

/// Lists the services that the caller may use.
pub fn describe(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let filters = Filters::read(params, FILTERS)?;
    let names = params.texts("ServiceName");
    let mut regions = params.texts("ServiceRegion");
    if regions.is_empty() {
        regions.push(session.caller.region.clone());
    }
    let rows = rows(session, &regions);
    if let Some(unknown) = names.iter().find(|name| !rows.iter().any(|row| row.name == **name)) {
        return Err(no_such_service(unknown));
    }
    let rows: Vec<Row> = rows
        .into_iter()
        .filter(|row| names.is_empty() || names.contains(&row.name))
        .filter(|row| {
            filters.pass(None, |name| match name {
                "owner" => vec![row.owner.clone()],
                "service-name" => vec![row.name.clone()],
                "service-region" => vec![row.region.clone()],
                "service-type" => row.kinds.clone(),
                _ => row.families.clone(),
            })
        })
        .collect();
    let items = rows.iter().map(|row| (format!("{} {}", row.region, row.name), row.xml.clone())).collect();
    let page = session.page(params, items, PageSizes::Clamped, !names.is_empty())?;
    let shown = rows.iter().filter(|row| page.items.contains(&row.xml)).map(|row| &row.name);
    Ok(Xml::new().text_set("serviceNameSet", shown).join(listed("serviceDetailSet", page)))
}

fn rows(session: &mut Session<'_>, regions: &[String]) -> Vec<Row> {
    let (caller, now) = (session.caller.clone(), session.now);
    let zones = zones(session.state.seed, &caller.account, &caller.region);
    let mut rows = Vec::new();
    // Cross-Region access to AWS's own services is not simulated.
    if regions.contains(&caller.region) {
        rows.extend(aws_services::all(&caller.region).iter().map(|service| aws_row(service, &zones)));
    }
    let customers: Vec<EndpointService> = services(session.state)
        .filter(|service| regions.contains(&service.region) && service.is_live(now))
        .filter(|service| service.is_offered_in(&caller.region, now))
        .filter(|service| is_admitted(session.state, service, &caller, now))
        .cloned()
        .collect();
    for service in customers {
        // The owner's read-after-write lag is everybody's.
        if session.visible(&service.id) {
            let near = service.region == caller.region;
            rows.push(customer_row(&service, if near { &zones } else { &[] }));
        }
    }
    rows
}

fn customer_row(service: &EndpointService, zones: &[Zone]) -> Row {
    let common = || zones.iter().filter(|zone| service.zones.contains(&zone.id));
    let families: Vec<String> = service.families.iter().map(|family| family.name().to_owned()).collect();
    let private = service.private_name.as_ref();
    let xml = Xml::new()
        .text("serviceName", service.name())
        .text("serviceId", &service.id)
        .set("serviceType", [Xml::new().text("serviceType", "Interface")])
        .text("serviceRegion", &service.region)
        .text_set("availabilityZoneIdSet", common().map(|zone| &zone.id))
        .text_set("availabilityZoneSet", common().map(|zone| &zone.name))
        .text("owner", &service.owner)
        .text_set("baseEndpointDnsNameSet", [service.domain()])
        .optional("privateDnsName", private.map(|name| &name.name))
        .set("privateDnsNameSet", private.map(|name| Xml::new().text("privateDnsName", &name.name)))
        .text("vpcEndpointPolicySupported", false)
        .text("acceptanceRequired", service.acceptance_required)
        .text("managesVpcEndpoints", false)
        .optional("payerResponsibility", service.owner_pays.then_some("ServiceOwner"))
        .join(tag_set(None))
        .optional("privateDnsNameVerificationState", private.map(|name| name.state.name()))
        .text_set("supportedIpAddressTypeSet", &families);
    Row {
        name: service.name(),
        region: service.region.clone(),
        owner: service.owner.clone(),
        kinds: vec!["Interface".to_owned()],
        families,
        xml,
    }
}

fn aws_row(service: &AwsService, zones: &[Zone]) -> Row {
    let mut kinds = vec!["Interface".to_owned()];
    kinds.extend(service.has_gateway.then(|| "Gateway".to_owned()));
    let families: Vec<String> = [IpFamily::V4, IpFamily::V6].map(|family| family.name().to_owned()).into();
    let xml = Xml::new()
        .text("serviceName", &service.name)
        .text("serviceId", &service.id)
        .set("serviceType", kinds.iter().map(|kind| Xml::new().text("serviceType", kind)))
        .text("serviceRegion", &service.region)
        .text_set("availabilityZoneIdSet", zones.iter().map(|zone| &zone.id))
        .text_set("availabilityZoneSet", zones.iter().map(|zone| &zone.name))
        .text("owner", "amazon")
        .text_set("baseEndpointDnsNameSet", [service.domain()])
        .optional("privateDnsName", service.private_names.first())
        .set("privateDnsNameSet", service.private_names.iter().map(|name| Xml::new().text("privateDnsName", name)))
        .text("vpcEndpointPolicySupported", true)
        .text("acceptanceRequired", false)
        .text("managesVpcEndpoints", false)
        .join(tag_set(None))
        .text("privateDnsNameVerificationState", "verified")
        .text_set("supportedIpAddressTypeSet", &families);
    Row { name: service.name.clone(), region: service.region.clone(), owner: "amazon".to_owned(), kinds, families, xml }
}
