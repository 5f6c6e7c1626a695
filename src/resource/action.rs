//! What is written by hand for each action, and how it is served: validate, plan, invoke.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::advice::advice_about;
use super::composite::Connection;
use super::message::end_sentence;
use super::server::{ActionServer, BoxFuture};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Cause, Deadline, Limits};
use crate::schema::{self, Attributes, Block, Schema, formats};
use crate::value::{Path, Value};

/// How long an action may take that writes no `timeout` and has no default.
const USUAL: Duration = Duration::from_mins(10);

/// A Terraform action: something that a person has done once, without a state.
///
/// Its attribute list holds, besides its own, `region`, which is the provider's where it is not written, and `timeout`.
pub trait Action: Send + Sync + 'static {
    /// `privatelink_accept`
    const TYPE: &'static str;
    /// What it does, in messages: `accept endpoints`.
    const WHAT: &'static str;

    /// Its attributes.
    type Config: Attributes + Send + Sync + 'static;
    /// What it speaks to.
    type Client: Send + Sync + 'static;

    /// Rules across attributes. Unknown values pass.
    fn check(_config: &Self::Config) -> Diagnostics {
        Diagnostics::new()
    }

    /// Does it, and returns when it has come about. The configuration is wholly known.
    fn invoke<'a>(
        client: &'a Self::Client,
        config: &'a Self::Config,
        context: &'a ActionContext,
    ) -> impl Future<Output = Result<(), Cause>> + Send + 'a;
}

/// What an action is given while it works.
#[derive(Debug)]
pub struct ActionContext {
    /// When it ends.
    pub limits: Limits,
    progress: UnboundedSender<String>,
    told: Mutex<String>,
}

impl ActionContext {
    /// Tells the person how far it is, once while it stays so.
    pub fn tell(&self, text: impl Into<String>) {
        let text = text.into();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != text {
            // Nobody may be there any more.
            let _ = self.progress.send(text.clone());
            *told = text;
        }
    }
}

/// An action, served.
pub struct ServedAction<A: Action> {
    connection: Arc<dyn Connection<A::Client>>,
}

impl<A: Action> ServedAction<A> {
    /// Serves an action over the provider's connection.
    pub fn new(connection: Arc<dyn Connection<A::Client>>) -> Self {
        Self { connection }
    }

    fn block() -> Block {
        A::Config::block()
    }

    async fn carry_out(&self, config: &Value, progress: UnboundedSender<String>) -> Result<(), Diagnostics> {
        let found = self.validate(config);
        if found.has_errors() {
            return Err(found);
        }
        let block = Self::block();
        let meant = schema::meaning(&block, config);
        let config = A::Config::decode(&schema::settled(&block, &meant), &Path::root())?;
        let region = meant.get("region").as_str().map(str::to_owned).or_else(|| self.connection.region());
        let Some(region) = region else {
            return Err(
                Diagnostic::error("No Region", "Set region in the provider block or in the config block.").into()
            );
        };
        let client = self.connection.client(&region).await?;
        let timeout = meant.get("timeout").as_str().and_then(formats::duration).unwrap_or(USUAL);
        let limits =
            Limits { deadline: Deadline::after(timeout), stop: self.connection.stop(), speed: self.connection.speed() };
        let context = ActionContext { limits, progress, told: Mutex::default() };
        let end = context.limits.over(A::invoke(&client, &config, &context)).await;
        end.map_err(|cause| failed::<A>(&cause, timeout).into())
    }
}

fn failed<A: Action>(cause: &Cause, timeout: Duration) -> Diagnostic {
    let summary = format!("Cannot {}", A::WHAT);
    let (mut detail, mut advice, attribute) = match cause {
        Cause::Failed(failure) => {
            let request = failure.request_id.as_ref().map(|id| format!("\nRequest ID: {id}")).unwrap_or_default();
            let mut detail = failure.to_string();
            end_sentence(&mut detail);
            let advice = failure.advice.clone().unwrap_or_else(|| advice_about(failure).to_owned());
            (detail + &request, advice, failure.attribute)
        }
        Cause::Deadline { status } => {
            let detail = format!("After {} s it had not come about: {status}.", timeout.as_secs());
            let advice =
                "look again later, with the data sources or the console; or raise timeout and invoke the action again";
            (detail, advice.to_owned(), Some("timeout"))
        }
        Cause::Stopped => (
            "The run was stopped. AWS carries on with what it was asked for.".to_owned(),
            "invoke the action again".to_owned(),
            None,
        ),
        Cause::Broken { reason } | Cause::Gate { reason } => (String::new(), reason.clone(), None),
    };
    end_sentence(&mut advice);
    if !detail.is_empty() {
        detail.push_str("\n\n");
    }
    let diagnostic = Diagnostic::error(summary, format!("{detail}What to do: {advice}"));
    match attribute.filter(|name| A::Config::block().attribute(name).is_some()) {
        Some(attribute) => diagnostic.at(Path::attribute(attribute)),
        None => diagnostic,
    }
}

impl<A: Action> std::fmt::Debug for ServedAction<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServedAction").field("type", &A::TYPE).finish_non_exhaustive()
    }
}

impl<A: Action> ActionServer for ServedAction<A> {
    fn schema(&self) -> Schema {
        Schema { version: 0, block: Self::block() }
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let block = Self::block();
        let schema::Checked { mut found, rest } = schema::check(&block, config);
        match A::Config::decode(&schema::settled(&block, &rest), &Path::root()) {
            Ok(config) => found.extend(A::check(&config)),
            Err(misfits) => found.extend(misfits),
        }
        found
    }

    fn invoke<'a>(&'a self, config: &'a Value, progress: UnboundedSender<String>) -> BoxFuture<'a, Diagnostics> {
        Box::pin(async move { self.carry_out(config, progress).await.err().unwrap_or_default() })
    }
}
