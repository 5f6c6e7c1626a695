//! The one place where a link's types are erased: states become JSON, specs become `Any`.

use std::any::{Any, type_name};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::Value as Json;

use super::compare::{Change, Gate};
use super::failure::{Class, Failure, Result};
use super::link::{Link, Observed, Owner, Pace};
use super::record::decode;
use super::words::Field;

/// A spec of some link.
pub(super) type AnySpec = Arc<dyn Any + Send + Sync>;

/// [`Link`] without its types. Each method fails where a state or spec is not of the link's type.
pub(super) trait Erased<C>: Send + Sync {
    fn pace(&self) -> Pace;
    /// A spec as it is recorded.
    fn keep(&self, spec: &AnySpec) -> Result<Json>;
    /// A recorded spec.
    fn kept(&self, spec: &Json) -> Result<AnySpec>;
    fn works_at_once(&self, state: &Json) -> bool;
    fn works_throughout(&self, state: &Json, fields: &[Field]) -> bool;
    fn is_lived_with(&self, state: &Json) -> bool;
    fn diff(&self, spec: &AnySpec, state: &Json) -> Result<Change>;
    fn forecast(&self, spec: &AnySpec, state: &Json) -> Result<Json>;
    fn gate(&self, spec: &AnySpec, state: &Json) -> Result<Gate>;
    /// What a refresh has seen, with what only the recorded state can tell.
    fn recalled(&self, recorded: &Json, seen: &Json) -> Result<Json>;
    /// What a run does with the object, in words; nothing where it is only looked at.
    fn describe(&self, spec: &AnySpec, state: Option<&Json>) -> Result<Vec<String>>;
    fn describe_removal(&self, state: &Json) -> Vec<String>;
    fn is_look(&self) -> bool;
    /// What looks at such objects are called where many are one call.
    fn shared_looks(&self) -> Option<&'static str>;
    fn find<'a>(&'a self, client: &'a C, owner: &'a Owner, spec: &'a AnySpec) -> BoxFuture<'a, Result<Option<Json>>>;
    fn read<'a>(&'a self, client: &'a C, state: &'a Json) -> BoxFuture<'a, Result<Observed<Json>>>;
    fn find_again<'a>(
        &'a self,
        client: &'a C,
        owner: &'a Owner,
        state: &'a Json,
    ) -> BoxFuture<'a, Result<Option<Json>>>;
    fn poll<'a>(&'a self, client: &'a C, state: &'a Json) -> BoxFuture<'a, Result<Observed<Json>>>;
    fn remains<'a>(&'a self, client: &'a C, state: &'a Json) -> BoxFuture<'a, Result<Observed<Json>>>;
    fn create<'a>(&'a self, client: &'a C, owner: &'a Owner, spec: &'a AnySpec) -> BoxFuture<'a, Result<Json>>;
    fn update<'a>(
        &'a self,
        client: &'a C,
        owner: &'a Owner,
        spec: &'a AnySpec,
        state: &'a Json,
        fields: &'a [Field],
    ) -> BoxFuture<'a, Result<Json>>;
    fn delete<'a>(&'a self, client: &'a C, state: &'a Json) -> BoxFuture<'a, Result<()>>;
}

/// A link with its types taken off.
pub(super) struct Typed<L>(pub(super) L);

impl<L: Link> Erased<L::Client> for Typed<L> {
    fn pace(&self) -> Pace {
        guard(|| Ok(self.0.pace())).unwrap_or_default()
    }

    fn keep(&self, spec: &AnySpec) -> Result<Json> {
        guard(|| encode(typed::<L>(spec)?))
    }

    fn kept(&self, spec: &Json) -> Result<AnySpec> {
        guard(|| Ok(Arc::new(decode::<L::Spec>(spec)?) as AnySpec))
    }

    fn works_at_once(&self, state: &Json) -> bool {
        guard(|| Ok(self.0.works_at_once(&decode(state)?))).unwrap_or_default()
    }

    fn works_throughout(&self, state: &Json, fields: &[Field]) -> bool {
        guard(|| Ok(self.0.works_throughout(&decode(state)?, fields))).unwrap_or_default()
    }

    fn is_lived_with(&self, state: &Json) -> bool {
        guard(|| Ok(self.0.is_lived_with(&decode(state)?))).unwrap_or_default()
    }

    fn diff(&self, spec: &AnySpec, state: &Json) -> Result<Change> {
        guard(|| Ok(self.0.diff(typed::<L>(spec)?, &decode(state)?)))
    }

