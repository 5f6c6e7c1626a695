//! The Provider service: every RPC of `proto/tfplugin5.proto`, one short function each.
//!
//! What each does is in `calls/`; what all have in common in `call.rs`. A feature that
//! the provider does not declare is refused the way core expects: UNIMPLEMENTED where core asks only
//! for declared types, a message to the person where it may ask in any case.

use std::pin::Pin;
use std::sync::Arc;

use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::activity::Activity;
use super::call::{Call, answer};
use super::served::Served;
use super::wire::tfplugin5 as proto;
use super::wire::tfplugin5::provider_server;
use crate::resource::ProviderServer;

/// The largest message in either direction, as in providers written in Go.
const MAX_MESSAGE_BYTES: usize = 256 << 20;

/// The Provider service over a provider.
#[derive(Clone)]
pub struct ProviderService {
    served: Arc<Served>,
    activity: Activity,
}

type Reply<T> = Result<Response<T>, Status>;

impl ProviderService {
    /// Serves a provider.
    pub fn new(provider: Arc<dyn ProviderServer>) -> Self {
        Self { served: Arc::new(Served::new(provider)), activity: Activity::new() }
    }

    /// The calls in progress, for those who end the process.
    pub fn activity(&self) -> Activity {
        self.activity.clone()
    }

    /// The service to be added to a tonic server.
    pub fn into_server(self) -> provider_server::ProviderServer<Self> {
        provider_server::ProviderServer::new(self)
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES)
    }

    async fn answer<C: Call>(&self, request: Request<C>) -> Reply<C::Response> {
        Ok(Response::new(answer(Arc::clone(&self.served), &self.activity, request.into_inner()).await))
    }
}

fn unimplemented<T>(rpc: &str) -> Result<T, Status> {
    Err(Status::unimplemented(format!("this provider declares nothing that needs {rpc}")))
}

#[tonic::async_trait]
impl provider_server::Provider for ProviderService {
    async fn get_metadata(
        &self,
        request: Request<proto::get_metadata::Request>,
    ) -> Reply<proto::get_metadata::Response> {
        self.answer(request).await
    }

    async fn get_schema(
        &self,
        request: Request<proto::get_provider_schema::Request>,
    ) -> Reply<proto::get_provider_schema::Response> {
        self.answer(request).await
    }

    async fn get_resource_identity_schemas(
        &self,
        request: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Reply<proto::get_resource_identity_schemas::Response> {
        self.answer(request).await
    }

    async fn prepare_provider_config(
        &self,
        request: Request<proto::prepare_provider_config::Request>,
    ) -> Reply<proto::prepare_provider_config::Response> {
        self.answer(request).await
    }

    async fn validate_resource_type_config(
        &self,
        request: Request<proto::validate_resource_type_config::Request>,
    ) -> Reply<proto::validate_resource_type_config::Response> {
        self.answer(request).await
    }

    async fn validate_data_source_config(
        &self,
        request: Request<proto::validate_data_source_config::Request>,
    ) -> Reply<proto::validate_data_source_config::Response> {
        self.answer(request).await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Reply<proto::upgrade_resource_state::Response> {
        self.answer(request).await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<proto::upgrade_resource_identity::Request>,
    ) -> Reply<proto::upgrade_resource_identity::Response> {
        self.answer(request).await
    }

    async fn configure(&self, request: Request<proto::configure::Request>) -> Reply<proto::configure::Response> {
        self.answer(request).await
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Reply<proto::read_resource::Response> {
        self.answer(request).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Reply<proto::plan_resource_change::Response> {
        self.answer(request).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Reply<proto::apply_resource_change::Response> {
        self.answer(request).await
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> Reply<proto::import_resource_state::Response> {
        self.answer(request).await
    }

    async fn move_resource_state(
        &self,
        request: Request<proto::move_resource_state::Request>,
    ) -> Reply<proto::move_resource_state::Response> {
        self.answer(request).await
    }

    async fn read_data_source(
        &self,
        request: Request<proto::read_data_source::Request>,
    ) -> Reply<proto::read_data_source::Response> {
        self.answer(request).await
    }

    async fn generate_resource_config(
        &self,
        _request: Request<proto::generate_resource_config::Request>,
    ) -> Reply<proto::generate_resource_config::Response> {
        unimplemented("GenerateResourceConfig")
    }

    async fn validate_ephemeral_resource_config(
        &self,
        _request: Request<proto::validate_ephemeral_resource_config::Request>,
    ) -> Reply<proto::validate_ephemeral_resource_config::Response> {
        unimplemented("ValidateEphemeralResourceConfig")
    }

    async fn open_ephemeral_resource(
        &self,
        _request: Request<proto::open_ephemeral_resource::Request>,
    ) -> Reply<proto::open_ephemeral_resource::Response> {
        unimplemented("OpenEphemeralResource")
    }

    async fn renew_ephemeral_resource(
        &self,
        _request: Request<proto::renew_ephemeral_resource::Request>,
    ) -> Reply<proto::renew_ephemeral_resource::Response> {
        unimplemented("RenewEphemeralResource")
    }

    async fn close_ephemeral_resource(
        &self,
        _request: Request<proto::close_ephemeral_resource::Request>,
    ) -> Reply<proto::close_ephemeral_resource::Response> {
        unimplemented("CloseEphemeralResource")
    }

    type ListResourceStream = Pin<Box<dyn Stream<Item = Result<proto::list_resource::Event, Status>> + Send>>;

    async fn list_resource(
        &self,
        _request: Request<proto::list_resource::Request>,
    ) -> Result<Response<Self::ListResourceStream>, Status> {
        unimplemented("ListResource")
    }

    async fn validate_list_resource_config(
        &self,
        _request: Request<proto::validate_list_resource_config::Request>,
    ) -> Reply<proto::validate_list_resource_config::Response> {
        unimplemented("ValidateListResourceConfig")
    }

    async fn get_functions(
        &self,
        request: Request<proto::get_functions::Request>,
    ) -> Reply<proto::get_functions::Response> {
        self.answer(request).await
    }

    async fn call_function(
        &self,
        request: Request<proto::call_function::Request>,
    ) -> Reply<proto::call_function::Response> {
        self.answer(request).await
    }

    async fn validate_action_config(
        &self,
        _request: Request<proto::validate_action_config::Request>,
    ) -> Reply<proto::validate_action_config::Response> {
        unimplemented("ValidateActionConfig")
    }

    async fn plan_action(&self, _request: Request<proto::plan_action::Request>) -> Reply<proto::plan_action::Response> {
        unimplemented("PlanAction")
    }

    type InvokeActionStream = Pin<Box<dyn Stream<Item = Result<proto::invoke_action::Event, Status>> + Send>>;

    async fn invoke_action(
        &self,
        _request: Request<proto::invoke_action::Request>,
    ) -> Result<Response<Self::InvokeActionStream>, Status> {
        unimplemented("InvokeAction")
    }

    async fn stop(&self, _request: Request<proto::stop::Request>) -> Reply<proto::stop::Response> {
        tracing::info!(tf_rpc = "Stop", "asked to stop; running operations wind down");
        self.served.provider.stop();
        Ok(Response::new(proto::stop::Response::default()))
    }
}
