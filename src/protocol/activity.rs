//! How much is going on: counted, so that the process ends when nothing is.

use std::sync::Arc;

use tokio::sync::watch;

/// A count of things in progress, shared by all who start or await them.
#[derive(Debug, Clone)]
pub struct Activity(Arc<watch::Sender<usize>>);

/// One thing in progress, until dropped.
#[derive(Debug)]
pub struct Busy(Activity);

impl Activity {
    /// Nothing in progress.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// Counts one thing until the returned value is dropped.
    #[must_use = "counted only while it lives"]
    pub fn begin(&self) -> Busy {
        self.0.send_modify(|count| *count += 1);
        Busy(self.clone())
    }

    /// Whether nothing is in progress.
    pub fn is_idle(&self) -> bool {
        *self.0.borrow() == 0
    }

    /// Waits until nothing is in progress.
    pub async fn idle(&self) {
        self.until(|count| count == 0).await;
    }

    /// Waits until something is in progress.
    pub async fn busy(&self) {
        self.until(|count| count > 0).await;
    }

    async fn until(&self, reached: impl Fn(usize) -> bool) {
        // The sender is this very value: the channel cannot close while we wait.
        let _ = self.0.subscribe().wait_for(|count| reached(*count)).await;
    }
}

impl Default for Activity {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}
