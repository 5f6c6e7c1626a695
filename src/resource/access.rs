//! What the verbs ask of the client that composites speak through, whatever their type: AWS's time, whose credentials these
//! are, and tags of objects.

use std::collections::BTreeMap;
use std::future::Future;

use jiff::Timestamp;

use crate::engine::{Result, RunMark};

/// The client of composites, as their verbs use it themselves.
pub trait Access: Send + Sync + 'static {
    /// AWS's time, as its last reply told it; `None` before any.
    fn now(&self) -> Option<Timestamp>;

    /// A uid for the owner tags of a new composite: asked for when a creation starts, never in a plan.
    fn mint_uid(&self) -> String;

    /// The id of the account of these credentials: the provider's own, or a peer's by its name. `None` where the settings
    /// say not to ask.
    fn account_id<'a>(&'a self, peer: Option<&'a str>) -> impl Future<Output = Result<Option<String>>> + Send + 'a;

    /// The name of the peer whose credentials are of this account; none where it is the provider's own, or no peer's.
    fn peer_of<'a>(&'a self, account_id: &'a str) -> impl Future<Output = Option<String>> + Send + 'a;

    /// All tags of an object that can carry a run tag, by its id.
    fn tags<'a>(&'a self, id: &'a str) -> impl Future<Output = Result<BTreeMap<String, String>>> + Send + 'a;

    /// Writes tags on an object, by its id.
    fn write_tags<'a>(
        &'a self,
        id: &'a str,
        tags: &'a BTreeMap<String, String>,
    ) -> impl Future<Output = Result<()>> + Send + 'a;

    /// Writes the mark of a run on an object, by its id, together with those of others.
    fn mark_run<'a>(&'a self, id: &'a str, mark: RunMark) -> impl Future<Output = Result<()>> + Send + 'a;
}
