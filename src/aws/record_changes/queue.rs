//! Changes of records that wait for a batch, by zone: what fits together, and what each is told. It makes no call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use aws_sdk_route53::types::{Change, ChangeInfo, ResourceRecordSet};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::engine::Result;

/// Records in one batch, of which AWS takes a thousand and counts each UPSERT twice.
const MOST_RECORDS: usize = 400;
/// Characters of names and values in one batch, of which AWS takes 32,000.
const MOST_CHARACTERS: usize = 16_000;

pub(super) type Answer = Result<Option<ChangeInfo>>;

/// What waits to be changed, by zone.
#[derive(Debug, Default)]
pub(in crate::aws) struct RecordChanges(Mutex<BTreeMap<String, Queue>>);

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Wanted>,
    count: u64,
    /// When a change of this zone was accepted last.
    changed: Option<Instant>,
}

/// What one resource wants to be changed, all of it or nothing.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) number: u64,
    pub(super) changes: Vec<Change>,
    answer: oneshot::Sender<Answer>,
}

impl Wanted {
    fn sets(&self) -> impl Iterator<Item = &ResourceRecordSet> {
        self.changes.iter().filter_map(Change::resource_record_set)
    }

    /// The names that it touches: a name of two of them in one batch would decide by their order.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.sets().map(ResourceRecordSet::name)
    }

    fn characters(&self) -> usize {
        let values = self.sets().map(|set| {
            let alias = set.alias_target().map_or(0, |alias| alias.dns_name().len());
            set.name().len() + alias + set.resource_records().iter().map(|one| one.value().len()).sum::<usize>()
        });
        values.sum()
    }

    /// Whether AWS's refusal names one of its records.
    pub(super) fn is_named_in(&self, words: &str) -> bool {
        let words = words.to_ascii_lowercase().replace("\\052", "*");
        self.names().any(|name| {
            let name = name.trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*");
            [format!("'{name}'"), format!("'{name}.'")].iter().any(|quoted| words.contains(quoted))
        })
    }
}

impl RecordChanges {
    fn queue<T>(&self, zone_id: &str, work: impl FnOnce(&mut Queue) -> T) -> T {
        let mut zones = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(zones.entry(zone_id.to_owned()).or_default())
    }

    pub(super) fn put(&self, zone_id: &str, changes: Vec<Change>) -> (u64, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        self.queue(zone_id, |queue| {
            queue.count += 1;
            queue.waiting.push(Wanted { number: queue.count, changes, answer });
            (queue.count, receiver)
        })
    }

    /// Takes what fits into one batch, the first come first.
    pub(super) fn take(&self, zone_id: &str) -> Vec<Wanted> {
        self.queue(zone_id, |queue| {
            let (mut taken, mut left) = (Vec::new(), Vec::new());
            let (mut records, mut characters, mut names) = (0, 0, BTreeSet::new());
            for wanted in queue.waiting.drain(..) {
                let fits = records + wanted.changes.len() <= MOST_RECORDS
                    && characters + wanted.characters() <= MOST_CHARACTERS
                    && !wanted.names().any(|name| names.contains(&plain(name)));
                // Whatever waits behind one that is left waits too, if it is about the same names.
                names.extend(wanted.names().map(plain));
                if taken.is_empty() || fits {
                    (records, characters) = (records + wanted.changes.len(), characters + wanted.characters());
                    taken.push(wanted);
                } else {
                    left.push(wanted);
                }
            }
            queue.waiting = left;
            taken
        })
    }

    /// Puts back what was not sent, in front of what came since.
    pub(super) fn give_back(&self, zone_id: &str, mut wanted: Vec<Wanted>) {
        self.queue(zone_id, |queue| {
            wanted.append(&mut queue.waiting);
            queue.waiting = wanted;
        });
    }

    /// Takes back what nobody has sent yet.
    pub(super) fn withdraw(&self, zone_id: &str, number: u64) -> bool {
        self.queue(zone_id, |queue| {
            let before = queue.waiting.len();
            queue.waiting.retain(|wanted| wanted.number != number);
            queue.waiting.len() < before
        })
    }

    pub(super) fn note_change(&self, zone_id: &str) {
        self.queue(zone_id, |queue| queue.changed = Some(Instant::now()));
    }

    pub(super) fn changed(&self, zone_id: &str) -> Option<Instant> {
        self.queue(zone_id, |queue| queue.changed)
    }
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*")
}

pub(super) fn halves(mut batch: Vec<Wanted>) -> Vec<Vec<Wanted>> {
    let rest = batch.split_off(batch.len() / 2);
    vec![batch, rest]
}

pub(super) fn tell(batch: Vec<Wanted>, end: &Answer) {
    for wanted in batch {
        // Who does not wait any more has looked away for good.
        let _ = wanted.answer.send(end.clone());
    }
}
