//! The pieces of work that run beside each other, one task each: find, create, update, watch, delete.
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
use super::link::{Change, Field, Gate, Observed, Owner};
use super::outcome::{Action, Cause};
use super::run::{Limits, Run};
use super::wait::{Cut, Patience, Rhythm, Trouble};

/// A lost create is looked for after these times before it counts as not done.
const LOST: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];
/// So many reads in a row must say that an object is absent.
const CONVINCING: u32 = 3;

/// What a task has at hand.
pub(super) struct Work<C> {
    client: Arc<C>,
    link: Arc<dyn Erased<C>>,
    limits: Limits,
    /// When this run last made something.
    born: Option<Instant>,
}

/// The end of work on one object: what is known of it, and whether the work succeeded.
pub(super) struct End {
    /// The newest state; `None` where none was learnt.
    pub(super) state: Option<Json>,
    /// Whether an earlier attempt made it, so that it has to be compared with the spec.
    pub(super) found: bool,
    pub(super) result: Result<(), Trouble>,
}

impl End {
    fn ok(state: Json) -> Self {
        Self { state: Some(state), found: false, result: Ok(()) }
    }

    pub(super) fn err(state: Option<Json>, trouble: Trouble) -> Self {
        Self { state, found: false, result: Err(trouble) }
    }
}

