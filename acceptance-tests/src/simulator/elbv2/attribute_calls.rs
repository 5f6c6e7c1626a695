//! Describe and Modify of the attributes of load balancers, target groups and listeners. The rules are in `attributes.rs`.

use crate::simulator::buckets::{ELB_MUTATING, ELB_READING};
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::attributes;
use super::endpoint_services;
use super::input::{self, configuration, need, pairs_xml};
use super::state::Pairs;
use super::{listeners, load_balancers, target_groups};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    reading("DescribeLoadBalancerAttributes", ELB_READING, of_load_balancer),
    mutation("ModifyLoadBalancerAttributes", ELB_MUTATING, change_load_balancer),
    reading("DescribeTargetGroupAttributes", ELB_READING, of_target_group),
    mutation("ModifyTargetGroupAttributes", ELB_MUTATING, change_target_group),
    reading("DescribeListenerAttributes", ELB_READING, of_listener),
    mutation("ModifyListenerAttributes", ELB_MUTATING, change_listener),
];

fn answer(pairs: &Pairs) -> Xml {
    pairs_xml(Xml::new(), "Attributes", pairs)
}

fn pairs(session: &Session<'_>, params: &Params) -> Result<Vec<(String, String)>, ApiError> {
    let read = |pair: &&Params| Ok((need(pair, "Key")?.to_owned(), pair.text("Value").unwrap_or_default().to_owned()));
    let pairs = params.structures("Attributes").iter().map(read).collect::<Result<Vec<_>, ApiError>>()?;
    input::refuse_unread(session, params)?;
    Ok(pairs)
}

fn of_load_balancer(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    Ok(answer(load_balancers::find(session, need(params, "LoadBalancerArn")?)?.attributes.at(now)))
}

fn change_load_balancer(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "LoadBalancerArn")?;
    let pairs = pairs(session, params)?;
    let balancer = load_balancers::find(session, arn)?;
    let changed = attributes::change_load_balancer(balancer.kind, balancer.attributes.at(now), &pairs)?;
    balancer.attributes.set(now, changed.clone());
    Ok(answer(&changed))
}

fn of_target_group(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    Ok(answer(target_groups::find(session, need(params, "TargetGroupArn")?)?.attributes.at(now)))
}

fn change_target_group(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "TargetGroupArn")?;
    let pairs = pairs(session, params)?;
    let group = target_groups::find(session, arn)?;
    let kind = (group.protocol.as_str(), group.target_type.as_str());
    let changed = attributes::change_target_group(kind, group.attributes.at(now), &pairs)?;
    group.attributes.set(now, changed.clone());
    Ok(answer(&changed))
}

fn of_listener(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    Ok(answer(listeners::find(session, need(params, "ListenerArn")?)?.attributes.at(now)))
}

fn change_listener(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "ListenerArn")?;
    let pairs = pairs(session, params)?;
    let listener = listeners::find(session, arn)?;
    let protocol = listener.settings.at(now).protocol.clone();
    let changed = attributes::change_listener(&protocol, listener.attributes.at(now), &pairs)?;
    let balancer = listener.load_balancer.clone();
    if endpoint_services::forbid(session.state, &balancer, &changed, now) {
        return Err(session.assumed(configuration(format!(
            "A custom TCP idle timeout is not supported: the endpoint service of '{balancer}' is offered in other Regions"
        ))));
    }
    listeners::find(session, arn)?.attributes.set(now, changed.clone());
    Ok(answer(&changed))
}
