//! The gRPC server from bound listener to removed socket.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;

use super::connection::accept_all;
use super::environment::Environment;
use super::handshake::handshake_line;
use super::lifecycle::{Lifecycle, Reason};
use super::listener::{Address, Listener};
use super::services::SideServices;
use super::shutdown::Shutdown;
use super::tls::{Identity, IdentityError};
use crate::protocol::ProviderService;
use crate::protocol::activity::Activity;
use crate::protocol::wire::health::health_server::HealthServer;
use crate::protocol::wire::plugin::grpc_broker_server::GrpcBrokerServer;
use crate::protocol::wire::plugin::grpc_controller_server::GrpcControllerServer;
use crate::protocol::wire::plugin::grpc_stdio_server::GrpcStdioServer;
use crate::resource::ProviderServer;

/// Time for answers that are on their way when the end comes.
const LAST_ANSWERS: Duration = Duration::from_millis(80);
/// Time for calls in progress when the end comes; the host kills after two seconds.
const LAST_CALLS: Duration = Duration::from_millis(1500);
/// Time for calls in progress when nobody is left to hear their answers.
const ORPHANED_CALLS: Duration = Duration::from_mins(10);
/// Connections waiting to be served. There is one per process.
const BACKLOG: usize = 16;

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nothing to listen on.
    #[error("cannot listen for connections")]
    Listen(#[source] io::Error),
    /// No encryption.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// A bound server.
pub struct Server {
    environment: Environment,
    listener: Listener,
    identity: Option<Identity>,
    provider: Arc<dyn ProviderServer>,
    shutdown: Shutdown,
}

impl Server {
    /// Binds, and makes the certificate if the host wants TLS. From here on clients may connect.
    pub async fn bind(environment: Environment, provider: Arc<dyn ProviderServer>) -> Result<Self, StartError> {
        let listener = Listener::bind(&environment).await.map_err(StartError::Listen)?;
        let identity = environment.client_certificate.as_deref().map(Identity::new).transpose()?;
        Ok(Self { environment, listener, identity, provider, shutdown: Shutdown::new() })
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        self.listener.address()
    }

    /// What the host must read first, without newline.
    pub fn handshake_line(&self) -> String {
        let certificate = self.identity.as_ref().map(|identity| identity.certificate.as_slice());
        handshake_line(&self.environment, self.listener.address(), certificate)
    }

    /// Serves until the host's request ends it, or its lifecycle where there is one. The socket is removed then.
    pub async fn serve(self, lifecycle: Option<Lifecycle>) {
        let service = ProviderService::new(Arc::clone(&self.provider));
        let calls = service.activity();
        let connections = Activity::new();
        let side = SideServices(self.shutdown.clone());
        let (accepted, incoming) = mpsc::channel(BACKLOG);
        let serving = tonic::transport::Server::builder()
            .add_service(service)
            .add_service(GrpcBrokerServer::new(side.clone()))
            .add_service(GrpcStdioServer::new(side.clone()))
            .add_service(GrpcControllerServer::new(side.clone()))
            .add_service(HealthServer::new(side))
            .serve_with_incoming_shutdown(ReceiverStream::new(incoming), self.shutdown.requested());
        let tls = self.identity.as_ref().map(|identity| Arc::clone(&identity.config));
        let ending = async {
            let reason = tokio::select! {
                () = self.shutdown.requested() => Reason::Asked,
                reason = Lifecycle::end(lifecycle, &connections, &calls) => reason,
            };
            self.wind_down(reason, &calls).await;
        };
        tokio::select! {
            served = serving => {
                if let Err(error) = served {
                    tracing::error!(error = error.to_string(), "the server failed");
                }
            }
            () = accept_all(&self.listener, tls, &connections, accepted) => {}
            () = ending => {}
        }
    }

    /// Gives calls and answers the time that is left, and no more: streams of the host never end by
    /// themselves.
    async fn wind_down(&self, reason: Reason, calls: &Activity) {
        if !calls.is_idle() {
            tracing::warn!(reason = reason.text(), "ending while operations run; they are asked to stop");
            let limit = if reason == Reason::Orphaned {
                self.provider.abandon();
                ORPHANED_CALLS
            } else {
                self.provider.stop();
                LAST_CALLS
            };
            if timeout(limit, calls.idle()).await.is_err() {
                tracing::error!("ending with operations unfinished");
            }
        }
        self.shutdown.request();
        sleep(LAST_ANSWERS).await;
    }
}
