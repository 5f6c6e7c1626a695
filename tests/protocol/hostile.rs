//! Whatever arrives is refused or served: nothing falls over, nothing hangs, nobody is stalled.

use std::sync::Arc;

use privatelink::protocol::value::to_dynamic;
use privatelink::protocol::wire::tfplugin5 as proto;
use privatelink::value::{Number, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::{Duration, timeout};

use super::client::{HostCertificate, plain_channel, provider, secure_channel};
use super::fake::{THING, thing_schema, with};
use super::process::Plugin;
use super::session::{Session, create, got, named, object, sent, summaries};

/// Only turns a hang into a failure.
const PATIENCE: Duration = Duration::from_secs(60);
const MIB: usize = 1 << 20;

fn checking(config: Option<proto::DynamicValue>) -> proto::validate_resource_type_config::Request {
    proto::validate_resource_type_config::Request { type_name: THING.to_owned(), config, client_capabilities: None }
}

fn raw(msgpack: Vec<u8>) -> proto::DynamicValue {
    proto::DynamicValue { msgpack: msgpack.into(), ..Default::default() }
}

/// The thing with these bytes in the place of one attribute's value.
fn thing_with(attribute: &str, bytes: &[u8]) -> Vec<u8> {
    const MARK: &str = "here it will be";
    let marked = match attribute {
        "name" => object(&[("name", MARK.into())]),
        "ids" => object(&[("ids", Value::List(vec![MARK.into()]))]),
        "tags" => object(&[("tags", Value::Map([("k".to_owned(), MARK.into())].into()))]),
        _ => panic!("no place for {attribute}"),
    };
    let whole = to_dynamic(&thing_schema().block, &marked).unwrap().msgpack;
    let text: Vec<u8> = [&[0xa0 | u8::try_from(MARK.len()).unwrap()], MARK.as_bytes()].concat();
    let mark = if attribute == "ids" { [&[0x91], text.as_slice()].concat() } else { text };
    let mark = if attribute == "tags" { [&[0x81, 0xa1, b'k'], mark.as_slice()].concat() } else { mark };
    let at = whole.windows(mark.len()).position(|window| window == mark).unwrap();
    [&whole[..at], bytes, &whole[at + mark.len()..]].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_calls_at_once_are_all_answered() {
    let session = Session::start().await;
    let start = Arc::new(Barrier::new(100));
    let mut calls = JoinSet::new();
    for number in 0..100 {
        let (mut client, start) = (session.client.clone(), Arc::clone(&start));
        calls.spawn(async move {
            let name = format!("thing {number}");
            start.wait().await;
            match number % 4 {
                0 => {
                    let answer = client.apply_resource_change(create(&name)).await.unwrap().into_inner();
                    assert_eq!(got(answer.new_state.as_ref()).get("name").as_str(), Some(name.as_str()));
                }
                1 => {
                    let state = with(&named(&name), "id", "x");
                    let request = proto::read_resource::Request {
                        type_name: THING.to_owned(),
                        current_state: sent(&state),
                        ..Default::default()
                    };
                    let answer = client.read_resource(request).await.unwrap().into_inner();
                    assert_eq!(got(answer.new_state.as_ref()), state);
                }
                2 => {
                    let answer = client.validate_resource_type_config(checking(sent(&named(&name)))).await.unwrap();
                    assert_eq!(answer.into_inner().diagnostics, []);
                }
                _ => {
                    let answer = client.apply_resource_change(create("panic")).await.unwrap().into_inner();
                    assert_eq!(summaries(&answer.diagnostics), ["The provider panicked in ApplyResourceChange"]);
                }
            }
        });
    }
    let all = async {
        while let Some(call) = calls.join_next().await {
            call.unwrap();
        }
    };
    timeout(PATIENCE, all).await.expect("every call is answered");
}

#[tokio::test]
async fn a_second_client_of_the_host_is_served_beside_the_first() {
    let host = HostCertificate::new();
    let plugin = Plugin::start(Some(&host), &[]).await;
    let handshake = plugin.handshake();
    let first = secure_channel(&handshake, &host).await;
    let second = secure_channel(&handshake, &host).await;
    for channel in [&first, &second] {
        provider(channel.clone()).get_metadata(proto::get_metadata::Request {}).await.unwrap();
    }
    drop(second);
    provider(first).get_metadata(proto::get_metadata::Request {}).await.unwrap();
}

#[tokio::test]
async fn two_hundred_silent_strangers_and_noise_stall_nobody() {
    let host = HostCertificate::new();
    let plugin = Plugin::start(Some(&host), &[]).await;
    let handshake = plugin.handshake();
    let mut strangers = Vec::new();
    for number in 0..200u8 {
        let mut stranger = UnixStream::connect(handshake.socket()).await.unwrap();
        // Half of them speak no TLS; those are hung up on.
        if number % 2 == 0 {
            let _ = stranger.write_all(&[number; 1024]).await;
        }
        strangers.push(stranger);
    }
    let channel = timeout(PATIENCE, secure_channel(&handshake, &host)).await.expect("the host comes in");
    provider(channel).get_metadata(proto::get_metadata::Request {}).await.unwrap();
}

#[tokio::test]
async fn noise_in_place_of_grpc_ends_one_connection() {
    let mut session = Session::start().await;
    for noise in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0; 4096],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let mut stream = UnixStream::connect(&session.socket).await.unwrap();
        let _ = stream.write_all(noise).await;
        let mut answer = Vec::new();
        let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "{noise:?} is hung up on");
    }
    let fine = session.client.validate_resource_type_config(checking(sent(&named("fine")))).await.unwrap();
    assert_eq!(fine.into_inner().diagnostics, []);
}

