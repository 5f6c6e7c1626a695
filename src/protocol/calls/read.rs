//! What is.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::Diagnostic;
use crate::protocol::call::Call;
use crate::protocol::served::Served;
use crate::protocol::wire::tfplugin5::{self as proto, read_resource};
use crate::resource::ReadRequest;

impl Call for read_resource::Request {
    const RPC: &'static str = "ReadResource";
    type Response = read_resource::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.type_name)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let resource = served.resource(&self.type_name)?;
        let request = ReadRequest {
            state: resource.decode("state", self.current_state.as_ref())?,
            private: self.private.to_vec(),
        };
        let stored = resource.decode_identity(self.current_identity.as_ref())?;
        let read = resource.server.read(request).await;
        let mut diagnostics = read.diagnostics;
        let new_state = resource.encode_state(&read.state, &mut diagnostics);
        let new_identity = resource.identity_of(&read.state, &stored, &mut diagnostics);
        Ok(read_resource::Response {
            new_state: Some(new_state),
            private: read.private.into(),
            diagnostics: resource.messages(&diagnostics),
            new_identity,
            ..Default::default()
        })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        read_resource::Response {
            new_state: self.current_state,
            private: self.private,
            new_identity: self.current_identity,
            diagnostics: vec![error],
            ..Default::default()
        }
    }

    diagnostics_field!();
}
