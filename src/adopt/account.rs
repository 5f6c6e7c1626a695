//! The anchors of an account: endpoint services and interface endpoints, a page for each thousand of them.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;

use super::chain::{Anchor, errors, in_words, take};
use super::{Adopted, Chain, LeftAlone, Side, Wanted, uneven};
use crate::aws::Aws;
use crate::aws::lookups::{EndpointSeen, OwnService};
use crate::endpoint_names::discover::zone_of_names_alone;
use crate::engine::{Class, Deadline, Failure, Limits, Reader, Retry, Stop};
use crate::privatelink_consumer::Consumer;
use crate::privatelink_endpoint_dns::EndpointDns;
use crate::privatelink_service::Service;
use crate::resource::Composite as _;
use crate::value::Value;

/// How long a list may take.
const TIMEOUT: Duration = Duration::from_mins(2);
/// The kind of endpoints and services that are AWS PrivateLink's.
const INTERFACE: &str = "Interface";
/// AWS's word while an endpoint is being made.
const PENDING: &str = "pending";

/// Finds the connections of all sides. Provider blocks come to ignore tags that would have to be written.
pub async fn of_account(sides: &mut [Side], wanted: &Wanted) -> Adopted {
    let found = look(sides, wanted).await;
    if uneven::ignore(sides, &found).await { look(sides, wanted).await } else { found }
}

async fn look(sides: &[Side], wanted: &Wanted) -> Adopted {
    let mut adopted = Adopted::default();
    for (place, side) in sides.iter().enumerate() {
        let regions = if wanted.regions.is_empty() { vec![side.region.clone()] } else { wanted.regions.clone() };
        for region in regions {
            adopted.extend(in_region(sides, place, side, &region, wanted).await);
        }
    }
    adopted
}

async fn in_region(sides: &[Side], place: usize, side: &Side, region: &str, wanted: &Wanted) -> Adopted {
    let mut found = Adopted { places: vec![side.place(region)], ..Adopted::default() };
    let aws = match side.aws(region).await {
        Ok(aws) => aws,
        Err(told) => {
            found.left.push(not_listed(&side.place(region), &errors(&told.into())));
            return found;
        }
    };
    let mut anchors = Vec::new();
    match limits(&aws).ask(|| services(&aws, wanted)).await {
        Ok(services) => sort(services.iter().map(of_service), &mut anchors, &mut found.left),
        Err(failure) => found.left.push(not_listed("endpoint services", &in_words(&failure))),
    }
    match settled_endpoints(&aws, wanted).await {
        Ok(endpoints) => sort(endpoints.iter().map(of_endpoint), &mut anchors, &mut found.left),
        Err(failure) => found.left.push(not_listed("endpoints", &in_words(&failure))),
    }
    // AWS lists in no order.
    anchors.sort_by(|one, other| (other.type_name, &one.what, &one.id).cmp(&(one.type_name, &other.what, &other.id)));
    // All at once, so that reads of one kind join in one call.
    for taken in join_all(anchors.iter().map(|anchor| take(sides, place, region, anchor, None))).await {
        match taken {
            Ok(chain) => found.chains.push(chain),
            Err(left) => found.left.push(left),
        }
    }
    let named = join_all(found.chains.iter().map(|chain| names_of_their_own(&aws, chain))).await;
    found.left.extend(named.into_iter().flatten());
    found
}

/// Names of an endpoint that a resource of their own manages, so that they are no part of its consumer.
async fn names_of_their_own(aws: &Aws, chain: &Chain) -> Option<LeftAlone> {
    let text = |name: &str| chain.state.get(name).as_str();
    let zonal = chain.state.get("zonal_dns_names").as_map().into_iter().flat_map(BTreeMap::values);
    let names = zonal.filter_map(Value::as_str).chain(text("dns_name")).map(str::to_owned).collect();
    let look = zone_of_names_alone(aws, &chain.id, text("vpc_id")?, &names);
    let zone = Reader::new(&chain.id).over(look).await.output.ok()??;
    let why = format!(
        "are managed by a {} already; if no state knows it any more: terraform import ADDRESS {}",
        EndpointDns::TYPE,
        chain.id
    );
    Some(LeftAlone { what: format!("names of {} ({})", chain.id, zone.trim_end_matches('.')), why, is_meant: true })
}