#[tokio::test]
async fn fifty_mebibytes_are_served() {
    let mut session = Session::start().await;
    let text = "x".repeat(50 * MIB);
    let mut create = create(&text);
    create.planned_private = vec![0; MIB].into();
    let answer = timeout(PATIENCE, session.client.apply_resource_change(create)).await.unwrap().unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    assert_eq!(got(answer.new_state.as_ref()).get("name").as_str().map(str::len), Some(text.len()));
}

#[tokio::test]
async fn fifty_mebibytes_of_nothing_are_refused_before_they_fill_the_memory() {
    let mut session = Session::start().await;
    // One byte each on the wire, and far more as a value.
    let count = u32::try_from(50 * MIB).unwrap();
    let nulls = [&[0xdd], &count.to_be_bytes()[..], &vec![0xc0; 50 * MIB]].concat();
    let call = session.client.validate_resource_type_config(checking(Some(raw(thing_with("ids", &nulls)))));
    let answer = timeout(PATIENCE, call).await.unwrap().unwrap().into_inner();
    assert_eq!(summaries(&answer.diagnostics), ["Cannot read the configuration"]);
    assert!(answer.diagnostics[0].detail.contains("more than 1000000 values"), "{}", answer.diagnostics[0].detail);
}

#[tokio::test]
async fn bytes_that_are_no_value_are_refused_in_every_call() {
    let mut session = Session::start().await;
    let fine = to_dynamic(&thing_schema().block, &named("x")).unwrap().msgpack.to_vec();
    let deep = [vec![0x91; 1 << 20], vec![0xc0]].concat();
    let table: Vec<(&str, Vec<u8>)> = vec![
        ("cut", fine[..fine.len() - 3].to_vec()),
        ("longer", [fine.clone(), vec![0]].concat()),
        ("a million lists in each other", deep),
        ("a reserved byte", vec![0xc1]),
        ("an array of four thousand million", thing_with("ids", &[0xdd, 0xff, 0xff, 0xff, 0xff])),
        ("a map of four thousand million", thing_with("tags", &[0xdf, 0xff, 0xff, 0xff, 0xff])),
        ("a string of four gigabytes", thing_with("name", &[0xdb, 0xff, 0xff, 0xff, 0xff])),
        ("an extension of four gigabytes", thing_with("name", &[0xc9, 0xff, 0xff, 0xff, 0xff, 12])),
        ("a string that is not UTF-8", thing_with("name", &[0xa2, 0xff, 0xfe])),
        ("a key that is not UTF-8", thing_with("tags", &[0x81, 0xa1, 0xff, 0xc0])),
        ("a key that is a number", thing_with("tags", &[0x81, 1, 0xc0])),
        ("a number for a string", thing_with("name", &[7])),
        ("an attribute twice", [&[fine[0] + 1], &fine[1..], &[0xa2, b'i', b'd', 0xc0]].concat()),
        ("no object", vec![0x90]),
    ];
    for (what, bytes) in table {
        let config = Some(raw(bytes));
        let told = session.client.validate_resource_type_config(checking(config.clone())).await.unwrap().into_inner();
        assert_eq!(summaries(&told.diagnostics), ["Cannot read the configuration"], "{what}");
        let request = proto::read_resource::Request {
            type_name: THING.to_owned(),
            current_state: config.clone(),
            private: b"kept".to_vec().into(),
            ..Default::default()
        };
        let told = session.client.read_resource(request).await.unwrap().into_inner();
        assert_eq!(summaries(&told.diagnostics), ["Cannot read the state"], "{what}");
        assert_eq!((told.new_state, &told.private[..]), (config.clone(), &b"kept"[..]), "{what}: the state is kept");
        let request = proto::plan_resource_change::Request {
            type_name: THING.to_owned(),
            proposed_new_state: config.clone(),
            config: config.clone(),
            ..Default::default()
        };
        let told = session.client.plan_resource_change(request).await.unwrap().into_inner();
        assert_eq!(told.diagnostics.len(), 1, "{what}");
        let request = proto::import_resource_state::Request {
            type_name: THING.to_owned(),
            identity: Some(proto::ResourceIdentityData { identity_data: config.clone() }),
            ..Default::default()
        };
        let told = session.client.import_resource_state(request).await.unwrap().into_inner();
        assert_eq!(summaries(&told.diagnostics), ["Cannot read the identity"], "{what}");
        let request =
            proto::apply_resource_change::Request { type_name: THING.to_owned(), config, ..Default::default() };
        let told = session.client.apply_resource_change(request).await.unwrap().into_inner();
        assert_eq!(told.diagnostics.len(), 1, "{what}");
        assert!(!told.diagnostics[0].summary.contains("panicked"), "{what}: {:?}", told.diagnostics);
    }
}

