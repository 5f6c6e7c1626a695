//! The end of a converge: the closing pass, and the report.

use tokio::time::Instant;

use super::chain::Place;
use super::converge::{Converge, Phase};
use super::outcome::{Action, Cause, Outcome, Report};
use super::record::LinkName;
use super::removal::Object;
use super::uncertain_creates;
use super::wait::StepError;

/// What became of a link that the run did not finish.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Reached,
    Held,
    NotReached,
}

impl<C: Send + Sync + 'static> Converge<'_, C> {
    /// Removes what was replaced and what left the chain, if everything that may still use it has
    /// moved on: after a failure, a stop or behind a closed gate it stays for the next run.
    pub(super) async fn closing_pass(&mut self) {
        if self.problems.has_errors() {
            return;
        }
        let fates = self.fates();
        if let Some((name, interruption)) = self.first(&fates, Fate::NotReached).zip(self.run.limits.interruption()) {
            let action = if self.record.links.contains_key(&name) { Action::Update } else { Action::Create };
            self.problems.error(&name, interruption.step_error(action, String::new(), Instant::now()));
            return;
        }
        let leavers: Vec<_> = self.record.links.keys().filter(|name| !self.chain.contains(name)).cloned().collect();
        let held: Vec<_> = self.chain.names().zip(&fates).filter(|(_, fate)| **fate == Fate::Held).collect();
        if held.iter().any(|(name, _)| self.record.links.contains_key(name)) {
            self.refuse(&leavers);
            return;
        }
        uncertain_creates::settle(self.run, &mut self.record, &mut self.problems).await;
        for name in &leavers {
            self.record.retire(name);
        }
        self.removal.add(Object::retired(&self.record), &mut self.problems);
        self.removal.finish(&mut self.record, &mut self.problems).await;
    }

    /// Objects behind a closed gate may still use those that should go. Where the gate closed only
    /// in this run, the plan promised their removal.
    fn refuse(&mut self, leavers: &[LinkName]) {
        let surprise = self.links.iter().any(|progress| progress.touched && progress.phase == Phase::Shut);
        if let Some(name) = leavers.first().filter(|_| surprise) {
            let reason = "objects behind a closed gate may still use it; apply again when the gate is open".to_owned();
            let cause = Cause::Gate { reason };
            self.problems.error(name, StepError { action: Action::Delete, cause, waited: std::time::Duration::ZERO });
        }
    }

    fn first(&self, fates: &[Fate], wanted: Fate) -> Option<LinkName> {
        self.chain.names().zip(fates).find(|(_, fate)| **fate == wanted).map(|(name, _)| name.clone())
    }

    /// What became of each link, parents first.
    fn fates(&self) -> Vec<Fate> {
        let mut fates: Vec<Fate> = Vec::new();
        for (node, progress) in self.chain.nodes().iter().zip(&self.links) {
            let phase = |parent: &Place| self.links.get(parent.index).map(|before| &before.phase);
            let behind_gate = node
                .parents
                .iter()
                .any(|parent| fates.get(parent.index) == Some(&Fate::Held) || phase(parent) == Some(&Phase::Shut));
            let behind_failure = node.parents.iter().any(|parent| {
                fates.get(parent.index) == Some(&Fate::NotReached) || phase(parent) == Some(&Phase::Failed)
            });
            // A stop ends many links and is told of one.
            let told = self.record.links.contains_key(&node.name) || self.problems.name(&node.name);
            fates.push(match progress.phase {
                Phase::Done | Phase::Shut => Fate::Reached,
                Phase::Failed if told => Fate::Reached,
                _ if behind_gate && !behind_failure => Fate::Held,
                _ => Fate::NotReached,
            });
        }
        fates
    }

    /// Record, problems and report.
    pub(super) fn outcome(self) -> Outcome {
        let fates = self.fates();
        let with = |wanted: Fate| -> Vec<LinkName> {
            self.chain.names().zip(&fates).filter(|(_, fate)| **fate == wanted).map(|(name, _)| name.clone()).collect()
        };
        let leavers = self.record.links.keys().filter(|name| !self.chain.contains(name));
        let report = Report {
            exists: self.chain.names().filter(|name| self.record.links.contains_key(name)).cloned().collect(),
            not_reached: with(Fate::NotReached),
            held: with(Fate::Held),
            left_over: leavers.chain(self.record.retired.iter().map(|retired| &retired.link)).cloned().collect(),
            uncertain: self.record.uncertain_creates.iter().map(|uncertain| uncertain.link.clone()).collect(),
            gone: false,
        };
        let mut outcome = Outcome { record: self.record, report, ..Outcome::default() };
        self.problems.into(&mut outcome);
        outcome
    }
}
