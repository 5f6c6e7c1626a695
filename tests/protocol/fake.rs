//! A provider without AWS: one resource and one data source whose name says how it behaves, one function.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::stream::{self, BoxStream, StreamExt as _};
use privatelink::diagnostic::{Diagnostic, Diagnostics};
use privatelink::resource::{
    ActionServer, ApplyRequest, ApplyResponse, BoxFuture, DataSourceServer, FunctionServer, ImportResponse,
    ListRequest, ListServer, ListedObject, MovedState, PlanRequest, PlanResponse, ProviderServer, ReadRequest,
    ReadResponse, RefusedArgument, ResourceServer, Signature,
};
use privatelink::schema::{Attribute, Block, NestedBlock, Nesting, Presence, Schema};
use privatelink::value::{Path, Step, Type, Value};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

pub(crate) const THING: &str = "privatelink_thing";
pub(crate) const THINGS: &str = "privatelink_things";
/// The resource type of another provider whose states become things.
pub(crate) const FOREIGN: &str = "aws_thing";

/// The provider. It counts what happens to it.
pub(crate) struct Fake {
    resources: BTreeMap<&'static str, Arc<dyn ResourceServer>>,
    data_sources: BTreeMap<&'static str, Arc<dyn DataSourceServer>>,
    functions: BTreeMap<&'static str, Arc<dyn FunctionServer>>,
    list_resources: BTreeMap<&'static str, Arc<dyn ListServer>>,
    actions: BTreeMap<&'static str, Arc<dyn ActionServer>>,
    pub(crate) seen: Arc<Seen>,
}

/// What happened.
pub(crate) struct Seen {
    pub(crate) configured: Mutex<Vec<String>>,
    pub(crate) finished: watch::Sender<usize>,
    pub(crate) running: watch::Sender<usize>,
    pub(crate) stopped: watch::Sender<bool>,
    /// Things that were listed.
    pub(crate) listed: watch::Sender<usize>,
    /// Whether the provider block is not known yet.
    pub(crate) is_open: AtomicBool,
}

impl Fake {
    pub(crate) fn new() -> Arc<Self> {
        let seen = Arc::new(Seen {
            configured: Mutex::new(Vec::new()),
            finished: watch::Sender::new(0),
            running: watch::Sender::new(0),
            stopped: watch::Sender::new(false),
            listed: watch::Sender::new(0),
            is_open: AtomicBool::new(false),
        });
        let thing: Arc<dyn ResourceServer> = Arc::new(Thing { seen: Arc::clone(&seen) });
        let things: Arc<dyn DataSourceServer> = Arc::new(Things);
        let length: Arc<dyn FunctionServer> = Arc::new(Length);
        Arc::new(Self {
            resources: [(THING, thing)].into(),
            data_sources: [(THINGS, things)].into(),
            functions: [("length_of", length)].into(),
            list_resources: [(THING, Arc::new(Shelf { seen: Arc::clone(&seen) }) as _)].into(),
            actions: [(POKE, Arc::new(Poke { seen: Arc::clone(&seen) }) as _)].into(),
            seen,
        })
    }
}

fn attribute(name: &'static str, ty: Type, presence: Presence) -> Attribute {
    Attribute {
        name,
        ty,
        presence,
        sensitive: false,
        description: format!("The `{name}`."),
        default: None,
        rules: Vec::new(),
    }
}

impl ProviderServer for Fake {
    fn schema(&self) -> Schema {
        let attributes = vec![attribute("region", Type::String, Presence::Optional)];
        Schema { version: 0, block: Block { attributes, ..Block::default() } }
    }

