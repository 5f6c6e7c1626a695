//! What a run hands back: always the record, and what the caller needs to tell the user.

use std::fmt;
use std::time::Duration;

use super::failure::Failure;
use super::record::{LinkName, Record};

/// The end of a run. The record is there whatever happened.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What exists now.
    pub record: Record,
    /// What went wrong, one for each failure, in the order it happened.
    pub problems: Vec<Problem>,
    /// What was and was not done.
    pub report: Report,
}

/// One failure, or one thing that a person must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether the run failed because of it.
    pub severity: Severity,
    /// The link that it is about.
    pub link: LinkName,
    /// What was tried.
    pub action: Action,
    /// Why it did not succeed.
    pub cause: Cause,
    /// From the first attempt to the last.
    pub waited: Duration,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The run did not do what it should.
    Error,
    /// The run did what it could; a person must act.
    Warning,
}

/// What was tried on a link. Displayed as the verb that follows "Cannot".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Comparing, decoding, computing: no call.
    Plan,
    /// Looking for an earlier run's object.
    Find,
    /// Reading.
    Read,
    /// Creating, first or as a replacement.
    Create,
    /// Updating in place.
    Update,
    /// Waiting until it works.
    Wait,
    /// Deleting and waiting until it is gone.
    Delete,
}

/// Why an action did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A call failed.
    Failed(Failure),
    /// The object says that it will never work.
    Broken {
        /// AWS's words.
        reason: String,
    },
    /// The deadline came first.
    Deadline {
        /// What was last seen, in AWS's word; empty when nothing was.
        status: String,
    },
    /// The user stopped the run.
    Stopped,
    /// A person must act first.
    Gate {
        /// Who must do what.
        reason: String,
    },
}

/// What was and was not done, each in the chain's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Links with an object in the record.
    pub exists: Vec<LinkName>,
    /// Links that the run should have worked on and did not, because of a failure, the deadline or a stop.
    pub not_reached: Vec<LinkName>,
    /// Links behind a closed gate.
    pub held: Vec<LinkName>,
    /// Objects still to be removed: replaced ones and those that left the chain.
    pub left_over: Vec<LinkName>,
    /// Links whose creation may have happened: its reply was lost, and nobody could look for the object.
    pub uncertain: Vec<LinkName>,
    /// Set by a refresh whose anchor does not exist any more.
    pub gone: bool,
}

impl Outcome {
    /// Whether no problem is an error.
    pub fn succeeded(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity != Severity::Error)
    }
}

impl Problem {
    pub(super) fn error(link: &LinkName, action: Action, cause: Cause, waited: Duration) -> Self {
        Self { severity: Severity::Error, link: link.clone(), action, cause, waited }
    }

    pub(super) fn warning(link: &LinkName, action: Action, cause: Cause, waited: Duration) -> Self {
        Self { severity: Severity::Warning, link: link.clone(), action, cause, waited }
    }

    /// The failed call, where there was one.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.cause {
            Cause::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plan => "plan",
            Self::Find => "find",
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Wait => "wait for",
            Self::Delete => "delete",
        })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => failure.fmt(f),
            Self::Broken { reason } | Self::Gate { reason } => f.write_str(reason),
            Self::Deadline { status } if status.is_empty() => f.write_str("timeout reached"),
            Self::Deadline { status } => write!(f, "timeout reached while it was {status}"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

/// `create listener.https: CreateListener in eu-west-1: AccessDenied: <AWS's words>`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.action, self.link, self.cause)
    }
}