    fn forecast(&self, spec: &AnySpec, state: &Json) -> Result<Json> {
        guard(|| encode(&self.0.forecast(typed::<L>(spec)?, &decode(state)?)))
    }

    fn gate(&self, spec: &AnySpec, state: &Json) -> Result<Gate> {
        guard(|| Ok(self.0.gate(typed::<L>(spec)?, &decode(state)?)))
    }

    fn recalled(&self, recorded: &Json, seen: &Json) -> Result<Json> {
        guard(|| encode(&self.0.recalled(&decode(recorded)?, decode(seen)?)))
    }

    fn describe(&self, spec: &AnySpec, state: Option<&Json>) -> Result<Vec<String>> {
        let state = state.map(decode::<L::State>).transpose()?;
        guard(|| Ok(self.0.describe(typed::<L>(spec)?, state.as_ref())))
    }

    fn describe_removal(&self, state: &Json) -> Vec<String> {
        guard(|| Ok(self.0.describe_removal(&decode(state)?))).unwrap_or_else(|_| vec!["remove".to_owned()])
    }

    fn is_look(&self) -> bool {
        L::IS_LOOK
    }

    fn shared_looks(&self) -> Option<&'static str> {
        L::LOOKS_ARE_SHARED.then(type_name::<L>)
    }

    fn find<'a>(
        &'a self,
        client: &'a L::Client,
        owner: &'a Owner,
        spec: &'a AnySpec,
    ) -> BoxFuture<'a, Result<Option<Json>>> {
        Box::pin(async move {
            let found = self.0.find(client, owner, typed::<L>(spec)?).await?;
            found.as_ref().map(encode).transpose()
        })
    }

    fn read<'a>(&'a self, client: &'a L::Client, state: &'a Json) -> BoxFuture<'a, Result<Observed<Json>>> {
        Box::pin(async move { self.0.read(client, &decode(state)?).await?.try_map(|seen| encode(&seen)) })
    }

    fn find_again<'a>(
        &'a self,
        client: &'a L::Client,
        owner: &'a Owner,
        state: &'a Json,
    ) -> BoxFuture<'a, Result<Option<Json>>> {
        Box::pin(async move {
            let found = self.0.find_again(client, owner, &decode(state)?).await?;
            found.as_ref().map(encode).transpose()
        })
    }

    fn poll<'a>(&'a self, client: &'a L::Client, state: &'a Json) -> BoxFuture<'a, Result<Observed<Json>>> {
        Box::pin(async move { self.0.poll(client, &decode(state)?).await?.try_map(|seen| encode(&seen)) })
    }

    fn remains<'a>(&'a self, client: &'a L::Client, state: &'a Json) -> BoxFuture<'a, Result<Observed<Json>>> {
        Box::pin(async move { self.0.remains(client, &decode(state)?).await?.try_map(|seen| encode(&seen)) })
    }

    fn create<'a>(&'a self, client: &'a L::Client, owner: &'a Owner, spec: &'a AnySpec) -> BoxFuture<'a, Result<Json>> {
        Box::pin(async move { encode(&self.0.create(client, owner, typed::<L>(spec)?).await?) })
    }

    fn update<'a>(
        &'a self,
        client: &'a L::Client,
        owner: &'a Owner,
        spec: &'a AnySpec,
        state: &'a Json,
        fields: &'a [Field],
    ) -> BoxFuture<'a, Result<Json>> {
        Box::pin(
            async move { encode(&self.0.update(client, owner, typed::<L>(spec)?, &decode(state)?, fields).await?) },
        )
    }

    fn delete<'a>(&'a self, client: &'a L::Client, state: &'a Json) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.0.delete(client, &decode(state)?).await })
    }
}

/// Runs pure code of a link or a chain; a panic in it becomes a failure, so that the record survives.
pub(super) fn guard<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
}

/// A panic as a failure.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let words = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    Failure::new(Class::Bug, format!("the provider panicked: {words}"))
}

/// A state as JSON.
pub(super) fn encode<S: Serialize>(state: &S) -> Result<Json> {
    serde_json::to_value(state)
        .map_err(|error| Failure::new(Class::Bug, format!("the state cannot be written as JSON: {error}")))
}

fn typed<L: Link>(spec: &AnySpec) -> Result<&L::Spec> {
    spec.downcast_ref().ok_or_else(|| Failure::new(Class::Bug, "a spec of another link"))
}
