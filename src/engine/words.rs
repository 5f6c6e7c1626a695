//! What differs between two states of an object, in words that a reviewer can judge: a phrase for each setting.
//!
//! It is derived from the same comparison by which plan and run decide, so that no link can forget one: what an
//! update changes is what differs between the recorded state and the forecast. A link adds words where it knows better.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use super::record::LinkName;
use crate::gather::Gather as _;

/// The name of a changed setting, as in the link's spec; shown to people and used in paths.
pub type Field = &'static str;

/// Words for fields of a link's state; an empty one hides what nobody sets.
pub type Words = &'static [(Field, &'static str)];

/// Longest text of a value.
const LONGEST: usize = 80;
/// The field in which every link keeps the composite's name in the owner tags.
const NAMED: &str = "named";
/// The field in which every link keeps the user's tags.
const TAGS: &str = "tags";

/// The object of a link as people call it: `listener https`.
pub(super) fn object(name: &LinkName) -> String {
    let kind = name.kind().replace('_', " ");
    match name.key() {
        Some(key) => format!("{kind} {}", short(key)),
        None => kind,
    }
}

/// Lists what differs between two states, one phrase for each setting.
pub fn differences(before: &Json, after: &Json, words: Words) -> Vec<String> {
    let empty = Map::new();
    let (old, new) = (before.as_object().unwrap_or(&empty), after.as_object().unwrap_or(&empty));
    let fields: BTreeSet<&String> = old.keys().chain(new.keys()).gather();
    let mut phrases = Vec::new();
    for field in fields {
        let (old, new) = (old.get(field).unwrap_or(&Json::Null), new.get(field).unwrap_or(&Json::Null));
        let word = words.iter().find(|(known, _)| known == field).map(|(_, word)| *word);
        if old == new || word == Some("") {
            continue;
        }
        match field.as_str() {
            TAGS => tags(old, new, &mut phrases),
            NAMED => phrases.push(format!("owner tags: {}", change("name", old, new))),
            field => setting(word.unwrap_or(&field.replace('_', " ")), old, new, &mut phrases),
        }
    }
    phrases
}

/// One setting that differs; of an object each of its settings, also where there was none or will be none.
fn setting(word: &str, old: &Json, new: &Json, phrases: &mut Vec<String>) {
    let empty = Map::new();
    let entries = |value: &Json| value.as_object().cloned().or_else(|| value.is_null().then(|| empty.clone()));
    match (entries(old), entries(new), old, new) {
        (Some(before), Some(after), ..) => {
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).gather();
            for key in keys {
                let (old, new) = (before.get(key).unwrap_or(&Json::Null), after.get(key).unwrap_or(&Json::Null));
                if old != new {
                    setting(&format!("{word} {}", short(key).replace('_', " ")), old, new, phrases);
                }
            }
        }
        (_, _, Json::Array(before), Json::Array(after)) => {
            let missing = |these: &[Json], those: &[Json]| -> Vec<String> {
                these.iter().filter(|item| !those.contains(item)).map(text).collect()
            };
            let parts = [("add", missing(after, before)), ("remove", missing(before, after))];
            phrases.push(format!("{word}: {}", both(&parts)));
        }
        (_, _, old, new) => phrases.push(change(word, old, new)),
    }
}

/// `add a, b, remove c`; a verb without objects is left out.
pub fn both(parts: &[(&str, Vec<String>)]) -> String {
    let parts = parts.iter().filter(|(_, items)| !items.is_empty());
    parts.map(|(verb, items)| format!("{verb} {}", items.join(", "))).collect::<Vec<_>>().join(", ")
}

/// `port 443 instead of 444`
fn change(word: &str, old: &Json, new: &Json) -> String {
    match (is_nothing(old), is_nothing(new)) {
        (true, _) => format!("{word} {}", text(new)),
        // A flag that is off is left out of a record.
        (false, true) if old.as_bool() == Some(true) => {
            format!("{word} {} instead of {}", text(&Json::Bool(false)), text(old))
        }
        (false, true) => format!("no {word} instead of {}", text(old)),
        (false, false) => format!("{word} {} instead of {}", text(new), text(old)),
    }
}

fn is_nothing(value: &Json) -> bool {
    value.is_null() || value.as_str() == Some("")
}

fn tags(old: &Json, new: &Json, phrases: &mut Vec<String>) {
    let empty = Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).gather();
    for key in keys {
        match (old.get(key), new.get(key)) {
            (None, Some(new)) => phrases.push(format!("add tag {key} = {}", text(new))),
            (Some(_), None) => phrases.push(format!("remove tag {key}")),
            (Some(old), Some(new)) if old != new => {
                phrases.push(format!("tag {key} = {} instead of {}", text(new), text(old)));
            }
            _ => {}
        }
    }
}

