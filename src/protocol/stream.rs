//! What every call that is answered with a stream of messages has in common.
//!
//! The work runs in a detached task, as that of [`super::call`]: an action that was begun is carried to its end though nobody
//! listens any more. It goes on as fast as the client takes its messages, which whoever only looks may end.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use prost::Message;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{Instrument as _, Span};

use super::activity::Activity;
use super::call::{panic_diagnostic, rpc_span};
use super::diagnostic::diagnostic_message;
use super::served::Served;
use super::wire::tfplugin5 as proto;
use crate::diagnostic::Diagnostic;

/// So many messages wait for the client.
const WAITING: usize = 16;

/// A request that is answered with a stream.
pub(super) trait StreamingCall: Message + Default + Clone + 'static {
    /// The name of the RPC.
    const RPC: &'static str;

    /// What the stream consists of.
    type Event: Message + 'static;

    /// The resource type or action that it is about.
    fn type_name(&self) -> &str;

    /// Does the work. An error is a refusal of the call as a whole.
    fn attempt(
        self,
        served: Arc<Served>,
        events: Events<Self::Event>,
    ) -> impl Future<Output = Result<(), Diagnostic>> + Send;

    /// The last event of a call that ends with this error.
    fn refuse(error: proto::Diagnostic) -> Self::Event;
}

/// Where the events of a call go.
pub(super) struct Events<E> {
    sender: mpsc::Sender<Bytes>,
    kind: PhantomData<fn(E)>,
}

impl<E: Message> Events<E> {
    /// Sends an event as soon as there is room for it. Tells whether somebody is still there.
    pub(super) async fn send(&self, event: &E) -> bool {
        self.sender.send(event.encode_to_vec().into()).await.is_ok()
    }
}

/// Answers a call with encoded events. Whatever happens inside, the last of them is one that core understands.
pub(super) fn answer<C: StreamingCall>(served: Arc<Served>, activity: &Activity, call: C) -> BoxStream<'static, Bytes> {
    let span = rpc_span(C::RPC, Some(call.type_name()));
    let (sender, receiver) = mpsc::channel(WAITING);
    let (busy, last) = (activity.begin(), sender.clone());
    let work = async move {
        tracing::debug!("received request");
        let events = Events { sender, kind: PhantomData };
        if let Err(refusal) = call.attempt(served, events).await {
            let event = C::refuse(diagnostic_message(&refusal));
            // A client that is gone needs no words.
            let _ = last.send(event.encode_to_vec().into()).await;
        }
        tracing::debug!("answered request");
        drop(busy);
    };
    #[expect(clippy::disallowed_methods, reason = "an action must outlive a client that goes away")]
    let task = tokio::spawn(work.instrument(span.clone()));
    let refuse = |error| C::refuse(error).encode_to_vec().into();
    received(receiver).chain(stream::once(panicked(C::RPC, task, span, refuse)).filter_map(std::future::ready)).boxed()
}

/// The events, until the work has ended.
fn received(receiver: mpsc::Receiver<Bytes>) -> BoxStream<'static, Bytes> {
    stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|event| (event, receiver))).boxed()
}

/// The event of work that ended in a panic.
async fn panicked(
    rpc: &'static str,
    task: JoinHandle<()>,
    span: Span,
    refuse: impl FnOnce(proto::Diagnostic) -> Bytes,
) -> Option<Bytes> {
    let failed = task.await.err()?;
    let error = panic_diagnostic(rpc, failed);
    span.in_scope(|| tracing::error!(diagnostic_detail = error.detail, "the call panicked"));
    Some(refuse(diagnostic_message(&error)))
}
