//! Decides about one link of a run: whether its turn has come, what must happen, and starts it.

use std::sync::Arc;

use super::compare::{Change, Gate};
use super::converge::{Converge, Kind, Phase};
use super::erased::AnySpec;
use super::failure::Failure;
use super::outcome::{Action, Cause};
use super::parents::States;
use super::record::Entry;
use super::tasks::{Before, Task, caught, defect};
use super::wait::StepError;
use super::words::Field;
use crate::gather::Gather as _;

impl<C: Send + Sync + 'static> Converge<'_, C> {
    /// Whether a link must be looked at now: its parents are far enough, and it was not looked at
    /// since they last changed.
    pub(super) fn is_due(&self, index: usize) -> bool {
        let (Some(node), Some(progress)) = (self.chain.node(index), self.links.get(index)) else { return false };
        let parents_are_there = node.parents.iter().all(|parent| {
            self.links
                .get(parent.index)
                .is_some_and(|before| if parent.ready { before.phase == Phase::Done } else { before.current })
        });
        parents_are_there
            && match progress.phase {
                Phase::Waiting => !progress.gives_way || self.has_way(index),
                Phase::Done | Phase::Shut => {
                    progress.spec.as_ref().is_some_and(|(_, seen)| *seen != self.parents_of(index))
                }
                Phase::Working | Phase::Breaking(_) | Phase::Failed => false,
            }
    }

    /// The recorded states of a link's parents.
    fn parents_of(&self, index: usize) -> States {
        let parents =
            self.chain.node(index).into_iter().flat_map(|node| &node.parents).filter(|parent| !parent.order_only);
        parents
            .filter_map(|parent| {
                let name = &self.chain.node(parent.index)?.name;
                Some((name.clone(), self.record.links.get(name)?.state.clone()))
            })
            .gather()
    }

    /// Compares what is wanted with what is recorded, and starts what follows from it.
    pub(super) fn decide(&mut self, index: usize) -> Result<(), StepError> {
        let Some(node) = self.chain.node(index) else { return Ok(()) };
        let states = self.parents_of(index);
        let Some(spec) = node.spec(&states).map_err(planning)? else {
            let all_done =
                node.parents.iter().all(|parent| self.links.get(parent.index).is_some_and(|p| p.phase == Phase::Done));
            if all_done {
                return Err(defect(Action::Plan, "what is wanted is not known although everything before it is ready"));
            }
            // Asked again when a parent's state changes; a closed gate or a failure may forbid that.
            self.set(index, Phase::Waiting);
            return Ok(());
        };
        let entry = self.record.links.get(&node.name).cloned();
        let change = match &entry {
            Some(entry) => Some(node.link.diff(&spec, &entry.state).map_err(planning)?),
            None => None,
        };
        if matches!(change, Some(Change::BreakFirst(_))) && self.is_built_upon(index) {
            return Ok(());
        }
        let makes = !matches!(change, Some(Change::None | Change::BreakFirst(_) | Change::ReplaceAll(_)));
        if makes && self.removal.is_busy_with(node.name.kind()) {
            // What is being deleted may stand where this one goes; asked again when it is gone.
            self.set(index, Phase::Waiting);
            return Ok(());
        }
        if let Some(progress) = self.links.get_mut(index) {
            progress.spec = Some((spec, states));
            progress.current = change == Some(Change::None);
        }
        match (change, entry) {
            (None | Some(Change::Replace(_)), _) | (_, None) => self.start(index, Kind::Create),
            (Some(Change::None), Some(Entry { settled: true, .. })) => self.settle(index)?,
            (Some(Change::None), _) => self.start(index, Kind::WaitReady),
            (Some(Change::Update(fields)), _) => self.update(index, fields),
            (Some(Change::BreakFirst(_)), _) => self.make_room(index),
            (Some(Change::ReplaceAll(fields)), _) => {
                let words = format!("only a new resource can change {}", fields.join(", "));
                return Err(defect(Action::Update, format!("{words}; the plan should have replaced it")));
            }
        }
        Ok(())
    }

