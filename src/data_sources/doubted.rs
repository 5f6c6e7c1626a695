//! What AWS does not show once need not be gone: one of its replicas misses an object now and then.

use std::future::Future;
use std::time::Duration;

use crate::engine::{Failure, Limits};

/// After each of these pauses one more read must miss it.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

/// Asks for something, again where it is not there: what a person names is there, as a rule.
pub(super) async fn doubted<T, Ask, Answer>(ask: Ask) -> Result<Option<T>, Failure>
where
    Ask: Fn() -> Answer,
    Answer: Future<Output = Result<Option<T>, Failure>>,
{
    for pause in PAUSES {
        if let Some(found) = ask().await? {
            return Ok(Some(found));
        }
        if Limits::sleep(pause).await.is_err() {
            break;
        }
    }
    ask().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_one_read_misses_is_asked_for_again_and_what_is_gone_three_times() {
        let asked = Cell::new(0);
        let shown_at = |wanted: u32| {
            let asked = &asked;
            move || {
                asked.set(asked.get() + 1);
                std::future::ready(Ok((asked.get() == wanted).then_some(())))
            }
        };
        assert_eq!(doubted(shown_at(2)).await, Ok(Some(())));
        asked.set(0);
        assert_eq!((doubted(shown_at(9)).await, asked.get()), (Ok(None), 3));
    }
}
