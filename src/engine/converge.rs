//! Create, update and resume: the loop that makes what exists equal to what the chain wants.
//!
//! The loop is the only writer of the record. Single objects are worked on in `tasks`, which
//! report to it; decisions about single links are in `decide`, deletions in `removal`.

use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::chain::Chain;
use super::compare::Gate;
use super::erased::AnySpec;
use super::outcome::{Action, Cause, Outcome};
use super::parents::States;
use super::problems::Problems;
use super::record::{Entry, LinkName, Record, UncertainCreate};
use super::removal::{Object, Removal};
use super::run::Run;
use super::tasks::{End, defect};
use super::wait::StepError;

/// A run under way.
pub(super) struct Converge<'a, C> {
    pub(super) run: &'a Run<C>,
    pub(super) chain: &'a Chain<C>,
    pub(super) record: Record,
    pub(super) links: Vec<Progress>,
    pub(super) tasks: JoinSet<(usize, Kind, Result<End, StepError>)>,
    pub(super) removal: Removal<'a, C>,
    pub(super) problems: Problems,
    /// When this run last made something.
    pub(super) last_created: Option<Instant>,
}

/// How far a link is.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) phase: Phase,
    /// Whether the record holds what the spec wants, so that children may build on its existence.
    pub(super) current: bool,
    /// Whether this run made, changed or waited for it.
    pub(super) touched: bool,
    /// Whether its place was taken once, so that it waits until others of its kind have moved.
    pub(super) gives_way: bool,
    /// What is wanted, and the parents' states it was made from.
    pub(super) spec: Option<(AnySpec, States)>,
    /// Ends the wait for its gate, which only reads.
    pub(super) wait: Option<AbortHandle>,
}

/// What a link is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Phase {
    /// It was not looked at, or must be looked at again.
    #[default]
    Waiting,
    /// A task works on it.
    Working,
    /// These objects are being deleted to make room for it.
    Breaking(Vec<Object>),
    /// It works and its gate is open.
    Done,
    /// It works and its gate is closed.
    Shut,
    /// A problem tells why.
    Failed,
}

/// Kinds of work on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Create,
    Update,
    WaitReady,
    Gate,
}

/// Makes what exists equal to what the chain wants, then removes what was replaced or left the chain.
pub async fn converge<C: Send + Sync + 'static>(run: &Run<C>, chain: &Chain<C>, record: Record) -> Outcome {
    let _counted = run.rounds.under_way();
    let mut converge = Converge {
        run,
        chain,
        record,
        links: chain.nodes().iter().map(|_| Progress::default()).collect(),
        tasks: JoinSet::new(),
        removal: Removal::new(run),
        problems: Problems::default(),
        last_created: run.resumed.then(Instant::now),
    };
    if converge.is_sound() {
        converge.build().await;
        converge.closing_pass().await;
    }
    converge.outcome()
}

impl<C: Send + Sync + 'static> Converge<'_, C> {
    /// Nothing is made that could not be removed, or whose place in the chain is unclear.
    fn is_sound(&mut self) -> bool {
        for (name, failure) in self.chain.defects() {
            self.problems.error(name, defect(Action::Plan, failure.message.clone()));
        }
        for name in self.chain.names().filter(|name| self.run.catalogue.get(name).is_none()) {
            self.problems.error(name, defect(Action::Plan, "the catalogue does not know how to remove it"));
        }
        !self.problems.has_errors()
    }

    /// Works until nothing is under way and nothing can be started.
    async fn build(&mut self) {
        loop {
            self.advance();
            if self.tasks.is_empty() && self.removal.is_idle() {
                return self.removal.explain(&mut self.problems);
            }
            tokio::select! {
                Some(ended) = self.tasks.join_next() => {
                    if let Ok((index, kind, end)) = ended {
                        self.take(index, kind, end);
                    }
                }
                Some(end) = self.removal.next() => self.removal.end(end, &mut self.record, &mut self.problems),
                else => {}
            }
        }
    }

    /// Looks at every link once, parents first, and starts what can be started.
    fn advance(&mut self) {
        self.removal.start(&mut self.record);
        self.release();
        if self.run.limits.are_reached() {
            return;
        }
        for index in 0..self.links.len() {
            if self.is_due(index)
                && let Err(step_error) = self.decide(index)
            {
                self.fail(index, step_error);
            }
        }
        self.removal.start(&mut self.record);
    }

