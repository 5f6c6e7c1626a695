//! What a world holds, up to ids: as the provider reads it, and counted as the world itself tells.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::core::{Terraform, objects};

/// What of a state depends on the way to it, or on the clock alone.
const OF_THE_WAY: [&str; 9] = [
    "changes",
    "owner_uid",
    "retired",
    "links",
    "generation",
    "private_dns_state",
    "private_dns_record",
    "value",
    "settled",
];

/// So many events a notification is sent for by default: all that there are.
const EVENTS: usize = 4;

/// A refreshed state with every id that AWS drew replaced, its record opened. `known` holds the ids that are to stay.
pub(super) async fn state(terraform: &mut Terraform, name: &str, known: &Json) -> Json {
    let found = terraform.refresh(name).await;
    assert!(!found.has_errors(), "{found:#?}");
    let known = known.to_string();
    let mut state = opened(terraform.state(name));
    // AWS renames no security group: it keeps name and description of when it was made.
    if let Some(group) = state.pointer_mut("/record/security_group/state") {
        group["name"] = Json::Null;
        group["description"] = Json::Null;
    }
    // A name that was verified stays so when its record is given up; one that never had a record fails.
    if let Some(verification) = state.pointer_mut("/record/dns_verification/state") {
        verification["state"] = Json::Null;
    }
    // An explicit default is no change, so a state keeps whichever of the two was written first.
    for block in state["connection_notification"].as_array_mut().into_iter().flatten() {
        if block["connection_events"].as_array().is_some_and(|events| events.len() == EVENTS) {
            block["connection_events"] = Json::Null;
        }
    }
    up_to_ids(&state, &known)
}

/// Live objects by account, Region and kind.
pub(super) fn counts(terraform: &Terraform) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let tree = objects(&terraform.world);
    for (account, regions) in tree.as_object().unwrap() {
        for (region, kinds) in regions.as_object().unwrap() {
            for (kind, ids) in kinds.as_object().unwrap() {
                counts.insert(format!("{account} {region} {kind}"), ids.as_array().unwrap().len());
            }
        }
    }
    counts
}

/// Objects that are told in one tree and not in the other, by id.
pub(super) fn differing(before: &Json, after: &Json) -> Vec<String> {
    let paths = |tree: &Json| -> std::collections::BTreeSet<String> {
        let mut found = std::collections::BTreeSet::new();
        leaves(tree, "", &mut |path, leaf| {
            found.insert(format!("{path} {leaf}"));
        });
        found
    };
    paths(before).symmetric_difference(&paths(after)).cloned().collect()
}

/// Lines of one text that the other has not, as often: what differs, with `-` and `+`.
pub(super) fn lines(before: &Json, after: &Json) -> Vec<String> {
    let mut counts = BTreeMap::<String, i64>::new();
    for (json, step) in [(before, -1), (after, 1)] {
        for line in format!("{json:#}").lines() {
            *counts.entry(line.trim().trim_end_matches(',').to_owned()).or_default() += step;
        }
    }
    let sign = |count: i64| if count < 0 { '-' } else { '+' };
    counts.into_iter().filter(|(_, count)| *count != 0).map(|(line, count)| format!("{} {line}", sign(count))).collect()
}

fn leaves(json: &Json, path: &str, found: &mut impl FnMut(&str, &Json)) {
    match json {
        Json::Object(entries) => entries.iter().for_each(|(key, inner)| leaves(inner, &format!("{path}/{key}"), found)),
        Json::Array(items) => items.iter().for_each(|inner| leaves(inner, path, found)),
        leaf => found(path, leaf),
    }
}

/// JSON in strings as JSON: the entries of the record.
fn opened(json: Json) -> Json {
    match json {
        Json::String(text) if text.starts_with('{') => serde_json::from_str(&text).map_or(json!(text), opened),
        Json::Array(items) => items.into_iter().map(opened).collect(),
        Json::Object(entries) => entries.into_iter().map(|(key, inner)| (key, opened(inner))).collect(),
        other => other,
    }
}

fn up_to_ids(json: &Json, known: &str) -> Json {
    match json {
        Json::String(text) => json!(anonymous(text, known)),
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(|item| up_to_ids(item, known)).collect();
            items.sort_by_key(Json::to_string);
            Json::Array(items)
        }
        Json::Object(entries) => {
            let entries = entries.iter().filter(|(key, _)| !OF_THE_WAY.contains(&key.as_str()));
            let mut pairs: Vec<Json> =
                entries.map(|(key, inner)| json!([anonymous(key, known), up_to_ids(inner, known)])).collect();
            pairs.sort_by_key(Json::to_string);
            Json::Array(pairs)
        }
        other => other.clone(),
    }
}

/// The text with `#` for each word that AWS drew: hexadecimal ids, zone ids, the tails of DNS names, addresses in a subnet.
fn anonymous(text: &str, known: &str) -> String {
    if text.parse::<std::net::IpAddr>().is_ok() {
        return "#".to_owned();
    }
    let mut out = String::new();
    let mut after_id = false;
    for piece in text.split_inclusive(|character: char| !character.is_ascii_alphanumeric()) {
        let word = piece.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
        let is_hex = word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_zone =
            word.len() >= 10 && word.starts_with('Z') && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_tail = after_id && word.len() == 8;
        let is_proof = out.ends_with('_') && word.len() >= 16;
        let is_drawn = (is_hex || is_zone || is_tail || is_proof) && !known.contains(word);
        out.push_str(if is_drawn { "#" } else { word });
        out.push_str(&piece[word.len()..]);
        after_id = is_drawn;
    }
    out
}

#[test]
fn only_what_aws_draws_is_forgotten() {
    let known = "subnet-0123456789abcdef0";
    assert_eq!(anonymous("subnet-0123456789abcdef0", known), "subnet-0123456789abcdef0");
    assert_eq!(anonymous("vpce-0aaaabbbbccccdddd-q1w2e3r4.vpce.amazonaws.com", known), "vpce-#-#.vpce.amazonaws.com");
    assert_eq!(anonymous("_84k5jahrzde9d9if7u76.example.dev", known), "_#.example.dev");
    assert_eq!(anonymous("orders-api-1f0c9a2b", known), "orders-api-#");
    assert_eq!(anonymous("orders.example.dev", known), "orders.example.dev");
}
