//! Runs tests that need a program of the machine, and shows those that could not run.
//!
//! The usual test harness decides at compile time what is ignored, so a test that finds no Terraform could only pass in
//! silence. Here it counts as ignored in the closing line, says why, and fails where `CI` is set.

use std::io::{self, Write as _};
use std::pin::Pin;
use std::process::ExitCode;

use super::{Tool, on_path};

/// A program that tests need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Terraform or OpenTofu. Where `CI` is set, it must be there.
    Terraform,
    /// The AWS CLI. Nobody needs it to work on the project, so it may be missing everywhere.
    AwsCli,
    /// Python with boto3; the same holds.
    Boto3,
}

impl Need {
    fn is_met(self) -> bool {
        match self {
            Self::Terraform => Tool::find().is_some(),
            Self::AwsCli => on_path("aws").is_some(),
            Self::Boto3 => on_path("python3").is_some_and(|python| {
                let asked = std::process::Command::new(python).args(["-c", "import boto3"]).output();
                asked.is_ok_and(|answer| answer.status.success())
            }),
        }
    }

    fn missing(self) -> &'static str {
        match self {
            Self::Terraform => "neither terraform nor tofu is on PATH",
            Self::AwsCli => "aws is not on PATH",
            Self::Boto3 => "python3 with boto3 is not there",
        }
    }

    fn is_demanded(self) -> bool {
        self == Self::Terraform && std::env::var_os("CI").is_some()
    }
}

/// What a test gives back: nothing, or why it failed.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A test: its name, a sentence, and what it does.
pub type Trial = (&'static str, fn() -> Pin<Box<dyn Future<Output = Outcome>>>);

/// Runs the tests, or shows them as ignored where the program is missing.
pub fn run(need: Need, trials: &'static [Trial]) -> ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    let met = need.is_met();
    if !met && !arguments.list {
        let verb = if need.is_demanded() { "FAILED" } else { "SKIPPED" };
        let _told = writeln!(io::stderr(), "{verb}: {} tests, because {}", trials.len(), need.missing());
    }
    let trials = trials.iter().map(|&(name, test)| {
        libtest_mimic::Trial::test(name, move || {
            if !met {
                return Err(need.missing().into());
            }
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            runtime.block_on(test()).map_err(|error| error.to_string().into())
        })
        .with_ignored_flag(!met && !need.is_demanded())
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Lists the tests of a file and makes its `main`: `suite!(Terraform: a_sentence, another_one);`.
#[macro_export]
macro_rules! suite {
    ($need:ident: $($test:ident),+ $(,)?) => {
        fn main() -> std::process::ExitCode {
            $crate::terraform::run_suite(
                $crate::terraform::Need::$need,
                &[$((stringify!($test), || Box::pin($test()))),+],
            )
        }
    };
}
