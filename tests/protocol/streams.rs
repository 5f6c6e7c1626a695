//! Calls that are answered with a stream: list resources and actions.

use std::time::Duration;

use privatelink::protocol::value::to_dynamic;
use privatelink::protocol::wire::tfplugin5 as proto;
use privatelink::value::Value;
use proto::invoke_action::event::Type;

use super::fake::{POKE, THING, identified, named_schema};
use super::session::{Session, got, identity_of, summaries};

#[expect(clippy::unnecessary_wraps, reason = "as the fields of requests want it")]
fn filters(name: &str) -> Option<proto::DynamicValue> {
    let name = if name.is_empty() { Value::Null } else { name.into() };
    Some(to_dynamic(&named_schema().block, &Value::Map([("name".to_owned(), name)].into())).unwrap())
}

fn listing(name: &str, limit: i64) -> proto::list_resource::Request {
    proto::list_resource::Request {
        type_name: THING.to_owned(),
        config: filters(name),
        include_resource_object: false,
        limit,
    }
}

async fn listed(session: &mut Session, request: proto::list_resource::Request) -> Vec<proto::list_resource::Event> {
    let mut stream = session.client.list_resource(request).await.unwrap().into_inner();
    let mut events = Vec::new();
    while let Some(event) = stream.message().await.unwrap() {
        events.push(event);
    }
    events
}

#[tokio::test]
async fn lists_and_actions_are_declared_and_checked() {
    let mut session = Session::start().await;
    let schema = session.client.get_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    assert!(schema.list_resource_schemas[THING].block.is_some(), "core panics without it");
    assert!(schema.action_schemas[POKE].schema.as_ref().unwrap().block.is_some(), "core panics without it");
    let metadata = session.client.get_metadata(proto::get_metadata::Request {}).await.unwrap().into_inner();
    assert_eq!((metadata.list_resources[0].type_name.as_str(), metadata.actions[0].type_name.as_str()), (THING, POKE));
    for (name, told) in [("", vec![]), ("fine", vec![]), ("bad", vec!["Bad name"])] {
        // Terraform 1.14 fills neither the limit nor whether objects are wanted.
        let request = proto::validate_list_resource_config::Request {
            type_name: THING.to_owned(),
            config: filters(name),
            ..Default::default()
        };
        let checked = session.client.validate_list_resource_config(request).await.unwrap().into_inner();
        assert_eq!(summaries(&checked.diagnostics), told, "{name}");
        let request = proto::validate_action_config::Request { action_type: POKE.to_owned(), config: filters(name) };
        let checked = session.client.validate_action_config(request).await.unwrap().into_inner();
        assert_eq!(summaries(&checked.diagnostics), told, "{name}");
        assert!(checked.diagnostics.iter().all(|one| one.attribute.as_ref().is_some_and(|path| path.steps.len() == 1)));
        let request = proto::plan_action::Request {
            action_type: POKE.to_owned(),
            config: filters(name),
            client_capabilities: None,
        };
        let planned = session.client.plan_action(request).await.unwrap().into_inner();
        assert_eq!((summaries(&planned.diagnostics), planned.deferred), (told, None), "{name}");
    }
    let unknown = to_dynamic(&named_schema().block, &Value::Map([("name".to_owned(), Value::UNKNOWN)].into())).unwrap();
    let request =
        proto::plan_action::Request { action_type: POKE.to_owned(), config: Some(unknown), client_capabilities: None };
    let planned = session.client.plan_action(request).await.unwrap().into_inner();
    assert_eq!((planned.diagnostics.as_slice(), planned.deferred), (&[][..], None));
}

#[tokio::test]
async fn a_list_shows_identities_and_the_objects_that_are_asked_for() {
    let mut session = Session::start().await;
    let events = listed(&mut session, listing("", 3)).await;
    assert_eq!(events.len(), 3);
    let first = &events[0];
    assert_eq!(first.identity, identity_of(&identified("thing-1", "lower")));
    assert_eq!((first.display_name.as_str(), &first.resource_object), ("Thing 1", &None));
    let events =
        listed(&mut session, proto::list_resource::Request { include_resource_object: true, ..listing("", 1) }).await;
    let object = got(events[0].resource_object.as_ref());
    assert_eq!((object.get("id"), object.get("name")), (&Value::from("thing-1"), &Value::from("found")));
    assert_eq!(listed(&mut session, listing("", 0)).await, []);
}

