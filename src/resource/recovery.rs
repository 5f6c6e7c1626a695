//! Composites of which objects carry a run tag: what leads from that tag to what an interrupted run made.
//!
//! A composite that has this says so in [`Composite::recovery`]; one that does not is never looked through after an interruption.

use std::future::Future;
use std::sync::Arc;

use super::composite::Composite;
use super::decoded::Config;
use super::facts::Facts;
use super::kind::{Of, look, told};
use super::recoverable::{AnyRecovery, OrphanKinds, Recoverable, Search, Tagging};
use super::server::BoxFuture;
use crate::engine::{Orphan, Result, TaggedLead};

/// What is written by hand for a composite of which objects carry a run tag.
pub trait Recovery: Composite {
    /// What an update may make.
    const ORPHANS: OrphanKinds;

    /// What the run tag of a run with this configuration says, and what carries it.
    fn tagging(config: &Self::Config) -> Tagging;

    /// Objects of `resource` that carry a run tag.
    fn begun<'a>(
        client: &'a Self::Client,
        config: &'a Self::Config,
        resource: &'a str,
    ) -> impl Future<Output = Result<Vec<TaggedLead>>> + Send + 'a;

    /// The anchor of a uid, by what an import of it would be given.
    fn anchor_of<'a>(
        client: &'a Self::Client,
        uid: &'a str,
    ) -> impl Future<Output = Result<Option<String>>> + Send + 'a;

    /// Whether an object that an interrupted run left keeps AWS from making what this configuration wants, so that it goes first.
    fn stands_in_the_way(_orphan: &Orphan, _config: &Self::Config) -> bool {
        false
    }

    /// Objects of the owner that an interrupted update may have made: those of the kinds [`Recovery::ORPHANS`], recorded
    /// ones too where they carry tags.
    fn orphans<'a>(
        client: &'a Self::Client,
        search: &'a Search<'a>,
    ) -> impl Future<Output = Result<Vec<Orphan>>> + Send + 'a;
}

impl<C: 'static> AnyRecovery<C> {
    /// That of this type.
    pub fn of<K: Recovery<Client = C>>() -> Self {
        Self(Arc::new(Of::<K>::new()))
    }
}

impl<K: Recovery> Recoverable<K::Client> for Of<K> {
    fn facts(&self) -> &'static Facts {
        &Self::FACTS
    }

    fn kinds(&self) -> OrphanKinds {
        K::ORPHANS
    }

    fn tagging(&self, config: &Config) -> Tagging {
        told::<K, _>(config, K::tagging)
    }

    fn stands_in_the_way(&self, orphan: &Orphan, config: &Config) -> bool {
        told::<K, _>(config, |config| K::stands_in_the_way(orphan, config))
    }

    fn begun<'a>(
        &'a self,
        client: &'a K::Client,
        config: &'a Config,
        resource: &'a str,
    ) -> BoxFuture<'a, Result<Vec<TaggedLead>>> {
        look::<K, _, _>(config, move |config| K::begun(client, config, resource))
    }

    fn anchor_of<'a>(&'a self, client: &'a K::Client, uid: &'a str) -> BoxFuture<'a, Result<Option<String>>> {
        Box::pin(K::anchor_of(client, uid))
    }

    fn orphans<'a>(&'a self, client: &'a K::Client, search: &'a Search<'a>) -> BoxFuture<'a, Result<Vec<Orphan>>> {
        Box::pin(K::orphans(client, search))
    }
}
