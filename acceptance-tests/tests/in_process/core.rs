//! Terraform core in a few pages: what it asks of a provider, in which order, and what it checks.
//!
//! Real Terraform is slow to start; most cases run here, through the same requests with core's own
//! assertions after each, on a paused clock against the simulator in the same process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use crate::core_rules::{assert_object_compatible, assert_plan_valid, assert_state_valid, effective_replacements};
use acceptance_tests::simulator::World;
use acceptance_tests::simulator::control::control;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, StaticTimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use futures_util::StreamExt as _;
use privatelink::aws::Wiring;
use privatelink::diagnostic::Diagnostics;
use privatelink::protocol::proposed_new_state;
use privatelink::protocol::value::{from_json, to_json};
use privatelink::provider::Provider;
use privatelink::resource::{
    ApplyRequest, ImportResponse, ListRequest, ListedObject, MovedState, PlanRequest, PlanResponse, ProviderServer,
    ReadRequest, ResourceServer,
};
use privatelink::schema::{Schema, filled};
use privatelink::value::{Path, Value};
use serde_json::{Value as Json, json};

pub use crate::core_compare::{objects, texts, value_of};
use crate::core_states::{Stored, identity_of};

use crate::announced;
use crate::landscape::CONSUMER;
use crate::packets;
use crate::uids;

/// A text that stands for an unknown value in a test's configuration.
pub const UNKNOWN: &str = "(known after apply)";

/// One working directory with its state, one provider configuration, one simulated AWS.
#[derive(Clone)]
pub struct Terraform {
    pub world: World,
    pub provider: Provider,
    /// The provider block.
    pub config: Value,
    /// Another run changes the same objects meanwhile: what comes out may not be what was planned.
    pub has_rival: bool,
    /// The hop at which packets end when a whole chain is destroyed; in a test that broke it.
    pub ends_at: Option<&'static str>,
    pub state: BTreeMap<String, Stored>,
    /// Records as the last apply left them, before any refresh.
    applied: BTreeMap<String, Json>,
}

/// The provider block of the consumer's account, with the service's as the peer `service`.
pub fn consumer_block() -> Json {
    let peer = json!([{"name": "service", "access_key": "111111111111", "secret_key": "x"}]);
    json!({"access_key": "222222222222", "peer_account": peer})
}

/// The provider block of the service's account.
pub fn service_block() -> Json {
    json!({"access_key": "111111111111"})
}

/// What core would print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    NoOp,
    Create,
    Update,
    Replace,
}

/// A checked plan.
#[derive(Debug, Clone)]
pub struct Plan {
    pub action: Action,
    pub planned: Value,
    pub replaced_by: Vec<Path>,
    pub diagnostics: Diagnostics,
    /// What the provider hands on to the apply, and to the second plan of a replacement.
    pub private: Vec<u8>,
}

impl Plan {
    /// A plan that ends with these messages.
    fn refused(diagnostics: Diagnostics) -> Self {
        Self { action: Action::NoOp, planned: Value::Null, replaced_by: Vec::new(), diagnostics, private: Vec::new() }
    }
}

impl Terraform {
    /// The consumer's account as the provider's own and the service's as the peer `service`.
    pub async fn consumer_with_peer(world: &World) -> Self {
        Self::configured(world, consumer_block()).await
    }

    /// The service's account, without a peer.
    pub async fn service_only(world: &World) -> Self {
        Self::configured(world, service_block()).await
    }

    /// A provider block of the test's own; Region and secret key are added.
    pub async fn configured(world: &World, block: Json) -> Self {
        Self::through(world, world.http_client(), block).await
    }

    /// The same with a door of the test's own to the world.
    pub async fn through(world: &World, door: SharedHttpClient, block: Json) -> Self {
        Self::wired(world, door, None, block).await
    }

    /// The same with views switched on or off, whatever the environment says.
    pub async fn with_views(world: &World, views: bool, block: Json) -> Self {
        Self::wired(world, world.http_client(), Some(views), block).await
    }

