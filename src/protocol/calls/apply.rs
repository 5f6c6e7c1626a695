//! What is made so.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::Diagnostic;
use crate::protocol::call::Call;
use crate::protocol::served::Served;
use crate::protocol::wire::tfplugin5::{self as proto, apply_resource_change};
use crate::resource::ApplyRequest;

impl Call for apply_resource_change::Request {
    const RPC: &'static str = "ApplyResourceChange";
    type Response = apply_resource_change::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.type_name)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let resource = served.resource(&self.type_name)?;
        let request = ApplyRequest {
            prior: resource.decode("prior state", self.prior_state.as_ref())?,
            planned: resource.decode("planned state", self.planned_state.as_ref())?,
            config: resource.decode("configuration", self.config.as_ref())?,
            private: self.planned_private.to_vec(),
        };
        let planned_identity = resource.decode_identity(self.planned_identity.as_ref())?;
        let applied = resource.server.apply(request).await;
        let mut diagnostics = applied.diagnostics;
        // What exists must reach the state even if a part of it does not fit the schema.
        let new_state = resource.encode_state(&applied.state, &mut diagnostics);
        let new_identity = resource.identity_of(&applied.state, &planned_identity, &mut diagnostics);
        Ok(apply_resource_change::Response {
            new_state: Some(new_state),
            private: applied.private.into(),
            diagnostics: resource.messages(&diagnostics),
            new_identity,
            ..Default::default()
        })
    }

    /// Returns the state as it was: an answer without state, or a gRPC error, would erase the
    /// private bytes of an update.
    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        apply_resource_change::Response {
            new_state: self.prior_state,
            private: self.planned_private,
            new_identity: self.planned_identity,
            diagnostics: vec![error],
            ..Default::default()
        }
    }

    diagnostics_field!();
}
