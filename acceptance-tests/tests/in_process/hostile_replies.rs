//! Replies that no AWS sends: each call ends with an error that says so.

use std::time::Duration;

use acceptance_tests::simulator::World;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use privatelink::aws::Wiring;
use privatelink::provider::Provider;
use privatelink::resource::{PlanRequest, ProviderServer as _};
use privatelink::value::Value;
use serde_json::json;

use crate::core::{texts, value_of};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// Answers everything with the same bytes.
#[derive(Debug, Clone)]
struct Liar {
    status: u16,
    body: Vec<u8>,
}

impl HttpClient for Liar {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Liar {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let response = HttpResponse::new(self.status.try_into().unwrap(), SdkBody::from(self.body.clone()));
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
            let liar = Liar { status, body: body.clone() };
            let wiring = Wiring {
                http_client: Some(SharedHttpClient::new(liar)),
                sleep: Some(SharedAsyncSleep::new(TokioSleep::new())),
                clock_speed: Some(1),
                ..Wiring::default()
            };
            let provider = Provider::wired(wiring);
            let block = json!({
                "access_key": "1", "secret_key": "x", "region": "us-east-1", "max_retries": 0,
                "skip_credentials_validation": true, "skip_requesting_account_id": true,
            });
            let found = provider.configure("1.11.4", &value_of(&provider.schema(), &block)).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
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
