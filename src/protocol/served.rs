//! What is served: the provider, its resources, data sources and functions with their schemas, found by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::diagnostic::diagnostic_messages;
use super::value::{from_dynamic, to_dynamic, to_msgpack_salvaging};
use super::wire::tfplugin5 as proto;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::gather::Gather as _;
use crate::resource::{
    ActionServer, DataSourceServer, FunctionServer, ListServer, ProviderServer, ResourceServer, Signature,
};
use crate::schema::{Block, Schema};
use crate::value::Value;

/// A provider with its schemas, asked for once: they do not change while the process lives.
pub(super) struct Served {
    pub(super) provider: Arc<dyn ProviderServer>,
    pub(super) schema: Schema,
    pub(super) resources: BTreeMap<&'static str, ServedResource>,
    /// The provider block that is in force. Held while one is taken, so that two do not mix.
    pub(super) configured: Mutex<Option<Value>>,
    pub(super) data_sources: BTreeMap<&'static str, ServedDataSource>,
    pub(super) functions: BTreeMap<&'static str, ServedFunction>,
    pub(super) list_resources: BTreeMap<&'static str, ServedList>,
    pub(super) actions: BTreeMap<&'static str, ServedAction>,
}

/// What is served under a name, with its schema.
pub(super) struct ServedType<S: ?Sized> {
    pub(super) server: Arc<S>,
    pub(super) schema: Schema,
}

/// A resource type with its schema.
pub(super) type ServedResource = ServedType<dyn ResourceServer>;

/// A data source with its schema.
pub(super) type ServedDataSource = ServedType<dyn DataSourceServer>;

/// A list resource with the schema of its filters.
pub(super) type ServedList = ServedType<dyn ListServer>;

/// An action with its schema.
pub(super) type ServedAction = ServedType<dyn ActionServer>;

/// A function with its signature.
pub(super) struct ServedFunction {
    pub(super) server: Arc<dyn FunctionServer>,
    pub(super) signature: Signature,
}

impl Served {
    pub(super) fn new(provider: Arc<dyn ProviderServer>) -> Self {
        let resources = provider
            .resources()
            .iter()
            .map(|(name, server)| (*name, ServedResource { schema: server.schema(), server: Arc::clone(server) }));
        let resources = resources.gather();
        let data_sources = provider
            .data_sources()
            .iter()
            .map(|(name, server)| (*name, ServedDataSource { schema: server.schema(), server: Arc::clone(server) }));
        let data_sources = data_sources.gather();
        let functions = provider.functions().iter().map(|(name, server)| {
            (*name, ServedFunction { signature: server.signature(), server: Arc::clone(server) })
        });
        let functions = functions.gather();
        let list_resources = provider
            .list_resources()
            .iter()
            .map(|(name, server)| (*name, ServedList { schema: server.schema(), server: Arc::clone(server) }));
        let list_resources = list_resources.gather();
        let actions = provider
            .actions()
            .iter()
            .map(|(name, server)| (*name, ServedAction { schema: server.schema(), server: Arc::clone(server) }));
        let actions = actions.gather();
        let (schema, configured) = (provider.schema(), Mutex::default());
        Self { provider, schema, resources, configured, data_sources, functions, list_resources, actions }
    }

    pub(super) fn resource(&self, type_name: &str) -> Result<&ServedResource, Diagnostic> {
        self.resources.get(type_name).ok_or_else(|| unsupported("resource type", type_name))
    }

    pub(super) fn data_source(&self, type_name: &str) -> Result<&ServedDataSource, Diagnostic> {
        self.data_sources.get(type_name).ok_or_else(|| unsupported("data source", type_name))
    }

    pub(super) fn list_resource(&self, type_name: &str) -> Result<&ServedList, Diagnostic> {
        self.list_resources.get(type_name).ok_or_else(|| unsupported("list resource", type_name))
    }

    pub(super) fn action(&self, name: &str) -> Result<&ServedAction, Diagnostic> {
        self.actions.get(name).ok_or_else(|| unsupported("action", name))
    }

    pub(super) fn function(&self, name: &str) -> Result<&ServedFunction, Diagnostic> {
        self.functions.get(name).ok_or_else(|| unsupported("function", name))
    }
}

impl<S: ?Sized> ServedType<S> {
    pub(super) fn decode(&self, what: &str, value: Option<&proto::DynamicValue>) -> Result<Value, Diagnostic> {
        decode(&self.schema.block, what, value)
    }

    pub(super) fn messages(&self, diagnostics: &Diagnostics) -> Vec<proto::Diagnostic> {
        diagnostic_messages(&self.schema.block, diagnostics)
    }

    /// Writes a state as far as it fits the schema, and adds an error for each part that does not.
    pub(super) fn encode_state(&self, state: &Value, diagnostics: &mut Diagnostics) -> proto::DynamicValue {
        let salvaged = to_msgpack_salvaging(&self.schema.block, state);
        for misfit in salvaged.misfits {
            let detail = format!(
                "{misfit}\n\nEverything else is in the state. This is a bug in the provider: please report it."
            );
            diagnostics.push(Diagnostic::error("The provider made a value that does not fit", detail).at(misfit.path));
        }
        super::value::dynamic(salvaged.msgpack)
    }
}

impl ServedResource {
    /// Reads an identity of a request; null where there is none.
    pub(super) fn decode_identity(&self, message: Option<&proto::ResourceIdentityData>) -> Result<Value, Diagnostic> {
        let data = message.and_then(|message| message.identity_data.as_ref());
        match self.server.identity_schema() {
            Some(schema) => decode(&schema.block, "identity", data),
            None => Ok(Value::Null),
        }
    }

    /// The message with the identity of what a state describes; none where nothing is there.
    pub(super) fn identity_of(
        &self,
        state: &Value,
        stored: &Value,
        diagnostics: &mut Diagnostics,
    ) -> Option<proto::ResourceIdentityData> {
        self.identity_message(&self.server.identity(state, stored), diagnostics)
    }

    /// The message with an identity; none for null.
    pub(super) fn identity_message(
        &self,
        identity: &Value,
        diagnostics: &mut Diagnostics,
    ) -> Option<proto::ResourceIdentityData> {
        let schema = self.server.identity_schema()?;
        if identity.is_null() {
            return None;
        }
        match to_dynamic(&schema.block, identity) {
            Ok(data) => Some(proto::ResourceIdentityData { identity_data: Some(data) }),
            Err(error) => {
                let detail = format!("{error}\n\nThis is a bug in the provider: please report it.");
                diagnostics.push(Diagnostic::error("The provider made an identity that does not fit", detail));
                None
            }
        }
    }
}

/// Reads one value of a request; `what` names it in the message to the person.
pub(super) fn decode(block: &Block, what: &str, value: Option<&proto::DynamicValue>) -> Result<Value, Diagnostic> {
    from_dynamic(block, value).map_err(|error| {
        let detail = format!(
            "{error}\n\nTerraform and the provider disagree about the schema. If the provider was exchanged during \
             this run, run again; otherwise this is a bug in the provider: please report it."
        );
        Diagnostic::error(format!("Cannot read the {what}"), detail).at(error.path)
    })
}

/// The refusal of a name that the schema does not list.
pub(super) fn unsupported(kind: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Unsupported {kind}"),
        format!("This provider has no {kind} {name:?}. A newer release may have it."),
    )
}
