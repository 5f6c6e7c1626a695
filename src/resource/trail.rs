//! What an update makes is found again, even if its process is killed and the next thing that happens is a destroy.
//!
//! A killed update leaves objects that no state names. The next apply finds those that it wants by their uid; a
//! destroy, or an apply of another configuration, would not know that there is anything to look for. So an update
//! that is about to make objects first writes a tag on an object that the state names: until when it holds, from
//! which record it started, and words that tell where untagged objects will be.
//!
//! The tag stays. Whoever comes next compares the record it started from with the state: if something was made and
//! the state was saved, the two differ, and the tag is of the past. If they are the same, its run died before Terraform
//! saved anything, or made nothing: then the time is waited out, in which that run may still live, and
//! [`Composite::strays`] is asked for what it left. No moment is left in which a kill goes unnoticed, since nothing has to be
//! taken off at the end. Where a run ends without having made anything that shows in the record, it moves the time
//! to now, so that nobody waits for it.
//!
//! A destroy that is killed in its turn may have taken the tag away with the object that bore it. So where the anchor of what
//! is recorded is gone, a dead update is taken for granted, and everything is looked through, since no tag tells any words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use super::composite::{Composite, Search};
use super::lease::{AHEAD, HOLDS, now, stamp};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Failure, Limits, Patience, Preview, Record, Step, Stray};
use crate::gather::Gather as _;

/// The tag's key; further parts have a number behind it.
const TAG: &str = "privatelink:update";
/// Characters in the value of one tag.
const LONGEST: usize = 256;
/// So many looks for strays are taken together, for one may miss some.
const LOOKS: u32 = 2;
/// The time between them.
const BETWEEN: Duration = Duration::from_secs(4);

/// The tag of one composite and the object that carries it.
pub(super) struct Trail<K: Composite> {
    client: Arc<K::Client>,
    limits: Limits,
    /// Id of what carries the tag; none where nothing recorded could.
    carrier: Option<String>,
    marks: String,
    death: Option<Death>,
    /// All words.
    words: BTreeSet<String>,
}

/// How it is known that a run died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// Its tag says so, and has its words.
    Told,
    /// What would bear a tag is gone.
    Assumed,
}

/// What a tag says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    until: Timestamp,
    marks: String,
    words: BTreeSet<String>,
}

/// Whether an update makes objects that a dead run would leave behind.
pub(super) fn is_left_by<K: Composite>(outlook: &Preview) -> bool {
    outlook.steps.iter().any(|(link, step)| match step {
        Step::Create | Step::Replace(_) | Step::BreakFirst(_) | Step::Unknown => K::STRAYS.contains(&link.kind()),
        Step::Update(_) => K::GROWING.contains(&link.kind()),
        Step::Keep | Step::Settle | Step::ReplaceAll(_) | Step::Held | Step::Delete => false,
    })
}

impl<K: Composite> Trail<K> {
    /// Reads the tag, and waits until a run that wrote it from this very record is known to be dead. `None` where no
    /// update leaves anything, or nothing is recorded.
    pub(super) async fn read(
        client: &Arc<K::Client>,
        limits: &Limits,
        record: &Record,
        config: &K::Config,
    ) -> Result<Option<Self>, Failure> {
        if K::STRAYS.is_empty() || record.is_empty() {
            return Ok(None);
        }
        let carrier = carrier::<K>(record, config);
        let tags = match &carrier {
            Some(id) => Self::tags_of(client, limits, id).await?,
            None => BTreeMap::new(),
        };
        let marks = fingerprint(record);
        let said = Said::of(&tags).filter(|said| said.marks == marks);
        // An object of ours bears tags as long as it exists.
        let is_gone = tags.is_empty() || id_of(record, K::ANCHOR).is_none();
        let mut trail = Self {
            client: Arc::clone(client),
            limits: limits.clone(),
            carrier,
            marks,
            death: is_gone.then_some(Death::Assumed),
            words: K::trail(config).into_iter().gather(),
        };
        if let Some(said) = said {
            trail.wait_out(said.until).await?;
            trail.words.extend(said.words);
            trail.death = trail.death.or(Some(Death::Told));
        }
        Ok(Some(trail))
    }

    /// Of a composite of which nothing that is recorded is left.
    pub(super) fn lost(client: Arc<K::Client>, limits: Limits, config: &K::Config) -> Self {
        let words = K::trail(config).into_iter().gather();
        Self { client, limits, carrier: None, marks: String::new(), death: Some(Death::Assumed), words }
    }

    async fn tags_of(client: &K::Client, limits: &Limits, id: &str) -> Result<BTreeMap<String, String>, Failure> {
        let mut patience = Patience::looking(limits);
        loop {
            match limits.over(K::marks(client, id)).await {
                Ok(tags) => return Ok(tags),
                Err(failure) => patience.again(failure).await?,
            }
        }
    }

