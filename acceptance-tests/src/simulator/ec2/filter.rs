//! Filters of Describe calls: names, wildcards, tags, limits.
//!
//! An operation knows the filters that its objects decide; others of AWS's documentation (`documented_filters.rs`) are decided by the
//! elements of the answer, or refused as not simulated. Only what AWS does not document either is invalid.

use std::collections::BTreeMap;

use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::xml::Xml;

use super::documented_filters::{Documented, FILTERS, OLD_SPELLINGS};

const MAX_FILTERS: usize = 50;
const MAX_VALUES: usize = 200;
const MAX_LENGTH: usize = 255;

/// Holds the filters of one call.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    filters: Vec<(String, Vec<String>)>,
    answered: Vec<(&'static str, Vec<String>)>,
}

impl Filters {
    /// Reads `Filter.N`: names in `known`, `tag:…`, `tag-key`, `tag-value`, and what AWS documents for the operation.
    pub fn read(params: &Params, known: &[&str]) -> Result<Self, ApiError> {
        let sent = params.structures("Filter");
        if sent.len() > MAX_FILTERS {
            return Err(ApiError::bad(
                "FilterLimitExceeded",
                format!("The maximum number of filters is {MAX_FILTERS}."),
            ));
        }
        let operation = params.text("Action").unwrap_or_default();
        let (mut filters, mut answered) = (Vec::new(), Vec::new());
        for filter in sent {
            let given = filter.need("Name")?;
            let old = OLD_SPELLINGS.iter().find(|(of, old, _)| *of == operation && *old == given);
            let name = old.map_or(given, |(_, _, today)| *today).to_owned();
            let values = filter.texts("Value");
            let tagged = name.starts_with("tag:") || name == "tag-key" || name == "tag-value";
            let by_answer = if tagged || known.contains(&name.as_str()) {
                None
            } else {
                match documented(operation, &name) {
                    Some(Documented::Answered(path)) => Some(path),
                    Some(Documented::NotSimulated) => {
                        return Err(ApiError::not_simulated(format!("the filter '{name}' of {operation}")));
                    }
                    None => {
                        return Err(ApiError::bad("InvalidParameterValue", format!("The filter '{name}' is invalid")));
                    }
                }
            };
            if values.len() > MAX_VALUES {
                return Err(ApiError::bad(
                    "FilterLimitExceeded",
                    format!("The maximum number of values of one filter is {MAX_VALUES}."),
                ));
            }
            if values.is_empty() {
                return Err(ApiError::bad(
                    "InvalidParameterValue",
                    format!("The filter '{name}' must have at least one value"),
                ));
            }
            if let Some(long) = values.iter().find(|value| value.chars().count() > MAX_LENGTH) {
                return Err(ApiError::bad(
                    "InvalidParameterValue",
                    format!("Filter values have at most {MAX_LENGTH} characters: '{long}'"),
                ));
            }
            match by_answer {
                Some(path) => answered.push((path, values)),
                None => filters.push((name, values)),
            }
        }
        Ok(Self { filters, answered })
    }

    /// Tells whether an item of the answer passes the filters that its elements decide.
    pub fn pass_answer(&self, item: &Xml) -> bool {
        self.answered.iter().all(|(path, wanted)| {
            let have = item.texts_at(path);
            wanted.iter().any(|pattern| have.iter().any(|value| like(pattern.as_bytes(), value.as_bytes())))
        })
    }

    /// Tells whether an object passes every filter; `values` gives what it has under a filter's name.
    pub fn pass(&self, tags: Option<&BTreeMap<String, String>>, values: impl Fn(&str) -> Vec<String>) -> bool {
        let none = BTreeMap::new();
        let tags = tags.unwrap_or(&none);
        self.filters.iter().all(|(name, wanted)| {
            let have: Vec<String> = if let Some(key) = name.strip_prefix("tag:") {
                tags.get(key).cloned().into_iter().collect()
            } else if name == "tag-key" {
                tags.keys().cloned().collect()
            } else if name == "tag-value" {
                tags.values().cloned().collect()
            } else {
                values(name)
            };
            wanted.iter().any(|pattern| have.iter().any(|value| like(pattern.as_bytes(), value.as_bytes())))
        })
    }

    /// Gives the values of one filter, for rules that depend on what is asked.
    pub fn values(&self, name: &str) -> Option<&[String]> {
        self.filters.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice())
    }
}

fn documented(operation: &str, name: &str) -> Option<Documented> {
    let (_, filters) = FILTERS.iter().find(|(of, _)| *of == operation)?;
    filters.iter().find(|(known, _)| *known == name).map(|(_, what)| *what)
}

/// Matches `*` and `?`, escaped by a backslash; case counts. Linear in memory, at most pattern × value steps.
fn like(pattern: &[u8], value: &[u8]) -> bool {
    if !pattern.iter().any(|byte| matches!(byte, b'\\' | b'*' | b'?')) {
        return pattern == value;
    }
    let mut tokens = Vec::new();
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        tokens.push(match byte {
            b'\\' => Token::Byte(*bytes.next().unwrap_or(&b'\\')),
            b'*' => Token::Any,
            b'?' => Token::One,
            other => Token::Byte(*other),
        });
    }
    // `reached` holds which lengths of the value the tokens so far can match.
    let mut reached = vec![false; value.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for token in tokens {
        let mut next = vec![false; value.len() + 1];
        let mut any = false;
        for (at, slot) in next.iter_mut().enumerate() {
            let here = reached.get(at).copied().unwrap_or(false);
            let before = at.checked_sub(1);
            let step = before.and_then(|at| reached.get(at)).copied().unwrap_or(false);
            let byte = before.and_then(|at| value.get(at));
            any |= here;
            *slot = match token {
                Token::Any => any,
                Token::One => step,
                Token::Byte(wanted) => step && byte == Some(&wanted),
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

#[derive(Clone, Copy)]
enum Token {
    Any,
    One,
    Byte(u8),
}

#[cfg(test)]
mod tests {

    #[test]
    fn wildcards_match_and_can_be_escaped() {
        let like = |pattern: &str, value: &str| super::like(pattern.as_bytes(), value.as_bytes());
        assert!(like("a*c?", "abbbcd") && like("*", "") && like("a\\*", "a*") && like("x", "x"));
        assert!(!like("a*", "ba") && !like("a\\*", "ab") && !like("?", "") && !like("A", "a"));
    }
}