    /// Takes the end of a task into the record.
    fn take(&mut self, index: usize, kind: Kind, end: Result<End, StepError>) {
        let Some(node) = self.chain.node(index) else { return };
        let end = end.unwrap_or_else(|step_error| match kind {
            Kind::Create => End::uncertain(step_error),
            _ => End::err(None, step_error),
        });
        if end.uncertain
            && let Some(spec) = self.spec(index)
        {
            let generation = self.record.next_generation(&node.name);
            let sought = node.link.keep(&spec).unwrap_or_default();
            self.record.note_uncertain(UncertainCreate { link: node.name.clone(), generation, sought });
        }
        if let Some(state) = end.state {
            if kind == Kind::Create {
                // Nothing else of this link was made meanwhile: it is the generation that its task was given.
                let generation = self.record.next_generation(&node.name);
                self.record.insert(&node.name, Entry { state, generation, settled: false });
                self.last_created = Some(Instant::now());
                self.hide_in_container(&node.name);
                if let Some(progress) = &self.run.progress {
                    progress.send_replace(self.record.clone());
                }
            } else if let Some(entry) = self.record.links.get_mut(&node.name) {
                entry.state = state;
                self.run.catalogue.hide_shown(&node.name, &mut self.record);
            }
        }
        let name = node.name.clone();
        if let Some(progress) = self.links.get_mut(index) {
            progress.wait = None;
        }
        match (kind, end.result) {
            (Kind::Gate, Err(StepError { cause: Cause::Gate { reason }, waited, .. })) => {
                self.shut(index, &name, reason, waited);
            }
            (_, Err(step_error)) if self.give_way(index, kind, &step_error) => {}
            (_, Err(step_error)) => self.fail(index, step_error),
            // Made earlier, perhaps for other settings: compare first.
            (Kind::Create, Ok(())) if end.found => self.set(index, Phase::Waiting),
            (Kind::Create | Kind::Update, Ok(())) => {
                if let Some(progress) = self.links.get_mut(index) {
                    (progress.current, progress.touched) = (true, true);
                }
                let entry = self.record.links.get(&name);
                if end.works || entry.is_some_and(|entry| node.link.works_at_once(&entry.state)) {
                    self.arrive(index, &name);
                } else {
                    self.start(index, Kind::WaitReady);
                }
            }
            (Kind::WaitReady, Ok(())) => self.arrive(index, &name),
            (Kind::Gate, Ok(())) => self.set(index, Phase::Done),
        }
    }

    /// Takes out of the states of other objects what a new object tells from now on: of those that are kept, too, as
    /// [`Catalogue::is_told_anew`](super::catalogue::Catalogue::is_told_anew) says in the plan.
    fn hide_in_container(&mut self, new: &LinkName) {
        let container = self.run.catalogue.get(new).and_then(|kind| kind.shows.as_ref());
        let Some((container, _)) = container else { return };
        for name in self.chain.names().filter(|name| name.kind() == container) {
            self.run.catalogue.hide_shown(name, &mut self.record);
        }
    }

    /// Takes note that an object works.
    fn arrive(&mut self, index: usize, name: &LinkName) {
        if self.is_stale(index) {
            // What is recorded now is not what is wanted now: compare again.
            return self.set(index, Phase::Waiting);
        }
        if let Some(entry) = self.record.links.get_mut(name) {
            entry.settled = true;
        }
        if let Err(step_error) = self.settle(index) {
            self.fail(index, step_error);
        }
    }

    /// Ends a link that works: its gate decides about its children.
    pub(super) fn settle(&mut self, index: usize) -> Result<(), StepError> {
        match self.gate(index)? {
            Gate::Open => self.set(index, Phase::Done),
            // The failure of what opens it was told.
            Gate::Closed { wait: true, .. } if self.cannot_open(index) => self.set(index, Phase::Failed),
            Gate::Closed { wait: true, .. } => self.start(index, Kind::Gate),
            Gate::Closed { reason, wait: false } => {
                if let Some(node) = self.chain.node(index) {
                    self.shut(index, &node.name.clone(), reason, Duration::ZERO);
                }
            }
        }
        Ok(())
    }

    fn shut(&mut self, index: usize, name: &LinkName, reason: String, waited: Duration) {
        self.set(index, Phase::Shut);
        if !reason.is_empty() {
            self.problems.warning(name, StepError { action: Action::Wait, cause: Cause::Gate { reason }, waited });
        }
    }

    fn fail(&mut self, index: usize, step_error: StepError) {
        if let (Some(progress), Some(node)) = (self.links.get_mut(index), self.chain.node(index)) {
            progress.phase = Phase::Failed;
            progress.current = false;
            self.problems.error(&node.name, step_error);
            for gate in node.opens.clone() {
                self.stop_waiting(gate);
            }
        }
    }

    /// Whether a link that would do what a gate waits for has failed.
    fn cannot_open(&self, gate: usize) -> bool {
        let nodes = self.chain.nodes().iter().zip(&self.links);
        nodes.into_iter().any(|(node, progress)| node.opens.contains(&gate) && progress.phase == Phase::Failed)
    }

    /// Ends the wait for a gate that nothing will open in this run.
    fn stop_waiting(&mut self, gate: usize) {
        if let Some(progress) = self.links.get_mut(gate)
            && let Some(wait) = progress.wait.take()
        {
            wait.abort();
            progress.phase = Phase::Failed;
        }
    }

    pub(super) fn set(&mut self, index: usize, phase: Phase) {
        if let Some(progress) = self.links.get_mut(index) {
            progress.phase = phase;
        }
    }
}
