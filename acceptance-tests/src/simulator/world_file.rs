//! World files: what there is when the simulator starts, and what a world holds written down in the same form.
//!
//! A file lists VPCs, hosted zones and endpoint services by names of its own; building it answers the ids under these names, a flat
//! object that serves as `terraform.tfvars.json`. Everything is there at once: running, active, verified. Ids are drawn anew at each start.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::caller::{Caller, Service};
use super::clock::Moment;
use super::ec2::zones::zones;
use super::ec2::{cidr_block, instance, security_group, subnet, vpc};
use super::params::Params;
use super::rng;
use super::services;
use super::session::{Session, Struck};
use super::state::State;
use super::timed::Timed;
use super::xml::Xml;

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldFile {
    /// Networks.
    pub vpcs: Vec<VpcFile>,
    /// Hosted zones.
    pub zones: Vec<ZoneFile>,
    /// Endpoint services, each with its load balancer.
    pub services: Vec<ServiceFile>,
}

/// A VPC of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpcFile {
    /// Name under which its ids are answered.
    pub name: String,
    /// Twelve digits.
    pub account: String,
    /// Region.
    #[serde(default = "first_region")]
    pub region: String,
    /// IPv4 block.
    pub cidr: String,
    /// Whether it has an IPv6 block.
    #[serde(default)]
    pub ipv6: bool,
    /// Both DNS attributes.
    #[serde(default = "yes")]
    pub dns: bool,
    /// Blocks by zone id.
    #[serde(default)]
    pub subnets: BTreeMap<String, String>,
    /// Names of security groups.
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// Whether an instance runs in each subnet.
    #[serde(default)]
    pub instances: bool,
}

/// A hosted zone of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneFile {
    /// Domain.
    pub domain: String,
    /// Account.
    pub account: String,
    /// Names of the file's VPCs that see it; a zone without them is public.
    #[serde(default)]
    pub vpcs: Vec<String>,
}

/// An endpoint service of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceFile {
    /// Name under which its ids are answered, and of its load balancer.
    pub name: String,
    /// Name of the file's VPC in whose subnets its load balancer stands.
    pub vpc: String,
    /// Ports of TCP listeners.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Whether the owner accepts each connection.
    #[serde(default)]
    pub acceptance_required: bool,
    /// Who may connect.
    #[serde(default)]
    pub allowed_principals: Vec<String>,
    /// Private name, verified.
    #[serde(default)]
    pub private_dns_name: Option<String>,
}

fn first_region() -> String {
    "us-east-1".to_owned()
}

fn yes() -> bool {
    true
}

/// Builds what a file says and gives the ids under its names.
pub fn build(state: &mut State, now: Moment, file: &WorldFile) -> Result<Value, String> {
    let mut ids = Map::new();
    let mut places: BTreeMap<String, Built> = BTreeMap::new();
    for file in &file.vpcs {
        let built = network(state, now, file)?;
        ids.insert(format!("{}_vpc_id", file.name), json!(built.vpc_id));
        ids.insert(format!("{}_subnet_ids", file.name), json!(built.subnet_ids));
        for (name, id) in &built.groups {
            ids.insert(format!("{}_{name}_security_group_id", file.name), json!(id));
        }
        ids.insert(format!("{}_instance_ids", file.name), json!(built.instance_ids));
        places.insert(file.name.clone(), built);
    }
    let place = |name: &String| places.get(name).ok_or_else(|| format!("the file has no VPC named '{name}'"));
    for file in &file.zones {
        let id = zone(state, now, file, &place)?;
        ids.insert(format!("{}_zone_id", file.domain.replace(['.', '-'], "_")), json!(id));
    }
    for file in &file.services {
        let built = place(&file.vpc)?;
        let (id, name) = service(state, now, file, built)?;
        ids.insert(format!("{}_service_id", file.name), json!(id));
        ids.insert(format!("{}_service_name", file.name), json!(name));
    }
    let made = state.objects(now).into_iter().map(|object| object.id).collect::<Vec<_>>();
    state.landscape.extend(made);
    Ok(Value::Object(ids))
}

