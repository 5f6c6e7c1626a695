//! CreateLoadBalancer, DescribeLoadBalancers, DeleteLoadBalancer.
//!
//! An internet-facing one wants a VPC with an internet gateway. What is peculiar to application load balancers is in
//! `application.rs`.

use crate::simulator::buckets::{ELB_MUTATING, ELB_READING, ELB_RESOURCE_INTENSIVE};
use crate::simulator::clock::Moment;
use crate::simulator::durations::{
    CREATED_VISIBLE, LOAD_BALANCER_DELETION, LOAD_BALANCER_INTERFACES_RELEASE, LOAD_BALANCER_PROVISIONING,
};
use crate::simulator::ec2::network_interface;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::state::Region;
use crate::simulator::timed::Timed;
use crate::simulator::xml::Xml;

use super::application;
use super::attributes;
use super::canonical_zones;
use super::endpoint_services;
use super::input::{self, check_arn, need, validation};
use super::placement::{self, Wanted};
use super::source_nat;
use super::state::{LoadBalancer, LoadBalancerKind, LoadBalancerState, LoadBalancerZone, Pairs, Reservation};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("CreateLoadBalancer", ELB_RESOURCE_INTENSIVE, create),
    reading("DescribeLoadBalancers", ELB_READING, describe_many),
    mutation("DeleteLoadBalancer", ELB_MUTATING, delete),
];

/// Load balancers of one kind, of one account in one Region.
const LIMIT: usize = 50;

/// Finds a load balancer of the caller that is not on its way out.
///
/// # Errors
/// `ValidationError` for what is no ARN; `LoadBalancerNotFound`, for a moment also for one just made.
pub fn find<'a>(session: &'a mut Session<'_>, arn: &str) -> Result<&'a mut LoadBalancer, ApiError> {
    check_arn(arn, "loadbalancer", "load balancer")?;
    let (now, visible) = (session.now, session.visible(arn));
    let found = session.region().elbv2.load_balancers.get_mut(arn);
    found
        .filter(|balancer| visible && balancer.lives_at(now))
        .ok_or_else(|| ApiError::bad("LoadBalancerNotFound", format!("Load balancer '{arn}' not found")))
}

#[derive(Debug)]
struct Asked {
    kind: LoadBalancerKind,
    name: String,
    scheme: String,
    ip_address_type: String,
    source_nat_prefix: bool,
    security_groups: Vec<String>,
    tags: Pairs,
    wanted: Vec<Wanted>,
}

fn read(session: &mut Session<'_>, params: &Params) -> Result<Asked, ApiError> {
    let name = need(params, "Name")?.to_owned();
    input::check_name("Load balancer", &name)?;
    if name.starts_with("internal-") {
        return Err(validation(format!("The load balancer name '{name}' cannot begin with 'internal-'")));
    }
    let kind = match params.text("Type").unwrap_or("application") {
        "network" => LoadBalancerKind::Network,
        "application" => LoadBalancerKind::Application,
        "gateway" => return Err(ApiError::not_simulated("load balancers of type gateway")),
        other => {
            return Err(validation(format!(
                "Load balancer type '{other}' must be one of 'application, gateway, network'"
            )));
        }
    };
    let scheme = params.text("Scheme").unwrap_or("internet-facing").to_owned();
    if !matches!(scheme.as_str(), "internal" | "internet-facing") {
        return Err(ApiError::bad(
            "InvalidScheme",
            format!("Load balancer scheme '{scheme}' must be one of 'internal, internet-facing'"),
        ));
    }
    let ip_address_type = params.text("IpAddressType").unwrap_or("ipv4").to_owned();
    if !matches!(ip_address_type.as_str(), "ipv4" | "dualstack") {
        return Err(validation(format!("IP address type '{ip_address_type}' must be one of 'dualstack, ipv4'")));
    }
    let source_nat_prefix = source_nat::read(kind, params)?.unwrap_or(false);
    source_nat::check(source_nat_prefix, &ip_address_type)?;
    let mut security_groups = params.texts("SecurityGroups");
    let tags = input::tags(params, "Tags")?;
    let wanted = placement::read(session, params)?;
    input::refuse_unread(session, params)?;
    if kind == LoadBalancerKind::Application {
        application::check_placement(&wanted)?;
        if security_groups.is_empty() {
            security_groups.extend(application::default_group(session, &wanted));
        }
    }
    Ok(Asked { kind, name, scheme, ip_address_type, source_nat_prefix, security_groups, tags, wanted })
}

impl Asked {
    fn is_settled_as(&self, balancer: &LoadBalancer, at: Moment) -> bool {
        let sorted = |list: &[String]| {
            let mut list = list.to_vec();
            list.sort();
            list
        };
        let zones = balancer.zones.at(at).iter();
        let own = zones.map(|zone| (zone.subnet_id.clone(), zone.pinned_address.clone(), zone.pinned_ipv6.clone()));
        let mut own: Vec<_> = own.collect();
        let asked = self.wanted.iter().map(|one| {
            let text = |address: &dyn ToString| address.to_string();
            let (v4, v6) = (one.pinned.map(|address| text(&address)), one.pinned_ipv6.map(|address| text(&address)));
            (one.subnet.id.clone(), v4, v6)
        });
        let mut asked: Vec<_> = asked.collect();
        own.sort();
        asked.sort();
        balancer.lives_at(at)
            && balancer.kind == self.kind
            && own == asked
            && balancer.scheme == self.scheme
            && *balancer.ip_address_type.at(at) == self.ip_address_type
            && *balancer.source_nat_prefix.at(at) == self.source_nat_prefix
            && sorted(balancer.security_groups.at(at)) == sorted(&self.security_groups)
            && *balancer.tags.at(at) == self.tags
    }
}

fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let asked = read(session, params)?;
    let vpc_id = asked.wanted.first().map(|one| one.subnet.vpc_id.clone()).unwrap_or_default();
    let lingers = session.readings().deleted_load_balancer_holds_its_name;
    let unique = session.holds(Rule::NamesAreUnique);
    let balancers = &session.region().elbv2.load_balancers;
    let holds_name = |balancer: &&LoadBalancer| {
        balancer.name == asked.name && balancer.exists_at(now) && (lingers || balancer.lives_at(now))
    };
    if let Some(existing) = balancers.values().find(holds_name).filter(|_| unique) {
        if asked.is_settled_as(existing, now) {
            return Ok(Xml::new().members("LoadBalancers", [describe(existing, now)]));
        }
        return Err(ApiError::bad(
            "DuplicateLoadBalancerName",
            format!("A load balancer with the same name '{}' exists, but with different settings", asked.name),
        ));
    }
    if balancers.values().filter(|balancer| balancer.kind == asked.kind && balancer.lives_at(now)).count() >= LIMIT {
        return Err(ApiError::bad("TooManyLoadBalancers", format!("The maximum number of load balancers is {LIMIT}")));
    }
    if asked.scheme == "internet-facing" && !session.region().ec2.has_internet_gateway(&vpc_id) {
        return Err(ApiError::bad("InvalidSubnet", format!("VPC {vpc_id} has no internet gateway")));
    }
    placement::check_family(&asked.wanted, &asked.ip_address_type)?;
    placement::check_security_groups(session, &asked.security_groups, &vpc_id)?;
    for wanted in &asked.wanted {
        placement::check_free(session, wanted)?;
    }
    let balancer = make(session, asked, vpc_id)?;
    let answer = Xml::new().members("LoadBalancers", [describe(&balancer, now)]);
    session.created(&balancer.arn, CREATED_VISIBLE);
    session.region().elbv2.load_balancers.insert(balancer.arn.clone(), balancer);
    Ok(answer)
}

fn make(session: &mut Session<'_>, asked: Asked, vpc_id: String) -> Result<LoadBalancer, ApiError> {
    let now = session.now;
    let active = session.later(LOAD_BALANCER_PROVISIONING);
    let id = session.hex(16);
    let path = format!("{}/{}/{id}", asked.kind.segment(), asked.name);
    let (account, region) = (session.caller.account.clone(), session.caller.region.clone());
    let canonical = canonical_zones::of_region(asked.kind, &region)
        .ok_or_else(|| ApiError::not_simulated(format!("load balancers in the Region {region}")))?;
    let dualstack = asked.ip_address_type == "dualstack";
    let mut zones: Vec<LoadBalancerZone> = Vec::new();
    for wanted in &asked.wanted {
        let seat = placement::Seat { path: &path, groups: &asked.security_groups, dualstack, ready: active };
        zones.push(placement::settle(session, wanted, asked.kind, &seat)?);
    }
    zones.sort_by(|one, other| one.zone_name.cmp(&other.zone_name));
    Ok(LoadBalancer {
        arn: format!("arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{path}"),
        dns_name: match asked.kind {
            LoadBalancerKind::Network => format!("{}-{id}.elb.{region}.amazonaws.com", asked.name),
            LoadBalancerKind::Application => application::dns_name(&asked.name, &id, &region),
        },
        name: asked.name,
        canonical_zone_id: canonical.to_owned(),
        scheme: asked.scheme,
        vpc_id,
        created: now,
        exists: Timed::new(true),
        deleted: None,
        state: Timed::new(LoadBalancerState::Provisioning).then(active, LoadBalancerState::Active),
        zones: Timed::new(zones),
        born_with_security_groups: !asked.security_groups.is_empty(),
        security_groups: Timed::new(asked.security_groups),
        enforce_on_private_link: Timed::new(true),
        ip_address_type: Timed::new(asked.ip_address_type),
        source_nat_prefix: Timed::new(asked.source_nat_prefix),
        reservation: Reservation::default(),
        attributes: Timed::new(attributes::of_load_balancer(asked.kind)),
        kind: asked.kind,
        tags: Timed::new(asked.tags),
    })
}

