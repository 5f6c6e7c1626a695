//! Looks that are repeated before an absence is believed, for whatever looks at objects that others manage: plans and data sources.
//! The waits of a run have their own patience (`wait.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;

use super::failure::Result;
use super::run::Limits;

/// So many looks must say that something is absent.
const CONVINCING: u32 = 3;
/// Time between two of them.
const AGAIN: Duration = Duration::from_secs(1);

/// Looks again before it believes that something is absent: one of AWS's replicas misses an object now and then, and what a person
/// names is there, as a rule.
///
/// # Errors
///
/// The first failure of a look.
pub async fn convincing<T, F: Future<Output = Result<Option<T>>>>(look: impl Fn() -> F) -> Result<Option<T>> {
    let mut found = look().await?;
    for _ in 1..CONVINCING {
        if found.is_some() {
            break;
        }
        // At a stop the next look says that it was stopped.
        let _ = Limits::sleep(AGAIN).await;
        found = look().await?;
    }
    Ok(found)
}

/// What is found under these ids, and those of which several looks show nothing.
///
/// # Errors
///
/// The first failure of a look.
pub async fn sought<T, F: Future<Output = Result<Option<T>>>>(
    ids: &BTreeSet<String>,
    look: impl Fn(String) -> F,
) -> Result<(BTreeMap<String, T>, BTreeSet<String>)> {
    let looks = ids.iter().map(|id| async { Ok((id.clone(), convincing(|| look(id.clone())).await?)) });
    let (mut found, mut absent) = (BTreeMap::new(), BTreeSet::new());
    for (id, one) in futures_util::future::try_join_all(looks).await? {
        match one {
            Some(one) => drop(found.insert(id, one)),
            None => drop(absent.insert(id)),
        }
    }
    Ok((found, absent))
}

/// Whether something is there, by several looks where it seems not to be.
///
/// # Errors
///
/// The first failure of a look.
pub async fn seen<T, F: Future<Output = Result<Option<T>>>>(look: impl Fn() -> F) -> Result<bool> {
    Ok(convincing(look).await?.is_some())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_one_look_misses_is_looked_at_again_and_what_is_gone_three_times() {
        let asked = Cell::new(0);
        let shown_at = |wanted: u32| {
            let asked = &asked;
            move || {
                asked.set(asked.get() + 1);
                std::future::ready(Ok((asked.get() == wanted).then_some(())))
            }
        };
        assert_eq!(convincing(shown_at(2)).await, Ok(Some(())));
        asked.set(0);
        assert_eq!((convincing(shown_at(9)).await, asked.get()), (Ok(None), 3));
    }
}
