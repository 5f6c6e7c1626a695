//! `cargo demo`: real Terraform, both resources, two accounts, a simulated AWS.

use std::process::ExitCode;

use acceptance_tests::demo::{self, Options, Screen};
use clap::Parser;

/// Shows the provider at work: apply, packet, second plan, destroy.
#[derive(Debug, Parser)]
#[command(name = "cargo demo")]
struct Arguments {
    /// Leaves the connection, the simulator and the folder in place, and prints what to type.
    #[arg(long)]
    keep: bool,
    /// How much faster than real the simulated AWS works.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1000))]
    speed: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut screen = Screen::of_standard_output();
    let options = Options { speed: arguments.speed, keep: arguments.keep };
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
