//! Looks at AWS before a change, as patiently as everything else is read.
//!
//! Nothing was written yet, so that giving up costs nothing: a plan gives up after a minute, for somebody waits for
//! it; an apply is given the time of a refresh.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::access::Access;
use super::composite::{Discovered, Preflight, Undiscovered};
use super::decoded::Config;
use super::message::look_failed;
use super::timeouts::READ_TIMEOUT;
use super::{ImportId, Resource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Class, Failure, Limits, Reader, Record, Retry};
use crate::value::{Path, Value};

/// The end of a look at the user's wish.
fn stopped() -> Diagnostic {
    Diagnostic::error(
        "Stopped",
        "The run was stopped before its first write.\n\nNothing was changed.\nWhat to do: apply again.",
    )
}

/// The end of a look at the deadline.
fn late(noun: &str) -> Diagnostic {
    let detail = format!(
        "The timeout was reached while AWS was asked whether all that the {noun} needs is there.\n\nNothing was changed.\n\
         What to do: apply again; if this takes longer as a rule, raise the resource's timeouts."
    );
    Diagnostic::error(format!("Cannot look at what the {noun} needs"), detail)
}

/// How long a plan looks again where a look fails.
pub(super) const PLANNING: Duration = Duration::from_mins(1);

impl<C: Access> Resource<C> {
    /// Looks where that is possible yet.
    pub(super) async fn preflight(&self, region: &Value, check: Preflight<'_, Config>) -> Diagnostics {
        let Some(region) = region.as_str() else { return Diagnostics::new() };
        let mut peers: Vec<String> = check.config.map(|config| self.kind.peers(config)).unwrap_or_default();
        peers.extend(check.prior.map(|prior| self.kind.peers(prior)).unwrap_or_default());
        if check.planning && self.connection.is_open(&peers) {
            return Diagnostics::new();
        }
        match self.connection.client(region).await {
            Ok(client) => {
                tokio::select! {
                    biased;
                    () = check.limits.stop.wait() => stopped().into(),
                    found = self.ask(&client, &check, &check.limits) => found,
                }
            }
            Err(diagnostic) => diagnostic.into(),
        }
    }

    /// Looks right before the first write.
    pub(super) async fn last_look(&self, client: &Arc<C>, check: Preflight<'_, Config>) -> Diagnostics {
        let limits = &check.limits;
        let deadline = limits.deadline.or_after(READ_TIMEOUT);
        let patient = Limits { deadline, ..limits.clone() };
        // It only reads, so it may be cut wherever it is.
        tokio::select! {
            biased;
            () = limits.reached() => if limits.stop.is_set() { stopped() } else { late(self.noun()) }.into(),
            found = patient.over(self.ask(client, &check, &patient)) => found,
        }
    }

    async fn ask(&self, client: &Arc<C>, check: &Preflight<'_, Config>, limits: &Limits) -> Diagnostics {
        // What others have seen a moment ago may say that all is well. A complaint takes a look of its own.
        let reader = Reader::new(&self.reader(check));
        let mut seen = Diagnostics::new();
        let first = reader.over(self.kind.preflight(client, check, &mut seen)).await;
        let is_proof = !first.from_view || (first.output.is_ok() && seen.is_empty());
        let mut first = Some((first.output, seen)).filter(|_| is_proof);
        let mut retry = Retry::reading(limits);
        loop {
            let (end, mut found) = if let Some(first) = first.take() {
                first
            } else {
                let mut found = Diagnostics::new();
                (self.kind.preflight(client, check, &mut found).await, found)
            };
            let Err(failure) = end else { return found };
            if let Err(failure) = retry.again(failure).await {
                found.push(look_failed(self.noun(), &failure));
                return found;
            }
        }
    }

    /// Tells the looks of one resource from those of others: the plan's, and the one before the first write.
    fn reader(&self, check: &Preflight<'_, Config>) -> String {
        let config = |config: Option<&Config>| config.map(|config| format!("{:?}", config.encode()));
        let (wanted, prior) = (config(check.config), config(check.prior));
        let mut digest = Sha256::new();
        digest.update(format!("{} {} {wanted:?} {prior:?}", self.facts.type_name, check.planning));
        digest.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    /// Attributes that only a new resource can take, as far as a look tells.
    pub(super) async fn immovable(
        &self,
        region: &Value,
        config: &Config,
        prior: &Config,
    ) -> Result<Vec<Path>, Diagnostics> {
        let Some(region) = region.as_str().filter(|_| !self.connection.is_open(&self.kind.peers(config))) else {
            return Ok(Vec::new());
        };
        // The preflight tells why there is no client.
        let Ok(client) = self.connection.client(region).await else { return Ok(Vec::new()) };
        let limits = self.limits(PLANNING);
        let mut retry = Retry::reading(&limits);
        loop {
            let failure = match self.kind.immovable(&client, config, prior).await {
                Ok(attributes) => return Ok(attributes.into_iter().map(Path::attribute).collect()),
                Err(failure) => failure,
            };
            retry.again(failure).await.map_err(|failure| look_failed(self.noun(), &failure))?;
        }
    }

    /// Looks up what never changes, where that is possible; a plan without it knows less.
    pub(super) async fn foresee(
        &self,
        region: &Value,
        config: &Config,
        record: &mut Record,
    ) -> Result<(), Diagnostics> {
        let Some(region) = region.as_str().filter(|_| !self.connection.is_open(&self.kind.peers(config))) else {
            return Ok(());
        };
        // The preflight tells why there is no client.
        let Ok(client) = self.connection.client(region).await else { return Ok(()) };
        let limits = self.limits(PLANNING);
        let mut retry = Retry::reading(&limits);
        loop {
            let Err(failure) = self.kind.foresee(&client, config, record).await else { return Ok(()) };
            retry.again(failure).await.map_err(|failure| look_failed(self.noun(), &failure))?;
        }
    }

    /// Walks from the anchor, from the beginning again where AWS gave no answer.
    pub(super) async fn discover(&self, client: &Arc<C>, id: ImportId<'_>) -> Result<Discovered<Config>, Diagnostics> {
        let limits = self.limits(READ_TIMEOUT);
        let mut retry = Retry::reading(&limits);
        loop {
            let failure = match self.kind.discover(client, id).await {
                Ok(found) => return Ok(found),
                Err(Undiscovered::Nothing(told)) => return Err(told),
                Err(Undiscovered::Absent(told)) => {
                    let absent = Failure::new(Class::NotYetVisible, "absent");
                    retry.again(absent).await.map_err(|_| Diagnostics::from(told))?;
                    continue;
                }
                Err(Undiscovered::Failed(failure)) => failure,
            };
            retry.again(failure).await.map_err(|failure| look_failed(self.noun(), &failure))?;
        }
    }
}
