//! What interrupted creations may have left: two lists for all creations of a run, instead of two looks of each.
//!
//! A creation looks whether an interrupted one of its name has left anything, twice, because one look may miss it. Where many are
//! made, all tags that name a composite are listed, a thousand a call. A list may say that there is nothing of a composite; whatever is
//! in one is looked at by itself. It is of use because an interrupted run has ended before this process began; a composite of which this
//! process itself has asked twice is not answered from it again.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::engine::Result;

/// So many composites are looked for by themselves.
const MANY: usize = 5;
/// So many lists say that there is nothing.
const LISTS: usize = 2;
/// How long they say so.
const HOLDS: Duration = Duration::from_mins(5);

/// What is known of them.
#[derive(Debug, Default)]
pub(super) struct InterruptedCreations {
    seen: Mutex<Seen>,
    listing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Seen {
    /// How often a composite was asked for.
    asked: BTreeMap<String, usize>,
    lists: Vec<(Instant, BTreeSet<String>)>,
}

impl InterruptedCreations {
    /// Whether lists of the last minutes say that there is nothing of a composite; `list` reads all there are.
    pub(super) async fn has_none<F, List>(&self, name: &str, list: F) -> bool
    where
        F: Fn() -> List,
        List: Future<Output = Result<BTreeSet<String>>>,
    {
        if !self.may_be_listed(name) {
            return false;
        }
        let _turn = self.listing.lock().await;
        while self.with(|seen| seen.lists.len()) < LISTS {
            let asked = Instant::now();
            match list().await {
                Ok(found) => self.with(|seen| seen.lists.push((asked, found))),
                Err(failure) => {
                    tracing::debug!(%failure, "cannot list composites that are then looked for one by one");
                    return false;
                }
            }
        }
        self.with(|seen| seen.lists.iter().all(|(_, found)| !found.contains(name)))
    }

    fn may_be_listed(&self, name: &str) -> bool {
        self.with(|seen| {
            let before = seen.asked.entry(name.to_owned()).or_default();
            *before += 1;
            *before <= LISTS && seen.asked.len() > MANY
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Seen) -> T) -> T {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.lists.retain(|(asked, _)| asked.elapsed() < HOLDS);
        work(&mut seen)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    async fn ask(creations: &InterruptedCreations, name: &str, calls: &AtomicUsize) -> bool {
        let list = || async {
            calls.fetch_add(1, Ordering::Relaxed);
            Ok(BTreeSet::from(["consumer/begun".to_owned()]))
        };
        creations.has_none(name, list).await
    }

    #[tokio::test(start_paused = true)]
    async fn two_lists_tell_of_many_that_there_is_nothing() {
        let (creations, calls) = (InterruptedCreations::default(), AtomicUsize::new(0));
        for n in 0..MANY {
            assert!(!ask(&creations, &format!("consumer/{n}"), &calls).await, "a few are looked for by themselves");
        }
        for n in 100..300 {
            for look in 0..2 {
                assert!(ask(&creations, &format!("consumer/{n}"), &calls).await, "{n} {look}");
            }
        }
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        assert!(!ask(&creations, "consumer/begun", &calls).await, "of which there is something");
        assert!(!ask(&creations, "consumer/100", &calls).await, "this process may have made it meanwhile");
        tokio::time::advance(HOLDS).await;
        assert!(ask(&creations, "consumer/later", &calls).await);
        assert_eq!(calls.load(Ordering::Relaxed), 4, "lists age");
    }
}
