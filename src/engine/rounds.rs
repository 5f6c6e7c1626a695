//! Rounds: what many wait to do and one call does for all of them, such as looking whether an object works.
//!
//! Where hundreds of resources are made, each would look by itself, seconds after another one. Instead, whoever waits says when its
//! turn is due, and those who wait for the same take their turns in rounds:
//!
//! - A round comes when a turn is due. It comes a little later where other turns are due shortly after, never for company that is
//!   not known to come. Those who met once go on together, so that they are late once and not at every turn.
//! - Who may come early takes part in every round of the others. That costs nothing, and may end its wait sooner than its own turn.
//!
//! So the number of calls follows the number of rounds, and that follows time, not the number of those who wait.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

/// How late a turn may be, as a part of the time to it, where every run under way waits for the same. Where few of them do, the others
/// lose nothing by it, and it may be later in proportion.
const LATE: f64 = 0.1;
/// At most so much later.
const MOST: u32 = 4;

/// The rounds of one process. Clones are of the same.
#[derive(Debug, Clone, Default)]
pub struct Rounds(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Those who wait, by what for.
    waiting: Mutex<BTreeMap<&'static str, BTreeMap<u64, Waiting>>>,
    /// So many have waited so far.
    count: AtomicU64,
    /// Runs under way.
    runs: AtomicU32,
}

#[derive(Debug)]
struct Waiting {
    turn: Turn,
    call: oneshot::Sender<()>,
}

/// When somebody who waits wants to take part in a round.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// In any of the others' from then on.
    pub from: Instant,
    /// In one of its own then, or a little later.
    pub due: Instant,
    /// How long that is from now.
    pub ahead: Duration,
}

/// Counts a run as under way, until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay(Rounds);

/// A place among those who wait, given up when it is dropped.
struct Place<'a> {
    rounds: &'a Rounds,
    what: &'static str,
    number: u64,
}

impl Rounds {
    /// Returns when it is the turn of somebody who waits for `what`.
    pub async fn wait(&self, what: &'static str, turn: Turn) {
        let (call, called) = oneshot::channel();
        let place = self.register(what, Waiting { turn, call });
        tokio::select! {
            biased;
            _ = called => {}
            () = place.call_when_due(turn.due) => {}
        }
    }

    /// Counts one more run as under way.
    pub(super) fn under_way(&self) -> UnderWay {
        self.0.runs.fetch_add(1, Ordering::Relaxed);
        UnderWay(self.clone())
    }

    fn register(&self, what: &'static str, waiting: Waiting) -> Place<'_> {
        let number = self.0.count.fetch_add(1, Ordering::Relaxed);
        self.of(what, |all| all.insert(number, waiting));
        Place { rounds: self, what, number }
    }

    /// When the next round is: as late as the most urgent turn allows, if another one is due until then.
    fn next(&self, what: &'static str) -> Option<Instant> {
        self.of(what, |all| {
            let waits = u32::try_from(all.len()).unwrap_or(u32::MAX).max(1);
            let runs = f64::from(self.0.runs.load(Ordering::Relaxed));
            let share = LATE * (runs / f64::from(waits)).clamp(1.0, f64::from(MOST));
            let turns = || all.values().map(|waiting| waiting.turn);
            let latest = turns().map(|turn| turn.due + turn.ahead.mul_f64(share)).min()?;
            turns().map(|turn| turn.due).filter(|due| *due <= latest).max()
        })
    }

    /// Calls all whose turn it may be.
    fn call(&self, what: &'static str) {
        let now = Instant::now();
        let is_called = |waiting: &Waiting| waiting.turn.from.min(waiting.turn.due) <= now;
        let called: Vec<_> = self.of(what, |all| all.extract_if(.., |_, waiting| is_called(waiting)).collect());
        for (_, waiting) in called {
            // Who has gone meanwhile needs no turn.
            let _ = waiting.call.send(());
        }
    }

    fn of<T>(&self, what: &'static str, work: impl FnOnce(&mut BTreeMap<u64, Waiting>) -> T) -> T {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        work(waiting.entry(what).or_default())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.runs.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Place<'_> {
    /// Waits until the next round, and calls the others to it.
    async fn call_when_due(&self, mut due: Instant) {
        loop {
            sleep_until(due).await;
            match self.rounds.next(self.what) {
                Some(next) if next > Instant::now() => due = next,
                _ => return self.rounds.call(self.what),
            }
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.rounds.of(self.what, |all| all.remove(&self.number));
    }
}

#[cfg(test)]
#[path = "rounds_tests.rs"]
mod tests;
