//! An AWS of a few scripted answers, for tests of this layer and of links. Rules are the simulator's.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::settings::{Identity, Settings};
use super::{Aws, Wiring};

/// What is answered to one request.
pub(crate) enum Answer {
    /// A status and a body.
    Reply(u16, String),
    /// The connection breaks after the request was sent.
    Lost,
}

/// One request as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// `Action` of the query services, else method and path.
    pub(crate) what: String,
    /// The whole body.
    pub(crate) body: String,
    /// The host it went to.
    pub(crate) host: String,
    /// The header that names key, date, Region and service.
    pub(crate) authorization: String,
}

type Rules = dyn Fn(&Sent) -> Answer + Send + Sync;

/// The scripted AWS.
#[derive(Clone)]
pub(crate) struct Script {
    rules: Arc<Rules>,
    log: Arc<Mutex<Vec<Sent>>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script").field("log", &self.log).finish_non_exhaustive()
    }
}

impl Script {
    /// Answers by these rules.
    pub(crate) fn new(rules: impl Fn(&Sent) -> Answer + Send + Sync + 'static) -> Self {
        Self { rules: Arc::new(rules), log: Arc::default() }
    }

    /// What these rules answer to a request.
    pub(crate) fn answer(&self, sent: &Sent) -> Answer {
        (self.rules)(sent)
    }

    /// What was sent, in order.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.log.lock().unwrap().clone()
    }

    /// The names of what was sent, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.sent().into_iter().map(|sent| sent.what).collect()
    }

    /// The provider in eu-west-1 with static keys.
    pub(crate) async fn aws(&self) -> Aws {
        self.aws_with(settings()).await
    }

    /// The provider with this block.
    pub(crate) async fn aws_with(&self, settings: Settings) -> Aws {
        let wiring = Wiring {
            http_client: Some(SharedHttpClient::new(self.clone())),
            clock_speed: Some(1),
            ..Wiring::default()
        };
        Aws::connect(settings, wiring).await.unwrap()
    }
}

/// Static keys in eu-west-1, so that nothing of the machine matters.
pub(crate) fn settings() -> Settings {
    Settings { identity: identity("eu-west-1"), ..Settings::default() }
}

/// Static keys in a Region.
pub(crate) fn identity(region: &str) -> Identity {
    Identity {
        region: Some(region.into()),
        access_key: Some("AKIDEXAMPLE".into()),
        secret_key: Some("secret".into()),
        ..Identity::default()
    }
}

/// A refusal as the query services send it.
pub(crate) fn refusal(status: u16, code: &str) -> Answer {
    let error = format!("<Error><Code>{code}</Code><Message>AWS's words</Message></Error>");
    Answer::Reply(status, format!("<ErrorResponse>{error}<RequestId>r-1</RequestId></ErrorResponse>"))
}

/// A reply of Elastic Load Balancing or STS.
pub(crate) fn reply(action: &str, result: &str) -> Answer {
    Answer::Reply(200, format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"))
}

/// A reply of EC2 to whatever was asked.
pub(crate) fn ec2_reply(sent: &Sent, result: &str) -> Answer {
    let action = &sent.what;
    Answer::Reply(200, format!("<{action}Response><requestId>r-1</requestId>{result}</{action}Response>"))
}

/// A refusal as EC2 sends it.
pub(crate) fn ec2_refusal(status: u16, code: &str) -> Answer {
    let errors = format!("<Errors><Error><Code>{code}</Code><Message>AWS's words</Message></Error></Errors>");
    Answer::Reply(status, format!("<Response>{errors}<RequestID>r-1</RequestID></Response>"))
}

impl HttpClient for Script {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let uri: http::Uri = request.uri().parse().unwrap();
        let action = body.strip_prefix("Action=").and_then(|rest| rest.split('&').next()).map(str::to_owned);
        let sent = Sent {
            what: action.unwrap_or_else(|| format!("{} {}", request.method(), uri.path())),
            body,
            host: uri.host().unwrap_or_default().to_owned(),
            authorization: request.headers().get("authorization").unwrap_or_default().to_owned(),
        };
        self.log.lock().unwrap().push(sent.clone());
        HttpConnectorFuture::ready(match (self.rules)(&sent) {
            Answer::Reply(status, body) => Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))),
            Answer::Lost => Err(ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into())),
        })
    }
}
