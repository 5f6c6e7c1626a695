//! States of other providers, from the bytes of the file to what a `moved` block gives.
//!
//! The composites themselves need the AWS half. These two take over the same resource types, of the same versions and ids, through the
//! same code.

use std::collections::BTreeMap;
use std::sync::Arc;

use privatelink::diagnostic::{Diagnostic, Diagnostics};
use privatelink::engine::{Catalogue, Chain, Failure, RunMark, Stop, View};
use privatelink::protocol::ProviderService;
use privatelink::protocol::value::from_dynamic;
use privatelink::protocol::wire::tfplugin5::{RawState, move_resource_state};
use privatelink::resource::{
    Access, BoxFuture, Composite, Connection, Discovered, ImportId, Memory, Origin, Preflight, ProviderServer,
    Resource, ResourceServer, Timeouts, Undiscovered, stored_text,
};
use privatelink::schema::formats;
use serde_json::Value as Json;

use crate::schema::Fake;

privatelink::attributes! {
    /// What both have.
    pub struct Shown {
        /// Name of the service.
        required service_name: String,
        /// Region.
        optional_computed region: String,
        /// Tags.
        optional tags: BTreeMap<String, String>,
        /// How long to wait.
        single timeouts: Timeouts,
        /// Id.
        computed id: String,
        /// All tags.
        computed tags_all: BTreeMap<String, String>,
        /// What every resource has besides.
        flatten memory: Memory,
    }
}

/// The kind of objects that are taken.
const INTERFACE: &str = "Interface";

fn of_another_kind(state: &Json) -> Option<String> {
    let kind = stored_text(state, "vpc_endpoint_type").or_else(|| stored_text(state, "service_type"))?;
    (kind != INTERFACE).then(|| format!("is of type {kind}"))
}

/// A client that nobody ever gets.
struct Nobody;

impl Access for Nobody {
    fn now(&self) -> Option<jiff::Timestamp> {
        None
    }

    fn mint_uid(&self) -> String {
        String::new()
    }

    async fn account_id(&self, _peer: Option<&str>) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    async fn peer_of(&self, _account_id: &str) -> Option<String> {
        None
    }

    async fn tags(&self, _id: &str) -> Result<BTreeMap<String, String>, Failure> {
        Ok(BTreeMap::new())
    }

    async fn write_tags(&self, _id: &str, _tags: &BTreeMap<String, String>) -> Result<(), Failure> {
        Ok(())
    }

    async fn mark_run(&self, _id: &str, _mark: RunMark) -> Result<(), Failure> {
        Ok(())
    }
}

macro_rules! taker {
    ($name:ident, $type_name:literal, $from:literal, $id:path) => {
        struct $name;

        impl Composite for $name {
            const TYPE: &'static str = $type_name;
            const NOUN: &'static str = "thing";
            const ANCHOR: &'static str = "anchor";
            const MOVES_FROM: Option<Origin> =
                Some(Origin { type_name: $from, version: 0, id: &$id, objection: of_another_kind });

            type Config = Shown;
            type Client = Nobody;

            fn name(_config: &Shown) -> String {
                String::new()
            }

            fn chain(_config: &Shown) -> Chain<Nobody> {
                Chain::new()
            }

            fn catalogue() -> Catalogue<Nobody> {
                Catalogue::new()
            }

            fn outputs(_view: &View, _config: &mut Shown) {}

            fn observe(_view: &View, _config: &mut Shown) {}

            async fn preflight(
                _client: &Nobody,
                _check: &Preflight<'_, Shown>,
                _found: &mut Diagnostics,
            ) -> Result<(), Failure> {
                Ok(())
            }

            async fn discover(_client: &Nobody, _id: ImportId<'_>) -> Result<Discovered<Shown>, Undiscovered> {
                Err(Diagnostic::error("Nothing is there", "").into())
            }
        }
    };
}

taker!(Endpoint, "privatelink_consumer", "aws_vpc_endpoint", formats::ENDPOINT_ID);
taker!(Service, "privatelink_service", "aws_vpc_endpoint_service", formats::SERVICE_ID);

/// A provider that was not configured yet, as Terraform asks it for a move.
struct Unconfigured;

impl Connection<Nobody> for Unconfigured {
    fn region(&self) -> Option<String> {
        None
    }

    fn client<'a>(&'a self, _region: &'a str) -> BoxFuture<'a, Result<Arc<Nobody>, Diagnostic>> {
        Box::pin(async { Err(Diagnostic::error("A move looks at nothing", "")) })
    }

    fn is_open(&self, _peers: &[String]) -> bool {
        true
    }

    fn default_tags(&self) -> Option<BTreeMap<String, String>> {
        None
    }

    fn ignores_tag(&self, _key: &str) -> bool {
        false
    }

    fn stop(&self) -> Stop {
        Stop::new()
    }

    fn speed(&self) -> u32 {
        1
    }
}

fn takers() -> Arc<Fake> {
    let endpoint: Arc<dyn ResourceServer> = Arc::new(Resource::new::<Endpoint>(Arc::new(Unconfigured)));
    let service: Arc<dyn ResourceServer> = Arc::new(Resource::new::<Service>(Arc::new(Unconfigured)));
    Fake::serving([(Endpoint::TYPE, endpoint), (Service::TYPE, service)].into())
}

/// A state through the RPC. The first line has what comes with it: target type, address of the source provider, source type and version,
/// separated by blanks; the rest is the stored JSON. The answer is an error that says what to do, or a state that names the object of the
/// stored id and nothing else.
///
/// # Panics
/// Where it is not.
pub fn moved_state(data: &[u8]) {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (head, json) = data.split_at(at);
    let Ok(head) = std::str::from_utf8(head) else { return };
    let mut words = head.split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (target, provider, source, version) = (word(), word(), word(), word());
    let json = json.get(1..).unwrap_or_default();
    let request = move_resource_state::Request {
        target_type_name: target.clone(),
        source_provider_address: provider,
        source_type_name: source,
        source_schema_version: version.parse().unwrap_or_default(),
        source_state: Some(RawState { json: json.to_vec().into(), ..RawState::default() }),
        ..move_resource_state::Request::default()
    };
    let takers = takers();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let service = ProviderService::new(Arc::clone(&takers) as _);
    let answer = runtime.block_on(service.move_resource_state(request)).expect("refusals are diagnostics");
    let Some(moved) = answer.target_state else {
        let told = answer.diagnostics.iter().all(|told| !told.summary.contains("panicked") && !told.detail.is_empty());
        assert!(told && !answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
        return;
    };
    let block =
        takers.resources().get(target.as_str()).expect("only a type that there is answers with a state").schema().block;
    let value = from_dynamic(&block, Some(&moved)).expect("what was written fits");
    let stored: Json = serde_json::from_slice(json).expect("a state came of JSON");
    assert_eq!(value.get("id").as_str(), stored.get("id").and_then(Json::as_str), "another object");
    let region = value.get("region");
    assert!(region.is_null() || region.as_str().is_some_and(formats::REGION.holds), "{region:?} is no Region");
    let others = value.as_map().into_iter().flatten().filter(|(name, _)| !["id", "region"].contains(&name.as_str()));
    assert!(others.clone().all(|(_, value)| value.is_null()), "{:?}", others.collect::<Vec<_>>());
}
