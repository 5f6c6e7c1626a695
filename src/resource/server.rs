//! What the protocol layer serves: a provider and its resources, in values, without wire types.
//!
//! [`crate::protocol`] calls these traits; [`super`] and `provider` implement them; tests may put a
//! fake in their place.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use serde_json::Value as Json;
use tokio::sync::mpsc::UnboundedSender;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::{Attribute, Schema, lean};
use crate::value::{Path, Type, Value};

/// A future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A provider: its own block, its resource types, its data sources and functions.
pub trait ProviderServer: Send + Sync + 'static {
    /// Schema of the provider block.
    fn schema(&self) -> Schema;

    /// The resource types, by name such as `privatelink_service`.
    fn resources(&self) -> &BTreeMap<&'static str, Arc<dyn ResourceServer>>;

    /// The data sources, by name such as `privatelink_connections`.
    fn data_sources(&self) -> &BTreeMap<&'static str, Arc<dyn DataSourceServer>> {
        static NONE: BTreeMap<&'static str, Arc<dyn DataSourceServer>> = BTreeMap::new();
        &NONE
    }

    /// The functions, by name such as `service_id`.
    fn functions(&self) -> &BTreeMap<&'static str, Arc<dyn FunctionServer>> {
        static NONE: BTreeMap<&'static str, Arc<dyn FunctionServer>> = BTreeMap::new();
        &NONE
    }

    /// The list resources, by the resource type whose objects they find.
    fn list_resources(&self) -> &BTreeMap<&'static str, Arc<dyn ListServer>> {
        static NONE: BTreeMap<&'static str, Arc<dyn ListServer>> = BTreeMap::new();
        &NONE
    }

    /// The actions, by name such as `privatelink_accept`.
    fn actions(&self) -> &BTreeMap<&'static str, Arc<dyn ActionServer>> {
        static NONE: BTreeMap<&'static str, Arc<dyn ActionServer>> = BTreeMap::new();
        &NONE
    }

    /// Whether something of the provider block is not known yet, so that AWS cannot be asked.
    fn is_open(&self) -> bool {
        false
    }

    /// Checks the provider block. Unknown values pass. Makes no call.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Takes the provider block; may be called several times in one process, the last one wins.
    fn configure<'a>(&'a self, terraform_version: &'a str, config: &'a Value) -> BoxFuture<'a, Diagnostics>;

    /// Ctrl-C: running operations start nothing new and return what exists.
    fn stop(&self);

    /// The host is gone: the same, and nobody saves what the operations return.
    fn abandon(&self) {
        self.stop();
    }
}

/// One resource type. Every method may be called before `configure`; only those that need AWS answer
/// with a diagnostic then.
pub trait ResourceServer: Send + Sync + 'static {
    /// Schema of the resource.
    fn schema(&self) -> Schema;

    /// Checks a configuration. Unknown values pass. Makes no call.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Predicts. `prior` null: create; `proposed` null: destroy, answered with a null plan.
    fn plan(&self, request: PlanRequest) -> BoxFuture<'_, PlanResponse>;

    /// Creates, updates (`prior` and `planned` both objects) or destroys (`planned` null).
    fn apply(&self, request: ApplyRequest) -> BoxFuture<'_, ApplyResponse>;

    /// Refreshes. A null state means that the object is gone.
    fn read(&self, request: ReadRequest) -> BoxFuture<'_, ReadResponse>;

    /// Finds an object by the id that a person typed.
    fn import(&self, id: String) -> BoxFuture<'_, ImportResponse>;

    /// Schema of the identity, which names an object for its whole life; none where objects have no identity.
    fn identity_schema(&self) -> Option<Schema> {
        None
    }

    /// Returns the identity of the object that a state describes; null while it has no id. `stored` is the identity that core
    /// has of it, or null: what the state does not tell stays as it is there. Makes no call.
    fn identity(&self, _state: &Value, _stored: &Value) -> Value {
        Value::Null
    }

    /// Finds the object that an identity names, which an import block may write in part.
    fn import_identified<'a>(&'a self, _identity: &'a Value) -> BoxFuture<'a, ImportResponse> {
        let refusal = Diagnostic::error("Cannot import by identity", "Write id in the import block.");
        Box::pin(async { ImportResponse { diagnostics: refusal.into(), ..ImportResponse::default() } })
    }

    /// Returns the resource type of another provider whose states it takes over, such as `aws_vpc_endpoint`.
    fn moves_from(&self) -> Option<&'static str> {
        None
    }

    /// Takes over a stored state of another resource type. The result is wholly known; a read completes it. Makes no call.
    ///
    /// # Errors
    /// A state that is not of [`Self::moves_from`], or whose object is not of this kind.
    fn take_over(&self, moved: &MovedState) -> Result<Value, Diagnostic> {
        let detail = format!("This resource type takes over no state of another one, got {}.", moved.type_name);
        Err(Diagnostic::error("Cannot move from another resource type", detail))
    }

    /// Returns the configuration that means a state: without results, and without what goes without saying. Null for null. Makes no
    /// call.
    fn configuration(&self, state: &Value) -> Value {
        lean(&self.schema().block, state)
    }

    /// Brings a stored state of an older schema version to the current one. `state` is the stored
    /// JSON, as it is. Makes no call.
    fn upgrade(&self, version: i64, state: serde_json::Value) -> Result<serde_json::Value, Diagnostics>;

    /// Fills results that the release which stored a state did not have, as far as the state itself tells them. `lacks` names the
    /// attributes that the stored state does not have. Makes no call.
    fn complete(&self, state: Value, _lacks: &[&str]) -> Value {
        state
    }
}

