//! Calls for kinds of objects that this provider does not have, and which core expects to be
//! answered with a message rather than with UNIMPLEMENTED.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::Diagnostic;
use crate::protocol::call::Call;
use crate::protocol::served::Served;
use crate::protocol::wire::tfplugin5::{self as proto, move_resource_state};

/// OpenTofu asks without looking at the capability.
impl Call for move_resource_state::Request {
    const RPC: &'static str = "MoveResourceState";
    type Response = move_resource_state::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.target_type_name)
    }

    async fn attempt(self, _served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let detail = format!(
            "{:?} of {} cannot become {:?}. Import the object instead: an import block for the new address, a removed \
             block for the old one.",
            self.source_type_name, self.source_provider_address, self.target_type_name
        );
        Err(Diagnostic::error("Cannot move from another resource type", detail))
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        move_resource_state::Response { diagnostics: vec![error], ..Default::default() }
    }

    diagnostics_field!();
}
