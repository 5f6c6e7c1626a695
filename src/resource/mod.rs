//! Terraform's verbs for any composite: validate, plan, apply, read, import, move.
//!
//! [`Resource`] turns a [`Composite`] into a [`ResourceServer`], [`Data`] a [`DataSource`] into a [`DataSourceServer`],
//! [`ServedFunction`] a [`Function`] into a [`FunctionServer`], [`Listing`] a [`Listed`] into a [`ListServer`]. Nothing here knows a single AWS
//! object, and nothing here orders calls: that is [`crate::engine`]'s.

mod access;
mod account;
mod action;
mod advice;
mod apply;
mod assume;
mod completion;
mod composite;
mod data_source;
mod defaults;
mod function;
mod handover;
mod identity;
mod import_id;
mod kind;
mod listed;
mod look;
mod memory;
mod message;
mod moved;
mod objections;
mod plan;
mod read;
mod recall;
mod recovery;
mod replacement;
mod run_tag;
mod server;
mod shown;
mod state;
mod tags;
mod timeouts;

use std::sync::{Arc, Mutex};

pub use access::Access;
pub use action::{Action, ActionContext, ServedAction};
pub use composite::{Composite, Connection, Discovered, Preflight, Undiscovered};
pub use data_source::{Data, DataSource, Unread};
pub use function::{Function, Refused, Served as ServedFunction};
pub use handover::{AnyHandovers, Handover, Handovers, PlannedStates};
pub use identity::ResourceIdentity;
pub use import_id::ImportId;
pub use listed::{Found, Listed, Listing};
pub use message::end_sentence;
pub use moved::{MovedState, Origin, stored_text};
pub use recovery::{AnyRecovery, Bearer, OrphanKinds, Recovery, Search, Tagging};
pub use server::{
    ActionServer, ApplyRequest, ApplyResponse, BoxFuture, DataSourceServer, FunctionServer, ImportResponse,
    ListRequest, ListServer, ListedObject, PlanRequest, PlanResponse, ProviderServer, ReadRequest, ReadResponse,
    RefusedArgument, ResourceServer, Signature,
};
pub use shown::Memory;
pub use state::Stored;
pub use tags::{load_balancer_tags_complaint, tags_complaint};
pub use timeouts::Timeouts;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Catalogue, Rounds};
use crate::schema::{self, Block, Schema};
use crate::value::Value;
use handover::HandsOver;
use kind::{Config, Facts, Kind};
use recovery::Recoverable;

/// A composite, served.
pub struct Resource<C> {
    kind: Arc<dyn Kind<C>>,
    recovery: Option<Arc<dyn Recoverable<C>>>,
    handovers: Option<Arc<dyn HandsOver<C>>>,
    facts: &'static Facts,
    connection: Arc<dyn Connection<C>>,
    catalogue: Arc<Catalogue<C>>,
    successors: handover::Successors<C>,
    seen: handover::Seen,
    made: Mutex<Vec<Value>>,
    removed: replacement::Removed,
    births: replacement::Births,
    claims: run_tag::Claims,
    objections: objections::Objections,
    rounds: Rounds,
}

impl<C: Access> Resource<C> {
    /// Serves a composite over the provider's connection.
    pub fn new<K: Composite<Client = C>>(connection: Arc<dyn Connection<C>>) -> Self {
        let kind: Arc<dyn Kind<C>> = Arc::new(kind::Of::<K>::new());
        let (facts, catalogue) = (kind.facts(), Arc::new(kind.catalogue()));
        let (successors, seen, made) = (handover::Successors::default(), handover::Seen::default(), Mutex::default());
        Self {
            recovery: kind.recovery(),
            handovers: kind.handovers(),
            kind,
            facts,
            connection,
            catalogue,
            successors,
            seen,
            made,
            removed: replacement::Removed::default(),
            births: replacement::Births::default(),
            claims: run_tag::Claims::default(),
            objections: objections::Objections::default(),
            rounds: Rounds::default(),
        }
    }

    /// The name of its type, such as `privatelink_service`.
    pub fn type_name(&self) -> &'static str {
        self.facts.type_name
    }

    /// Its word in messages: `service`.
    fn noun(&self) -> &'static str {
        self.facts.noun
    }

    fn block(&self) -> Block {
        self.kind.block()
    }

    /// Reads a configuration, a plan or a state as typed code wants it.
    fn decode(&self, value: &Value) -> Result<Config, Diagnostics> {
        self.kind.decode(value)
    }
}

impl<C> std::fmt::Debug for Resource<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resource").field("type", &self.facts.type_name).finish_non_exhaustive()
    }
}

impl<C: Access> ResourceServer for Resource<C> {
    fn schema(&self) -> Schema {
        Schema { version: self.facts.schema_version, block: self.block() }
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let schema::Checked { mut found, rest } = schema::check(&self.block(), config);
        match self.decode(&rest) {
            Ok(mut config) => {
                self.kind.derive(&mut config);
                found.extend(self.kind.check(&config));
            }
            Err(misfits) => found.extend(misfits),
        }
        found
    }

    fn plan(&self, request: PlanRequest) -> BoxFuture<'_, PlanResponse> {
        Box::pin(self.predict(request))
    }

    fn apply(&self, request: ApplyRequest) -> BoxFuture<'_, ApplyResponse> {
        Box::pin(self.change(request))
    }

    fn read(&self, request: ReadRequest) -> BoxFuture<'_, ReadResponse> {
        Box::pin(self.look(request))
    }

    fn import(&self, id: String) -> BoxFuture<'_, ImportResponse> {
        Box::pin(self.adopt(id))
    }

    fn identity_schema(&self) -> Option<Schema> {
        Some(ResourceIdentity::schema())
    }

    fn identity(&self, state: &Value, stored: &Value) -> Value {
        self.identity_of(state, stored)
    }

    fn import_identified<'a>(&'a self, identity: &'a Value) -> BoxFuture<'a, ImportResponse> {
        Box::pin(self.adopt_identified(identity))
    }

    fn moves_from(&self) -> Option<&'static str> {
        self.facts.moves_from.map(|origin| origin.type_name)
    }

    fn take_over(&self, moved: &MovedState) -> Result<Value, Diagnostic> {
        self.seed_from(moved)
    }

    fn complete(&self, state: Value, lacks: &[&str]) -> Value {
        self.completed(state, lacks)
    }

    fn configuration(&self, state: &Value) -> Value {
        let config = schema::lean(&self.block(), state);
        // Where the provider works goes without saying, too.
        match (config.get("region").as_str(), self.connection.region()) {
            (Some(region), Some(own)) if region == own => schema::without(&config, ["region"]),
            _ => config,
        }
    }

    fn upgrade(&self, version: i64, state: serde_json::Value) -> Result<serde_json::Value, Diagnostics> {
        if version == self.facts.schema_version {
            return Ok(state);
        }
        let detail = format!(
            "The state of this {} has schema version {version}; this provider knows version {} and older.",
            self.facts.type_name, self.facts.schema_version
        );
        Err(Diagnostic::error("Cannot upgrade the state", detail).into())
    }
}
