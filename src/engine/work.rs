//! The pieces of work that run beside each other, one task each: find, create, update, read, delete; waits are in `watch`.
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

use super::erased::{AnySpec, Erased, panicked};
use super::failure::{Class, Failure};
use super::link::{Change, Field, Observed, Owner};
use super::outcome::{Action, Cause};
use super::record::IDENTITIES;
use super::run::{Limits, Run};
use super::wait::{Cut, Patience, Rhythm, Trouble};

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
pub(super) struct Work<C> {
    pub(super) client: Arc<C>,
    pub(super) link: Arc<dyn Erased<C>>,
    pub(super) limits: Limits,
    /// When this run last made something.
    pub(super) born: Option<Instant>,
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
    pub(super) doubtful: bool,
    pub(super) result: Result<(), Trouble>,
}

impl End {
    pub(super) fn ok(state: Json) -> Self {
        Self { state: Some(state), found: false, doubtful: false, result: Ok(()) }
    }

    pub(super) fn err(state: Option<Json>, trouble: Trouble) -> Self {
        Self { state, found: false, doubtful: false, result: Err(trouble) }
    }

    /// The end of a creation that may have happened.
    pub(super) fn doubtful(trouble: Trouble) -> Self {
        Self { doubtful: true, ..Self::err(None, trouble) }
    }
}

