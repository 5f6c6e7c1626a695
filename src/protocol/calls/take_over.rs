//! `MoveResourceState`: reads a stored state of another resource type, and writes the one that takes its place.
//!
//! Terraform asks an unconfigured process, and OpenTofu a configured one without looking at the capability. Neither the private
//! bytes nor the identity of the source say anything here, and none of them goes on: they are another provider's.

use std::sync::Arc;

use super::diagnostics_field;
use super::upgrade::stored_state;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::protocol::call::Call;
use crate::protocol::served::Served;
use crate::protocol::wire::tfplugin5::{self as proto, move_resource_state};
use crate::resource::MovedState;

impl Call for move_resource_state::Request {
    const RPC: &'static str = "MoveResourceState";
    type Response = move_resource_state::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.target_type_name)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let resource = served.resource(&self.target_type_name)?;
        let taken_by = served
            .resources
            .iter()
            .find(|(_, other)| other.server.moves_from() == Some(self.source_type_name.as_str()));
        let moved = MovedState {
            taken_by: taken_by.map(|(name, _)| *name),
            provider: self.source_provider_address,
            type_name: self.source_type_name,
            version: self.source_schema_version,
            state: stored_state(self.source_state)?,
        };
        let state = resource.server.take_over(&moved)?;
        let mut diagnostics = Diagnostics::new();
        let target_state = Some(resource.encode_state(&state, &mut diagnostics));
        let diagnostics = resource.messages(&diagnostics);
        Ok(move_resource_state::Response { target_state, diagnostics, ..Default::default() })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        move_resource_state::Response { diagnostics: vec![error], ..Default::default() }
    }

    diagnostics_field!();
}
