//! Reads ELBv2's parameters and refuses them in its words.
//!
//! The shared `Params` answers in EC2's codes; ELBv2 has `ValidationError` for whatever its model refuses.

use crate::simulator::error::ApiError;
use crate::simulator::paging::Ask;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::state::Pairs;

/// Most ARNs or names in one call (rule 51).
pub const ARN_LIMIT: usize = 20;
/// Most tags on a resource.
const TAG_LIMIT: usize = 50;

/// Refuses what the model refuses.
pub fn validation(message: impl Into<String>) -> ApiError {
    ApiError::bad("ValidationError", message)
}

/// Refuses what does not go together.
pub fn configuration(message: impl Into<String>) -> ApiError {
    ApiError::bad("InvalidConfigurationRequest", message)
}

/// Reads a parameter that must be there.
pub fn need<'a>(params: &'a Params, name: &str) -> Result<&'a str, ApiError> {
    params.text(name).filter(|text| !text.is_empty()).ok_or_else(|| {
        validation(format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// Reads a whole number.
pub fn number<T: std::str::FromStr>(params: &Params, name: &str) -> Result<Option<T>, ApiError> {
    let refuse = |text: &str| {
        validation(format!("1 validation error detected: Value '{text}' at '{name}' is no number of its range"))
    };
    params.text(name).map(|text| text.parse().map_err(|_| refuse(text))).transpose()
}

/// Reads a port.
pub fn port(params: &Params, name: &str) -> Result<Option<u16>, ApiError> {
    match number::<u16>(params, name)? {
        Some(0) => Err(validation(format!(
            "1 validation error detected: Value '0' at '{name}' must be in the range [1, 65535]"
        ))),
        other => Ok(other),
    }
}

/// Reads `true` or `false`.
pub fn flag(params: &Params, name: &str) -> Result<Option<bool>, ApiError> {
    match params.text(name) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(other) => Err(validation(format!(
            "1 validation error detected: Value '{other}' at '{name}' is neither true nor false"
        ))),
    }
}

/// Checks the name of a load balancer or target group.
pub fn check_name(what: &str, name: &str) -> Result<(), ApiError> {
    if name.len() > 32 {
        return Err(validation(format!("{what} name '{name}' cannot be longer than '32' characters")));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(validation(format!(
            "{what} name '{name}' can only contain characters that are alphanumeric characters and hyphens(-)"
        )));
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err(validation(format!("{what} name '{name}' cannot begin or end with a hyphen(-)")));
    }
    if name.contains("--") {
        return Err(validation(format!("{what} name '{name}' cannot contain consecutive hyphens(-)")));
    }
    Ok(())
}

/// Reads a list of tags.
pub fn tags(params: &Params, name: &str) -> Result<Pairs, ApiError> {
    let mut tags = Pairs::new();
    for tag in params.structures(name) {
        let key = need(tag, "Key")?;
        let value = tag.text("Value").unwrap_or_default();
        if key.chars().count() > 128 || value.chars().count() > 256 || key.to_ascii_lowercase().starts_with("aws:") {
            return Err(validation(format!(
                "The tag '{key}' is not valid: keys have at most 128 characters and no prefix 'aws:', values 256"
            )));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(ApiError::bad("DuplicateTagKeys", format!("The tag key '{key}' is specified more than once")));
        }
    }
    check_tag_count(&tags)?;
    Ok(tags)
}

/// Refuses more tags than a resource may have.
pub fn check_tag_count(tags: &Pairs) -> Result<(), ApiError> {
    if tags.len() > TAG_LIMIT {
        return Err(ApiError::bad("TooManyTags", format!("The number of tags exceeds the limit of {TAG_LIMIT}")));
    }
    Ok(())
}

/// Reads a list of ARNs or names and refuses more than twenty.
pub fn arns(session: &Session<'_>, params: &Params, name: &str) -> Result<Vec<String>, ApiError> {
    let list = params.texts(name);
    if list.len() > ARN_LIMIT && session.holds(Rule::TwentyArns) {
        return Err(validation(format!(
            "The maximum number of items in '{name}' is {ARN_LIMIT}, but {} were specified",
            list.len()
        )));
    }
    Ok(list)
}

/// Checks that a text is an ARN of that kind: `loadbalancer`, `targetgroup` or `listener`.
pub fn check_arn(arn: &str, kind: &str, what: &str) -> Result<(), ApiError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "elasticloadbalancing", _, _, path] if path.starts_with(&format!("{kind}/")) => Ok(()),
        _ => Err(validation(format!("'{arn}' is not a valid {what} ARN"))),
    }
}

/// Refuses what nobody read before anything is made.
pub fn refuse_unread(session: &Session<'_>, params: &Params) -> Result<(), ApiError> {
    let unread: Vec<String> =
        params.unread().into_iter().filter(|name| !matches!(name.as_str(), "Action" | "Version")).collect();
    if unread.is_empty() {
        Ok(())
    } else {
        Err(ApiError::not_simulated(format!("the parameters {} of {}", unread.join(", "), session.operation)))
    }
}

/// Reads and checks what a call says about pages: `PageSize` and `Marker`; `by_id` when it names what it wants.
pub fn ask(params: &Params, by_id: bool) -> Result<Ask<'_>, ApiError> {
    let size = match number::<usize>(params, "PageSize")? {
        Some(size) if !(1..=400).contains(&size) => {
            return Err(validation(format!(
                "1 validation error detected: Value '{size}' at 'pageSize' must be in the range [1, 400]"
            )));
        }
        other => other,
    };
    Ok(Ask { token: params.text("Marker").filter(|marker| !marker.is_empty()), size, by_id })
}

/// Says in ELBv2's words that a marker is none.
pub fn in_words(error: ApiError) -> ApiError {
    if error.code == "InvalidNextToken" { validation("The specified marker is not valid") } else { error }
}

/// Writes a list of key-value pairs with the element names of ELBv2.
pub fn pairs_xml(xml: Xml, name: &str, pairs: &Pairs) -> Xml {
    xml.members(name, pairs.iter().map(|(key, value)| Xml::new().text("Key", key).text("Value", value)))
}
