//! One reply is none that AWS sends, at every call of every verb, beside neighbours: whatever is made is known, and the next run
//! heals.
//!
//! `cargo test` takes a sample; all of it is `cargo test --test in_process failures:: -- --ignored`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::heal::ended;
use super::stage::{SIDES, Side, Stage, Staged, VERBS, Verb};
use crate::core::{Terraform, consumer_block, objects, service_block};
use crate::fault_table::Tally;
use crate::landscape::SERVICE;

const PAGE: &[u8] = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Please sign in.</body></html>";
const ERROR: &[u8] = b"<Response><Errors><Error><Code>Odd</Code><Message>words</Message></Error></Errors></Response>";

/// What comes instead of a reply.
#[derive(Debug, Clone, Copy)]
enum Lie {
    Empty,
    Cut,
    Hollow,
    Odd,
    Page,
    Gateway,
    Portal,
    Redirect,
}

const LIES: [Lie; 8] =
    [Lie::Empty, Lie::Cut, Lie::Hollow, Lie::Odd, Lie::Page, Lie::Gateway, Lie::Portal, Lie::Redirect];

impl Lie {
    fn heading(self) -> &'static str {
        match self {
            Self::Empty => "200, empty",
            Self::Cut => "200, cut in half",
            Self::Hollow => "200, an element with nothing in it",
            Self::Odd => "200, an error",
            Self::Page => "200, a web page",
            Self::Gateway => "504, a web page",
            Self::Portal => "403, a web page instead of AWS",
            Self::Redirect => "302, to a portal instead of AWS",
        }
    }

    /// Whether AWS never gets the call.
    fn is_instead(self) -> bool {
        matches!(self, Self::Portal | Self::Redirect)
    }

    fn status(self) -> u16 {
        match self {
            Self::Gateway => 504,
            Self::Portal => 403,
            Self::Redirect => 302,
            _ => 200,
        }
    }

    /// The body, from what AWS sent.
    fn body(self, true_one: &[u8]) -> Vec<u8> {
        match self {
            Self::Empty | Self::Redirect => Vec::new(),
            Self::Cut => true_one[..true_one.len() / 2].to_vec(),
            Self::Hollow => hollow(true_one),
            Self::Odd => ERROR.to_vec(),
            Self::Page | Self::Gateway | Self::Portal => PAGE.to_vec(),
        }
    }

    fn reply(self, true_one: &[u8]) -> HttpResponse {
        let mut reply = HttpResponse::new(self.status().try_into().unwrap(), SdkBody::from(self.body(true_one)));
        if matches!(self, Self::Page | Self::Gateway | Self::Portal) {
            reply.headers_mut().insert("content-type", "text/html; charset=utf-8");
        }
        if matches!(self, Self::Redirect) {
            reply.headers_mut().insert("location", "https://portal.example.dev/");
        }
        reply
    }
}

/// The outermost element of a document without what is in it.
fn hollow(document: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(document);
    let elements = text.split('<').skip(1).filter(|part| !part.starts_with('?'));
    let name = elements.map(|part| part.split([' ', '>', '/']).next().unwrap_or_default()).next();
    format!("<{0}></{0}>", name.unwrap_or("Response")).into_bytes()
}

/// A way to AWS on which one reply is another one.
#[derive(Debug, Clone)]
struct Hostile<D> {
    door: D,
    lie: Lie,
    /// Calls until then, that one included; none are left after it.
    left: Arc<AtomicUsize>,
}

impl HttpClient for Hostile<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let door = self.door.http_connector(settings, parts);
        SharedHttpConnector::new(Hostile { door, lie: self.lie, left: Arc::clone(&self.left) })
    }
}

impl HttpConnector for Hostile<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        let lie = self.lie;
        match before {
            Ok(1) if lie.is_instead() => HttpConnectorFuture::ready(Ok(lie.reply(&[]))),
            Ok(1) => {
                let answer = self.door.call(request);
                HttpConnectorFuture::new(async move { Ok(lie.reply(answer.await?.body().bytes().unwrap_or_default())) })
            }
            _ => self.door.call(request),
        }
    }
}

/// Another process of the provider, on whose way to AWS a lie waits for a call.
async fn deceive(stage: &mut Stage, lie: Lie, call: usize) -> Arc<AtomicUsize> {
    let left = Arc::new(AtomicUsize::new(0));
    let world = stage.setting.land.world.clone();
    let door = Hostile { door: world.http_client(), lie, left: Arc::clone(&left) };
    let (terraform, kind, _) = stage.subject();
    let block = if kind == SERVICE { service_block() } else { consumer_block() };
    terraform.provider = Terraform::through(&world, SharedHttpClient::new(door), block).await.provider;
    left.store(call, Ordering::Relaxed);
    left
}

async fn deceived(staged: &Staged, case: &str, lie: Lie, call: usize) -> &'static str {
    let mut stage = staged.fork().await;
    let before = objects(&stage.setting.land.world);
    let left = deceive(&mut stage, lie, call).await;
    let found = stage.act().await;
    assert_eq!(left.swap(0, Ordering::Relaxed), 0, "{case}: it was not reached");
    ended(stage, case, &found, &before, staged.plain().await).await
}

/// Every `step`-th run from `first` on.
async fn lies(side: Side, verb: Verb, first: usize, step: usize) -> Tally {
    let staged = Staged::of(side, verb).await;
    let mut tally =
        Tally::new(format!("{side:?}: {verb:?}, hostile replies"), "Operation", LIES.map(Lie::heading).to_vec());
    let calls = staged.plain().await.calls.iter().enumerate();
    let places =
        calls.flat_map(|(at, made)| LIES.into_iter().enumerate().map(move |(column, lie)| (at, made, column, lie)));
    for (at, made, column, lie) in places.skip(first).step_by(step) {
        let case = format!("{side:?} {verb:?}, call {} {}, {}", at + 1, made.operation, lie.heading());
        tally.run(&made.operation, column, &case, deceived(staged, &case, lie, at + 1)).await;
    }
    tally
}

#[tokio::test(start_paused = true)]
async fn some_replies_that_no_aws_sends_lose_nothing_beside_neighbours() {
    let mut runs = 0;
    for (place, (side, verb)) in SIDES.into_iter().flat_map(|side| VERBS.map(|verb| (side, verb))).enumerate() {
        runs += lies(side, verb, 5 * place, 97).await.compare_some();
    }
    assert!(runs > 20, "{runs}");
}

macro_rules! cases {
    ($($name:ident: $side:ident $verb:ident;)+) => {$(
        #[tokio::test(start_paused = true)]
        #[ignore = "takes minutes: cargo test --test in_process failures:: -- --ignored"]
        async fn $name() {
            lies(Side::$side, Verb::$verb, 0, 1).await.compare();
        }
    )+};
}

cases! {
    any_reply_to_a_service_s_creation_may_be_none_of_aws: Service Create;
    any_reply_to_a_service_s_update_may_be_none_of_aws: Service Update;
    any_reply_to_a_service_s_destruction_may_be_none_of_aws: Service Destroy;
    any_reply_to_a_consumer_s_creation_may_be_none_of_aws: Consumer Create;
    any_reply_to_a_consumer_s_update_may_be_none_of_aws: Consumer Update;
    any_reply_to_a_consumer_s_destruction_may_be_none_of_aws: Consumer Destroy;
    any_reply_to_a_guest_s_creation_may_be_none_of_aws: Guest Create;
    any_reply_to_a_guest_s_update_may_be_none_of_aws: Guest Update;
    any_reply_to_a_guest_s_destruction_may_be_none_of_aws: Guest Destroy;
}
