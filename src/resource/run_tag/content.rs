//! What the run tag says, and how it is written.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::engine::{Record, RunMark};
use crate::gather::Gather as _;

/// The tag's key; further parts have a number behind it.
pub(super) const KEY: &str = "privatelink:run";
/// The key of the newest first words of its value, stage and time: the only ones that change while a run goes on.
pub(super) const MARK: &str = "privatelink:run-mark";
/// Characters in the value of one tag: AWS takes one more.
const LONGEST: usize = 255;
/// Room for what stands in front of the hints of the first part.
const HEAD: usize = 64;
/// In place of a time that nobody knows.
const NO_TIME: &str = "-";

impl Stage {
    fn word(self) -> &'static str {
        STAGES.iter().find_map(|(stage, word)| (*stage == self).then_some(*word)).unwrap_or_default()
    }

    /// What a run writes again and again while it goes on, and at its end.
    pub(super) fn mark(self, ahead: Duration) -> RunMark {
        RunMark { stage: self.word(), ahead }
    }
}

/// What a run does, or did, to a composite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It creates a composite that no state names yet.
    Creating,
    /// It has created one and returned its state.
    Created,
    /// It updates a recorded one.
    Updating,
    /// It has updated one, or made nothing.
    Updated,
}

const STAGES: [(Stage, &str); 4] = [
    (Stage::Creating, "creating"),
    (Stage::Created, "created"),
    (Stage::Updating, "updating"),
    (Stage::Updated, "updated"),
];

/// The content of the tag.
///
/// *Shape:* `creating 2026-01-02T03:04:05Z 1f0c9a2b 0123456789ab 0`, then hints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RunTag {
    pub(super) stage: Stage,
    /// In AWS's time: until when a run that goes on holds the composite, or when it ended.
    pub(super) time: Option<Timestamp>,
    /// Tells one run from another.
    pub(super) run: String,
    /// What the run started from: for a creation its purpose, for an update the record.
    pub(super) basis: String,
    /// Words that lead to objects without tags.
    pub(super) hints: BTreeSet<String>,
}

impl RunTag {
    /// As tags: the content, the number of further tags, and hints as far as they fit.
    pub(super) fn tags(&self) -> BTreeMap<String, String> {
        let mut parts: Vec<String> = vec![String::new()];
        for hint in &self.hints {
            let room = if parts.len() == 1 { LONGEST - HEAD } else { LONGEST };
            match parts.last_mut() {
                Some(part) if part.len() + 1 + hint.len() <= room => {
                    part.push(' ');
                    part.push_str(hint);
                }
                _ => parts.push(hint.clone()),
            }
        }
        let mark = self.stage.mark(Duration::ZERO).at(self.time);
        let front = format!("{mark} {} {} {}", self.run, self.basis, parts.len().saturating_sub(1));
        let numbered = parts.into_iter().enumerate().map(|(number, part)| match number {
            0 => (KEY.to_owned(), front.clone() + &part),
            _ => (format!("{KEY}.{number}"), part),
        });
        numbered.chain([(MARK.to_owned(), mark)]).gather()
    }

    /// The first of the tags, in which a creation, that has no hints, says everything.
    pub(super) fn value(&self) -> String {
        self.tags().remove(KEY).unwrap_or_default()
    }

    /// Reads the tags of an object. `None` where none is a run tag, or it is damaged.
    pub(super) fn of(tags: &BTreeMap<String, String>) -> Option<Self> {
        let value = RunMark::over(tags.get(KEY)?, tags.get(MARK).map(String::as_str));
        let (mut tag, further) = Self::first(&value)?;
        for number in 1..=further {
            let part = tags.get(&format!("{KEY}.{number}"))?;
            tag.hints.extend(part.split(' ').filter(|hint| !hint.is_empty()).map(str::to_owned));
        }
        Some(tag)
    }

    /// Reads the first tag, which may say that further ones follow.
    pub(super) fn first(value: &str) -> Option<(Self, u32)> {
        let mut words = value.split(' ');
        let (word, time) = (words.next()?, words.next()?);
        let stage = STAGES.iter().find_map(|(stage, known)| (*known == word).then_some(*stage))?;
        let time = if time == NO_TIME { None } else { Some(time.parse().ok()?) };
        let (run, basis, further) = (words.next()?.to_owned(), words.next()?.to_owned(), words.next()?.parse().ok()?);
        Some((Self { stage, time, run, basis, hints: words.map(str::to_owned).gather() }, further))
    }
}

/// A run tag under other keys, which begin with these words in place of [`KEY`]: beside the tag of another composite.
pub(super) fn beside(run_tag: BTreeMap<String, String>, keys: Option<&str>) -> BTreeMap<String, String> {
    let Some(keys) = keys else { return run_tag };
    run_tag.into_iter().map(|(key, value)| (key.replacen(KEY, keys, 1), value)).gather()
}

/// The tags of an object with the run tag of other keys in the place of the other composite's.
pub(super) fn in_place(carried: BTreeMap<String, String>, keys: Option<&str>) -> BTreeMap<String, String> {
    let Some(keys) = keys else { return carried };
    let moved = carried.into_iter().filter_map(|(key, value)| match key.strip_prefix(keys) {
        Some(rest) => Some((format!("{KEY}{rest}"), value)),
        None => (!key.starts_with(KEY)).then_some((key, value)),
    });
    moved.gather()
}

