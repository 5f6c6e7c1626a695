//! Collects problems: one for each failure, one alone for a stop.

use super::outcome::{Cause, Outcome, Problem, Severity};
use super::record::LinkName;
use super::wait::StepError;

/// The problems of one run so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    /// Adds an error. A stop ends many waits and is told once.
    pub(super) fn error(&mut self, link: &LinkName, step_error: StepError) {
        let told =
            step_error.cause == Cause::Stopped && self.list.iter().any(|problem| problem.cause == Cause::Stopped);
        if !told {
            let StepError { action, cause, waited } = step_error;
            tracing::warn!(%link, %action, %cause, "failed");
            self.list.push(Problem::error(link, action, cause, waited));
        }
    }

    /// Adds what a person must do.
    pub(super) fn warning(&mut self, link: &LinkName, step_error: StepError) {
        let StepError { action, cause, waited } = step_error;
        let problem = Problem::warning(link, action, cause, waited);
        if !self.list.iter().any(|known| known.link == problem.link && known.cause == problem.cause) {
            self.list.push(problem);
        }
    }

    /// Whether the run failed.
    pub(super) fn has_errors(&self) -> bool {
        self.list.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Whether an error names this link.
    pub(super) fn name(&self, link: &LinkName) -> bool {
        self.list.iter().any(|problem| problem.severity == Severity::Error && problem.link == *link)
    }

    /// Hands them over.
    pub(super) fn into(self, outcome: &mut Outcome) {
        outcome.problems = self.list;
    }
}
