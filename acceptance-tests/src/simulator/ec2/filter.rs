//! Filters of Describe calls: names, wildcards, tags, limits.

use std::collections::BTreeMap;

use crate::simulator::error::ApiError;
use crate::simulator::params::Params;

const MAX_FILTERS: usize = 50;
const MAX_VALUES: usize = 200;

/// Holds the filters of one call.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    filters: Vec<(String, Vec<String>)>,
}

impl Filters {
    /// Reads `Filter.N`; a name not in `known` is refused, `tag:…`, `tag-key` and `tag-value` always are known.
    pub fn read(params: &Params, known: &[&str]) -> Result<Self, ApiError> {
        let sent = params.structures("Filter");
        if sent.len() > MAX_FILTERS {
            return Err(ApiError::bad(
                "FilterLimitExceeded",
                format!("The maximum number of filters is {MAX_FILTERS}."),
            ));
        }
        let mut filters = Vec::new();
        for filter in sent {
            let name = filter.need("Name")?.to_owned();
            let values = filter.texts("Value");
            let tagged = name.starts_with("tag:") || name == "tag-key" || name == "tag-value";
            if !tagged && !known.contains(&name.as_str()) {
                return Err(ApiError::bad("InvalidParameterValue", format!("The filter '{name}' is invalid")));
            }
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
            filters.push((name, values));
        }
        Ok(Self { filters })
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

/// Matches `*` and `?`, escaped by a backslash; case counts. Linear in memory, at most pattern × value steps.
fn like(pattern: &[u8], value: &[u8]) -> bool {
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
