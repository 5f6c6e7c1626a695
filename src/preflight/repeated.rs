//! Reads that are repeated before an absence is believed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::engine::Result;

/// So many reads must say that a subnet is absent.
const CONVINCING: u32 = 3;
/// Time between two of them.
const AGAIN: Duration = Duration::from_secs(1);

/// Looks again before it believes that something is absent: one read may miss what is there, and a plan
/// is not refused for that.
pub(super) async fn convincing<T, F: Future<Output = Result<Option<T>>>>(look: impl Fn() -> F) -> Result<Option<T>> {
    let mut found = look().await?;
    for _ in 1..CONVINCING {
        if found.is_some() {
            break;
        }
        tokio::time::sleep(AGAIN).await;
        found = look().await?;
    }
    Ok(found)
}

/// What is found under these ids, and those of which several looks show nothing.
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
pub async fn seen<T, F: Future<Output = Result<Option<T>>>>(look: impl Fn() -> F) -> Result<bool> {
    Ok(convincing(look).await?.is_some())
}
