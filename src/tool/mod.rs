//! The binary as a tool for people: its command line, and what each command does.
//!
//! Terraform gives no arguments: then [`crate::serve`] takes over.

mod adopt;
mod diagnose;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::provider::Provider;
use crate::serve;

/// Terraform and OpenTofu provider that makes AWS PrivateLink one resource on each side.
///
/// Terraform and OpenTofu start this program by themselves. To use a build of your own, name its folder in a
/// dev_overrides block of the CLI configuration, or start it with --debug. By hand it is a tool: see the commands.
#[derive(Debug, Parser)]
#[command(name = "terraform-provider-privatelink", version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(flatten)]
    serving: serve::Arguments,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Walks a connection hop by hop, and says where it stops and what to do. Changes nothing.
    Diagnose(diagnose::Arguments),
    /// Prints the configuration of connections that exist, with import blocks. Changes nothing.
    Adopt(adopt::Arguments),
}

/// Runs the process: a command of a person's, or the provider for a host.
pub fn run() -> ExitCode {
    let line = CommandLine::parse();
    match line.command {
        Some(Command::Diagnose(arguments)) => diagnose::run(&arguments),
        Some(Command::Adopt(arguments)) => adopt::run(&arguments),
        None => serve::run(Arc::new(Provider::new()), &line.serving),
    }
}
