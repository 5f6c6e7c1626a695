//! A provider without AWS, served in this process, and the messages to it.

use std::path::PathBuf;
use std::sync::Arc;

use privatelink::protocol::value::{empty, from_dynamic, to_dynamic};
use privatelink::protocol::wire::tfplugin5 as proto;
use privatelink::protocol::wire::tfplugin5::provider_client::ProviderClient;
use privatelink::serve::{Address, Environment, Server};
use privatelink::value::Value;
use tonic::transport::Channel;

use super::client::{plain_channel, provider};
use super::fake::{Fake, THING, identified, identity_schema, thing_schema, with};

/// A served fake and a client of it.
pub(crate) struct Session {
    pub(crate) fake: Arc<Fake>,
    pub(crate) client: ProviderClient<Channel>,
    pub(crate) socket: PathBuf,
    pub(crate) server: tokio::task::JoinHandle<()>,
}

impl Session {
    pub(crate) async fn start() -> Self {
        let fake = Fake::new();
        let server = Server::bind(Environment::default(), Arc::clone(&fake) as _).await.unwrap();
        let Address::Unix(socket) = server.address().clone() else { panic!("a Unix socket") };
        let server = tokio::task::spawn(server.serve(None));
        let client = provider(plain_channel(&socket).await);
        Self { fake, client, socket, server }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub(crate) fn object(entries: &[(&str, Value)]) -> Value {
    let start = empty(&thing_schema().block);
    entries.iter().fold(start, |object, (name, value)| with(&object, name, value.clone()))
}

pub(crate) fn named(name: &str) -> Value {
    object(&[("name", name.into())])
}

#[expect(clippy::unnecessary_wraps, reason = "as the fields of requests want it")]
pub(crate) fn sent(value: &Value) -> Option<proto::DynamicValue> {
    Some(to_dynamic(&thing_schema().block, value).unwrap())
}

pub(crate) fn got(value: Option<&proto::DynamicValue>) -> Value {
    from_dynamic(&thing_schema().block, value).unwrap()
}

pub(crate) fn summaries(diagnostics: &[proto::Diagnostic]) -> Vec<&str> {
    diagnostics.iter().map(|diagnostic| diagnostic.summary.as_str()).collect()
}

/// The stored identity of the first thing that is made.
pub(crate) fn identity() -> Option<proto::ResourceIdentityData> {
    identity_of(&identified("thing-1", "upper"))
}

#[expect(clippy::unnecessary_wraps, reason = "as the fields of requests want it")]
pub(crate) fn identity_of(identity: &Value) -> Option<proto::ResourceIdentityData> {
    let identity_data = Some(to_dynamic(&identity_schema().block, identity).unwrap());
    Some(proto::ResourceIdentityData { identity_data })
}

pub(crate) fn apply(prior: &Value, planned: &Value, config: &Value) -> proto::apply_resource_change::Request {
    proto::apply_resource_change::Request {
        type_name: THING.to_owned(),
        prior_state: sent(prior),
        planned_state: sent(planned),
        config: sent(config),
        planned_private: b"planned".to_vec().into(),
        planned_identity: identity(),
        ..Default::default()
    }
}

pub(crate) fn create(name: &str) -> proto::apply_resource_change::Request {
    let config = named(name);
    apply(&Value::Null, &with(&config, "id", Value::UNKNOWN), &config)
}
