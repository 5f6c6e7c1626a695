//! What AWS said a moment ago about things that this provider never changes.
//!
//! Core plans a resource whose inputs were unknown once more within its apply, and the apply looks again
//! right before its first write: the same subnets, the same VPC, the same service, within seconds. An
//! answer holds for [`HOLDS`], so that they are asked for once. Absence is not remembered, because what
//! is missing may appear. Objects of ours are read through `reads`, which never answers with old news.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::turns::Turns;
use crate::engine::Result;

/// How long an answer holds.
pub(super) const HOLDS: Duration = Duration::from_secs(30);
/// How long one holds where what is asked for hardly ever changes, and AWS refuses what has.
pub(super) const LATELY: Duration = Duration::from_mins(15);
/// How long answers are kept at all.
const KEPT: Duration = Duration::from_mins(30);

/// Answers by what was asked for.
#[derive(Debug)]
pub(super) struct TtlCache<V> {
    answers: Mutex<BTreeMap<String, (Instant, V)>>,
    turns: Turns,
}

impl<V> Default for TtlCache<V> {
    fn default() -> Self {
        Self { answers: Mutex::default(), turns: Turns::default() }
    }
}

impl<V: Clone> TtlCache<V> {
    /// The answer of a moment ago, or a new one.
    pub(super) async fn get(&self, key: &str, ask: impl Future<Output = Result<Option<V>>>) -> Result<Option<V>> {
        self.get_while(key, |age, _| age < HOLDS, ask).await
    }

    /// The same for answers that hold as long as this says of their age.
    pub(super) async fn get_while(
        &self,
        key: &str,
        holds: impl Fn(Duration, &V) -> bool,
        ask: impl Future<Output = Result<Option<V>>>,
    ) -> Result<Option<V>> {
        if let Some(known) = self.known(key, &holds) {
            return Ok(Some(known));
        }
        // Many ask for the same at the same time, as often as not.
        let _turn = self.turns.take(key).await;
        if let Some(known) = self.known(key, &holds) {
            return Ok(Some(known));
        }
        let answer = ask.await?;
        if let Some(answer) = &answer {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.retain(|_, (since, _)| since.elapsed() < KEPT);
            answers.insert(key.to_owned(), (Instant::now(), answer.clone()));
        }
        Ok(answer)
    }

    /// Forgets an answer, because it was changed by this process.
    pub(super) fn forget(&self, key: &str) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    fn known(&self, key: &str, holds: &impl Fn(Duration, &V) -> bool) -> Option<V> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(key).filter(|(since, answer)| holds(since.elapsed(), answer)).map(|(_, answer)| answer.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Class, Failure};

    async fn ask(cache: &TtlCache<u32>, answer: Result<Option<u32>>) -> Result<Option<u32>> {
        cache.get("subnet-a", async { answer }).await
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_holds_for_half_a_minute() {
        let cache = TtlCache::default();
        assert_eq!(ask(&cache, Ok(Some(1))).await, Ok(Some(1)));
        tokio::time::advance(Duration::from_secs(29)).await;
        assert_eq!(ask(&cache, Ok(Some(2))).await, Ok(Some(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(ask(&cache, Ok(Some(2))).await, Ok(Some(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn absence_and_failures_are_asked_for_again() {
        let cache = TtlCache::default();
        assert_eq!(ask(&cache, Ok(None)).await, Ok(None));
        let failure = Failure::new(Class::Unavailable, "later");
        assert_eq!(ask(&cache, Err(failure.clone())).await, Err(failure));
        assert_eq!(ask(&cache, Ok(Some(3))).await, Ok(Some(3)));
    }
}
