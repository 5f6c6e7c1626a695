//! Calls for kinds of objects that this provider does not have, and which core expects to be
//! answered with a message rather than with UNIMPLEMENTED.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::Diagnostic;
use crate::protocol::call::Call;
use crate::protocol::served::{Served, unsupported};
use crate::protocol::wire::tfplugin5::{
    self as proto, call_function, move_resource_state, read_data_source, validate_data_source_config,
};

impl Call for validate_data_source_config::Request {
    const RPC: &'static str = "ValidateDataSourceConfig";
    type Response = validate_data_source_config::Response;

    async fn attempt(self, _served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        Err(unsupported("data source", &self.type_name))
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        validate_data_source_config::Response { diagnostics: vec![error] }
    }

    diagnostics_field!();
}

impl Call for read_data_source::Request {
    const RPC: &'static str = "ReadDataSource";
    type Response = read_data_source::Response;

    async fn attempt(self, _served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        Err(unsupported("data source", &self.type_name))
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        read_data_source::Response { diagnostics: vec![error], ..Default::default() }
    }

    diagnostics_field!();
}

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

/// Functions have no diagnostics, only one error text.
impl Call for call_function::Request {
    const RPC: &'static str = "CallFunction";
    type Response = call_function::Response;

    async fn attempt(self, _served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        Err(unsupported("function", &self.name))
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        let text = format!("{}: {}", error.summary, error.detail);
        let error = proto::FunctionError { text, function_argument: None };
        call_function::Response { result: None, error: Some(error) }
    }

    fn diagnostics(_response: &Self::Response) -> &[proto::Diagnostic] {
        &[]
    }
}
