//! A schema with everything in it that ours use, and a resource of that schema without AWS behind it.

use std::collections::BTreeMap;
use std::sync::Arc;

use privatelink::diagnostic::Diagnostics;
use privatelink::resource::{
    ApplyRequest, ApplyResponse, BoxFuture, ImportResponse, PlanRequest, PlanResponse, ProviderServer, ReadRequest,
    ReadResponse, ResourceServer,
};
use privatelink::schema::{Attribute, Block, NestedBlock, Nesting, Presence, Schema};
use privatelink::value::{Type, Value};

/// Version of the schema.
pub(crate) const VERSION: i64 = 2;

/// Name of the resource type.
pub(crate) const THING: &str = "privatelink_thing";

fn attribute(name: &'static str, ty: Type) -> Attribute {
    Attribute {
        name,
        ty,
        presence: Presence::OptionalComputed,
        sensitive: false,
        description: String::new(),
        default: None,
        rules: Vec::new(),
    }
}

fn boxed(ty: &Type) -> Box<Type> {
    Box::new(ty.clone())
}

/// The schema: every type, every nesting, and what the engine keeps in a state.
pub fn block() -> Block {
    let text = Type::String;
    let pair = Type::Object([("name".to_owned(), Type::String), ("port".to_owned(), Type::Number)].into());
    let leaf = Block {
        attributes: vec![attribute("port", Type::Number), attribute("ids", Type::Set(boxed(&text)))],
        ..Block::default()
    };
    let middle = Block {
        attributes: vec![attribute("name", Type::String)],
        blocks: vec![
            NestedBlock { name: "check", nesting: Nesting::Single, block: leaf.clone() },
            NestedBlock { name: "rule", nesting: Nesting::Set, block: leaf.clone() },
        ],
        ..Block::default()
    };
    Block {
        attributes: vec![
            attribute("id", Type::String),
            attribute("size", Type::Number),
            attribute("enabled", Type::Bool),
            attribute("tags", Type::Map(boxed(&text))),
            attribute("names", Type::List(boxed(&text))),
            attribute("pairs", Type::Set(boxed(&pair))),
            attribute("nested", Type::Map(Box::new(Type::List(Box::new(Type::Set(boxed(&Type::Number))))))),
            attribute("links", Type::Map(boxed(&text))),
            attribute("record", Type::Map(boxed(&text))),
        ],
        blocks: vec![
            NestedBlock { name: "timeouts", nesting: Nesting::Single, block: leaf },
            NestedBlock { name: "listener", nesting: Nesting::Set, block: middle.clone() },
            NestedBlock { name: "entry", nesting: Nesting::List, block: middle },
        ],
        ..Block::default()
    }
}

/// A provider with some resources, and nothing else.
pub(crate) struct Fake(BTreeMap<&'static str, Arc<dyn ResourceServer>>);

impl Fake {
    /// One resource, whose older states are like the current one.
    pub(crate) fn new() -> Arc<Self> {
        let thing: Arc<dyn ResourceServer> = Arc::new(Thing);
        Self::serving([(THING, thing)].into())
    }

    pub(crate) fn serving(resources: BTreeMap<&'static str, Arc<dyn ResourceServer>>) -> Arc<Self> {
        Arc::new(Self(resources))
    }
}

impl ProviderServer for Fake {
    fn schema(&self) -> Schema {
        Schema { version: 0, block: Block::default() }
    }

    fn resources(&self) -> &BTreeMap<&'static str, Arc<dyn ResourceServer>> {
        &self.0
    }

    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    fn configure<'a>(&'a self, _version: &'a str, _config: &'a Value) -> BoxFuture<'a, Diagnostics> {
        Box::pin(async { Diagnostics::new() })
    }

    fn stop(&self) {}
}

struct Thing;

impl ResourceServer for Thing {
    fn schema(&self) -> Schema {
        Schema { version: VERSION, block: block() }
    }

    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    fn plan(&self, _request: PlanRequest) -> BoxFuture<'_, PlanResponse> {
        Box::pin(async { PlanResponse::default() })
    }

    fn apply(&self, _request: ApplyRequest) -> BoxFuture<'_, ApplyResponse> {
        Box::pin(async { ApplyResponse::default() })
    }

    fn read(&self, request: ReadRequest) -> BoxFuture<'_, ReadResponse> {
        Box::pin(async { ReadResponse { state: request.state, ..ReadResponse::default() } })
    }

    fn import(&self, _id: String) -> BoxFuture<'_, ImportResponse> {
        Box::pin(async { ImportResponse::default() })
    }

    fn upgrade(&self, _version: i64, state: serde_json::Value) -> Result<serde_json::Value, Diagnostics> {
        Ok(state)
    }
}