    async fn wired(world: &World, door: SharedHttpClient, views: Option<bool>, mut block: Json) -> Self {
        // Waits have jitter; from one seed, one test is one run.
        fastrand::seed(7);
        let wiring = Wiring {
            http_client: Some(door),
            time_source: Some(SharedTimeSource::new(StaticTimeSource::new(
                UNIX_EPOCH + Duration::from_secs(1_780_000_000),
            ))),
            sleep: Some(SharedAsyncSleep::new(TokioSleep::new())),
            clock_speed: Some(1),
            views,
            uids: Some(uids::mint),
        };
        let provider = Provider::wired(wiring);
        let entries = block.as_object_mut().unwrap();
        entries.entry("secret_key").or_insert(json!("x"));
        entries.entry("region").or_insert(json!("us-east-1"));
        let config = value_of(&provider.schema(), &block);
        let found = provider.validate(&config);
        assert!(!found.has_errors(), "{found:#?}");
        let found = provider.configure("1.11.4", &config).await;
        assert!(!found.has_errors(), "{found:#?}");
        Self {
            world: world.clone(),
            provider,
            config,
            has_rival: false,
            ends_at: None,
            state: BTreeMap::new(),
            applied: BTreeMap::new(),
        }
    }

    pub fn server(&self, resource_type: &str) -> (&'static str, Arc<dyn ResourceServer>) {
        let (name, server) = self.provider.resources().get_key_value(resource_type).unwrap();
        (name, Arc::clone(server))
    }

    /// Refresh, as at the beginning of a plan.
    pub async fn refresh(&mut self, name: &str) -> Diagnostics {
        let Some(stored) = self.state.get(name).cloned() else { return Diagnostics::new() };
        let (_, server) = self.server(stored.resource_type);
        let schema = server.schema();
        let answer = server.read(ReadRequest { state: stored.value, private: stored.private }).await;
        if answer.diagnostics.has_errors() {
            return answer.diagnostics;
        }
        if answer.state.is_null() {
            self.state.remove(name);
        } else {
            let breaches = assert_state_valid(&schema, &answer.state);
            assert!(breaches.is_empty(), "refreshed state: {breaches:#?}");
            let stored = self.state.get_mut(name).unwrap();
            stored.identity = identity_of(&*server, &answer.state, &stored.identity);
            (stored.value, stored.private) = (answer.state, answer.private);
        }
        answer.diagnostics
    }

    /// Plans without refresh, and checks the plan as core does.
    pub async fn plan_only(&self, resource_type: &str, name: &str, config: &Json) -> Plan {
        let (_, server) = self.server(resource_type);
        let schema = server.schema();
        let config = value_of(&schema, config);
        let found = server.validate(&config);
        if found.has_errors() {
            return Plan::refused(found);
        }
        let stored = self.state.get(name);
        let prior = stored.filter(|stored| !stored.tainted).map_or(Value::Null, |stored| stored.value.clone());
        let private = stored.filter(|stored| !stored.tainted).map_or(Vec::new(), |stored| stored.private.clone());
        let mut plan = match ask_after(&*server, &schema, &prior, &config, private).await {
            Ok(plan) => plan,
            Err(diagnostics) => return Plan::refused(diagnostics),
        };
        if stored.is_some_and(|stored| stored.tainted) {
            plan.action = Action::Replace;
        }
        if plan.action == Action::Replace && !prior.is_null() {
            self.anew(resource_type, &config, plan).await
        } else {
            plan
        }
    }

    /// The second plan of a replacement, which begins with nothing and with what the first one handed on.
    async fn anew(&self, resource_type: &str, config: &Value, mut plan: Plan) -> Plan {
        let (_, server) = self.server(resource_type);
        match ask_after(&*server, &server.schema(), &Value::Null, config, plan.private.clone()).await {
            Ok(fresh) => {
                (plan.planned, plan.private) = (fresh.planned, fresh.private);
                // Core shows what the second plan found only if an error is among it.
                if fresh.diagnostics.has_errors() {
                    plan.diagnostics.extend(fresh.diagnostics);
                }
            }
            Err(diagnostics) => plan.diagnostics.extend(diagnostics),
        }
        plan
    }

    /// `terraform plan -replace`: whatever the provider says of the change.
    pub async fn plan_replace(&mut self, resource_type: &str, name: &str, config: &Json) -> Plan {
        let mut found = self.refresh(name).await;
        let (_, server) = self.server(resource_type);
        let (schema, stored) = (server.schema(), self.state[name].clone());
        let config = value_of(&schema, config);
        let mut plan = match ask_after(&*server, &schema, &stored.value, &config, stored.private).await {
            Ok(plan) => self.anew(resource_type, &config, Plan { action: Action::Replace, ..plan }).await,
            Err(diagnostics) => Plan::refused(diagnostics),
        };
        found.extend(plan.diagnostics);
        plan.diagnostics = found;
        plan
    }

    /// Refreshes and plans.
    pub async fn plan(&mut self, resource_type: &str, name: &str, config: &Json) -> Plan {
        let found = self.refresh(name).await;
        let mut plan = self.plan_only(resource_type, name, config).await;
        let mut all = found;
        all.extend(plan.diagnostics);
        plan.diagnostics = all;
        plan
    }

