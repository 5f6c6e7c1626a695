//! What every call has in common: a span, a task of its own, a guard against panics.
//!
//! The work runs in a detached task. When the client goes away, tonic drops the handler; a create
//! that was cut between AWS's answer and the record of its id would be lost.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use prost::Message;
use tokio::task::JoinError;
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use super::activity::{Activity, Busy};
use super::diagnostic::diagnostic_message;
use super::served::Served;
use super::wire::tfplugin5 as proto;
use crate::diagnostic::Diagnostic;

/// The version of `proto/tfplugin5.proto`.
const PROTOCOL: &str = "5.11";

/// A request that is answered with diagnostics.
pub(super) trait Call: Message + Default + Clone + 'static {
    /// The name of the RPC.
    const RPC: &'static str;

    /// The answer.
    type Response: Message;

    /// The resource type that it is about, if any.
    fn type_name(&self) -> Option<&str> {
        None
    }

    /// Does the work. An error is a refusal of the call as a whole.
    fn attempt(self, served: Arc<Served>) -> impl Future<Output = Result<Self::Response, Diagnostic>> + Send;

    /// Answers without having done the work: with this error, and with whatever core must get back
    /// so as not to lose it.
    fn refuse(self, error: proto::Diagnostic) -> Self::Response;

    /// The diagnostics of an answer.
    fn diagnostics(response: &Self::Response) -> &[proto::Diagnostic];
}

/// Answers a call with an encoded response. Whatever happens inside, the answer is one that core understands.
pub(super) fn answer<C: Call>(served: Arc<Served>, activity: &Activity, call: C) -> BoxFuture<'static, Bytes> {
    let span = rpc_span(C::RPC, call.type_name());
    let rescue = call.clone();
    let work = async move {
        let started = Instant::now();
        tracing::debug!("received request");
        let response = match call.clone().attempt(served).await {
            Ok(response) => response,
            Err(refusal) => call.refuse(diagnostic_message(&refusal)),
        };
        log_answer(C::diagnostics(&response), started);
        response.encode_to_vec().into()
    };
    let refuse = move |error| rescue.refuse(error).encode_to_vec().into();
    carry_out(C::RPC, span, activity.begin(), Box::pin(work), Box::new(refuse))
}

/// Does the work of a call, whatever its type, in a task of its own.
fn carry_out(
    rpc: &'static str,
    span: Span,
    busy: Busy,
    work: BoxFuture<'static, Bytes>,
    refuse: Box<dyn FnOnce(proto::Diagnostic) -> Bytes + Send>,
) -> BoxFuture<'static, Bytes> {
    let work = async move {
        let answer = work.await;
        drop(busy);
        answer
    };
    Box::pin(async move {
        #[expect(clippy::disallowed_methods, reason = "apply must outlive a client that goes away")]
        let task = tokio::spawn(work.instrument(span.clone()));
        match task.await {
            Ok(answer) => answer,
            Err(failed) => {
                let error = panic_diagnostic(rpc, failed);
                span.in_scope(|| tracing::error!(diagnostic_detail = error.detail, "the call panicked"));
                refuse(diagnostic_message(&error))
            }
        }
    })
}

fn log_answer(diagnostics: &[proto::Diagnostic], started: Instant) {
    let count = |severity: proto::diagnostic::Severity| {
        diagnostics.iter().filter(|message| message.severity == i32::from(severity)).count()
    };
    for message in diagnostics {
        tracing::debug!(diagnostic_summary = message.summary, "diagnostic");
    }
    tracing::debug!(
        tf_req_duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        diagnostic_error_count = count(proto::diagnostic::Severity::Error),
        diagnostic_warning_count = count(proto::diagnostic::Severity::Warning),
        "answered request",
    );
}

/// The span of a call.
pub(super) fn rpc_span(rpc: &'static str, type_name: Option<&str>) -> Span {
    tracing::info_span!(
        "rpc",
        tf_rpc = rpc,
        tf_req_id = %uuid::Uuid::new_v4(),
        tf_proto_version = PROTOCOL,
        tf_resource_type = type_name,
    )
}

/// What a person reads where the work of a call panicked or was cancelled.
pub(super) fn panic_diagnostic(rpc: &str, failed: JoinError) -> Diagnostic {
    let panicked: Box<dyn Any + Send> =
        if failed.is_panic() { failed.into_panic() } else { Box::new("the task was cancelled") };
    let message = (panicked.downcast_ref::<String>().map(String::as_str))
        .or_else(|| panicked.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    let exists = if rpc == "ApplyResourceChange" {
        "\n\nThe state is as it was before. What was created in this run carries the provider's tags in AWS; a plan \
         shows what of it the provider finds again."
    } else {
        ""
    };
    Diagnostic::error(
        format!("The provider panicked in {rpc}"),
        format!("{message}{exists}\n\nThis is a bug in the provider: please report it, with the log of TF_LOG=DEBUG."),
    )
}
