//! DescribeVpcEndpointServices: services as consumers see them.
//!
//! AWS's own services and those whose owners admit the caller. One name that the caller cannot see fails the whole call. Zone names
//! are the caller's, whatever the owner calls the zones; a service of another Region shows no zones at all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Bound;

use crate::simulator::clock::Moment;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::tags::tag_set;
use crate::simulator::ec2::zones::{Zone, zones};
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Range, Shelves, merge, walk, walk_all};
use crate::simulator::params::Params;
use crate::simulator::request::Caller;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::xml::Xml;

use super::answer::listed;
use super::aws_services::{self, AwsService};
use super::endpoint_admission::{id_of, no_such_service};
use super::endpoint_service::{EndpointService, IpFamily};
use super::permission::Admission;

const FILTERS: &[&str] = &["owner", "service-name", "service-region", "service-type", "supported-ip-address-types"];

/// A service as this caller may see it.
enum Seen<'a> {
    Aws(&'a AwsService),
    Customer(&'a EndpointService),
}

/// Lists the services that the caller may use.
pub fn describe(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let filters = Filters::read(params, FILTERS)?;
    let names = params.texts("ServiceName");
    let mut regions = params.texts("ServiceRegion");
    if regions.is_empty() {
        regions.push(session.caller.region.clone());
    }
    let ask = session.ask(params, PageSizes::Clamped, !names.is_empty())?;
    let (caller, now) = (session.caller.clone(), session.now);
    let zones = zones(session.state.seed, &caller.account, &caller.region);
    let admission = Admission::of(session.state);
    // Cross-Region access to AWS's own services is not simulated.
    let aws = if regions.contains(&caller.region) { aws_services::all(&caller.region) } else { Vec::new() };
    let aws: BTreeMap<String, AwsService> = aws.into_iter().map(|service| (service.id.clone(), service)).collect();
    let (Shelves { accounts, .. }, mut desk) = session.desk();
    let customers = |range: Range<'_>| {
        let all = accounts.values().flat_map(|account| &account.regions);
        let offered = all.filter(|(name, _)| regions.contains(name));
        walk_all(offered.map(|(_, region)| &region.ec2.privatelink.services), range)
    };
    let services = |range: Range<'_>| {
        merge(
            Box::new(walk(&aws, range).map(|(id, service)| (id, Seen::Aws(service)))),
            Box::new(customers(range).map(|(id, service)| (id, Seen::Customer(service)))),
        )
    };
    let id = |name: &String| {
        let own = aws.values().find(|service| service.name == *name);
        own.map_or_else(|| id_of(name), |service| &service.id).to_owned()
    };
    let ids: Vec<String> = names.iter().map(id).collect();
    let is_one = |(name, id): &(&String, &String)| {
        let mut found = services((Bound::Included(id.as_str()), Bound::Included(id.as_str())));
        found.next().is_some_and(|(_, service)| service.name() == **name)
    };
    if let Some((unknown, _)) = names.iter().zip(&ids).find(|pair| !is_one(pair)) {
        return Err(no_such_service(unknown));
    }
    let hidden = |id: &str| {
        let name = names.iter().find(|name| name.ends_with(id));
        no_such_service(name.map_or(id, String::as_str))
    };
    let shown = RefCell::new(Vec::new());
    let write = |service: &Seen<'_>, _: Moment| {
        shown.borrow_mut().push(service.name());
        service.xml(&caller.region, &zones)
    };
    let listing = Listing {
        walk: &services,
        // The owner's read-after-write lag is everybody's.
        sight: None,
        changed: |_, _| None,
        shows: &|service, _| service.is_open_to(&caller, admission, now),
        passes: &|service, _| filters.pass(None, |name| service.filter_values(name)),
        write: &write,
        absent: Some(&hidden),
    };
    let page = desk.list(&ask, &ids, &listing)?;
    Ok(Xml::new().text_set("serviceNameSet", shown.take()).join(listed("serviceDetailSet", page)))
}

impl Seen<'_> {
    fn name(&self) -> String {
        match self {
            Self::Aws(service) => service.name.clone(),
            Self::Customer(service) => service.name(),
        }
    }

    fn is_open_to(&self, caller: &Caller, admission: Admission, now: Moment) -> bool {
        let Self::Customer(service) = self else { return true };
        service.is_live(now) && service.is_offered_in(&caller.region, now) && admission.admits(service, caller, now)
    }

    fn families(&self) -> Vec<&'static str> {
        match self {
            Self::Aws(_) => [IpFamily::V4, IpFamily::V6].map(IpFamily::name).into(),
            Self::Customer(service) => service.families.iter().copied().map(IpFamily::name).collect(),
        }
    }

    fn kinds(&self) -> Vec<&'static str> {
        let has_gateway = matches!(self, Self::Aws(service) if service.has_gateway);
        if has_gateway { vec!["Interface", "Gateway"] } else { vec!["Interface"] }
    }

    fn filter_values(&self, name: &str) -> Vec<String> {
        let own = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
        match (name, self) {
            ("owner", Self::Aws(_)) => vec!["amazon".to_owned()],
            ("owner", Self::Customer(service)) => vec![service.owner.clone()],
            ("service-name", _) => vec![self.name()],
            ("service-region", Self::Aws(service)) => vec![service.region.clone()],
            ("service-region", Self::Customer(service)) => vec![service.region.clone()],
            ("service-type", _) => own(self.kinds()),
            _ => own(self.families()),
        }
    }

    /// Writes it for a caller, whose zones these are.
    fn xml(&self, region: &str, zones: &[Zone]) -> Xml {
        let xml = match self {
            Self::Aws(service) => aws_xml(service, zones),
            Self::Customer(service) => customer_xml(service, if service.region == region { zones } else { &[] }),
        };
        let kinds = self.kinds().into_iter().map(|kind| Xml::new().text("serviceType", kind));
        xml.set("serviceType", kinds).text_set("supportedIpAddressTypeSet", self.families())
    }
}

fn customer_xml(service: &EndpointService, zones: &[Zone]) -> Xml {
    let common = || zones.iter().filter(|zone| service.zones.contains(&zone.id));
    let private = service.private_name.as_ref();
    Xml::new()
        .text("serviceName", service.name())
        .text("serviceId", &service.id)
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
}

fn aws_xml(service: &AwsService, zones: &[Zone]) -> Xml {
    Xml::new()
        .text("serviceName", &service.name)
        .text("serviceId", &service.id)
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
}