impl<C: Send + Sync + 'static> Work<C> {
    pub(super) fn new(run: &Run<C>, link: &Arc<dyn Erased<C>>, born: Option<Instant>) -> Self {
        Self { client: Arc::clone(&run.client), link: Arc::clone(link), limits: run.limits.clone(), born }
    }

    fn patience(&self, action: Action) -> Patience<'_> {
        Patience::new(&self.limits, action, self.born, self.link.pace())
    }

    /// Makes the object, or finds the one that an earlier attempt made.
    pub(super) async fn create(self, owner: Owner, spec: AnySpec, resumed: bool) -> End {
        let mut patience = self.patience(Action::Create);
        if resumed {
            match self.find(&owner, &spec).await {
                Ok(Some(state)) => return End { found: true, ..End::ok(state) },
                Ok(None) => {}
                Err(trouble) => return End::err(None, trouble),
            }
        }
        loop {
            if let Some(cut) = self.limits.cut() {
                return End::err(None, cut.trouble(Action::Create, String::new(), Instant::now()));
            }
            let call = self.link.create(&self.client, &owner, &spec);
            let (failure, panicked) = match AssertUnwindSafe(call).catch_unwind().await {
                Ok(Ok(state)) => return End::ok(state),
                Ok(Err(failure)) => (failure, false),
                Err(panic) => (panicked(panic.as_ref()), true),
            };
            // What a panic leaves behind is as unknown as after a lost reply.
            if panicked || failure.class == Class::Lost {
                match self.find_lost(&owner, &spec).await {
                    // A panic is no reason to try again, but what it made is recorded.
                    found if panicked => return End::err(found.ok().flatten(), patience.end(failure)),
                    Ok(Some(state)) => return End { found: true, ..End::ok(state) },
                    Ok(None) => {}
                    Err(trouble) => return End::err(None, trouble),
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
            match self.link.find(&self.client, owner, spec).await {
                Ok(found) => return Ok(found),
                Err(failure) => patience.bear(failure).await?,
            }
        }
    }

    /// Looks several times: an object made a moment ago may not show yet. A limit leaves one last look.
    async fn find_lost(&self, owner: &Owner, spec: &AnySpec) -> Result<Option<Json>, Trouble> {
        for pause in LOST {
            let cut = self.limits.pause(pause).await.is_err();
            let found = self.find(owner, spec).await?;
            if cut || found.is_some() {
                return Ok(found);
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

    /// Waits until the object works. After a change of this run (`changed`), reads that do not show
    /// it yet are not believed for a while.
    pub(super) async fn watch(self, spec: AnySpec, mut state: Json, changed: bool) -> End {
        let since = Instant::now();
        let born = changed.then_some(since);
        let expected = self.link.pace().ready.filter(|_| changed);
        let mut rhythm = expected.map_or_else(Rhythm::at_once, Rhythm::expecting);
        let mut status = String::new();
        let mut absent = 0;
        let broken = |state, reason| {
            End::err(
                Some(state),
                Trouble { action: Action::Wait, cause: Cause::Broken { reason }, waited: since.elapsed() },
            )
        };
        loop {
            let cut = self.limits.pause(rhythm.step()).await.err();
            if cut == Some(Cut::Stopped) {
                return End::err(Some(state), Cut::Stopped.trouble(Action::Wait, status, since));
            }
            let fresh = self.limits.is_fresh(born);
            let look =
                if changed { self.link.look(&self.client, &state) } else { self.link.read(&self.client, &state) };
            match look.await {
                Ok(Observed::Ready(seen)) => {
                    if !fresh || self.link.diff(&spec, &seen) == Ok(Change::None) {
                        return End::ok(seen);
                    }
                    "not up to date yet".clone_into(&mut status);
                }
                Ok(Observed::Pending { state: seen, status: word }) => {
                    absent = 0;
                    (state, status) = (seen, word);
                }
                Ok(Observed::Failed { state, reason }) => return broken(state, reason),
                Ok(Observed::Absent) if fresh => "not visible yet".clone_into(&mut status),
                Ok(Observed::Absent) => {
                    absent += 1;
                    if absent >= CONVINCING {
                        return broken(state, "AWS says that it does not exist".to_owned());
                    }
                }
                Err(failure) => {
                    let patience = Patience::new(&self.limits, Action::Read, Some(since), self.link.pace());
                    if !patience.allows(failure.class) {
                        return End::err(Some(state), patience.end(failure));
                    }
                    status = failure.to_string();
                }
            }
            if let Some(cut) = cut {
                return End::err(Some(state), cut.trouble(Action::Wait, status, since));
            }
        }
    }

    /// Waits until a person has opened the gate.
    pub(super) async fn wait_for_gate(self, spec: AnySpec, mut state: Json, mut reason: String) -> End {
        let since = Instant::now();
        let mut rhythm = Rhythm::expecting(self.link.pace().ready.unwrap_or_default());
        let shut = |state, reason| {
            End::err(
                Some(state),
                Trouble { action: Action::Wait, cause: Cause::Gate { reason }, waited: since.elapsed() },
            )
        };
        loop {
            let cut = self.limits.pause(rhythm.step()).await.err();
            if cut == Some(Cut::Stopped) {
                return End::err(Some(state), Cut::Stopped.trouble(Action::Wait, reason, since));
            }
            match self.link.read(&self.client, &state).await {
                Ok(Observed::Ready(seen)) => {
                    state = seen;
                    match self.link.gate(&spec, &state) {
                        Ok(Gate::Open) => return End::ok(state),
                        Ok(Gate::Closed { reason, wait: false }) => return shut(state, reason),
                        Ok(Gate::Closed { reason: words, wait: true }) => reason = words,
                        Err(failure) => return End::err(Some(state), self.patience(Action::Wait).end(failure)),
                    }
                }
                Ok(Observed::Failed { state, reason }) => {
                    let cause = Cause::Broken { reason };
                    return End::err(Some(state), Trouble { action: Action::Wait, cause, waited: since.elapsed() });
                }
                Ok(Observed::Pending { .. } | Observed::Absent) => {}
                Err(failure) if self.patience(Action::Read).allows(failure.class) => {}
                Err(failure) => return End::err(Some(state), self.patience(Action::Read).end(failure)),
            }
            if cut.is_some() {
                return shut(state, reason);
            }
        }
    }

    /// Deletes the object and waits until it is gone.
    pub(super) async fn delete(self, state: Json) -> Result<(), Trouble> {
        let since = Instant::now();
        let mut patience = self.patience(Action::Delete);
        while let Err(failure) = self.link.delete(&self.client, &state).await {
            patience.bear(failure).await?;
        }
        let Some(gone) = self.link.pace().gone else { return Ok(()) };
        let mut rhythm = Rhythm::expecting(gone);
        let mut status = String::new();
        loop {
            let cut = self.limits.pause(rhythm.step()).await.err();
            if cut == Some(Cut::Stopped) {
                return Err(Cut::Stopped.trouble(Action::Delete, status, since));
            }
            match self.link.remains(&self.client, &state).await {
                Ok(Observed::Absent) => return Ok(()),
                Ok(Observed::Pending { status: word, .. }) => status = word,
                Ok(Observed::Ready(_) | Observed::Failed { .. }) => "still there".clone_into(&mut status),
                Err(failure) if patience.allows(failure.class) => status = failure.to_string(),
                Err(failure) => return Err(patience.end(failure)),
            }
            if let Some(cut) = cut {
                return Err(cut.trouble(Action::Delete, status, since));
            }
        }
    }

    /// Reads the object; its absence is believed after several reads that say so.
    pub(super) async fn read(self, state: Json) -> Result<Observed<Json>, Trouble> {
        let since = Instant::now();
        let mut patience = self.patience(Action::Read);
        let mut rhythm = Rhythm::retrying(self.link.pace().retry);
        let mut absent = 0;
        loop {
            match self.link.read(&self.client, &state).await {
                Ok(Observed::Absent) => {
                    absent += 1;
                    if absent >= CONVINCING {
                        return Ok(Observed::Absent);
                    }
                    let pause = self.limits.pause(rhythm.step()).await;
                    pause.map_err(|cut| cut.trouble(Action::Read, String::new(), since))?;
                }
                Ok(seen) => return Ok(seen),
                Err(failure) => patience.bear(failure).await?,
            }
        }
    }
}

/// Turns a panic of a task into the end of its action.
pub(super) async fn caught<T>(action: Action, work: impl Future<Output = T>) -> Result<T, Trouble> {
    let since = Instant::now();
    AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| Trouble {
        action,
        cause: Cause::Failed(panicked(panic.as_ref())),
        waited: since.elapsed(),
    })
}

/// A defect of a chain or catalogue as the end of an action.
pub(super) fn defect(action: Action, words: impl Into<String>) -> Trouble {
    Trouble { action, cause: Cause::Failed(Failure::new(Class::Bug, words)), waited: Duration::ZERO }
}
