//! The pieces of work that run beside each other, one task each: find, create, update, read, delete; waits are in `wait_ready`.
//!
//! They know one object and nothing of chain or record: what they learn they hand to the loop that
//! started them. A mutating call is never cut; limits end the pauses between calls.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::Value as Json;
use tokio::time::Instant;

use super::compare::Change;
use super::erased::{AnySpec, Erased, panicked};
use super::failure::{Class, Failure};
use super::link::{Observed, Owner};
use super::outcome::{Action, Cause};
use super::record::identity;
use super::rounds::{Rounds, Turn};
use super::run::{Limits, Run};
use super::wait::{Backoff, Interruption, Retry, SHORTEST, StepError};
use super::words::Field;

/// A lost create is looked for after these times before it counts as not done.
const LOST: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];
/// So many reads in a row must say that an object which should work is absent.
pub(super) const CONVINCING: u32 = 3;
/// So many must say that one which was being deleted is: the deletion was accepted.
const CONVINCING_AFTER_DELETE: u32 = 2;
/// What is gone within this time goes with the call, so that the first read may be believed.
const AT_ONCE: Duration = Duration::from_secs(5);
/// Before a read that contradicts the record is believed, another one after this time must say the same.
pub(super) const CONSISTENT: Duration = Duration::from_secs(3);

/// What a task has at hand.
pub(super) struct Task<C> {
    pub(super) client: Arc<C>,
    pub(super) link: Arc<dyn Erased<C>>,
    pub(super) limits: Limits,
    pub(super) rounds: Rounds,
    /// When this run last made something.
    pub(super) last_created: Option<Instant>,
}

/// What may have made the object that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing of this owner.
    Nothing,
    /// A run that was killed.
    AnotherRun,
    /// A call whose reply was lost.
    ALostReply,
}

/// The end of work on one object: what is known of it, and whether the work succeeded.
pub(super) struct End {
    /// The newest state; `None` where none was learnt.
    pub(super) state: Option<Json>,
    /// Whether an earlier attempt made it, so that it has to be compared with the spec.
    pub(super) found: bool,
    /// Whether it may have been made although nobody saw it.
    pub(super) uncertain: bool,
    /// Whether it works, so that nothing is waited for.
    pub(super) works: bool,
    pub(super) result: Result<(), StepError>,
}

impl End {
    pub(super) fn ok(state: Json) -> Self {
        Self { state: Some(state), found: false, uncertain: false, works: false, result: Ok(()) }
    }

    pub(super) fn err(state: Option<Json>, step_error: StepError) -> Self {
        Self { state, found: false, uncertain: false, works: false, result: Err(step_error) }
    }

    /// The end of a creation that may have happened.
    pub(super) fn uncertain(step_error: StepError) -> Self {
        Self { uncertain: true, ..Self::err(None, step_error) }
    }
}