#[tokio::test]
async fn numbers_at_their_ends_are_served_or_refused() {
    let mut session = Session::start().await;
    let with_size = |bytes: &[u8]| {
        let whole = to_dynamic(&thing_schema().block, &object(&[("size", Value::Number(Number::Int(77)))])).unwrap();
        // Whole numbers are written as text: a head of one byte, two digits.
        let mark = [&[0xa4][..], b"size", &[0xa2], b"77"].concat();
        let at = whole.msgpack.windows(mark.len()).position(|window| window == mark).unwrap() + mark.len();
        Some(raw([&whole.msgpack[..at - 3], bytes, &whole.msgpack[at..]].concat()))
    };
    let float = |number: f64| [&[0xcb][..], &number.to_be_bytes()].concat();
    let text = |text: &str| [&[0xd9, u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
    let nines = "9".repeat(200);
    for (bytes, read) in [
        (float(f64::NAN), None),
        (float(f64::INFINITY), None),
        (float(-0.0), Some("0")),
        (float(1e300), Some(&format!("{:.0}", 1e300)[..])),
        (text("1e400"), Some(&format!("1{}", "0".repeat(400))[..])),
        (text("1e5000"), None),
        (text("NaN"), None),
        (text("-0e0"), Some("0")),
        (text(""), None),
        (text(&nines), Some(&nines[..])),
        (vec![0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Some("18446744073709551615")),
        (vec![0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], Some("-9223372036854775808")),
    ] {
        let request = proto::read_resource::Request {
            type_name: THING.to_owned(),
            current_state: with_size(&bytes),
            ..Default::default()
        };
        let told = session.client.read_resource(request).await.unwrap().into_inner();
        match read {
            None => assert_eq!(summaries(&told.diagnostics), ["Cannot read the state"], "{bytes:?}"),
            Some(read) => {
                let Value::Number(number) = got(told.new_state.as_ref()).get("size").clone() else {
                    panic!("{bytes:?}")
                };
                assert_eq!(number.to_string(), read);
            }
        }
    }
}

#[tokio::test]
async fn stored_states_of_any_shape_are_read_or_refused() {
    let mut session = Session::start().await;
    let deep = |times: usize| format!("{{\"tags\":{}1{}}}", "{\"a\":".repeat(times), "}".repeat(times));
    for (json, is_read) in [
        ("{}".to_owned(), true),
        (r#"{"name":"a","name":"b"}"#.to_owned(), true),
        (r#"{"size":1e400}"#.to_owned(), true),
        (r#"{"size":1e99999}"#.to_owned(), false),
        (r#"{"size":-0.0,"unknown":{"deep":[[[]]]}}"#.to_owned(), true),
        (r#"{"size":NaN}"#.to_owned(), false),
        (r#"{"name":"\ud800"}"#.to_owned(), false),
        (deep(10), false),
        (deep(100_000), false),
        ("[".repeat(1 << 20), false),
        ("null".to_owned(), false),
        (String::new(), false),
    ] {
        let raw_state = Some(proto::RawState { json: json.clone().into_bytes().into(), ..Default::default() });
        let request = proto::upgrade_resource_state::Request { type_name: THING.to_owned(), version: 1, raw_state };
        let told = session.client.upgrade_resource_state(request).await.unwrap().into_inner();
        let head: String = json.chars().take(40).collect();
        assert_eq!(told.upgraded_state.is_some(), is_read, "{head}: {:?}", told.diagnostics);
        if !is_read {
            assert_eq!(summaries(&told.diagnostics), ["Cannot read the stored state"], "{head}");
        }
    }
    let raw_state = Some(proto::RawState { json: b"{\"name\":\"\xff\"}".to_vec().into(), ..Default::default() });
    let request = proto::upgrade_resource_state::Request { type_name: THING.to_owned(), version: 1, raw_state };
    let told = session.client.upgrade_resource_state(request).await.unwrap().into_inner();
    assert_eq!(summaries(&told.diagnostics), ["Cannot read the stored state"]);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_stalls_nobody() {
    let session = Session::start().await;
    for _ in 0..20 {
        let mut client = provider(plain_channel(&session.socket).await);
        let call = client.apply_resource_change(create("until stopped"));
        assert!(timeout(Duration::from_millis(5), call).await.is_err(), "it waits for Stop");
    }
    let mut client = session.client.clone();
    client.apply_resource_change(create("x")).await.unwrap();
    client.stop(proto::stop::Request {}).await.unwrap();
}
