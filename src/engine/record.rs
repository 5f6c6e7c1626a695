//! What exists, by link. The only memory between two runs.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::failure::{Class, Failure};

/// The name of a link in its chain: a kind, and a key where the chain has several of the kind.
///
/// Written `kind` or `kind.key`, for example `listener.https`, and `kind.key/part` where several belong to one key. The kind is file name, tag value and
/// word in messages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkName(String);

impl LinkName {
    /// The only link of its kind.
    pub fn new(kind: &str) -> Self {
        Self(kind.to_owned())
    }

    /// One of several of its kind.
    pub fn keyed(kind: &str, key: &str) -> Self {
        Self(format!("{kind}.{key}"))
    }

    /// One of several that belong to this one.
    #[must_use]
    pub fn below(&self, key: &str) -> Self {
        Self(format!("{}/{key}", self.0))
    }

    /// Whether this is the other link or one that belongs to it, of whichever kinds.
    pub fn is_at_or_below(&self, other: &Self) -> bool {
        self.0 == other.0 || self.0.strip_prefix(&other.0).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The part before the first dot.
    pub fn kind(&self) -> &str {
        self.0.split_once('.').map_or(self.0.as_str(), |(kind, _)| kind)
    }

    /// The part after the first dot.
    pub fn key(&self) -> Option<&str> {
        self.0.split_once('.').map(|(_, key)| key)
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LinkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for LinkName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// What exists of a composite.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Record {
    /// The objects in use.
    #[serde(default)]
    pub links: BTreeMap<LinkName, Entry>,
    /// Objects that were replaced or left the chain and are still to be removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<Retired>,
    /// The generation of the last object of each link that has none now, so that the next one gets a
    /// name and tokens that were never used: AWS remembers some of them for ever.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub last: BTreeMap<LinkName, u32>,
    /// Creations whose outcome nobody knows yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncertain_creates: Vec<UncertainCreate>,
}

/// One existing object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The link's state.
    pub state: Json,
    /// Which object of this link it is; 0 is the first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u32,
    /// False until a read said that it is ready: a later run then waits first.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub settled: bool,
}

impl Entry {
    /// The state by its link's type; `None` where another link wrote it.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(&self.state).ok()
    }

    /// The id by which AWS knows the object, or its ARN; none where the state has neither.
    pub fn id(&self) -> Option<String> {
        let id = self.state.get("id").or_else(|| self.state.get("arn"))?;
        id.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
    }
}

/// An object on its way out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retired {
    /// The link it was.
    pub link: LinkName,
    /// Its state.
    pub state: Json,
    /// Its generation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u32,
}

/// An object of this owner that was found outside of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Orphan {
    /// The link that it was made for.
    pub link: LinkName,
    /// Its generation; `None` of one that carries no tags. Whoever finds such a one knows that it is in no record.
    pub generation: Option<u32>,
    /// As much of its state as its deletion needs.
    pub state: Json,
}

impl Orphan {
    /// One that carries no tags.
    pub fn untagged(link: impl Into<LinkName>, state: &impl Serialize) -> Self {
        Self { link: link.into(), generation: None, state: serde_json::to_value(state).unwrap_or_default() }
    }
}

/// What identifies an object in the state of its link, whichever link that is: a key and its text.
pub fn identity(state: &Json) -> Option<(&'static str, &str)> {
    ["id", "arn", "zone_id"].into_iter().find_map(|key| Some((key, state.get(key)?.as_str()?)))
}

/// A creation that was sent, and whose reply was lost together with every look for the object. It may
/// exist, so that the next run looks for it before anything is made in its place or forgotten.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UncertainCreate {
    /// The link that it was for.
    pub link: LinkName,
    /// Its generation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u32,
    /// The link's spec: what to look for.
    pub sought: Json,
}

/// A state from its JSON.
pub(super) fn decode<S: DeserializeOwned>(state: &Json) -> Result<S, Failure> {
    S::deserialize(state).map_err(|error| {
        Failure::new(Class::Bug, format!("the recorded state does not have the expected form: {error}"))
    })
}

