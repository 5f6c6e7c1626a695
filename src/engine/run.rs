//! What a run is given: its client, its catalogue, whose objects it handles, and when to end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::catalogue::Catalogue;
use super::deadline::Deadline;
use super::link::Owner;
use super::record::{LinkName, Record};
use super::rounds::Rounds;
use super::run_tag::LeadTag;

/// Everything a run needs besides chain and record.
#[derive(Debug)]
pub struct Run<C> {
    /// Given to each link.
    pub client: Arc<C>,
    /// How each kind is read and taken down.
    pub catalogue: Arc<Catalogue<C>>,
    /// Type and name of the composite, such as `service/orders-api`.
    pub resource: String,
    /// The composite's uid.
    pub uid: String,
    /// Whether an earlier run may have made objects that are not in the record: then each missing
    /// object is looked for by its owner before it is made.
    pub resumed: bool,
    /// The tag of the run on the object that is made first, of a composite that no state names yet.
    pub lead_tag: Option<LeadTag>,
    /// Sees the record each time that something was made.
    pub progress: Option<watch::Sender<Record>>,
    /// Until when reads may still miss this resource's own last write, made by an earlier run: until then a read that
    /// contradicts the record is made again. `None` where that is past.
    pub stale_until: Option<Instant>,
    /// When to end.
    pub limits: Limits,
    /// What its waits do together with those of others.
    pub rounds: Rounds,
}

/// When a run ends, and how fast its clock is.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Ends waits and starts. A mutating call under way is never cut off.
    pub deadline: Deadline,
    /// Ends waits and starts too, at the user's wish.
    pub stop: Stop,
    /// Divides waits and grace times, never the deadline. 1 on AWS's clock; 0 counts as 1.
    pub speed: u32,
}

/// The deadline or a stop came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitReached;

/// The user's wish to stop: set once, seen by every clone.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<Wish>>);

/// What of a run is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    /// All of it.
    Whole,
    /// What exists.
    End,
    /// Nothing: whoever would save what exists is gone.
    Nothing,
}

impl<C> Run<C> {
    /// Whose object a link's is.
    pub(super) fn owner(&self, link: &LinkName, generation: u32) -> Owner {
        let lead_tag = self.lead_tag.as_ref().filter(|tag| tag.link == *link);
        let run_tags = lead_tag.map(|tag| tag.tags.clone()).unwrap_or_default();
        Owner { resource: self.resource.clone(), uid: self.uid.clone(), link: link.clone(), generation, run_tags }
    }
}

tokio::task_local! {
    /// The limits of the work that is polled.
    static AT_WORK: Limits;
}

impl Limits {
    /// Does work that waits in places which know no run, such as for a request token: [`Limits::sleep`] watches
    /// these limits in there.
    pub async fn over<F: Future>(&self, work: F) -> F::Output {
        AT_WORK.scope(self.clone(), work).await
    }

    /// Sleeps for a time of this machine, or says that a limit of the work around it came first.
    ///
    /// # Errors
    ///
    /// The limit, when the deadline or a stop comes first.
    pub async fn sleep(time: Duration) -> Result<(), LimitReached> {
        if let Ok(limits) = AT_WORK.try_with(Self::clone) {
            return limits.pause_for(time).await;
        }
        tokio::time::sleep(time).await;
        Ok(())
    }

    /// Waits for something, or says that a limit of the work around it came first.
    ///
    /// # Errors
    ///
    /// The limit, when the deadline or a stop comes first.
    pub async fn within<F: Future>(waited: F) -> Result<F::Output, LimitReached> {
        let Ok(limits) = AT_WORK.try_with(Self::clone) else { return Ok(waited.await) };
        tokio::select! {
            biased;
            () = limits.reached() => Err(LimitReached),
            output = waited => Ok(output),
        }
    }

    /// Waits for something that others of this process get first, or says that a stop of the work around it came first. The time
    /// does not count for the deadline, so far as `share` says afterwards how much of it the others took.
    ///
    /// # Errors
    ///
    /// The limit, when a stop comes first, or when the deadline has come afterwards.
    pub async fn in_line<F: Future>(
        waited: F,
        share: impl FnOnce(&F::Output) -> f64,
    ) -> Result<F::Output, LimitReached> {
        let Ok(limits) = AT_WORK.try_with(Self::clone) else { return Ok(waited.await) };
        let place = limits.deadline.stand_in_line();
        tokio::select! {
            biased;
            () = limits.stop.wait() => Err(LimitReached),
            output = waited => {
                place.leave(share(&output));
                if limits.are_reached() { Err(LimitReached) } else { Ok(output) }
            }
        }
    }

    /// Returns as soon as nothing new may be started.
    pub async fn reached(&self) {
        tokio::select! {
            () = self.stop.wait() => {}
            () = self.deadline.reached() => {}
        }
    }

    /// Sleeps for a time of this machine, or says that a limit came first.
    ///
    /// # Errors
    ///
    /// The limit, when the deadline or a stop comes first.
    pub async fn pause_for(&self, time: Duration) -> Result<(), LimitReached> {
        tokio::select! {
            biased;
            () = self.stop.wait() => Err(LimitReached),
            () = self.deadline.reached() => Err(LimitReached),
            () = tokio::time::sleep(time) => Ok(()),
        }
    }

    /// A time of AWS on this run's clock.
    pub fn scaled(&self, time: Duration) -> Duration {
        time / self.speed.max(1)
    }

    /// Whether nothing new may be started.
    pub fn are_reached(&self) -> bool {
        self.stop.is_set() || self.deadline.is_reached()
    }
}

impl Stop {
    /// A wish nobody has yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Wish::Whole)))
    }

    /// Ends the waits of every run that holds a clone.
    pub fn set(&self) {
        self.0.send_modify(|wish| *wish = (*wish).max(Wish::End));
    }

    /// The same, because nobody is left who would save what the run returns.
    pub fn abandon(&self) {
        self.0.send_replace(Wish::Nothing);
    }

    /// Whether it was set.
    pub fn is_set(&self) -> bool {
        *self.0.borrow() > Wish::Whole
    }

    /// Whether nobody saves what the run returns.
    pub fn is_abandoned(&self) -> bool {
        *self.0.borrow() == Wish::Nothing
    }

    /// Returns as soon as it is set.
    pub async fn wait(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives in `self`, so the channel cannot close before the value comes.
        let _ = receiver.wait_for(|wish| *wish > Wish::Whole).await;
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}
