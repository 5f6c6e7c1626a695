//! CreateTargetGroup, DescribeTargetGroups, ModifyTargetGroup, DeleteTargetGroup. Targets are in `targets.rs`.

use std::collections::BTreeMap;

use crate::simulator::buckets::{ELB_MUTATING, ELB_READING};
use crate::simulator::clock::Moment;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::state::Region;
use crate::simulator::timed::Timed;
use crate::simulator::xml::Xml;

use super::attributes;
use super::health_check::{Checked, HealthCheck, HealthCheckInput};
use super::input::{self, check_arn, configuration, need, validation};
use super::load_balancers;
use super::protocols;
use super::state::{ElbState, Pairs, TargetGroup};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("CreateTargetGroup", ELB_MUTATING, create),
    reading("DescribeTargetGroups", ELB_READING, describe_many),
    mutation("ModifyTargetGroup", ELB_MUTATING, modify),
    mutation("DeleteTargetGroup", ELB_MUTATING, delete),
];

/// Target groups of one account in one Region.
const LIMIT: usize = 3000;

/// Finds a target group of the caller.
///
/// # Errors
/// `ValidationError` for what is no ARN; `TargetGroupNotFound`.
pub fn find<'a>(session: &'a mut Session<'_>, arn: &str) -> Result<&'a mut TargetGroup, ApiError> {
    check_arn(arn, "targetgroup", "target group")?;
    let now = session.now;
    let found = session.region().elbv2.target_groups.get_mut(arn);
    found
        .filter(|group| group.exists_at(now))
        .ok_or_else(|| ApiError::bad("TargetGroupNotFound", format!("Target group '{arn}' not found")))
}

fn health_check(params: &Params) -> Result<HealthCheckInput, ApiError> {
    let text = |name: &str| params.text(name).map(ToOwned::to_owned);
    Ok(HealthCheckInput {
        protocol: text("HealthCheckProtocol"),
        port: text("HealthCheckPort"),
        path: text("HealthCheckPath"),
        // A gRPC code belongs to application load balancers; nobody reads it, so it is refused.
        matcher: params.structure("Matcher").and_then(|matcher| matcher.text("HttpCode")).map(ToOwned::to_owned),
        interval: input::number(params, "HealthCheckIntervalSeconds")?,
        timeout: input::number(params, "HealthCheckTimeoutSeconds")?,
        healthy_threshold: input::number(params, "HealthyThresholdCount")?,
        unhealthy_threshold: input::number(params, "UnhealthyThresholdCount")?,
        enabled: input::flag(params, "HealthCheckEnabled")?,
    })
}

#[derive(Debug)]
struct Asked {
    name: String,
    target_type: String,
    protocol: String,
    port: u16,
    vpc_id: String,
    ip_address_type: String,
    health_check: HealthCheck,
    tags: Pairs,
}