    /// Plans and applies, and checks the result as core does. Errors come back; nothing is asserted of them.
    pub async fn try_apply(&mut self, resource_type: &str, name: &str, config: &Json) -> Diagnostics {
        let plan = self.plan(resource_type, name, config).await;
        if plan.diagnostics.has_errors() || plan.action == Action::NoOp {
            return plan.diagnostics;
        }
        self.carry_out(resource_type, name, config, plan).await
    }

    /// Carries out a plan.
    pub async fn carry_out(&mut self, resource_type: &str, name: &str, config: &Json, plan: Plan) -> Diagnostics {
        let (resource_type, server) = self.server(resource_type);
        let schema = server.schema();
        let config = value_of(&schema, config);
        let mut diagnostics = plan.diagnostics.clone();
        if plan.action == Action::Replace {
            let found = self.remove(name, plan.private.clone()).await;
            let failed = found.has_errors();
            diagnostics.extend(found);
            if failed {
                return diagnostics;
            }
        }
        let prior = self.state.get(name).map_or(Value::Null, |stored| stored.value.clone());
        // Core validates and plans again right before it applies.
        let found = server.validate(&config);
        if found.has_errors() {
            diagnostics.extend(found);
            return diagnostics;
        }
        let private = self.state.get(name).map_or(Vec::new(), |stored| stored.private.clone());
        let again = match ask_after(&*server, &schema, &prior, &config, private).await {
            Ok(again) => again,
            Err(found) => {
                diagnostics.extend(found);
                return diagnostics;
            }
        };
        let breaches = assert_object_compatible(&schema, &plan.planned, &again.planned);
        assert!(breaches.is_empty(), "the plan changed before apply: {breaches:#?}");
        let request = ApplyRequest {
            prior: prior.clone(),
            planned: again.planned.clone(),
            config: config.clone(),
            private: again.private,
        };
        let mark = self.world.calls().len();
        let apply = announced::Apply::begin();
        let answer = server.apply(request).await;
        let failed = answer.diagnostics.has_errors();
        if !self.has_rival && apply.is_alone() {
            let calls = self.world.calls();
            let unannounced = announced::unannounced(&again.planned, calls.get(mark..).unwrap_or_default());
            assert!(unannounced.is_empty(), "the plan of {name} did not say: {unannounced:#?}");
        }
        if !failed && !self.has_rival {
            let breaches = assert_object_compatible(&schema, &again.planned, &answer.state);
            assert!(breaches.is_empty(), "the result is not what was planned: {breaches:#?}");
        }
        if answer.state.is_null() {
            if !prior.is_null() {
                panic!("an update returned null");
            }
        } else {
            let breaches = assert_state_valid(&schema, &answer.state);
            assert!(breaches.is_empty(), "state after apply: {breaches:#?}");
            let tainted = failed && prior.is_null();
            let known = if prior.is_null() { Value::Null } else { self.identity(name) };
            let identity = identity_of(&*server, &answer.state, &known);
            assert!(failed || identity.get("id") == answer.state.get("id"), "made without an identity");
            let stored = Stored { resource_type, value: answer.state, tainted, private: answer.private, identity };
            self.state.insert(name.to_owned(), stored);
            self.applied.insert(name.to_owned(), self.state(name)["record"].clone());
        }
        diagnostics.extend(answer.diagnostics);
        diagnostics
    }

    /// The record as the last apply left it.
    pub fn applied(&self, name: &str) -> Option<&Json> {
        self.applied.get(name)
    }

    /// Applies, expects success, and then two empty plans: with and without refresh.
    pub async fn apply(&mut self, resource_type: &str, name: &str, config: &Json) -> Diagnostics {
        let found = self.try_apply(resource_type, name, config).await;
        assert!(!found.has_errors(), "apply of {name}: {found:#?}");
        self.expect_settled(resource_type, name, config).await;
        found
    }

    /// Expects what Terraform's user sees after an apply: empty plans, and a refresh that tells of no change.
    pub async fn expect_settled(&mut self, resource_type: &str, name: &str, config: &Json) {
        let before = self.state.get(name).map(|stored| stored.value.clone()).unwrap_or_default();
        self.expect_empty(resource_type, name, config).await;
        self.expect_no_noise(name, &before);
    }

