//! Cores of another age or another make: what Terraform 1.5 leaves out, what later ones add, what OpenTofu does otherwise.
//!
//! Each difference is known from the sources of both. The suites in acceptance-tests/ run with every program that
//! `PRIVATELINK_TERRAFORM` names; here the same is held without any.

use std::marker::PhantomData;

use bytes::{Buf, BufMut};
use privatelink::protocol::value::{from_dynamic, to_dynamic, to_msgpack_of};
use privatelink::protocol::wire::tfplugin5 as proto;
use privatelink::value::{Type, Value};
use prost::Message;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Status};

use super::client::plain_channel;
use super::fake::{FOREIGN, POKE, THING, THINGS, identified, things_schema, with};
use super::session::{Session, create, got, identity_of, named, object, sent, summaries};

/// What a later minor version of the protocol could add to any message: a number and a text in fields that nobody knows.
const LATER: &[u8] = &[0xf8, 0x3e, 0x01, 0x82, 0x3f, 0x03, b'n', b'e', b'w'];

/// Messages of prost with further bytes behind each request.
struct WithTail<Q, R> {
    tail: &'static [u8],
    types: PhantomData<fn(Q) -> R>,
}

impl<Q, R> WithTail<Q, R> {
    const fn new(tail: &'static [u8]) -> Self {
        Self { tail, types: PhantomData }
    }
}

impl<Q: Message + 'static, R: Message + Default + 'static> Codec for WithTail<Q, R> {
    type Encode = Q;
    type Decode = R;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self::new(self.tail)
    }

    fn decoder(&mut self) -> Self {
        Self::new(self.tail)
    }
}

impl<Q: Message, R> Encoder for WithTail<Q, R> {
    type Item = Q;
    type Error = Status;

    fn encode(&mut self, request: Q, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&request.encode_to_vec());
        to.put_slice(self.tail);
        Ok(())
    }
}

impl<Q, R: Message + Default> Decoder for WithTail<Q, R> {
    type Item = R;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<R>, Status> {
        let bytes = from.copy_to_bytes(from.remaining());
        R::decode(bytes).map(Some).map_err(|cause| Status::internal(cause.to_string()))
    }
}

