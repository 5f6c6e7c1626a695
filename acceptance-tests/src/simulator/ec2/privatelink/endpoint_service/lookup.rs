//! DescribeVpcEndpointServices: services as consumers see them.
//!
//! AWS's own services and those whose owners admit the caller. One name that the caller cannot see fails the whole call. Zone names
//! are the caller's, whatever the owner calls the zones; a service of another Region shows no zones at all.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::simulator::caller::Caller;
use crate::simulator::clock::Moment;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::privatelink::answer::listed;
use crate::simulator::ec2::privatelink::aws_service::{self, AwsService};
use crate::simulator::ec2::privatelink::endpoint::admission::{id_of, no_such_service};
use crate::simulator::ec2::privatelink::permission::Admission;
use crate::simulator::ec2::state::subnet::Zone;
use crate::simulator::ec2::tags::tag_set;
use crate::simulator::ec2::zones::zones;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Range, Shelves, merge, walk, walk_all};
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::state::Account;
use crate::simulator::xml::Xml;

use super::{EndpointService, IpFamily};

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
    let of_aws = regions.iter().flat_map(|region| aws_service::all(region));
    let open = of_aws.filter(|service| service.region == caller.region || service.serves_other_regions());
    let aws: BTreeMap<String, AwsService> = open.map(|service| (service.id.clone(), service)).collect();
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
    // S3 and DynamoDB have two services of one name, one for each kind of endpoint.
    let ids_of = |name: &String| -> Vec<String> {
        let own = aws.values().filter(|service| service.name == *name).map(|service| service.id.clone());
        let own: Vec<String> = own.collect();
        if own.is_empty() { vec![id_of(name).to_owned()] } else { own }
    };
    let wanted: Vec<(&String, Vec<String>)> = names.iter().map(|name| (name, ids_of(name))).collect();
    let is_one = |(name, ids): &&(&String, Vec<String>)| {
        ids.iter().all(|id| {
            let mut found = services((Bound::Included(id.as_str()), Bound::Included(id.as_str())));
            found.next().is_some_and(|(_, service)| service.name() == **name)
        })
    };
    if let Some((unknown, _)) = wanted.iter().find(|pair| !is_one(pair)) {
        return Err(no_such_service(unknown));
    }
    let ids: Vec<String> = wanted.iter().flat_map(|(_, ids)| ids.clone()).collect();
    let hidden = |id: &str| {
        let name = names.iter().find(|name| name.ends_with(id));
        no_such_service(name.map_or(id, String::as_str))
    };
    let shown = RefCell::new(Vec::new());
    let write = |service: &Seen<'_>, _: Moment| {
        shown.borrow_mut().push(service.name());
        service.xml(&caller.region, &zones, service.tags(accounts, &caller))
    };
    let listing = Listing {
        walk: &services,
        // The owner's read-after-write lag is everybody's.
        sight: None,
        changed: |_, _| None,
        shows: &|service, _| service.is_open_to(&caller, admission, now),
        passes: &|service, _| filters.pass(service.tags(accounts, &caller), |name| service.filter_values(name)),
        write: &write,
        absent: Some(&hidden),
    };
    let page = desk.list_passing(&ask, &ids, &listing, &|item| filters.pass_answer(item))?;
    let mut shown = shown.take();
    // One more than the page has may have been written; S3 and DynamoDB are named once.
    shown.truncate(page.items.len());
    let mut seen = BTreeSet::new();
    shown.retain(|name| seen.insert(name.clone()));
    Ok(Xml::new().text_set("serviceNameSet", shown).join(listed("serviceDetailSet", page)))
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

    /// Gives the tags that a caller sees: those of services of the own account.
    fn tags<'t>(
        &self,
        accounts: &'t BTreeMap<String, Account>,
        caller: &Caller,
    ) -> Option<&'t BTreeMap<String, String>> {
        let Self::Customer(service) = self else { return None };
        let own = accounts.get(&service.owner).filter(|_| service.owner == caller.account)?;
        own.regions.get(&service.region)?.ec2.tags.get(&service.id)
    }

    fn families(&self) -> Vec<&'static str> {
        match self {
            Self::Aws(_) => [IpFamily::V4, IpFamily::V6].map(IpFamily::name).into(),
            Self::Customer(service) => service.families.iter().copied().map(IpFamily::name).collect(),
        }
    }

    fn kinds(&self) -> Vec<&'static str> {
        match self {
            Self::Aws(service) => vec![service.kind.name()],
            Self::Customer(_) => vec!["Interface"],
        }
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
    fn xml(&self, region: &str, zones: &[Zone], tags: Option<&BTreeMap<String, String>>) -> Xml {
        let xml = match self {
            Self::Aws(service) => aws_xml(service, zones),
            Self::Customer(service) => customer_xml(service, if service.region == region { zones } else { &[] }, tags),
        };
        let kinds = self.kinds().into_iter().map(|kind| Xml::new().text("serviceType", kind));
        xml.set("serviceType", kinds).text_set("supportedIpAddressTypeSet", self.families())
    }
}

fn customer_xml(service: &EndpointService, zones: &[Zone], tags: Option<&BTreeMap<String, String>>) -> Xml {
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
        .join(tag_set(tags))
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