struct Built {
    account: String,
    region: String,
    vpc_id: String,
    subnet_ids: Vec<String>,
    groups: Vec<(String, String)>,
    instance_ids: Vec<String>,
}

fn network(state: &mut State, now: Moment, file: &VpcFile) -> Result<Built, String> {
    let words = |error: super::error::ApiError| format!("{}: {}", file.name, error.message);
    let known = zones(state.seed, &file.account, &file.region);
    let mut session = session(state, now, &file.account, &file.region, Service::Ec2);
    let vpc_id = vpc::create(&mut session, cidr_block::read("cidrBlock", &file.cidr).map_err(words)?, file.ipv6).id;
    if let Some(vpc) = session.region().ec2.vpcs.get_mut(&vpc_id) {
        (vpc.dns_support, vpc.dns_hostnames) = (file.dns, file.dns);
    }
    let mut subnet_ids = Vec::new();
    for (zone_id, cidr) in &file.subnets {
        let zone = known.iter().find(|zone| zone.id == *zone_id).cloned();
        let zone = zone.ok_or_else(|| format!("{}: {} has no zone {zone_id}", file.name, file.region))?;
        let block = cidr_block::read("subnetCidrBlock", cidr).map_err(words)?;
        subnet_ids.push(subnet::create(&mut session, &vpc_id, zone, block, None).id);
    }
    let mut groups = Vec::new();
    for name in &file.security_groups {
        groups.push((name.clone(), security_group::create(&mut session, name, name, &vpc_id, false)));
    }
    let mut instance_ids = Vec::new();
    let own = groups.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>();
    for subnet_id in subnet_ids.iter().filter(|_| file.instances) {
        let made = instance::run(&mut session, subnet_id, own.clone()).map_err(words)?;
        if let Some(instance) = session.region().ec2.instances.get_mut(&made.id) {
            instance.state = Timed::new("running");
        }
        session.state.sights.forget(&made.interface_id);
        instance_ids.push(made.id);
    }
    let (account, region) = (file.account.clone(), file.region.clone());
    Ok(Built { account, region, vpc_id, subnet_ids, groups, instance_ids })
}

fn zone<'b>(
    state: &mut State,
    now: Moment,
    file: &ZoneFile,
    place: &dyn Fn(&String) -> Result<&'b Built, String>,
) -> Result<String, String> {
    let mut form = format!("Name={}&CallerReference=world-file-{}", file.domain, file.domain);
    if let Some(first) = file.vpcs.first() {
        let built = place(first)?;
        form = format!("{form}&VPC.VPCRegion={}&VPC.VPCId={}", built.region, built.vpc_id);
    }
    let answer = call(state, now, (&file.account, "us-east-1", Service::Route53), "CreateHostedZone", &form)?;
    let id = first_text(&answer, "HostedZone/Id")?.trim_start_matches("/hostedzone/").to_owned();
    for name in file.vpcs.iter().skip(1) {
        let built = place(name)?;
        let form = format!("Id={id}&VPC.VPCRegion={}&VPC.VPCId={}", built.region, built.vpc_id);
        let caller = (built.account.as_str(), "us-east-1", Service::Route53);
        if built.account != file.account {
            let owner = (file.account.as_str(), "us-east-1", Service::Route53);
            call(state, now, owner, "CreateVPCAssociationAuthorization", &form)?;
        }
        if let Some(zone) = state.route53.zones.get_mut(&id) {
            for from in zone.authorizations.values_mut() {
                *from = now;
            }
        }
        call(state, now, caller, "AssociateVPCWithHostedZone", &form)?;
        if let Some(zone) = state.route53.zones.get_mut(&id) {
            zone.authorizations.clear();
        }
    }
    if let Some(zone) = state.route53.zones.get_mut(&id) {
        zone.served.set(now, zone.records.at(now).clone());
    }
    Ok(id)
}

