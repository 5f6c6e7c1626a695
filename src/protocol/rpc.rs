//! The Provider service: which RPC of `proto/tfplugin5.proto` is answered by what.
//!
//! What each does is in `calls/`; what all have in common in `call.rs`. A feature that
//! the provider does not declare is refused the way core expects: UNIMPLEMENTED where core asks only
//! for declared types, a message to the person where it may ask in any case.
//!
//! Messages pass as bytes and get their types only here: of the server that tonic generates, everything exists once
//! for each RPC, which is a quarter of a megabyte.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use prost::Message;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};

use super::activity::Activity;
use super::call::{Call, answer};
use super::raw::Raw;
use super::served::Served;
use super::wire::tfplugin5::{self as proto, upgrade_resource_state};
use crate::resource::ProviderServer;

/// The largest message in either direction, as in providers written in Go.
const MAX_MESSAGE_BYTES: usize = 256 << 20;

/// The Provider service over a provider.
#[derive(Clone)]
pub struct ProviderService {
    served: Arc<Served>,
    activity: Activity,
}

/// Answers the encoded request of one RPC.
type Handler = fn(&ProviderService, Bytes) -> BoxFuture<'static, Result<Bytes, Status>>;

/// What answers an RPC; none where nothing does that the provider declares.
fn handler(rpc: &str) -> Option<Handler> {
    Some(match rpc {
        "GetMetadata" => typed::<proto::get_metadata::Request>,
        "GetSchema" => typed::<proto::get_provider_schema::Request>,
        "GetResourceIdentitySchemas" => typed::<proto::get_resource_identity_schemas::Request>,
        "PrepareProviderConfig" => typed::<proto::prepare_provider_config::Request>,
        "ValidateResourceTypeConfig" => typed::<proto::validate_resource_type_config::Request>,
        "ValidateDataSourceConfig" => typed::<proto::validate_data_source_config::Request>,
        "UpgradeResourceState" => typed::<upgrade_resource_state::Request>,
        "UpgradeResourceIdentity" => typed::<proto::upgrade_resource_identity::Request>,
        "Configure" => typed::<proto::configure::Request>,
        "ReadResource" => typed::<proto::read_resource::Request>,
        "PlanResourceChange" => typed::<proto::plan_resource_change::Request>,
        "ApplyResourceChange" => typed::<proto::apply_resource_change::Request>,
        "ImportResourceState" => typed::<proto::import_resource_state::Request>,
        "MoveResourceState" => typed::<proto::move_resource_state::Request>,
        "ReadDataSource" => typed::<proto::read_data_source::Request>,
        "GetFunctions" => typed::<proto::get_functions::Request>,
        "CallFunction" => typed::<proto::call_function::Request>,
        "Stop" => stop,
        _ => return None,
    })
}

fn typed<C: Call>(service: &ProviderService, request: Bytes) -> BoxFuture<'static, Result<Bytes, Status>> {
    match C::decode(request) {
        Ok(call) => {
            let answer = answer(Arc::clone(&service.served), &service.activity, call);
            Box::pin(async move { Ok(answer.await) })
        }
        Err(error) => Box::pin(ready(Err(Status::internal(error.to_string())))),
    }
}

fn stop(service: &ProviderService, _request: Bytes) -> BoxFuture<'static, Result<Bytes, Status>> {
    tracing::info!(tf_rpc = "Stop", "asked to stop; running operations wind down");
    service.served.provider.stop();
    Box::pin(ready(Ok(proto::stop::Response::default().encode_to_vec().into())))
}

impl ProviderService {
    /// Serves a provider.
    pub fn new(provider: Arc<dyn ProviderServer>) -> Self {
        Self { served: Arc::new(Served::new(provider)), activity: Activity::new() }
    }

    /// The calls in progress, for those who end the process.
    pub fn activity(&self) -> Activity {
        self.activity.clone()
    }

    /// The RPC of this name, without a connection.
    pub async fn upgrade_resource_state(
        &self,
        request: upgrade_resource_state::Request,
    ) -> Result<upgrade_resource_state::Response, Status> {
        let answer = answer(Arc::clone(&self.served), &self.activity, request).await;
        upgrade_resource_state::Response::decode(answer).map_err(|error| Status::internal(error.to_string()))
    }
}

impl NamedService for ProviderService {
    const NAME: &'static str = "tfplugin5.Provider";
}

impl Service<http::Request<Body>> for ProviderService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let rpc = request.uri().path().rsplit('/').next().unwrap_or_default();
        let Some(handler) = handler(rpc) else {
            let refusal = Status::unimplemented(format!("this provider declares nothing that needs {rpc}"));
            return Box::pin(ready(Ok(refusal.into_http())));
        };
        let answering = Answering { service: self.clone(), handler };
        Box::pin(async move {
            let limit = Some(MAX_MESSAGE_BYTES);
            let mut grpc = Grpc::new(Raw).apply_max_message_size_config(limit, limit);
            Ok(grpc.unary(answering, request).await)
        })
    }
}

/// One RPC, as tonic calls it.
struct Answering {
    service: ProviderService,
    handler: Handler,
}

impl UnaryService<Bytes> for Answering {
    type Response = Bytes;
    type Future = BoxFuture<'static, Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let answer = (self.handler)(&self.service, request.into_inner());
        Box::pin(async move { answer.await.map(Response::new) })
    }
}
