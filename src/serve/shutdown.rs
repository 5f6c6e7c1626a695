//! The wish to end, seen by all who hold something open.

use std::sync::Arc;

use tokio::sync::watch;

/// A wish that is spoken once and stays.
#[derive(Debug, Clone)]
pub(super) struct Shutdown(Arc<watch::Sender<bool>>);

impl Shutdown {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    pub(super) fn request(&self) {
        self.0.send_replace(true);
    }

    /// Waits until somebody wants to end.
    pub(super) async fn requested(&self) {
        // The sender is this very value: the channel cannot close while we wait.
        let _ = self.0.subscribe().wait_for(|requested| *requested).await;
    }
}