    fn resources(&self) -> &BTreeMap<&'static str, Arc<dyn ResourceServer>> {
        &self.resources
    }

    fn data_sources(&self) -> &BTreeMap<&'static str, Arc<dyn DataSourceServer>> {
        &self.data_sources
    }

    fn functions(&self) -> &BTreeMap<&'static str, Arc<dyn FunctionServer>> {
        &self.functions
    }

    fn list_resources(&self) -> &BTreeMap<&'static str, Arc<dyn ListServer>> {
        &self.list_resources
    }

    fn actions(&self) -> &BTreeMap<&'static str, Arc<dyn ActionServer>> {
        &self.actions
    }

    fn is_open(&self) -> bool {
        self.seen.is_open.load(Ordering::Relaxed)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match config.get("region").as_str() {
            Some("nowhere") => {
                Diagnostic::error("Unknown region", "There is none.").at(Path::attribute("region")).into()
            }
            _ => Diagnostics::new(),
        }
    }

    fn configure<'a>(&'a self, version: &'a str, config: &'a Value) -> BoxFuture<'a, Diagnostics> {
        let region = config.get("region").as_str().unwrap_or("unknown or null");
        self.seen.configured.lock().unwrap().push(format!("{version} {region}"));
        let end = match region {
            "failing" => Diagnostic::error("Cannot use the provider block", "It fails.").into(),
            _ => Diagnostics::new(),
        };
        Box::pin(async { end })
    }

    fn stop(&self) {
        self.seen.stopped.send_replace(true);
    }
}

struct Thing {
    seen: Arc<Seen>,
}

/// The schema of the one resource.
pub(crate) fn thing_schema() -> Schema {
    let listener = Block { attributes: vec![attribute("port", Type::Number, Presence::Required)], ..Block::default() };
    let timeouts =
        Block { attributes: vec![attribute("create", Type::String, Presence::Optional)], ..Block::default() };
    Schema {
        version: 1,
        block: Block {
            description: "A thing.".to_owned(),
            attributes: vec![
                attribute("name", Type::String, Presence::Required),
                attribute("size", Type::Number, Presence::Optional),
                attribute("tags", Type::Map(Box::new(Type::String)), Presence::Optional),
                attribute("ids", Type::Set(Box::new(Type::String)), Presence::Optional),
                attribute("id", Type::String, Presence::Computed),
            ],
            blocks: vec![
                NestedBlock { name: "timeouts", nesting: Nesting::Single, block: timeouts },
                NestedBlock { name: "listener", nesting: Nesting::Set, block: listener },
            ],
            ..Block::default()
        },
    }
}

/// The schema of its identity.
pub(crate) fn identity_schema() -> Schema {
    let attributes =
        vec![attribute("shelf", Type::String, Presence::Optional), attribute("id", Type::String, Presence::Required)];
    Schema { version: 2, block: Block { attributes, ..Block::default() } }
}

/// An identity of a thing.
pub(crate) fn identified(id: &str, shelf: impl Into<Value>) -> Value {
    Value::Map([("id".to_owned(), id.into()), ("shelf".to_owned(), shelf.into())].into())
}

/// The same object with another value for one attribute.
pub(crate) fn with(object: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut entries = object.as_map().cloned().unwrap_or_default();
    entries.insert(name.to_owned(), value.into());
    Value::Map(entries)
}

impl ResourceServer for Thing {
    fn schema(&self) -> Schema {
        thing_schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match config.get("name").as_str() {
            Some("panic in validate") => panic!("validate fell over"),
            Some("bad listener") => {
                let path = Path::attribute("listener").with(Step::Index(0)).child("port");
                Diagnostic::error("Bad listener", "No such port.").at(path).into()
            }
            _ => Diagnostics::new(),
        }
    }

