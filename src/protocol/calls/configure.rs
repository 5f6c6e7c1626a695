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

/// May come several times in one process: with aliases in debug mode, with plan after apply.
impl Call for configure::Request {
    const RPC: &'static str = "Configure";
    type Response = configure::Response;

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let block = &served.schema.block;
        let config = decode(block, "provider configuration", self.config.as_ref())?;
        let diagnostics = served.provider.configure(&self.terraform_version, &config).await;
        Ok(configure::Response { diagnostics: diagnostic_messages(block, &diagnostics) })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        configure::Response { diagnostics: vec![error] }
    }

    diagnostics_field!();
}