fn service(state: &mut State, now: Moment, file: &ServiceFile, built: &Built) -> Result<(String, String), String> {
    let elb = (built.account.as_str(), built.region.as_str(), Service::ElbV2);
    let ec2 = (built.account.as_str(), built.region.as_str(), Service::Ec2);
    let mut form = format!("Name={}&Type=network&Scheme=internal", file.name);
    for (number, id) in built.subnet_ids.iter().enumerate() {
        form = format!("{form}&Subnets.member.{}={id}", number + 1);
    }
    let answer = call(state, now, elb, "CreateLoadBalancer", &form)?;
    let balancer = first_text(&answer, "LoadBalancers/member/LoadBalancerArn")?;
    let active = Map::from_iter([("state".to_owned(), json!("active"))]);
    state.force(now, "load_balancer", &balancer, &active)?;
    if let Some(balancer) = state.region_mut(&built.account, &built.region).elbv2.load_balancers.get_mut(&balancer) {
        let mut zones = balancer.zones.at(now).clone();
        for zone in &mut zones {
            zone.ready = now;
        }
        balancer.zones = Timed::new(zones);
    }
    for port in &file.ports {
        let form =
            format!("Name={}-{port}&Protocol=TCP&Port={port}&TargetType=instance&VpcId={}", file.name, built.vpc_id);
        let answer = call(state, now, elb, "CreateTargetGroup", &form)?;
        let group = first_text(&answer, "TargetGroups/member/TargetGroupArn")?;
        for id in &built.instance_ids {
            call(state, now, elb, "RegisterTargets", &format!("TargetGroupArn={group}&Targets.member.1.Id={id}"))?;
        }
        let form = format!(
            "LoadBalancerArn={balancer}&Protocol=TCP&Port={port}&DefaultActions.member.1.Type=forward\
             &DefaultActions.member.1.TargetGroupArn={group}"
        );
        call(state, now, elb, "CreateListener", &form)?;
    }
    let form = format!("NetworkLoadBalancerArn.1={balancer}&AcceptanceRequired={}", file.acceptance_required);
    let answer = call(state, now, ec2, "CreateVpcEndpointServiceConfiguration", &form)?;
    let id = first_text(&answer, "serviceConfiguration/serviceId")?;
    let name = first_text(&answer, "serviceConfiguration/serviceName")?;
    let region = state.region_mut(&built.account, &built.region);
    if let Some(service) = region.ec2.privatelink.services.get_mut(&id) {
        service.usable_at = now;
    }
    for (number, principal) in file.allowed_principals.iter().enumerate() {
        let form = format!("ServiceId={id}&AddAllowedPrincipals.{}={principal}", number + 1);
        call(state, now, ec2, "ModifyVpcEndpointServicePermissions", &form)?;
    }
    if let Some(name) = &file.private_dns_name {
        call(
            state,
            now,
            ec2,
            "ModifyVpcEndpointServiceConfiguration",
            &format!("ServiceId={id}&PrivateDnsName={name}"),
        )?;
        let verified = Map::from_iter([("verification".to_owned(), json!("verified"))]);
        state.force(now, "endpoint_service", &id, &verified)?;
    }
    Ok((id, name))
}

/// Gives an account the default VPC of a Region.
pub fn default_vpc(state: &mut State, now: Moment, account: &str, region: &str) -> Result<Value, String> {
    let answer = call(state, now, (account, region, Service::Ec2), "CreateDefaultVpc", "")?;
    let id = first_text(&answer, "vpc/vpcId")?;
    Ok(json!({"vpc_id": id}))
}