fn read(session: &mut Session<'_>, params: &Params) -> Result<Asked, ApiError> {
    let name = need(params, "Name")?.to_owned();
    input::check_name("Target group", &name)?;
    let target_type = params.text("TargetType").unwrap_or("instance").to_owned();
    match target_type.as_str() {
        "instance" | "ip" | "alb" => {}
        "lambda" => return Err(ApiError::not_simulated("targets of type lambda")),
        other => return Err(validation(format!("Target type '{other}' must be one of 'alb, instance, ip, lambda'"))),
    }
    let protocol = params.text("Protocol").ok_or_else(|| validation("A protocol must be specified"))?.to_owned();
    protocols::check_target_group(&protocol, &target_type)?;
    if protocol.starts_with("HTTP") && params.text("ProtocolVersion").is_some_and(|version| version != "HTTP1") {
        return Err(ApiError::not_simulated("target groups of another protocol version than HTTP1"));
    }
    let port = input::port(params, "Port")?.ok_or_else(|| validation("A port must be specified"))?;
    let vpc_id = params.text("VpcId").ok_or_else(|| validation("A VPC ID must be specified"))?.to_owned();
    let ip_address_type = params.text("IpAddressType").unwrap_or("ipv4").to_owned();
    if !matches!(ip_address_type.as_str(), "ipv4" | "ipv6") {
        return Err(validation(format!("IP address type '{ip_address_type}' must be one of 'ipv4, ipv6'")));
    }
    if ip_address_type == "ipv6" && target_type != "ip" {
        return Err(configuration("IP address type 'ipv6' is only supported for target groups with target type 'ip'"));
    }
    let checked = Checked::of(&protocol, &target_type);
    let health_check = HealthCheck::create(checked, health_check(params)?)?;
    let tags = input::tags(params, "Tags")?;
    input::refuse_unread(session, params)?;
    if !session.region().ec2.vpcs.contains_key(&vpc_id) {
        return Err(validation(format!("The VPC ID '{vpc_id}' is not found")));
    }
    Ok(Asked { name, target_type, protocol, port, vpc_id, ip_address_type, health_check, tags })
}

impl Asked {
    fn is_settled_as(&self, group: &TargetGroup, at: Moment) -> bool {
        group.protocol == self.protocol
            && group.port == self.port
            && group.vpc_id == self.vpc_id
            && group.target_type == self.target_type
            && group.ip_address_type == self.ip_address_type
            && *group.health_check.at(at) == self.health_check
            && *group.tags.at(at) == self.tags
    }
}

fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let asked = read(session, params)?;
    let unique = session.holds(Rule::NamesAreUnique);
    let elb = &session.region().elbv2;
    let named = |group: &&TargetGroup| unique && group.name == asked.name && group.exists_at(now);
    if let Some(existing) = elb.target_groups.values().find(named) {
        if asked.is_settled_as(existing, now) {
            return Ok(Xml::new().members("TargetGroups", [describe(elb, existing, now)]));
        }
        return Err(ApiError::bad(
            "DuplicateTargetGroupName",
            format!("A target group with the same name '{}' exists, but with different settings", asked.name),
        ));
    }
    if elb.target_groups.values().filter(|group| group.exists_at(now)).count() >= LIMIT {
        return Err(ApiError::bad("TooManyTargetGroups", format!("The maximum number of target groups is {LIMIT}")));
    }
    let id = session.hex(16);
    let caller = &session.caller;
    let arn =
        format!("arn:aws:elasticloadbalancing:{}:{}:targetgroup/{}/{id}", caller.region, caller.account, asked.name);
    let group = TargetGroup {
        arn: arn.clone(),
        attributes: Timed::new(attributes::of_target_group(&asked.protocol, &asked.target_type)),
        name: asked.name,
        protocol: asked.protocol,
        port: asked.port,
        vpc_id: asked.vpc_id,
        target_type: asked.target_type,
        ip_address_type: asked.ip_address_type,
        created: now,
        exists: Timed::new(true),
        health_check: Timed::new(asked.health_check),
        tags: Timed::new(asked.tags),
        targets: BTreeMap::new(),
    };
    let elb = &mut session.region().elbv2;
    let answer = describe(elb, &group, now);
    elb.target_groups.insert(arn, group);
    Ok(Xml::new().members("TargetGroups", [answer]))
}

