//! The run tag, as far as a run passes it on: its keys, its mark, and the object that is made with it.
//!
//! Its content is the business of `resource::run_tag`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::record::LinkName;

/// Under which keys a run tag stands on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunKeys {
    /// Which run it is and what it started from; further parts have a number behind it.
    pub tag: &'static str,
    /// What the run does, or did, and when: the [`RunMark`].
    pub mark: &'static str,
}

impl RunKeys {
    /// On an object of the composite itself.
    pub const OWN: Self = Self { tag: "privatelink:run", mark: "privatelink:run-mark" };
}

/// The run tag of the object that a run makes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadTag {
    /// The link that is made first.
    pub link: LinkName,
    /// The run tag.
    pub tags: BTreeMap<String, String>,
}

/// An object with a run tag, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedLead {
    /// The object's id; the ARN where it has no other.
    pub id: String,
    /// The composite's uid.
    pub uid: String,
    /// All tags of the object.
    pub tags: BTreeMap<String, String>,
}

/// What a run says of itself again and again: written to many objects in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunMark {
    /// The key of the tag that holds it.
    pub key: &'static str,
    /// What the run does, or did.
    pub stage: &'static str,
    /// How far the time that is written lies ahead.
    pub ahead: Duration,
}

impl RunMark {
    /// The mark at a time of AWS, `-` where nobody knows it.
    pub fn at(&self, now: Option<Timestamp>) -> String {
        let time = now.and_then(|now| now.checked_add(self.ahead).ok());
        let time = time.map_or_else(|| "-".to_owned(), |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        format!("{} {time}", self.stage)
    }
}
