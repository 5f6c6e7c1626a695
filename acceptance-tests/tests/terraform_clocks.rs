//! Two provider processes on machines whose clocks are wrong by minutes, through real Terraform: a run that lives keeps what
//! it makes, and what a dead run made is carried on, whoever of the two is ahead.
//!
//! A library in front of libc's moves the clock of the provider's process alone (`LD_PRELOAD`), so the provider that is tried is the
//! one that people build. What AWS's own replies say may be wrong too, from one process's view: that is tried in process
//! (`in_process/run_tag.rs`).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Case, Options, Outcome, Skipped, Source, Tool, Workspace, built, on_path};
use tokio::process::{Child, Command};

suite!(Terraform:
    a_run_that_lives_keeps_what_it_makes_whatever_the_clocks_of_two_machines_say,
    what_a_dead_run_made_is_carried_on_by_a_machine_with_another_clock,
);

type Failure = Box<dyn std::error::Error>;

/// Seconds by which the clocks of the first and the second machine are wrong.
const SKEWS: [(i64, i64); 3] = [(0, 180), (0, -180), (600, -600)];

/// Moves the time of day, and nothing else.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t skew(void) {
    const char *text = getenv("CLOCK_SKEW_SECONDS");
    return text ? atol(text) : 0;
}

int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*next)(clockid_t, struct timespec *);
    if (!next) next = dlsym(RTLD_NEXT, "clock_gettime");
    int end = next(id, now);
    if (end == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) now->tv_sec += skew();
    return end;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec fine;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &fine);
    now->tv_sec = fine.tv_sec;
    now->tv_usec = fine.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *seconds) {
    struct timespec fine;
    clock_gettime(CLOCK_REALTIME, &fine);
    if (seconds) *seconds = fine.tv_sec;
    return fine.tv_sec;
}
"#;

const CONFIGURATION: &str = r#"
terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

variable "consumer_subnet_ids" {
  type = list(string)
}

provider "privatelink" {
  profile = "consumer"
}

resource "privatelink_consumer" "queue" {
  service_name = "com.amazonaws.us-east-1.sqs"
  subnet_ids   = var.consumer_subnet_ids
}
"#;

/// The library, and a folder that goes with it.
async fn shim() -> Result<(tempfile::TempDir, PathBuf), Failure> {
    Skipped::unless(cfg!(target_os = "linux"), "only Linux puts a library in front of libc")?;
    let compiler = on_path("cc");
    Skipped::unless(compiler.is_some(), "cc is not on PATH")?;
    let folder = tempfile::tempdir()?;
    let (source, library) = (folder.path().join("clock.c"), folder.path().join("clock.so"));
    std::fs::write(&source, SHIM)?;
    let arguments = ["-shared", "-fPIC", "-o"];
    let made = Command::new(compiler.unwrap()).args(arguments).arg(&library).arg(&source).arg("-ldl").status().await?;
    assert!(made.success());
    // Whether it works is no matter of faith.
    let told = async |seconds: &str| -> Result<i64, Failure> {
        let mut date = Command::new(on_path("date").unwrap());
        let date = date.arg("+%s").env("LD_PRELOAD", &library).env("CLOCK_SKEW_SECONDS", seconds);
        Ok(String::from_utf8(date.output().await?.stdout)?.trim().parse()?)
    };
    let difference = told("600").await? - told("0").await?;
    assert!((598..=602).contains(&difference), "{difference}");
    Ok((folder, library))
}

/// Another machine with the same configuration and a state of its own.
async fn machine(case: &Case, library: &Path, seconds: i64) -> Result<Workspace, Failure> {
    let binaries = built(Path::new(env!("CARGO_BIN_EXE_simulator"))).await?;
    let mut workspace = Workspace::new(&Tool::required()?, &binaries)?;
    workspace.connect(&case.simulator.url(), case.simulator.speed(), "us-east-1")?;
    workspace.set("LD_PRELOAD", library.to_str().unwrap());
    workspace.set("CLOCK_SKEW_SECONDS", &seconds.to_string());
    workspace.write("main.tf", CONFIGURATION)?;
    workspace.variables(&case.landscape)?;
    Ok(workspace)
}

async fn start(seed: u64) -> Result<Case, Failure> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    let options = Options { speed: 30, seed, ..Options::new(simulator) };
    Ok(Case::start_with(&Tool::required()?, &options, Source::Text(CONFIGURATION)).await?)
}

const APPLY: [&str; 4] = ["apply", "-auto-approve", "-no-color", "-input=false"];

/// Begins an apply, and returns as soon as it has made an object of a kind.
async fn begun(case: &Case, workspace: &Workspace, kind: &str) -> Result<Child, Failure> {
    let run = workspace.spawn(&APPLY)?;
    while case.simulator.objects().await?.of(kind).is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(run)
}

async fn uid(workspace: &Workspace) -> Result<String, Failure> {
    let shown = workspace.show().await?;
    let values = &shown["values"]["root_module"]["resources"][0]["values"];
    Ok(values["record"]["owner_uid"].as_str().unwrap_or_default().to_owned())
}

async fn a_run_that_lives_keeps_what_it_makes_whatever_the_clocks_of_two_machines_say() -> Outcome {
    let (_folder, library) = shim().await?;
    for (seed, (here, there)) in (1..).zip(SKEWS) {
        let case = start(seed).await?;
        let (first, second) = (machine(&case, &library, here).await?, machine(&case, &library, there).await?);
        let run = begun(&case, &first, "security_group").await?;
        // Both are at work for a while.
        second.apply(&[]).await?.succeeded()?;
        first.finish(run, &APPLY).await?.succeeded()?;
        let (one, other) = (uid(&first).await?, uid(&second).await?);
        assert!(!one.is_empty() && one != other, "{here} {there}: {one} {other}");
        assert_eq!(case.simulator.objects().await?.of("endpoint").len(), 2, "{here} {there}");
        for workspace in [&second, &first] {
            workspace.plan(&[]).await?.succeeded()?;
            workspace.destroy(&[]).await?.succeeded()?;
        }
        case.is_clean().await?;
    }
    Ok(())
}

async fn what_a_dead_run_made_is_carried_on_by_a_machine_with_another_clock() -> Outcome {
    let (_folder, library) = shim().await?;
    for (seed, (here, there)) in (11..).zip(SKEWS) {
        let case = start(seed).await?;
        let (first, second) = (machine(&case, &library, here).await?, machine(&case, &library, there).await?);
        let run = begun(&case, &first, "endpoint").await?;
        let group = format!("-{}", run.id().unwrap());
        assert!(Command::new(on_path("kill").unwrap()).args(["-KILL", "--", &group]).status().await?.success());
        first.finish(run, &APPLY).await?;
        // Nobody starts again sooner than AWS shows what was made: half a minute of its time.
        tokio::time::sleep(Duration::from_secs(30) / case.simulator.speed() + Duration::from_millis(200)).await;
        let applied = second.apply(&[]).await?.succeeded()?;
        assert!(
            applied.in_one_line().contains("Carrying on an interrupted creation"),
            "{here} {there}: {}",
            applied.said()
        );
        assert_eq!(case.simulator.objects().await?.of("endpoint").len(), 1, "{here} {there}");
        second.plan(&[]).await?.succeeded()?;
        second.destroy(&[]).await?.succeeded()?;
        case.is_clean().await?;
    }
    Ok(())
}
