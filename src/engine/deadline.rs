//! When a run ends: so long after its begin, without the time in which it stood in line.
//!
//! AWS gives an account a few calls a second, of some kinds one in three seconds, and this process sends no more. Where hundreds of
//! resources are made together, each stands in line behind the calls of others, for longer than its own work takes. A timeout is there
//! for AWS's work on one resource; how many others there are is nobody's failure.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// The end of a run. Clones are of the same.
#[derive(Debug, Clone)]
pub struct Deadline(Arc<watch::Sender<Clock>>);

#[derive(Debug, Clone, Copy)]
struct Clock {
    end: Instant,
    /// In so many lines the run stands now: then its clock stands still.
    lines: u32,
    /// Since when.
    since: Instant,
}

/// A place in a line. Dropped, its time counts like any other.
#[derive(Debug)]
pub(super) struct InLine<'a> {
    deadline: &'a Deadline,
    /// How much of the time in it does not count.
    share: f64,
}

impl Deadline {
    /// So long after now.
    pub fn after(time: Duration) -> Self {
        let now = Instant::now();
        Self(Arc::new(watch::Sender::new(Clock { end: now + time, lines: 0, since: now })))
    }

    /// The same, or so long after now where that is sooner.
    #[must_use]
    pub fn or_after(&self, time: Duration) -> Self {
        let rest = self.0.borrow().end.saturating_duration_since(Instant::now());
        Self::after(rest.min(time))
    }

    /// Whether it has come.
    pub(super) fn is_reached(&self) -> bool {
        let clock = *self.0.borrow();
        clock.lines == 0 && Instant::now() >= clock.end
    }

    /// Returns when it comes.
    pub(super) async fn reached(&self) {
        let mut clock = self.0.subscribe();
        loop {
            let Clock { end, lines, .. } = *clock.borrow_and_update();
            tokio::select! {
                biased;
                () = sleep_until(end), if lines == 0 => return,
                // The sender lives in `self`.
                _ = clock.changed() => {}
            }
        }
    }

    /// Stops the clock until the place is left.
    pub(super) fn stand_in_line(&self) -> InLine<'_> {
        self.0.send_modify(|clock| {
            if clock.lines == 0 {
                clock.since = Instant::now();
            }
            clock.lines += 1;
        });
        InLine { deadline: self, share: 0.0 }
    }
}

impl InLine<'_> {
    /// Leaves it; so much of the time in it does not count.
    pub(super) fn leave(mut self, share: f64) {
        self.share = share.clamp(0.0, 1.0);
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.deadline.0.send_modify(|clock| {
            clock.lines = clock.lines.saturating_sub(1);
            if clock.lines == 0 {
                clock.end += clock.since.elapsed().mul_f64(self.share);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_line_does_not_count() {
        let (start, deadline) = (Instant::now(), Deadline::after(seconds(60)));
        let work = async {
            tokio::time::sleep(seconds(50)).await;
            let (one, other) = (deadline.stand_in_line(), deadline.stand_in_line());
            tokio::time::sleep(seconds(1000)).await;
            one.leave(1.0);
            assert!(!deadline.is_reached());
            other.leave(1.0);
        };
        tokio::join!(work, deadline.reached());
        assert_eq!(start.elapsed(), seconds(1060));
        assert!(deadline.is_reached());
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_a_line_that_is_left_early_or_that_aws_slowed_down_counts() {
        let (start, deadline) = (Instant::now(), Deadline::after(seconds(60)));
        let slow = deadline.stand_in_line();
        tokio::time::sleep(seconds(100)).await;
        slow.leave(0.25);
        drop(deadline.stand_in_line());
        deadline.reached().await;
        assert_eq!(start.elapsed(), seconds(100), "25 s more than 60 s are over");
        assert_eq!(deadline.or_after(seconds(9)).0.borrow().end, Instant::now());
    }
}
