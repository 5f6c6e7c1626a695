//! The first door: an HTTP client for the SDK inside the test process.
//!
//! The SDK signs, serialises, retries and parses as ever; only the socket is missing. A dropped connection is an I/O error of
//! the connector, silence is a call that never ends, so the SDK's own timeouts strike.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use super::envelope::WireResponse;
use super::request::WireRequest;
use super::world::{Reply, World};

/// Hands every request of an SDK client to a world.
#[derive(Debug, Clone)]
struct Door {
    world: World,
    timeouts: Option<std::time::Duration>,
}

impl World {
    /// Gives the HTTP client for SDK clients of this process.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Door { world: self.clone(), timeouts: None })
    }
}

impl HttpClient for Door {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Self { world: self.world.clone(), timeouts: settings.read_timeout() })
    }
}

impl HttpConnector for Door {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let world = self.world.clone();
        let timeout = self.timeouts;
        HttpConnectorFuture::new(async move {
            let served = world.serve(wire(&request));
            // A read timeout is the connector's own duty.
            let reply = match timeout {
                Some(timeout) => tokio::time::timeout(timeout, answered(served)).await,
                None => Ok(answered(served).await),
            };
            match reply {
                Ok(Some(answer)) => response(answer),
                Ok(None) => Err(ConnectorError::io("connection reset by peer".into())),
                Err(elapsed) => Err(ConnectorError::timeout(elapsed.into())),
            }
        })
    }
}

/// Waits for an answer; for ever, if there will be none.
async fn answered(served: impl Future<Output = Reply>) -> Option<WireResponse> {
    match served.await {
        Reply::Answer(answer) => Some(answer),
        Reply::Dropped => None,
        Reply::Silence => std::future::pending().await,
    }
}

fn wire(request: &HttpRequest) -> WireRequest {
    let rest = request.uri().split_once("://").map_or(request.uri(), |(_, rest)| rest);
    let target = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    WireRequest {
        method: request.method().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        authorization: request.headers().get("authorization").unwrap_or_default().to_owned(),
        target: request.headers().get("x-amz-target").unwrap_or_default().to_owned(),
        body: Bytes::copy_from_slice(request.body().bytes().unwrap_or_default()),
    }
}

fn response(answer: WireResponse) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(answer.status).map_err(|error| ConnectorError::other(error.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}
