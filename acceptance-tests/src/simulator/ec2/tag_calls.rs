//! CreateTags, DeleteTags, DescribeTags.

use std::collections::BTreeMap;

use crate::simulator::buckets::{READING, TAGS};
use crate::simulator::clock::Moment;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::privatelink;
use crate::simulator::ec2::state::network_acl::default_of;
use crate::simulator::ec2::tags::{check, read};
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Pair, Shelves, walk_pairs};
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::state::Region;
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("CreateTags", TAGS, create_tags),
    mutation("DeleteTags", TAGS, delete_tags),
    reading("DescribeTags", READING, describe_tags),
];

/// Resources one call may name.
const MAX_RESOURCES: usize = 1000;

/// Tells the tag resource type of an id that exists.
fn resource_type(region: &Region, id: &str, now: Moment) -> Option<&'static str> {
    let ec2 = &region.ec2;
    if ec2.vpcs.contains_key(id) {
        Some("vpc")
    } else if ec2.subnets.contains_key(id) {
        Some("subnet")
    } else if ec2.route_tables.contains_key(id) {
        Some("route-table")
    } else if ec2.internet_gateways.contains_key(id) {
        Some("internet-gateway")
    } else if ec2.network_acls.contains_key(id) || ec2.vpcs.keys().any(|vpc_id| default_of(vpc_id) == id) {
        Some("network-acl")
    } else if ec2.instances.get(id).is_some_and(|instance| instance.listed(now)) {
        Some("instance")
    } else if ec2.security_groups.contains_key(id) {
        Some("security-group")
    } else if ec2.security_groups.values().any(|group| group.rules.contains_key(id)) {
        Some("security-group-rule")
    } else if ec2.network_interfaces.get(id).is_some_and(|interface| interface.alive(now)) {
        Some("network-interface")
    } else {
        privatelink::resource_type(region, id, now)
    }
}

/// Answers an id that is not there, in the words of its kind.
fn not_found(id: &str) -> ApiError {
    let code = match id.rsplit_once('-').map_or("", |(prefix, _)| prefix) {
        "vpc" => "InvalidVpcID.NotFound",
        "subnet" => "InvalidSubnetID.NotFound",
        "i" => "InvalidInstanceID.NotFound",
        "sg" => "InvalidGroup.NotFound",
        "sgr" => "InvalidSecurityGroupRuleId.NotFound",
        "eni" => "InvalidNetworkInterfaceID.NotFound",
        "acl" => "InvalidNetworkAclID.NotFound",
        "igw" => "InvalidInternetGatewayID.NotFound",
        "rtb" => "InvalidRouteTableID.NotFound",
        "vpce" => "InvalidVpcEndpointId.NotFound",
        "vpce-svc" => "InvalidVpcEndpointServiceId.NotFound",
        _ => "InvalidID",
    };
    ApiError::bad(code, format!("The ID '{id}' is not valid"))
}

/// Reads the resource ids of a call and checks that all are there; one that is not fails the call.
fn resources(session: &mut Session<'_>, params: &Params) -> Result<Vec<String>, ApiError> {
    let ids = params.texts("ResourceId");
    if ids.is_empty() {
        return Err(ApiError::missing("resourceIdSet"));
    }
    if ids.len() > MAX_RESOURCES {
        return Err(ApiError::bad(
            "InvalidParameterValue",
            format!("At most {MAX_RESOURCES} resources can be tagged at once."),
        ));
    }
    let now = session.now;
    for id in &ids {
        if resource_type(session.region(), id, now).is_none() || !session.visible(id) {
            return Err(not_found(id));
        }
    }
    Ok(ids)
}

fn create_tags(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = resources(session, params)?;
    let mut new = BTreeMap::new();
    read(params, &mut new)?;
    if new.is_empty() {
        return Err(ApiError::missing("Tag"));
    }
    let tags = &mut session.region().ec2.tags;
    for id in &ids {
        let mut merged = tags.get(id).cloned().unwrap_or_default();
        merged.extend(new.clone());
        check(&merged)?;
    }
    for id in ids {
        tags.entry(id).or_default().extend(new.clone());
    }
    Ok(Xml::new().text("return", true))
}

fn delete_tags(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = resources(session, params)?;
    let named: Vec<(String, Option<String>)> = params
        .structures("Tag")
        .into_iter()
        .map(|tag| Ok((tag.need("Key")?.to_owned(), tag.text("Value").map(str::to_owned))))
        .collect::<Result<_, ApiError>>()?;
    for id in ids {
        let Some(tags) = session.region().ec2.tags.get_mut(&id) else {
            continue;
        };
        if named.is_empty() {
            tags.clear();
        }
        for (key, value) in &named {
            // With a value, even an empty one, only that pair goes.
            if value.is_none() || tags.get(key) == value.as_ref() {
                tags.remove(key);
            }
        }
    }
    Ok(Xml::new().text("return", true))
}

type Tag<'a> = Pair<'a, BTreeMap<String, String>, String>;

fn describe_tags(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let filters = Filters::read(params, &["key", "value", "resource-id", "resource-type"])?;
    let now = session.now;
    let ask = session.ask(params, PageSizes::Strict, false)?;
    let (Shelves { region, .. }, mut desk) = session.desk();
    let kind = |tag: &Tag<'_>| resource_type(region, tag.outer, now);
    let passes = |tag: &Tag<'_>, _: Moment| {
        let value = |name: &str| match name {
            "key" => tag.inner,
            "value" => tag.object,
            "resource-id" => tag.outer,
            _ => kind(tag).unwrap_or_default(),
        };
        filters.pass(Some(tag.holder), |name| vec![value(name).to_owned()])
    };
    let write = |tag: &Tag<'_>, _: Moment| {
        Xml::new()
            .text("resourceId", tag.outer)
            .optional("resourceType", kind(tag))
            .text("key", tag.inner)
            .text("value", tag.object)
    };
    let listing = Listing {
        walk: &|range| walk_pairs(&region.ec2.tags, |tags| tags, range),
        sight: None,
        changed: |_, _| None,
        shows: &|tag, _| kind(tag).is_some(),
        passes: &passes,
        write: &write,
        absent: None,
    };
    let page = desk.list(&ask, &[], &listing)?;
    Ok(Xml::new().set("tagSet", page.items).optional("nextToken", page.next))
}
