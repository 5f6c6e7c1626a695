//! Drives the real Terraform or OpenTofu against the simulator.
//!
//! [`Tool`] is the program on PATH, [`Simulator`] the simulated AWS in a process of its own, [`Workspace`] a temporary folder
//! with a configuration, profiles for two accounts and nothing of the machine's own settings. [`Case`] puts the three together
//! and holds the rules that every configuration must keep. The configurations themselves have no simulator in them: they are
//! what a user of AWS writes. The demo in `demo/` and the tests `terraform_*.rs` stand on this.

mod account;
mod build;
mod by_hand;
mod case;
mod control;
mod environment;
mod repository;
mod run;
mod simulator;
mod suite;
mod taken_over;
mod tool;
mod workspace;

use std::io;
use std::path::PathBuf;

pub use account::{CONSUMER, PROFILES, SERVICE};
pub use build::built;
pub use by_hand::{element, patiently};
pub use case::{Case, Source};
pub use control::{Call, Hop, Objects, Reach};
pub use environment::Environment;
pub use repository::{examples, repository};
pub use run::Run;
pub use simulator::{Options, Simulator};
pub use suite::{MERMAID, Need, Outcome, Skipped, Trial, run as run_suite};
pub use taken_over::unwrapped;
pub use tool::{Tool, on_path};
pub use workspace::Workspace;

/// Says what stood in the way of a run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program could not be started or waited for.
    #[error("cannot run {program}: {source}")]
    Program {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A program that must have been built is not there.
    #[error("{0} is not built: run `cargo build` or `cargo test` without further arguments first")]
    NotBuilt(PathBuf),
    /// A file could not be written or read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The simulator ended, or said something else than its address.
    #[error("the simulator did not start: {0}")]
    Start(String),
    /// A control route failed.
    #[error("{route} of the simulator: {why}")]
    Control {
        /// Method and path.
        route: String,
        /// What it answered, or why it did not.
        why: String,
    },
    /// Terraform ended otherwise than expected.
    #[error("{what}\n{said}")]
    Terraform {
        /// What was expected.
        what: String,
        /// What the tool printed.
        said: String,
    },
    /// A rule that every configuration must keep is broken.
    #[error("{0}")]
    Broken(String),
}

impl Error {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
