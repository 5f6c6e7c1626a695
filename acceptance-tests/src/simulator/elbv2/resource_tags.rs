//! AddTags, RemoveTags, DescribeTags: on load balancers, target groups and listeners, mixed in one call.

use crate::simulator::buckets::{ELB_MUTATING, ELB_READING};
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::timed::Timed;
use crate::simulator::xml::Xml;

use super::input::{self, check_tag_count, pairs_xml, validation};
use super::state::Pairs;
use super::{listeners, load_balancers, target_groups};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("AddTags", ELB_MUTATING, add),
    mutation("RemoveTags", ELB_MUTATING, remove),
    reading("DescribeTags", ELB_READING, describe),
];

/// Finds the tags of any resource; one unknown ARN fails the call.
fn tags_of<'a>(session: &'a mut Session<'_>, arn: &str) -> Result<&'a mut Timed<Pairs>, ApiError> {
    let path = arn.splitn(6, ':').nth(5).unwrap_or_default();
    match path.split('/').next() {
        Some("loadbalancer") => Ok(&mut load_balancers::find(session, arn)?.tags),
        Some("targetgroup") => Ok(&mut target_groups::find(session, arn)?.tags),
        Some("listener") => Ok(&mut listeners::find(session, arn)?.tags),
        _ => Err(validation(format!("'{arn}' is not a valid load balancer, target group or listener ARN"))),
    }
}

fn read_arns(session: &Session<'_>, params: &Params) -> Result<Vec<String>, ApiError> {
    let arns = input::arns(session, params, "ResourceArns")?;
    if arns.is_empty() { Err(validation("At least one resource ARN must be specified")) } else { Ok(arns) }
}

/// Computes the new tags of every resource before any is changed.
fn change(session: &mut Session<'_>, arns: &[String], apply: impl Fn(&mut Pairs)) -> Result<Xml, ApiError> {
    let now = session.now;
    let mut changed = Vec::new();
    for arn in arns {
        let mut tags = tags_of(session, arn)?.at(now).clone();
        apply(&mut tags);
        check_tag_count(&tags)?;
        changed.push((arn, tags));
    }
    for (arn, tags) in changed {
        tags_of(session, arn)?.set(now, tags);
    }
    Ok(Xml::new())
}

fn add(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let arns = read_arns(session, params)?;
    let added = input::tags(params, "Tags")?;
    if added.is_empty() {
        return Err(validation("At least one tag must be specified"));
    }
    change(session, &arns, |tags| tags.extend(added.clone()))
}

fn remove(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let arns = read_arns(session, params)?;
    let keys = params.texts("TagKeys");
    if keys.is_empty() {
        return Err(validation("At least one tag key must be specified"));
    }
    change(session, &arns, |tags| tags.retain(|key, _| !keys.contains(key)))
}

fn describe(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let mut items = Vec::new();
    for arn in read_arns(session, params)? {
        let tags = tags_of(session, &arn)?.at(now);
        items.push(pairs_xml(Xml::new().text("ResourceArn", &arn), "Tags", tags));
    }
    Ok(Xml::new().members("TagDescriptions", items))
}
