//! The services that a go-plugin host expects beside the provider.
//!
//! Only the controller does anything: it ends the process. Broker and stdio are held open and say
//! nothing; an open stream keeps the host from closing an idle connection.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use futures_util::{FutureExt as _, StreamExt as _, future, stream};
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use super::shutdown::Shutdown;
use crate::protocol::wire::health::health_check_response::ServingStatus;
use crate::protocol::wire::health::health_server::Health;
use crate::protocol::wire::health::{HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse};
use crate::protocol::wire::plugin::grpc_broker_server::GrpcBroker;
use crate::protocol::wire::plugin::grpc_controller_server::GrpcController;
use crate::protocol::wire::plugin::grpc_stdio_server::GrpcStdio;
use crate::protocol::wire::plugin::{ConnInfo, Empty, StdioData};

/// The name under which go-plugin asks for health.
const PLUGIN: &str = "plugin";

/// Broker, controller, stdio and health.
#[derive(Debug, Clone)]
pub(super) struct SideServices(pub(super) Shutdown);

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A stream without messages that ends with `end`.
fn silent<T: Send + 'static>(end: impl Future<Output = ()> + Send + 'static) -> Messages<T> {
    Box::pin(end.into_stream().filter_map(|()| future::ready(None)))
}

impl SideServices {
    async fn ended(self) {
        self.0.requested().await;
    }
}

#[tonic::async_trait]
impl GrpcBroker for SideServices {
    type StartStreamStream = Messages<ConnInfo>;

    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        let ended = self.clone().ended();
        let mut messages = request.into_inner();
        Ok(Response::new(silent(async move {
            let client_left = async { while let Ok(Some(_)) = messages.message().await {} };
            tokio::select! {
                () = ended => {}
                () = client_left => {}
            }
        })))
    }
}

#[tonic::async_trait]
impl GrpcStdio for SideServices {
    type StreamStdioStream = Messages<StdioData>;

    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(silent(self.clone().ended())))
    }
}

#[tonic::async_trait]
impl GrpcController for SideServices {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        tracing::debug!("asked to shut down");
        self.0.request();
        Ok(Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl Health for SideServices {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        let service = request.into_inner().service;
        if service.is_empty() || service == PLUGIN {
            Ok(Response::new(serving()))
        } else {
            Err(Status::not_found(format!("there is no service {service:?}")))
        }
    }

    async fn list(&self, _request: Request<HealthListRequest>) -> Result<Response<HealthListResponse>, Status> {
        let statuses = BTreeMap::from([(PLUGIN.to_owned(), serving())]);
        Ok(Response::new(HealthListResponse { statuses }))
    }

    type WatchStream = Messages<HealthCheckResponse>;

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let service = request.into_inner().service;
        let known = service.is_empty() || service == PLUGIN;
        let unknown = HealthCheckResponse { status: ServingStatus::ServiceUnknown.into() };
        let now = if known { serving() } else { unknown };
        let rest = silent(self.clone().ended());
        Ok(Response::new(Box::pin(stream::once(future::ready(Ok(now))).chain(rest))))
    }
}

fn serving() -> HealthCheckResponse {
    HealthCheckResponse { status: ServingStatus::Serving.into() }
}
