//! AWS's time, from the `Date` header of its replies.
//!
//! Clocks of machines differ by minutes; AWS's own agree to the second. What must be compared between runs on
//! different machines is told in this time. Between two replies it goes on by the monotonic clock.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// The clock of all clients of one set of credentials. Clones are the same clock.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    heard: Arc<Mutex<Option<(Timestamp, Instant)>>>,
    /// By how much AWS's time goes faster than this machine's: 1 but against a simulator.
    speed: u32,
}

impl Clock {
    pub(super) fn new(speed: u32) -> Self {
        Self { heard: Arc::default(), speed: speed.max(1) }
    }

    /// AWS's time now; `None` before any reply.
    pub(super) fn now(&self) -> Option<Timestamp> {
        let (date, since) = (*self.heard.lock().unwrap_or_else(PoisonError::into_inner))?;
        let passed = SignedDuration::try_from(since.elapsed().saturating_mul(self.speed)).ok()?;
        date.checked_add(passed).ok()
    }

    /// Takes note of a `Date` header. What cannot be read is none.
    fn hear(&self, date: &str) {
        if let Ok(date) = jiff::fmt::rfc2822::parse(date) {
            let heard = Some((date.timestamp(), Instant::now()));
            *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = heard;
        }
    }
}

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.hear(date);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_is_that_of_the_last_reply_and_goes_on() {
        let clock = Clock::new(1);
        assert_eq!(clock.now(), None);
        clock.hear("Thu, 01 Jan 2026 00:00:00 GMT");
        tokio::time::advance(Duration::from_secs(90)).await;
        assert_eq!(clock.now(), Some("2026-01-01T00:01:30Z".parse().unwrap()));
        clock.hear("soon");
        assert_eq!(clock.now(), Some("2026-01-01T00:01:30Z".parse().unwrap()));
        clock.clone().hear("Thu, 01 Jan 2026 00:00:10 GMT");
        assert_eq!(clock.now(), Some("2026-01-01T00:00:10Z".parse().unwrap()), "AWS is right");
    }

    #[tokio::test(start_paused = true)]
    async fn a_faster_clock_is_followed() {
        let clock = Clock::new(60);
        clock.hear("Thu, 01 Jan 2026 00:00:00 GMT");
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(clock.now(), Some("2026-01-01T00:02:00Z".parse().unwrap()));
    }
}