async fn call<Q, R>(session: &Session, rpc: &str, request: Q, tail: &'static [u8]) -> Result<R, Status>
where
    Q: Message + 'static,
    R: Message + Default + 'static,
{
    let channel = plain_channel(&session.socket).await;
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.map_err(|cause| Status::internal(cause.to_string()))?;
    let path = format!("/tfplugin5.Provider/{rpc}").parse().unwrap();
    let codec = WithTail::<Q, R>::new(tail);
    Ok(client.unary(tonic::Request::new(request), path, codec).await?.into_inner())
}

fn plan(prior: &Value, proposed: &Value, config: &Value) -> proto::plan_resource_change::Request {
    proto::plan_resource_change::Request {
        type_name: THING.to_owned(),
        prior_state: sent(prior),
        proposed_new_state: sent(proposed),
        config: sent(config),
        ..Default::default()
    }
}

/// Terraform 1.5 knows neither capabilities of a client nor identities, and gives no private bytes to a first plan.
#[tokio::test]
async fn a_core_without_capabilities_and_identities_goes_all_the_way() {
    let mut session = Session::start().await;
    let client = &mut session.client;
    let config = named("a");
    let request = proto::validate_resource_type_config::Request {
        type_name: THING.to_owned(),
        config: sent(&config),
        client_capabilities: None,
    };
    assert_eq!(client.validate_resource_type_config(request).await.unwrap().into_inner().diagnostics, []);
    let planned = client.plan_resource_change(plan(&Value::Null, &config, &config)).await.unwrap().into_inner();
    assert_eq!((planned.diagnostics.as_slice(), planned.planned_identity), (&[][..], None));
    assert_eq!(planned.deferred, None);
    let request = proto::apply_resource_change::Request {
        planned_identity: None,
        planned_state: planned.planned_state,
        planned_private: planned.planned_private,
        ..create("a")
    };
    let made = client.apply_resource_change(request).await.unwrap().into_inner();
    let identity = identity_of(&identified("thing-1", Value::Null));
    assert_eq!((made.diagnostics.as_slice(), &made.new_identity), (&[][..], &identity), "which it skips");
    let request = proto::read_resource::Request {
        type_name: THING.to_owned(),
        current_state: made.new_state.clone(),
        private: made.private.clone(),
        ..Default::default()
    };
    let read = client.read_resource(request).await.unwrap().into_inner();
    assert_eq!((read.new_state, read.private, read.new_identity), (made.new_state, made.private, identity));
    let request = proto::import_resource_state::Request {
        type_name: THING.to_owned(),
        id: "thing-9".to_owned(),
        ..Default::default()
    };
    let imported = client.import_resource_state(request).await.unwrap().into_inner();
    assert_eq!(imported.imported_resources.len(), 1);
}

/// Stacks, and the apply walk of every Terraform from 1.9 on, allow answers that are put off. An answer that can be given is.
#[tokio::test]
async fn a_core_that_allows_deferrals_gets_answers_all_the_same() {
    let mut session = Session::start().await;
    let capabilities = Some(proto::ClientCapabilities { deferral_allowed: true, write_only_attributes_allowed: true });
    let config = named("a");
    let request = proto::plan_resource_change::Request {
        client_capabilities: capabilities,
        ..plan(&Value::Null, &config, &config)
    };
    let planned = session.client.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!((planned.deferred, planned.diagnostics.as_slice()), (None, &[][..]));
    assert_eq!(got(planned.planned_state.as_ref()), with(&config, "id", Value::UNKNOWN));
}

/// While the provider block is not known, imports and data sources have no answer, and are put off where that is allowed. Plans and
/// refreshes have one without AWS.
#[tokio::test]
async fn what_has_no_answer_before_the_provider_block_is_known_is_put_off_where_that_is_allowed() {
    let mut session = Session::start().await;
    let put_off = Some(proto::Deferred { reason: proto::deferred::Reason::ProviderConfigUnknown.into() });
    let config = named("a");
    let state = with(&config, "id", "thing-1");
    let things = Value::Map([("name".to_owned(), "fine".into()), ("ids".to_owned(), Value::Null)].into());
    for (is_open, is_allowed) in [(false, false), (false, true), (true, false), (true, true)] {
        session.fake.seen.is_open.store(is_open, std::sync::atomic::Ordering::Relaxed);
        let wanted = put_off.filter(|_| is_open && is_allowed);
        let capabilities =
            Some(proto::ClientCapabilities { deferral_allowed: is_allowed, write_only_attributes_allowed: true });
        let client = &mut session.client;
        let request = proto::plan_resource_change::Request {
            client_capabilities: capabilities,
            ..plan(&Value::Null, &config, &config)
        };
        let planned = client.plan_resource_change(request).await.unwrap().into_inner();
        assert_eq!((planned.deferred, planned.diagnostics.len()), (None, 0));
        let request = proto::read_resource::Request {
            type_name: THING.to_owned(),
            current_state: sent(&state),
            client_capabilities: capabilities,
            ..Default::default()
        };
        let read = client.read_resource(request).await.unwrap().into_inner();
        assert_eq!((read.deferred, got(read.new_state.as_ref())), (None, state.clone()));
        let request = proto::plan_action::Request {
            action_type: POKE.to_owned(),
            config: None,
            client_capabilities: capabilities,
        };
        let planned = client.plan_action(request).await.unwrap().into_inner();
        assert_eq!((planned.deferred, planned.diagnostics.len()), (None, 0));
        let request = proto::import_resource_state::Request {
            type_name: THING.to_owned(),
            id: "thing-9".to_owned(),
            client_capabilities: capabilities,
            ..Default::default()
        };
        let imported = client.import_resource_state(request).await.unwrap().into_inner();
        let count = usize::from(wanted.is_none());
        assert_eq!((imported.deferred, imported.imported_resources.len()), (wanted, count));
        assert_eq!(imported.diagnostics, []);
        let request = proto::read_data_source::Request {
            type_name: THINGS.to_owned(),
            config: Some(to_dynamic(&things_schema().block, &things).unwrap()),
            client_capabilities: capabilities,
            ..Default::default()
        };
        let read = client.read_data_source(request).await.unwrap().into_inner();
        assert_eq!((read.deferred, read.diagnostics.len()), (wanted, 0));
        let found = from_dynamic(&things_schema().block, read.state.as_ref()).unwrap();
        assert_eq!((found.get("name"), found.get("ids").is_unknown()), (&Value::from("fine"), wanted.is_some()));
    }
}

/// A later core sends fields that are not in our description of the protocol, in every message.
#[tokio::test]
async fn fields_that_a_later_core_adds_are_skipped() {
    let session = Session::start().await;
    macro_rules! the_same {
        ($($rpc:literal $module:ident: $request:expr),+ $(,)?) => {
            $(
                let usual: proto::$module::Response = call(&session, $rpc, $request, &[]).await.unwrap();
                let later: proto::$module::Response = call(&session, $rpc, $request, LATER).await.unwrap();
                assert_eq!(usual, later, $rpc);
            )+
        };
    }
    let config = named("a");
    let raw_state = || Some(proto::RawState { json: br#"{"name":"a"}"#.as_slice().into(), ..Default::default() });
    let region = to_dynamic(
        &privatelink::resource::ProviderServer::schema(session.fake.as_ref()).block,
        &Value::Map([("region".to_owned(), Value::from("us-east-1"))].into()),
    );
    the_same!(
        "GetSchema" get_provider_schema: proto::get_provider_schema::Request {},
        "Configure" configure: proto::configure::Request {
            terraform_version: "9.9.9".to_owned(),
            config: region.as_ref().ok().cloned(),
            client_capabilities: None,
        },
        "ValidateResourceTypeConfig" validate_resource_type_config: proto::validate_resource_type_config::Request {
            type_name: THING.to_owned(), config: sent(&config), client_capabilities: None,
        },
        "UpgradeResourceState" upgrade_resource_state: proto::upgrade_resource_state::Request {
            type_name: THING.to_owned(), version: 1, raw_state: raw_state(),
        },
        "PlanResourceChange" plan_resource_change: plan(&Value::Null, &config, &config),
        "ApplyResourceChange" apply_resource_change: create("a"),
        "ReadResource" read_resource: proto::read_resource::Request {
            type_name: THING.to_owned(), current_state: sent(&config), ..Default::default()
        },
        "ImportResourceState" import_resource_state: proto::import_resource_state::Request {
            type_name: THING.to_owned(), id: "thing-9".to_owned(), ..Default::default()
        },
        "GetResourceIdentitySchemas" get_resource_identity_schemas: proto::get_resource_identity_schemas::Request {},
        "UpgradeResourceIdentity" upgrade_resource_identity: proto::upgrade_resource_identity::Request {
            type_name: THING.to_owned(), version: 0, raw_identity: raw_state(),
        },
    );
    assert_eq!(*session.fake.seen.finished.borrow(), 2);
}

/// What a later minor version of the protocol may call is refused as gRPC refuses it, which core takes for "not there".
#[tokio::test]
async fn a_call_of_a_later_protocol_is_unimplemented_and_the_session_goes_on() {
    let mut session = Session::start().await;
    let request = proto::stop::Request {};
    let refused = call::<_, proto::stop::Response>(&session, "InventedLater", request, LATER).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unimplemented);
    let applied = session.client.apply_resource_change(create("a")).await.unwrap().into_inner();
    assert_eq!(applied.diagnostics, []);
}

/// OpenTofu calls functions and moves states in the configured process, and up to 1.12.0 names a provider by its type alone.
#[tokio::test]
async fn opentofu_calls_functions_and_moves_states_in_a_configured_process() {
    let mut session = Session::start().await;
    let block = privatelink::resource::ProviderServer::schema(session.fake.as_ref()).block;
    let region = Value::Map([("region".to_owned(), Value::from("us-east-1"))].into());
    let request = proto::configure::Request {
        terraform_version: "1.12.0".to_owned(),
        config: Some(to_dynamic(&block, &region).unwrap()),
        client_capabilities: None,
    };
    let configured = session.client.configure(request).await.unwrap().into_inner();
    assert_eq!(configured.diagnostics, []);
    let argument = |ty: &Type, value: Value| proto::DynamicValue {
        msgpack: to_msgpack_of(ty, &value).unwrap().into(),
        ..Default::default()
    };
    let text = argument(&Type::String, "abc".into());
    // A null argument is no value at all.
    for (most, is_answered) in [(argument(&Type::Number, 9.into()), true), (proto::DynamicValue::default(), false)] {
        let arguments = vec![text.clone(), most];
        let request = proto::call_function::Request { name: "length_of".to_owned(), arguments };
        let called = session.client.call_function(request).await.unwrap().into_inner();
        assert_eq!((called.result.is_some(), called.error.is_none()), (is_answered, is_answered), "{called:?}");
    }
    let json = br#"{"id":"thing-7"}"#.as_slice().into();
    let request = proto::move_resource_state::Request {
        source_provider_address: "aws".to_owned(),
        source_type_name: FOREIGN.to_owned(),
        source_state: Some(proto::RawState { json, ..Default::default() }),
        target_type_name: THING.to_owned(),
        ..Default::default()
    };
    let moved = session.client.move_resource_state(request).await.unwrap().into_inner();
    assert_eq!(summaries(&moved.diagnostics), Vec::<&str>::new());
    let told = format!("{FOREIGN} 0 of aws for {THING}");
    assert_eq!(got(moved.target_state.as_ref()).get("name"), &Value::from(told));
}

/// A set that core has reordered and a null that it has made explicit are the same configuration.
#[tokio::test]
async fn json_is_taken_where_a_core_sends_it_instead_of_msgpack() {
    let mut session = Session::start().await;
    let json = br#"{"name":"a","size":null,"tags":null,"ids":["b","a"],"id":null,"timeouts":null,"listener":[]}"#;
    let config = Some(proto::DynamicValue { json: json.as_slice().into(), ..Default::default() });
    let request = proto::plan_resource_change::Request {
        type_name: THING.to_owned(),
        prior_state: Some(proto::DynamicValue::default()),
        proposed_new_state: config.clone(),
        config,
        ..Default::default()
    };
    let planned = session.client.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!(summaries(&planned.diagnostics), Vec::<&str>::new());
    let ids = Value::List(vec!["a".into(), "b".into()]);
    let wanted = object(&[("name", "a".into()), ("ids", ids), ("id", Value::UNKNOWN)]);
    assert_eq!(got(planned.planned_state.as_ref()), wanted);
    assert!(!planned.planned_state.unwrap().msgpack.is_empty(), "answers are msgpack");
}
