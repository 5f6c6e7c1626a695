//! The run tag of an update: on an object that the state names.
//!
//! The tag stays when the update has ended. If something was made and the state was saved, the record that the tag names
//! and that of the state differ, and the tag is of the past. If they are the same, the run was interrupted before
//! Terraform saved anything, or made nothing. No moment is left in which an interruption goes unnoticed, since nothing
//! has to be taken off at the end. Where a run ends without having made anything that shows in the record, it says that
//! it has ended, so that nobody watches it.
//!
//! A destroy that is interrupted in its turn may have taken the tag away with the object that bore it. So where the
//! anchor of what is recorded is gone, an interrupted update is taken for granted, and the search is exhaustive, since no tag
//! tells any hints.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::super::access::Access;
use super::super::decoded::Config;
use super::super::recoverable::{OrphanKinds, Recoverable, Search, Tagging};
use super::content::{RunTag, Stage, fingerprint};
use super::watch::{Seen, Watched};
use super::writer::Writer;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Limits, LinkName, Orphan, Preview, Record, Result, Retry, Rounds, RunKeys, Step, identity};
use crate::gather::Gather as _;

/// So many looks for orphans are taken together, for one may miss some.
const LOOKS: u32 = 2;
/// The time between them.
const BETWEEN: Duration = Duration::from_secs(4);
/// The tag of objects that a composite made: one of others carries no run tag, for whoever manages it would take it away.
const OWNED: &str = "privatelink:uid";
/// In place of a record from which nobody starts.
const NO_BASIS: &str = "-";

/// The tag of a recorded composite, and the object that carries it.
pub(in crate::resource) struct Update<C> {
    recovery: Arc<dyn Recoverable<C>>,
    writer: Writer<C>,
    /// Id of what carries the tag; none where nothing recorded could.
    carrier: Option<String>,
    interrupted: Option<Interrupted>,
    /// Whether the run creates what it tags: a bearer that was there before carries the tag.
    begins: bool,
}

/// How it is known that a run was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interrupted {
    /// Its tag says so, and has its hints.
    Told,
    /// What would bear a tag is gone.
    Assumed,
}

/// Whether an update makes objects that would be orphans if it were interrupted.
pub(in crate::resource) fn leaves_orphans(kinds: OrphanKinds, outlook: &Preview) -> bool {
    outlook.steps.iter().any(|(link, step)| match step {
        Step::Create | Step::Replace(_) | Step::BreakFirst(_) | Step::Unknown => kinds.all.contains(&link.kind()),
        Step::Update(_) => kinds.created_on_update.contains(&link.kind()),
        Step::Keep | Step::Settle | Step::ReplaceAll(_) | Step::Held | Step::Delete => false,
    })
}

impl<C: Access> Update<C> {
    /// Reads the tag, and watches until a run that wrote it from this very record is known to be interrupted. `None`
    /// where nothing that could carry the tag is recorded or was there before.
    pub(in crate::resource) async fn read(
        recovery: &Arc<dyn Recoverable<C>>,
        client: &Arc<C>,
        limits: &Limits,
        record: &Record,
        config: &Config,
    ) -> Result<Option<Self>> {
        let bearer = recovery.tagging(config).bearer;
        if record.is_empty() && bearer.is_none() {
            return Ok(None);
        }
        let mut update = Self::new(recovery, client, limits, fingerprint(record), config);
        update.begins = record.is_empty();
        update.carrier =
            bearer.as_ref().map(|bearer| bearer.id.clone()).or_else(|| carrier(&**recovery, record, config));
        let tags = update.tags().await?;
        if bearer.is_some() && !tags.contains_key(OWNED) {
            return Ok(None);
        }
        // An object of ours bears tags as long as it exists.
        let has_anchor = bearer.is_some() || id_of(record, recovery.facts().anchor).is_some();
        let is_gone = tags.is_empty() || !has_anchor;
        update.interrupted = is_gone.then_some(Interrupted::Assumed);
        if let Some(tag) = update.settled(tags).await? {
            update.writer.hints.extend(tag.hints);
            update.interrupted = update.interrupted.or(Some(Interrupted::Told));
        }
        Ok(Some(update))
    }

    /// Of a composite of which nothing that is recorded is left.
    pub(in crate::resource) fn lost(
        recovery: &Arc<dyn Recoverable<C>>,
        client: &Arc<C>,
        limits: &Limits,
        config: &Config,
    ) -> Self {
        let update = Self::new(recovery, client, limits, String::new(), config);
        Self { interrupted: Some(Interrupted::Assumed), ..update }
    }

    fn new(
        recovery: &Arc<dyn Recoverable<C>>,
        client: &Arc<C>,
        limits: &Limits,
        basis: String,
        config: &Config,
    ) -> Self {
        let mut writer = Writer::new(client, limits, Stage::Updating, basis);
        let Tagging { hints, bearer, .. } = recovery.tagging(config);
        writer.hints = hints.into_iter().gather();
        writer.keys = bearer.map_or(RunKeys::OWN, |bearer| bearer.keys);
        Self { recovery: Arc::clone(recovery), writer, carrier: None, interrupted: None, begins: false }
    }

    async fn tags(&self) -> Result<BTreeMap<String, String>> {
        let Some(id) = &self.carrier else { return Ok(BTreeMap::new()) };
        let limits = &self.writer.limits;
        let mut retry = Retry::reading(limits);
        loop {
            match limits.over(self.writer.client.tags(id)).await {
                Ok(tags) => return Ok(tags),
                Err(failure) => retry.again(failure).await?,
            }
        }
    }