    fn plan(&self, request: PlanRequest) -> BoxFuture<'_, PlanResponse> {
        Box::pin(async move {
            let planned = match (&request.proposed, &request.prior) {
                (Value::Null, _) => Value::Null,
                (proposed, Value::Null) => with(proposed, "id", Value::UNKNOWN),
                (proposed, _) => proposed.clone(),
            };
            let requires_replace = vec![Path::attribute("name")];
            PlanResponse { planned, requires_replace, private: request.private, ..Default::default() }
        })
    }

    fn apply(&self, request: ApplyRequest) -> BoxFuture<'_, ApplyResponse> {
        Box::pin(async move {
            let name = request.config.get("name").as_str().unwrap_or_default().to_owned();
            let mut diagnostics = Diagnostics::new();
            let mut state = request.planned.clone();
            if state.get("id").is_unknown() {
                state = with(&state, "id", "thing-1");
            }
            self.seen.running.send_modify(|count| *count += 1);
            match name.as_str() {
                "panic" => panic!("apply fell over"),
                "until stopped" => {
                    let _ = self.seen.stopped.subscribe().wait_for(|stopped| *stopped).await;
                    diagnostics.push(Diagnostic::error("Stopped", "Half of it exists."));
                }
                "misfit" => state = with(&with(&state, "size", "large"), "surprise", true),
                _ => {}
            }
            self.seen.finished.send_modify(|count| *count += 1);
            ApplyResponse { state, private: b"applied".to_vec(), diagnostics }
        })
    }

    fn read(&self, request: ReadRequest) -> BoxFuture<'_, ReadResponse> {
        Box::pin(async move {
            assert_ne!(request.state.get("name").as_str(), Some("panic in read"), "read fell over");
            let gone = request.state.get("name").as_str() == Some("gone");
            let state = if gone { Value::Null } else { request.state };
            ReadResponse { state, private: request.private, diagnostics: Diagnostics::new() }
        })
    }

    fn import(&self, id: String) -> BoxFuture<'_, ImportResponse> {
        Box::pin(async move {
            if id == "nothing" {
                return ImportResponse::default();
            }
            let state = with(&with(&Value::Map(BTreeMap::new()), "id", id), "name", "imported");
            ImportResponse { state, private: b"imported".to_vec(), ..Default::default() }
        })
    }

    fn identity_schema(&self) -> Option<Schema> {
        Some(identity_schema())
    }

    fn identity(&self, state: &Value, stored: &Value) -> Value {
        match state.get("id").as_str() {
            Some("misfit") => Value::from("misfit"),
            Some(id) => identified(id, stored.get("shelf").clone()),
            None => Value::Null,
        }
    }

    fn import_identified<'a>(&'a self, identity: &'a Value) -> BoxFuture<'a, ImportResponse> {
        self.import(identity.get("id").as_str().unwrap_or("nothing").to_owned())
    }

    fn moves_from(&self) -> Option<&'static str> {
        Some(FOREIGN)
    }

    fn take_over(&self, moved: &MovedState) -> Result<Value, Diagnostic> {
        let MovedState { provider, type_name, version, state, taken_by } = moved;
        let told = format!("{type_name} {version} of {provider} for {}", taken_by.unwrap_or("nobody"));
        match state["id"].as_str() {
            Some("panic in move") => panic!("the move fell over"),
            Some(id) => Ok(with(&with(&Value::Map(BTreeMap::new()), "id", id), "name", told)),
            None => Err(Diagnostic::error("No id", told)),
        }
    }

    fn upgrade(&self, version: i64, mut state: serde_json::Value) -> Result<serde_json::Value, Diagnostics> {
        assert_eq!(version, 0);
        match state["title"].take() {
            serde_json::Value::Null => Err(Diagnostic::error("No title", "Version 0 had one.").into()),
            title => {
                state["name"] = title;
                Ok(state)
            }
        }
    }
}

struct Things;

/// The schema of the one data source.
pub(crate) fn things_schema() -> Schema {
    let attributes = vec![
        attribute("name", Type::String, Presence::Required),
        attribute("ids", Type::Set(Box::new(Type::String)), Presence::Computed),
    ];
    Schema { version: 0, block: Block { attributes, ..Block::default() } }
}

impl DataSourceServer for Things {
    fn schema(&self) -> Schema {
        things_schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match config.get("name").as_str() {
            Some("bad") => Diagnostic::error("Bad name", "Write another.").at(Path::attribute("name")).into(),
            _ => Diagnostics::new(),
        }
    }

    fn read<'a>(&'a self, config: &'a Value) -> BoxFuture<'a, Result<Value, Diagnostics>> {
        Box::pin(async move {
            match config.get("name").as_str() {
                Some("panic") => panic!("read fell over"),
                Some("nothing") => Err(Diagnostic::error("Nothing there", "Look elsewhere.").into()),
                Some("misfit") => Ok(with(config, "ids", true)),
                _ => Ok(with(config, "ids", Value::List(vec!["b".into(), "a".into()]))),
            }
        })
    }
}