/// What a creation is for, in a few digits: chains of another purpose are never taken over.
pub(super) fn purpose(words: &[String]) -> String {
    digits(words.iter().map(|word| format!("for {word}\n")))
}

/// Which record it is, as far as objects were made: the same for a state and for what a refresh makes of it.
pub(super) fn fingerprint(record: &Record) -> String {
    digits(record.marks().into_iter().map(|(link, mark)| format!("{link}={mark}\n")))
}

fn digits(lines: impl Iterator<Item = String>) -> String {
    let mut digest = Sha256::new();
    for line in lines {
        digest.update(line);
    }
    digest.finalize().iter().take(6).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Entry;

    fn tag(hints: impl IntoIterator<Item = String>) -> RunTag {
        RunTag {
            stage: Stage::Updating,
            time: Some("2026-01-02T03:04:05Z".parse().unwrap()),
            run: "1f0c9a2b".into(),
            basis: "0123456789ab".into(),
            hints: hints.into_iter().collect(),
        }
    }

    #[test]
    fn what_is_written_is_read_back_however_long_it_is() {
        for count in [0, 1, 30, 300] {
            let tag = tag((0..count).map(|number| format!("r:name-{number}.of.some.length")));
            let tags = tag.tags();
            assert!(tags.values().all(|value| value.len() <= LONGEST), "{tags:#?}");
            assert_eq!(RunTag::of(&tags), Some(tag));
        }
        let untimed = RunTag { time: None, stage: Stage::Created, ..tag([]) };
        assert_eq!(untimed.value(), "created - 1f0c9a2b 0123456789ab 0");
        assert_eq!(RunTag::of(&untimed.tags()), Some(untimed));
    }

    #[test]
    fn a_mark_tells_later_than_the_tag_and_both_are_written_anew_together() {
        let begun = tag(["n:api".to_owned()]);
        let mut tags = begun.tags();
        let later = "2026-01-02T04:00:00Z".parse().unwrap();
        tags.insert(MARK.to_owned(), Stage::Updated.mark(Duration::ZERO).at(Some(later)));
        let ended = RunTag { stage: Stage::Updated, time: Some(later), ..begun };
        assert_eq!(RunTag::of(&tags), Some(ended.clone()));
        let next = RunTag { stage: Stage::Updating, time: None, run: "0000aaaa".into(), ..ended };
        tags.extend(next.tags());
        assert_eq!(RunTag::of(&tags), Some(next));
        tags.remove(MARK);
        assert!(RunTag::of(&tags).is_some(), "what the first call of a creation writes has no mark");
    }

    #[test]
    fn parts_of_an_older_and_longer_tag_are_not_read() {
        let mut tags = tag((0..30).map(|number| format!("z:Z{number:020}"))).tags();
        assert!(tags.len() > 1);
        let short = tag(["n:api".to_owned()]);
        tags.extend(short.tags());
        assert_eq!(RunTag::of(&tags), Some(short));
    }

    #[test]
    fn a_tag_stands_beside_that_of_another_composite() {
        const KEYS: Option<&str> = Some("privatelink:run-of-names");
        let (own, other) = (tag((0..30).map(|number| format!("z:Z{number:020}"))), tag(["t:topic".to_owned()]));
        let mut carried = beside(own.tags(), KEYS);
        assert!(carried.keys().all(|key| key.starts_with("privatelink:run-of-names")), "{carried:#?}");
        carried.extend(other.tags());
        carried.insert("privatelink:uid".into(), "u".into());
        assert_eq!(RunTag::of(&carried), Some(other));
        let read = in_place(carried.clone(), KEYS);
        assert_eq!((RunTag::of(&read), read.get("privatelink:uid").map(String::as_str)), (Some(own), Some("u")));
        assert_eq!(in_place(carried.clone(), None), carried);
    }

    #[test]
    fn a_damaged_tag_is_none() {
        for value in [
            "",
            "soon",
            "updating",
            "updating yesterday a b 0",
            "updating - a b",
            "sleeping - a b 0",
            "updating - a b 3",
        ] {
            assert_eq!(RunTag::of(&BTreeMap::from([(KEY.to_owned(), value.to_owned())])), None, "{value}");
        }
    }

    #[test]
    fn a_refresh_keeps_the_fingerprint_and_a_new_object_changes_it() {
        let mut record = Record::default();
        let entry = |generation| Entry { state: serde_json::json!({"id": "x"}), generation, settled: true };
        record.links.insert("listener.https".into(), entry(0));
        let before = fingerprint(&record);
        record.links.get_mut(&"listener.https".into()).unwrap().state = serde_json::json!({"id": "x", "port": 1});
        assert_eq!(fingerprint(&record), before);
        let mut gone = Record::default();
        gone.pass_over(&"listener.https".into(), 0);
        assert_eq!(fingerprint(&gone), before, "it was seen to be absent");
        record.links.insert("listener.admin".into(), entry(0));
        assert_ne!(fingerprint(&record), before);
        record.links.insert("listener.https".into(), entry(1));
        assert_ne!(fingerprint(&record), before);
    }

    #[test]
    fn purposes_differ_in_any_word() {
        let of = |words: &[&str]| purpose(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(of(&["a", "b"]), of(&["ab"]));
        assert_ne!(of(&["a", "b"]), of(&["a", "c"]));
        assert_ne!(of(&[]), fingerprint(&Record { last: [("a".into(), 0)].into(), ..Record::default() }));
    }
}
