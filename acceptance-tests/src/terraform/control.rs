//! The simulator's control routes, as an outsider speaks them: HTTP and JSON, no type shared with the simulator.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;

use super::Error;

/// What exists, by account, Region and kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Objects(pub BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<String>>>>);

impl Objects {
    /// Lists account, kind and id of each object.
    pub fn each(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().flat_map(|(account, regions)| {
            regions.values().flat_map(move |kinds| {
                kinds.iter().flat_map(move |(kind, ids)| {
                    ids.iter().map(move |id| (account.as_str(), kind.as_str(), id.as_str()))
                })
            })
        })
    }

    /// Lists the ids of a kind, whoever owns them.
    pub fn of(&self, kind: &str) -> Vec<&str> {
        self.each().filter(|(_, found, _)| *found == kind).map(|(_, _, id)| id).collect()
    }
}

/// One call in the simulator's audit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Call {
    /// Position in the audit.
    pub n: u64,
    /// When it came, on the simulator's clock.
    pub at_ms: u64,
    /// Account of the caller.
    pub account: String,
    /// Service, as in signatures.
    pub service: String,
    /// Operation.
    pub operation: String,
    /// Whether it can change something.
    pub mutating: bool,
    /// `ok`, or AWS's code.
    pub outcome: String,
    /// Whether a bucket was empty.
    pub throttled: bool,
}

/// A hop on a packet's way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Hop {
    /// Where.
    pub at: String,
    /// What was found there.
    pub detail: String,
}

/// A packet's way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Reach {
    /// Whether it arrived.
    pub reached: bool,
    /// The way so far.
    pub hops: Vec<Hop>,
    /// Where it ended.
    pub broken_at: Option<String>,
    /// Why it ended there.
    pub why: Option<String>,
}

/// Calls a control route and reads the answer.
pub(super) async fn call<T: DeserializeOwned>(
    address: SocketAddr,
    method: Method,
    name: &str,
    body: Option<&Value>,
) -> Result<T, Error> {
    let route = format!("{method} /_simulator/{name}");
    let request = Request::builder()
        .method(method)
        .uri(format!("/_simulator/{name}"))
        .header("host", address.to_string())
        .body(Full::new(Bytes::from(body.map(Value::to_string).unwrap_or_default())));
    let answer = match request {
        Ok(request) => exchange(address, request).await,
        Err(error) => Err(error.to_string()),
    };
    let bytes = answer.map_err(|why| Error::Control { route: route.clone(), why })?;
    let bytes: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
    serde_json::from_slice(bytes).map_err(|error| Error::Control { route, why: error.to_string() })
}

/// Makes a call of the query protocol as an account, the way somebody else changes things behind Terraform's back.
pub(super) async fn query(
    address: SocketAddr,
    (account, region): (&str, &str),
    service: &str,
    action: &str,
    parameters: &[(&str, &str)],
) -> Result<String, Error> {
    let version = if service == "ec2" { "2016-11-15" } else { "2015-12-01" };
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", action)
        .append_pair("Version", version)
        .extend_pairs(parameters)
        .finish();
    post(address, (account, region), service, "/", "application/x-www-form-urlencoded", action, body).await
}

/// Posts a body under the name of an account; the simulator believes names and checks no signature.
pub(super) async fn post(
    address: SocketAddr,
    (account, region): (&str, &str),
    service: &str,
    path: &str,
    content: &str,
    what: &str,
    body: String,
) -> Result<String, Error> {
    let scope = format!("{account}/20260101/{region}/{service}/aws4_request");
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("host", address.to_string())
        .header("content-type", content)
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"))
        .body(Full::new(Bytes::from(body)));
    let answer = match request {
        Ok(request) => exchange(address, request).await,
        Err(error) => Err(error.to_string()),
    };
    let bytes = answer.map_err(|why| Error::Control { route: what.to_owned(), why })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Sends a request on a connection of its own; an answer that is no success is an error with its words.
async fn exchange(address: SocketAddr, request: Request<Full<Bytes>>) -> Result<Bytes, String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let stream = TcpStream::connect(address).await.map_err(|error| said(&error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| said(&error))?;
    let answer = async {
        let answer = sender.send_request(request).await.map_err(|error| said(&error))?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await.map_err(|error| said(&error))?.to_bytes();
        if status.is_success() { Ok(bytes) } else { Err(format!("{status}: {}", String::from_utf8_lossy(&bytes))) }
    };
    // The connection carries the request while it is polled; the answer ends it.
    tokio::pin!(answer);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        ended = connection => match ended {
            Ok(()) => answer.await,
            Err(error) => Err(said(&error)),
        },
    }
}