impl<C: Send + Sync + 'static> Work<C> {
    pub(super) fn new(run: &Run<C>, link: &Arc<dyn Erased<C>>, born: Option<Instant>) -> Self {
        Self { client: Arc::clone(&run.client), link: Arc::clone(link), limits: run.limits.clone(), born }
    }

    pub(super) fn patience(&self, action: Action) -> Patience<'_> {
        Patience::new(&self.limits, action, self.born, self.link.pace())
    }

    /// Makes the object, or finds the one that an earlier attempt made.
    pub(super) async fn create(self, owner: Owner, spec: AnySpec, before: Before) -> End {
        let mut patience = self.patience(Action::Create);
        let earlier = match before {
            Before::Nothing => Ok(None),
            Before::AnotherRun => self.find(&owner, &spec).await,
            Before::ALostReply => self.search(&owner, &spec).await,
        };
        match earlier {
            Ok(Some(state)) => return End { found: true, ..End::ok(state) },
            Ok(None) => {}
            Err(trouble) => return End::err(None, trouble),
        }
        loop {
            if let Some(cut) = self.limits.cut() {
                return End::err(None, cut.trouble(Action::Create, String::new(), Instant::now()));
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
                    Ok(found) if panicked => return End::err(found, patience.end(failure)),
                    Err(trouble) if panicked || matches!(trouble.cause, Cause::Deadline { .. }) => {
                        return End::doubtful(patience.end(failure));
                    }
                    Ok(Some(state)) => return End { found: true, ..End::ok(state) },
                    Ok(None) => {}
                    Err(trouble) => return End::doubtful(trouble),
                }
            }
            if let Err(trouble) = patience.bear(failure).await {
                return End::err(None, trouble);
            }
        }
    }

    async fn find(&self, owner: &Owner, spec: &AnySpec) -> Result<Option<Json>, Trouble> {
        let mut patience = self.patience(Action::Find);
        loop {
            // A panic in here must not hide that there is something to look for.
            match AssertUnwindSafe(self.link.find(&self.client, owner, spec)).catch_unwind().await {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(failure)) => patience.bear(failure).await?,
                Err(panic) => return Err(patience.end(panicked(panic.as_ref()))),
            }
        }
    }

    /// Looks several times: an object made a moment ago may not show yet. A limit leaves one last
    /// look, which proves nothing when it finds nothing.
    pub(super) async fn search(&self, owner: &Owner, spec: &AnySpec) -> Result<Option<Json>, Trouble> {
        let since = Instant::now();
        for pause in LOST {
            let cut = self.limits.pause(pause).await.err();
            let found = self.find(owner, spec).await?;
            if found.is_some() {
                return Ok(found);
            }
            if let Some(cut) = cut {
                return Err(cut.trouble(Action::Find, String::new(), since));
            }
        }
        Ok(None)
    }

    /// Changes the object in place.
    pub(super) async fn update(self, owner: Owner, spec: AnySpec, mut state: Json, mut fields: Vec<Field>) -> End {
        let mut patience = self.patience(Action::Update);
        loop {
            let failure = match self.link.update(&self.client, &owner, &spec, &state, &fields).await {
                Ok(state) => return End::ok(state),
                Err(failure) => failure,
            };
            let lost = failure.class == Class::Lost;
            if let Err(trouble) = patience.bear(failure).await {
                // Part of it may have happened: what is recorded should be what is there.
                return End::err(self.glance(&state).await, trouble);
            }
            if lost && let Some(seen) = self.glance(&state).await {
                match self.link.diff(&spec, &seen) {
                    Ok(Change::None) => return End::ok(seen),
                    Ok(Change::Update(left)) => (state, fields) = (seen, left),
                    Ok(_) => {}
                    Err(failure) => return End::err(Some(seen), patience.end(failure)),
                }
            }
        }
    }

    /// One read, whose failure does not matter.
    async fn glance(&self, state: &Json) -> Option<Json> {
        match self.link.read(&self.client, state).await {
            Ok(Observed::Ready(state) | Observed::Pending { state, .. } | Observed::Failed { state, .. }) => {
                Some(state)
            }
            Ok(Observed::Absent) | Err(_) => None,
        }
    }

    /// Deletes the object and waits until it is gone. One that no run has seen (not `settled`) is waited
    /// for first: a delete that comes before AWS shows the object is answered as if it were gone.
    pub(super) async fn delete(self, state: Json, settled: bool) -> Result<(), Trouble> {
        let since = Instant::now();
        if !settled {
            self.await_sight(&state, since).await?;
        }
        let mut patience = self.patience(Action::Delete);
        while let Err(failure) = self.link.delete(&self.client, &state).await {
            patience.bear(failure).await?;
        }
        let Some(gone) = self.link.pace().gone else { return Ok(()) };
        let enough = if gone > AT_ONCE { CONVINCING_AFTER_DELETE } else { 1 };
        let mut rhythm = Rhythm::expecting(gone);
        let mut status = String::new();
        let mut absent = 0;
        loop {
            let cut = self.limits.pause(rhythm.step()).await.err();
            if cut == Some(Cut::Stopped) {
                return Err(Cut::Stopped.trouble(Action::Delete, status, since));
            }
            let mut failed = None;
            match self.link.remains(&self.client, &state).await {
                Ok(Observed::Absent) => {
                    absent += 1;
                    if absent >= enough {
                        return Ok(());
                    }
                    if let Some(cut) = cut {
                        return self.is_gone(&state).await.then_some(()).ok_or_else(|| {
                            cut.trouble(Action::Delete, "not seen any more by the last read".to_owned(), since)
                        });
                    }
                    // A replica may miss what another one still shows.
                    rhythm = Rhythm::retrying(self.link.pace().retry);
                }
                Ok(Observed::Pending { status: word, .. }) => (absent, status) = (0, word),
                Ok(Observed::Ready(_) | Observed::Failed { .. }) => (absent, status) = (0, "still there".to_owned()),
                Err(failure) if patience.allows(failure.class) => failed = Some(failure),
                Err(failure) => return Err(patience.end(failure)),
            }
            if let Some(cut) = cut {
                return Err(cut.ended(Action::Delete, status, failed, since));
            }
        }
    }

    /// Whether an absence that was seen at the deadline holds: what one replica misses may be there, and would be
    /// forgotten. A run whose time is short would never end a removal without this look.
    async fn is_gone(&self, state: &Json) -> bool {
        tokio::time::sleep(self.limits.scaled(CONSISTENT)).await;
        self.link.remains(&self.client, state).await == Ok(Observed::Absent)
    }

    /// Waits until a read shows the object, or until it would be visible if it existed.
    async fn await_sight(&self, state: &Json, since: Instant) -> Result<(), Trouble> {
        let mut rhythm = Rhythm::retrying(self.link.pace().retry);
        while self.limits.is_fresh(Some(since)) {
            match self.link.read(&self.client, state).await {
                Ok(Observed::Absent) => {
                    let pause = self.limits.pause(rhythm.step()).await;
                    pause.map_err(|cut| cut.trouble(Action::Delete, "not visible yet".to_owned(), since))?;
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
    IDENTITIES.into_iter().find_map(|key| state.get(key)?.as_str()).is_some_and(str::is_empty)
}

/// Work of a task within the limits of its run. A panic in it becomes the end of its action.
pub(super) async fn caught<T>(limits: Limits, action: Action, work: impl Future<Output = T>) -> Result<T, Trouble> {
    let since = Instant::now();
    limits.over(AssertUnwindSafe(work).catch_unwind()).await.map_err(|panic| Trouble {
        action,
        cause: Cause::Failed(panicked(panic.as_ref())),
        waited: since.elapsed(),
    })
}

/// A defect of a chain or catalogue as the end of an action.
pub(super) fn defect(action: Action, words: impl Into<String>) -> Trouble {
    Trouble { action, cause: Cause::Failed(Failure::new(Class::Bug, words)), waited: Duration::ZERO }
}
