//! Every RPC over a real connection, with a provider that has no AWS.

use privatelink::protocol::value::{from_dynamic, to_dynamic, to_msgpack_of};
use privatelink::protocol::wire::plugin::Empty;
use privatelink::protocol::wire::plugin::grpc_controller_client::GrpcControllerClient;
use privatelink::protocol::wire::tfplugin5 as proto;
use privatelink::value::{Type, Value};
use proto::attribute_path::step::Selector;
use tonic::Code;

use super::client::{plain_channel, provider};
use super::fake::{FOREIGN, Fake, THING, THINGS, identified, things_schema, with};
use super::session::{Session, apply, create, got, identity, identity_of, named, object, sent, summaries};
use crate::core_rules::check_provider;

#[test]
fn the_schemas_keep_cores_rules() {
    assert_eq!(check_provider(Fake::new().as_ref()), []);
}

#[tokio::test]
async fn the_schema_names_everything_and_is_the_same_every_time() {
    let mut session = Session::start().await;
    let first = session.client.get_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    let second = session.client.get_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    assert_eq!(first, second);
    assert!(first.provider.unwrap().block.is_some());
    let capabilities = first.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy && capabilities.get_provider_schema_optional);
    assert!(capabilities.move_resource_state && capabilities.generate_resource_config);
    let thing = &first.resource_schemas[THING];
    let block = thing.block.as_ref().unwrap();
    assert_eq!(thing.version, 1);
    assert_eq!(
        block.attributes.iter().map(|attribute| attribute.name.as_str()).collect::<Vec<_>>(),
        ["id", "ids", "name", "size", "tags"]
    );
    assert!(block.attributes.iter().all(|attribute| !attribute.r#type.is_empty()));
    let metadata = session.client.get_metadata(proto::get_metadata::Request {}).await.unwrap().into_inner();
    assert_eq!(metadata.resources[0].type_name, THING);
    assert_eq!(
        (metadata.data_sources[0].type_name.as_str(), metadata.functions[0].name.as_str()),
        (THINGS, "length_of")
    );
    assert!(first.data_source_schemas[THINGS].block.is_some());
    let listed = session.client.get_functions(proto::get_functions::Request {}).await.unwrap().into_inner();
    assert_eq!(listed.functions, first.functions);
    let function = &first.functions["length_of"];
    assert!(function.r#return.is_some(), "core panics without it");
    assert!(function.parameters.iter().all(|parameter| !parameter.allow_null_value && !parameter.allow_unknown_values));
    assert_eq!(metadata.server_capabilities, Some(capabilities));
}

#[tokio::test]
async fn an_unconfigured_process_answers_checks_and_refusals() {
    let mut session = Session::start().await;
    let client = &mut session.client;
    let request = |name: &str| proto::validate_resource_type_config::Request {
        type_name: THING.to_owned(),
        config: sent(&named(name)),
        client_capabilities: None,
    };
    let fine = client.validate_resource_type_config(request("fine")).await.unwrap().into_inner();
    assert_eq!(fine.diagnostics, []);
    let bad = client.validate_resource_type_config(request("bad listener")).await.unwrap().into_inner();
    assert_eq!(bad.diagnostics[0].severity, 1);
    let steps = &bad.diagnostics[0].attribute.as_ref().unwrap().steps;
    assert_eq!(steps.len(), 1, "the path ends at the set");
    assert_eq!(steps[0].selector, Some(Selector::AttributeName("listener".to_owned())));
    let panicked = client.validate_resource_type_config(request("panic in validate")).await.unwrap().into_inner();
    assert!(panicked.diagnostics[0].detail.contains("validate fell over"));

    let request = proto::validate_resource_type_config::Request { type_name: "other".to_owned(), ..Default::default() };
    let unknown = client.validate_resource_type_config(request).await.unwrap().into_inner();
    assert_eq!(summaries(&unknown.diagnostics), ["Unsupported resource type"]);
    let moved = client.move_resource_state(proto::move_resource_state::Request::default()).await.unwrap().into_inner();
    assert_eq!((moved.target_state, summaries(&moved.diagnostics)), (None, vec!["Unsupported resource type"]));
    let data = client.read_data_source(proto::read_data_source::Request::default()).await.unwrap().into_inner();
    assert_eq!(summaries(&data.diagnostics), ["Unsupported data source"]);
    let request = proto::validate_data_source_config::Request::default();
    let data = client.validate_data_source_config(request).await.unwrap().into_inner();
    assert_eq!(summaries(&data.diagnostics), ["Unsupported data source"]);
    let called = client.call_function(proto::call_function::Request::default()).await.unwrap().into_inner();
    assert!(called.error.is_some());
    let identities = proto::get_resource_identity_schemas::Request {};
    let identities = client.get_resource_identity_schemas(identities).await.unwrap().into_inner();
    assert_eq!(identities.diagnostics, []);
    assert_eq!(identities.identity_schemas.keys().collect::<Vec<_>>(), [THING]);
}

#[tokio::test]
async fn features_that_are_not_declared_are_unimplemented() {
    macro_rules! refused {
        ($session:ident: $($rpc:ident($module:ident)),+ $(,)?) => {
            $(assert_eq!(
                $session.client.$rpc(proto::$module::Request::default()).await.err().map(|status| status.code()),
                Some(Code::Unimplemented),
                stringify!($rpc)
            );)+
        };
    }
    let mut session = Session::start().await;
    refused!(session:
        validate_ephemeral_resource_config(validate_ephemeral_resource_config),
        open_ephemeral_resource(open_ephemeral_resource),
        renew_ephemeral_resource(renew_ephemeral_resource),
        close_ephemeral_resource(close_ephemeral_resource),
    );
}

#[tokio::test]
async fn a_process_takes_one_provider_block_however_often_it_is_given() {
    let mut session = Session::start().await;
    let block = privatelink::resource::ProviderServer::schema(session.fake.as_ref()).block;
    let config = |region: Value| Some(to_dynamic(&block, &Value::Map([("region".to_owned(), region)].into())).unwrap());
    let other = "This provider process has another configuration";
    for (region, refusals) in [
        // Known after the first apply only.
        (Value::UNKNOWN, vec![]),
        (Value::from("failing"), vec!["Cannot use the provider block"]),
        (Value::from("eu-west-1"), vec![]),
        (Value::from("us-east-1"), vec![other]),
        (Value::UNKNOWN, vec![other]),
        // Another run in debug mode.
        (Value::from("eu-west-1"), vec![]),
    ] {
        let request = proto::configure::Request {
            terraform_version: "1.11.4".to_owned(),
            config: config(region),
            client_capabilities: None,
        };
        let told = session.client.configure(request).await.unwrap().into_inner();
        assert_eq!(summaries(&told.diagnostics), refusals);
    }
    assert_eq!(
        *session.fake.seen.configured.lock().unwrap(),
        ["1.11.4 unknown or null", "1.11.4 failing", "1.11.4 eu-west-1", "1.11.4 eu-west-1"]
    );
    let request = proto::prepare_provider_config::Request { config: config("nowhere".into()) };
    let prepared = session.client.prepare_provider_config(request.clone()).await.unwrap().into_inner();
    assert_eq!(summaries(&prepared.diagnostics), ["Unknown region"]);
    assert_eq!(prepared.prepared_config, request.config);
}

#[tokio::test]
async fn plan_carries_values_private_bytes_and_identity() {
    let mut session = Session::start().await;
    let config = object(&[("name", "a".into()), ("listener", Value::UNKNOWN)]);
    let request = proto::plan_resource_change::Request {
        type_name: THING.to_owned(),
        prior_state: sent(&Value::Null),
        proposed_new_state: sent(&config),
        config: sent(&config),
        prior_private: b"prior".to_vec().into(),
        prior_identity: identity(),
        ..Default::default()
    };
    let plan = session.client.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!(got(plan.planned_state.as_ref()), with(&config, "id", Value::UNKNOWN));
    assert_eq!(plan.planned_private, "prior");
    assert_eq!(
        plan.planned_identity, None,
        "what does not exist yet has none, and core hands on that of a predecessor"
    );
    assert_eq!(plan.requires_replace.len(), 1);
    assert!(!plan.legacy_type_system);

    let prior = with(&named("a"), "id", "thing-1");
    for proposed in [with(&prior, "size", 2), Value::Null] {
        let request = proto::plan_resource_change::Request {
            type_name: THING.to_owned(),
            prior_state: sent(&prior),
            proposed_new_state: sent(&proposed),
            config: sent(&proposed),
            prior_identity: identity(),
            ..Default::default()
        };
        let plan = session.client.plan_resource_change(request).await.unwrap().into_inner();
        assert_eq!(plan.planned_identity, identity(), "{proposed:?}");
    }
}

#[tokio::test]
async fn a_destroy_is_planned_as_null() {
    let mut session = Session::start().await;
    let request = proto::plan_resource_change::Request {
        type_name: THING.to_owned(),
        prior_state: sent(&named("a")),
        proposed_new_state: sent(&Value::Null),
        config: sent(&Value::Null),
        ..Default::default()
    };
    let plan = session.client.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!(plan.planned_state.unwrap().msgpack[..], [0xc0]);
}

#[tokio::test]
async fn apply_answers_with_the_state_its_private_bytes_and_the_identity() {
    let mut session = Session::start().await;
    let applied = session.client.apply_resource_change(create("a")).await.unwrap().into_inner();
    assert_eq!(applied.diagnostics, []);
    assert_eq!(got(applied.new_state.as_ref()).get("id"), &Value::from("thing-1"));
    assert_eq!((applied.private.as_ref(), applied.new_identity), (&b"applied"[..], identity()));
}

#[tokio::test]
async fn a_panic_in_apply_is_a_diagnostic_with_the_state_as_it_was() {
    let mut session = Session::start().await;
    let created = session.client.apply_resource_change(create("panic")).await.unwrap().into_inner();
    assert!(created.diagnostics[0].detail.contains("apply fell over"));
    assert_eq!(created.diagnostics[0].severity, 1);
    assert_eq!(got(created.new_state.as_ref()), Value::Null);

    let prior = object(&[("name", "panic".into()), ("id", "thing-1".into())]);
    let request = apply(&prior, &with(&prior, "size", 2), &with(&named("panic"), "size", 2));
    let updated = session.client.apply_resource_change(request).await.unwrap().into_inner();
    assert_eq!(updated.diagnostics.len(), 1);
    assert_eq!(got(updated.new_state.as_ref()), prior);
    assert_eq!(updated.private, "planned");
    assert_eq!(updated.new_identity, identity());
}

#[tokio::test]
async fn a_value_that_does_not_fit_costs_an_error_but_not_the_ids() {
    let mut session = Session::start().await;
    let applied = session.client.apply_resource_change(create("misfit")).await.unwrap().into_inner();
    assert_eq!(applied.diagnostics.len(), 2, "{:?}", applied.diagnostics);
    let state = got(applied.new_state.as_ref());
    assert_eq!(state.get("id"), &Value::from("thing-1"));
    assert_eq!(state.get("size"), &Value::Null);
}

#[tokio::test]
async fn stop_lets_apply_return_what_exists_and_the_server_goes_on() {
    let mut session = Session::start().await;
    let mut other = session.client.clone();
    let running = tokio::task::spawn(async move { other.apply_resource_change(create("until stopped")).await });
    session.fake.seen.running.subscribe().wait_for(|count| *count == 1).await.unwrap();
    let stopped = session.client.stop(proto::stop::Request {}).await.unwrap().into_inner();
    assert_eq!(stopped.error, "");
    let applied = running.await.unwrap().unwrap().into_inner();
    assert_eq!(summaries(&applied.diagnostics), ["Stopped"]);
    assert_eq!(got(applied.new_state.as_ref()).get("id"), &Value::from("thing-1"));
    let next = session.client.apply_resource_change(create("after")).await.unwrap().into_inner();
    assert_eq!(next.diagnostics, []);
}

#[tokio::test]
async fn apply_runs_to_its_end_when_the_client_is_gone() {
    let mut session = Session::start().await;
    let mut other = session.client.clone();
    let running = tokio::task::spawn(async move { other.apply_resource_change(create("until stopped")).await });
    session.fake.seen.running.subscribe().wait_for(|count| *count == 1).await.unwrap();
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    // On the same connection the server hears of the end of the first call before the second one.
    session.client.stop(proto::stop::Request {}).await.unwrap();
    let mut finished = session.fake.seen.finished.subscribe();
    let finished = finished.wait_for(|count| *count == 1);
    assert!(tokio::time::timeout(std::time::Duration::from_secs(30), finished).await.is_ok());
}

#[tokio::test]
async fn read_echoes_refreshes_and_forgets() {
    let mut session = Session::start().await;
    let request = |state: &Value| proto::read_resource::Request {
        type_name: THING.to_owned(),
        current_state: sent(state),
        private: b"stored".to_vec().into(),
        current_identity: identity(),
        ..Default::default()
    };
    let state = with(&named("a"), "id", "thing-1");
    let read = session.client.read_resource(request(&state)).await.unwrap().into_inner();
    assert_eq!(got(read.new_state.as_ref()), state);
    assert_eq!((read.private.as_ref(), read.new_identity), (&b"stored"[..], identity()));
    let gone = session.client.read_resource(request(&named("gone"))).await.unwrap().into_inner();
    assert_eq!(got(gone.new_state.as_ref()), Value::Null);
    assert_eq!((gone.diagnostics.as_slice(), gone.new_identity), (&[][..], None));
    let state = named("panic in read");
    let panicked = session.client.read_resource(request(&state)).await.unwrap().into_inner();
    assert_eq!(panicked.diagnostics.len(), 1);
    assert_eq!(got(panicked.new_state.as_ref()), state);
    assert_eq!((panicked.private.as_ref(), panicked.new_identity), (&b"stored"[..], identity()));
}

/// A state that a core before 1.12 or an older release wrote gets its identity with the first read; what the state does not
/// tell stays as it is stored.
#[tokio::test]
async fn an_identity_is_given_for_every_state_and_never_lost() {
    let mut session = Session::start().await;
    let state = with(&named("a"), "id", "thing-1");
    let request = |current_identity| proto::read_resource::Request {
        type_name: THING.to_owned(),
        current_state: sent(&state),
        current_identity,
        ..Default::default()
    };
    let null = Some(proto::ResourceIdentityData { identity_data: Some(proto::DynamicValue::default()) });
    let fresh = identity_of(&identified("thing-1", Value::Null));
    for (stored, given) in [
        (None, fresh.clone()),
        (Some(proto::ResourceIdentityData::default()), fresh.clone()),
        (null, fresh),
        (identity(), identity()),
    ] {
        let read = session.client.read_resource(request(stored)).await.unwrap().into_inner();
        assert_eq!((read.diagnostics.as_slice(), read.new_identity), (&[][..], given));
    }
    let bytes = proto::DynamicValue { msgpack: vec![0x80].into(), ..Default::default() };
    let strange = Some(proto::ResourceIdentityData { identity_data: Some(bytes) });
    let refused = session.client.read_resource(request(strange.clone())).await.unwrap().into_inner();
    assert_eq!(summaries(&refused.diagnostics), ["Cannot read the identity"]);
    assert_eq!((got(refused.new_state.as_ref()), refused.new_identity), (state, strange));
    let misfit = proto::read_resource::Request {
        type_name: THING.to_owned(),
        current_state: sent(&with(&named("a"), "id", "misfit")),
        ..Default::default()
    };
    let read = session.client.read_resource(misfit).await.unwrap().into_inner();
    assert_eq!(summaries(&read.diagnostics), ["The provider made an identity that does not fit"]);
    assert_eq!(read.new_identity, None);
}

#[tokio::test]
async fn a_stored_identity_is_passed_through_or_refused() {
    let mut session = Session::start().await;
    let mut upgrade = async |version, json: &str| {
        let raw_identity = Some(proto::RawState { json: json.to_owned().into(), ..Default::default() });
        let request = proto::upgrade_resource_identity::Request { type_name: THING.to_owned(), version, raw_identity };
        session.client.upgrade_resource_identity(request).await.unwrap().into_inner()
    };
    for version in [0, 2] {
        let upgraded = upgrade(version, r#"{"id":"thing-1","shelf":"upper","foreign":1}"#).await;
        assert_eq!((upgraded.diagnostics.as_slice(), upgraded.upgraded_identity), (&[][..], identity()));
    }
    for (version, json) in
        [(3, r#"{"id":"a"}"#), (-1, r#"{"id":"a"}"#), (0, ""), (0, "null"), (0, "{"), (0, r#"{"id":[]}"#)]
    {
        let refused = upgrade(version, json).await;
        assert_eq!((refused.upgraded_identity, refused.diagnostics.len()), (None, 1), "{version} {json}");
        assert_eq!(refused.diagnostics[0].severity, 1);
    }
}

#[tokio::test]
async fn a_data_source_is_checked_read_and_answers_with_null_where_it_cannot() {
    let mut session = Session::start().await;
    let config = |name: &str| {
        let value = Value::Map([("name".to_owned(), name.into())].into());
        Some(to_dynamic(&things_schema().block, &value).unwrap())
    };
    let request =
        |name: &str| proto::validate_data_source_config::Request { type_name: THINGS.to_owned(), config: config(name) };
    let checked = session.client.validate_data_source_config(request("fine")).await.unwrap().into_inner();
    assert_eq!(checked.diagnostics, []);
    let checked = session.client.validate_data_source_config(request("bad")).await.unwrap().into_inner();
    assert_eq!(summaries(&checked.diagnostics), ["Bad name"]);
    assert_eq!(checked.diagnostics[0].attribute.as_ref().unwrap().steps.len(), 1);

    let mut read = async |name: &str| {
        let request = proto::read_data_source::Request {
            type_name: THINGS.to_owned(),
            config: config(name),
            ..Default::default()
        };
        session.client.read_data_source(request).await.unwrap().into_inner()
    };
    let found = read("fine").await;
    assert_eq!(found.diagnostics, []);
    let state = from_dynamic(&things_schema().block, found.state.as_ref()).unwrap();
    assert_eq!(state.get("name"), &Value::from("fine"));
    assert_eq!(state.get("ids"), &Value::List(vec!["a".into(), "b".into()]));
    for (name, summary) in [
        ("nothing", "Nothing there"),
        ("panic", "The provider panicked in ReadDataSource"),
        ("misfit", "The provider made a value that does not fit"),
    ] {
        assert_eq!(summaries(&read(name).await.diagnostics), [summary], "{name}");
    }
}

#[tokio::test]
async fn a_function_is_called_and_names_the_argument_at_fault() {
    let mut session = Session::start().await;
    let bytes = |ty: &Type, value: Value| to_msgpack_of(ty, &value).unwrap();
    let mut call = async |text: Vec<u8>, most: Vec<u8>, more: bool| {
        let argument = |msgpack: Vec<u8>| proto::DynamicValue { msgpack: msgpack.into(), ..Default::default() };
        let mut arguments = vec![argument(text), argument(most)];
        if more {
            arguments.push(proto::DynamicValue::default());
        }
        let request = proto::call_function::Request { name: "length_of".to_owned(), arguments };
        session.client.call_function(request).await.unwrap().into_inner()
    };
    let text = |text: &str| bytes(&Type::String, text.into());
    let number = |number: i64| bytes(&Type::Number, number.into());
    let called = call(text("grün"), number(9), false).await;
    assert_eq!(
        (called.result.unwrap().msgpack[..].to_owned(), called.error),
        (vec![0xa1, b'4'], None),
        "whole numbers are text"
    );
    for (text, most, more, argument) in [
        (text("abc"), number(2), false, Some(1)),
        (vec![0x01], number(2), false, Some(0)),
        (vec![0xc0], number(2), false, Some(0)),
        (vec![0xd4, 0, 0], number(2), false, Some(0)),
        (Vec::new(), number(2), false, Some(0)),
        (text("abc"), number(3), true, None),
        (text("panic"), number(9), false, None),
    ] {
        let refused = call(text, most, more).await;
        assert_eq!(refused.result, None);
        let error = refused.error.unwrap();
        assert!(!error.text.is_empty());
        assert_eq!(error.function_argument, argument, "{}", error.text);
    }
}

#[tokio::test]
async fn import_returns_one_object_or_an_error() {
    let mut session = Session::start().await;
    let request = |id: &str| proto::import_resource_state::Request {
        type_name: THING.to_owned(),
        id: id.to_owned(),
        ..Default::default()
    };
    let imported = session.client.import_resource_state(request("thing-7")).await.unwrap().into_inner();
    let [object] = imported.imported_resources.as_slice() else { panic!("exactly one") };
    assert_eq!((object.type_name.as_str(), object.private.as_ref()), (THING, &b"imported"[..]));
    assert_eq!(got(object.state.as_ref()).get("id"), &Value::from("thing-7"));
    assert_eq!(object.identity, identity_of(&identified("thing-7", Value::Null)));
    for id in ["nothing", ""] {
        let refused = session.client.import_resource_state(request(id)).await.unwrap().into_inner();
        assert_eq!((refused.imported_resources.len(), refused.diagnostics.len()), (0, 1));
    }
    // By its identity, of which core sends no id beside it.
    let request =
        |identity: &Value| proto::import_resource_state::Request { identity: identity_of(identity), ..request("") };
    let identity = identified("thing-7", "upper");
    let imported = session.client.import_resource_state(request(&identity)).await.unwrap().into_inner();
    let [object] = imported.imported_resources.as_slice() else { panic!("exactly one") };
    assert_eq!(got(object.state.as_ref()).get("id"), &Value::from("thing-7"));
    assert_eq!(object.identity, identity_of(&identity));
    let nothing = session.client.import_resource_state(request(&identified("nothing", Value::Null))).await;
    let nothing = nothing.unwrap().into_inner();
    assert_eq!((nothing.imported_resources.len(), nothing.diagnostics.len()), (0, 1));
}

#[tokio::test]
async fn stored_states_are_upgraded_passed_through_or_refused_but_never_null() {
    let mut session = Session::start().await;
    let mut upgrade = async |version, json: &str| {
        let raw_state = Some(proto::RawState { json: json.to_owned().into(), ..Default::default() });
        let request = proto::upgrade_resource_state::Request { type_name: THING.to_owned(), version, raw_state };
        session.client.upgrade_resource_state(request).await.unwrap().into_inner()
    };
    let same = upgrade(1, r#"{"name":"a","size":18446744073709551616,"foreign":[1]}"#).await;
    let state = got(same.upgraded_state.as_ref());
    assert_eq!(state.get("size"), &Value::Number("18446744073709551616".parse().unwrap()));
    assert_eq!(state.get("listener"), &Value::List(Vec::new()));
    let older = upgrade(0, r#"{"title":"b"}"#).await;
    assert_eq!(got(older.upgraded_state.as_ref()).get("name"), &Value::from("b"));
    for (version, json) in [(0, "{}"), (2, "{}"), (-1, "{}"), (1, ""), (1, "null"), (1, "{"), (1, r#"{"name":[]}"#)] {
        let refused = upgrade(version, json).await;
        assert_eq!(refused.upgraded_state, None, "{version} {json}");
        assert_eq!(refused.diagnostics.len(), 1, "{version} {json}");
        assert_eq!(refused.diagnostics[0].severity, 1);
    }
    let flatmap = [("name".to_owned(), "a".to_owned())].into();
    let raw_state = Some(proto::RawState { flatmap, ..Default::default() });
    let request = proto::upgrade_resource_state::Request { type_name: THING.to_owned(), version: 1, raw_state };
    let old = session.client.upgrade_resource_state(request).await.unwrap().into_inner();
    assert!(old.diagnostics[0].detail.contains("0.12"));
}

#[tokio::test]
async fn a_configuration_is_written_for_a_state_and_for_nothing_else() {
    let mut session = Session::start().await;
    let request = |state| proto::generate_resource_config::Request { type_name: THING.to_owned(), state };
    let state = object(&[("name", "a".into()), ("id", "thing-1".into())]);
    let made = session.client.generate_resource_config(request(sent(&state))).await.unwrap().into_inner();
    assert_eq!(
        (made.diagnostics.as_slice(), got(made.config.as_ref())),
        (&[][..], named("a")),
        "results are none of it"
    );
    let made = session.client.generate_resource_config(request(sent(&Value::Null))).await.unwrap().into_inner();
    assert_eq!((made.diagnostics.as_slice(), got(made.config.as_ref())), (&[][..], Value::Null));
    // Terraform 1.14.0 says nothing of what it wants a configuration for.
    let refused = session.client.generate_resource_config(request(None)).await.unwrap().into_inner();
    assert_eq!((refused.config, summaries(&refused.diagnostics)), (None, vec!["Cannot write a configuration"]));
    assert!(refused.diagnostics[0].detail.contains("1.14.1"));
}

/// A `moved` block from a resource type of another provider, with everything that a newer Terraform sends.
fn moved(json: &str) -> proto::move_resource_state::Request {
    proto::move_resource_state::Request {
        source_provider_address: "registry.terraform.io/hashicorp/aws".to_owned(),
        source_type_name: FOREIGN.to_owned(),
        source_schema_version: 3,
        source_state: Some(proto::RawState { json: json.to_owned().into(), ..Default::default() }),
        target_type_name: THING.to_owned(),
        source_private: b"theirs".as_slice().into(),
        source_identity: Some(proto::RawState { json: br#"{"id":"other"}"#.as_slice().into(), ..Default::default() }),
        source_identity_schema_version: 1,
    }
}

#[tokio::test]
async fn a_moved_state_is_written_whole_and_nothing_else_of_the_other_provider_goes_on() {
    let mut session = Session::start().await;
    let request = moved(r#"{"id":"thing-7","foreign":[1]}"#);
    let answer = session.client.move_resource_state(request).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    let state = got(answer.target_state.as_ref());
    assert_eq!(state.get("id"), &Value::from("thing-7"));
    let told = format!("{FOREIGN} 3 of registry.terraform.io/hashicorp/aws for {THING}");
    assert_eq!(state.get("name"), &Value::from(told));
    assert_eq!((state.get("size"), state.get("listener")), (&Value::Null, &Value::List(Vec::new())));
    assert!(answer.target_private.is_empty() && answer.target_identity.is_none());
}

#[tokio::test]
async fn a_moved_state_that_cannot_be_read_is_refused_and_never_null() {
    let mut session = Session::start().await;
    let flatmap = [("id".to_owned(), "thing-7".to_owned())].into();
    let of_old = Some(proto::RawState { flatmap, ..Default::default() });
    let stranger = proto::move_resource_state::Request { source_type_name: "aws_other".to_owned(), ..moved("{}") };
    for (request, summary, words) in [
        (moved(""), "Cannot read the stored state", "no state"),
        (moved("null"), "Cannot read the stored state", "not a JSON object"),
        (moved("{"), "Cannot read the stored state", "not JSON"),
        (
            proto::move_resource_state::Request { source_state: None, ..moved("") },
            "Cannot read the stored state",
            "no state",
        ),
        (
            proto::move_resource_state::Request { source_state: of_old, ..moved("") },
            "Cannot read the stored state",
            "0.12",
        ),
        (moved("{}"), "No id", "for privatelink_thing"),
        (stranger, "No id", "for nobody"),
        (moved(r#"{"id":"panic in move"}"#), "The provider panicked in MoveResourceState", "the move fell over"),
        (
            proto::move_resource_state::Request { target_type_name: "other".to_owned(), ..moved("{}") },
            "Unsupported resource type",
            "\"other\"",
        ),
    ] {
        let refused = session.client.move_resource_state(request).await.unwrap().into_inner();
        assert_eq!((refused.target_state, summaries(&refused.diagnostics)), (None, vec![summary]));
        assert!(refused.diagnostics[0].detail.contains(words), "{words}: {}", refused.diagnostics[0].detail);
    }
}

#[tokio::test]
async fn a_value_of_another_shape_is_refused_with_a_diagnostic() {
    let mut session = Session::start().await;
    let request = proto::validate_resource_type_config::Request {
        type_name: THING.to_owned(),
        config: Some(proto::DynamicValue { msgpack: vec![0x80].into(), ..Default::default() }),
        client_capabilities: None,
    };
    let refused = session.client.validate_resource_type_config(request).await.unwrap().into_inner();
    assert_eq!(summaries(&refused.diagnostics), ["Cannot read the configuration"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_calls_run_at_once() {
    let session = Session::start().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let mut client = session.client.clone();
        calls.spawn(async move { client.apply_resource_change(create("until stopped")).await });
    }
    session.fake.seen.running.subscribe().wait_for(|count| *count == 20).await.unwrap();
    session.client.clone().stop(proto::stop::Request {}).await.unwrap();
    assert_eq!(calls.join_all().await.into_iter().flatten().count(), 20);
}

#[tokio::test]
async fn ten_mebibytes_go_through() {
    let mut session = Session::start().await;
    let config = named(&"x".repeat(10 << 20));
    let request = apply(&Value::Null, &with(&config, "id", Value::UNKNOWN), &config);
    let applied = session.client.apply_resource_change(request).await.unwrap().into_inner();
    assert_eq!(got(applied.new_state.as_ref()).get("name"), config.get("name"));
}

#[tokio::test]
async fn a_client_may_come_back() {
    let mut session = Session::start().await;
    session.client.stop(proto::stop::Request {}).await.unwrap();
    let mut again = provider(plain_channel(&session.socket).await);
    session.client = again.clone();
    assert!(again.get_metadata(proto::get_metadata::Request {}).await.is_ok());
}

#[tokio::test]
async fn shutdown_lets_a_running_apply_answer_with_what_exists() {
    let mut session = Session::start().await;
    let mut other = session.client.clone();
    let running = tokio::task::spawn(async move { other.apply_resource_change(create("until stopped")).await });
    session.fake.seen.running.subscribe().wait_for(|count| *count == 1).await.unwrap();
    let mut controller = GrpcControllerClient::new(plain_channel(&session.socket).await);
    controller.shutdown(Empty {}).await.unwrap();
    let applied = running.await.unwrap().unwrap().into_inner();
    assert_eq!(got(applied.new_state.as_ref()).get("id"), &Value::from("thing-1"));
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), &mut session.server).await;
    assert!(ended.expect("the server ends").is_ok());
    assert!(!session.socket.exists());
}
