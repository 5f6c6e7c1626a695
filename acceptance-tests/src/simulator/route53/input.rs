//! Reads Route 53's parameters and refuses them in its words.
//!
//! The shared [`Params`] answers in EC2's codes; Route 53 has `InvalidInput` with its XML schema's complaints.

use crate::simulator::error::ApiError;
use crate::simulator::params::Params;

/// Reads an element that must be there.
pub fn need<'a>(params: &'a Params, name: &str) -> Result<&'a str, ApiError> {
    params.text(name).filter(|text| !text.is_empty()).ok_or_else(|| incomplete(params, name))
}

/// Reads a structure that must be there.
pub fn need_structure<'a>(params: &'a Params, name: &str) -> Result<&'a Params, ApiError> {
    params.structure(name).ok_or_else(|| incomplete(params, name))
}

/// Reads a truth value.
pub fn flag(params: &Params, name: &str) -> Result<Option<bool>, ApiError> {
    match params.text(name) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(other) => {
            Err(invalid_xml(&format!("cvc-datatype-valid.1.2.1: '{other}' is not a valid value for 'boolean'.")))
        }
    }
}

/// Reads how many items a page may have: at most `limit`, which is also the default.
pub fn page_size(params: &Params, name: &str, limit: usize) -> Result<usize, ApiError> {
    match params.text(name) {
        None => Ok(limit),
        Some(text) => match text.parse::<usize>() {
            Ok(size) if size > 0 => Ok(size.min(limit)),
            _ => Err(invalid(format!(
                "1 validation error detected: Value '{text}' at '{name}' failed to satisfy constraint"
            ))),
        },
    }
}

/// Reads the id of a zone in the path, with or without its prefix.
pub fn zone_id(params: &Params) -> Result<String, ApiError> {
    Ok(need(params, "Id")?.trim_start_matches("/hostedzone/").to_owned())
}

/// Refuses what nobody read before anything is changed.
pub fn refuse_unread(params: &Params, operation: &str) -> Result<(), ApiError> {
    let unread = params.unread();
    if unread.is_empty() {
        Ok(())
    } else {
        Err(ApiError::not_simulated(format!("the elements {} of {operation}", unread.join(", "))))
    }
}

/// Refuses a body that Route 53's schema would refuse.
pub fn invalid_xml(reason: &str) -> ApiError {
    invalid(format!("Invalid XML ; {reason}"))
}

/// Refuses an input.
pub fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad("InvalidInput", message)
}

fn incomplete(params: &Params, name: &str) -> ApiError {
    let parent = params.path().rsplit('.').next().unwrap_or_default();
    invalid_xml(&format!(
        "cvc-complex-type.2.4.b: The content of element '{parent}' is not complete. One of '{{{name}}}' is expected."
    ))
}
