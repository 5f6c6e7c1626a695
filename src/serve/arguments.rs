//! The command line, for people. Terraform gives no arguments.

use clap::Parser;

/// Terraform and OpenTofu provider that makes AWS PrivateLink one resource on each side.
///
/// Terraform and OpenTofu start this program by themselves. To use a build of your own, name its folder in a
/// dev_overrides block of the CLI configuration, or start it with --debug.
#[derive(Debug, Parser)]
#[command(name = "terraform-provider-privatelink", version)]
pub(super) struct Arguments {
    /// Waits for Terraform runs and prints the setting that makes them use this process. Ctrl-C ends it.
    #[arg(long)]
    pub(super) debug: bool,

    /// With --debug: source address under which configurations name this provider; may be given several times.
    #[arg(long, value_name = "ADDRESS", default_values = [
        "registry.terraform.io/privatelink/privatelink",
        "registry.opentofu.org/privatelink/privatelink",
    ])]
    pub(super) source: Vec<String>,
}

/// What a person reads who starts the program by hand.
pub(super) const STARTED_BY_HAND: &str = "\
This is a provider for Terraform and OpenTofu: they start it, it cannot be used by hand.
Write required_providers and a provider \"privatelink\" block in a configuration, then run terraform plan.
To attach Terraform to a process of your own, start it with --debug; --help says more.";
