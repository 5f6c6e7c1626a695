//! The part of the command line that serves Terraform. Terraform gives no arguments.

/// How the provider is served.
#[derive(Debug, clap::Args)]
pub struct Arguments {
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
This is the PrivateLink provider for Terraform and OpenTofu, which start it themselves.
Write required_providers and a provider \"privatelink\" block in a configuration, then run terraform plan.
Documentation: docs/index.md of its repository, or its page in the registry that it came from.

By hand:
  terraform-provider-privatelink diagnose <vpce-… or vpce-svc-…>   where a connection stops, and what to do
  terraform-provider-privatelink adopt                             the configuration of connections that exist
  terraform-provider-privatelink --debug                           attach Terraform to this process
  terraform-provider-privatelink --help                            more of both";
