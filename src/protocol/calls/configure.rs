//! The provider block: checked, taken.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::Diagnostic;
use crate::protocol::call::Call;
use crate::protocol::diagnostic::diagnostic_messages;
use crate::protocol::served::{Served, decode};
use crate::protocol::wire::tfplugin5::{self as proto, configure, prepare_provider_config};

/// Core decodes `prepared_config` and ignores it; it gets back what it sent.
impl Call for prepare_provider_config::Request {
    const RPC: &'static str = "PrepareProviderConfig";
    type Response = prepare_provider_config::Response;

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let block = &served.schema.block;
        let config = decode(block, "provider configuration", self.config.as_ref())?;
        let diagnostics = served.provider.validate(&config);
        Ok(prepare_provider_config::Response {
            prepared_config: self.config,
            diagnostics: diagnostic_messages(block, &diagnostics),
        })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        prepare_provider_config::Response { prepared_config: self.config, diagnostics: vec![error] }
    }

    diagnostics_field!();
}

/// May come several times in one process, in debug mode: once for each walk of each run, and for each alias. All of
/// them must mean the same, because there is one connection to AWS: a second provider block would exchange the account
/// and the Region beneath the resources of the first.
impl Call for configure::Request {
    const RPC: &'static str = "Configure";
    type Response = configure::Response;

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let block = &served.schema.block;
        let config = decode(block, "provider configuration", self.config.as_ref())?;
        let mut configured = served.configured.lock().await;
        if configured.as_ref().is_some_and(|known| *known != config) {
            return Err(another_block());
        }
        let diagnostics = served.provider.configure(&self.terraform_version, &config).await;
        // What is not known yet, or does not work, is in force for nobody.
        if config.is_wholly_known() && !diagnostics.has_errors() {
            *configured = Some(config);
        }
        Ok(configure::Response { diagnostics: diagnostic_messages(block, &diagnostics) })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        configure::Response { diagnostics: vec![error] }
    }

    diagnostics_field!();
}

/// The refusal of a provider block other than the one in force.
fn another_block() -> Diagnostic {
    Diagnostic::error(
        "This provider process has another configuration",
        "A provider process works with one provider block. This one was given a block before that differs from this one, \
         and resources of that block may be in use: going on would move them to another account or Region. Nothing was \
         changed.\n\nWhat to do: with --debug, start one process for each provider block, or start the process again after \
         the block was edited. Aliases with different settings need a run without TF_REATTACH_PROVIDERS.",
    )
}