fn sort(all: impl Iterator<Item = Result<Anchor, LeftAlone>>, anchors: &mut Vec<Anchor>, left: &mut Vec<LeftAlone>) {
    for one in all {
        match one {
            Ok(anchor) => anchors.push(anchor),
            Err(one) => left.push(one),
        }
    }
}

/// What could not be read.
fn not_listed(what: &str, why: &str) -> LeftAlone {
    LeftAlone { what: what.to_owned(), why: format!("could not be listed: {why}"), is_meant: false }
}

/// The endpoints as soon as none is being made; after a while as they are.
async fn settled_endpoints(aws: &Aws, wanted: &Wanted) -> Result<Vec<EndpointSeen>, Failure> {
    let limits = limits(aws);
    let mut retry = Retry::reading(&limits);
    loop {
        let found = limits.ask(|| endpoints(aws, wanted)).await?;
        let is_settled = found.iter().all(|endpoint| endpoint.state != PENDING);
        if is_settled || retry.again(Failure::new(Class::NotYetVisible, PENDING)).await.is_err() {
            return Ok(found);
        }
    }
}

/// How long is asked.
fn limits(aws: &Aws) -> Limits {
    Limits { deadline: Deadline::after(TIMEOUT), stop: Stop::new(), speed: aws.speed() }
}

async fn services(aws: &Aws, wanted: &Wanted) -> Result<Vec<OwnService>, Failure> {
    let account = aws.account(None)?;
    let mut services = account.own_services().await?;
    services.retain(|service| wanted.service_name.as_ref().is_none_or(|name| *name == service.name));
    match &wanted.vpc_id {
        Some(vpc_id) => account.services_in_vpc(services, vpc_id).await,
        None => Ok(services),
    }
}

async fn endpoints(aws: &Aws, wanted: &Wanted) -> Result<Vec<EndpointSeen>, Failure> {
    aws.account(None)?.endpoints_seen(wanted.vpc_id.as_deref(), wanted.service_name.as_deref()).await
}

/// What is managed already is left to the configuration that manages it.
fn managed(anchor: &Anchor, managed_by: Option<&String>) -> Option<LeftAlone> {
    let owner = managed_by?;
    let why = format!(
        "is managed by this provider already, as {owner:?}; if no state knows it any more: terraform import ADDRESS {}",
        anchor.id
    );
    Some(anchor.left(why, true))
}

fn of_service(service: &OwnService) -> Result<Anchor, LeftAlone> {
    let anchor = Anchor { type_name: Service::TYPE, id: service.id.clone(), what: service.name.clone() };
    if service.service_type != INTERFACE {
        let why = format!("is a service of type {}; keep it with hashicorp/aws", service.service_type);
        return Err(anchor.left(why, true));
    }
    if let Some(left) = managed(&anchor, service.managed_by.as_ref()) {
        return Err(left);
    }
    if !service.state.eq_ignore_ascii_case("available") {
        let is_meant = ["deleting", "deleted"].contains(&service.state.to_lowercase().as_str());
        return Err(anchor.in_state(&service.state, None, is_meant));
    }
    Ok(anchor)
}

fn of_endpoint(endpoint: &EndpointSeen) -> Result<Anchor, LeftAlone> {
    let anchor = Anchor { type_name: Consumer::TYPE, id: endpoint.id.clone(), what: endpoint.service_name.clone() };
    if endpoint.kind != INTERFACE {
        let why = format!("is an endpoint of type {}; keep it with hashicorp/aws", endpoint.kind);
        return Err(anchor.left(why, true));
    }
    if endpoint.is_requester_managed {
        return Err(anchor.left("is managed by the service of AWS that made it", true));
    }
    if let Some(left) = managed(&anchor, endpoint.managed_by.as_ref()) {
        return Err(left);
    }
    match endpoint.state.as_str() {
        "available" | "pendingAcceptance" => Ok(anchor),
        state => Err(anchor.in_state(state, endpoint.reason.as_deref(), !endpoint.stays())),
    }
}
