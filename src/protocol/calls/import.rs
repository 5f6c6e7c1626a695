//! An object that exists, found by the id a person typed.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::Diagnostic;
use crate::protocol::call::Call;
use crate::protocol::served::Served;
use crate::protocol::wire::tfplugin5::{self as proto, import_resource_state};

impl Call for import_resource_state::Request {
    const RPC: &'static str = "ImportResourceState";
    type Response = import_resource_state::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.type_name)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let resource = served.resource(&self.type_name)?;
        if self.id.is_empty() {
            return Err(Diagnostic::error(
                "Cannot import without an id",
                format!("{} is imported by id, not by identity: write id in the import block.", self.type_name),
            ));
        }
        let imported = resource.server.import(self.id.clone()).await;
        let mut diagnostics = imported.diagnostics;
        if imported.state.is_null() {
            if !diagnostics.has_errors() {
                diagnostics.push(Diagnostic::error("Nothing to import", format!("There is no {:?}.", self.id)));
            }
            let diagnostics = resource.messages(&diagnostics);
            return Ok(import_resource_state::Response { diagnostics, ..Default::default() });
        }
        let state = resource.encode_state(&imported.state, &mut diagnostics);
        let imported = import_resource_state::ImportedResource {
            type_name: self.type_name,
            state: Some(state),
            private: imported.private.into(),
            identity: None,
        };
        Ok(import_resource_state::Response {
            imported_resources: vec![imported],
            diagnostics: resource.messages(&diagnostics),
            deferred: None,
        })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        import_resource_state::Response { diagnostics: vec![error], ..Default::default() }
    }

    diagnostics_field!();
}