    /// Expects two empty plans: without refresh and with.
    pub async fn expect_empty(&mut self, resource_type: &str, name: &str, config: &Json) {
        let plan = self.plan_only(resource_type, name, config).await;
        assert_eq!(plan.action, Action::NoOp, "plan without refresh: {}", self.difference(name, &plan.planned));
        let plan = self.plan(resource_type, name, config).await;
        assert!(!plan.diagnostics.has_errors(), "{:#?}", plan.diagnostics);
        assert_eq!(plan.action, Action::NoOp, "plan after refresh: {}", self.difference(name, &plan.planned));
    }

    /// Plans and carries out a destroy. A chain that is whole must carry packets until then.
    pub async fn destroy(&mut self, name: &str) -> Diagnostics {
        let Some(stored) = self.state.get(name).cloned() else { return Diagnostics::new() };
        if stored.resource_type == CONSUMER
            && let Some(way) = packets::of_endpoint(&self.world, stored.value.get("id").as_str())
        {
            assert_eq!(way.broken_at.as_deref(), self.ends_at, "{way:#?}");
        }
        let (_, server) = self.server(stored.resource_type);
        let private = stored.private.clone();
        let request = PlanRequest { prior: stored.value.clone(), private, ..PlanRequest::default() };
        let plan = server.plan(request).await;
        if plan.diagnostics.has_errors() {
            return plan.diagnostics;
        }
        assert!(plan.planned.is_null());
        let mut all = plan.diagnostics;
        all.extend(self.remove(name, plan.private).await);
        all
    }

    /// The destruction itself. As part of a replacement it has no plan of its own: it gets what the plan of the
    /// creation handed on.
    async fn remove(&mut self, name: &str, private: Vec<u8>) -> Diagnostics {
        let Some(stored) = self.state.get(name).cloned() else { return Diagnostics::new() };
        let (_, server) = self.server(stored.resource_type);
        let request = ApplyRequest { prior: stored.value, private, ..ApplyRequest::default() };
        let answer = server.apply(request).await;
        if answer.state.is_null() {
            self.state.remove(name);
        } else {
            assert!(answer.diagnostics.has_errors(), "a destroy without error left {:#?}", answer.state);
            self.state.get_mut(name).unwrap().value = answer.state;
        }
        answer.diagnostics
    }

    /// `terraform import`.
    pub async fn import(&mut self, resource_type: &str, name: &str, id: &str) -> Diagnostics {
        let (_, server) = self.server(resource_type);
        let answer = server.import(id.to_owned()).await;
        self.imported(resource_type, name, answer, &Value::Null).await
    }

    /// An `import` block with an identity, of which null stands for what is left out.
    pub async fn import_identified(&mut self, resource_type: &str, name: &str, identity: &Json) -> Diagnostics {
        let (_, server) = self.server(resource_type);
        let identity = from_json(&server.identity_schema().unwrap().block, identity).unwrap();
        let answer = server.import_identified(&identity).await;
        self.imported(resource_type, name, answer, &identity).await
    }

    async fn imported(
        &mut self,
        resource_type: &str,
        name: &str,
        answer: ImportResponse,
        written: &Value,
    ) -> Diagnostics {
        let (resource_type, server) = self.server(resource_type);
        if answer.diagnostics.has_errors() {
            assert!(answer.state.is_null(), "refused and imported");
            return answer.diagnostics;
        }
        let identity = identity_of(&*server, &answer.state, written);
        let stored = Stored { resource_type, value: answer.state, tainted: false, private: answer.private, identity };
        self.state.insert(name.to_owned(), stored);
        let mut found = self.refresh(name).await;
        assert!(self.has(name), "imported and then gone");
        // The refresh tells again what it sees itself.
        let again = texts(&found);
        for told in answer.diagnostics {
            if !again.contains(&texts(&told.clone().into())[0]) {
                found.push(told);
            }
        }
        found
    }

    /// What `terraform query` asks for: the events of a list, each checked as core does it. An error ends the list.
    pub async fn list(
        &self,
        resource_type: &str,
        filters: &Json,
        include_object: bool,
        limit: usize,
    ) -> Vec<ListedObject> {
        let (_, resource) = self.server(resource_type);
        let list = &self.provider.list_resources()[resource_type];
        let config = value_of(&list.schema(), filters);
        let found = list.validate(&config);
        if found.has_errors() {
            return vec![ListedObject { diagnostics: found, ..ListedObject::default() }];
        }
        let mut stream = list.list(ListRequest { config, include_object, limit });
        let mut events = Vec::new();
        while let Some(event) = stream.next().await {
            assert!(events.len() < limit, "more than core reads");
            let is_told = !event.diagnostics.is_empty();
            assert!(is_told || !event.identity.is_null(), "an event without an identity: {event:#?}");
            if !event.identity.is_null() {
                let breaches = assert_state_valid(&resource.identity_schema().unwrap(), &event.identity);
                assert!(breaches.is_empty(), "identity: {breaches:#?}");
                assert_eq!(event.object.is_null(), !include_object, "{event:#?}");
            }
            if !event.object.is_null() {
                let breaches = assert_state_valid(&resource.schema(), &event.object);
                assert!(breaches.is_empty(), "listed object: {breaches:#?}");
                assert_eq!(
                    resource.identity(&event.object, &Value::Null),
                    event.identity,
                    "two identities of one object"
                );
            }
            let is_last = event.diagnostics.has_errors();
            events.push(event);
            if is_last {
                break;
            }
        }
        events
    }

