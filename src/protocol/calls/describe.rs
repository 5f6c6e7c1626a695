//! What the provider is: names, schemas, capabilities.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::Diagnostic;
use crate::gather::Gather as _;
use crate::protocol::call::Call;
use crate::protocol::schema::{function_message, identity_message, schema_message};
use crate::protocol::served::Served;
use crate::protocol::wire::tfplugin5::{
    self as proto, get_metadata, get_provider_schema, get_resource_identity_schemas,
};

/// Deletes are planned, too; a schema fetched from one process holds for all; states of other resource types can be moved; what is
/// imported is written as a configuration here rather than by core's guess.
const CAPABILITIES: proto::ServerCapabilities = proto::ServerCapabilities {
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: true,
    generate_resource_config: true,
};

impl Call for get_metadata::Request {
    const RPC: &'static str = "GetMetadata";
    type Response = get_metadata::Response;

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let resources = served.resources.keys();
        let data_sources = served.data_sources.keys();
        let functions = served.functions.keys();
        let list_resources = served.list_resources.keys();
        let actions = served.actions.keys();
        Ok(get_metadata::Response {
            server_capabilities: Some(CAPABILITIES),
            resources: resources.map(|name| get_metadata::ResourceMetadata { type_name: (*name).to_owned() }).collect(),
            data_sources: data_sources
                .map(|name| get_metadata::DataSourceMetadata { type_name: (*name).to_owned() })
                .collect(),
            functions: functions.map(|name| get_metadata::FunctionMetadata { name: (*name).to_owned() }).collect(),
            actions: actions.map(|name| get_metadata::ActionMetadata { type_name: (*name).to_owned() }).collect(),
            list_resources: list_resources
                .map(|name| get_metadata::ListResourceMetadata { type_name: (*name).to_owned() })
                .collect(),
            ..Default::default()
        })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        get_metadata::Response { diagnostics: vec![error], ..Default::default() }
    }

    diagnostics_field!();
}

impl Call for get_provider_schema::Request {
    const RPC: &'static str = "GetProviderSchema";
    type Response = get_provider_schema::Response;

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let resources = served.resources.iter();
        let data_sources = served.data_sources.iter();
        let functions = served.functions.iter();
        let list_resources = served.list_resources.iter();
        let actions = served.actions.iter();
        Ok(get_provider_schema::Response {
            provider: Some(schema_message(&served.schema)),
            resource_schemas: resources
                .map(|(name, resource)| ((*name).to_owned(), schema_message(&resource.schema)))
                .gather(),
            data_source_schemas: data_sources
                .map(|(name, source)| ((*name).to_owned(), schema_message(&source.schema)))
                .gather(),
            functions: functions
                .map(|(name, function)| ((*name).to_owned(), function_message(&function.signature)))
                .gather(),
            action_schemas: actions
                .map(|(name, action)| {
                    ((*name).to_owned(), proto::ActionSchema { schema: Some(schema_message(&action.schema)) })
                })
                .gather(),
            list_resource_schemas: list_resources
                .map(|(name, list)| ((*name).to_owned(), schema_message(&list.schema)))
                .gather(),
            server_capabilities: Some(CAPABILITIES),
            ..Default::default()
        })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        get_provider_schema::Response { diagnostics: vec![error], ..Default::default() }
    }

    diagnostics_field!();
}

/// Asked right after the schemas, by a core that knows identities.
impl Call for get_resource_identity_schemas::Request {
    const RPC: &'static str = "GetResourceIdentitySchemas";
    type Response = get_resource_identity_schemas::Response;

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let resources = served.resources.iter();
        let identities = resources.filter_map(|(name, resource)| {
            Some(((*name).to_owned(), identity_message(&resource.server.identity_schema()?)))
        });
        Ok(Self::Response { identity_schemas: identities.gather(), diagnostics: Vec::new() })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        get_resource_identity_schemas::Response { diagnostics: vec![error], ..Default::default() }
    }

    diagnostics_field!();
}
