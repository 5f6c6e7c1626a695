//! CreateVpcEndpointServiceConfiguration.

use std::collections::{BTreeMap, BTreeSet};

use crate::simulator::durations::{CREATED_VISIBLE, SERVICE_USABLE, VERIFICATION_BY_ITSELF};
use crate::simulator::ec2::privatelink::private_dns::PrivateName;
use crate::simulator::ec2::privatelink::private_dns::name::is_legal;
use crate::simulator::ec2::tags;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::state::Region;
use crate::simulator::timed::Timed;
use crate::simulator::xml::Xml;

use super::describe::service_xml;
use super::load_balancers::{self, MissingFamily};
use super::regions;
use super::{EndpointService, IpFamily, ServiceState};

/// Makes a service out of load balancers of the caller.
pub fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let lives = |region: &Region, id: &str| {
        let found = region.ec2.privatelink.services.get(id);
        found.is_some_and(|service| service.holds_load_balancers(now))
    };
    if let Some(first) = session.replay_unless_gone(params, lives)? {
        return Ok(first);
    }
    let arns = params.texts("NetworkLoadBalancerArn");
    let gateways = params.texts("GatewayLoadBalancerArn");
    if session.holds(Rule::OneKindOfLoadBalancer) && arns.is_empty() == gateways.is_empty() {
        return Err(ApiError::invalid(
            "exactly one of network_load_balancer_arn or gateway_load_balancer_arn is a required member",
        ));
    }
    if !gateways.is_empty() {
        return Err(ApiError::not_simulated("endpoint services of Gateway Load Balancers"));
    }
    let acceptance_required = params.flag("AcceptanceRequired")?.unwrap_or(session.holds(Rule::AcceptanceByDefault));
    let private_name = match params.text("PrivateDnsName") {
        Some(name) => Some(new_private_name(session, name)?),
        None => None,
    };
    let families = families(&params.texts("SupportedIpAddressType"))?;
    let tags = tags::specification(session, params, "vpc-endpoint-service")?;
    let bound = load_balancers::check_all(session, &arns, None)?;
    bound.support(&families).map_err(MissingFamily::into_error).map_err(|error| session.assumed(error))?;
    let id = session.new_id("vpce-svc", 17);
    let mut service = EndpointService {
        owner: session.caller.account.clone(),
        region: session.caller.region.clone(),
        state: Timed::new(ServiceState::Available),
        usable_at: session.later(SERVICE_USABLE),
        acceptance_required,
        load_balancers: arns,
        zones: bound.zones,
        families,
        regions: BTreeMap::new(),
        private_name,
        stale_private_name: None,
        permissions: Vec::new(),
        owner_pays: false,
        id: id.clone(),
    };
    regions::add(session, &mut service, &params.texts("SupportedRegion"))?;
    regions::check_idle_timeouts(session, &service)?;
    session.created(&id, CREATED_VISIBLE);
    let account = session.caller.account.clone();
    let zones = crate::simulator::ec2::zones::zones(session.state.seed, &account, &service.region);
    let answer = Xml::new()
        .element(
            "serviceConfiguration",
            service_xml(session.holds(Rule::EmptyElements), &service, &zones, Some(&tags), session.now),
        )
        .optional("clientToken", params.text("ClientToken"));
    let region = session.region();
    region.ec2.tags.insert(id.clone(), tags);
    region.ec2.privatelink.services.insert(id.clone(), service);
    region.ec2.privatelink.set_alarm_of_service(&id);
    session.remember_made(params, &answer, &id);
    Ok(answer)
}

/// Mints the pair of a new private name.
pub fn new_private_name(session: &mut Session<'_>, name: &str) -> Result<PrivateName, ApiError> {
    if !is_legal(name) {
        return Err(ApiError::invalid(format!("The private DNS name '{name}' is invalid.")));
    }
    let label = format!("_{}", session.alphanumeric(20));
    let value = format!("vpce:{}", mixed_case(session));
    let check = session.later(VERIFICATION_BY_ITSELF);
    Ok(PrivateName::new(name.to_owned(), label, value, check))
}

// Values are compared case and all; both cases in them show who does not.
fn mixed_case(session: &mut Session<'_>) -> String {
    crate::simulator::rng::draw_from(
        &mut session.rng,
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        20,
    )
}

/// Reads a list of address families; none is IPv4.
pub fn families(texts: &[String]) -> Result<BTreeSet<IpFamily>, ApiError> {
    if texts.is_empty() {
        return Ok(BTreeSet::from([IpFamily::V4]));
    }
    texts
        .iter()
        .map(|text| {
            IpFamily::parse(text).ok_or_else(|| ApiError::invalid(format!("The IP address type '{text}' is invalid.")))
        })
        .collect()
}
