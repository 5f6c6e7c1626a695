//! Tags that only some objects of a connection carry. A resource has the same tags on all of its objects, so that a plan would write them;
//! a provider block that ignores their keys leaves them as they are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Adopted, Chain, Side};
use crate::aws::Tags;
use crate::engine::LinkName;
use crate::gather::Gather as _;
use crate::privatelink_consumer::chain as consumer;
use crate::privatelink_service::chain as service;
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
        let state = serde_json::from_str::<Json>(written).ok()?.get("state")?.clone();
        Some((LinkName::from(name.as_str()), state))
    });
    changed.flat_map(|(link, state)| differing(link.kind(), &state, &wanted)).collect()
}

/// The keys of a link's objects that are not as they are wanted.
fn differing(kind: &str, state: &Json, wanted: &Tags) -> BTreeSet<String> {
    let differ = |own: &Tags| -> BTreeSet<String> {
        own.keys().chain(wanted.keys()).filter(|key| own.get(*key) != wanted.get(*key)).cloned().collect()
    };
    let mut keys: BTreeSet<String> = carried(kind, state).iter().flat_map(differ).gather();
    if NAMED.contains(&kind) {
        keys.remove("Name");
    }
    keys
}

/// The tags of each of a link's objects, as far as they are known.
fn carried(kind: &str, state: &Json) -> Vec<Tags> {
    let texts = |tags: Option<&Json>| -> Tags {
        let entries = tags.and_then(Json::as_object).into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    };
    let each = |list: &str| state.get(list).and_then(Json::as_array).into_iter().flatten();
    match kind {
        service::PERMISSIONS => {
            let Some(by_principal) = state.get("tags") else { return Vec::new() };
            each("principals").map(|one| texts(one.as_str().and_then(|one| by_principal.get(one)))).collect()
        }
        consumer::SECURITY_GROUP_RULES => {
            each("ingress").filter_map(|rule| Some(texts(Some(rule.get("tags")?)))).collect()
        }
        _ => vec![texts(state.get("tags"))],
    }
}

/// Kinds of objects whose name is told apart from their tags: the endpoint's is an argument of its own, and a group that was made by hand
/// keeps the one that it has.
const NAMED: [&str; 2] = [consumer::ENDPOINT, consumer::SECURITY_GROUP];

/// The attribute with what exists, and the one with all tags.
const RECORD: &str = "record";
const ALL_TAGS: &str = "tags_all";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::privatelink_service::Service;
    use crate::resource::Composite as _;

    const EVERYBODY: &str = "arn:aws:iam::111111111111:root";
    const ANOTHER: &str = "arn:aws:iam::222222222222:root";

    fn texts(tags: &[(&str, &str)]) -> Value {
        Value::Map(tags.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect())
    }

    /// The keys where a plan changes a link with this state, or leaves it.
    fn keys(link: &str, state: &Json, is_changed: bool) -> Vec<String> {
        let wanted = [("Owner", "network"), ("team", "a")];
        let record = |entry| Value::Map([(link.to_owned(), entry)].into());
        let with =
            |entry| Value::Map([(RECORD.to_owned(), record(entry)), (ALL_TAGS.to_owned(), texts(&wanted))].into());
        let written = Value::from(json!({"state": state}).to_string());
        let chain = Chain {
            side: 0,
            type_name: Service::TYPE,
            id: String::new(),
            region: String::new(),
            label: None,
            moved_from: None,
            config: Value::Null,
            state: with(written.clone()),
            planned: with(if is_changed { Value::UNKNOWN } else { written }),
            changes: Vec::new(),
            warnings: Vec::new(),
        };
        of(&chain).into_iter().collect()
    }

    #[test]
    fn keys_are_those_of_changed_objects_that_differ_from_what_all_get() {
        let of_balancer = |tags: &Json| keys("load_balancer", &json!({"tags": tags}), true);
        let all = json!({"Owner": "network", "team": "a"});
        assert_eq!(of_balancer(&json!({"Owner": "network", "team": "a", "more": "x"})), ["more"]);
        assert_eq!(of_balancer(&json!({"Owner": "network"})), ["team"]);
        assert_eq!(of_balancer(&json!({"Owner": "network", "team": "b"})), ["team"]);
        assert_eq!(of_balancer(&json!(null)), ["Owner", "team"]);
        assert_eq!(of_balancer(&all), Vec::<String>::new());
        assert_eq!(keys("load_balancer", &json!({}), false), Vec::<String>::new());
    }

    #[test]
    fn each_permission_and_each_rule_has_tags_of_its_own() {
        let all = json!({"Owner": "network", "team": "a"});
        let of_permissions = |tags: &Json| {
            let state = json!({"principals": [EVERYBODY, ANOTHER], "tags": tags});
            keys("permissions", &state, true)
        };
        assert_eq!(of_permissions(&json!({EVERYBODY: all})), ["Owner", "team"]);
        assert_eq!(of_permissions(&json!({EVERYBODY: all, ANOTHER: {"Owner": "network"}})), ["team"]);
        assert_eq!(of_permissions(&json!({})), ["Owner", "team"]);
        assert_eq!(of_permissions(&json!({EVERYBODY: all, ANOTHER: all})), Vec::<String>::new());
        let unread = json!({"principals": [EVERYBODY]});
        assert_eq!(keys("permissions", &unread, true), Vec::<String>::new(), "an earlier release has not read them");

        let of_rules = |one: &Json| {
            let rules = json!({"ingress": [{"rule": {}, "tags": all}, {"rule": {}, "tags": one}, {"rule": {}}]});
            keys("security_group_rules", &rules, true)
        };
        assert_eq!(of_rules(&json!({})), ["Owner", "team"]);
        assert_eq!(of_rules(&json!({"Owner": "network", "team": "a", "Name": "shop"})), ["Name"]);
        assert_eq!(of_rules(&all), Vec::<String>::new());
    }

    #[test]
    fn the_name_of_an_endpoint_and_of_its_group_is_no_such_tag() {
        let named = json!({"tags": {"Owner": "network", "team": "a", "Name": "orders"}});
        for (link, wanted) in [("endpoint", vec![]), ("security_group", vec![]), ("load_balancer", vec!["Name"])] {
            assert_eq!(keys(link, &named, true), wanted, "{link}");
        }
    }
}
