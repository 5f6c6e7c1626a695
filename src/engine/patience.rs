//! Looks that need not come at the second: those of waits for what takes AWS minutes.
//!
//! Where hundreds of resources are made, each wait would look by itself, some seconds after the one before. A patient look may come
//! a little later, in one call with those of others. Whether it does is decided where the calls are made (`aws::batched`): the first
//! ones of a run never wait.

use std::time::Duration;

use super::run::Limits;

/// The longest time that a patient look waits for others, and the shortest between two of them where there are many.
const APART: Duration = Duration::from_secs(20);

tokio::task_local! {
    static AT_WORK: Duration;
}

/// Work whose looks, and last words, may wait for those of others.
#[derive(Debug, Clone, Copy)]
pub struct Patience;

impl Patience {
    /// Does work whose calls may wait for others, as far as the limits allow.
    pub async fn over<F: Future>(limits: &Limits, work: F) -> F::Output {
        AT_WORK.scope(limits.scaled(APART), work).await
    }

    /// Returns how far apart the calls of the work that is polled may be; `None` where each counts.
    pub fn at_work() -> Option<Duration> {
        AT_WORK.try_with(|apart| *apart).ok()
    }
}
