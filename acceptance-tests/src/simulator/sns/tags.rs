//! TagResource, UntagResource, ListTagsForResource of topics.

use std::collections::BTreeMap;

use crate::simulator::buckets::SNS;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::state::Topic;
use super::topic::{find, invalid, need};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    reading("ListTagsForResource", SNS, list),
    mutation("TagResource", SNS, tag),
    mutation("UntagResource", SNS, untag),
];

const LIMIT: usize = 50;

/// Reads the tags of a call.
pub fn read(params: &Params) -> Result<BTreeMap<String, String>, ApiError> {
    let mut tags = BTreeMap::new();
    for tag in params.structures("Tags") {
        let key = need(tag, "Key")?;
        let value = tag.text("Value").unwrap_or_default();
        let fits = key.chars().count() <= 128 && value.chars().count() <= 256;
        if !fits || key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid("Tags Reason: Invalid tag"));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(invalid("Tags Reason: Duplicated keys are not allowed"));
        }
    }
    limited(tags)
}

fn limited(tags: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, ApiError> {
    if tags.len() > LIMIT {
        return Err(ApiError::bad("TagLimitExceeded", format!("A topic has at most {LIMIT} tags.")));
    }
    Ok(tags)
}

/// Here an absent topic has a code of its own.
fn topic<'a>(session: &'a mut Session<'_>, params: &Params) -> Result<&'a mut Topic, ApiError> {
    find(session, need(params, "ResourceArn")?).map_err(|error| match error.code.as_str() {
        "NotFound" => ApiError::new(404, "ResourceNotFound", "Resource does not exist"),
        _ => error,
    })
}

fn list(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let tags = &topic(session, params)?.tags;
    Ok(Xml::new().members("Tags", tags.iter().map(|(key, value)| Xml::new().text("Key", key).text("Value", value))))
}

fn tag(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let added = read(params)?;
    let topic = topic(session, params)?;
    let mut tags = topic.tags.clone();
    tags.extend(added);
    topic.tags = limited(tags)?;
    Ok(Xml::new())
}

fn untag(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let keys = params.texts("TagKeys");
    topic(session, params)?.tags.retain(|key, _| !keys.contains(key));
    Ok(Xml::new())
}
