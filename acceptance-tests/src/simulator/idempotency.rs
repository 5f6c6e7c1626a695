//! ClientTokens: the same token and parameters give the first answer again (rule 46).

use std::collections::BTreeMap;

use super::clock::Moment;
use super::error::ApiError;
use super::xml::Xml;

#[derive(Debug, Clone)]
struct First {
    fingerprint: String,
    answer: Xml,
    until: Moment,
    made: Option<String>,
}

/// Holds the first answers of a world.
#[derive(Debug, Clone, Default)]
pub struct ClientTokens {
    by_key: BTreeMap<String, First>,
}

impl ClientTokens {
    /// Gives the first answer, nothing for a new token, or `IdempotentParameterMismatch` for other parameters.
    pub fn replay(&self, key: &str, fingerprint: &str, now: Moment) -> Result<Option<Xml>, ApiError> {
        match self.by_key.get(key).filter(|first| now < first.until) {
            None => Ok(None),
            Some(first) if first.fingerprint == fingerprint => Ok(Some(first.answer.clone())),
            Some(_) => Err(ApiError::bad(
                "IdempotentParameterMismatch",
                "The client token was used before with different parameters.",
            )),
        }
    }

    /// Gives the id of what a token made, where it was noted.
    pub fn made(&self, key: &str) -> Option<&str> {
        self.by_key.get(key)?.made.as_deref()
    }

    /// Notes the id of what a token made.
    pub fn note(&mut self, key: &str, id: &str) {
        if let Some(first) = self.by_key.get_mut(key) {
            first.made = Some(id.to_owned());
        }
    }

    /// Keeps the first answer.
    pub fn remember(&mut self, key: String, fingerprint: String, answer: Xml, until: Moment) {
        self.by_key.insert(key, First { fingerprint, answer, until, made: None });
    }
}
