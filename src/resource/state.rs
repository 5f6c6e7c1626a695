//! The provider's memory in Terraform's state: the map `record`, and beside it `links`, which people read.
//!
//! `record` holds by link's name that link's entry as JSON, so that a plan can say per link what
//! will change (empty where a plan named a link that a gate then held). Two keys are no links: `retired` lists
//! objects still to be removed, of each link that has no object any more the generation that is used up, and creations
//! whose outcome nobody knows; `owner_uid` names the owner in tags. All of it is state rather than private bytes, since a
//! crashed update erases those and the delete of a tainted object receives none. None of it is secret: a root output of
//! a whole resource would be refused for one sensitive attribute.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::diagnostic::Diagnostic;
use crate::engine::{Chain, Entry, LinkName, Record, Retired, UncertainCreate};
use crate::gather::Gather as _;
use crate::value::{Path, Step, Value};

/// Name of the map of links.
pub(super) const RECORD: &str = "record";
/// Name of the map of ids by link, which people read.
pub(super) const LINKS: &str = "links";
/// Name of the list of what an apply changes.
pub(super) const CHANGES: &str = "changes";
/// Where a link's state holds the id that people know it by, the first that is there.
const IDS: [&str; 9] = [
    "id",
    "arn",
    "zone_id",
    "endpoint_id",
    "group_id",
    "service_id",
    "target_group_arn",
    "listener_arn",
    "load_balancer_arn",
];
/// Key of the list of objects still to be removed.
pub(super) const RETIRED: &str = "retired";
/// Key of the owner's uid.
pub(super) const OWNER_UID: &str = "owner_uid";
/// An entry of a link that was planned and has no object: a gate closed in front of it in the run.
const VACANT: &str = "";

/// A link's entry as the state holds it.
#[derive(Serialize, Deserialize)]
struct StoredEntry {
    #[serde(flatten)]
    entry: Entry,
    /// Whether an import brought it and no apply has described it yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    imported: bool,
}

/// One item of the list of what was.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Past {
    /// It is still there.
    Retired(Retired),
    /// It is gone, its generation used up.
    Gone { link: LinkName, last: u32 },
    /// Nobody knows whether it was made.
    UncertainCreate(UncertainCreate),
}

/// What the state says exists.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// The engine's record.
    pub record: Record,
    /// Links that were imported and that no apply has described yet: not ours to delete.
    pub imported: BTreeSet<LinkName>,
    /// The uid in the owner tags of its objects; `None` before there are any, and where a state has lost it.
    pub uid: Option<String>,
}

impl Stored {
    /// Reads a state; nothing for a null one.
    pub fn read(state: &Value) -> Result<Self, Diagnostic> {
        let mut stored = Self::default();
        for (name, text) in state.get(RECORD).as_map().into_iter().flatten() {
            let place = Path::attribute(RECORD).with(Step::Key(name.clone()));
            match name.as_str() {
                _ if text.as_str() == Some(VACANT) => {}
                OWNER_UID => stored.uid = text.as_str().map(str::to_owned),
                RETIRED => stored.take_past(parse(text, &place)?),
                name => stored.take_entry(name.into(), parse(text, &place)?),
            }
        }
        Ok(stored)
    }

    fn take_entry(&mut self, name: LinkName, stored: StoredEntry) {
        if stored.imported {
            self.imported.insert(name.clone());
        }
        self.record.links.insert(name, stored.entry);
    }

    fn take_past(&mut self, past: Vec<Past>) {
        for one in past {
            match one {
                Past::Retired(retired) => self.record.retired.push(retired),
                Past::UncertainCreate(uncertain) => self.record.uncertain_creates.push(uncertain),
                Past::Gone { link, last } => {
                    self.record.last.insert(link, last);
                }
            }
        }
    }

    /// Writes the attributes of a state.
    pub fn write(&self, attributes: &mut BTreeMap<String, Value>) {
        let written = attributes.get(RECORD).cloned().unwrap_or_default();
        let mut record = vacancies(Some(&written));
        let entry = |name: &LinkName| (name.to_string(), self.entry_as_in(name, written.get(name.as_str())));
        record.extend(self.record.links.keys().map(entry));
        record.insert(RETIRED.to_owned(), self.past_as_in(written.get(RETIRED)));
        if let Some(uid) = &self.uid {
            record.insert(OWNER_UID.to_owned(), Value::from(uid.as_str()));
        }
        attributes.insert(RECORD.to_owned(), Value::Map(record));
        show_links(attributes);
    }

