//! ChangeTagsForResource, ListTagsForResource, ListTagsForResources, for hosted zones.

use std::collections::BTreeSet;

use crate::simulator::buckets::ROUTE53;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::input::{self, invalid};
use super::own_zone::own_zone;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("ChangeTagsForResource", ROUTE53, change),
    reading("ListTagsForResource", ROUTE53, list),
    reading("ListTagsForResources", ROUTE53, list_many),
];

/// Keys to add, keys to remove, and zones to list in one call.
const LIMIT_PER_CALL: usize = 10;
const TAG_LIMIT: usize = 50;

fn check_type(params: &Params) -> Result<(), ApiError> {
    match input::need(params, "ResourceType")? {
        "hostedzone" => Ok(()),
        "healthcheck" => Err(ApiError::not_simulated("health checks of Route 53")),
        other => Err(invalid(format!("'{other}' is no type of resource with tags"))),
    }
}

/// Refuses `/hostedzone/…`, which other calls take. Source: moto's tests that were run against AWS.
fn check_resource_id(id: &str) -> Result<(), ApiError> {
    if !id.contains('/') {
        return Ok(());
    }
    Err(invalid(format!(
        "1 validation error detected: Value '{id}' at 'resourceId' failed to satisfy constraint: Member must have length less than or equal to 32"
    )))
}

fn change(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    check_type(params)?;
    let id = input::need(params, "ResourceId")?.to_owned();
    check_resource_id(&id)?;
    let mut added = Vec::new();
    for tag in params.elements("AddTags", "Tag") {
        let key = input::need(tag, "Key")?;
        let value = tag.text("Value").unwrap_or_default();
        if key.len() > 128 || value.len() > 256 || key.starts_with("aws:") {
            return Err(invalid(format!("The tag '{key}' is not valid")));
        }
        added.push((key.to_owned(), value.to_owned()));
    }
    let removed: Vec<String> = params
        .elements("RemoveTagKeys", "Key")
        .into_iter()
        .filter_map(|key| key.value().map(ToOwned::to_owned))
        .collect();
    input::refuse_unread(params, "ChangeTagsForResource")?;
    if added.is_empty() && removed.is_empty() {
        return Err(invalid("The request has neither tags to add nor tags to remove"));
    }
    if added.len() > LIMIT_PER_CALL || removed.len() > LIMIT_PER_CALL {
        return Err(invalid(format!(
            "At most {LIMIT_PER_CALL} tags can be added and {LIMIT_PER_CALL} removed in one call"
        )));
    }
    let keys: BTreeSet<&String> = added.iter().map(|(key, _)| key).chain(&removed).collect();
    if keys.len() < added.len() + removed.len() {
        return Err(invalid("A tag key is given more than once"));
    }
    let zone = own_zone(session, &id)?;
    let mut tags = zone.tags.clone();
    tags.retain(|key, _| !removed.contains(key));
    tags.extend(added);
    if tags.len() > TAG_LIMIT {
        return Err(invalid(format!("A hosted zone has at most {TAG_LIMIT} tags")));
    }
    zone.tags = tags;
    Ok(Xml::new())
}

fn tag_set(session: &mut Session<'_>, id: &str) -> Result<Xml, ApiError> {
    let zone = own_zone(session, id)?;
    let tags = zone.tags.iter().map(|(key, value)| Xml::new().text("Key", key).text("Value", value));
    Ok(Xml::new().text("ResourceType", "hostedzone").text("ResourceId", id).list("Tags", "Tag", tags))
}

fn list(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    check_type(params)?;
    let id = input::need(params, "ResourceId")?.to_owned();
    Ok(Xml::new().element("ResourceTagSet", tag_set(session, &id)?))
}

fn list_many(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    check_type(params)?;
    let ids: Vec<String> = params
        .elements("ResourceIds", "ResourceId")
        .into_iter()
        .filter_map(|id| id.value().map(ToOwned::to_owned))
        .collect();
    if ids.is_empty() || ids.len() > LIMIT_PER_CALL {
        return Err(invalid(format!("Between 1 and {LIMIT_PER_CALL} resource ids can be listed in one call")));
    }
    let sets = ids.iter().map(|id| tag_set(session, id)).collect::<Result<Vec<Xml>, _>>()?;
    Ok(Xml::new().list("ResourceTagSets", "ResourceTagSet", sets))
}
