//! `tags`, `tags_all`, `default_tags` and `ignore_tags`, with the meaning they have in hashicorp/aws.

use std::collections::BTreeMap;

use crate::gather::Gather as _;
use crate::value::Value;

/// Refuses keys that belong to the provider or to AWS.
pub fn tags_complaint(value: &Value) -> Option<String> {
    let reserved = value.as_map()?.keys().find(|key| key.starts_with("privatelink:") || key.starts_with("aws:"))?;
    let whose = if reserved.starts_with("aws:") { "AWS" } else { "the provider" };
    Some(format!("The tag key {reserved:?} belongs to {whose}; choose another prefix."))
}

/// `tags_all` of a plan: the defaults, and over them the resource's own. Unknown if one of them is.
pub(super) fn merge(defaults: Option<&BTreeMap<String, String>>, own: &Value) -> Value {
    let Some(defaults) = defaults else { return Value::UNKNOWN };
    if !own.is_wholly_known() {
        return Value::UNKNOWN;
    }
    let mut all: BTreeMap<String, Value> =
        defaults.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).gather();
    if let Some(own) = own.as_map() {
        all.extend(own.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), value.clone())));
    }
    Value::Map(all)
}

/// `tags` of a refreshed state: what is observed, without what the defaults gave.
pub(super) fn own(defaults: &BTreeMap<String, String>, configured: &Value, observed: &Value) -> Value {
    let Some(observed) = observed.as_map() else { return configured.clone() };
    let written = configured.as_map();
    let own: BTreeMap<String, Value> = observed
        .iter()
        .filter(|(key, value)| {
            let is_written = written.is_some_and(|written| written.contains_key(*key));
            is_written || defaults.get(*key).map(String::as_str) != value.as_str()
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .gather();
    if own.is_empty() && configured.is_null() { Value::Null } else { Value::Map(own) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> Value {
        Value::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect())
    }

    #[test]
    fn own_tags_win_over_defaults() {
        let defaults = BTreeMap::from([("team".to_owned(), "a".to_owned()), ("env".to_owned(), "dev".to_owned())]);
        assert_eq!(merge(Some(&defaults), &map(&[("env", "prod")])), map(&[("team", "a"), ("env", "prod")]));
        assert_eq!(merge(Some(&defaults), &Value::Null), map(&[("team", "a"), ("env", "dev")]));
        assert!(merge(None, &Value::Null).is_unknown());
    }

    #[test]
    fn a_default_tag_is_not_shown_as_own_unless_written() {
        let defaults = BTreeMap::from([("team".to_owned(), "a".to_owned())]);
        let observed = map(&[("team", "a"), ("env", "prod")]);
        assert_eq!(own(&defaults, &map(&[("env", "prod")]), &observed), map(&[("env", "prod")]));
        assert_eq!(own(&defaults, &map(&[("team", "a"), ("env", "prod")]), &observed), observed);
        assert_eq!(own(&defaults, &Value::Null, &map(&[("team", "a")])), Value::Null);
        assert_eq!(own(&defaults, &Value::Null, &map(&[("team", "b")])), map(&[("team", "b")]));
    }
}