    /// The list of what was, as it is written already where that says the same.
    pub(super) fn past_as_in(&self, written: &Value) -> Value {
        let says_the_same = reread(RETIRED, written).is_some_and(|read| {
            let (read, own) = (&read.record, &self.record);
            (&read.retired, &read.last, &read.uncertain_creates) == (&own.retired, &own.last, &own.uncertain_creates)
        });
        if says_the_same { written.clone() } else { self.past() }
    }

    /// The list of what was.
    pub(super) fn past(&self) -> Value {
        let retired = self.record.retired.iter().cloned().map(Past::Retired);
        let gone = self.record.last.iter().map(|(link, last)| Past::Gone { link: link.clone(), last: *last });
        let uncertain_creates = self.record.uncertain_creates.iter().cloned().map(Past::UncertainCreate);
        print(serde_json::to_value(retired.chain(gone).chain(uncertain_creates).collect::<Vec<_>>()))
    }

    /// One entry, as it is written already where that says the same: another release may have written more, and
    /// what is written otherwise shows as a change.
    pub(super) fn entry_as_in(&self, name: &LinkName, written: &Value) -> Value {
        let says_the_same = reread(name.as_str(), written).is_some_and(|read| {
            let own = self.record.links.get(name);
            own.is_some()
                && read.record.links.get(name) == own
                && read.imported.contains(name) == self.imported.contains(name)
        });
        if says_the_same { written.clone() } else { self.entry(name) }
    }

    /// One entry as it stands in the state.
    fn entry(&self, name: &LinkName) -> Value {
        let imported = self.imported.contains(name);
        let entry = self.record.links.get(name).cloned().map(|entry| StoredEntry { entry, imported });
        print(serde_json::to_value(entry))
    }

    /// After the composite has adapted it to the configuration.
    #[must_use]
    pub(super) fn aligned(
        mut self,
        align: impl FnOnce(&mut Record, &BTreeSet<LinkName>) -> Vec<(LinkName, LinkName)>,
    ) -> Self {
        for (old, new) in align(&mut self.record, &self.imported) {
            if self.imported.remove(&old) {
                self.imported.insert(new);
            }
        }
        self
    }

    /// Without imported objects that the configuration does not describe: those are left to whoever
    /// made them. `settings` are kinds of links that are settings of another kind's object, and described with it.
    #[must_use]
    pub(super) fn without_released<C: Send + Sync + 'static>(
        mut self,
        chain: &Chain<C>,
        settings: &[(&'static str, &'static str)],
    ) -> Self {
        let imported = std::mem::take(&mut self.imported);
        let of_described = |name: &LinkName| {
            settings.iter().any(|(kind, of)| name.kind() == *kind && chain.contains(&LinkName::from(*of)))
        };
        let (described, released) = imported.into_iter().partition(|name| chain.contains(name) || of_described(name));
        self.imported = described;
        let released: BTreeSet<LinkName> = released;
        self.record.links.retain(|name, _| !released.contains(name));
        self
    }
}

/// What one element of a record says; `None` where there is none.
fn reread(name: &str, written: &Value) -> Option<Stored> {
    written.as_str()?;
    let record = Value::Map(BTreeMap::from([(name.to_owned(), written.clone())]));
    Stored::read(&Value::Map(BTreeMap::from([(RECORD.to_owned(), record)]))).ok()
}

/// Whether a key of a record names a link.
pub(super) fn is_link(name: &str) -> bool {
    ![OWNER_UID, RETIRED].contains(&name)
}

/// The links that a record says are not there: planned, and held by a gate that closed in the run.
pub(super) fn vacancies(record: Option<&Value>) -> BTreeMap<String, Value> {
    let links = record.and_then(Value::as_map).into_iter().flatten();
    links
        .filter(|(_, entry)| entry.as_str() == Some(VACANT))
        .map(|(name, entry)| (name.clone(), entry.clone()))
        .gather()
}

