//! A resource's configuration, checked without a call to AWS.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::Diagnostic;
use crate::protocol::call::Call;
use crate::protocol::served::Served;
use crate::protocol::wire::tfplugin5::{self as proto, validate_resource_type_config};

impl Call for validate_resource_type_config::Request {
    const RPC: &'static str = "ValidateResourceTypeConfig";
    type Response = validate_resource_type_config::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.type_name)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let resource = served.resource(&self.type_name)?;
        let config = resource.decode("configuration", self.config.as_ref())?;
        let diagnostics = resource.server.validate(&config);
        Ok(validate_resource_type_config::Response { diagnostics: resource.messages(&diagnostics) })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        validate_resource_type_config::Response { diagnostics: vec![error] }
    }

    diagnostics_field!();
}
