//! Waiting: when to look, when to try again, and what ends both.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::failure::{Class, Failure};
use super::link::Pace;
use super::outcome::{Action, Cause};
use super::run::Limits;

/// Longest interval between two looks or two attempts, in AWS's time.
const LONGEST: Duration = Duration::from_mins(1);
/// Shortest interval between two looks or two attempts.
const SHORTEST: Duration = Duration::from_secs(2);
/// After so much of an expected time to look first: AWS is seldom much faster.
const FIRST_LOOK: f64 = 0.9;
/// The next interval as a part of the time waited so far: a wait is at most so much longer than it had to
/// be, and the number of calls grows with the logarithm of the time, not with the time.
///
/// Both figures are a bargain between calls and time. On the simulator's distributions they cost 27 looks
/// for the eight waits of both sides, made and destroyed, and 7 s after each on average where nobody
/// looked; half the time and 15 s at most between looks cost 73 looks for 3 s.
const PART: f64 = 1.0 / 3.0;
/// An attempt is a call that may be refused, so attempts grow apart faster.
const PART_OF_ATTEMPTS: f64 = 1.0;
/// For so long after a create or update, reads may not show it yet and calls may not find it.
pub(super) const VISIBLE: Duration = Duration::from_mins(1);

/// What ended a wait before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    Deadline,
    Stopped,
}

/// Why a piece of work ended without success.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trouble {
    pub(super) action: Action,
    pub(super) cause: Cause,
    pub(super) waited: Duration,
}

impl Limits {
    /// A time of AWS on this run's clock.
    pub(super) fn scaled(&self, time: Duration) -> Duration {
        time / self.speed.max(1)
    }

    /// Which limit is reached, if any.
    pub(super) fn cut(&self) -> Option<Cut> {
        if self.stop.is_set() {
            Some(Cut::Stopped)
        } else if Instant::now() >= self.deadline {
            Some(Cut::Deadline)
        } else {
            None
        }
    }

    /// Sleeps for a time of AWS; shorter where a limit is reached.
    pub(super) async fn pause(&self, time: Duration) -> Result<(), Cut> {
        let until = Instant::now() + self.scaled(time);
        tokio::select! {
            biased;
            () = self.stop.wait() => Err(Cut::Stopped),
            () = sleep_until(until.min(self.deadline)) => if until < self.deadline { Ok(()) } else { Err(Cut::Deadline) },
        }
    }

    /// Whether `since` is so recent that AWS may not show what happened then.
    pub(super) fn is_fresh(&self, since: Option<Instant>) -> bool {
        since.is_some_and(|since| since.elapsed() < self.scaled(VISIBLE))
    }
}

impl Cut {
    /// The cut as the end of an action.
    pub(super) fn trouble(self, action: Action, status: String, since: Instant) -> Trouble {
        let cause = match self {
            Self::Deadline => Cause::Deadline { status },
            Self::Stopped => Cause::Stopped,
        };
        Trouble { action, cause, waited: since.elapsed() }
    }
}

/// Intervals that grow with the time waited so far up to [`LONGEST`], each shortened by up to a tenth so
/// that many resources do not ask at the same moment. Never longer than without jitter, so that waits
/// have an upper bound.
#[derive(Debug)]
pub(super) struct Rhythm {
    next: Duration,
    waited: Duration,
    part: f64,
}

impl Rhythm {
    /// For something expected to take so long.
    pub(super) fn expecting(time: Duration) -> Self {
        Self { next: time.mul_f64(FIRST_LOOK), waited: Duration::ZERO, part: PART }
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
        let now = self.next.mul_f64(0.1f64.mul_add(-fastrand::f64(), 1.0));
        self.waited += now;
        self.next = self.waited.mul_f64(self.part).clamp(SHORTEST, LONGEST);
        now
    }
}

/// Tries one action again and again, as far as the class of its failures allows.
pub(super) struct Patience<'a> {
    limits: &'a Limits,
    action: Action,
    /// When this run last made something.
    born: Option<Instant>,
    since: Instant,
    rhythm: Rhythm,
}

impl<'a> Patience<'a> {
    pub(super) fn new(limits: &'a Limits, action: Action, born: Option<Instant>, pace: Pace) -> Self {
        Self { limits, action, born, since: Instant::now(), rhythm: Rhythm::retrying(pace.retry) }
    }

    /// Whether another attempt may succeed.
    pub(super) fn allows(&self, class: Class) -> bool {
        match class {
            Class::Throttled | Class::Unavailable | Class::Busy | Class::Lost => true,
            Class::NotYetVisible => self.limits.is_fresh(self.born),
            Class::InUse => self.action == Action::Delete,
            Class::Denied | Class::Invalid | Class::LimitExceeded | Class::Taken | Class::Unknown | Class::Bug => false,
        }
    }

    /// Pauses before the next attempt, or says why there is none.
    pub(super) async fn bear(&mut self, failure: Failure) -> Result<(), Trouble> {
        if !self.allows(failure.class) {
            return Err(self.end(failure));
        }
        tracing::debug!(action = %self.action, %failure, "trying again");
        match self.limits.pause(self.rhythm.step()).await {
            Ok(()) => Ok(()),
            // AWS's words say more than "timeout"; how long it took is beside them.
            Err(Cut::Deadline) => Err(self.end(failure)),
            Err(cut @ Cut::Stopped) => Err(cut.trouble(self.action, String::new(), self.since)),
        }
    }

    /// The last failure as the end of the action.
    pub(super) fn end(&self, failure: Failure) -> Trouble {
        Trouble { action: self.action, cause: Cause::Failed(failure), waited: self.since.elapsed() }
    }
}
