//! `ValidateActionConfig`, `PlanAction` and `InvokeAction`: decode the configuration, check it, act and tell how far it is.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::diagnostics_field;
use crate::diagnostic::Diagnostic;
use crate::protocol::call::Call;
use crate::protocol::served::Served;
use crate::protocol::stream::{Events, StreamingCall};
use crate::protocol::wire::tfplugin5::{self as proto, invoke_action, plan_action, validate_action_config};
use invoke_action::event::{Completed, Progress, Type};

impl Call for validate_action_config::Request {
    const RPC: &'static str = "ValidateActionConfig";
    type Response = validate_action_config::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.action_type)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let action = served.action(&self.action_type)?;
        let config = action.decode("configuration", self.config.as_ref())?;
        let diagnostics = action.server.validate(&config);
        Ok(validate_action_config::Response { diagnostics: action.messages(&diagnostics) })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        validate_action_config::Response { diagnostics: vec![error] }
    }

    diagnostics_field!();
}

/// A plan looks at nothing: what the action acts on may be made in the same run.
impl Call for plan_action::Request {
    const RPC: &'static str = "PlanAction";
    type Response = plan_action::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.action_type)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let action = served.action(&self.action_type)?;
        let config = action.decode("configuration", self.config.as_ref())?;
        let diagnostics = action.messages(&action.server.validate(&config));
        Ok(plan_action::Response { diagnostics, deferred: None })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        plan_action::Response { diagnostics: vec![error], deferred: None }
    }

    diagnostics_field!();
}

impl StreamingCall for invoke_action::Request {
    const RPC: &'static str = "InvokeAction";
    type Event = invoke_action::Event;

    fn type_name(&self) -> &str {
        &self.action_type
    }

    async fn attempt(self, served: Arc<Served>, events: Events<Self::Event>) -> Result<(), Diagnostic> {
        let action = served.action(&self.action_type)?;
        let config = action.decode("configuration", self.config.as_ref())?;
        let (progress, mut told) = mpsc::unbounded_channel();
        let forward = async {
            while let Some(message) = told.recv().await {
                events.send(&event(Type::Progress(Progress { message }))).await;
            }
        };
        let (diagnostics, ()) = tokio::join!(action.server.invoke(&config, progress), forward);
        let diagnostics = action.messages(&diagnostics);
        events.send(&event(Type::Completed(Completed { diagnostics }))).await;
        Ok(())
    }

    fn refuse(error: proto::Diagnostic) -> Self::Event {
        event(Type::Completed(Completed { diagnostics: vec![error] }))
    }
}

fn event(kind: Type) -> invoke_action::Event {
    invoke_action::Event { r#type: Some(kind) }
}
