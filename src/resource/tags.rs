//! `tags`, `tags_all`, `default_tags` and `ignore_tags`, with the meaning they have in hashicorp/aws.

use std::collections::{BTreeMap, BTreeSet};

use crate::gather::Gather as _;
use crate::value::Value;

/// AWS allows 50 tags on an object, for everybody alike. The provider needs the rest: resource, uid, link, generation, run and
/// its mark, and the `Name` that an argument of a consumer stands for.
pub(super) const MOST_TAGS: usize = 43;

/// Refuses keys that belong to the provider or to AWS, and what AWS does not take anywhere.
pub fn tags_complaint(value: &Value) -> Option<String> {
    let tags: Vec<(&String, &Value)> = value.as_map()?.iter().filter(|(_, value)| !value.is_null()).collect();
    let reserved = |key: &str| key.starts_with("privatelink:") || key.to_ascii_lowercase().starts_with("aws:");
    if let Some((key, _)) = tags.iter().find(|(key, _)| reserved(key)) {
        let whose = if key.starts_with("privatelink:") { "the provider" } else { "AWS" };
        return Some(format!("The tag key {key:?} belongs to {whose}; choose another prefix."));
    }
    if tags.len() > MOST_TAGS {
        return Some(too_many(tags.len()));
    }
    let long = |text: &str, most: usize| Some(text.chars().count()).filter(|length| *length == 0 || *length > most);
    tags.into_iter().find_map(|(key, value)| {
        if let Some(length) = long(key, 128) {
            return Some(format!("A tag key has {length} characters; AWS takes at least 1 and at most 128."));
        }
        let length = value.as_str()?.chars().count();
        (length > 256).then(|| format!("The tag {key:?} has a value of {length} characters; AWS takes at most 256."))
    })
}

/// The same for objects of Elastic Load Balancing, which takes fewer characters than EC2.
pub fn load_balancer_tags_complaint(value: &Value) -> Option<String> {
    if let Some(complaint) = tags_complaint(value) {
        return Some(complaint);
    }
    let is_fine = |letter: char| letter.is_alphanumeric() || letter.is_whitespace() || "_.:/=+-@".contains(letter);
    let mut texts = value.as_map()?.iter().flat_map(|(key, value)| [Some(key.as_str()), value.as_str()]).flatten();
    let (text, strange) = texts.find_map(|text| Some((text, text.chars().find(|letter| !is_fine(*letter))?)))?;
    Some(format!(
        "The tag {text:?} has {strange:?}, which Elastic Load Balancing does not take. Use letters, digits, spaces and _.:/=+-@ \
         only."
    ))
}

/// More tags than an object can have beside the provider's own.
pub(super) fn too_many(count: usize) -> String {
    format!(
        "There are {count} tags. AWS allows 50 on an object, a limit that it does not raise, and the provider needs up to seven \
         of them: write at most {MOST_TAGS}, those of the provider's default_tags included."
    )
}

/// `tags_all` of a plan: the defaults, and over them the resource's own, without keys that are ignored. Unknown if one
/// of them is.
pub(super) fn merge(
    defaults: Option<&BTreeMap<String, String>>,
    own: &Value,
    is_ignored: impl Fn(&str) -> bool,
) -> Value {
    let Some(defaults) = defaults else { return Value::UNKNOWN };
    if !own.is_wholly_known() {
        return Value::UNKNOWN;
    }
    let mut all: BTreeMap<String, Value> =
        defaults.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).gather();
    if let Some(own) = own.as_map() {
        all.extend(own.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), value.clone())));
    }
    all.retain(|key, _| !is_ignored(key));
    Value::Map(all)
}

/// What a refresh shows of the tags of several objects.
pub(super) struct Shown {
    /// `tags_all`: the anchor's, and for a key that is missing or different on another object that object's.
    pub(super) all: Value,
    /// What all objects agree in, and where they do not what is wanted: a configuration that follows the state
    /// (`ignore_changes = [tags]`) then copies no tag from one object to another.
    pub(super) shared: Value,
}

/// Joins the tags of the anchor and of the other objects, each against what is wanted of all of them.
pub(super) fn shown(
    wanted: &BTreeMap<String, String>,
    anchor: &BTreeMap<String, String>,
    others: &[BTreeMap<String, String>],
) -> Shown {
    let (mut all, mut shared) = (anchor.clone(), wanted.clone());
    let keys: BTreeSet<&String> =
        wanted.keys().chain(anchor.keys()).chain(others.iter().flatten().map(|(key, _)| key)).gather();
    let set = |tags: &mut BTreeMap<String, String>, key: &String, value: Option<&String>| match value {
        Some(value) => drop(tags.insert(key.clone(), value.clone())),
        None => drop(tags.remove(key)),
    };
    for key in keys {
        let wanted = wanted.get(key);
        if anchor.get(key) == wanted {
            if let Some(other) = others.iter().find(|other| other.get(key) != wanted) {
                set(&mut all, key, other.get(key));
            }
        } else if others.iter().all(|other| other.get(key) == anchor.get(key)) {
            set(&mut shared, key, anchor.get(key));
        }
    }
    let map = |tags: BTreeMap<String, String>| {
        Value::Map(tags.into_iter().map(|(key, value)| (key, Value::from(value))).gather())
    };
    Shown { all: map(all), shared: map(shared) }
}

