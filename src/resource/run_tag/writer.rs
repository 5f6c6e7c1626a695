//! Writes the run tag, renews it until the run is done, and says in it that the run has ended.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::super::access::Access;
use super::content::{RunTag, Stage};
use super::{AHEAD, HOLDS, SOON};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Limits, Result, Rounds, RunKeys, Turn};

/// So much sooner than it has to be a tag is renewed where those of other runs are.
const TOGETHER: Duration = Duration::from_secs(30);

/// So many times the tag is tried to be ended.
const ATTEMPTS: u32 = 5;

/// One run's pen.
pub(super) struct Writer<C> {
    pub(super) client: Arc<C>,
    pub(super) limits: Limits,
    /// Tells this run from others.
    pub(super) run: String,
    /// What this run started from.
    pub(super) basis: String,
    /// Words that lead to objects without tags.
    pub(super) hints: BTreeSet<String>,
    /// The keys of the tag.
    pub(super) keys: RunKeys,
    /// While it goes on.
    pub(super) stage: Stage,
}

impl<C: Access> Writer<C> {
    pub(super) fn new(client: &Arc<C>, limits: &Limits, stage: Stage, basis: String) -> Self {
        let run = client.mint_uid().get(..8).unwrap_or_default().to_owned();
        Self {
            client: Arc::clone(client),
            limits: limits.clone(),
            run,
            basis,
            hints: BTreeSet::new(),
            keys: RunKeys::OWN,
            stage,
        }
    }

    /// The tag of a run that goes on.
    pub(super) fn running(&self) -> RunTag {
        let time = self.client.now().and_then(|now| now.checked_add(signed(HOLDS)).ok());
        self.tag(self.stage, time, &self.basis)
    }

    /// The tag of a run that has ended.
    pub(super) fn ended(&self, basis: &str) -> RunTag {
        let stage = match self.stage {
            Stage::Creating | Stage::Created => Stage::Created,
            Stage::Updating | Stage::Updated => Stage::Updated,
        };
        self.tag(stage, self.client.now(), basis)
    }

    fn tag(&self, stage: Stage, time: Option<Timestamp>, basis: &str) -> RunTag {
        RunTag { stage, time, run: self.run.clone(), basis: basis.to_owned(), hints: self.hints.clone() }
    }

    pub(super) async fn write(&self, id: &str, tag: &RunTag) -> Result<()> {
        self.client.write_tags(id, &tag.tags(self.keys)).await
    }

    /// Writes that the run has ended, again where that fails. Where no state will name what was made, nothing is written:
    /// the next run finds it by a tag that says the run goes on.
    pub(super) async fn end<F>(&self, write: impl Fn() -> F) -> Result<()>
    where
        F: Future<Output = Result<()>>,
    {
        let limits = &self.limits;
        let mut attempt = 1;
        while !limits.stop.is_abandoned() {
            let Err(failure) = limits.over(write()).await else { break };
            tracing::warn!(%failure, attempt, "the tag of a run that has ended could not be written");
            if attempt == ATTEMPTS {
                return Err(failure);
            }
            tokio::time::sleep(limits.scaled(Duration::from_secs(1)) * attempt).await;
            attempt += 1;
        }
        Ok(())
    }

    /// Renews the tag until the run is done, in one call with those of other runs. A call under way is not cut, or it might take effect after the tag says
    /// that the run has ended. Returns a warning where the tag ran out meanwhile.
    pub(super) async fn keep(
        &self,
        rounds: &Rounds,
        id: impl Fn() -> Option<String>,
        mut done: oneshot::Receiver<()>,
    ) -> Diagnostics {
        let mut pause = HOLDS.saturating_sub(AHEAD);
        let mut lapse: Option<(Instant, Diagnostic)> = None;
        loop {
            tokio::select! {
                biased;
                _ = &mut done => break,
                () = rounds.wait("renewal of run tags", self.turn(pause)) => {}
            }
            pause = HOLDS.saturating_sub(AHEAD);
            let Some(id) = id() else { continue };
            if let Err(failure) = self.client.mark_run(&id, self.stage.mark(self.keys, HOLDS)).await {
                tracing::warn!(%failure, "the tag of a run that goes on could not be renewed");
                pause = SOON;
                let since = lapse.map_or_else(Instant::now, |(since, _)| since);
                let detail = format!(
                    "{failure}\n\nThe tag {} of {id} could not be renewed and ran out while the run went on. Another \
                     run would have taken its objects for those of an interrupted one in that time. Allow the operation \
                     that failed.",
                    self.keys.mark
                );
                lapse = Some((since, Diagnostic::warning("Cannot renew a tag", detail)));
            } else {
                lapse = None;
            }
        }
        let ran_out = lapse.filter(|(since, _)| since.elapsed() >= self.limits.scaled(AHEAD));
        ran_out.map(|(_, warning)| warning.into()).unwrap_or_default()
    }

    /// When the tag is renewed: after this pause, or sooner together with those of other runs.
    fn turn(&self, pause: Duration) -> Turn {
        let (now, ahead) = (Instant::now(), self.limits.scaled(pause));
        Turn { from: now + ahead.saturating_sub(self.limits.scaled(TOGETHER)), due: now + ahead, ahead: Duration::ZERO }
    }
}

fn signed(span: Duration) -> SignedDuration {
    SignedDuration::try_from(span).unwrap_or_default()
}