impl Record {
    /// The states of a kind, of objects in use and on their way out.
    ///
    /// # Errors
    ///
    /// One that is not of the type: whoever left it out would take its object for nobody's.
    pub fn states<S: DeserializeOwned>(&self, kind: &str) -> Result<Vec<S>, Failure> {
        let live = self.links.iter().map(|(link, entry)| (link, &entry.state));
        let all = live.chain(self.retired.iter().map(|old| (&old.link, &old.state)));
        all.filter(|(link, _)| link.kind() == kind).map(|(_, state)| decode(state)).collect()
    }

    /// Whether nothing exists, for certain.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty() && self.retired.is_empty() && self.uncertain_creates.is_empty()
    }

    /// Notes an object that an import found, with as much of its state as its `read` needs.
    pub fn note_found(&mut self, link: impl Into<LinkName>, state: &impl Serialize) {
        let state = serde_json::to_value(state).unwrap_or_default();
        self.links.insert(link.into(), Entry { state, generation: 0, settled: true });
    }

    /// The highest generation that each link ever had here: it grows with everything that is made, and only so.
    pub fn marks(&self) -> BTreeMap<LinkName, u32> {
        let live = self.links.iter().map(|(link, entry)| (link, entry.generation));
        let retired = self.retired.iter().map(|retired| (&retired.link, retired.generation));
        let mut marks: BTreeMap<LinkName, u32> = BTreeMap::new();
        for (link, generation) in live.chain(retired).chain(self.last.iter().map(|(link, last)| (link, *last))) {
            let highest = marks.entry(link.clone()).or_default();
            *highest = generation.max(*highest);
        }
        marks
    }

    /// Takes note that an object must go, if it is not in here; whether that is so.
    pub fn retire_orphan(&mut self, orphan: Orphan) -> bool {
        let Orphan { link, generation, state } = orphan;
        let live = self.links.iter().map(|(name, entry)| (name, &entry.state, entry.generation));
        let recorded = live.chain(self.retired.iter().map(|old| (&old.link, &old.state, old.generation)));
        let (mut known, mut taken) = (false, false);
        for (name, recorded, number) in recorded {
            // One that was renamed in here keeps the tags of its birth, so that ids are compared.
            let is_same =
                identity(&state).is_some_and(|(key, id)| recorded.get(key).and_then(Json::as_str) == Some(id));
            known |= name.kind() == link.kind() && generation.is_some() && is_same;
            taken |= *name == link && generation == Some(number);
        }
        if known {
            return false;
        }
        let generation = generation.filter(|_| !taken).unwrap_or_else(|| self.next_generation(&link));
        self.retired.push(Retired { link, state, generation });
        true
    }

    /// The generation of the next object of a link: above all that it had.
    pub(super) fn next_generation(&self, link: &LinkName) -> u32 {
        let live = self.links.get(link).map(|entry| entry.generation);
        let retired = self.retired.iter().filter(|retired| retired.link == *link).map(|retired| retired.generation);
        let highest = live.into_iter().chain(retired).chain(self.last.get(link).copied()).max();
        highest.map_or(0, |generation| generation + 1)
    }

    /// Gives an object another link, which must have none. It keeps its generation, name and tags in AWS.
    pub fn rename(&mut self, old: &LinkName, new: &LinkName) {
        if !self.links.contains_key(new)
            && let Some(entry) = self.links.remove(old)
        {
            self.links.insert(new.clone(), entry);
        }
    }

    /// Makes the next object of a link be of a later generation than `generation`.
    pub fn pass_over(&mut self, link: &LinkName, generation: u32) {
        let last = self.last.entry(link.clone()).or_default();
        *last = generation.max(*last);
    }

    /// Records a new object; the one before it retires.
    pub(super) fn insert(&mut self, link: &LinkName, entry: Entry) {
        self.last.remove(link);
        self.uncertain_creates.retain(|uncertain| uncertain.link != *link || uncertain.generation != entry.generation);
        if let Some(old) = self.links.insert(link.clone(), entry) {
            self.retired.push(Retired { link: link.clone(), state: old.state, generation: old.generation });
        }
    }

    /// Remembers a creation whose outcome is not known; of one tried again, the newest spec.
    pub(super) fn note_uncertain(&mut self, uncertain: UncertainCreate) {
        self.uncertain_creates.retain(|known| known.link != uncertain.link || known.generation != uncertain.generation);
        self.uncertain_creates.push(uncertain);
    }

    /// Whether an earlier run made this object perhaps.
    pub(super) fn is_uncertain(&self, link: &LinkName, generation: u32) -> bool {
        self.uncertain_creates.iter().any(|uncertain| uncertain.link == *link && uncertain.generation == generation)
    }

    /// Settles an uncertain creation of an object that nobody wants any more: what was found is on its way out.
    pub(super) fn settle(&mut self, uncertain: &UncertainCreate, found: Option<Json>) {
        self.uncertain_creates.retain(|known| known != uncertain);
        self.pass_over(&uncertain.link, uncertain.generation);
        if let Some(state) = found {
            self.retired.push(Retired { link: uncertain.link.clone(), state, generation: uncertain.generation });
        }
    }

    /// Moves an object out of use.
    pub(super) fn retire(&mut self, link: &LinkName) {
        if let Some(Entry { state, generation, .. }) = self.links.remove(link) {
            self.retired.push(Retired { link: link.clone(), state, generation });
        }
    }

    /// Forgets an object that does not exist any more, but not its generation.
    pub(super) fn forget(&mut self, link: &LinkName, generation: u32) {
        if self.links.get(link).is_some_and(|entry| entry.generation == generation) {
            self.links.remove(link);
        }
        self.retired.retain(|retired| retired.link != *link || retired.generation != generation);
        if !self.links.contains_key(link) {
            let last = self.last.entry(link.clone()).or_default();
            *last = generation.max(*last);
        }
    }
}

const fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_true(flag: &bool) -> bool {
    *flag
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Record {
        let mut record = Record::default();
        let entry = |state, generation| Entry { state, generation, settled: true };
        record.links.insert("group.https".into(), entry(json!({"arn": "a", "zone_id": "Z"}), 2));
        record.links.insert("zone".into(), entry(json!({"zone_id": "Z1"}), 0));
        record.retired.push(Retired { link: "group.old".into(), state: json!({"arn": "b"}), generation: 1 });
        record.last.insert("rules".into(), 4);
        record
    }

    fn orphan(link: &str, generation: Option<u32>, state: Json) -> Orphan {
        Orphan { link: link.into(), generation, state }
    }

    #[test]
    fn marks_grow_with_what_is_made_and_outlive_what_is_gone() {
        let mut record = record();
        let before = record.marks();
        let expected = [("group.https", 2), ("group.old", 1), ("rules", 4), ("zone", 0)];
        assert_eq!(before, expected.map(|(link, mark)| (link.into(), mark)).into());
        record.forget(&"zone".into(), 0);
        record.retire(&"group.https".into());
        assert_eq!(record.marks(), before);
        record.insert(&"zone".into(), Entry { state: json!({}), generation: 1, settled: false });
        assert_ne!(record.marks(), before);
    }

    #[test]
    fn what_is_recorded_is_no_stray_by_whatever_name() {
        for known in [
            orphan("group.https", Some(2), json!({"arn": "a"})),
            orphan("group.http", Some(0), json!({"arn": "a"})),
            orphan("group.http", Some(0), json!({"arn": "b"})),
            orphan("zone", Some(0), json!({"zone_id": "Z1"})),
        ] {
            let mut record = record();
            assert!(!record.retire_orphan(known.clone()), "{known:?}");
            assert_eq!(record, self::record());
        }
    }

    #[test]
    fn an_orphan_gets_a_generation_that_nothing_else_of_its_link_has() {
        let mut record = record();
        assert!(record.retire_orphan(orphan("group.https", Some(3), json!({"arn": "c", "zone_id": "Z"}))));
        assert!(record.retire_orphan(orphan("group.https", Some(2), json!({"arn": "d"}))));
        assert!(record.retire_orphan(orphan("rules", None, json!({"zone_id": "Z1"}))));
        let found: Vec<_> = record.retired.iter().skip(1).map(|old| (old.link.as_str(), old.generation)).collect();
        assert_eq!(found, [("group.https", 3), ("group.https", 4), ("rules", 5)]);
        assert!(!record.retire_orphan(orphan("group.https", Some(3), json!({"arn": "c"}))), "it is known by now");
    }
}