impl<C: Send + Sync + 'static> Task<C> {
    pub(super) fn new(run: &Run<C>, link: &Arc<dyn Erased<C>>, last_created: Option<Instant>) -> Self {
        let (client, link) = (Arc::clone(&run.client), Arc::clone(link));
        Self { client, link, limits: run.limits.clone(), rounds: run.rounds.clone(), last_created }
    }

    pub(super) fn retry(&self, action: Action) -> Retry<'_> {
        let retry = Retry::new(&self.limits, action, self.last_created, self.link.pace());
        // Whatever is only looked at was there before the run began.
        if self.link.is_look() { retry.doubting_absence() } else { retry }
    }

    /// Makes the object, or finds the one that an earlier attempt made.
    pub(super) async fn create(self, owner: Owner, spec: AnySpec, before: Before) -> End {
        let mut retry = self.retry(Action::Create);
        let earlier = match before {
            Before::Nothing => Ok(None),
            Before::AnotherRun => self.find(&owner, &spec).await,
            Before::ALostReply => self.search(&owner, &spec).await,
        };
        match earlier {
            Ok(Some(state)) => return End { found: true, ..End::ok(state) },
            Ok(None) => {}
            Err(step_error) => return End::err(None, step_error),
        }
        loop {
            if let Some(interruption) = self.limits.interruption() {
                return End::err(None, interruption.step_error(Action::Create, String::new(), Instant::now()));
            }
            let call = self.link.create(&self.client, &owner, &spec);
            let (failure, panicked) = match AssertUnwindSafe(call).catch_unwind().await {
                Ok(Ok(state)) if is_nameless(&state) => {
                    (Failure::new(Class::Lost, "AWS's reply does not name what was made"), false)
                }
                Ok(Ok(state)) => return End::ok(state),
                Ok(Err(failure)) => (failure, false),
                Err(panic) => (panicked(panic.as_ref()), true),
            };
            // What a panic leaves behind is as unknown as after a lost reply.
            if panicked || failure.class == Class::Lost {
                match self.search(&owner, &spec).await {
                    // A panic is no reason to try again, but what it made is recorded.
                    Ok(found) if panicked => return End::err(found, retry.end(failure)),
                    Err(step_error) if panicked || matches!(step_error.cause, Cause::Deadline { .. }) => {
                        return End::uncertain(retry.end(failure));
                    }
                    Ok(Some(state)) => return End { found: true, ..End::ok(state) },
                    Ok(None) => {}
                    Err(step_error) => return End::uncertain(step_error),
                }
            }
            if let Err(step_error) = retry.retry_or_fail(failure).await {
                return End::err(None, step_error);
            }
        }
    }

    async fn find(&self, owner: &Owner, spec: &AnySpec) -> Result<Option<Json>, StepError> {
        let mut retry = self.retry(Action::Find);
        loop {
            // A panic in here must not hide that there is something to look for.
            match AssertUnwindSafe(self.link.find(&self.client, owner, spec)).catch_unwind().await {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(failure)) => retry.retry_or_fail(failure).await?,
                Err(panic) => return Err(retry.end(panicked(panic.as_ref()))),
            }
        }
    }

    /// Looks several times: an object made a moment ago may not show yet. A limit leaves one last
    /// look, which proves nothing when it finds nothing.
    pub(super) async fn search(&self, owner: &Owner, spec: &AnySpec) -> Result<Option<Json>, StepError> {
        let since = Instant::now();
        for pause in LOST {
            let interruption = self.limits.pause(pause).await.err();
            let found = self.find(owner, spec).await?;
            if found.is_some() {
                return Ok(found);
            }
            if let Some(interruption) = interruption {
                return Err(interruption.step_error(Action::Find, String::new(), since));
            }
        }
        Ok(None)
    }

    /// Changes the object in place. One that nobody has seen ready before (not `was_settled`) is waited for in any case.
    pub(super) async fn update(
        self,
        owner: Owner,
        spec: AnySpec,
        mut state: Json,
        mut fields: Vec<Field>,
        was_settled: bool,
    ) -> End {
        let mut retry = self.retry(Action::Update);
        // What an attempt whose reply was lost may have changed counts too.
        let asked = fields.clone();
        loop {
            let failure = match self.link.update(&self.client, &owner, &spec, &state, &fields).await {
                Ok(state) => {
                    let works = was_settled && self.link.works_throughout(&state, &asked);
                    return End { works, ..End::ok(state) };
                }
                Err(failure) => failure,
            };
            let lost = failure.class == Class::Lost;
            if let Err(step_error) = retry.retry_or_fail(failure).await {
                // Part of it may have happened: what is recorded should be what is there.
                return End::err(self.glance(&state).await, step_error);
            }
            if lost && let Some(seen) = self.glance(&state).await {
                match self.link.diff(&spec, &seen) {
                    Ok(Change::None) => return End::ok(seen),
                    Ok(Change::Update(left)) => (state, fields) = (seen, left),
                    Ok(_) => {}
                    Err(failure) => return End::err(Some(seen), retry.end(failure)),
                }
            }
        }
    }

    /// A read whose failure does not matter, and another one where a replica misses the object.
    async fn glance(&self, state: &Json) -> Option<Json> {
        for _ in 0..2 {
            match self.link.read(&self.client, state).await {
                Ok(Observed::Ready(state) | Observed::Pending { state, .. } | Observed::Failed { state, .. }) => {
                    return Some(state);
                }
                Ok(Observed::Absent) => {}
                Err(_) => return None,
            }
        }
        None
    }

    /// Deletes the object and waits until it is gone. One that no run has seen (not `settled`) is waited
    /// for first: a delete that comes before AWS shows the object is answered as if it were gone.
    pub(super) async fn delete(self, state: Json, settled: bool) -> Result<(), StepError> {
        let since = Instant::now();
        if !settled {
            self.await_sight(&state, since).await?;
        }
        let mut retry = self.retry(Action::Delete);
        while let Err(failure) = self.link.delete(&self.client, &state).await {
            retry.retry_or_fail(failure).await?;
        }
        let Some(gone) = self.link.pace().gone else { return Ok(()) };
        let enough = if gone > AT_ONCE { CONVINCING_AFTER_DELETE } else { 1 };
        let mut backoff = Backoff::expecting(gone);
        let mut status = String::new();
        let mut absent = 0;
        loop {
            let interruption = self.pause_for_look(&mut backoff, absent == 0).await.err();
            if interruption == Some(Interruption::Stopped) {
                return Err(Interruption::Stopped.step_error(Action::Delete, status, since));
            }
            let mut failed = None;
            match self.link.remains(&self.client, &state).await {
                Ok(Observed::Absent) => {
                    absent += 1;
                    if absent >= enough {
                        return Ok(());
                    }
                    if let Some(interruption) = interruption {
                        return self.is_gone(&state).await.then_some(()).ok_or_else(|| {
                            interruption.step_error(
                                Action::Delete,
                                "not seen any more by the last read".to_owned(),
                                since,
                            )
                        });
                    }
                    // A replica may miss what another one still shows.
                    backoff = Backoff::retrying(self.link.pace().retry);
                }
                Ok(Observed::Pending { status: word, .. }) => (absent, status) = (0, word),
                Ok(Observed::Ready(_) | Observed::Failed { .. }) => (absent, status) = (0, "still there".to_owned()),
                Err(failure) if retry.allows(failure.class) => failed = Some(failure),
                Err(failure) => return Err(retry.end(failure)),
            }
            if let Some(interruption) = interruption {
                return Err(interruption.ended(Action::Delete, status, failed, since));
            }
        }
    }

    /// Pauses until the next look of a wait: for the next interval or, where looks at many such objects are one call, until a round
    /// of looks, from the second one on (`early`) also one that comes sooner.
    pub(super) async fn pause_for_look(&self, backoff: &mut Backoff, early: bool) -> Result<(), Interruption> {
        let early = early && !backoff.is_new();
        let interval = backoff.step();
        let Some(looks) = self.link.shared_looks() else { return self.limits.pause(interval).await };
        let ahead = self.limits.scaled(interval);
        let (now, due) = (Instant::now(), Instant::now() + ahead);
        let from = if early { now + self.limits.scaled(SHORTEST) } else { due };
        self.limits.pause_until(self.rounds.wait(looks, Turn { from, due, ahead })).await?;
        backoff.cut_by(due.saturating_duration_since(Instant::now()) * self.limits.speed.max(1));
        Ok(())
    }

    /// Whether an absence that was seen at the deadline holds: what one replica misses may be there, and would be
    /// forgotten. A run whose time is short would never end a removal without this look.
    async fn is_gone(&self, state: &Json) -> bool {
        tokio::time::sleep(self.limits.scaled(CONSISTENT)).await;
        self.link.remains(&self.client, state).await == Ok(Observed::Absent)
    }

    /// Waits until a read shows the object, or until it would be visible if it existed.
    async fn await_sight(&self, state: &Json, since: Instant) -> Result<(), StepError> {
        let mut backoff = Backoff::retrying(self.link.pace().retry);
        while self.limits.is_fresh(Some(since)) {
            match self.link.read(&self.client, state).await {
                Ok(Observed::Absent) => {
                    let pause = self.limits.pause(backoff.step()).await;
                    pause.map_err(|interruption| {
                        interruption.step_error(Action::Delete, "not visible yet".to_owned(), since)
                    })?;
                }
                // What cannot be read may still be deleted.
                Ok(_) | Err(_) => break,
            }
        }
        Ok(())
    }
}

/// Whether a state that a creation gave names no object.
fn is_nameless(state: &Json) -> bool {
    identity(state).is_some_and(|(_, id)| id.is_empty())
}

/// Runs a task within the limits of its run. A panic in it becomes the end of its action.
pub(super) async fn caught<T>(limits: Limits, action: Action, work: impl Future<Output = T>) -> Result<T, StepError> {
    let since = Instant::now();
    limits.over(AssertUnwindSafe(work).catch_unwind()).await.map_err(|panic| StepError {
        action,
        cause: Cause::Failed(panicked(panic.as_ref())),
        waited: since.elapsed(),
    })
}

/// A defect of a chain or catalogue as the end of an action.
pub(super) fn defect(action: Action, words: impl Into<String>) -> StepError {
    StepError { action, cause: Cause::Failed(Failure::new(Class::Bug, words)), waited: Duration::ZERO }
}
