//! Tags that only some objects of a connection carry. A resource has the same tags on all of its objects, so that a plan would write them;
//! a provider block that ignores their keys leaves them as they are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Adopted, Chain, Side};
use crate::aws::Tags;
use crate::privatelink_consumer::Consumer;
use crate::resource::Composite as _;
use crate::value::Value;

/// Has the provider blocks ignore such tags. Whether one of them does now what it did not before, so that it is worth another look.
pub(super) async fn ignore(sides: &mut [Side], adopted: &Adopted) -> bool {
    let mut keys = BTreeMap::<usize, BTreeSet<String>>::new();
    for chain in adopted.chains.iter().filter(|chain| !chain.changes.is_empty()) {
        keys.entry(chain.side).or_default().extend(of(chain));
    }
    let mut is_news = false;
    for (place, keys) in keys {
        if let Some(side) = sides.get_mut(place).filter(|_| !keys.is_empty()) {
            is_news |= side.ignore_tags(&keys).await;
        }
    }
    is_news
}

/// The keys of such tags, of the objects that a plan changes: those that are not as they are planned for all.
fn of(chain: &Chain) -> BTreeSet<String> {
    let wanted: Tags = match chain.planned.get(ALL_TAGS) {
        Value::Map(tags) => {
            tags.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        }
        _ => Tags::new(),
    };
    let planned = chain.planned.get(RECORD).as_map().into_iter().flatten();
    let changed = planned.filter(|(_, entry)| entry.is_unknown()).filter_map(|(name, _)| {
        let written = chain.state.get(RECORD).get(name).as_str()?;
        serde_json::from_str::<Json>(written).ok()?.pointer("/state/tags").cloned()
    });
    let mut keys: BTreeSet<String> =
        changed.flat_map(|tags| carried(&tags)).flat_map(|own| differing(&own, &wanted)).collect();
    if chain.type_name == Consumer::TYPE {
        // The endpoint's name is an argument of its own.
        keys.remove("Name");
    }
    keys
}

/// The tags of a link's object, or of each of its objects by what they are called; some of those may have none.
fn carried(tags: &Json) -> Vec<Tags> {
    let entries = || tags.as_object().into_iter().flatten();
    let texts = |tags: &Json| -> Tags {
        let entries = tags.as_object().into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    };
    if entries().any(|(_, value)| value.is_object()) {
        return entries().map(|(_, own)| texts(own)).chain([Tags::new()]).collect();
    }
    vec![texts(tags)]
}

fn differing(own: &Tags, wanted: &Tags) -> Vec<String> {
    own.keys().chain(wanted.keys()).filter(|key| own.get(*key) != wanted.get(*key)).cloned().collect()
}

/// The attribute with what exists, and the one with all tags.
const RECORD: &str = "record";
const ALL_TAGS: &str = "tags_all";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::privatelink_service::Service;

    fn texts(tags: &[(&str, &str)]) -> Value {
        Value::Map(tags.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect())
    }

    fn keys(tags: &Json, planned: Value, wanted: &[(&str, &str)], type_name: &'static str) -> Vec<String> {
        let record = |entry| Value::Map([("object".to_owned(), entry)].into());
        let with =
            |entry| Value::Map([(RECORD.to_owned(), record(entry)), (ALL_TAGS.to_owned(), texts(wanted))].into());
        let chain = Chain {
            side: 0,
            type_name,
            id: String::new(),
            region: String::new(),
            label: None,
            moved_from: None,
            config: Value::Null,
            state: with(Value::from(json!({"state": {"tags": tags}}).to_string())),
            planned: with(planned),
            changes: Vec::new(),
            warnings: Vec::new(),
        };
        of(&chain).into_iter().collect()
    }

    #[test]
    fn keys_are_those_of_changed_objects_that_differ_from_what_all_get() {
        let wanted = [("Owner", "network"), ("team", "a")];
        let of_service = |tags: &Json| keys(tags, Value::UNKNOWN, &wanted, Service::TYPE);
        assert_eq!(of_service(&json!({"Owner": "network", "team": "a", "more": "x"})), ["more"]);
        assert_eq!(of_service(&json!({"Owner": "network"})), ["team"]);
        assert_eq!(of_service(&json!(null)), ["Owner", "team"]);
        assert_eq!(of_service(&json!({"arn:root": {"Owner": "network", "team": "a"}})), ["Owner", "team"]);
        assert_eq!(keys(&json!({}), Value::from("{}"), &wanted, Service::TYPE), Vec::<String>::new());
        let named = json!({"Owner": "network", "team": "a", "Name": "orders"});
        assert_eq!(keys(&named, Value::UNKNOWN, &wanted, Consumer::TYPE), Vec::<String>::new());
    }
}
