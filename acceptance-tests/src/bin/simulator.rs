//! The simulator under its first name; `privatelink-simulator` is the same.

use std::process::ExitCode;

use acceptance_tests::simulator::command;

#[tokio::main]
async fn main() -> ExitCode {
    command::main().await
}
