//! The one door for every call: limits before it, a trace and the error table behind it.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::client::Account;
use super::error;
use super::operation::Operation;
use super::requests::CountRequests;
use crate::engine::{Class, Failure, Result};

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Whether the limits have yet to be waited for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Token {
    Wanted,
    Held,
}

impl Account {
    /// Makes one call.
    ///
    /// `sent` is what the SDK's `send()` gives; nothing happens before it is awaited, so the limits
    /// are waited for first. Neither parameters nor replies are traced: they may hold secrets.
    pub fn call<'a, T, E>(
        &'a self,
        operation: Operation,
        sent: impl Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T>>
    where
        T: Send + 'a,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        self.reply(operation, Token::Wanted, sent)
    }

    /// Waits until AWS's limits let one more call pass.
    pub(super) async fn token(&self, operation: Operation) -> Result<()> {
        let limiter = self.limiter(operation.service());
        let start = Instant::now();
        let end = limiter.acquire(operation).await;
        let waited = start.elapsed();
        if !waited.is_zero() {
            let service = operation.service().name();
            tracing::debug!(
                service,
                operation = operation.name(),
                waited_ms = millis(waited),
                "waited for a request token"
            );
        }
        end.map_err(|_| limiter.refusal(operation).unwrap_or_else(|| self.unmade(operation)))
    }

    /// The failure of a call that was not made, because the run ended before.
    pub(super) fn unmade(&self, operation: Operation) -> Failure {
        error::unmade(operation, self.region())
    }

    /// A call and its reply, for callers that may have waited for its token. Here is only what depends on their types, because it exists once for each operation.
    pub(super) fn reply<'a, T, E>(
        &'a self,
        operation: Operation,
        token: Token,
        sent: impl Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T>>
    where
        T: Send + 'a,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        // The SDK's futures are large; everything that waits for one would be as large.
        let sent = Box::pin(sent);
        Box::pin(async move {
            let mut reply = None;
            let attempt = async {
                reply = Some(sent.await.map_err(|cause| error::failure(operation, self.region(), &cause))?);
                Ok(())
            };
            self.attempted(operation, token, Box::pin(attempt)).await?;
            reply.ok_or_else(|| Failure::new(Class::Bug, "the call ended without a reply"))
        })
    }

    /// Waits for the limits, measures the attempt, learns from it and writes it into the log.
    fn attempted<'a>(
        &'a self,
        operation: Operation,
        token: Token,
        attempt: BoxFuture<'a, Result<()>>,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if token == Token::Wanted {
                self.token(operation).await?;
            }
            let start = Instant::now();
            self.writes().note_call(operation);
            let account = self.clone();
            let on_repeat = move |sent| account.limiter(operation.service()).repeat(operation, sent);
            let (end, requests) = CountRequests::over(attempt, Box::new(on_repeat)).await;
            self.writes().note_call(operation);
            let elapsed_ms = millis(start.elapsed());
            let is_throttled =
                |failure: &&Failure| failure.class == Class::Throttled && failure.operation == operation.name();
            let refusal = end.as_ref().err().filter(is_throttled);
            self.limiter(operation.service()).learn(operation, start, refusal);
            self.trace(operation, (elapsed_ms, requests), end.as_ref().err());
            end.map_err(|failure| self.explain_denial(operation, failure))
        })
    }

    fn trace(&self, operation: Operation, (elapsed_ms, requests): (u64, u64), failure: Option<&Failure>) {
        let service = operation.service().name();
        let (operation, account, region) = (operation.name(), self.name().unwrap_or("provider"), self.region());
        match failure {
            None => tracing::debug!(service, operation, account, region, elapsed_ms, requests, "called AWS"),
            Some(Failure { code, class, request_id, .. }) => {
                let request_id = request_id.as_deref();
                tracing::debug!(
                    service,
                    operation,
                    account,
                    region,
                    elapsed_ms,
                    requests,
                    code,
                    ?class,
                    request_id,
                    "AWS refused"
                );
            }
        }
    }

    /// The failure behind one item of an `Unsuccessful` list of a call that itself succeeded.
    pub fn unsuccessful(&self, operation: Operation, resource: &str, code: &str, message: &str) -> Failure {
        error::unsuccessful(operation, self.region(), resource, code, message)
    }
}