#[tokio::test]
async fn what_goes_wrong_in_a_list_is_the_last_event_or_goes_beside_the_others() {
    let mut session = Session::start().await;
    let events = listed(&mut session, listing("left out", 3)).await;
    let told: Vec<_> = events.iter().map(|event| (event.identity.is_some(), event.diagnostic.len())).collect();
    assert_eq!(told, [(true, 0), (false, 1), (true, 0)]);
    let events = listed(&mut session, listing("broken", 2)).await;
    assert_eq!(summaries(&events[1].diagnostic), ["Broken"]);
    assert_eq!(events[1].diagnostic[0].attribute.as_ref().unwrap().steps.len(), 1);
    let events = listed(&mut session, listing("panic", 9)).await;
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(summaries(&events[1].diagnostic), ["The provider panicked in ListResource"]);
    let mut stranger = listing("", 9);
    stranger.type_name = "other".to_owned();
    let events = listed(&mut session, stranger).await;
    assert_eq!((events.len(), summaries(&events[0].diagnostic)), (1, vec!["Unsupported list resource"]));
    let mut broken = listing("", 9);
    broken.config = Some(proto::DynamicValue { msgpack: vec![0xc1].into(), ..Default::default() });
    let events = listed(&mut session, broken).await;
    assert_eq!((events.len(), summaries(&events[0].diagnostic)), (1, vec!["Cannot read the configuration"]));
}

/// Terraform cancels the stream at its limit; what nobody reads is not looked for.
#[tokio::test]
async fn a_list_goes_no_faster_than_it_is_read_and_ends_with_its_reader() {
    let mut session = Session::start().await;
    let mut stream = session.client.list_resource(listing("", 1_000_000)).await.unwrap().into_inner();
    for _ in 0..3 {
        assert!(stream.message().await.unwrap().is_some());
    }
    drop(stream);
    let mut finished = session.fake.seen.finished.subscribe();
    let finished = finished.wait_for(|count| *count == 1);
    assert!(tokio::time::timeout(Duration::from_secs(30), finished).await.is_ok(), "the list goes on for nobody");
    let count = *session.fake.seen.listed.borrow();
    assert!(count < 100_000, "{count} things were looked for");
}

fn invocation(name: &str) -> proto::invoke_action::Request {
    proto::invoke_action::Request { action_type: POKE.to_owned(), config: filters(name), client_capabilities: None }
}

/// The messages on the way, and what is told at the end.
async fn invoked(
    session: &mut Session,
    request: proto::invoke_action::Request,
) -> (Vec<String>, Vec<proto::Diagnostic>) {
    let mut stream = session.client.invoke_action(request).await.unwrap().into_inner();
    let (mut progress, mut end) = (Vec::new(), None);
    while let Some(event) = stream.message().await.unwrap() {
        assert_eq!(end, None, "an event after the last one");
        match event.r#type.expect("core panics without it") {
            Type::Progress(told) => progress.push(told.message),
            Type::Completed(completed) => end = Some(completed.diagnostics),
        }
    }
    (progress, end.expect("a stream without an end leaves core's step unfinished"))
}

#[tokio::test]
async fn an_action_tells_how_far_it_is_and_ends_once() {
    let mut session = Session::start().await;
    assert_eq!(
        invoked(&mut session, invocation("")).await,
        (vec!["begun".to_owned(), "half of it".to_owned()], vec![])
    );
    for (name, progress, summary) in [("refused", 1, "Refused"), ("panic", 0, "The provider panicked in InvokeAction")]
    {
        let (told, end) = invoked(&mut session, invocation(name)).await;
        assert_eq!((told.len(), summaries(&end)), (progress, vec![summary]));
    }
    let mut stranger = invocation("");
    stranger.action_type = "other".to_owned();
    let (told, end) = invoked(&mut session, stranger).await;
    assert_eq!((told.len(), summaries(&end)), (0, vec!["Unsupported action"]));
    let mut broken = invocation("");
    broken.config = Some(proto::DynamicValue { msgpack: vec![0xc1].into(), ..Default::default() });
    assert_eq!(summaries(&invoked(&mut session, broken).await.1), ["Cannot read the configuration"]);
}

#[tokio::test]
async fn stop_ends_an_action_and_a_client_that_goes_away_does_not() {
    let mut session = Session::start().await;
    let mut stream = session.client.invoke_action(invocation("until stopped")).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
    drop(stream);
    let mut running = session.client.clone();
    let request = invocation("until stopped");
    let mut stream = running.invoke_action(request).await.unwrap().into_inner();
    session.fake.seen.running.subscribe().wait_for(|count| *count == 2).await.unwrap();
    assert_eq!(*session.fake.seen.finished.borrow(), 0, "the one that nobody listens to was cut off");
    session.client.stop(proto::stop::Request {}).await.unwrap();
    let mut last = None;
    while let Some(event) = stream.message().await.unwrap() {
        last = event.r#type;
    }
    let Some(Type::Completed(end)) = last else { panic!("{last:?}") };
    assert_eq!(summaries(&end.diagnostics), ["Stopped"]);
    let mut finished = session.fake.seen.finished.subscribe();
    let finished = finished.wait_for(|count| *count == 2);
    assert!(tokio::time::timeout(Duration::from_secs(30), finished).await.is_ok());
}
