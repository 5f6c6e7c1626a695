//! The provider as Terraform and OpenTofu start it.

use std::process::ExitCode;
use std::sync::Arc;

use privatelink::provider::Provider;

fn main() -> ExitCode {
    privatelink::serve::run(Arc::new(Provider::new()))
}
