//! Waiting: when to look, when to try again, and what ends both.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::failure::{Class, Failure, Result};
use super::link::Pace;
use super::outcome::{Action, Cause};
use super::run::Limits;

/// Longest interval between two looks or two attempts, in AWS's time.
const LONGEST: Duration = Duration::from_mins(1);
/// Shortest interval between two looks or two attempts.
pub(super) const SHORTEST: Duration = Duration::from_secs(2);
/// The next interval as a part of the time waited so far: a wait is at most so much longer than it had to
/// be, and the number of calls grows with the logarithm of the time, not with the time.
///
/// It is a bargain between calls and time. On the simulator's distributions the eight waits of both sides,
/// made and destroyed, take 26 looks and end 16 s late on average; intervals of 15 s at most from half of the
/// expected time on take 73 looks and end 6 s late.
const PART: f64 = 0.25;
/// An attempt is a call that may be refused, so attempts grow apart faster.
const PART_OF_ATTEMPTS: f64 = 1.0;
/// For so long after a create or update, reads may not show it yet and calls may not find it.
pub(super) const VISIBLE: Duration = Duration::from_mins(1);
/// For so long a read does not believe that something is absent that was there a moment ago: one replica may miss it.
const DOUBTED: Duration = Duration::from_secs(10);

/// What ended a wait before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interruption {
    Deadline,
    Stopped,
}

/// Why a piece of work ended without success.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StepError {
    pub(super) action: Action,
    pub(super) cause: Cause,
    pub(super) waited: Duration,
}

impl Limits {
    /// Which limit is reached, if any.
    pub(super) fn interruption(&self) -> Option<Interruption> {
        if self.stop.is_set() {
            Some(Interruption::Stopped)
        } else if self.deadline.is_reached() {
            Some(Interruption::Deadline)
        } else {
            None
        }
    }

    /// Sleeps for a time of AWS; shorter where a limit is reached.
    pub(super) async fn pause(&self, time: Duration) -> Result<(), Interruption> {
        self.pause_until(sleep(self.scaled(time))).await
    }

    /// Waits for something; shorter where a limit is reached.
    pub(super) async fn pause_until(&self, waited: impl Future<Output = ()>) -> Result<(), Interruption> {
        tokio::select! {
            biased;
            () = self.stop.wait() => Err(Interruption::Stopped),
            () = self.deadline.reached() => Err(Interruption::Deadline),
            () = waited => Ok(()),
        }
    }

    /// Looks until AWS answers, from the beginning again where a look failed, as far as the class of its failure and these
    /// limits allow.
    ///
    /// # Errors
    ///
    /// The last failure.
    pub async fn ask<T, Answer>(&self, look: impl Fn() -> Answer) -> Result<T>
    where
        Answer: Future<Output = Result<T>>,
    {
        let mut retry = Retry::reading(self);
        loop {
            match look().await {
                Ok(found) => return Ok(found),
                Err(failure) => retry.again(failure).await?,
            }
        }
    }

    /// Does what may be done twice, again where it failed, as far as the class of its failure and these limits allow. What it acts on
    /// may have been made a moment ago.
    ///
    /// # Errors
    ///
    /// What ended it.
    pub async fn act<T, Answer>(&self, act: impl Fn() -> Answer) -> Result<T, Cause>
    where
        Answer: Future<Output = Result<T>>,
    {
        let mut retry = Retry::new(self, Action::Update, Some(Instant::now()), Pace::default());
        loop {
            match act().await {
                Ok(done) => return Ok(done),
                Err(failure) => retry.retry_or_fail(failure).await.map_err(|end| end.cause)?,
            }
        }
    }

    /// Looks until something has come about, first after so long. A look is told whether it may still be older than what was done; its answer is
    /// none, or how far it is.
    ///
    /// # Errors
    ///
    /// What ended it.
    pub async fn until<Answer>(&self, expected: Duration, look: impl Fn(bool) -> Answer) -> Result<(), Cause>
    where
        Answer: Future<Output = Result<Option<String>>>,
    {
        let since = Instant::now();
        let mut backoff = Backoff::expecting(expected);
        loop {
            let interruption = self.pause(backoff.step()).await.err();
            if interruption == Some(Interruption::Stopped) {
                return Err(Cause::Stopped);
            }
            let status = match look(self.is_fresh(Some(since))).await {
                Ok(None) => return Ok(()),
                Ok(Some(status)) => status,
                Err(failure) => {
                    let retry = Retry::new(self, Action::Read, Some(since), Pace::default());
                    if !retry.allows(failure.class) || interruption.is_some() {
                        return Err(Cause::Failed(failure));
                    }
                    failure.to_string()
                }
            };
            if interruption.is_some() {
                return Err(Cause::Deadline { status });
            }
        }
    }

    /// Whether `since` is so recent that AWS may not show what happened then.
    pub(super) fn is_fresh(&self, since: Option<Instant>) -> bool {
        since.is_some_and(|since| since.elapsed() < self.scaled(VISIBLE))
    }
}

