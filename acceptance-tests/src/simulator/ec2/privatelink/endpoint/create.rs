//! CreateVpcEndpoint.
//!
//! Checks come first, in this order: the VPC, the service and its admission, the quota, options, subnets, groups, policy, private
//! DNS; then interfaces and addresses are taken, all or none. What happens afterwards is drawn here and only read later.

use std::time::Duration;

use crate::simulator::clock::Moment;
use crate::simulator::durations::{CONNECTION_VISIBLE, CREATED_VISIBLE, ENDPOINT_AVAILABLE, PRIVATE_DNS_RESOLVABLE};
use crate::simulator::ec2::privatelink::connection;
use crate::simulator::ec2::privatelink::endpoint_service::regions::check_permission;
use crate::simulator::ec2::privatelink::private_dns::gates::{self, Place};
use crate::simulator::ec2::privatelink::private_dns::zone::HiddenZone;
use crate::simulator::ec2::{route_table, tags, zones};
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::state::Region;
use crate::simulator::timed::Timed;
use crate::simulator::xml::Xml;

use super::addresses::{self, Around};
use super::admission::{self, Found};
use super::describe::endpoint_xml;
use super::options::{self, DnsOptions};
use super::{Endpoint, EndpointKind, EndpointState, IpAddressType, Target};

/// Makes an endpoint in a VPC of the caller.
pub fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let (now, lives) = (session.now, |region: &Region, id: &str| region.ec2.privatelink.endpoints.get(id).cloned());
    let lives = |region: &Region, id: &str| lives(region, id).is_some_and(|one| one.state.at(now).exists());
    if let Some(first) = session.replay_unless_gone(params, lives)? {
        return Ok(first);
    }
    let kind = kind(session, params)?;
    let vpc_id = params.need("VpcId")?;
    check_vpc(session, vpc_id)?;
    let name = params.need("ServiceName")?;
    let service_region = params.text("ServiceRegion").filter(|region| *region != session.caller.region);
    check_permission(session, service_region.is_some())?;
    check_opted_in(session, service_region)?;
    let found = admission::find(session.state, &session.caller, (name, kind), service_region, session.now)?;
    admission::check_usable(session.state, &found, session.now)?;
    let tags = tags::specification(session, params, "vpc-endpoint")?;
    let endpoint = match kind {
        EndpointKind::Interface => interface_endpoint(session, params, vpc_id, name, &found)?,
        EndpointKind::Gateway => gateway_endpoint(session, params, vpc_id, name, &found)?,
    };
    let id = endpoint.id.clone();
    session.created(&id, CREATED_VISIBLE);
    session.created(&endpoint.connection_id, CREATED_VISIBLE);
    let region = session.region();
    region.ec2.tags.insert(id.clone(), tags);
    let answer = Xml::new()
        .element("vpcEndpoint", endpoint_xml(&endpoint, &region.ec2, endpoint.created))
        .optional("clientToken", params.text("ClientToken"));
    connection::note(session.state, &endpoint);
    let link = &mut session.region().ec2.privatelink;
    link.endpoints_by_vpc.entry(endpoint.vpc_id.clone()).or_default().push(id.clone());
    link.endpoints.insert(id.clone(), endpoint);
    session.remember_made(params, &answer, &id);
    Ok(answer)
}

fn kind(session: &Session<'_>, params: &Params) -> Result<EndpointKind, ApiError> {
    if params.has("ServiceNetworkArn") || params.has("ResourceConfigurationArn") {
        return Err(ApiError::invalid("Resource and service network endpoints are not available in this Region."));
    }
    match params.text("VpcEndpointType") {
        Some("Interface") => Ok(EndpointKind::Interface),
        None if !session.holds(Rule::GatewayByDefault) => Ok(EndpointKind::Interface),
        None | Some("Gateway") => Ok(EndpointKind::Gateway),
        Some(other @ ("GatewayLoadBalancer" | "Resource" | "ServiceNetwork")) => Err(ApiError::invalid(format!(
            "Endpoint type ({other}) does not match available service types ([Interface])."
        ))),
        Some(other) => {
            Err(ApiError::bad("InvalidVpcEndpointType", format!("The Vpc Endpoint Type '{other}' is not valid.")))
        }
    }
}

fn check_vpc(session: &mut Session<'_>, id: &str) -> Result<(), ApiError> {
    let visible = session.visible(id);
    if session.region().ec2.vpcs.contains_key(id) && visible {
        return Ok(());
    }
    Err(ApiError::bad("InvalidVpcId.NotFound", format!("The Vpc Id '{id}' does not exist")))
}

/// Refuses services of Regions that the caller's account must opt into first. The code is *assumed*.
fn check_opted_in(session: &Session<'_>, service_region: Option<&str>) -> Result<(), ApiError> {
    match service_region {
        Some(region) if !zones::is_open(session.state, &session.caller.account, region) => {
            let message = format!("The Region '{region}' of the service is not enabled for the account.");
            Err(session.assumed(ApiError::invalid(message)))
        }
        _ => Ok(()),
    }
}

