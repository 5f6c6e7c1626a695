//! A way to AWS on which the `Date` of every reply is wrong: a clock that differs from the others', from a process's view.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

#[derive(Debug, Clone)]
struct Skewed<D> {
    door: D,
    by: SignedDuration,
}

/// The same door, behind which it is so many seconds later, or earlier.
pub(crate) fn skewed(door: SharedHttpClient, seconds: i64) -> SharedHttpClient {
    SharedHttpClient::new(Skewed { door, by: SignedDuration::from_secs(seconds) })
}

impl HttpClient for Skewed<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Skewed { door: self.door.http_connector(settings, parts), by: self.by })
    }
}

impl HttpConnector for Skewed<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, by) = (self.door.call(request), self.by);
        HttpConnectorFuture::new(async move {
            let mut response = answer.await?;
            let date: Timestamp = rfc2822::parse(response.headers().get("date").unwrap()).unwrap().timestamp();
            let told = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&(date + by)).unwrap();
            response.headers_mut().insert("date", told);
            Ok(response)
        })
    }
}
