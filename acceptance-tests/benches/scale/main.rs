//! What hundreds of connections cost: calls, time and throttles of every stretch, beside what is wanted.
//!
//! `cargo bench --bench scale -- --consumers 500 --zones 10 --parallelism 10`. In this process, on a paused clock; one seed is
//! one run. Prints, and asserts nothing: the counts that must hold are asserted by `cargo test`, in `budget.rs`.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::items_after_statements,
    clippy::manual_assert,
    clippy::semicolon_if_nothing_returned,
    clippy::struct_excessive_bools,
    clippy::too_many_lines,
    reason = "a benchmark, with parts of the tests"
)]

use std::io::Write as _;
use std::time::Duration;

use acceptance_tests::simulator::settings::Settings;
use clap::Parser;

#[path = "../../tests/in_process/announced.rs"]
mod announced;
#[path = "../../tests/in_process/core.rs"]
mod core;
#[path = "../../tests/in_process/core_compare.rs"]
mod core_compare;
#[allow(dead_code, unreachable_pub, unused_imports, reason = "the bench asks for some of the rules")]
#[path = "../../../tests/core_rules/mod.rs"]
mod core_rules;
#[path = "../../tests/in_process/core_states.rs"]
mod core_states;
#[path = "../../tests/in_process/fleet.rs"]
mod fleet;
mod goals;
#[path = "../../tests/in_process/landscape.rs"]
mod landscape;
#[path = "../../tests/in_process/packets.rs"]
mod packets;
#[path = "../../tests/in_process/uids.rs"]
mod uids;

use fleet::{Names, Shape, Stretch};

/// Measures what many connections cost.
#[derive(Debug, Parser)]
struct Arguments {
    /// Consumers.
    #[arg(long, default_value_t = 500)]
    consumers: usize,
    /// Services.
    #[arg(long, default_value_t = 10)]
    services: usize,
    /// Shared zones that hold the consumers' names; without it they have none.
    #[arg(long)]
    zones: Option<usize>,
    /// Each consumer makes a zone of its own.
    #[arg(long, conflicts_with = "zones")]
    own_zones: bool,
    /// The services' names are not known when the consumers are planned.
    #[arg(long)]
    new_services: bool,
    /// Resources at a time.
    #[arg(long, default_value_t = 10)]
    parallelism: usize,
    /// Milliseconds between two resources, as on a slow machine.
    #[arg(long, default_value_t = 0)]
    think: u64,
    /// Reads lag behind writes, pages are short, lists in no order.
    #[arg(long)]
    lag: bool,
    /// Request limits, half used up by others.
    #[arg(long)]
    neighbour: bool,
    /// Durations are drawn from their distributions instead of typical.
    #[arg(long)]
    spread: bool,
    /// Each resource reads for itself, as with `PRIVATELINK_VIEWS=off`.
    #[arg(long)]
    without_views: bool,
    /// Seed of the simulated AWS.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Counts of each operation.
    #[arg(long)]
    operations: bool,
    /// What cargo passes to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let shape = Shape {
        services: arguments.services,
        consumers: arguments.consumers,
        names: match (arguments.zones, arguments.own_zones) {
            (Some(zones), _) => Names::Shared(zones),
            (None, true) => Names::Own,
            (None, false) => Names::None,
        },
        services_are_new: arguments.new_services,
        parallelism: arguments.parallelism,
        think: Duration::from_millis(arguments.think),
        seed: arguments.seed,
        settings: Settings {
            lag: arguments.lag,
            disorder: arguments.lag,
            spread: arguments.spread,
            neighbour: if arguments.neighbour { 0.5 } else { 0.0 },
            buckets: true,
            latency: true,
            ..Settings::default()
        },
        views: !arguments.without_views,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let stretches = runtime.block_on(fleet::run(&shape)).stretches;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{arguments:?}").unwrap();
    writeln!(
        out,
        "{:<34}{:>8}{:>8}{:>8}{:>10}{:>8}{:>10}{:>8}",
        "stretch", "calls", "writes", "R53", "throttled", "wanted", "seconds", "CPU"
    )
    .unwrap();
    for stretch in &stretches {
        line(&mut out, stretch, goals::wanted(&shape, stretch.what), arguments.operations);
    }
    if let Some(peak) = peak_megabytes() {
        writeln!(out, "peak memory with the simulator: {peak} MB").unwrap();
    }
}

fn line(out: &mut impl std::io::Write, stretch: &Stretch, wanted: Option<usize>, operations: bool) {
    let count = |pick: fn(&acceptance_tests::simulator::audit::Call) -> bool| {
        stretch.calls.iter().filter(|call| pick(call)).count()
    };
    let wanted = wanted.map_or_else(|| "–".to_owned(), |wanted| wanted.to_string());
    writeln!(
        out,
        "{:<34}{:>8}{:>8}{:>8}{:>10}{:>8}{:>10.0}{:>8.1}",
        stretch.what,
        stretch.calls.len(),
        count(|call| call.mutating),
        count(|call| call.service == "route53"),
        count(|call| call.throttled),
        wanted,
        stretch.seconds,
        stretch.cpu
    )
    .unwrap();
    if operations {
        writeln!(out, "    {}", fleet::counts(&stretch.calls)).unwrap();
    }
}

/// Largest memory of this process so far.
fn peak_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1000)
}
