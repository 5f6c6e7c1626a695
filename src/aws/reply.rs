//! Replies: where each came from, how large it may be, and what to say about one that is no reply of AWS.
//!
//! Proxies, captive portals and wrong addresses answer in AWS's place. What they send is described by its kind and
//! size and never quoted: a reply may hold credentials.

use std::error::Error;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_xml::decode::Document;
use http_body_util::{LengthLimitError, Limited};

use super::address;
use super::operation::Service;

/// Most bytes of one reply. The largest pages of AWS, a thousand endpoints with the longest policies, stay below the half.
const LARGEST: usize = 64 << 20;
/// Most letters of an error that is found within a reply.
const LONGEST: usize = 500;

/// Where a reply came from: scheme, host and port of the address that was asked.
#[derive(Debug, Clone)]
struct Origin(String);

/// Guards the replies of another client: none is larger than memory allows, each knows where it came from.
#[derive(Debug)]
struct Guarded(SharedHttpClient);

#[derive(Debug)]
struct GuardedConnector(SharedHttpConnector);

/// Guards the replies of a client.
pub(super) fn guarded(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Guarded(client))
}

impl HttpClient for Guarded {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(GuardedConnector(self.0.http_connector(settings, components)))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_base_client_config(components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        self.0.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

impl HttpConnector for GuardedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let origin = Origin(address::place(request.uri()));
        let reply = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut reply = reply.await?;
            reply.add_extension(origin);
            Ok(reply.map(limited))
        })
    }
}

/// A body that ends with an error where it is too large. One that is in memory already has passed that gate.
fn limited(body: SdkBody) -> SdkBody {
    match body.bytes() {
        Some(bytes) if bytes.len() <= LARGEST => body,
        _ => SdkBody::from_body_1_x(Limited::new(body, LARGEST)),
    }
}

/// Whether a reply was given up because of its size.
pub(super) fn is_too_large(cause: &(dyn Error + 'static)) -> bool {
    cause.is::<LengthLimitError>()
}

/// The words about a reply that was given up because of its size.
pub(super) fn too_large(service: Service, reply: &HttpResponse) -> String {
    let place = place(reply);
    format!("{place} sent more than {} MiB, which no reply of {service} has; the rest was not read", LARGEST >> 20)
}

/// The words about a reply that ended early; `cause` says how.
pub(super) fn cut(reply: &HttpResponse, cause: &str) -> String {
    format!("the reply of {} ended before it was complete (HTTP {}): {cause}", place(reply), reply.status().as_u16())
}

/// The words about a whole reply that is none of the service.
pub(super) fn stranger(service: Service, reply: &HttpResponse) -> String {
    let status = reply.status().as_u16();
    let place = place(reply);
    let kind = reply.headers().get("content-type").unwrap_or_default();
    let bytes = reply.body().bytes().unwrap_or_default();
    if let (300..400, Some(target)) = (status, reply.headers().get("location")) {
        return format!(
            "{place} answered HTTP {status}, a redirect to {}, instead of {service}",
            address::place(target)
        );
    }
    let size = match bytes.len() {
        1 => "1 byte".to_owned(),
        length => format!("{length} bytes"),
    };
    let what = if bytes.is_empty() {
        "an empty reply".to_owned()
    } else if is_html(kind, bytes) {
        format!("a web page of {size}")
    } else if let Some(words) = error_within(bytes) {
        format!("an error where its status promises none: {words}")
    } else if kind.is_empty() {
        format!("{size} that are no reply of this service")
    } else {
        format!("{size} of {kind:?} that are no reply of this service")
    };
    format!("{place} answered for {service} with HTTP {status} and {what}")
}

fn place(reply: &HttpResponse) -> &str {
    reply.extension::<Origin>().map_or("the server", |Origin(place)| place)
}

fn is_html(kind: &str, bytes: &[u8]) -> bool {
    let start: Vec<u8> = bytes.iter().skip_while(|byte| byte.is_ascii_whitespace()).take(15).copied().collect();
    let start = start.to_ascii_lowercase();
    kind.to_ascii_lowercase().contains("html") || start.starts_with(b"<!doctype html") || start.starts_with(b"<html")
}

/// Code and message of an error, at any depth, as EC2, Elastic Load Balancing, Route 53 and STS write it.
fn error_within(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    // An error has a few hundred bytes; what is larger is a reply that means something else.
    if text.len() > 16 << 10 || !text.contains("<Code>") {
        return None;
    }
    let code = element(text, "Code")?;
    let message = element(text, "Message").unwrap_or_default();
    Some(format!("{code}: {message}").chars().take(LONGEST).collect())
}

/// The text of the first element of this name.
fn element(text: &str, name: &str) -> Option<String> {
    let start = text.find(&format!("<{name}>"))?;
    let mut document = Document::new(text.get(start..)?);
    let mut root = document.root_element().ok()?;
    aws_smithy_xml::decode::try_data(&mut root).ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, kind: &'static str, body: &'static str) -> HttpResponse {
        let mut reply = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        if !kind.is_empty() {
            reply.headers_mut().insert("content-type", kind);
        }
        reply.add_extension(Origin("https://ec2.example.dev".to_owned()));
        reply
    }

    #[test]
    fn a_stranger_s_reply_is_described_and_not_quoted() {
        let page = "<!DOCTYPE html><title>Sign in</title>hush";
        for (reply, words) in [
            (
                reply(200, "text/html; charset=utf-8", page),
                "https://ec2.example.dev answered for EC2 with HTTP 200 and a web page of 41 bytes",
            ),
            (
                reply(502, "", "<HTML>hush"),
                "https://ec2.example.dev answered for EC2 with HTTP 502 and a web page of 10 bytes",
            ),
            (reply(200, "", ""), "https://ec2.example.dev answered for EC2 with HTTP 200 and an empty reply"),
            (
                reply(200, "application/json", "{}"),
                "https://ec2.example.dev answered for EC2 with HTTP 200 and 2 bytes of \"application/json\" that are no reply of this service",
            ),
            (
                reply(
                    200,
                    "text/xml",
                    "<Response><Errors><Error><Code>InternalError</Code><Message>Oh &amp; no</Message></Error></Errors></Response>",
                ),
                "https://ec2.example.dev answered for EC2 with HTTP 200 and an error where its status promises none: InternalError: Oh & no",
            ),
        ] {
            assert_eq!(stranger(Service::Ec2, &reply), words);
        }
        let mut moved = reply(302, "", "");
        moved.headers_mut().insert("location", "https://me:hush@portal.example.dev/login?token=hush");
        assert_eq!(
            stranger(Service::Route53, &moved),
            "https://ec2.example.dev answered HTTP 302, a redirect to https://portal.example.dev, instead of Route 53"
        );
    }
}
