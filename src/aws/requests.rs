//! The requests of one call: the SDK repeats reads by itself.
//!
//! Each repetition counts, and one that follows a throttle draws on AWS's bucket like any other request: the limiter learns of it at
//! once, not when the call ends.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::time::Instant;

tokio::task_local! {
    static REQUESTS: Arc<Requests>;
}

/// Told when the SDK repeats a request that AWS had throttled, with the time at which the throttled one was sent.
type OnRepeat = Box<dyn Fn(Instant) + Send + Sync>;

/// What one call has sent.
struct Requests {
    count: AtomicU64,
    last: Mutex<Last>,
    on_repeat: OnRepeat,
}

/// The request that was sent last.
struct Last {
    sent: Instant,
    was_throttled: bool,
}

/// The interceptor, one for each client.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountRequests;

impl CountRequests {
    /// Does work, and returns how many requests were sent in it.
    pub(super) async fn over<F: Future>(work: F, on_repeat: OnRepeat) -> (F::Output, u64) {
        let last = Mutex::new(Last { sent: Instant::now(), was_throttled: false });
        let requests = Arc::new(Requests { count: AtomicU64::new(0), last, on_repeat });
        let output = REQUESTS.scope(Arc::clone(&requests), work).await;
        (output, requests.count.load(Ordering::Relaxed))
    }
}

impl Requests {
    fn note_sent(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let now = Last { sent: Instant::now(), was_throttled: false };
        let last = std::mem::replace(&mut *self.last.lock().unwrap_or_else(PoisonError::into_inner), now);
        if last.was_throttled {
            (self.on_repeat)(last.sent);
        }
    }

    fn note_status(&self, status: u16) {
        // EC2 throttles with 503, the others with 400. Of a 400 that is no throttle nothing is repeated.
        self.last.lock().unwrap_or_else(PoisonError::into_inner).was_throttled = matches!(status, 400 | 429 | 503);
    }
}

impl Intercept for CountRequests {
    fn name(&self) -> &'static str {
        "CountRequests"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Outside of a call there is nothing to count.
        let _ = REQUESTS.try_with(|requests| requests.note_sent());
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let _ = REQUESTS.try_with(|requests| requests.note_status(context.response().status().as_u16()));
        Ok(())
    }
}
