//! What the simulator costs: calls a second on one core, and memory with ten thousand objects of each kind.
//!
//! `cargo bench --bench throughput` prints the figures of a release build. Machines differ and are shared, so
//! nothing is asserted; compare runs of one machine. Waits cost nothing: the clock is paused.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a benchmark"
)]

use std::io::Write as _;
use std::time::Instant;

mod aws;
mod kinds;

use aws::Aws;
use kinds::KINDS;

/// Objects to hold.
const OBJECTS: usize = 10_000;
/// Reads of one object.
const READS: usize = 1000;
/// Reads of a hundred objects.
const PAGES: usize = 100;

fn main() {
    let wanted = std::env::args().nth(1).filter(|argument| !argument.starts_with('-'));
    if let Some((name, fill)) = KINDS.iter().find(|(name, _)| wanted.as_deref() == Some(name)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        return runtime.block_on(measure(name, *fill));
    }
    line(["10,000 of each", "creates/s", "reads of one/s", "pages of 100/s", "MB held"]);
    for (name, _) in KINDS {
        // A process of its own: memory that another world gave back would not be seen.
        let program = std::env::current_exe().unwrap();
        assert!(std::process::Command::new(program).arg(name).status().unwrap().success());
    }
}

async fn measure(name: &str, fill: kinds::Fill) {
    let aws = Aws::new();
    let before = resident();
    let filled = fill(&aws, OBJECTS).await;
    let held = resident().saturating_sub(before) / 1_000_000;
    let start = Instant::now();
    for index in 0..READS {
        let one = &filled.one[(index * 7919) % filled.one.len()];
        aws.ask(one).await;
    }
    let reads = rate(READS, start);
    let start = Instant::now();
    for index in 0..PAGES {
        let page = &filled.page[index % filled.page.len()];
        aws.ask(page).await;
    }
    let pages = rate(PAGES, start);
    line([name, &filled.creates, &reads, &pages, &held.to_string()]);
}

fn line([name, rest @ ..]: [&str; 5]) {
    let mut out = std::io::stdout().lock();
    write!(out, "{name:<24}").unwrap();
    for figure in rest {
        write!(out, "{figure:>16}").unwrap();
    }
    writeln!(out).unwrap();
}

/// Tells how many calls a second were made.
fn rate(calls: usize, start: Instant) -> String {
    format!("{:.0}", f64::from(u32::try_from(calls).unwrap()) / start.elapsed().as_secs_f64())
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}
