//! Whether another run goes on: tags are watched for a whole term of this process, and for what is left of their own.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

use super::HOLDS;
use super::content::RunTag;
use super::writer::Writer;
use crate::engine::{Class, Failure, Result};
use crate::gather::Gather as _;
use crate::resource::access::Access;

/// So many looks are taken after the wait: one may miss some objects.
const LOOKS: u32 = 3;

/// Run tags by the ids of the objects that carry them.
pub(super) type Seen = BTreeMap<String, RunTag>;

/// What has become of a tag within a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Watched {
    /// It is another one now, so that the run that wrote it goes on, has ended or was followed by another.
    Moved(RunTag),
    /// It is the same: its run is dead.
    Still,
    /// No look has shown it again.
    Unseen,
}

impl<C: Access> Writer<C> {
    /// Watches the tags `before` and returns what has become of each, by the same ids.
    ///
    /// # Errors
    ///
    /// That of a look, or that the run ended while it watched.
    pub(super) async fn watch<F>(&self, before: &Seen, look: impl Fn() -> F) -> Result<BTreeMap<String, Watched>>
    where
        F: Future<Output = Result<Seen>>,
    {
        tracing::info!(tags = ?before, "watching whether an earlier run goes on");
        self.wait(HOLDS, before).await?;
        let left = before.values().map(|tag| self.rest(tag.time)).max().unwrap_or_default();
        self.wait(left, before).await?;
        let mut watched: BTreeMap<String, Watched> = before.keys().map(|id| (id.clone(), Watched::Unseen)).gather();
        for _ in 0..LOOKS {
            for (id, now) in look().await? {
                let Some(tag) = before.get(&id) else { continue };
                // A read that lags shows a tag as it was before its renewal.
                let moved = if now == *tag { Watched::Still } else { Watched::Moved(now) };
                if !matches!(watched.get(&id), Some(Watched::Moved(_))) {
                    watched.insert(id, moved);
                }
            }
            if !watched.values().any(|one| *one == Watched::Unseen) {
                break;
            }
        }
        Ok(watched)
    }

    async fn wait(&self, time: Duration, watched: &Seen) -> Result<()> {
        self.limits.pause_for(self.limits.scaled(time)).await.map_err(|_| {
            let ids: Vec<&str> = watched.keys().map(String::as_str).collect();
            let words = format!("The run ended while it watched whether an earlier run goes on with {}", ids.join(", "));
            Failure::new(Class::Unavailable, words).advise(
                "Wait until no other apply of this state runs, then apply again: a run that was interrupted is known as \
                 such after three minutes",
            )
        })
    }

    /// The rest of a term in AWS's time, never more than a whole one: a stamp further ahead is of no clock of AWS's.
    fn rest(&self, until: Option<Timestamp>) -> Duration {
        let left = until.zip(self.client.now()).map(|(until, now)| until.duration_since(now));
        left.and_then(|left| Duration::try_from(left).ok()).unwrap_or_default().min(HOLDS)
    }
}
