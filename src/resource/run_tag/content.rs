//! What the run tag says, and how it is written.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::engine::{Record, RunKeys, RunMark};
use crate::gather::Gather as _;

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
    pub(super) fn mark(self, keys: RunKeys, ahead: Duration) -> RunMark {
        RunMark { key: keys.mark, stage: self.word(), ahead }
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
/// *Shape:* `1f0c9a2b 0123456789ab 0`, then hints; in its mark `creating 2026-01-02T03:04:05Z`.
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
    /// As tags: the mark, and the rest with the number of further tags and hints as far as they fit.
    pub(super) fn tags(&self, keys: RunKeys) -> BTreeMap<String, String> {
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
        let front = format!("{} {} {}", self.run, self.basis, parts.len().saturating_sub(1));
        let numbered = parts.into_iter().enumerate().map(|(number, part)| match number {
            0 => (keys.tag.to_owned(), front.clone() + &part),
            _ => (format!("{}.{number}", keys.tag), part),
        });
        let mark = self.stage.mark(keys, Duration::ZERO);
        numbered.chain([(mark.key.to_owned(), mark.at(self.time))]).gather()
    }

    /// Reads the tags of an object. `None` where none is a run tag, or it is damaged.
    pub(super) fn of(tags: &BTreeMap<String, String>, keys: RunKeys) -> Option<Self> {
        let (word, time) = tags.get(keys.mark)?.split_once(' ')?;
        let stage = STAGES.iter().find_map(|(stage, known)| (*known == word).then_some(*stage))?;
        let time = if time == NO_TIME { None } else { Some(time.parse().ok()?) };
        let mut words = tags.get(keys.tag)?.split(' ');
        let (run, basis, further) =
            (words.next()?.to_owned(), words.next()?.to_owned(), words.next()?.parse::<u32>().ok()?);
        let mut hints: BTreeSet<String> = words.map(str::to_owned).gather();
        for number in 1..=further {
            let part = tags.get(&format!("{}.{number}", keys.tag))?;
            hints.extend(part.split(' ').filter(|hint| !hint.is_empty()).map(str::to_owned));
        }
        Some(Self { stage, time, run, basis, hints })
    }
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

    const KEYS: RunKeys = RunKeys::OWN;

    #[test]
    fn what_is_written_is_read_back_however_long_it_is() {
        for count in [0, 1, 30, 300] {
            let tag = tag((0..count).map(|number| format!("r:name-{number}.of.some.length")));
            let tags = tag.tags(KEYS);
            assert!(tags.values().all(|value| value.len() <= LONGEST), "{tags:#?}");
            assert_eq!(RunTag::of(&tags, KEYS), Some(tag));
        }
        let untimed = RunTag { time: None, stage: Stage::Created, ..tag([]) };
        let tags = untimed.tags(KEYS);
        let written = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let expected =
            [written("privatelink:run", "1f0c9a2b 0123456789ab 0"), written("privatelink:run-mark", "created -")];
        assert_eq!(tags, expected.into());
        assert_eq!(RunTag::of(&tags, KEYS), Some(untimed));
    }

    #[test]
    fn a_mark_tells_that_the_run_goes_on_or_has_ended_and_nothing_else() {
        let begun = tag(["n:api".to_owned()]);
        let mut tags = begun.tags(KEYS);
        let later = "2026-01-02T04:00:00Z".parse().unwrap();
        let mark = Stage::Updated.mark(KEYS, Duration::ZERO);
        tags.insert(mark.key.to_owned(), mark.at(Some(later)));
        assert_eq!(RunTag::of(&tags, KEYS), Some(RunTag { stage: Stage::Updated, time: Some(later), ..begun }));
    }

    #[test]
    fn parts_of_an_older_and_longer_tag_are_not_read() {
        let mut tags = tag((0..30).map(|number| format!("z:Z{number:020}"))).tags(KEYS);
        assert!(tags.len() > 2);
        let short = tag(["n:api".to_owned()]);
        tags.extend(short.tags(KEYS));
        assert_eq!(RunTag::of(&tags, KEYS), Some(short));
    }

    #[test]
    fn a_tag_stands_beside_that_of_another_composite() {
        const BESIDE: RunKeys = RunKeys { tag: "privatelink:run-of-names", mark: "privatelink:run-of-names-mark" };
        let (own, other) = (tag((0..30).map(|number| format!("z:Z{number:020}"))), tag(["t:topic".to_owned()]));
        let mut carried = own.tags(BESIDE);
        carried.extend(other.tags(KEYS));
        assert_eq!((RunTag::of(&carried, BESIDE), RunTag::of(&carried, KEYS)), (Some(own), Some(other)));
    }

    #[test]
    fn a_damaged_tag_is_none() {
        for (tag, mark) in [
            ("", "updating -"),
            ("a", "updating -"),
            ("a b", "updating -"),
            ("a b 3", "updating -"),
            ("a b 0", ""),
            ("a b 0", "updating"),
            ("a b 0", "updating yesterday"),
            ("a b 0", "sleeping -"),
        ] {
            let tags = BTreeMap::from([(KEYS.tag.to_owned(), tag.to_owned()), (KEYS.mark.to_owned(), mark.to_owned())]);
            assert_eq!(RunTag::of(&tags, KEYS), None, "{tag}, {mark}");
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