/// Writes down the networks, zones and services of a world. Endpoints, records and everything that callers made of them stay out.
pub fn save(state: &State, now: Moment) -> WorldFile {
    let mut file = WorldFile::default();
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    for (account, region_name, region) in state.regions() {
        let mut vpcs: Vec<_> = region.ec2.vpcs.values().collect();
        vpcs.sort_by_key(|vpc| vpc.cidrs.first().map(ToString::to_string));
        for vpc in vpcs {
            let name = format!("vpc{}", names.len() + 1);
            let subnets = region.ec2.subnets.values().filter(|subnet| subnet.vpc_id == vpc.id);
            let groups =
                region.ec2.security_groups.values().filter(|group| group.vpc_id == vpc.id && !group.is_default);
            file.vpcs.push(VpcFile {
                name: name.clone(),
                account: account.to_owned(),
                region: region_name.to_owned(),
                cidr: vpc.cidrs.first().map(ToString::to_string).unwrap_or_default(),
                ipv6: vpc.ipv6_cidr.is_some(),
                dns: vpc.dns_support && vpc.dns_hostnames,
                subnets: subnets.map(|subnet| (subnet.zone.id.clone(), subnet.cidr.to_string())).collect(),
                security_groups: groups.map(|group| group.name.clone()).collect(),
                instances: region.ec2.instances.values().any(|one| one.vpc_id == vpc.id && one.running(now)),
            });
            names.insert(&vpc.id, name);
        }
    }
    for zone in state.route53.zones.values().filter(|zone| zone.exists_at(now)) {
        let vpcs = zone.vpcs.at(now).iter().filter_map(|one| names.get(one.vpc.vpc_id.as_str()).cloned()).collect();
        let domain = super::route53::names::plain(&zone.name);
        file.zones.push(ZoneFile { domain, account: zone.owner.clone(), vpcs });
    }
    for (_, _, region) in state.regions() {
        for service in region.ec2.privatelink.services.values().filter(|service| service.is_live(now)) {
            let Some(balancer) = service.load_balancers.first() else { continue };
            let listeners = region.elbv2.listeners_of(balancer, now).map(|listener| listener.settings.at(now));
            let Some(balancer) = region.elbv2.load_balancers.get(balancer) else { continue };
            file.services.push(ServiceFile {
                name: balancer.name.clone(),
                vpc: names.get(balancer.vpc_id.as_str()).cloned().unwrap_or_default(),
                ports: listeners.filter(|settings| settings.protocol == "TCP").map(|settings| settings.port).collect(),
                acceptance_required: service.acceptance_required,
                allowed_principals: service.permissions.iter().map(|one| one.principal.clone()).collect(),
                private_dns_name: service.private_name.as_ref().map(|name| name.name.clone()),
            });
        }
    }
    file.zones.sort_by(|one, other| one.domain.cmp(&other.domain));
    file.services.sort_by(|one, other| one.name.cmp(&other.name));
    file
}

fn first_text(answer: &Xml, path: &str) -> Result<String, String> {
    answer.texts_at(path).into_iter().next().ok_or_else(|| format!("an answer without {path}"))
}

/// Runs one operation for a file, as its account would.
fn call(
    state: &mut State,
    now: Moment,
    (account, region, service): (&str, &str, Service),
    name: &str,
    form: &str,
) -> Result<Xml, String> {
    let operation = services::operation(service, name).ok_or_else(|| format!("there is no operation {name}"))?;
    let fields = form_urlencoded::parse(form.as_bytes()).into_owned();
    let params = Params::from_form(fields).map_err(|error| error.message)?;
    let mut session = session(state, now, account, region, service);
    let answer =
        (operation.run)(&mut session, &params).map_err(|error| format!("{name}: {}: {}", error.code, error.message))?;
    // No replica lags behind what was there before.
    for id in std::mem::take(&mut session.struck.made) {
        session.state.sights.forget(&id);
    }
    Ok(answer)
}

fn session<'a>(state: &'a mut State, now: Moment, account: &str, region: &str, service: Service) -> Session<'a> {
    let key = (account.to_owned(), "world file".to_owned());
    let count = state.counts.entry(key).or_default();
    *count += 1;
    let rng = rng::stream(state.seed, &[account, "world file"], *count);
    Session {
        state,
        caller: Caller::of(account, region, service),
        now,
        rng,
        operation: "world file",
        mutating: true,
        reply_status: None,
        reply_headers: Vec::new(),
        struck: Struck::default(),
    }
}
