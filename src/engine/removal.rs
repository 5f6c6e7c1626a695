//! Deletes objects in the catalogue's order, as many at a time as it allows.
//!
//! Used by [`super::remove`] for everything, by the closing pass of [`super::converge`] for what was
//! replaced or left the chain, and by its break-first steps. The caller owns the record and runs the
//! loop; this changes the record only when the caller hands it in.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::failure::Class;
use super::outcome::{Action, Cause};
use super::problems::Problems;
use super::record::{LinkName, Record, Retired};
use super::run::Run;
use super::tasks::{Task, caught, defect};
use super::wait::StepError;

/// Which object of a record is meant; a link never has two of one generation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Object {
    pub(super) link: LinkName,
    pub(super) generation: u32,
}

/// A pass of deletions under way.
pub(super) struct Removal<'a, C> {
    run: &'a Run<C>,
    victims: Vec<Victim>,
    tasks: JoinSet<(usize, Result<(), StepError>)>,
    /// Whether what stays for others must stay in the record, because nothing else remembers it.
    keeps: bool,
}

struct Victim {
    object: Object,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Running,
    Gone,
    Failed,
}

impl Object {
    /// The one in use.
    pub(super) fn live(record: &Record, link: &LinkName) -> Option<Self> {
        let entry = record.links.get(link)?;
        Some(Self { link: link.clone(), generation: entry.generation })
    }

    /// Everything in a record.
    pub(super) fn all(record: &Record) -> Vec<Self> {
        record.links.keys().filter_map(|link| Self::live(record, link)).chain(Self::retired(record)).collect()
    }

    /// What is on its way out.
    pub(super) fn retired(record: &Record) -> Vec<Self> {
        let object = |retired: &Retired| Self { link: retired.link.clone(), generation: retired.generation };
        record.retired.iter().map(object).collect()
    }

    pub(super) fn is_live(&self, record: &Record) -> bool {
        record.links.get(&self.link).is_some_and(|entry| entry.generation == self.generation)
    }

    /// Whether a run has seen it ready, as far as the record tells.
    pub(super) fn is_settled(&self, record: &Record) -> bool {
        record.links.get(&self.link).is_none_or(|entry| entry.generation != self.generation || entry.settled)
    }

    pub(super) fn state(&self, record: &Record) -> Option<serde_json::Value> {
        let live = record.links.get(&self.link).filter(|entry| entry.generation == self.generation);
        let mut retired = record.retired.iter();
        live.map(|entry| &entry.state)
            .or_else(|| {
                retired.find(|old| old.link == self.link && old.generation == self.generation).map(|old| &old.state)
            })
            .cloned()
    }
}

/// Whether a deletion found that others use the object.
fn stays_for_others(step_error: &StepError) -> bool {
    matches!(&step_error.cause, Cause::Failed(failure) if failure.class == Class::Kept)
}

