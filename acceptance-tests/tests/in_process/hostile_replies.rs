//! Replies that no AWS sends: each call ends with an error that says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use acceptance_tests::simulator::World;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use privatelink::aws::Wiring;
use privatelink::provider::Provider;
use privatelink::resource::{PlanRequest, ProviderServer as _};
use privatelink::value::Value;
use serde_json::json;

use crate::core::{texts, value_of};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// Answers everything with the same bytes.
#[derive(Debug, Clone, Default)]
struct Liar {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
    /// What comes after the body.
    rest: Rest,
}

/// How a body goes on.
#[derive(Debug, Clone, Default)]
enum Rest {
    #[default]
    Ends,
    /// The connection is lost.
    Breaks,
    /// More and more comes; pieces of a mebibyte are counted.
    Flows(Arc<AtomicUsize>),
}

impl Liar {
    fn body(&self) -> SdkBody {
        let start = || stream::iter([Ok(Frame::data(Bytes::from(self.body.clone())))]);
        match &self.rest {
            Rest::Ends => SdkBody::from(self.body.clone()),
            Rest::Breaks => {
                let end = stream::iter([Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))]);
                SdkBody::from_body_1_x(StreamBody::new(start().chain(end)))
            }
            Rest::Flows(count) => {
                let count = Arc::clone(count);
                let more = stream::repeat_with(move || {
                    count.fetch_add(1, Ordering::Relaxed);
                    Ok::<_, std::io::Error>(Frame::data(Bytes::from(vec![b' '; 1 << 20])))
                });
                SdkBody::from_body_1_x(StreamBody::new(start().chain(more)))
            }
        }
    }

    /// A provider that reaches nobody else.
    async fn provider(self) -> Provider {
        let wiring = Wiring {
            http_client: Some(SharedHttpClient::new(self)),
            sleep: Some(SharedAsyncSleep::new(TokioSleep::new())),
            clock_speed: Some(1),
            views: None,
            ..Wiring::default()
        };
        let provider = Provider::wired(wiring);
        let block = json!({
            "access_key": "1", "secret_key": "x", "region": "us-east-1", "max_retries": 0,
            "skip_credentials_validation": true, "skip_requesting_account_id": true,
        });
        let found = provider.configure("1.11.4", &value_of(&provider.schema(), &block)).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        provider
    }

    /// What the import of an endpoint tells, as Terraform gets it.
    async fn told(self) -> String {
        let provider = self.provider().await;
        let answer = provider.resources()[CONSUMER].import("vpce-0123456789abcdef0".to_owned()).await;
        let told = answer.diagnostics.iter().map(privatelink::protocol::diagnostic::diagnostic_message);
        told.map(|told| format!("{}\n{}\n", told.summary, told.detail)).collect()
    }
}

