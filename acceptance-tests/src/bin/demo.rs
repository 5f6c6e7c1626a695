//! `cargo demo`: real Terraform, both resources, two accounts, a simulated AWS.

use std::process::ExitCode;
use std::time::Duration;

use acceptance_tests::demo::{self, Options, Screen};
use clap::Parser;

/// Shows the provider at work: apply, packet, second plan, destroy.
#[derive(Debug, Parser)]
#[command(name = "cargo demo")]
struct Arguments {
    /// Leaves the connection, the simulator and the folder in place, and prints what to type.
    #[arg(long)]
    keep: bool,
    /// Opens the live page of the simulated AWS in a browser.
    #[arg(long)]
    open: bool,
    /// Works slowly enough to be watched, and pauses after each step.
    #[arg(long, conflicts_with = "speed")]
    slow: bool,
    /// How much faster than real the simulated AWS works.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1000))]
    speed: u32,
}

/// The speed at which each object is seen as it comes.
const SLOW: u32 = 10;
/// How long each step of a slow demo stays on the screen.
const PAUSE: Duration = Duration::from_secs(4);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut screen = Screen::of_standard_output();
    let (speed, pause) = if arguments.slow { (SLOW, PAUSE) } else { (arguments.speed, Duration::ZERO) };
    let options = Options { speed, pause, open: arguments.open, keep: arguments.keep };
    // On Ctrl-C what was started ends with its handles, and the folder goes.
    let told = tokio::select! {
        told = demo::run(&mut screen, options) => Some(told),
        _ = tokio::signal::ctrl_c() => None,
    };
    match told {
        Some(Ok(line)) => {
            screen.success(&line);
            ExitCode::SUCCESS
        }
        Some(Err(error)) => {
            screen.failure(&error.to_string());
            ExitCode::FAILURE
        }
        None => {
            screen.failure("interrupted");
            ExitCode::from(130)
        }
    }
}