fn describe_many(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arns = input::arns(session, params, "TargetGroupArns")?;
    let names = input::arns(session, params, "Names")?;
    let balancer = params.text("LoadBalancerArn").map(ToOwned::to_owned);
    let ways = [!arns.is_empty(), !names.is_empty(), balancer.is_some()];
    if ways.into_iter().filter(|way| *way).count() > 1 {
        return Err(validation(
            "Target group names, target group ARNs and a load balancer ARN cannot be specified at the same time",
        ));
    }
    for arn in &arns {
        check_arn(arn, "targetgroup", "target group")?;
    }
    if let Some(balancer) = &balancer {
        load_balancers::find(session, balancer)?;
    }
    let ask = input::ask(params, !arns.is_empty() || !names.is_empty())?;
    let (Shelves { region: Region { elbv2, .. }, .. }, mut desk) = session.desk();
    let arn = |name: &String| {
        let found = elbv2.target_groups.values().find(|group| group.name == *name && group.exists_at(now));
        found.map_or_else(|| name.clone(), |group| group.arn.clone())
    };
    let arns: Vec<String> = arns.into_iter().chain(names.iter().map(arn)).collect();
    let is_behind = |group: &TargetGroup| {
        balancer.as_ref().is_none_or(|balancer| elbv2.load_balancers_of(&group.arn, now).contains(balancer))
    };
    let listing = Listing {
        walk: &|range| walk(&elbv2.target_groups, range),
        sight: None,
        changed: |_, _| None,
        shows: &|group, _| group.exists_at(now),
        passes: &|group, _| is_behind(group),
        write: &|group, _| describe(elbv2, group, now),
        absent: Some(&|_| ApiError::bad("TargetGroupNotFound", "One or more target groups not found")),
    };
    let page = desk.list(&ask, &arns, &listing).map_err(input::in_words)?;
    Ok(Xml::new().members("TargetGroups", page.items).optional("NextMarker", page.next))
}

fn describe(elb: &ElbState, group: &TargetGroup, at: Moment) -> Xml {
    let check = group.health_check.at(at);
    let xml = Xml::new()
        .text("TargetGroupArn", &group.arn)
        .text("TargetGroupName", &group.name)
        .text("Protocol", &group.protocol)
        .text("Port", group.port)
        .text("VpcId", &group.vpc_id)
        .text("HealthCheckProtocol", &check.protocol)
        .text("HealthCheckPort", &check.port)
        .text("HealthCheckEnabled", true)
        .text("HealthCheckIntervalSeconds", check.interval)
        .text("HealthCheckTimeoutSeconds", check.timeout)
        .text("HealthyThresholdCount", check.healthy_threshold)
        .text("UnhealthyThresholdCount", check.unhealthy_threshold)
        .optional("HealthCheckPath", check.path.as_ref());
    let xml = match &check.matcher {
        Some(codes) => xml.element("Matcher", Xml::new().text("HttpCode", codes)),
        None => xml,
    };
    let version = group.protocol.starts_with("HTTP").then_some("HTTP1");
    xml.optional("ProtocolVersion", version)
        .text_members("LoadBalancerArns", elb.load_balancers_of(&group.arn, at))
        .text("TargetType", &group.target_type)
        .text("IpAddressType", &group.ip_address_type)
}

fn modify(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "TargetGroupArn")?;
    let input = health_check(params)?;
    input::refuse_unread(session, params)?;
    let group = find(session, arn)?;
    let checked = Checked::of(&group.protocol, &group.target_type);
    let check = group.health_check.at(now).modify(checked, input)?;
    if check != *group.health_check.at(now) {
        group.health_check.set(now, check);
    }
    let group = group.clone();
    let answer = describe(&session.region().elbv2, &group, now);
    Ok(Xml::new().members("TargetGroups", [answer]))
}

fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "TargetGroupArn")?;
    check_arn(arn, "targetgroup", "target group")?;
    let stays = session.holds(Rule::UsedTargetGroupStays);
    let elb = &mut session.region().elbv2;
    if stays && !elb.load_balancers_of(arn, now).is_empty() {
        return Err(ApiError::bad(
            "ResourceInUse",
            format!("Target group '{arn}' is currently in use by a listener or a rule"),
        ));
    }
    // Gone already: AWS answers success.
    if let Some(group) = elb.target_groups.get_mut(arn).filter(|group| group.exists_at(now)) {
        group.exists.set(now, false);
    }
    Ok(Xml::new())
}
