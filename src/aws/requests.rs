//! How many requests a call took: the SDK repeats reads by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

tokio::task_local! {
    static REQUESTS: Arc<AtomicU64>;
}

/// The interceptor, one for each client.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountRequests;

impl CountRequests {
    /// Does work, and returns how many requests were sent in it.
    pub(super) async fn over<F: Future>(work: F) -> (F::Output, u64) {
        let requests = Arc::new(AtomicU64::new(0));
        let output = REQUESTS.scope(Arc::clone(&requests), work).await;
        (output, requests.load(Ordering::Relaxed))
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
        let _ = REQUESTS.try_with(|requests| requests.fetch_add(1, Ordering::Relaxed));
        Ok(())
    }
}
