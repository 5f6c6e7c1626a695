//! Accepted connections, decrypted, as tonic takes them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::listener::{Io, Listener};
use crate::protocol::activity::{Activity, Busy};

/// Time that a client has for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Pause after a failed accept: too many open files do not go away at once.
const RECOVERY: Duration = Duration::from_millis(100);

/// A connection, counted while it lives.
pub(super) struct Connection {
    io: Box<dyn Io>,
    _open: Busy,
}

/// Accepts until dropped. Each handshake has a task and a limit of its own, so that a client that
/// says nothing stalls no other.
pub(super) async fn accept_all(
    listener: &Listener,
    tls: Option<Arc<rustls::ServerConfig>>,
    open: &Activity,
    accepted: mpsc::Sender<io::Result<Connection>>,
) {
    let tls = tls.map(TlsAcceptor::from);
    let mut handshakes = JoinSet::new();
    loop {
        tokio::select! {
            connection = listener.accept() => match connection {
                Ok(io) => {
                    handshakes.spawn(hand_over(io, tls.clone(), open.begin(), accepted.clone()));
                }
                Err(error) => {
                    tracing::warn!(error = error.to_string(), "cannot accept a connection");
                    sleep(RECOVERY).await;
                }
            },
            Some(_) = handshakes.join_next() => {}
        }
    }
}

async fn hand_over(
    io: Box<dyn Io>,
    tls: Option<TlsAcceptor>,
    open: Busy,
    accepted: mpsc::Sender<io::Result<Connection>>,
) {
    let io = match tls {
        None => io,
        Some(tls) => match timeout(HANDSHAKE, tls.accept(io)).await {
            Ok(Ok(stream)) => Box::new(stream) as Box<dyn Io>,
            Ok(Err(error)) => return tracing::warn!(error = error.to_string(), "refused a client"),
            Err(_) => return tracing::warn!("a client did not finish its TLS handshake"),
        },
    };
    // Nobody takes it any more only when the server ends.
    let _ = accepted.send(Ok(Connection { io, _open: open })).await;
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
