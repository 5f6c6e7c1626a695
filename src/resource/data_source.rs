//! What is written by hand for each data source, and how it is served: validate, read.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::composite::Connection;
use super::defaults;
use super::message::{late, read_failed};
use super::server::{BoxFuture, DataSourceServer};
use super::state::null_unknowns;
use super::timeouts::READ_TIMEOUT;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Deadline, Failure, Limits, Retry};
use crate::schema::{self, Attributes, Block, Schema};
use crate::value::{Path, Value};

/// A Terraform data source: arguments in, results beside them.
///
/// Its attribute list holds, besides its own, `region`, which is filled with the provider's where it is not written.
pub trait DataSource: Send + Sync + 'static {
    /// `privatelink_connections`
    const TYPE: &'static str;
    /// The longest time that a read takes.
    const TIMEOUT: Duration = READ_TIMEOUT;

    /// Its attributes.
    type Config: Attributes + Send + Sync + 'static;
    /// What it reads from.
    type Client: Send + Sync + 'static;

    /// Rules across attributes. Unknown values pass.
    fn check(config: &Self::Config) -> Diagnostics;

    /// Fills the computed attributes from what exists. A read that failed is begun again, as its class allows.
    fn read<'a>(
        client: &'a Self::Client,
        config: &'a mut Self::Config,
    ) -> impl Future<Output = Result<(), Unread>> + Send + 'a;
}

/// Why a data source has no result.
#[derive(Debug, Clone)]
pub enum Unread {
    /// There is nothing to show, in words for a person.
    Nothing(Diagnostics),
    /// AWS gave no answer.
    Failed(Failure),
}

impl From<Diagnostic> for Unread {
    fn from(told: Diagnostic) -> Self {
        Self::Nothing(told.into())
    }
}

impl From<Failure> for Unread {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A data source, served.
pub struct Data<D: DataSource> {
    connection: Arc<dyn Connection<D::Client>>,
}

impl<D: DataSource> Data<D> {
    /// Serves a data source over the provider's connection.
    pub fn new(connection: Arc<dyn Connection<D::Client>>) -> Self {
        Self { connection }
    }

    fn block() -> Block {
        D::Config::block()
    }

    async fn look(&self, config: &Value) -> Result<Value, Diagnostics> {
        let mut arguments = defaults::fill(&Self::block(), config, &Value::Null);
        if config.get("region").is_null() {
            let region = self.connection.region().map_or(Value::Null, Value::from);
            arguments.insert("region".to_owned(), region);
        }
        let block = Self::block();
        let arguments = D::Config::decode(&schema::settled(&block, &Value::Map(arguments)), &Path::root())?;
        let region = arguments.encode().get("region").as_str().unwrap_or_default().to_owned();
        let client = self.connection.client(&region).await?;
        let limits = Limits {
            deadline: Deadline::after(D::TIMEOUT),
            stop: self.connection.stop(),
            speed: self.connection.speed(),
        };
        // It only reads, so it may be cut wherever it is.
        let found = tokio::select! {
            biased;
            () = limits.reached() => return Err(late(D::TYPE, D::TIMEOUT, limits.stop.is_set()).into()),
            found = ask::<D>(&client, &arguments, &limits) => found?,
        };
        let mut state = schema::spelled(&block, &found.encode(), config);
        null_unknowns(&mut state);
        Ok(state)
    }
}

async fn ask<D: DataSource>(
    client: &D::Client,
    arguments: &D::Config,
    limits: &Limits,
) -> Result<D::Config, Diagnostics> {
    let mut retry = Retry::reading(limits);
    loop {
        let mut config = arguments.clone();
        let failure = match D::read(client, &mut config).await {
            Ok(()) => return Ok(config),
            Err(Unread::Nothing(told)) => return Err(told),
            Err(Unread::Failed(failure)) => failure,
        };
        retry
            .again(failure)
            .await
            .map_err(|failure| read_failed(&format!("read {}", D::TYPE), &failure, &D::Config::block()))?;
    }
}

impl<D: DataSource> std::fmt::Debug for Data<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Data").field("type", &D::TYPE).finish_non_exhaustive()
    }
}

impl<D: DataSource> DataSourceServer for Data<D> {
    fn schema(&self) -> Schema {
        Schema { version: 0, block: Self::block() }
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let block = Self::block();
        let schema::Checked { mut found, rest } = schema::check(&block, config);
        match D::Config::decode(&schema::settled(&block, &rest), &Path::root()) {
            Ok(config) => found.extend(D::check(&config)),
            Err(misfits) => found.extend(misfits),
        }
        found
    }

    fn read<'a>(&'a self, config: &'a Value) -> BoxFuture<'a, Result<Value, Diagnostics>> {
        Box::pin(self.look(config))
    }
}
