//! `GenerateResourceConfig`: from what was imported or listed to the shortest configuration of the same meaning.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::Diagnostic;
use crate::protocol::call::Call;
use crate::protocol::served::Served;
use crate::protocol::value::to_dynamic;
use crate::protocol::wire::tfplugin5::{self as proto, generate_resource_config};

const SUMMARY: &str = "Cannot write a configuration";

impl Call for generate_resource_config::Request {
    const RPC: &'static str = "GenerateResourceConfig";
    type Response = generate_resource_config::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.type_name)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let resource = served.resource(&self.type_name)?;
        let Some(state) = &self.state else { return Err(without_state()) };
        let state = resource.decode("state", Some(state))?;
        let config = to_dynamic(&resource.schema.block, &resource.server.configuration(&state)).map_err(|error| {
            let detail = format!("{error}\n\nThis is a bug in the provider: please report it.");
            Diagnostic::error(SUMMARY, detail).at(error.path)
        })?;
        Ok(generate_resource_config::Response { config: Some(config), diagnostics: Vec::new() })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        generate_resource_config::Response { config: None, diagnostics: vec![error] }
    }

    diagnostics_field!();
}

/// Terraform 1.14.0 asks without saying for what.
fn without_state() -> Diagnostic {
    let detail = "Terraform sent no state to write a configuration for, which is a defect of Terraform 1.14.0. Use Terraform 1.14.1 or a later \
                  one, or write the configuration by hand.";
    Diagnostic::error(SUMMARY, detail)
}
