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
mod decoded;
mod defaults;
mod facts;
mod function;
mod handover;
mod hands_over;
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
mod plan_note;
mod read;
mod recall;
mod recoverable;
mod recovery;
mod replaced;
mod replacement;
mod run_tag;
mod served;
mod server;
mod shown;
mod state;
mod tags;
mod timeouts;

pub use access::Access;
pub use action::{Action, ActionContext, ServedAction};
pub use composite::{Composite, Connection, Discovered, Preflight, Undiscovered};
pub use data_source::{Data, DataSource, Unread};
pub use facts::Origin;
pub use function::{Function, Refused, Served as ServedFunction};
pub use handover::Handovers;
pub use hands_over::{AnyHandovers, Handover, PlannedStates};
pub use identity::ResourceIdentity;
pub use import_id::ImportId;
pub use listed::{Found, Listed, Listing};
pub use message::end_sentence;
pub use moved::stored_text;
pub use recoverable::{AnyRecovery, Bearer, OrphanKinds, Search, Tagging};
pub use recovery::Recovery;
pub use served::Resource;
pub use server::{
    ActionServer, ApplyRequest, ApplyResponse, BoxFuture, DataSourceServer, FunctionServer, ImportResponse,
    ListRequest, ListServer, ListedObject, MovedState, PlanRequest, PlanResponse, ProviderServer, ReadRequest,
    ReadResponse, RefusedArgument, ResourceServer, Signature,
};
pub use shown::Memory;
pub use state::Stored;
pub use tags::{load_balancer_tags_complaint, tags_complaint};
pub use timeouts::Timeouts;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::{self, Schema};
use crate::value::Value;

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