/// `tags` of a refreshed state: what is observed, without what the defaults gave. A written key that is ignored stays as
/// it is written.
pub(super) fn own(
    defaults: &BTreeMap<String, String>,
    configured: &Value,
    observed: &Value,
    is_ignored: impl Fn(&str) -> bool,
) -> Value {
    let Some(observed) = observed.as_map() else { return configured.clone() };
    let written = configured.as_map();
    let mut own: BTreeMap<String, Value> = observed
        .iter()
        .filter(|(key, value)| {
            let is_written = written.is_some_and(|written| written.contains_key(*key));
            is_written || defaults.get(*key).map(String::as_str) != value.as_str()
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .gather();
    let ignored = written.into_iter().flatten().filter(|(key, _)| is_ignored(key));
    own.extend(ignored.map(|(key, value)| (key.clone(), value.clone())));
    if own.is_empty() && configured.is_null() { Value::Null } else { Value::Map(own) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> Value {
        Value::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect())
    }

    fn none(_: &str) -> bool {
        false
    }

    #[test]
    fn ignored_keys_are_neither_written_nor_a_difference() {
        let defaults = BTreeMap::from([("cost".to_owned(), "1".to_owned()), ("env".to_owned(), "dev".to_owned())]);
        let is_ignored = |key: &str| key == "cost" || key == "owner";
        let written = map(&[("owner", "me"), ("team", "a")]);
        let all = merge(Some(&defaults), &written, is_ignored);
        assert_eq!(all, map(&[("env", "dev"), ("team", "a")]));
        assert_eq!(own(&defaults, &written, &all, is_ignored), written);
    }

    type Given = BTreeMap<String, String>;
    type Shows = [(&'static str, &'static str)];

    #[test]
    fn a_tag_of_one_object_shows_and_is_nobodys_wish() {
        let tags = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let (team, other) = (tags(&[("team", "a")]), tags(&[("team", "b")]));
        let foreign = tags(&[("team", "a"), ("x", "1")]);
        let table: [(&Given, &[&Given], &Shows, &Shows); 7] = [
            (&team, &[&team, &team], &[("team", "a")], &[("team", "a")]),
            (&team, &[&team, &foreign], &[("team", "a"), ("x", "1")], &[("team", "a")]),
            (&foreign, &[&team, &team], &[("team", "a"), ("x", "1")], &[("team", "a")]),
            (&foreign, &[&foreign, &foreign], &[("team", "a"), ("x", "1")], &[("team", "a"), ("x", "1")]),
            (&team, &[&other, &team], &[("team", "b")], &[("team", "a")]),
            (&other, &[&other, &other], &[("team", "b")], &[("team", "b")]),
            (&tags(&[]), &[], &[], &[]),
        ];
        for (anchor, others, all, shared) in table {
            let others: Vec<BTreeMap<String, String>> = others.iter().map(|tags| (*tags).clone()).collect();
            let found = shown(&team, anchor, &others);
            assert_eq!((found.all, found.shared), (map(all), map(shared)), "{anchor:?} {others:?}");
        }
        assert_eq!(shown(&team, &team, &[tags(&[])]).all, map(&[]), "one that is missing on another object");
    }

    #[test]
    fn own_tags_win_over_defaults() {
        let defaults = BTreeMap::from([("team".to_owned(), "a".to_owned()), ("env".to_owned(), "dev".to_owned())]);
        assert_eq!(merge(Some(&defaults), &map(&[("env", "prod")]), none), map(&[("team", "a"), ("env", "prod")]));
        assert_eq!(merge(Some(&defaults), &Value::Null, none), map(&[("team", "a"), ("env", "dev")]));
        assert!(merge(None, &Value::Null, none).is_unknown());
    }

    #[test]
    fn a_default_tag_is_not_shown_as_own_unless_written() {
        let defaults = BTreeMap::from([("team".to_owned(), "a".to_owned())]);
        let observed = map(&[("team", "a"), ("env", "prod")]);
        assert_eq!(own(&defaults, &map(&[("env", "prod")]), &observed, none), map(&[("env", "prod")]));
        assert_eq!(own(&defaults, &map(&[("team", "a"), ("env", "prod")]), &observed, none), observed);
        assert_eq!(own(&defaults, &Value::Null, &map(&[("team", "a")]), none), Value::Null);
        assert_eq!(own(&defaults, &Value::Null, &map(&[("team", "b")]), none), map(&[("team", "b")]));
    }
}