/// Lists things: as many as one wants, or whatever the name says.
struct Shelf {
    seen: Arc<Seen>,
}

/// The schema of the filters and of the one action.
pub(crate) fn named_schema() -> Schema {
    let attributes = vec![attribute("name", Type::String, Presence::Optional)];
    Schema { version: 0, block: Block { attributes, ..Block::default() } }
}

fn check_name(config: &Value) -> Diagnostics {
    match config.get("name").as_str() {
        Some("bad") => Diagnostic::error("Bad name", "Write another.").at(Path::attribute("name")).into(),
        _ => Diagnostics::new(),
    }
}

/// Says when it goes.
struct Ending(Arc<Seen>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.finished.send_modify(|count| *count += 1);
    }
}

impl ListServer for Shelf {
    fn schema(&self) -> Schema {
        named_schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        check_name(config)
    }

    fn list(&self, request: ListRequest) -> BoxStream<'_, ListedObject> {
        let name = request.config.get("name").as_str().unwrap_or_default().to_owned();
        let ending = Ending(Arc::clone(&self.seen));
        let things = stream::iter(1..=request.limit).map(move |number| {
            let _ = &ending;
            self.seen.listed.send_modify(|count| *count += 1);
            let id = format!("thing-{number}");
            let mut diagnostics = Diagnostics::new();
            match (name.as_str(), number) {
                ("panic", 2) => panic!("the list fell over"),
                ("broken", 2) => diagnostics.push(Diagnostic::error("Broken", "No more.").at(Path::attribute("name"))),
                ("left out", 2) => diagnostics.push(Diagnostic::warning("Left out", "One of them.")),
                _ => {}
            }
            if !diagnostics.is_empty() {
                return ListedObject { diagnostics, ..ListedObject::default() };
            }
            let mut object = Value::Null;
            if request.include_object {
                object = with(&with(&Value::Map(BTreeMap::new()), "id", id.clone()), "name", "found");
            }
            ListedObject {
                identity: identified(&id, "lower"),
                display_name: format!("Thing {number}"),
                object,
                diagnostics,
            }
        });
        things.boxed()
    }
}

/// The one action.
pub(crate) const POKE: &str = "privatelink_poke";

struct Poke {
    seen: Arc<Seen>,
}

impl ActionServer for Poke {
    fn schema(&self) -> Schema {
        named_schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        check_name(config)
    }

    fn invoke<'a>(&'a self, config: &'a Value, progress: UnboundedSender<String>) -> BoxFuture<'a, Diagnostics> {
        Box::pin(async move {
            let _ending = Ending(Arc::clone(&self.seen));
            let _ = progress.send("begun".to_owned());
            self.seen.running.send_modify(|count| *count += 1);
            match config.get("name").as_str() {
                Some("panic") => panic!("the action fell over"),
                Some("refused") => Diagnostic::error("Refused", "No.").at(Path::attribute("name")).into(),
                Some("until stopped") => {
                    let _ = self.seen.stopped.subscribe().wait_for(|stopped| *stopped).await;
                    Diagnostic::error("Stopped", "It goes on without us.").into()
                }
                _ => {
                    let _ = progress.send("half of it".to_owned());
                    Diagnostics::new()
                }
            }
        })
    }
}

struct Length;

impl FunctionServer for Length {
    fn signature(&self) -> Signature {
        Signature {
            summary: "Length of a text".to_owned(),
            description: "Counts.".to_owned(),
            parameters: vec![
                attribute("text", Type::String, Presence::Required),
                attribute("most", Type::Number, Presence::Required),
            ],
            output: Type::Number,
        }
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, RefusedArgument> {
        let (Some(text), Value::Number(most)) = (arguments[0].as_str(), &arguments[1]) else { panic!("{arguments:?}") };
        assert_ne!(text, "panic", "the function fell over");
        let length = i64::try_from(text.chars().count()).unwrap();
        if most.as_i64() < Some(length) {
            return Err(RefusedArgument { argument: Some(1), text: format!("less than {length}") });
        }
        Ok(Value::from(length))
    }
}
