//! What this process has removed and created, so that the second half of a replacement knows of the first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::Record;

/// What a refused apply says of the resource.
const NOTHING: &str = "Nothing was changed.";
/// What it says where the resource before it is gone.
const REPLACED: &str =
    "The resource that this one replaces was removed before in this run; of the new one nothing was made.";

/// Names of resources whose predecessor this process removed: the creation that follows may not say that nothing was
/// changed.
#[derive(Debug, Default)]
pub(super) struct Removed(Mutex<BTreeSet<String>>);

impl Removed {
    /// Notes a removal.
    pub(super) fn note(&self, successor: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(successor.to_owned());
    }

    /// Forgets a removal, whose creation has succeeded.
    pub(super) fn forget(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// Corrects what a creation, or the plan right before it, says that came after a removal.
    pub(super) fn corrected(&self, name: &str, found: Diagnostics) -> Diagnostics {
        if !self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(name) {
            return found;
        }
        let mut corrected = Diagnostics::new();
        for diagnostic in found {
            let detail = diagnostic.detail.replace(NOTHING, REPLACED);
            corrected.push(Diagnostic { detail, ..diagnostic });
        }
        corrected
    }
}

/// What this process created, by uids that follow from the configuration: a replacement on one and the same object has the uid of the
/// resource that it replaces.
#[derive(Debug, Default)]
pub(super) struct Births(Mutex<BTreeMap<String, Birth>>);

#[derive(Debug)]
pub(super) struct Birth {
    /// In AWS's time.
    pub(super) at: Timestamp,
    pub(super) record: Record,
}

impl Births {
    /// The record of the resource of this uid that was created after a state was written. Whatever comes next for the uid is no longer the
    /// destruction that follows that creation.
    pub(super) fn heir(&self, uid: &str, written: Option<Timestamp>) -> Option<Record> {
        let birth = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid)?;
        written.is_some_and(|written| written < birth.at).then_some(birth.record)
    }

    /// Takes note of what was created, or that it is gone.
    pub(super) fn note(&self, uid: String, birth: Option<Birth>) {
        let mut births = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match birth {
            Some(birth) => births.insert(uid, birth),
            None => births.remove(&uid),
        };
    }
}
