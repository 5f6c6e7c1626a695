//! The provider as Terraform and OpenTofu start it, and the tool that people start.

use std::process::ExitCode;

fn main() -> ExitCode {
    privatelink::tool::run()
}
