//! The records of hosted zones, as pages that others have read.
//!
//! A page of a zone costs one call whether it holds one record or three hundred, and shows all records between two names: what is
//! there, and what is not. So whoever looks for a record takes the whole page, and the next reader whose names lie on it makes no call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_sdk_route53::types::ResourceRecordSet;
use tokio::time::Instant;

use super::{Served, is_news, lock, serve};
use crate::aws::record_key::RecordKey;
use crate::aws::turns::Turns;
use crate::aws::writes::{Domain, Writes};
use crate::engine::Reading;

/// A name by its labels from the right: the order of names in a zone.
type Labels = Vec<String>;

/// Pages by zone.
#[derive(Debug)]
pub(in crate::aws) struct ZoneRecords {
    writes: Arc<Writes>,
    zones: Mutex<BTreeMap<String, Vec<Page>>>,
    turns: Turns,
}

/// Some records in a row.
#[derive(Debug)]
pub(in crate::aws) struct Page {
    asked: Instant,
    /// The first name that it would show; none from the beginning of the zone.
    from: Option<Labels>,
    /// The name with which the next page begins; none at the end of the zone.
    until: Option<Labels>,
    records: BTreeMap<RecordKey, ResourceRecordSet>,
    served: Served,
}

/// What pages say about some records.
#[derive(Debug, Default)]
pub(in crate::aws) struct Known {
    /// Those that exist.
    pub(in crate::aws) found: BTreeMap<RecordKey, ResourceRecordSet>,
    /// Those that lie on no page.
    pub(in crate::aws) open: BTreeSet<RecordKey>,
}

impl ZoneRecords {
    pub(in crate::aws) fn new(writes: &Arc<Writes>) -> Self {
        Self { writes: Arc::clone(writes), zones: Mutex::default(), turns: Turns::default() }
    }

    /// Waits until nobody else reads a page of the zone.
    pub(in crate::aws) async fn turn(&self, zone_id: &str) -> tokio::sync::OwnedMutexGuard<()> {
        self.turns.take(zone_id).await
    }

    /// Returns what the pages that may serve this reader say.
    pub(in crate::aws) fn known(&self, zone_id: &str, wanted: &BTreeSet<RecordKey>, reading: &Reading) -> Known {
        let mut known = Known { open: wanted.clone(), ..Known::default() };
        for page in self.pages(&mut lock(&self.zones), zone_id) {
            let told: Vec<RecordKey> = known.open.iter().filter(|key| page.tells(key)).cloned().collect();
            if told.is_empty() || !serve(&mut page.served, reading) {
                continue;
            }
            reading.note_view(page.asked);
            for key in told {
                if let Some(record) = page.records.get(&key) {
                    known.found.insert(key.clone(), record.clone());
                }
                known.open.remove(&key);
            }
        }
        known
    }

    /// Whether a page that others have read shows the beginning of the zone.
    pub(in crate::aws) fn has_beginning(&self, zone_id: &str) -> bool {
        self.pages(&mut lock(&self.zones), zone_id).any(|page| page.from.is_none())
    }

    /// Whether somebody has read a page.
    pub(in crate::aws) fn has_any(&self, zone_id: &str) -> bool {
        self.pages(&mut lock(&self.zones), zone_id).next().is_some()
    }

    /// Takes a page that this reader has read.
    pub(in crate::aws) fn keep(&self, zone_id: &str, page: Page) {
        lock(&self.zones).entry(zone_id.to_owned()).or_default().push(page);
    }

    fn pages<'a>(
        &self,
        zones: &'a mut BTreeMap<String, Vec<Page>>,
        zone_id: &str,
    ) -> impl Iterator<Item = &'a mut Page> + use<'a> {
        let domain = Domain::Records(zone_id.to_owned());
        let pages = zones.entry(zone_id.to_owned()).or_default();
        pages.retain(|page| is_news(&self.writes, &domain, page.asked));
        pages.iter_mut()
    }
}

impl Page {
    /// A page that was asked for at a moment, from a name on, and where the next one begins.
    pub(in crate::aws) fn new(
        asked: Instant,
        from: Option<&str>,
        until: Option<&str>,
        records: Vec<ResourceRecordSet>,
        reading: &Reading,
    ) -> Self {
        Self {
            asked,
            from: from.map(labels),
            until: match from {
                // What comes behind an asterisk is not known either.
                Some(from) if from.contains('*') || from.contains("\\052") => Some(Labels::new()),
                _ => until.map(|name| plain_part(labels(name))),
            },
            records: records.into_iter().map(|record| (RecordKey::of(&record), record)).collect(),
            served: Served::from([(Arc::clone(reading.name()), reading.turn())]),
        }
    }

    /// Whether it says if there is such a record.
    pub(in crate::aws) fn tells(&self, key: &RecordKey) -> bool {
        if self.records.contains_key(key) {
            return true;
        }
        let name = labels(&key.name);
        // Where AWS sorts an asterisk is not documented.
        !key.name.contains('*')
            && self.from.as_ref().is_none_or(|from| *from <= name)
            && self.until.as_ref().is_none_or(|until| name < *until)
    }

    /// The record, where it is on the page.
    pub(in crate::aws) fn record(&self, key: &RecordKey) -> Option<&ResourceRecordSet> {
        self.records.get(key)
    }
}

fn labels(name: &str) -> Labels {
    RecordKey::new(name, "").name.rsplit('.').map(str::to_owned).collect()
}

/// The labels before one with an asterisk.
fn plain_part(mut labels: Labels) -> Labels {
    if let Some(at) = labels.iter().position(|label| label.contains('*')) {
        labels.truncate(at);
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Reader;

    async fn reading() -> Reading {
        Reader::new("test").over(async { Reading::at_work() }).await.output.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_tells_what_lies_between_its_first_name_and_the_next_page() {
        let page = |from, until| {
            let reading = Reading::at_work().unwrap();
            Page::new(Instant::now(), from, until, Vec::new(), &reading)
        };
        let told = |page: &Page, name: &str| page.tells(&RecordKey::new(name, "A"));
        let work = async {
            let middle = page(Some("f.example.dev"), Some("p.example.dev."));
            assert!(told(&middle, "f.example.dev") && told(&middle, "a.g.example.dev"));
            for other in ["e.example.dev", "p.example.dev", "z.e.example.dev", "*.g.example.dev", "example.dev"] {
                assert!(!told(&middle, other), "{other}");
            }
            let whole = page(None, None);
            assert!(told(&whole, "example.dev") && told(&whole, "z.example.dev") && !told(&whole, "*.example.dev"));
            let asterisk = page(None, Some("\\052.g.example.dev."));
            assert!(told(&asterisk, "f.example.dev") && !told(&asterisk, "g.example.dev"));
            assert!(!told(&asterisk, "a.g.example.dev"), "it may come after the asterisk");
        };
        Reader::new("test").over(work).await;
        assert_eq!(&**reading().await.name(), "test");
    }
}
