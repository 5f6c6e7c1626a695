//! The waits of [`Work`]: until an object works, and until a person has opened its gate.

use tokio::time::Instant;

use serde_json::Value as Json;

use super::compare::{Change, Gate};
use super::erased::AnySpec;
use super::link::Observed;
use super::outcome::{Action, Cause};
use super::tasks::{CONVINCING, End, Task};
use super::wait::{Backoff, Interruption, Retry, StepError};

impl<C: Send + Sync + 'static> Task<C> {
    /// Waits until the object works. After a change of this run (`changed`), reads that do not show
    /// it yet are not believed for a while.
    pub(super) async fn wait_ready(self, spec: AnySpec, mut state: Json, changed: bool) -> End {
        let since = Instant::now();
        let last_created = changed.then_some(since);
        let expected = self.link.pace().ready.filter(|_| changed);
        let mut backoff = expected.map_or_else(Backoff::at_once, Backoff::expecting);
        let mut status = String::new();
        let mut absent = 0;
        let broken = |state, reason| {
            End::err(
                Some(state),
                StepError { action: Action::Wait, cause: Cause::Broken { reason }, waited: since.elapsed() },
            )
        };
        loop {
            let interruption = self.pause_for_look(&mut backoff, absent == 0).await.err();
            if interruption == Some(Interruption::Stopped) {
                return End::err(Some(state), Interruption::Stopped.step_error(Action::Wait, status, since));
            }
            let fresh = self.limits.is_fresh(last_created);
            let mut failed = None;
            let look =
                if changed { self.link.poll(&self.client, &state) } else { self.link.read(&self.client, &state) };
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
                    let retry = Retry::new(&self.limits, Action::Read, Some(since), self.link.pace());
                    if !retry.allows(failure.class) {
                        return End::err(Some(state), retry.end(failure));
                    }
                    failed = Some(failure);
                }
            }
            if let Some(interruption) = interruption {
                return End::err(Some(state), interruption.ended(Action::Wait, status, failed, since));
            }
        }
    }

    /// Waits until a person has opened the gate.
    pub(super) async fn wait_for_gate(self, spec: AnySpec, mut state: Json, mut reason: String) -> End {
        let since = Instant::now();
        let mut backoff = Backoff::expecting(self.link.pace().ready.unwrap_or_default());
        let shut = |state, reason| {
            End::err(
                Some(state),
                StepError { action: Action::Wait, cause: Cause::Gate { reason }, waited: since.elapsed() },
            )
        };
        loop {
            let interruption = self.pause_for_look(&mut backoff, true).await.err();
            if interruption == Some(Interruption::Stopped) {
                return End::err(Some(state), Interruption::Stopped.step_error(Action::Wait, reason, since));
            }
            let mut failed = None;
            match self.link.read(&self.client, &state).await {
                Ok(Observed::Ready(seen)) => {
                    state = seen;
                    match self.link.gate(&spec, &state) {
                        Ok(Gate::Open) => return End::ok(state),
                        Ok(Gate::Closed { reason, wait: false }) => return shut(state, reason),
                        Ok(Gate::Closed { reason: words, wait: true }) => reason = words,
                        Err(failure) => return End::err(Some(state), self.retry(Action::Wait).end(failure)),
                    }
                }
                Ok(Observed::Failed { state, reason }) => {
                    let cause = Cause::Broken { reason };
                    return End::err(Some(state), StepError { action: Action::Wait, cause, waited: since.elapsed() });
                }
                Ok(Observed::Pending { .. } | Observed::Absent) => {}
                Err(failure) if self.retry(Action::Read).allows(failure.class) => failed = Some(failure),
                Err(failure) => return End::err(Some(state), self.retry(Action::Read).end(failure)),
            }
            match (interruption, failed) {
                (None, _) => {}
                (Some(_), None) => return shut(state, reason),
                // Whether somebody opened it could not be seen.
                (Some(interruption), failed) => {
                    return End::err(Some(state), interruption.ended(Action::Wait, reason, failed, since));
                }
            }
        }
    }
}
