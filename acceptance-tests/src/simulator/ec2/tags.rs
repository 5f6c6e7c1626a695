//! Tags given at creation, what tags may be, and how they are shown. Calls about tags are in `tag_calls.rs`.

use std::collections::BTreeMap;

use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

/// User tags a resource may have.
const MAX_TAGS: usize = 50;

/// Reads the `TagSpecification.N` of a create call, whose resource type must be one of `expected` (rule 44).
pub fn specification(
    session: &Session<'_>,
    params: &Params,
    expected: &str,
) -> Result<BTreeMap<String, String>, ApiError> {
    let mut tags = BTreeMap::new();
    for specification in params.structures("TagSpecification") {
        let given = specification.need("ResourceType")?;
        if given != expected && session.holds(Rule::TagTypesMatch) {
            return Err(ApiError::bad(
                "InvalidParameterValue",
                format!("'{given}' is not a valid taggable resource type for this operation."),
            ));
        }
        if !specification.has("Tag") {
            return Err(ApiError::bad("InvalidParameterValue", "Tag specification must have at least one tag"));
        }
        read(specification, &mut tags)?;
    }
    check(&tags)?;
    Ok(tags)
}

/// Reads the tags of a call, keys and values checked.
pub fn read(params: &Params, tags: &mut BTreeMap<String, String>) -> Result<(), ApiError> {
    for tag in params.structures("Tag") {
        let key = tag.need("Key")?.to_owned();
        let value = tag.text("Value").unwrap_or_default().to_owned();
        if key.starts_with("aws:") {
            return Err(ApiError::bad(
                "InvalidParameterValue",
                format!("Tag keys starting with 'aws:' are reserved for internal use: {key}"),
            ));
        }
        if key.chars().count() > 127 || value.chars().count() > 255 {
            return Err(ApiError::bad(
                "InvalidParameterValue",
                format!("Tag {key} is too long: keys have at most 127, values at most 255 characters."),
            ));
        }
        if tags.insert(key.clone(), value).is_some() {
            return Err(ApiError::bad("InvalidParameterValue", format!("Duplicate tag key '{key}' specified.")));
        }
    }
    Ok(())
}

/// Checks that a resource may have so many tags.
pub fn check(tags: &BTreeMap<String, String>) -> Result<(), ApiError> {
    if tags.len() > MAX_TAGS {
        return Err(ApiError::bad(
            "TagLimitExceeded",
            format!("The maximum number of tags of a resource is {MAX_TAGS}."),
        ));
    }
    Ok(())
}

/// Writes a resource's `<tagSet>`.
pub fn tag_set(tags: Option<&BTreeMap<String, String>>) -> Xml {
    let items = tags.into_iter().flatten().map(|(key, value)| Xml::new().text("key", key).text("value", value));
    Xml::new().set("tagSet", items)
}
