//! What will be.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::Diagnostic;
use crate::protocol::call::Call;
use crate::protocol::diagnostic::path_message;
use crate::protocol::served::Served;
use crate::protocol::value::to_dynamic;
use crate::protocol::wire::tfplugin5::{self as proto, plan_resource_change};
use crate::resource::PlanRequest;

impl Call for plan_resource_change::Request {
    const RPC: &'static str = "PlanResourceChange";
    type Response = plan_resource_change::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.type_name)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let resource = served.resource(&self.type_name)?;
        let request = PlanRequest {
            prior: resource.decode("prior state", self.prior_state.as_ref())?,
            proposed: resource.decode("proposed state", self.proposed_new_state.as_ref())?,
            config: resource.decode("configuration", self.config.as_ref())?,
            private: self.prior_private.to_vec(),
        };
        let stored = resource.decode_identity(self.prior_identity.as_ref())?;
        let prior = request.prior.clone();
        let mut plan = resource.server.plan(request).await;
        // What does not exist yet has no identity: nobody knows its id before the apply.
        let planned_identity = resource.identity_of(&prior, &stored, &mut plan.diagnostics);
        let block = &resource.schema.block;
        let planned_state = to_dynamic(block, &plan.planned).map_err(|error| {
            let detail = format!("{error}\n\nThis is a bug in the provider: please report it.");
            Diagnostic::error("The provider planned a value that does not fit", detail).at(error.path)
        })?;
        Ok(plan_resource_change::Response {
            planned_state: Some(planned_state),
            requires_replace: plan.requires_replace.iter().filter_map(|path| path_message(block, path)).collect(),
            planned_private: plan.private.into(),
            diagnostics: resource.messages(&plan.diagnostics),
            planned_identity,
            ..Default::default()
        })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        plan_resource_change::Response {
            planned_state: self.prior_state,
            planned_private: self.prior_private,
            planned_identity: self.prior_identity,
            diagnostics: vec![error],
            ..Default::default()
        }
    }

    diagnostics_field!();
}