/// One data source.
pub trait DataSourceServer: Send + Sync + 'static {
    /// Schema of the data source.
    fn schema(&self) -> Schema;

    /// Checks a configuration. Unknown values pass. Makes no call.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Reads. The configuration is wholly known, and so is the result, with every argument as it is written.
    fn read<'a>(&'a self, config: &'a Value) -> BoxFuture<'a, Result<Value, Diagnostics>>;
}

/// One list resource.
pub trait ListServer: Send + Sync + 'static {
    /// Schema of its filters.
    fn schema(&self) -> Schema;

    /// Checks the filters. Unknown values pass. Makes no call.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Finds what exists, object by object as it is read. Whoever has seen enough drops the stream.
    fn list(&self, request: ListRequest) -> BoxStream<'_, ListedObject>;
}

/// What core sends to list.
#[derive(Debug, Clone, Default)]
pub struct ListRequest {
    /// The filters, wholly known.
    pub config: Value,
    /// Whether to read each object, beside its identity.
    pub include_object: bool,
    /// No more objects than this.
    pub limit: usize,
}

/// An object that was listed, or what is to be said of the list.
#[derive(Debug, Clone, Default)]
pub struct ListedObject {
    /// Its identity; null where there are diagnostics alone.
    pub identity: Value,
    /// What people call it.
    pub display_name: String,
    /// Its state, as an import would bring it; null where it is not asked for.
    pub object: Value,
    /// Errors, which end the list, and warnings.
    pub diagnostics: Diagnostics,
}

/// One action.
pub trait ActionServer: Send + Sync + 'static {
    /// Schema of the action.
    fn schema(&self) -> Schema;

    /// Checks a configuration. Unknown values pass. Makes no call.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Acts, and returns when it has come about. The configuration is wholly known. What goes to `progress` is told the person meanwhile.
    fn invoke<'a>(&'a self, config: &'a Value, progress: UnboundedSender<String>) -> BoxFuture<'a, Diagnostics>;
}

/// One function. Called before `configure` too.
pub trait FunctionServer: Send + Sync + 'static {
    /// What it takes and returns.
    fn signature(&self) -> Signature;

    /// Computes the result. The arguments are wholly known and none of them is null.
    fn call(&self, arguments: Vec<Value>) -> Result<Value, RefusedArgument>;
}

/// What a function takes and returns.
#[derive(Debug, Clone)]
pub struct Signature {
    /// One line, without a full stop.
    pub summary: String,
    /// What it is for, in Markdown.
    pub description: String,
    /// Its parameters, in their order.
    pub parameters: Vec<Attribute>,
    /// Type of the result.
    pub output: Type,
}

/// Why a function has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedArgument {
    /// Position of the argument at fault, from zero.
    pub argument: Option<usize>,
    /// What is wrong, and what to write instead.
    pub text: String,
}

/// What core sends to plan.
#[derive(Debug, Clone, Default)]
pub struct PlanRequest {
    /// State after refresh; null on create.
    pub prior: Value,
    /// Core's merge of configuration and prior state; null on destroy.
    pub proposed: Value,
    /// The configuration; null on destroy.
    pub config: Value,
    /// Private bytes of the state.
    pub private: Vec<u8>,
}

/// The plan.
#[derive(Debug, Clone, Default)]
pub struct PlanResponse {
    /// What will be, unknown where only apply can tell.
    pub planned: Value,
    /// Attributes whose change replaces the whole resource.
    pub requires_replace: Vec<Path>,
    /// Private bytes for apply.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// What core sends to apply.
#[derive(Debug, Clone, Default)]
pub struct ApplyRequest {
    /// State before; null on create.
    pub prior: Value,
    /// The plan; null on destroy.
    pub planned: Value,
    /// The configuration; null on destroy.
    pub config: Value,
    /// Private bytes of the plan.
    pub private: Vec<u8>,
}

/// What exists after apply.
#[derive(Debug, Clone, Default)]
pub struct ApplyResponse {
    /// The state to save. After an error it is what exists, never null while something does.
    pub state: Value,
    /// Private bytes of the state.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// What core sends to read.
#[derive(Debug, Clone, Default)]
pub struct ReadRequest {
    /// The saved state.
    pub state: Value,
    /// Private bytes of the state.
    pub private: Vec<u8>,
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct ReadResponse {
    /// The refreshed state; null when the object is gone.
    pub state: Value,
    /// Private bytes of the state.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// What was imported.
#[derive(Debug, Clone, Default)]
pub struct ImportResponse {
    /// The state; null together with an error.
    pub state: Value,
    /// Private bytes of the state.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// A stored state of another resource type, as a `moved` block hands it over.
#[derive(Debug, Clone, Default)]
pub struct MovedState {
    /// Address of the provider that wrote it, such as `registry.terraform.io/hashicorp/aws`.
    pub provider: String,
    /// Its resource type, such as `aws_vpc_endpoint`.
    pub type_name: String,
    /// The schema version in which it is stored.
    pub version: i64,
    /// The stored JSON, as it is.
    pub state: Json,
    /// The resource type of this provider that takes over states of this type, if any does.
    pub taken_by: Option<&'static str>,
}