/// Lists what differs between the tags of several parts of one object and those that are wanted; `parts` holds each in
/// words with its tags.
pub fn part_tags(
    parts: impl IntoIterator<Item = (String, BTreeMap<String, String>)>,
    wanted: &BTreeMap<String, String>,
    noun: &str,
) -> Vec<String> {
    let json = |tags: &BTreeMap<String, String>| serde_json::to_value(tags).unwrap_or_default();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (part, have) in parts {
        let mut phrases = Vec::new();
        tags(&json(&have), &json(wanted), &mut phrases);
        for phrase in phrases {
            found.entry(phrase).or_default().push(part.clone());
        }
    }
    let line = |(phrase, parts): (String, Vec<String>)| match parts.as_slice() {
        [one] => format!("{phrase} on {one}"),
        many => format!("{phrase} on {} {noun}", many.len()),
    };
    found.into_iter().map(line).collect()
}

/// A value in words.
fn text(value: &Json) -> String {
    match value {
        Json::Null => "none".to_owned(),
        Json::Bool(true) => "on".to_owned(),
        Json::Bool(false) => "off".to_owned(),
        Json::String(text) => short(text),
        Json::Array(items) if items.is_empty() => "none".to_owned(),
        Json::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => short(&other.to_string()),
    }
}

/// A text of bearable length; of a load balancer's, target group's or trust store's ARN the name.
pub fn short(value: &str) -> String {
    if let Some(rest) = value.strip_prefix("arn:").and_then(|rest| rest.split_once(":elasticloadbalancing:"))
        && let Some((_, resource)) = rest.1.rsplit_once(':')
    {
        let parts: Vec<&str> = resource.split('/').collect();
        if let ["targetgroup" | "truststore", name, _] | ["loadbalancer", _, name, _] = parts.as_slice() {
            return (*name).to_owned();
        }
    }
    if value.chars().count() <= LONGEST {
        return value.to_owned();
    }
    let mut cut: String = value.chars().take(LONGEST - 1).collect();
    cut.push('…');
    cut
}

/// What a step that is not an update in place does, for the differences that ask for it.
pub(super) fn anew(verb: &str, differences: &[String], fields: &[Field]) -> String {
    let mut phrase = verb.to_owned();
    let reasons = if differences.is_empty() {
        fields.iter().map(|field| field.replace('_', " ")).collect::<Vec<_>>().join(", ")
    } else {
        differences.join("; ")
    };
    let _ = write!(phrase, " ({reasons})");
    phrase
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_difference_has_its_phrase() {
        let before = json!({
            "port": 444, "on": false, "target_group_arn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/foreign-9/0f",
            "policy": "p", "subnets": ["a", "b"], "check": {"interval": 30, "port": "80"}, "tags": {"a": "1", "b": "2"},
            "named": "old", "told": 1, "same": 1, "gone": "x", "flag": true, "shares": null,
        });
        let after = json!({
            "port": 443, "on": true, "target_group_arn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/orders-a1b2/1f",
            "policy": null, "subnets": ["b", "c"], "check": {"interval": 10, "port": "80"}, "tags": {"a": "3", "c": "4"},
            "named": "new", "told": 2, "same": 1, "fresh": "y",
            "shares": {"arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/blue/1f": 3},
        });
        let words: Words = &[("target_group_arn", "forward to target group"), ("told", "")];
        assert_eq!(
            differences(&before, &after, words),
            [
                "check interval 10 instead of 30",
                "flag off instead of on",
                "fresh y",
                "no gone instead of x",
                "owner tags: name new instead of old",
                "on on instead of off",
                "no policy instead of p",
                "port 443 instead of 444",
                "shares blue 3",
                "subnets: add c, remove a",
                "tag a = 3 instead of 1",
                "remove tag b",
                "add tag c = 4",
                "forward to target group orders-a1b2 instead of foreign-9",
            ]
        );
    }

    #[test]
    fn tags_of_parts_are_told_together() {
        let tags = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let parts = [
            ("rule a".to_owned(), tags(&[("team", "a"), ("x", "1")])),
            ("rule b".to_owned(), tags(&[])),
            ("rule c".to_owned(), tags(&[])),
        ];
        assert_eq!(
            part_tags(parts, &tags(&[("team", "b")]), "rules"),
            ["add tag team = b on 2 rules", "remove tag x on rule a", "tag team = b instead of a on rule a"]
        );
    }

    #[test]
    fn objects_have_their_keys_and_long_texts_an_end() {
        assert_eq!(object(&LinkName::from("zone_association.vpc-1")), "zone association vpc-1");
        assert_eq!(object(&LinkName::from("load_balancer")), "load balancer");
        assert_eq!(short(&"x".repeat(200)).chars().count(), LONGEST);
        assert_eq!(short("arn:aws:iam::1:role/a"), "arn:aws:iam::1:role/a");
    }
}