impl HttpClient for Liar {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Liar {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let mut response = HttpResponse::new(self.status.try_into().unwrap(), self.body());
        for (name, value) in &self.headers {
            response.headers_mut().insert(*name, *value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let laughs = |times: usize| {
        let entities: String =
            (1..times).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
        format!("<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY l0 \"ha\">{entities}]><r>&l{};</r>", times - 1)
            .into_bytes()
    };
    let deep = |count: usize| [b"<a>".repeat(count), b"</a>".repeat(count)].concat();
    let answer = |inside: &str| {
        format!(
            "<DescribeSubnetsResponse><requestId>r</requestId><subnetSet>{inside}</subnetSet></DescribeSubnetsResponse>"
        )
    };
    vec![
        ("nothing", Vec::new()),
        ("noise", (0..=255).collect()),
        ("not UTF-8", b"<r>\xff\xfe</r>".to_vec()),
        ("cut", b"<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-".to_vec()),
        ("a billion laughs", laughs(10)),
        ("a hundred thousand elements in each other", deep(100_000)),
        ("ten megabytes of one name", [b"<".to_vec(), vec![b'a'; 10 << 20], b"/>".to_vec()].concat()),
        ("JSON", b"{\"Errors\":[]}".to_vec()),
        (
            "numbers beyond all",
            answer("<item><availableIpAddressCount>1e400</availableIpAddressCount></item>").into_bytes(),
        ),
        ("a flag that is none", answer("<item><defaultForAz>maybe</defaultForAz></item>").into_bytes()),
        ("items without anything", answer(&"<item/>".repeat(10_000)).into_bytes()),
        ("an error without a code", b"<Response><Errors><Error/></Errors></Response>".to_vec()),
        (
            "an error of many lines",
            format!(
                "<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors></Response>",
                "C".repeat(1 << 16),
                "m\n".repeat(1 << 16)
            )
            .into_bytes(),
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn replies_that_no_aws_sends_end_in_errors() {
    let land = Landscape::of(World::calm(1));
    for (what, body) in bodies() {
        for status in [200, 400, 500] {
            let provider = Liar { status, body: body.clone(), ..Liar::default() }.provider().await;
            let service = json!({"service_name": "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"});
            for (kind, config) in [(SERVICE, land.service()), (CONSUMER, land.consumer(&service))] {
                let server = &provider.resources()[kind];
                let config = value_of(&server.schema(), &config);
                let request = PlanRequest { proposed: config.clone(), config, ..PlanRequest::default() };
                let patience = Duration::from_secs(3 * 3600);
                let planned = tokio::time::timeout(patience, server.plan(request)).await;
                let planned = planned.unwrap_or_else(|_| panic!("{what}, {status}: {kind} hangs"));
                for text in texts(&planned.diagnostics) {
                    assert!(!text.contains("panicked"), "{what}, {status}: {text}");
                    assert!(text.len() < 20_000, "{what}, {status}: a message of {} bytes", text.len());
                }
                let id = if kind == SERVICE { "vpce-svc-0123456789abcdef0" } else { "vpce-0123456789abcdef0" };
                let imported = tokio::time::timeout(patience, server.import(id.to_owned())).await;
                let imported = imported.unwrap_or_else(|_| panic!("{what}, {status}: {kind} hangs"));
                assert!(imported.diagnostics.has_errors() && imported.state == Value::Null, "{what}, {status}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stranger_s_reply_is_told_with_its_place_and_kind_and_never_quoted() {
    let html = vec![("content-type", "text/html; charset=utf-8")];
    let page = b"<!DOCTYPE html><title>hush</title>".to_vec();
    let place = "https://ec2.us-east-1.amazonaws.com";
    for (liar, words) in [
        (
            Liar { status: 200, headers: html.clone(), body: page.clone(), ..Liar::default() },
            "HTTP 200 and a web page of 34 bytes",
        ),
        (
            Liar { status: 403, headers: html.clone(), body: page, ..Liar::default() },
            "HTTP 403 and a web page of 34 bytes",
        ),
        (
            Liar {
                status: 302,
                headers: vec![("location", "https://portal.example.dev/hush?hush")],
                ..Liar::default()
            },
            "HTTP 302, a redirect to https://portal.example.dev, instead of EC2",
        ),
        (Liar { status: 200, ..Liar::default() }, "HTTP 200 and an empty reply"),
        (Liar { status: 400, ..Liar::default() }, "HTTP 400 and an empty reply"),
        (
            Liar {
                status: 200,
                body: b"<Response><Errors><Error><Code>Odd</Code><Message>words</Message></Error></Errors></Response>"
                    .to_vec(),
                ..Liar::default()
            },
            "an error where its status promises none: Odd: words",
        ),
        (
            Liar {
                status: 200,
                body: b"<DescribeVpcEndpointsResponse>hush".to_vec(),
                rest: Rest::Breaks,
                ..Liar::default()
            },
            "ended before it was complete (HTTP 200)",
        ),
    ] {
        let told = liar.clone().told().await;
        assert!(told.contains(place), "{liar:?}: {told}");
        assert!(told.contains(words), "{liar:?} should say {words}: {told}");
        assert!(!told.contains("hush"), "{liar:?}: {told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_without_end_is_given_up_before_it_fills_the_memory() {
    for status in [200, 500] {
        let count = Arc::new(AtomicUsize::new(0));
        let liar = Liar { status, body: b"<a>".to_vec(), rest: Rest::Flows(Arc::clone(&count)), ..Liar::default() };
        let told = liar.told().await;
        assert!(told.contains("sent more than 64 MiB"), "{status}: {told}");
        let read = count.load(Ordering::Relaxed);
        assert!((64..=66).contains(&read), "{status}: {read} MiB were read, perhaps more than once");
    }
}

#[tokio::test(start_paused = true)]
async fn no_words_of_a_reply_command_the_terminal() {
    let escapes = "&#x1b;[2J&#x9b;31m\u{9d}0;title\u{202e}";
    let error = format!("<Error><Code>Odd{escapes}</Code><Message>words{escapes} &#13; \r end</Message></Error>");
    let body = format!("<Response><Errors>{error}</Errors><RequestID>r{escapes}</RequestID></Response>").into_bytes();
    let told = Liar { status: 400, body, ..Liar::default() }.told().await;
    assert!(told.contains("words\\u{1b}[2J\\u{9b}31m\\u{9d}0;title\\u{202e}"), "{told}");
    assert!(told.chars().all(|letter| letter == '\n' || !letter.is_control()), "{told:?}");
}
