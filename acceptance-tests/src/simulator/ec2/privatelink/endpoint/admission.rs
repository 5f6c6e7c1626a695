//! Admission of a new endpoint by the service it names (rules 21 to 24).
//!
//! Unknown, elsewhere and not allowed look the same to the caller, by AWS's design: `InvalidServiceName`.

use std::collections::BTreeSet;

use crate::simulator::caller::Caller;
use crate::simulator::clock::Moment;
use crate::simulator::ec2::privatelink::aws_service::{self, AwsService};
use crate::simulator::ec2::privatelink::endpoint_service::{EndpointService, IpFamily};
use crate::simulator::ec2::privatelink::find::service;
use crate::simulator::ec2::privatelink::permission::Admission;
use crate::simulator::error::ApiError;
use crate::simulator::rules::Rule;
use crate::simulator::state::State;

use super::EndpointKind;

/// A service as a consumer's call finds it.
#[derive(Debug, Clone)]
pub enum Found {
    /// A customer's.
    Customer(Box<EndpointService>),
    /// One of AWS's.
    Aws(AwsService),
}

impl Found {
    /// Returns the service's Region.
    pub fn region(&self) -> &str {
        match self {
            Self::Customer(service) => &service.region,
            Self::Aws(service) => &service.region,
        }
    }

    /// Returns its name.
    pub fn name(&self) -> String {
        match self {
            Self::Customer(service) => service.name(),
            Self::Aws(service) => service.name.clone(),
        }
    }

    /// Returns the domain of its endpoints' names.
    pub fn domain(&self) -> String {
        match self {
            Self::Customer(service) => service.domain(),
            Self::Aws(service) => service.domain(),
        }
    }

    /// Returns the families it takes.
    pub fn families(&self) -> BTreeSet<IpFamily> {
        match self {
            Self::Customer(service) => service.families.clone(),
            Self::Aws(_) => BTreeSet::from([IpFamily::V4, IpFamily::V6]),
        }
    }

    /// Tells whether its endpoints take policies.
    pub fn supports_policy(&self) -> bool {
        matches!(self, Self::Aws(_))
    }

    /// Returns the names that private DNS takes over.
    pub fn private_names(&self) -> Vec<String> {
        match self {
            Self::Customer(service) => service.private_name.iter().map(|name| name.name.clone()).collect(),
            Self::Aws(service) => service.private_names.clone(),
        }
    }
}

/// Finds the service of that name in that Region for a caller.
pub fn find(
    state: &State,
    caller: &Caller,
    (name, kind): (&str, EndpointKind),
    service_region: Option<&str>,
    now: Moment,
) -> Result<Found, ApiError> {
    let region = service_region.unwrap_or(&caller.region);
    // A service that lacks the kind asked for is found as what it is: the type is refused for what it does not match.
    let aws = aws_service::find(region, name, kind)
        .or_else(|| aws_service::find(region, name, EndpointKind::Interface))
        .filter(|service| region == caller.region || service.serves_other_regions());
    if let Some(service) = aws {
        return Ok(Found::Aws(service));
    }
    let everywhere = !state.holds(Rule::ServiceIsOfTheRegion);
    service(state, id_of(name))
        .filter(|service| service.name() == name && (everywhere || service.region == region) && service.is_live(now))
        .filter(|service| everywhere || service.is_offered_in(&caller.region, now))
        .filter(|service| Admission::of(state).admits(service, caller, now))
        .map(|service| Found::Customer(Box::new(service.clone())))
        .ok_or_else(|| no_such_service(name))
}

/// Gives the id in the name of a customer's service.
pub fn id_of(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Says that a service does not exist, or that it is none of the caller's business.
pub fn no_such_service(name: &str) -> ApiError {
    ApiError::bad("InvalidServiceName", format!("The Vpc Endpoint Service '{name}' does not exist"))
}

/// Refuses endpoints to a service that says Available and is not usable yet (aws-sdk-go-v2#2254).
pub fn check_usable(state: &State, found: &Found, now: Moment) -> Result<(), ApiError> {
    match found {
        Found::Customer(service) if now < service.usable_at && state.holds(Rule::FreshThingsSettle) => {
            Err(ApiError::unavailable())
        }
        _ => Ok(()),
    }
}

/// Zones in which endpoints of another Region are refused. Source: PrivateLink guide, cross-Region considerations.
const NOT_REMOTE: [&str; 5] = ["use1-az3", "usw1-az2", "apne1-az3", "apne2-az2", "apne2-az4"];

/// Checks that a service can be reached from a subnet's zone, by zone id.
pub fn check_zone(
    found: &Found,
    caller_region: &str,
    zone_id: &str,
    subnet_id: &str,
    all: &[String],
) -> Result<(), ApiError> {
    let Found::Customer(service) = found else { return Ok(()) };
    if service.region != caller_region {
        if NOT_REMOTE.contains(&zone_id) {
            let usable: Vec<&str> = all.iter().map(String::as_str).filter(|id| !NOT_REMOTE.contains(id)).collect();
            return Err(ApiError::invalid(format!(
                "Only the following availability zones are supported for remote access: {}",
                usable.join(", ")
            )));
        }
        return Ok(());
    }
    if service.zones.contains(zone_id) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "The VPC endpoint service {} does not support the availability zone of the subnet: {subnet_id}.",
        service.name()
    )))
}