/// A planned record as far as it is bound to have these links: what was open is vacant, what was known stays as it
/// was written.
pub(super) fn vacated(planned: &Value) -> Value {
    let Some(links) = planned.as_map() else { return Value::UNKNOWN };
    let links = links.iter().filter(|(name, _)| is_link(name) || !planned.get(name).is_unknown());
    let closed = |entry: &Value| if entry.is_unknown() { Value::from(VACANT) } else { entry.clone() };
    Value::Map(links.map(|(name, entry)| (name.clone(), closed(entry))).gather())
}

/// Fills the ids by link from the record: an id where the record's entry is known, unknown where a change makes
/// it so, empty where there is nothing to name.
pub(super) fn show_links(attributes: &mut BTreeMap<String, Value>) {
    let shown = match attributes.get(RECORD) {
        Some(Value::Map(entries)) => {
            let links = entries.iter().filter(|(name, _)| is_link(name));
            Value::Map(links.map(|(name, entry)| (name.clone(), shown_id(entry))).gather())
        }
        Some(Value::Unknown(_)) => Value::UNKNOWN,
        _ => Value::Null,
    };
    attributes.insert(LINKS.to_owned(), shown);
}

fn shown_id(entry: &Value) -> Value {
    let Some(text) = entry.as_str() else { return entry.clone() };
    let json: Json = serde_json::from_str(text).unwrap_or_default();
    Value::from(json.get("state").and_then(id_of).unwrap_or_default())
}

/// The id that people know an object by, from its link's state.
pub(super) fn id_of(state: &Json) -> Option<&str> {
    IDS.iter().find_map(|key| state.get(key)?.as_str())
}

/// Serialising plain data cannot fail; should it ever, null shows it.
fn print(json: Result<Json, serde_json::Error>) -> Value {
    json.map_or(Value::Null, |json| Value::String(json.to_string()))
}

fn parse<T: serde::de::DeserializeOwned>(text: &Value, place: &Path) -> Result<T, Diagnostic> {
    serde_json::from_str(text.as_str().unwrap_or_default()).map_err(|error| unreadable(place, &error))
}

/// The text itself is not shown: it may be long.
fn unreadable(place: &Path, error: &serde_json::Error) -> Diagnostic {
    Diagnostic::error(
        "Cannot read what the state says exists",
        format!(
            "{place} of the state is not what this provider writes there: {error}. Restore the state from a backup, or \
             remove the resource from the state and import it again."
        ),
    )
    .at(place.clone())
}