fn interface_endpoint(
    session: &mut Session<'_>,
    params: &Params,
    vpc_id: &str,
    name: &str,
    found: &Found,
) -> Result<Endpoint, ApiError> {
    check_quota(session, vpc_id)?;
    let ip_address_type = options::ip_address_type(session, params, found, None)?;
    let mut dns = options::dns_options(params, ip_address_type, found, None)?;
    let (wanted, others) = addresses::read(params, "SubnetId")?;
    if let Some(other) = others.first() {
        return Err(ApiError::invalid(format!(
            "The subnet {} of SubnetConfiguration is not in SubnetIds.",
            other.subnet_id
        )));
    }
    addresses::check(session, &wanted, Around { found, vpc_id, ip_address_type, kept: &[] })?;
    let mut groups = params.texts("SecurityGroupId");
    if groups.is_empty() && session.holds(Rule::DefaultGroup) {
        groups.extend(session.region().ec2.vpcs.get(vpc_id).map(|vpc| vpc.default_group.clone()));
    }
    addresses::check_groups(session, vpc_id, &groups)?;
    let policy = options::policy(session, params, found)?;
    let accepted = !matches!(found, Found::Customer(service) if service.acceptance_required);
    // AWS's own services switch it on unless told otherwise (TF#37783).
    let private_dns = params.flag("PrivateDnsEnabled")?.unwrap_or(matches!(found, Found::Aws(_)));
    options::settle_inbound_resolver(session, &mut dns, private_dns, found, vpc_id)?;
    if private_dns {
        let (account, region) = (session.caller.account.clone(), session.caller.region.clone());
        let place = Place { account: &account, region: &region, vpc_id, endpoint_id: None, accepted };
        gates::check(session.state, found, name, place, session.now)?;
    }
    let id = session.new_id("vpce", 17);
    let ready = session.later(ENDPOINT_AVAILABLE);
    let (names_shown_at, shown_at) = appearances(session, accepted.then_some(ready));
    let placements = addresses::place(session, &id, &wanted, &groups, ip_address_type, shown_at)?;
    let mut endpoint = bare(session, id, vpc_id, name, found, (EndpointKind::Interface, ip_address_type), dns);
    if accepted {
        endpoint.state = Timed::new(EndpointState::Pending).then(ready, EndpointState::Available);
    } else {
        let hours = session.readings().unanswered_request_hours;
        let expiry = session.now.after(Duration::from_secs(hours.saturating_mul(3600)));
        endpoint.state = Timed::new(EndpointState::PendingAcceptance).then(expiry, EndpointState::Expired);
    }
    endpoint.connection = endpoint.state.clone();
    endpoint.waited_for_acceptance = !accepted;
    endpoint.names_shown_at = names_shown_at;
    endpoint.placements = placements;
    endpoint.groups = groups;
    endpoint.policy = policy;
    endpoint.private_dns = private_dns;
    if private_dns {
        open_zone(session, &endpoint, found, ready);
    }
    Ok(endpoint)
}

/// Draws when the Regional name shows, and then zonal names and interfaces: late, but not later than the endpoint itself.
fn appearances(session: &mut Session<'_>, ready: Option<Moment>) -> (Moment, Moment) {
    let latest = ready.unwrap_or(Moment::NEVER);
    let names = session.later(CONNECTION_VISIBLE).min(latest);
    let interfaces = names.after(session.draw(CONNECTION_VISIBLE)).min(latest);
    (names, interfaces)
}

/// Takes the service's private names over in the endpoint's VPC; they show at `ready` and resolve a while later.
pub fn open_zone(session: &mut Session<'_>, endpoint: &Endpoint, found: &Found, ready: Moment) {
    let stable = session.readings().hidden_zone_id_is_stable;
    let zones = &session.region().ec2.privatelink.hidden_zones;
    let before = zones.get(&endpoint.id).filter(|_| stable).and_then(|zones| zones.first());
    let before = before.map(|zone| zone.zone_id.clone());
    let zone = HiddenZone {
        endpoint_id: endpoint.id.clone(),
        vpc_id: endpoint.vpc_id.clone(),
        zone_id: before.unwrap_or_else(|| format!("Z{}", session.hex(20).to_uppercase())),
        names: found.private_names(),
        shown_at: ready,
        resolves_from: session.later(PRIVATE_DNS_RESOLVABLE).max(ready),
        resolves_until: Moment::NEVER,
        released_at: Moment::NEVER,
    };
    session.region().ec2.privatelink.hidden_zones.entry(endpoint.id.clone()).or_default().push(zone);
}

