//! The simulator as a server: for Terraform, the AWS CLI, boto3 and people.

use std::process::ExitCode;

use acceptance_tests::simulator::command;

#[tokio::main]
async fn main() -> ExitCode {
    command::main().await
}
