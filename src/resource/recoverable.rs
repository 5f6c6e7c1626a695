//! What an interrupted run left and its run tag, for a composite whose type the caller does not know.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::decoded::Config;
use super::facts::Facts;
use super::server::BoxFuture;
use crate::engine::{Orphan, Record, Result, RunKeys, TaggedLead};

/// Kinds of which an update may make objects that go with nothing recorded.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrphanKinds {
    /// All of them: what [`super::recovery::Recovery::orphans`] finds.
    pub all: &'static [&'static str],
    /// Those of which an update in place makes objects too.
    pub created_on_update: &'static [&'static str],
    /// Those that only the anchor leads to, and that outlive it.
    pub found_through_anchor: &'static [&'static str],
}

/// What a run tag says of a configuration, and what carries it.
#[derive(Debug, Clone, Default)]
pub struct Tagging {
    /// The link that is made first, before anything else of the chain: it carries the run tag while no state names the
    /// composite.
    pub lead: &'static str,
    /// What a creation is for, in words that never change before it has ended: an interrupted creation is carried on
    /// only by one of the same words. Resources that share a name differ in them.
    pub purpose: Vec<String>,
    /// Words by which a later run finds what an update to this configuration makes, where owner tags do not
    /// tell: short, without spaces, of letters, digits and `+-=._:/@`.
    pub hints: Vec<String>,
    /// What is there before the composite and carries the tag of each of its runs, creations too; none where what is made carries it.
    pub bearer: Option<Bearer>,
}

/// An object that another composite made and that carries the run tag, too: where its owner tags say so.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// Its id.
    pub id: String,
    /// The keys of the tag, beside those of the other composite's.
    pub keys: RunKeys,
}

/// Whose orphans are looked for, and what is known of where they are.
#[derive(Debug)]
pub struct Search<'a> {
    /// The composite's uid.
    pub uid: &'a str,
    /// What is recorded.
    pub record: &'a Record,
    /// The hints ([`Tagging`]) of the updates that were interrupted and of the configuration behind the record.
    pub hints: &'a BTreeSet<String>,
    /// Whether those of the updates are lost, so that names tell nothing and everything is looked through.
    pub exhaustive: bool,
}

impl<'a> Search<'a> {
    /// Whether the record has an object of this kind.
    pub fn has(&self, kind: &str) -> bool {
        let retired = self.record.retired.iter().map(|retired| &retired.link);
        self.record.links.keys().chain(retired).any(|link| link.kind() == kind)
    }

    /// The hints that begin with this word and a colon, without both.
    pub fn hints(&self, kind: &str) -> Vec<&'a str> {
        self.hints.iter().filter_map(|hint| hint.strip_prefix(kind)?.strip_prefix(':')).collect()
    }
}

/// The [`super::recovery::Recovery`] of a composite of any type.
pub struct AnyRecovery<C>(pub(super) Arc<dyn Recoverable<C>>);

/// The functions of [`super::recovery::Recovery`] under the same names, for a caller that does not know the type.
pub(super) trait Recoverable<C>: Send + Sync {
    fn facts(&self) -> &'static Facts;
    fn kinds(&self) -> OrphanKinds;
    fn tagging(&self, config: &Config) -> Tagging;
    fn stands_in_the_way(&self, orphan: &Orphan, config: &Config) -> bool;
    fn begun<'a>(
        &'a self,
        client: &'a C,
        config: &'a Config,
        resource: &'a str,
    ) -> BoxFuture<'a, Result<Vec<TaggedLead>>>;
    fn anchor_of<'a>(&'a self, client: &'a C, uid: &'a str) -> BoxFuture<'a, Result<Option<String>>>;
    fn orphans<'a>(&'a self, client: &'a C, search: &'a Search<'a>) -> BoxFuture<'a, Result<Vec<Orphan>>>;
}
