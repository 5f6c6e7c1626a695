//! The second door: a loopback server for Terraform, the AWS CLI, boto3 and people.
//!
//! One connection's fault never touches another: what cannot be read is answered with 400 or dropped.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::control::{self, PREFIX};
use super::events;
use super::page;
use super::request::WireRequest;
use super::world::{Reply, World};

/// Largest body; AWS's own are far smaller.
const MAX_BODY: usize = 1 << 20;
/// How long a call that is never answered keeps its connection.
const SILENCE: Duration = Duration::from_hours(1);
/// Time to send the head of a request, and to begin the next one: longer than SDKs keep a connection that has nothing to do (Go's a
/// minute and a half), so that none is closed under a call.
const HEADER_TIMEOUT: Duration = Duration::from_mins(5);

/// Serves a world on a loopback address.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    world: World,
}

impl Server {
    /// Listens on an address, which must be loopback; port 0 takes a free one.
    pub async fn bind(world: World, address: SocketAddr) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "{address} is no loopback address; the simulator checks no signatures and stays on this machine \
                     (--listen-to-everybody, where that is meant: in a container for instance)"
                ),
            ));
        }
        Self::bind_anywhere(world, address).await
    }

    /// Listens on any address: nothing checks who calls.
    pub async fn bind_anywhere(world: World, address: SocketAddr) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, world })
    }

    /// Gives the address it listens on.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the future is dropped; connections end with it.
    pub async fn run(self) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => {
                    // A failed accept is the kernel's matter and passes.
                    if let Ok((stream, _)) = accepted {
                        connections.spawn(serve_connection(self.world.clone(), stream));
                    }
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

/// Says that the connection must end without an answer.
#[derive(Debug, thiserror::Error)]
#[error("dropped by the fault script")]
struct Drop;

async fn serve_connection(world: World, stream: TcpStream) {
    let service = service_fn(move |request| {
        let world = world.clone();
        async move { answer(&world, request).await }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

async fn answer(world: &World, request: Request<Incoming>) -> Result<Response<Body>, Drop> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return Ok(text(StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}\n"))),
    };
    let path = head.uri.path();
    let is_signed = head.headers.contains_key("authorization");
    if path == page::PATH && head.method == Method::GET && head.uri.query().is_none() && !is_signed {
        return Ok(typed(StatusCode::OK, page::HTML.to_owned(), "text/html; charset=utf-8"));
    }
    if path == page::EVENTS && head.method == Method::GET {
        let mut response = Response::new(events::body(world.clone()).boxed_unsync());
        response.headers_mut().insert("content-type", HeaderValue::from_static("text/event-stream"));
        response.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
        return Ok(response);
    }
    if let Some(route) = path.strip_prefix(PREFIX) {
        let reply = control::control(world, head.method.as_str(), route, &body);
        let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return Ok(typed(status, format!("{}\n", reply.body), "application/json"));
    }
    let header =
        |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let request = WireRequest {
        method: head.method.as_str().to_owned(),
        path: path.to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        authorization: header("authorization"),
        target: header("x-amz-target"),
        body,
    };
    match world.serve(request).await {
        Reply::Dropped => Err(Drop),
        Reply::Silence => {
            // Every caller has given up by then; the connection need not live as long as the server.
            tokio::time::sleep(SILENCE).await;
            Err(Drop)
        }
        Reply::Answer(answer) => {
            let mut response = Response::builder().status(answer.status);
            for (name, value) in answer.headers {
                response = response.header(name, value);
            }
            let refused = |_| text(StatusCode::INTERNAL_SERVER_ERROR, "an answer could not be written\n".to_owned());
            Ok(response.body(Full::new(Bytes::from(answer.body)).boxed_unsync()).unwrap_or_else(refused))
        }
    }
}

fn text(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(body)).boxed_unsync());
    *response.status_mut() = status;
    response
}

fn typed(status: StatusCode, body: String, kind: &'static str) -> Response<Body> {
    let mut response = text(status, body);
    response.headers_mut().insert("content-type", HeaderValue::from_static(kind));
    response
}
