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

use crate::engine::Failure;

/// How long an answer holds.
const HOLDS: Duration = Duration::from_secs(30);

/// Answers by what was asked for.
#[derive(Debug)]
pub(super) struct Recent<V>(Mutex<BTreeMap<String, (Instant, V)>>);

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Clone> Recent<V> {
    /// The answer of a moment ago, or a new one.
    pub(super) async fn get(
        &self,
        key: &str,
        ask: impl Future<Output = Result<Option<V>, Failure>>,
    ) -> Result<Option<V>, Failure> {
        if let Some(known) = self.known(key) {
            return Ok(Some(known));
        }
        let answer = ask.await?;
        if let Some(answer) = &answer {
            let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            answers.retain(|_, (since, _)| since.elapsed() < HOLDS);
            answers.insert(key.to_owned(), (Instant::now(), answer.clone()));
        }
        Ok(answer)
    }

    fn known(&self, key: &str) -> Option<V> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(key).filter(|(since, _)| since.elapsed() < HOLDS).map(|(_, answer)| answer.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Class;

    async fn ask(recent: &Recent<u32>, answer: Result<Option<u32>, Failure>) -> Result<Option<u32>, Failure> {
        recent.get("subnet-a", async { answer }).await
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_holds_for_half_a_minute() {
        let recent = Recent::default();
        assert_eq!(ask(&recent, Ok(Some(1))).await, Ok(Some(1)));
        tokio::time::advance(Duration::from_secs(29)).await;
        assert_eq!(ask(&recent, Ok(Some(2))).await, Ok(Some(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(ask(&recent, Ok(Some(2))).await, Ok(Some(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn absence_and_failures_are_asked_for_again() {
        let recent = Recent::default();
        assert_eq!(ask(&recent, Ok(None)).await, Ok(None));
        let failure = Failure::new(Class::Unavailable, "later");
        assert_eq!(ask(&recent, Err(failure.clone())).await, Err(failure));
        assert_eq!(ask(&recent, Ok(Some(3))).await, Ok(Some(3)));
    }
}
