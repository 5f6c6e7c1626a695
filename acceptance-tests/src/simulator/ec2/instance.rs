//! Instances, as far as target groups need them: running or not.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::simulator::buckets::{MUTATING, READING};
use crate::simulator::clock::Moment;
use crate::simulator::durations::{CREATED_VISIBLE, INSTANCE_LINGER, INSTANCE_RUNNING, INSTANCE_TERMINATION};
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::network_interface::{self, NewInterface};
use crate::simulator::ec2::state::State;
use crate::simulator::ec2::state::instance::Instance;
use crate::simulator::ec2::state::network_interface::InterfaceKind;
use crate::simulator::ec2::{lookup, tags};
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::state::{self, Region};
use crate::simulator::timed::Timed;
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("RunInstances", MUTATING, run_instances),
    mutation("TerminateInstances", MUTATING, terminate_instances),
    reading("DescribeInstances", READING, describe_instances),
];

/// Forces an instance's `state`, or its `tags`, AWS's own among them (`{"tags": {"aws:autoscaling:groupName": "orders"}}`); `None` when the
/// kind is another.
pub fn force(
    state: &mut state::State,
    now: Moment,
    kind: &str,
    id: &str,
    fields: &Map<String, Value>,
) -> Option<Result<(), String>> {
    if kind != "instance" {
        return None;
    }
    if let (Some(Value::Object(tags)), 1) = (fields.get("tags"), fields.len()) {
        let tags = tags.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        return Some(force_tags(state, id, tags.collect()));
    }
    let known = ["pending", "running", "stopping", "stopped", "shutting-down", "terminated"];
    let wanted = fields.get("state").and_then(Value::as_str);
    let Some(wanted) = known.into_iter().find(|name| Some(*name) == wanted) else {
        return Some(Err(format!("set.state must be one of {}", known.join(", "))));
    };
    let mut regions = state.regions_mut();
    let instance = regions.find_map(|(_, _, region)| region.ec2.instances.get_mut(id));
    Some(match instance {
        Some(instance) => {
            instance.state.set(now, wanted);
            Ok(())
        }
        None => Err(format!("there is no instance {id}")),
    })
}

fn force_tags(state: &mut state::State, id: &str, tags: BTreeMap<String, String>) -> Result<(), String> {
    let region = state.regions_mut().find(|(_, _, region)| region.ec2.instances.contains_key(id));
    let (.., region) = region.ok_or_else(|| format!("there is no instance {id}"))?;
    region.ec2.tags.insert(id.to_owned(), tags);
    Ok(())
}

/// Starts an instance with an interface in a subnet.
pub fn run(session: &mut Session<'_>, subnet_id: &str, groups: Vec<String>) -> Result<Instance, ApiError> {
    let id = session.new_id("i", 17);
    let vpc_id = lookup::subnet(session, subnet_id)?.vpc_id;
    let interface_id = network_interface::allocate(
        session,
        NewInterface {
            kind: InterfaceKind::Instance,
            subnet_id: subnet_id.to_owned(),
            groups,
            description: String::new(),
            requester_id: session.caller.account.clone(),
            private_ip: None,
            ipv6: false,
            appears: session.now,
        },
    )?;
    let running = session.later(INSTANCE_RUNNING);
    let instance = Instance {
        id: id.clone(),
        subnet_id: subnet_id.to_owned(),
        vpc_id,
        interface_id,
        state: Timed::new("pending").then(running, "running"),
    };
    let ec2 = &mut session.region().ec2;
    if let Some(interface) = ec2.network_interfaces.get_mut(&instance.interface_id) {
        interface.instance_id = Some(id.clone());
    }
    ec2.instances.insert(id, instance.clone());
    Ok(instance)
}

fn run_instances(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    if let Some(answer) = session.replay(params)? {
        return Ok(answer);
    }
    // What it boots and on what hardware has no part in a chain.
    for name in ["InstanceType", "KeyName", "UserData", "MetadataOptions"] {
        params.ignore(name);
    }
    params.need("ImageId")?;
    let subnet_id = params.need("SubnetId")?;
    let count = params.number("MaxCount")?.ok_or_else(|| ApiError::missing("MaxCount"))?;
    let least = params.number("MinCount")?.ok_or_else(|| ApiError::missing("MinCount"))?;
    if !(1..=20).contains(&count) || !(1..=count).contains(&least) {
        return Err(ApiError::invalid_value("maxCount", &count.to_string()));
    }
    let mut groups = params.texts("SecurityGroupId");
    let tags = tags::specification(session, params, "instance")?;
    let subnet = lookup::subnet(session, subnet_id)?;
    for group in &groups {
        lookup::security_group(session, group)?;
    }
    if groups.is_empty() {
        groups.push(lookup::vpc(session, &subnet.vpc_id)?.default_group);
    }
    // As many as fit start, none when fewer than MinCount do.
    let now = session.now;
    let free = i64::try_from(session.region().ec2.free_addresses(&subnet, now)).unwrap_or(i64::MAX);
    if free < least {
        return Err(network_interface::insufficient_addresses(subnet_id));
    }
    let mut items = Vec::new();
    for _ in 0..count.min(free) {
        let instance = run(session, subnet_id, groups.clone())?;
        session.created(&instance.id, CREATED_VISIBLE);
        session.region().ec2.tags.insert(instance.id.clone(), tags.clone());
        items.push(describe(&session.region().ec2, &instance, now));
    }
    let answer = Xml::new()
        .text("reservationId", session.new_id("r", 17))
        .text("ownerId", &session.caller.account)
        .set("groupSet", [])
        .set("instancesSet", items);
    session.remember(params, &answer);
    Ok(answer)
}