    /// What the gate of an existing link says.
    pub(super) fn gate(&self, index: usize) -> Result<Gate, StepError> {
        match (self.chain.node(index), self.spec(index), self.state(index)) {
            (Some(node), Some(spec), Some(state)) => node.link.gate(&spec, &state).map_err(planning),
            _ => Err(defect(Action::Plan, "it has no state although it is ready")),
        }
    }

    /// Whether an object that this run only waited for is not what is wanted after all.
    pub(super) fn is_stale(&self, index: usize) -> bool {
        let touched = self.links.get(index).is_some_and(|progress| progress.touched);
        match (self.chain.node(index), self.spec(index), self.state(index)) {
            (Some(node), Some(spec), Some(state)) if !touched => {
                node.link.diff(&spec, &state).is_ok_and(|change| change != Change::None)
            }
            _ => false,
        }
    }

    pub(super) fn spec(&self, index: usize) -> Option<AnySpec> {
        self.links.get(index)?.spec.as_ref().map(|(spec, _)| Arc::clone(spec))
    }

    fn state(&self, index: usize) -> Option<serde_json::Value> {
        self.record.links.get(&self.chain.node(index)?.name).map(|entry| entry.state.clone())
    }

    fn update(&mut self, index: usize, fields: Vec<Field>) {
        let (Some(node), Some(spec), Some(state)) = (self.chain.node(index), self.spec(index), self.state(index))
        else {
            return;
        };
        let Some(entry) = self.record.links.get_mut(&node.name) else { return };
        // From here on it may be half changed.
        let was_settled = std::mem::replace(&mut entry.settled, false);
        let owner = self.run.owner(&node.name, entry.generation);
        let task = Task::new(self.run, &node.link, self.last_created).update(owner, spec, state, fields, was_settled);
        tracing::info!(link = %node.name, "updating");
        let limits = self.run.limits.clone();
        self.tasks.spawn(async move { (index, Kind::Update, caught(limits, Action::Update, task).await) });
        self.touch(index);
    }

    /// Starts work that needs no more than the link's spec and state.
    pub(super) fn start(&mut self, index: usize, kind: Kind) {
        let (Some(node), Some(spec)) = (self.chain.node(index), self.spec(index)) else { return };
        let task = Task::new(self.run, &node.link, self.last_created);
        let limits = self.run.limits.clone();
        match (kind, self.state(index)) {
            (Kind::Create, _) => {
                let generation = self.record.next_generation(&node.name);
                let owner = self.run.owner(&node.name, generation);
                tracing::info!(link = %node.name, generation, "creating");
                let before = match self.record.is_uncertain(&node.name, generation) {
                    true => Before::ALostReply,
                    false if self.run.resumed => Before::AnotherRun,
                    false => Before::Nothing,
                };
                let create = task.create(owner, spec, before);
                self.tasks.spawn(async move { (index, kind, caught(limits, Action::Create, create).await) });
            }
            (Kind::WaitReady, Some(state)) => {
                let changed = self.links.get(index).is_some_and(|progress| progress.touched);
                let wait = task.wait_ready(spec, state, changed);
                self.tasks.spawn(async move { (index, kind, caught(limits, Action::Wait, wait).await) });
            }
            (Kind::Gate, Some(state)) => {
                let Ok(Gate::Closed { reason, .. }) = node.link.gate(&spec, &state) else { return };
                let wait = task.wait_for_gate(spec, state, reason);
                let wait = self.tasks.spawn(async move { (index, kind, caught(limits, Action::Wait, wait).await) });
                if let Some(progress) = self.links.get_mut(index) {
                    progress.wait = Some(wait);
                }
            }
            (Kind::Update, _) | (_, None) => return,
        }
        self.set(index, Phase::Working);
    }

    /// Remembers that this run changes the object, so that reads may lag behind.
    pub(super) fn touch(&mut self, index: usize) {
        if let Some(progress) = self.links.get_mut(index) {
            progress.phase = Phase::Working;
            progress.touched = true;
        }
    }
}

fn planning(failure: Failure) -> StepError {
    StepError { action: Action::Plan, cause: Cause::Failed(failure), waited: std::time::Duration::ZERO }
}