impl<'a, C: Send + Sync + 'static> Removal<'a, C> {
    pub(super) fn new(run: &'a Run<C>) -> Self {
        Self { run, victims: Vec::new(), tasks: JoinSet::new(), keeps: false }
    }

    /// The same where nothing follows that could find what stays for others.
    pub(super) fn keeping(self) -> Self {
        Self { keeps: true, ..self }
    }

    /// Whether an object that stays for others leaves the record.
    fn lets_go(&self, link: &LinkName) -> bool {
        !self.keeps || self.run.catalogue.get(link).is_some_and(|kind| kind.shared)
    }

    /// Adds objects to the pass. A kind that the catalogue does not know is a problem, and stays.
    pub(super) fn add(&mut self, objects: Vec<Object>, problems: &mut Problems) {
        for object in objects {
            if self.victims.iter().any(|victim| victim.object == object && victim.phase != Phase::Gone) {
                continue;
            }
            let mut phase = Phase::Waiting;
            if self.run.catalogue.get(&object.link).is_none() {
                let words = "this version of the provider does not know this kind of object; it was left as it is";
                problems.error(&object.link, defect(Action::Delete, words));
                phase = Phase::Failed;
            }
            self.victims.push(Victim { object, phase });
        }
    }

    /// Starts what may start, and forgets what went with its container.
    pub(super) fn start(&mut self, record: &mut Record) {
        let mut moved = true;
        while std::mem::take(&mut moved) {
            for index in 0..self.victims.len() {
                let Some(object) = self.ready(index, record) else { continue };
                let phase = match self.containers(&object, record) {
                    Some(phases) if phases.iter().all(|&phase| phase == Phase::Gone) => {
                        record.forget(&object.link, object.generation);
                        Phase::Gone
                    }
                    Some(_) => Phase::Waiting,
                    None if self.run.limits.are_reached() => Phase::Waiting,
                    None => self.spawn(index, &object, record),
                };
                moved |= phase == Phase::Gone;
                self.set(index, phase);
            }
        }
    }

    /// The object, if it waits for nothing but its container.
    fn ready(&self, index: usize, record: &Record) -> Option<Object> {
        let victim = self.victims.get(index).filter(|victim| victim.phase == Phase::Waiting)?;
        let link = &victim.object.link;
        let first = self.run.catalogue.directly_before(link.kind());
        let blocked = self.victims.iter().filter(|other| other.phase != Phase::Gone).any(|other| {
            let inside = self.run.catalogue.holds(link, &other.object.link);
            // One that needs a delete of its own goes before what might hold it.
            first.contains(other.object.link.kind()) || (inside && self.containers(&other.object, record).is_none())
        });
        (!blocked).then(|| victim.object.clone())
    }

    /// The containers that take this object with them, none for one that is only forgotten; `None` if it
    /// needs a delete of its own.
    fn containers(&self, object: &Object, record: &Record) -> Option<Vec<Phase>> {
        if self.run.catalogue.get(&object.link).is_some_and(|kind| kind.released) {
            return Some(Vec::new());
        }
        let holds = |container: &LinkName| self.run.catalogue.holds(container, &object.link);
        let phases: Vec<_> =
            self.victims.iter().filter(|victim| holds(&victim.object.link)).map(|victim| victim.phase).collect();
        // One that stays could be the one which holds this object.
        let stays = Object::all(record)
            .iter()
            .any(|other| holds(&other.link) && !self.victims.iter().any(|victim| victim.object == *other));
        (!phases.is_empty() && !stays).then_some(phases)
    }

    fn spawn(&mut self, index: usize, object: &Object, record: &Record) -> Phase {
        let (Some(state), Some(kind)) = (object.state(record), self.run.catalogue.get(&object.link)) else {
            return Phase::Gone;
        };
        tracing::info!(link = %object.link, "deleting");
        let task = Task::new(self.run, &Arc::clone(&kind.link), None).delete(state, object.is_settled(record));
        let limits = self.run.limits.clone();
        self.tasks.spawn(async move { (index, caught(limits, Action::Delete, task).await.and_then(|end| end)) });
        Phase::Running
    }

    /// Waits for the end of one deletion; `None` when none is under way.
    pub(super) async fn next(&mut self) -> Option<(usize, Result<(), StepError>)> {
        // A task that is neither joined nor counted would be a panic outside `caught`: there is no such code.
        self.tasks.join_next().await?.ok()
    }

    /// Takes the end of a deletion into the record.
    pub(super) fn end(
        &mut self,
        (index, result): (usize, Result<(), StepError>),
        record: &mut Record,
        problems: &mut Problems,
    ) {
        let Some(object) = self.victims.get(index).map(|victim| victim.object.clone()) else { return };
        match result {
            Ok(()) => {
                record.forget(&object.link, object.generation);
                self.set(index, Phase::Gone);
            }
            Err(step_error) if stays_for_others(&step_error) && self.lets_go(&object.link) => {
                problems.warning(&object.link, step_error);
                record.forget(&object.link, object.generation);
                self.set(index, Phase::Gone);
            }
            Err(step_error) => {
                problems.error(&object.link, step_error);
                self.set(index, Phase::Failed);
            }
        }
    }

    /// Runs the pass to its end.
    pub(super) async fn finish(&mut self, record: &mut Record, problems: &mut Problems) {
        self.start(record);
        while let Some(end) = self.next().await {
            self.end(end, record, problems);
            self.start(record);
        }
        self.explain(problems);
    }

    /// Says why something still waits when nothing runs any more and no problem says it yet.
    pub(super) fn explain(&self, problems: &mut Problems) {
        let Some(first) = self.waiting().next() else { return };
        if problems.has_errors() {
            return;
        }
        match self.run.limits.interruption() {
            Some(interruption) => {
                let step_error = interruption.step_error(Action::Delete, String::new(), tokio::time::Instant::now());
                problems.error(first, step_error);
            }
            None => problems.error(first, defect(Action::Delete, "the catalogue makes it wait for its own removal")),
        }
    }

    /// The links of the objects that were not tried.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &LinkName> {
        self.victims.iter().filter(|victim| victim.phase == Phase::Waiting).map(|victim| &victim.object.link)
    }

    /// Whether nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Whether these objects are all gone.
    pub(super) fn are_gone(&self, objects: &[Object]) -> bool {
        !self.victims.iter().any(|victim| victim.phase != Phase::Gone && objects.contains(&victim.object))
    }

    /// Whether this deletion failed.
    pub(super) fn has_failed(&self, object: &Object) -> bool {
        self.victims.iter().any(|victim| victim.object == *object && victim.phase == Phase::Failed)
    }

    /// Whether objects of this kind are being deleted.
    pub(super) fn is_busy_with(&self, kind: &str) -> bool {
        self.victims
            .iter()
            .any(|victim| matches!(victim.phase, Phase::Waiting | Phase::Running) && victim.object.link.kind() == kind)
    }

    fn set(&mut self, index: usize, phase: Phase) {
        if let Some(victim) = self.victims.get_mut(index) {
            victim.phase = phase;
        }
    }
}