fn not_found(id: &str) -> ApiError {
    ApiError::bad("InvalidInstanceID.NotFound", format!("The instance ID '{id}' does not exist"))
}

fn terminate_instances(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("InstanceId");
    if ids.is_empty() {
        return Err(ApiError::missing("InstanceId"));
    }
    let now = session.now;
    for id in &ids {
        let listed = session.region().ec2.instances.get(id).is_some_and(|instance| instance.listed(now));
        if !listed || !session.visible(id) {
            return Err(not_found(id));
        }
    }
    let mut items = Vec::new();
    for id in ids {
        let terminated = session.later(INSTANCE_TERMINATION);
        let linger: Duration = session.draw(INSTANCE_LINGER);
        let region = session.region();
        let Some(instance) = region.ec2.instances.get_mut(&id) else {
            continue;
        };
        let before = *instance.state.at(now);
        let interface = instance.interface_id.clone();
        if before != "terminated" && before != "shutting-down" {
            instance.state.set(now, "shutting-down");
            instance.state.schedule(terminated, "terminated");
            instance.state.schedule(terminated.after(linger), "gone");
            network_interface::release_at(region, &interface, terminated);
        }
        items.push(
            Xml::new()
                .text("instanceId", &id)
                .element("currentState", state_xml("shutting-down"))
                .element("previousState", state_xml(before)),
        );
    }
    Ok(Xml::new().set("instancesSet", items))
}

fn describe_instances(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("InstanceId");
    let filters = Filters::read(params, &["instance-id", "instance-state-name", "subnet-id", "vpc-id"])?;
    let now = session.now;
    let owner = session.caller.account.clone();
    let ask = session.ask(params, PageSizes::Strict, !ids.is_empty())?;
    let (Shelves { region: Region { ec2, .. }, .. }, mut desk) = session.desk();
    let passes = |instance: &&Instance, _: Moment| {
        filters.pass(ec2.tags.get(&instance.id), |name| {
            vec![match name {
                "instance-id" => instance.id.clone(),
                "instance-state-name" => (*instance.state.at(now)).to_owned(),
                "subnet-id" => instance.subnet_id.clone(),
                _ => instance.vpc_id.clone(),
            }]
        })
    };
    let reservation = |instance: &&Instance, _: Moment| {
        Xml::new()
            .text("reservationId", instance.id.replace("i-", "r-"))
            .text("ownerId", &owner)
            .set("groupSet", [])
            .set("instancesSet", [describe(ec2, instance, now)])
    };
    let listing = Listing {
        walk: &|range| walk(&ec2.instances, range),
        sight: None,
        changed: |_, _| None,
        shows: &|instance, _| instance.listed(now),
        passes: &passes,
        write: &reservation,
        absent: Some(&not_found),
    };
    let page = desk.list_passing(&ask, &ids, &listing, &|item| filters.pass_answer(item))?;
    Ok(Xml::new().set("reservationSet", page.items).optional("nextToken", page.next))
}

fn describe(ec2: &State, instance: &Instance, now: Moment) -> Xml {
    let interface = ec2.network_interfaces.get(&instance.interface_id).filter(|interface| interface.alive(now));
    let zone = ec2.subnets.get(&instance.subnet_id).map(|subnet| subnet.zone.name.clone());
    let groups = interface.into_iter().flat_map(|interface| &interface.groups).map(|id| {
        let name = ec2.security_groups.get(id).map(|group| group.name.clone());
        Xml::new().text("groupId", id).optional("groupName", name)
    });
    Xml::new()
        .text("instanceId", &instance.id)
        .element("instanceState", state_xml(instance.state.at(now)))
        .text("instanceType", "t3.micro")
        .element("placement", Xml::new().optional("availabilityZone", zone))
        .text("subnetId", &instance.subnet_id)
        .text("vpcId", &instance.vpc_id)
        .optional("privateIpAddress", interface.map(|interface| interface.private_ip))
        .set("groupSet", groups)
        .join(tags::tag_set(ec2.tags.get(&instance.id)))
}

fn state_xml(name: &str) -> Xml {
    let code = match name {
        "pending" => 0,
        "running" => 16,
        "shutting-down" => 32,
        "terminated" => 48,
        "stopping" => 64,
        _ => 80,
    };
    Xml::new().text("code", code).text("name", name)
}
