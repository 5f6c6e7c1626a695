//! `ValidateDataSourceConfig` and `ReadDataSource`: decode the configuration, check or read it, encode the result.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::protocol::call::Call;
use crate::protocol::served::Served;
use crate::protocol::wire::tfplugin5::{self as proto, read_data_source, validate_data_source_config};

impl Call for validate_data_source_config::Request {
    const RPC: &'static str = "ValidateDataSourceConfig";
    type Response = validate_data_source_config::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.type_name)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let source = served.data_source(&self.type_name)?;
        let config = source.decode("configuration", self.config.as_ref())?;
        let diagnostics = source.server.validate(&config);
        Ok(validate_data_source_config::Response { diagnostics: source.messages(&diagnostics) })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        validate_data_source_config::Response { diagnostics: vec![error] }
    }

    diagnostics_field!();
}

impl Call for read_data_source::Request {
    const RPC: &'static str = "ReadDataSource";
    type Response = read_data_source::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.type_name)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let source = served.data_source(&self.type_name)?;
        let config = source.decode("configuration", self.config.as_ref())?;
        let mut diagnostics = Diagnostics::new();
        let state = match source.server.read(&config).await {
            Ok(state) => Some(source.encode_state(&state, &mut diagnostics)),
            Err(told) => {
                diagnostics.extend(told);
                None
            }
        };
        Ok(read_data_source::Response { state, diagnostics: source.messages(&diagnostics), ..Default::default() })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        read_data_source::Response { diagnostics: vec![error], ..Default::default() }
    }

    diagnostics_field!();
}