    async fn wait_out(&self, until: Timestamp) -> Result<(), Failure> {
        let Ok(rest) = Duration::try_from(until.duration_since(now())) else { return Ok(()) };
        let rest = rest.min(self.limits.scaled(HOLDS));
        let id = self.carrier.as_deref().unwrap_or_default();
        tracing::info!(id, ?rest, "waiting until an earlier run is known to be dead");
        self.limits.pause_for(rest).await.map_err(|_| {
            Failure::new(
                crate::engine::Class::Unavailable,
                format!("The run ended while it waited until an earlier update of {id} was known to be dead"),
            )
            .advise("Apply again: the wait takes three minutes at most")
        })
    }

    /// Whether an earlier run died, for all that is known.
    pub(super) fn is_cold(&self) -> bool {
        self.death.is_some()
    }

    /// Writes the tag before the first object is made.
    pub(super) async fn begin(&self) -> Result<(), Failure> {
        let mut patience = Patience::looking(&self.limits);
        while let Err(failure) = self.limits.over(self.write(self.carrier.as_deref(), &self.marks, HOLDS)).await {
            patience.again(failure).await?;
        }
        Ok(())
    }

    /// Renews the tag until the run is done.
    pub(super) async fn keep(&self, mut done: oneshot::Receiver<()>) {
        loop {
            tokio::select! {
                biased;
                _ = &mut done => return,
                () = tokio::time::sleep(self.limits.scaled(HOLDS.saturating_sub(AHEAD))) => {}
            }
            if let Err(failure) = self.write(self.carrier.as_deref(), &self.marks, HOLDS).await {
                tracing::warn!(%failure, "the tag of a running update could not be renewed");
            }
        }
    }

    /// Leaves the tag so that whoever comes next is right about it: `is_clean` where nothing of a dead run is left.
    pub(super) async fn end(&self, record: &Record, is_clean: bool) -> Diagnostics {
        let mut found = Diagnostics::new();
        let marks = fingerprint(record);
        let says_enough = marks != self.marks && (is_clean || !self.is_cold());
        if says_enough || record.is_empty() {
            return found;
        }
        // What a run made and recorded nowhere else would be forgotten with this; what it made nothing of is waited for in vain.
        let must_be = marks != self.marks;
        // Whoever comes next reads the anchor's, which this run may have made anew.
        let carrier = id_of(record, K::ANCHOR).or_else(|| self.carrier.clone());
        for _ in 0..3 {
            let Err(failure) = self.write(carrier.as_deref(), &marks, Duration::ZERO).await else { return found };
            tracing::warn!(%failure, "the tag of an update that has ended could not be written");
            if must_be && found.iter().next().is_none() {
                let detail = format!(
                    "{failure}\n\nAn update before this one was killed, and what it made could not be looked for. The next \
                     run will not look for it either: remove by hand what is tagged with this resource's owner_uid and is \
                     not in its links."
                );
                found.push(Diagnostic::warning("Cannot write a tag", detail));
            }
            if self.limits.pause_for(self.limits.scaled(Duration::from_secs(2))).await.is_err() {
                break;
            }
        }
        found
    }

    async fn write(&self, carrier: Option<&str>, marks: &str, time: Duration) -> Result<(), Failure> {
        let Some(id) = carrier else { return Ok(()) };
        let time = SignedDuration::try_from(self.limits.scaled(time)).unwrap_or_default();
        let said = Said { until: now() + time, marks: marks.to_owned(), words: self.words.clone() };
        K::mark(&self.client, id, &said.tags()).await
    }

    /// What the dead run made and nothing in the record names; it is retired in the record.
    pub(super) async fn gather(&self, uid: &str, record: &mut Record) -> Result<Vec<Stray>, Failure> {
        let mut strays = Vec::new();
        if K::STRAYS.is_empty() {
            return Ok(strays);
        }
        for look in 0..LOOKS {
            if look > 0 && self.limits.pause_for(self.limits.scaled(BETWEEN)).await.is_err() {
                break;
            }
            let mut patience = Patience::looking(&self.limits);
            let found = loop {
                let is_blind = self.death == Some(Death::Assumed);
                let search = Search { uid, record, words: &self.words, is_blind };
                match self.limits.over(K::strays(&self.client, &search)).await {
                    Ok(found) => break found,
                    Err(failure) => patience.again(failure).await?,
                }
            };
            for stray in found {
                let is_kind = K::STRAYS.contains(&stray.link.kind());
                if is_kind && record.retire_stray(stray.clone()) {
                    strays.push(stray);
                }
            }
        }
        Ok(strays)
    }
}

