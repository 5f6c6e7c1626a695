//! The one clock of a world.
//!
//! Everything that takes time is a function of a [`Moment`]; nothing runs in the background. The clock follows tokio's, so a
//! test that pauses tokio pauses AWS, and `speed` makes an hour of AWS pass in a minute of the caller's.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Start of simulated time, fixed so that one seed gives the same bytes on every day.
const EPOCH_SECONDS: i64 = 1_767_225_600; // 2026-01-01T00:00:00Z

/// Marks a point of simulated time, in milliseconds since the world began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment(pub u64);

impl Moment {
    /// The end of time: for what never happens by itself.
    pub const NEVER: Self = Self(u64::MAX);

    /// Gives the moment `duration` later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// Gives the moment `duration` earlier, not before the beginning.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// Measures the time since `earlier`; zero when that lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Writes the moment as AWS does: `2026-01-01T00:00:00.000Z`.
    pub fn iso(self) -> String {
        format!("{:.3}", self.timestamp())
    }

    /// Writes the moment in seconds of Unix time.
    pub fn unix_seconds(self) -> i64 {
        self.timestamp().as_second()
    }

    /// Gives the moment of a Unix time; the world's beginning for what lies before it.
    pub fn of_unix_seconds(seconds: i64) -> Self {
        Self(u64::try_from(seconds.saturating_sub(EPOCH_SECONDS)).unwrap_or_default().saturating_mul(1000))
    }

    /// Writes the moment as the `Date` header of a reply: `Thu, 01 Jan 2026 00:00:00 GMT`.
    pub fn http_date(self) -> String {
        let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
        printer.timestamp_to_rfc9110_string(&self.timestamp()).unwrap_or_default()
    }

    fn timestamp(self) -> Timestamp {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX / 2);
        Timestamp::from_millisecond(EPOCH_SECONDS.saturating_mul(1000).saturating_add(millis)).unwrap_or(Timestamp::MAX)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Tells simulated time from tokio's clock, paused or real.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
    /// Simulated time that had passed by then.
    passed: Moment,
    speed: f64,
}

impl Clock {
    /// Starts a clock now; `speed` 60 makes a simulated minute pass per second.
    pub fn new(speed: f64) -> Self {
        Self::from(Moment::default(), speed)
    }

    /// Starts a clock now that shows a moment.
    pub fn from(passed: Moment, speed: f64) -> Self {
        Self { start: Instant::now(), passed, speed: if speed > 0.0 { speed } else { 1.0 } }
    }

    /// Tells the present moment.
    pub fn now(&self) -> Moment {
        self.passed.after(self.start.elapsed().mul_f64(self.speed))
    }

    /// Sleeps for a stretch of simulated time.
    pub async fn sleep(&self, simulated: Duration) {
        if !simulated.is_zero() {
            tokio::time::sleep(simulated.div_f64(self.speed)).await;
        }
    }

    /// Gives the factor between simulated and real time.
    pub fn speed(&self) -> f64 {
        self.speed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn simulated_time_runs_at_the_speed_of_the_clock() {
        let clock = Clock::new(60.0);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(clock.now(), Moment(120_000));
        assert_eq!(clock.now().iso(), "2026-01-01T00:02:00.000Z");
        assert_eq!(clock.now().http_date(), "Thu, 01 Jan 2026 00:02:00 GMT");
        clock.sleep(Duration::from_mins(1)).await;
        assert_eq!(clock.now(), Moment(180_000));
    }
}
