//! An object that exists, found by the id or the identity that a person typed.

use std::sync::Arc;

use super::{deferral, diagnostics_field};
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
        let identity = resource.decode_identity(self.identity.as_ref())?;
        if let Some(deferred) = deferral(&served, self.client_capabilities.as_ref()) {
            return Ok(import_resource_state::Response { deferred: Some(deferred), ..Default::default() });
        }
        let imported = match (identity.is_null(), self.id.is_empty()) {
            (false, _) => resource.server.import_identified(&identity).await,
            (true, false) => resource.server.import(self.id).await,
            (true, true) => return Err(without_id(&self.type_name)),
        };
        let mut diagnostics = imported.diagnostics;
        if imported.state.is_null() {
            if !diagnostics.has_errors() {
                diagnostics.push(Diagnostic::error("Nothing to import", "There is no object of this id or identity."));
            }
            let diagnostics = resource.messages(&diagnostics);
            return Ok(import_resource_state::Response { diagnostics, ..Default::default() });
        }
        let state = resource.encode_state(&imported.state, &mut diagnostics);
        let identity = resource.identity_of(&imported.state, &identity, &mut diagnostics);
        let imported = import_resource_state::ImportedResource {
            type_name: self.type_name,
            state: Some(state),
            private: imported.private.into(),
            identity,
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

fn without_id(type_name: &str) -> Diagnostic {
    let detail = format!(
        "Write id or, from Terraform 1.12 and OpenTofu 1.12 on, identity in the import block of the {type_name}."
    );
    Diagnostic::error("Cannot import without an id", detail)
}
