//! The Provider service: which RPC of `proto/tfplugin5.proto` is answered by what.
//!
//! What each does is in `calls/`; what all have in common in `call.rs`. A feature that
//! the provider does not declare is refused the way core expects: UNIMPLEMENTED where core asks only
//! for declared types, a message to the person where it may ask in any case.
//!
//! Messages pass as bytes and get their types only here: of the server that tonic generates, everything exists once
//! for each RPC, which is a quarter of a megabyte.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use prost::Message;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::{Grpc, NamedService, ServerStreamingService, UnaryService};
use tonic::{Request, Response, Status};

use super::activity::Activity;
use super::call::{Call, answer};
use super::raw::Raw;
use super::served::Served;
use super::stream::{self, StreamingCall};
use super::wire::tfplugin5::{self as proto, move_resource_state, upgrade_resource_state};
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
#[derive(Clone, Copy)]
enum Handler {
    Once(Once),
    Often(Often),
}

/// With one message.
#[derive(Clone, Copy)]
struct Once(fn(&ProviderService, Bytes) -> BoxFuture<'static, Result<Bytes, Status>>);

/// With a stream of them.
#[derive(Clone, Copy)]
struct Often(fn(&ProviderService, Bytes) -> Result<Messages, Status>);

/// The messages of a stream.
type Messages = BoxStream<'static, Result<Bytes, Status>>;

/// What answers an RPC; none where nothing does that the provider declares.
fn handler(rpc: &str) -> Option<Handler> {
    Some(match rpc {
        "GetMetadata" => once::<proto::get_metadata::Request>(),
        "GetSchema" => once::<proto::get_provider_schema::Request>(),
        "GetResourceIdentitySchemas" => once::<proto::get_resource_identity_schemas::Request>(),
        "PrepareProviderConfig" => once::<proto::prepare_provider_config::Request>(),
        "ValidateResourceTypeConfig" => once::<proto::validate_resource_type_config::Request>(),
        "ValidateDataSourceConfig" => once::<proto::validate_data_source_config::Request>(),
        "ValidateListResourceConfig" => once::<proto::validate_list_resource_config::Request>(),
        "UpgradeResourceState" => once::<upgrade_resource_state::Request>(),
        "UpgradeResourceIdentity" => once::<proto::upgrade_resource_identity::Request>(),
        "Configure" => once::<proto::configure::Request>(),
        "ReadResource" => once::<proto::read_resource::Request>(),
        "PlanResourceChange" => once::<proto::plan_resource_change::Request>(),
        "ApplyResourceChange" => once::<proto::apply_resource_change::Request>(),
        "ImportResourceState" => once::<proto::import_resource_state::Request>(),
        "MoveResourceState" => once::<proto::move_resource_state::Request>(),
        "ReadDataSource" => once::<proto::read_data_source::Request>(),
        "GetFunctions" => once::<proto::get_functions::Request>(),
        "CallFunction" => once::<proto::call_function::Request>(),
        "ValidateActionConfig" => once::<proto::validate_action_config::Request>(),
        "PlanAction" => once::<proto::plan_action::Request>(),
        "InvokeAction" => often::<proto::invoke_action::Request>(),
        "GenerateResourceConfig" => once::<proto::generate_resource_config::Request>(),
        "ListResource" => often::<proto::list_resource::Request>(),
        "Stop" => Handler::Once(Once(stop)),
        _ => return None,
    })
}

/// Answers a call with one message.
const fn once<C: Call>() -> Handler {
    Handler::Once(Once(typed::<C>))
}

/// Answers a call with a stream.
const fn often<C: StreamingCall>() -> Handler {
    Handler::Often(Often(streamed::<C>))
}

fn streamed<C: StreamingCall>(service: &ProviderService, request: Bytes) -> Result<Messages, Status> {
    let call = C::decode(request).map_err(|error| Status::internal(error.to_string()))?;
    Ok(stream::answer(Arc::clone(&service.served), &service.activity, call).map(Ok).boxed())
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
        self.ask(request).await
    }

    /// The RPC of this name, without a connection.
    pub async fn move_resource_state(
        &self,
        request: move_resource_state::Request,
    ) -> Result<move_resource_state::Response, Status> {
        self.ask(request).await
    }

    async fn ask<C: Call<Response: Default>>(&self, request: C) -> Result<C::Response, Status> {
        let answer = answer(Arc::clone(&self.served), &self.activity, request).await;
        C::Response::decode(answer).map_err(|error| Status::internal(error.to_string()))
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
        let service = self.clone();
        Box::pin(async move {
            let limit = Some(MAX_MESSAGE_BYTES);
            let mut grpc = Grpc::new(Raw).apply_max_message_size_config(limit, limit);
            Ok(match handler {
                Handler::Once(handler) => grpc.unary(Answering { service, handler }, request).await,
                Handler::Often(handler) => grpc.server_streaming(Answering { service, handler }, request).await,
            })
        })
    }
}

/// One RPC, as tonic calls it.
struct Answering<H> {
    service: ProviderService,
    handler: H,
}

impl UnaryService<Bytes> for Answering<Once> {
    type Response = Bytes;
    type Future = BoxFuture<'static, Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let answer = (self.handler.0)(&self.service, request.into_inner());
        Box::pin(async move { answer.await.map(Response::new) })
    }
}

impl ServerStreamingService<Bytes> for Answering<Often> {
    type Response = Bytes;
    type ResponseStream = Messages;
    type Future = Ready<Result<Response<Messages>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        ready((self.handler.0)(&self.service, request.into_inner()).map(Response::new))
    }
}