impl Interruption {
    /// The interruption as the end of a wait, whose last look may have failed: AWS's words say more than "timeout".
    pub(super) fn ended(self, action: Action, status: String, failed: Option<Failure>, since: Instant) -> StepError {
        match failed {
            Some(failure) if self == Self::Deadline => {
                StepError { action, cause: Cause::Failed(failure), waited: since.elapsed() }
            }
            _ => self.step_error(action, status, since),
        }
    }

    /// The interruption as the end of an action.
    pub(super) fn step_error(self, action: Action, status: String, since: Instant) -> StepError {
        let cause = match self {
            Self::Deadline => Cause::Deadline { status },
            Self::Stopped => Cause::Stopped,
        };
        StepError { action, cause, waited: since.elapsed() }
    }
}

/// Intervals that grow with the time waited so far up to [`LONGEST`], each but the first shortened by up to a
/// tenth so that many processes do not ask at the same moment. The first is kept: what was started together
/// is looked at together, in one joined call. Never longer than without jitter, so that waits have an upper
/// bound.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    waited: Duration,
    part: f64,
}

impl Backoff {
    /// For something that takes about so long.
    pub(super) fn expecting(time: Duration) -> Self {
        Self { next: time, waited: Duration::ZERO, part: PART }
    }

    /// For something read at once and again soon.
    pub(super) fn at_once() -> Self {
        Self { next: Duration::ZERO, waited: Duration::ZERO, part: PART }
    }

    /// For another attempt, first after so long.
    pub(super) fn retrying(first: Duration) -> Self {
        Self { next: first, waited: Duration::ZERO, part: PART_OF_ATTEMPTS }
    }

    /// The next interval.
    pub(super) fn step(&mut self) -> Duration {
        let jitter = if self.waited.is_zero() { 0.0 } else { 0.1 * fastrand::f64() };
        let now = self.next.mul_f64(1.0 - jitter);
        self.waited += now;
        self.next = self.after_the_wait();
        now
    }

    /// Whether nothing was waited for yet.
    pub(super) fn is_new(&self) -> bool {
        self.waited.is_zero()
    }

    /// Takes note that the last interval ended so much earlier than told.
    pub(super) fn cut_by(&mut self, rest: Duration) {
        self.waited = self.waited.saturating_sub(rest);
        self.next = self.after_the_wait();
    }

    fn after_the_wait(&self) -> Duration {
        self.waited.mul_f64(self.part).clamp(SHORTEST, LONGEST)
    }
}

/// Tries one action again and again, as far as the class of its failures allows.
pub struct Retry<'a> {
    limits: &'a Limits,
    action: Action,
    /// When this run last made something, or began to look.
    last_created: Option<Instant>,
    /// For so long from then on absence is doubted.
    doubted: Duration,
    since: Instant,
    backoff: Backoff,
}

impl<'a> Retry<'a> {
    pub(super) fn new(limits: &'a Limits, action: Action, last_created: Option<Instant>, pace: Pace) -> Self {
        let backoff = Backoff::retrying(pace.retry);
        Self { limits, action, last_created, doubted: VISIBLE, since: Instant::now(), backoff }
    }

    /// The same where an absence is doubted though this run has made nothing yet.
    pub(super) fn doubting_absence(self) -> Self {
        if self.last_created.is_some() {
            return self;
        }
        Self { last_created: Some(Instant::now()), doubted: DOUBTED, ..self }
    }

    /// For a look that belongs to no link.
    pub fn reading(limits: &'a Limits) -> Self {
        Self { doubted: DOUBTED, ..Self::new(limits, Action::Read, Some(Instant::now()), Pace::default()) }
    }

    /// Pauses before the next look, or gives the failure back.
    ///
    /// # Errors
    ///
    /// The failure, where another attempt would fail too or a limit came first.
    pub async fn again(&mut self, failure: Failure) -> Result<()> {
        self.retry_or_fail(failure.clone()).await.map_err(|_| failure)
    }

    /// Whether another attempt may succeed.
    pub(super) fn allows(&self, class: Class) -> bool {
        match class {
            Class::Throttled | Class::Unavailable | Class::Busy | Class::Lost => true,
            Class::NotYetVisible => {
                self.last_created.is_some_and(|last_created| last_created.elapsed() < self.limits.scaled(self.doubted))
            }
            Class::InUse => self.action == Action::Delete,
            Class::Denied
            | Class::Invalid
            | Class::LimitExceeded
            | Class::Taken
            | Class::Kept
            | Class::Unknown
            | Class::Bug => false,
        }
    }

    /// Pauses before the next attempt, or says why there is none.
    pub(super) async fn retry_or_fail(&mut self, failure: Failure) -> Result<(), StepError> {
        if !self.allows(failure.class) {
            return Err(self.end(failure));
        }
        tracing::debug!(action = %self.action, %failure, "trying again");
        match self.limits.pause(self.backoff.step()).await {
            Ok(()) => Ok(()),
            // AWS's words say more than "timeout"; how long it took is beside them.
            Err(Interruption::Deadline) => Err(self.end(failure)),
            Err(interruption @ Interruption::Stopped) => {
                Err(interruption.step_error(self.action, String::new(), self.since))
            }
        }
    }

    /// The last failure as the end of the action.
    pub(super) fn end(&self, failure: Failure) -> StepError {
        StepError { action: self.action, cause: Cause::Failed(failure), waited: self.since.elapsed() }
    }
}
