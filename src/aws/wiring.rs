//! The doors to the outside.

use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Doors that tests replace; all `None` outside of them.
#[derive(Debug, Clone, Default)]
pub struct Wiring {
    /// Carries requests.
    pub http_client: Option<SharedHttpClient>,
    /// Dates signatures and credentials.
    pub time_source: Option<SharedTimeSource>,
    /// Waits for timeouts and retries of the SDK.
    pub sleep: Option<SharedAsyncSleep>,
    /// Instead of `PRIVATELINK_CLOCK_SPEED`.
    pub clock_speed: Option<u32>,
    /// Instead of `PRIVATELINK_VIEWS`.
    pub views: Option<bool>,
    /// Instead of random uids.
    pub uids: Option<fn() -> String>,
}
