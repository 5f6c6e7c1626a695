//! Names of hosted zones that one resource gives up and another one takes in the same run.
//!
//! Terraform plans and applies resources one by one, in any order, and tells none of the others. What a resource says
//! here about the names that lead to its endpoint, the others of this process hear: that it gives a name up, or keeps it. Who takes
//! a name that is given up changes the record in one batch; who comes before anybody has said so may leave the record to
//! its holder, who changes it for both when its turn comes. A plan and an apply are two processes: nothing here outlives one.
//!
//! It makes no call; `links::records` and the consumer's look before a change use it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_route53::types::ResourceRecordSet;
use tokio::sync::Notify;

use super::record_key::RecordKey;

/// A name in a hosted zone that leads to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldName {
    /// The zone.
    pub zone_id: String,
    /// In the spelling of a [`RecordKey`].
    pub name: String,
    /// The endpoint that the record leads to, or one of its network interfaces.
    pub endpoint_id: String,
}

impl HeldName {
    /// A name however it is spelled.
    pub fn new(zone_id: &str, name: &str, endpoint_id: &str) -> Self {
        let name = RecordKey::new(name, "").name;
        Self { zone_id: zone_id.to_owned(), name, endpoint_id: endpoint_id.to_owned() }
    }
}

/// What the resources of this process say of names.
#[derive(Debug)]
pub struct NamesInTransit {
    /// By how much waits are divided.
    speed: u32,
    book: Mutex<Book>,
    said: Notify,
}

#[derive(Debug, Default)]
struct Book {
    /// Whether the holder gives a name up.
    words: BTreeMap<HeldName, bool>,
    /// Names that may be left to their holders for now.
    leavable: BTreeSet<HeldName>,
    /// What was left, by who holds it: the records that the name is to have after that.
    left: BTreeMap<HeldName, Vec<ResourceRecordSet>>,
}

impl NamesInTransit {
    /// Before anybody has said anything; `speed` divides waits.
    pub(super) fn new(speed: u32) -> Self {
        Self { speed, book: Mutex::default(), said: Notify::new() }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says of a name whether the resource that has it gives it up in this run.
    pub fn say(&self, held: HeldName, is_given_up: bool) {
        self.book().words.insert(held, is_given_up);
        self.said.notify_waiters();
    }

    /// Whether the resource that has a name gives it up; `None` where it has said nothing.
    pub fn is_given_up(&self, held: &HeldName) -> Option<bool> {
        self.book().words.get(held).copied()
    }

    /// The same, waited for: the other resource may be planned or applied beside this one.
    pub async fn hear(&self, held: &HeldName, within: Duration) -> Option<bool> {
        let heard = async {
            loop {
                let said = self.said.notified();
                if let Some(word) = self.is_given_up(held) {
                    return word;
                }
                said.await;
            }
        };
        tokio::time::timeout(within / self.speed.max(1), heard).await.ok()
    }

    /// Lets a name be left to its holder, should it not be given up before its record is to be changed.
    pub fn let_leave(&self, held: HeldName) {
        self.book().leavable.insert(held);
    }

    /// Leaves a name to its holder, with the records that it is to have after that; whether that may be.
    pub(crate) fn leave(&self, held: &HeldName, wanted: Vec<ResourceRecordSet>) -> bool {
        let mut book = self.book();
        let may_leave = book.leavable.contains(held) && book.words.get(held) != Some(&true);
        if may_leave {
            book.left.insert(held.clone(), wanted);
        }
        may_leave
    }

    /// The records that others of this run want instead of what a holder gives up.
    pub(crate) fn wanted_after(&self, held: &HeldName) -> Vec<ResourceRecordSet> {
        self.book().left.get(held).cloned().unwrap_or_default()
    }

    /// Ends what is known of a name that has passed, or that nobody waits for any more.
    pub(crate) fn end(&self, held: &HeldName) {
        let mut book = self.book();
        book.left.remove(held);
        book.leavable.remove(held);
    }

    /// Ends the wait for these names of a zone, whoever has them.
    pub(crate) fn end_waiting(&self, zone_id: &str, names: &BTreeSet<String>) {
        self.book().left.retain(|held, _| held.zone_id != zone_id || !names.contains(&held.name));
    }
}
