//! Runs tests that need a program of the machine, and shows those that could not run.
//!
//! The usual test harness decides at compile time what is ignored, so a test that finds no Terraform could only pass in
//! silence. Here it counts as ignored in the closing line, says why, and fails where `CI` is set. Tests through Terraform run
//! once with each program that `PRIVATELINK_TERRAFORM` names, and a table at the end says how each did. One that asks for what
//! the program has not yet, or has not at all, ends as [`Skipped`], which counts as ignored too.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
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
    /// Node, and a folder with mermaid and jsdom that `PRIVATELINK_MERMAID` names; the same holds.
    Mermaid,
    /// Terraform or OpenTofu, and Debian's Chromium, which `.ci/run` installs; the same holds.
    Chromium,
}

/// Names the folder in which mermaid and jsdom are installed.
pub const MERMAID: &str = "PRIVATELINK_MERMAID";

impl Need {
    fn is_met(self) -> bool {
        match self {
            Self::Terraform => Tool::find().is_some(),
            Self::AwsCli => on_path("aws").is_some(),
            Self::Chromium => Tool::find().is_some() && on_path("chromium").is_some(),
            Self::Mermaid => on_path("node").is_some() && std::env::var_os(MERMAID).is_some(),
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
            Self::Mermaid => {
                "node is not on PATH, or PRIVATELINK_MERMAID names no folder (npm install --prefix <folder> mermaid@11 jsdom@26)"
            }
            Self::Chromium => "Terraform and chromium are not both on PATH",
        }
    }

    fn is_demanded(self) -> bool {
        self == Self::Terraform && std::env::var_os("CI").is_some()
    }
}

/// What a test gives back: nothing, or why it failed.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Why a test that has begun does not go on: this machine or this program lacks what the test is about.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Skipped(String);

impl Skipped {
    /// Goes on where the condition holds, else ends the test as skipped: `Skipped::unless(found, "cc is not on PATH")?`.
    pub fn unless(holds: bool, missing: impl Into<String>) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self(missing.into())) }
    }

    /// Goes on where the program has a feature: since which minor version of Terraform 1, and of OpenTofu 1; `None` is never.
    pub fn unless_since(tool: &Tool, terraform: Option<u32>, opentofu: Option<u32>) -> Result<(), Self> {
        let since = if tool.is_opentofu() { opentofu } else { terraform };
        let number = |since: Option<u32>| since.map_or("no version".to_owned(), |minor| format!("1.{minor}"));
        Self::unless(
            since.is_some_and(|minor| tool.is_at_least(1, minor)),
            format!(
                "this is {}; Terraform has it in {}, OpenTofu in {}",
                tool.version(),
                number(terraform),
                number(opentofu)
            ),
        )
    }
}

/// A test: its name, a sentence, and what it does.
pub type Trial = (&'static str, fn() -> Pin<Box<dyn Future<Output = Outcome>>>);

/// Runs the tests with each program, or shows them as ignored where it is missing.
pub fn run(need: Need, trials: &'static [Trial]) -> ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    let tools = if need == Need::Terraform { Tool::all() } else { Vec::new() };
    if tools.len() < 2 || arguments.list {
        return run_with(need, None, trials, &arguments).exit_code();
    }
    let mut table = String::new();
    let mut failed = false;
    for tool in tools {
        let _told = writeln!(io::stderr(), "with {} ({})", tool.version(), tool.program().display());
        let ended = run_with(need, Some(&tool), trials, &arguments);
        failed |= ended.has_failed();
        let suite = std::env::args_os().next().map(PathBuf::from);
        let suite = suite.as_deref().and_then(Path::file_stem).unwrap_or_default().to_string_lossy();
        let (passed, lost, ignored) = (ended.num_passed, ended.num_failed, ended.num_ignored);
        let version = tool.version();
        let _infallible =
            writeln!(table, "| {version} | {suite} | passed {passed} | failed {lost} | ignored {ignored} |");
    }
    let _told = write!(io::stderr(), "{table}");
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn run_with(
    need: Need,
    tool: Option<&Tool>,
    trials: &'static [Trial],
    arguments: &libtest_mimic::Arguments,
) -> libtest_mimic::Conclusion {
    let met = need.is_met();
    if !met && !arguments.list {
        let verb = if need.is_demanded() { "FAILED" } else { "SKIPPED" };
        let _told = writeln!(io::stderr(), "{verb}: {} tests, because {}", trials.len(), need.missing());
    }
    let trials = trials.iter().map(|&(name, test)| {
        let tool = tool.cloned();
        libtest_mimic::Trial::ignorable_test(name, move || {
            if !met {
                return Err(need.missing().into());
            }
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            let ended = match tool {
                Some(tool) => runtime.block_on(tool.with(test())),
                None => runtime.block_on(test()),
            };
            match ended {
                Ok(()) => Ok(libtest_mimic::Completion::Completed),
                Err(error) if error.is::<Skipped>() => {
                    let _told = writeln!(io::stderr(), "SKIPPED: {name}: {error}");
                    Ok(libtest_mimic::Completion::ignored_with(error.to_string()))
                }
                Err(error) => Err(error.to_string().into()),
            }
        })
        .with_ignored_flag(!met && !need.is_demanded())
    });
    libtest_mimic::run(arguments, trials.collect())
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