fn check_quota(session: &mut Session<'_>, vpc_id: &str) -> Result<(), ApiError> {
    let (limit, now) = (session.readings().endpoints_per_vpc, session.now);
    let dead_count = session.readings().dead_endpoints_fill_the_quota;
    let counts = |state: EndpointState| {
        use EndpointState::{Expired, Failed, Rejected};
        state.exists() && (dead_count || !matches!(state, Rejected | Failed | Expired))
    };
    let link = &session.region().ec2.privatelink;
    let ids = link.endpoints_by_vpc.get(vpc_id).into_iter().flatten();
    let present = ids
        .filter_map(|id| link.endpoints.get(id))
        .filter(|endpoint| endpoint.kind == EndpointKind::Interface)
        .filter(|endpoint| counts(*endpoint.state.at(now)))
        .count();
    if present < limit || !session.holds(Rule::EndpointQuota) {
        return Ok(());
    }
    let message =
        format!("The maximum number of interface VPC endpoints ({limit}) of the VPC {vpc_id} has been reached.");
    Err(ApiError::bad("VpcEndpointLimitExceeded", message))
}

/// Gateway endpoints of a Region. Source: PrivateLink quotas.
const GATEWAY_LIMIT: usize = 20;

fn check_gateway_quota(session: &mut Session<'_>) -> Result<(), ApiError> {
    let now = session.now;
    let endpoints = session.region().ec2.privatelink.endpoints.values();
    let gateways = endpoints.filter(|one| one.kind == EndpointKind::Gateway && one.state.at(now).exists()).count();
    if gateways < GATEWAY_LIMIT || !session.holds(Rule::EndpointQuota) {
        return Ok(());
    }
    Err(ApiError::bad(
        "VpcEndpointLimitExceeded",
        format!("The maximum number of gateway VPC endpoints ({GATEWAY_LIMIT}) of the Region has been reached."),
    ))
}

fn gateway_endpoint(
    session: &mut Session<'_>,
    params: &Params,
    vpc_id: &str,
    name: &str,
    found: &Found,
) -> Result<Endpoint, ApiError> {
    if !matches!(found, Found::Aws(service) if service.kind == EndpointKind::Gateway) {
        return Err(ApiError::invalid("Endpoint type (Gateway) does not match available service types ([Interface])."));
    }
    check_gateway_quota(session)?;
    for list in ["SubnetId", "SecurityGroupId"] {
        if params.has(list) {
            return Err(ApiError::invalid(format!("{list}s are not supported with endpoint type Gateway.")));
        }
    }
    if params.flag("PrivateDnsEnabled")? == Some(true) {
        return Err(ApiError::invalid("Private DNS is not supported with endpoint type Gateway."));
    }
    let policy = options::policy(session, params, found)?;
    let route_tables = route_table::named(session, vpc_id, &params.texts("RouteTableId"))?;
    let id = session.new_id("vpce", 17);
    let ipv4 = IpAddressType::Ipv4;
    let dns = options::dns_options(params, ipv4, found, None)?;
    let mut endpoint = bare(session, id, vpc_id, name, found, (EndpointKind::Gateway, ipv4), dns);
    endpoint.route_tables = route_tables;
    endpoint.policy = policy;
    endpoint.state = Timed::new(EndpointState::Available);
    Ok(endpoint)
}

fn bare(
    session: &mut Session<'_>,
    id: String,
    vpc_id: &str,
    name: &str,
    found: &Found,
    (kind, ip_address_type): (EndpointKind, IpAddressType),
    dns: DnsOptions,
) -> Endpoint {
    let label = session.alphanumeric(8);
    let names_are_shuffled = session.state.settings.disorder && label.bytes().next().is_some_and(|byte| byte % 2 == 0);
    Endpoint {
        owner: session.caller.account.clone(),
        region: session.caller.region.clone(),
        vpc_id: vpc_id.to_owned(),
        kind,
        target: match found {
            Found::Customer(service) => Target::Customer { id: service.id.clone() },
            Found::Aws(_) => Target::Aws,
        },
        service_name: name.to_owned(),
        service_region: found.region().to_owned(),
        domain: found.domain(),
        label,
        name_prefix: if matches!(found, Found::Aws(service) if service.has_wildcard_names) { "*." } else { "" },
        names_are_shuffled,
        created: session.now,
        creator: session.caller.principal.clone(),
        state: Timed::new(EndpointState::Pending),
        connection: Timed::new(EndpointState::Pending),
        connection_shown_at: session.later(CONNECTION_VISIBLE),
        waited_for_acceptance: false,
        connection_id: session.new_id("vpce-con", 17),
        placements: Vec::new(),
        groups: Vec::new(),
        route_tables: Vec::new(),
        old_groups_until: None,
        policy: None,
        ip_address_type,
        dns_record_ip_type: dns.record_ip_type,
        inbound_resolver_only: dns.inbound_resolver_only,
        private_dns: false,
        names_shown_at: Moment::NEVER,
        last_error: None,
        id,
    }
}