/// After an error some values stay unknown; a state cannot hold them.
pub(super) fn null_unknowns(value: &mut Value) {
    match value {
        Value::Unknown(_) => *value = Value::Null,
        Value::List(items) => items.iter_mut().for_each(null_unknowns),
        Value::Map(entries) => entries.values_mut().for_each(null_unknowns),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Entry;

    #[test]
    fn a_record_survives_the_state() {
        let state = serde_json::json!({"arn": "arn:aws:…", "port": 443, "share": 0.1});
        let entry = |generation, settled| Entry { state: state.clone(), generation, settled };
        let mut stored = Stored::default();
        stored.record.links.insert(LinkName::new("load_balancer"), entry(0, true));
        stored.record.links.insert(LinkName::keyed("listener", "https"), entry(2, false));
        let old = Retired { link: LinkName::new("load_balancer"), state: state.clone(), generation: 3 };
        stored.record.retired.push(old);
        stored.record.last.insert(LinkName::new("permissions"), 2);
        let sought = serde_json::json!({"service_id": "vpce-svc-1"});
        stored.record.uncertain_creates.push(UncertainCreate {
            link: LinkName::new("permissions"),
            generation: 3,
            sought,
        });
        stored.imported.insert(LinkName::new("load_balancer"));
        stored.uid = Some("u1".to_owned());
        let mut attributes = BTreeMap::new();
        stored.write(&mut attributes);
        let read = Stored::read(&Value::Map(attributes)).unwrap();
        assert_eq!((read.record, read.imported, read.uid), (stored.record, stored.imported, stored.uid));
    }

    #[test]
    fn a_link_that_was_planned_and_held_stays_named_and_is_none() {
        let planned = Value::Map(BTreeMap::from([("permissions".to_owned(), Value::UNKNOWN)]));
        let mut attributes = BTreeMap::from([(RECORD.to_owned(), vacated(&planned))]);
        let mut stored = Stored::default();
        stored.write(&mut attributes);
        let links = attributes[LINKS].as_map().unwrap().clone();
        assert_eq!(links, BTreeMap::from([("permissions".to_owned(), Value::from(VACANT))]));
        assert_eq!(attributes[RECORD].get(RETIRED), &Value::from("[]"));
        stored
            .record
            .links
            .insert(LinkName::new("permissions"), Entry { state: Json::Null, generation: 0, settled: true });
        assert!(Stored::read(&Value::Map(attributes.clone())).unwrap().record.is_empty());
        stored.write(&mut attributes);
        assert!(attributes[RECORD].as_map().unwrap()["permissions"] != Value::from(VACANT));
    }

    #[test]
    fn people_see_an_id_for_each_link_and_what_a_change_touches() {
        let entry = |state: &str| Value::from(format!("{{\"state\":{state}}}"));
        let record = [
            ("load_balancer", entry(r#"{"arn":"arn:aws:…","name":"x"}"#)),
            ("endpoint_service", entry(r#"{"arn":"arn:aws:…","id":"vpce-svc-1"}"#)),
            ("permissions", entry(r#"{"service_id":"vpce-svc-1"}"#)),
            ("listener.https", Value::UNKNOWN),
            ("private_dns", Value::from("")),
        ];
        let record = Value::Map(record.into_iter().map(|(name, entry)| (name.to_owned(), entry)).collect());
        let mut attributes = BTreeMap::from([(RECORD.to_owned(), record)]);
        show_links(&mut attributes);
        let links = attributes.get(LINKS).unwrap();
        for (name, id) in [
            ("load_balancer", "arn:aws:…"),
            ("endpoint_service", "vpce-svc-1"),
            ("permissions", "vpce-svc-1"),
            ("private_dns", ""),
        ] {
            assert_eq!(links.get(name).as_str(), Some(id), "{name}");
        }
        assert!(links.get("listener.https").is_unknown());
        attributes.insert(RECORD.to_owned(), Value::UNKNOWN);
        show_links(&mut attributes);
        assert!(attributes.get(LINKS).unwrap().is_unknown());
    }

    #[test]
    fn what_another_release_wrote_more_stays_while_it_says_the_same() {
        let entry = Value::from(r#"{"later":1,"settled":true,"state":{"id":"x","more":[]}}"#);
        let gone = Value::from(r#"[{"last":3,"later":{},"link":"permissions"}]"#);
        let record = BTreeMap::from([("endpoint".to_owned(), entry.clone()), (RETIRED.to_owned(), gone.clone())]);
        let mut attributes = BTreeMap::from([(RECORD.to_owned(), Value::Map(record))]);
        let mut stored = Stored::read(&Value::Map(attributes.clone())).unwrap();
        stored.write(&mut attributes);
        assert_eq!((attributes[RECORD].get("endpoint"), attributes[RECORD].get(RETIRED)), (&entry, &gone));
        stored.record.links.get_mut(&LinkName::new("endpoint")).unwrap().generation = 1;
        stored.record.last.clear();
        stored.write(&mut attributes);
        assert_eq!(
            attributes[RECORD].get("endpoint").as_str(),
            Some(r#"{"generation":1,"state":{"id":"x","more":[]}}"#)
        );
        assert_eq!(attributes[RECORD].get(RETIRED), &Value::from("[]"));
    }

    #[test]
    fn a_damaged_record_is_an_error_and_not_an_empty_one() {
        let links = Value::Map(BTreeMap::from([("listener.https".to_owned(), Value::from("{"))]));
        let found = Stored::read(&Value::Map(BTreeMap::from([(RECORD.to_owned(), links)]))).unwrap_err();
        assert_eq!(found.path.to_string(), "record[\"listener.https\"]");
    }
}