/// Tells people what is removed.
pub(super) fn warning(noun: &str, strays: &[Stray]) -> Diagnostic {
    listed("Cleaning up after an interrupted update", noun, "is removed now", strays)
}

/// Tells people what a refresh has found.
pub(super) fn found(noun: &str, strays: &[Stray]) -> Diagnostic {
    listed("Found what an interrupted update left", noun, "goes with the next apply or destroy", strays)
}

fn listed(summary: &str, noun: &str, what_comes: &str, strays: &[Stray]) -> Diagnostic {
    let mut detail = format!(
        "An update of this {noun} ended before it could return its state. It had made the following, which no state names \
         and which {what_comes}:"
    );
    for stray in strays {
        let id = ["id", "arn", "zone_id"].into_iter().find_map(|key| stray.state.get(key)?.as_str());
        let _ = write!(detail, "\n  {} {}", stray.link, id.unwrap_or_default());
    }
    Diagnostic::warning(summary, detail)
}

/// What carries the tag: the anchor, or before there is one what was made first.
fn carrier<K: Composite>(record: &Record, config: &K::Config) -> Option<String> {
    [Some(K::ANCHOR), K::lead(config)].into_iter().flatten().find_map(|link| id_of(record, link))
}

/// The id of a recorded object that AWS knows by one.
fn id_of(record: &Record, link: &str) -> Option<String> {
    let state = &record.links.get(&link.into())?.state;
    let id = state.get("id").or_else(|| state.get("arn"))?;
    id.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
}

/// Which record it is, as far as objects were made: the same for a state and for what a refresh makes of it.
fn fingerprint(record: &Record) -> String {
    let mut digest = Sha256::new();
    for (link, mark) in record.marks() {
        digest.update(format!("{link}={mark}\n"));
    }
    digest.finalize().iter().take(6).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl Said {
    /// As tags: the time, the record, the number of further tags, and words as far as they fit.
    fn tags(&self) -> BTreeMap<String, String> {
        let mut parts: Vec<String> = vec![String::new()];
        // Room for what stands in front of the words of the first.
        let head = 48;
        for word in &self.words {
            let room = if parts.len() == 1 { LONGEST - head } else { LONGEST };
            match parts.last_mut() {
                Some(part) if part.len() + 1 + word.len() <= room => {
                    part.push(' ');
                    part.push_str(word);
                }
                _ => parts.push(word.clone()),
            }
        }
        let further = parts.len() - 1;
        let front = format!("{} {} {further}", stamp(self.until), self.marks);
        let numbered = parts.into_iter().enumerate().map(|(number, part)| match number {
            0 => (TAG.to_owned(), front.clone() + &part),
            _ => (format!("{TAG}.{number}"), part),
        });
        numbered.gather()
    }

    fn of(tags: &BTreeMap<String, String>) -> Option<Self> {
        let mut first = tags.get(TAG)?.split(' ');
        let (until, marks, further) = (first.next()?.parse().ok()?, first.next()?.to_owned(), first.next()?);
        let mut words: BTreeSet<String> = first.map(str::to_owned).gather();
        for number in 1..=further.parse().unwrap_or(0_u32) {
            let part = tags.get(&format!("{TAG}.{number}"))?;
            words.extend(part.split(' ').filter(|word| !word.is_empty()).map(str::to_owned));
        }
        Some(Self { until, marks, words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Entry;

    fn said(words: impl IntoIterator<Item = String>) -> Said {
        Said {
            until: "2026-01-02T03:04:05Z".parse().unwrap(),
            marks: "0123456789ab".into(),
            words: words.into_iter().collect(),
        }
    }

    #[test]
    fn what_is_written_is_read_back_however_long_it_is() {
        for count in [0, 1, 30, 300] {
            let said = said((0..count).map(|number| format!("r:name-{number}.of.some.length")));
            let tags = said.tags();
            assert!(tags.values().all(|value| value.len() <= LONGEST), "{tags:#?}");
            assert_eq!(Said::of(&tags), Some(said));
        }
    }

    #[test]
    fn parts_of_an_older_and_longer_trail_are_not_read() {
        let mut tags = said((0..30).map(|number| format!("z:Z{number:020}"))).tags();
        assert!(tags.len() > 1);
        let short = said(["n:api".to_owned()]);
        tags.extend(short.tags());
        assert_eq!(Said::of(&tags), Some(short));
    }

    #[test]
    fn a_damaged_trail_is_none() {
        for value in ["", "soon", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z abc 3"] {
            assert_eq!(Said::of(&BTreeMap::from([(TAG.to_owned(), value.to_owned())])), None, "{value}");
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
}