    /// The tag of a run that started from this record, as soon as that run has ended or has stood still for its term, or
    /// what carries its tag is gone.
    async fn settled(&self, tags: BTreeMap<String, String>) -> Result<Option<RunTag>> {
        let id = self.carrier.as_deref().unwrap_or_default();
        let of = |tags| RunTag::of(&tags, self.writer.keys).map(|tag| (id.to_owned(), tag)).into_iter().gather();
        let mut seen: Seen = of(tags);
        loop {
            let Some(tag) = seen.get(id).filter(|tag| tag.basis == self.writer.basis) else { return Ok(None) };
            if tag.stage == Stage::Updated {
                return Ok(Some(tag.clone()));
            }
            let look = || async { Ok(of(self.tags().await?)) };
            match self.writer.watch(&seen, look).await?.remove(id) {
                Some(Watched::Moved(tag)) => seen = Seen::from([(id.to_owned(), tag)]),
                Some(Watched::Still | Watched::Unseen) | None => return Ok(Some(tag.clone())),
            }
        }
    }

    /// Whether an earlier run was interrupted, for all that is known.
    pub(in crate::resource) fn is_interrupted(&self) -> bool {
        self.interrupted.is_some()
    }

    /// Writes the tag before the first object is made.
    pub(in crate::resource) async fn begin(&self) -> Result<()> {
        let Some(id) = &self.carrier else { return Ok(()) };
        let limits = &self.writer.limits;
        let mut retry = Retry::reading(limits);
        while let Err(failure) = limits.over(self.writer.write(id, &self.writer.running())).await {
            retry.again(failure).await?;
        }
        Ok(())
    }

    /// Renews the tag until the run is done.
    pub(in crate::resource) async fn keep(&self, rounds: &Rounds, done: oneshot::Receiver<()>) -> Diagnostics {
        self.writer.keep(rounds, || self.carrier.clone(), done).await
    }

    /// Leaves the tag so that whoever comes next is right about it: `is_clean` where nothing of an interrupted run is
    /// left.
    pub(in crate::resource) async fn end(&self, record: &Record, is_clean: bool) -> Diagnostics {
        let mut basis = fingerprint(record);
        let has_made = basis != self.writer.basis;
        let is_settled = has_made && (is_clean || !self.is_interrupted());
        // Another creation begins with nothing, too, after a destroy: it must not take this one's tag for its own.
        if self.begins && is_settled {
            NO_BASIS.clone_into(&mut basis);
        }
        if !self.begins && (is_settled || record.is_empty()) {
            return Diagnostics::new();
        }
        // Whoever comes next reads the anchor's, which this run may have made anew.
        let Some(id) = id_of(record, self.recovery.facts().anchor).or_else(|| self.carrier.clone()) else {
            return Diagnostics::new();
        };
        let ended = self.writer.ended(&basis);
        // What a run made and recorded nowhere else would be forgotten; what it made nothing of is watched in vain.
        let Some(failure) = self.writer.end(|| self.writer.write(&id, &ended)).await.err().filter(|_| has_made) else {
            return Diagnostics::new();
        };
        let detail = format!(
            "{failure}\n\nAn update before this one was interrupted, and what it made could not be looked for. The next run will \
             not look for it either: remove by hand what is tagged with this resource's uid (owner_uid in its record) and is \
             not in its links."
        );
        Diagnostic::warning("Cannot write a tag", detail).into()
    }

    /// What the interrupted run made and nothing in the record names; it is retired in the record.
    pub(in crate::resource) async fn orphans(&self, uid: &str, record: &mut Record) -> Result<Vec<Orphan>> {
        let mut orphans = Vec::new();
        let Writer { client, limits, hints, .. } = &self.writer;
        let exhaustive = self.interrupted == Some(Interrupted::Assumed);
        for look in 0..LOOKS {
            if look > 0 && limits.pause_for(limits.scaled(BETWEEN)).await.is_err() {
                break;
            }
            let mut retry = Retry::reading(limits);
            let found = loop {
                let search = Search { uid, record, hints, exhaustive };
                match limits.over(self.recovery.orphans(client, &search)).await {
                    Ok(found) => break found,
                    Err(failure) => retry.again(failure).await?,
                }
            };
            for orphan in found {
                let is_kind = self.recovery.kinds().all.contains(&orphan.link.kind());
                if is_kind && record.retire_orphan(orphan.clone()) {
                    orphans.push(orphan);
                }
            }
        }
        Ok(orphans)
    }
}

/// Tells people what is removed.
pub(in crate::resource) fn removed(noun: &str, orphans: &[Orphan]) -> Diagnostic {
    listed("Cleaning up after an interrupted update", noun, "is removed now", orphans)
}

/// Tells people what a refresh has found.
pub(in crate::resource) fn found(noun: &str, orphans: &[Orphan]) -> Diagnostic {
    listed("Found what an interrupted update left", noun, "goes with the next apply or destroy", orphans)
}

fn listed(summary: &str, noun: &str, what_comes: &str, orphans: &[Orphan]) -> Diagnostic {
    let mut detail = format!(
        "An update of this {noun} ended before it could return its state. It had made the following, which no state names \
         and which {what_comes}:"
    );
    for orphan in orphans {
        let id = identity(&orphan.state).map(|(_, id)| id).unwrap_or_default();
        let _ = write!(detail, "\n  {} {id}", orphan.link);
    }
    Diagnostic::warning(summary, detail)
}

/// What carries the tag: the anchor, or before there is one what was made first.
fn carrier<C>(recovery: &dyn Recoverable<C>, record: &Record, config: &Config) -> Option<String> {
    [recovery.facts().anchor, recovery.tagging(config).lead].into_iter().find_map(|link| id_of(record, link))
}

fn id_of(record: &Record, link: &str) -> Option<String> {
    record.links.get(&LinkName::from(link))?.id()
}