    /// What `-generate-config-out` writes for a state.
    pub fn configuration(&self, resource_type: &str, state: &Value) -> Json {
        let (_, server) = self.server(resource_type);
        let (schema, config) = (server.schema(), server.configuration(state));
        for attribute in &schema.block.attributes {
            let is_written = !config.get(attribute.name).is_null();
            assert!(attribute.presence.is_configurable() || !is_written, "{} is a result", attribute.name);
        }
        let found = server.validate(&config);
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        to_json(&schema.block, &config).unwrap()
    }

    /// `terraform apply -invoke=action.…`: what is told on the way and at the end.
    pub async fn invoke(&self, action: &str, config: &Json) -> (Vec<String>, Diagnostics) {
        let server = &self.provider.actions()[action];
        let config = value_of(&server.schema(), config);
        let found = server.validate(&config);
        if found.has_errors() {
            return (Vec::new(), found);
        }
        let (progress, mut told) = tokio::sync::mpsc::unbounded_channel();
        let found = server.invoke(&config, progress).await;
        let mut messages = Vec::new();
        while let Some(message) = told.recv().await {
            messages.push(message);
        }
        (messages, found)
    }

    /// A `moved` block from another resource type: the state that the provider gives, stored and read again as core does it.
    pub async fn move_here(&mut self, resource_type: &str, name: &str, moved: &MovedState) -> Diagnostics {
        let (_, server) = self.server(resource_type);
        let value = match server.take_over(moved) {
            Ok(value) => value,
            Err(refusal) => return refusal.into(),
        };
        let schema = server.schema();
        let whole = from_json(&schema.block, &to_json(&schema.block, &value).unwrap()).unwrap();
        let breaches = assert_state_valid(&schema, &whole);
        assert!(breaches.is_empty(), "moved state: {breaches:#?}");
        self.load(resource_type, name, filled(&schema.block, &whole), false);
        self.refresh(name).await
    }

    /// A control route of the simulator.
    pub fn control(&self, route: &str, body: &Json) -> Json {
        ask_world(&self.world, route, body)
    }
}

/// A control route of the simulator.
pub fn ask_world(world: &World, route: &str, body: &Json) -> Json {
    let method = if body.is_null() { "GET" } else { "POST" };
    let sent = if body.is_null() { Vec::new() } else { serde_json::to_vec(body).unwrap() };
    let reply = control(world, method, route, &sent);
    assert!(reply.status < 300, "{route}: {}", reply.body);
    reply.body
}

pub async fn ask(
    server: &dyn ResourceServer,
    schema: &Schema,
    prior: &Value,
    config: &Value,
) -> Result<Plan, Diagnostics> {
    ask_after(server, schema, prior, config, Vec::new()).await
}

/// The same with the private bytes of the state, or with what an earlier plan handed on.
async fn ask_after(
    server: &dyn ResourceServer,
    schema: &Schema,
    prior: &Value,
    config: &Value,
    private: Vec<u8>,
) -> Result<Plan, Diagnostics> {
    let proposed = proposed_new_state(schema, prior, config);
    let request = PlanRequest { prior: prior.clone(), proposed, config: config.clone(), private };
    let answer = server.plan(request).await;
    if answer.diagnostics.has_errors() {
        return Err(answer.diagnostics);
    }
    let breaches = assert_plan_valid(schema, prior, config, &answer.planned);
    assert!(breaches.is_empty(), "plan: {breaches:#?}\nplanned {:#?}", answer.planned);
    let replaced_by = effective_replacements(schema, prior, &answer.planned, &answer.requires_replace).unwrap();
    let action = if prior.is_null() {
        Action::Create
    } else if !replaced_by.is_empty() {
        Action::Replace
    } else if answer.planned == *prior {
        Action::NoOp
    } else {
        Action::Update
    };
    let PlanResponse { planned, diagnostics, private, .. } = answer;
    Ok(Plan { action, planned, replaced_by, diagnostics, private })
}
