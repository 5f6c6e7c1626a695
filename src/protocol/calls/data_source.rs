//! `ValidateDataSourceConfig` and `ReadDataSource`: decode the configuration, check or read it, encode the result.

use std::sync::Arc;

use super::{deferral, diagnostics_field};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::protocol::call::Call;
use crate::protocol::served::Served;
use crate::protocol::value::to_dynamic;
use crate::protocol::wire::tfplugin5::{self as proto, read_data_source, validate_data_source_config};
use crate::schema::Block;
use crate::value::Value;

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
        if let Some(deferred) = deferral(&served, self.client_capabilities.as_ref()) {
            // What it will hold nobody knows; core plans it so.
            let open = to_dynamic(&source.schema.block, &with_open_results(&source.schema.block, config));
            let state = open.map_err(|error| Diagnostic::error("Cannot read the configuration", error.to_string()))?;
            return Ok(read_data_source::Response {
                state: Some(state),
                deferred: Some(deferred),
                ..Default::default()
            });
        }
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

/// The configuration with everything open that the data source will fill.
fn with_open_results(block: &Block, config: Value) -> Value {
    let Value::Map(mut entries) = config else { return config };
    for attribute in block.attributes.iter().filter(|attribute| attribute.presence.is_computed()) {
        let value = entries.entry(attribute.name.to_owned()).or_default();
        if value.is_null() {
            *value = Value::UNKNOWN;
        }
    }
    Value::Map(entries)
}
