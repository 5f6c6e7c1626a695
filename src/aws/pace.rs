//! How often something is done that many may wait for: the first times at once, then so many seconds apart, for all who came meanwhile.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// When the next turn would be, if nothing was ever allowed to come early.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<Option<Instant>>);

impl Pace {
    /// Takes the next turn, and returns how long to wait for it. `early` turns need no wait; each that is not used for a time
    /// `apart` comes back.
    pub(super) fn turn(&self, apart: Duration, early: u32) -> Duration {
        let mut due = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let turn = due.map_or(now, |due| due.max(now));
        *due = Some(turn + apart);
        turn.duration_since(now).saturating_sub(apart * early.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_turns_come_at_once_and_the_others_apart() {
        let (pace, apart) = (Pace::default(), Duration::from_secs(20));
        let waits: Vec<u64> = (0..5).map(|_| pace.turn(apart, 3).as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 20, 40]);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(pace.turn(apart, 3).as_secs(), 0, "what was not used comes back");
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_seldom_never_waits() {
        let (pace, apart) = (Pace::default(), Duration::from_secs(20));
        for _ in 0..20 {
            assert!(pace.turn(apart, 1).is_zero());
            tokio::time::advance(apart).await;
        }
    }
}
