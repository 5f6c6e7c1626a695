//! The simulator's requests and control routes.

use std::borrow::Cow;
use std::future::Future;
use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::control::control;
use acceptance_tests::simulator::request::WireRequest;
use acceptance_tests::simulator::world::Reply;
use bytes::Bytes;
use serde_json::Value as Json;

/// Requests in one input; a chain needs its earlier ones.
const MOST: usize = 12;

/// Requests of all services, one after the other to one world.
///
/// Requests are separated by NUL. The first letter is the service, in capitals for the other account: `e` EC2, `l`
/// ELBv2, `s` STS with the form after it; `r` Route 53 with method, path and body, separated by spaces; `w` waits. `{name}` becomes the landscape's id of that name.
///
/// # Panics
/// Where a call is not answered.
pub fn simulator_request(data: &[u8]) {
    played(|world, ids| async move {
        for line in data.split(|byte| *byte == 0).take(MOST) {
            let Some((kind, text)) = line.split_first() else { continue };
            let text = filled(text, &ids);
            if *kind == b'w' {
                tokio::time::sleep(Duration::from_secs(300)).await;
                continue;
            }
            let request = request(*kind, &text);
            match world.serve(request).await {
                Reply::Answer(answer) => assert_ne!(answer.status, 500, "{}", String::from_utf8_lossy(&answer.body)),
                other => panic!("no answer but {other:?}"),
            }
        }
        let _ = control(&world, "GET", "objects", b"");
    });
}

/// Control routes with JSON of any kind: method, route and body, separated by spaces; requests by NUL.
///
/// # Panics
/// Where a status is none.
pub fn simulator_control(data: &[u8]) {
    played(|world, ids| async move {
        for line in data.split(|byte| *byte == 0).take(MOST) {
            let text = filled(line, &ids);
            let (method, route, body) = three(&text);
            let reply = control(&world, &method, &route, body);
            assert!([200, 400, 404, 405].contains(&reply.status), "{reply:?}");
        }
        let form = "Action=DescribeVpcs&Version=2016-11-15";
        let _ = world.serve(request(b'e', form.as_bytes())).await;
    });
}

/// A calm world with the landscape in it, on a paused clock.
fn played<F: Future<Output = ()>>(play: impl FnOnce(World, Json) -> F) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let world = World::calm(1);
        let ids = control(&world, "POST", "landscape", b"{}").body;
        play(world, ids).await;
    });
}

/// Puts ids of the landscape where their names stand in braces.
fn filled<'a>(text: &'a [u8], ids: &Json) -> Cow<'a, [u8]> {
    let Ok(text) = std::str::from_utf8(text) else { return Cow::Borrowed(text) };
    if !text.contains('{') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut filled = text.to_owned();
    for (name, id) in ids.as_object().into_iter().flatten() {
        let id = id.as_str().or_else(|| id.get(0)?.as_str()).unwrap_or_default();
        filled = filled.replace(&format!("{{{name}}}"), id);
    }
    Cow::Owned(filled.into_bytes())
}

fn request(kind: u8, text: &[u8]) -> WireRequest {
    let (service, version) = match kind.to_ascii_lowercase() {
        b'l' => ("elasticloadbalancing", "2015-12-01"),
        b'r' => ("route53", "2013-04-01"),
        b's' => ("sts", "2011-06-15"),
        _ => ("ec2", "2016-11-15"),
    };
    let account = if kind.is_ascii_uppercase() { "222222222222" } else { "111111111111" };
    let authorization = format!("AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/{service}/aws4_request");
    if service == "route53" {
        let (method, path, body) = three(text);
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let path = format!("/{version}/{path}");
        let body = Bytes::copy_from_slice(body);
        return WireRequest { method, path, query: query.to_owned(), authorization, target: String::new(), body };
    }
    let mut body = text.to_vec();
    if !body.windows(8).any(|window| window == b"Version=") {
        body.extend_from_slice(format!("&Version={version}").as_bytes());
    }
    WireRequest {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        authorization,
        target: String::new(),
        body: body.into(),
        ..Default::default()
    }
}

fn three(text: &[u8]) -> (String, String, &[u8]) {
    let mut parts = text.splitn(3, |byte| *byte == b' ');
    let mut word = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (method, route) = (word(), word());
    (method, route, parts.next().unwrap_or_default())
}