fn describe_many(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arns = input::arns(session, params, "LoadBalancerArns")?;
    let names = input::arns(session, params, "Names")?;
    if !arns.is_empty() && !names.is_empty() {
        return Err(validation("Load balancer names and load balancer ARNs cannot be specified at the same time"));
    }
    for arn in &arns {
        check_arn(arn, "loadbalancer", "load balancer")?;
    }
    let by_id = !arns.is_empty() || !names.is_empty();
    let ask = input::ask(params, by_id)?;
    let (Shelves { region: Region { elbv2, .. }, .. }, mut desk) = session.desk();
    let arn = |name: &String| {
        let found = elbv2.load_balancers.values().find(|one| one.name == *name && one.exists_at(now));
        found.map_or_else(|| name.clone(), |one| one.arn.clone())
    };
    let arns: Vec<String> = arns.into_iter().chain(names.iter().map(arn)).collect();
    let listing = Listing {
        walk: &|range| walk(&elbv2.load_balancers, range),
        sight: None,
        changed: |balancer, now| balancer.state.changed_at(now),
        shows: &|balancer, _| balancer.exists_at(now),
        passes: &|_, _| true,
        write: &|balancer, at| describe(balancer, at),
        absent: Some(&|_| ApiError::bad("LoadBalancerNotFound", "One or more load balancers not found")),
    };
    let page = desk.list(&ask, &arns, &listing).map_err(input::in_words)?;
    Ok(Xml::new().members("LoadBalancers", page.items).optional("NextMarker", page.next))
}

/// Writes a load balancer as it stands at a moment.
fn describe(balancer: &LoadBalancer, at: Moment) -> Xml {
    let state = *balancer.state.at(at);
    let reason = (state == LoadBalancerState::Failed).then_some("The load balancer could not be set up");
    let xml = Xml::new()
        .text("LoadBalancerArn", &balancer.arn)
        .text("DNSName", &balancer.dns_name)
        .text("CanonicalHostedZoneId", &balancer.canonical_zone_id)
        .text("CreatedTime", balancer.created.iso())
        .text("LoadBalancerName", &balancer.name)
        .text("Scheme", &balancer.scheme)
        .text("VpcId", &balancer.vpc_id)
        .element("State", Xml::new().text("Code", state.code()).optional("Reason", reason))
        .text("Type", balancer.kind.word())
        .join(zones_xml(balancer.zones.at(at)))
        .text("IpAddressType", balancer.ip_address_type.at(at));
    let xml = xml.optional("EnablePrefixForIpv6SourceNat", source_nat::shown(balancer, at));
    if !balancer.born_with_security_groups {
        return xml;
    }
    let enforces = if *balancer.enforce_on_private_link.at(at) { "on" } else { "off" };
    let enforces = (balancer.kind == LoadBalancerKind::Network).then_some(enforces);
    xml.text_members("SecurityGroups", balancer.security_groups.at(at))
        .optional("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", enforces)
}

/// Writes the zones of a load balancer.
pub fn zones_xml(zones: &[LoadBalancerZone]) -> Xml {
    let zone_xml = |zone: &LoadBalancerZone| {
        let v4 = zone.pinned_address.as_ref();
        let pinned = (v4.is_some() || zone.pinned_ipv6.is_some())
            .then(|| Xml::new().optional("PrivateIPv4Address", v4).optional("IPv6Address", zone.pinned_ipv6.as_ref()));
        Xml::new()
            .text("ZoneName", &zone.zone_name)
            .text("SubnetId", &zone.subnet_id)
            .members("LoadBalancerAddresses", pinned)
    };
    Xml::new().members("AvailabilityZones", zones.iter().map(zone_xml))
}

fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "LoadBalancerArn")?;
    check_arn(arn, "loadbalancer", "load balancer")?;
    let protects = session.holds(Rule::DeletionProtection);
    let Some(balancer) = session.region().elbv2.load_balancers.get(arn).filter(|one| one.lives_at(now)) else {
        // Gone already: AWS answers success.
        return Ok(Xml::new());
    };
    let is_protected = protects && balancer.flag("deletion_protection.enabled", now);
    if is_protected {
        return Err(ApiError::bad(
            "OperationNotPermitted",
            format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled"),
        ));
    }
    if session.holds(Rule::BoundLoadBalancerStays) && endpoint_services::is_bound(session.state, arn, now) {
        return Err(ApiError::bad(
            "ResourceInUse",
            format!("Load balancer '{arn}' cannot be deleted because it is currently associated with another service"),
        ));
    }
    application::check_is_no_target(session, arn)?;
    let lists = session.holds(Rule::DeletedIsListed);
    let gone = if lists { session.later(LOAD_BALANCER_DELETION) } else { now };
    let released = session.later(LOAD_BALANCER_INTERFACES_RELEASE);
    let region = session.region();
    let mut interfaces = Vec::new();
    if let Some(balancer) = region.elbv2.load_balancers.get_mut(arn) {
        balancer.deleted = Some(now);
        balancer.exists.schedule(gone, false);
        interfaces.extend(balancer.zones.at(now).iter().map(|zone| zone.network_interface_id.clone()));
    }
    for listener in region.elbv2.listeners.values_mut().filter(|one| one.load_balancer == arn && one.exists_at(now)) {
        listener.exists.set(now, false);
        listener.released = gone;
    }
    for interface in interfaces {
        network_interface::release_at(region, &interface, released);
    }
    Ok(Xml::new())
}
