//! The catalogue: every kind of link a composite may have recorded, and how each is taken down.
//!
//! Removal needs the record and this, never a configuration: a half-made composite, a tainted one,
//! links that left the chain and retired objects all go the same way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;

use super::compare::Compare;
use super::erased::{Erased, Typed, encode};
use super::failure::Result;
use super::link::Link;
use super::preview::{Preview, Step};
use super::record::{LinkName, Record, decode};
use crate::gather::Gather as _;

/// Every kind of one composite. Declared once, next to the chain.
pub struct Catalogue<C> {
    kinds: BTreeMap<String, Kind<C>>,
    twice: BTreeSet<String>,
}

/// A recorded state without what another object's tells.
type Hide = Arc<dyn Fn(&Json) -> Result<Json> + Send + Sync>;

/// What of a state other recorded objects tell.
pub(super) struct Elsewhere(Vec<Hide>);

impl Elsewhere {
    /// Nothing.
    pub(super) const NOTHING: Self = Self(Vec::new());

    /// The state without it; as it is where it is not of its type, which whoever reads it will tell.
    pub(super) fn hidden(&self, state: &Json) -> Json {
        self.0.iter().fold(state.clone(), |state, hide| hide(&state).unwrap_or(state))
    }
}

/// One kind and how it is taken down.
pub struct Kind<C> {
    pub(super) link: Arc<dyn Erased<C>>,
    pub(super) after: BTreeSet<String>,
    pub(super) container: Option<String>,
    pub(super) released: bool,
    pub(super) anchor: bool,
    pub(super) shared: bool,
    pub(super) shows: Option<(String, Hide)>,
}

impl<C: Send + Sync + 'static> Catalogue<C> {
    /// A catalogue that knows nothing.
    pub fn new() -> Self {
        Self { kinds: BTreeMap::new(), twice: BTreeSet::new() }
    }

    /// Adds a kind; the result takes its rules.
    pub fn kind<L: Link<Client = C>>(&mut self, name: &str, link: L) -> &mut Kind<C> {
        let kind = Kind {
            link: Arc::new(Typed(link)),
            after: BTreeSet::new(),
            container: None,
            released: false,
            anchor: false,
            shared: false,
            shows: None,
        };
        if self.kinds.contains_key(name) {
            self.twice.insert(name.to_owned());
        }
        self.kinds.entry(name.to_owned()).insert_entry(kind).into_mut()
    }

    /// What is wrong with the declarations, in sentences. A composite's test holds this empty.
    pub fn defects(&self) -> Vec<String> {
        let mut defects: Vec<_> = self.twice.iter().map(|name| format!("{name} is declared twice")).collect();
        for (name, kind) in &self.kinds {
            let shown = kind.shows.as_ref().map(|(parent, _)| parent);
            for other in kind.after.iter().chain(&kind.container).chain(shown) {
                if !self.kinds.contains_key(other) {
                    defects.push(format!("{name} names the kind {other}, which is not declared"));
                }
            }
            if self.before(name).contains(name) {
                defects.push(format!("{name} waits for its own removal"));
            }
        }
        defects
    }

    /// The kinds in the catalogue.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().map(String::as_str)
    }

    pub(super) fn get(&self, link: &LinkName) -> Option<&Kind<C>> {
        self.kinds.get(link.kind())
    }

    /// Whether AWS may remove `member` together with `container`, going by their kinds and keys.
    pub(super) fn holds(&self, container: &LinkName, member: &LinkName) -> bool {
        let has_key = |_: &str| {
            let beside = member.key().map(|key| LinkName::keyed(container.kind(), key));
            beside.is_some_and(|beside| beside.is_at_or_below(container))
        };
        self.get(member).is_some_and(|kind| kind.container.as_deref() == Some(container.kind()))
            && container.key().is_none_or(has_key)
    }

    /// What takes out of a state of `kind` what recorded objects of other kinds tell.
    pub(super) fn told_elsewhere(&self, kind: &str, record: &Record) -> Elsewhere {
        self.told_by(record.links.keys(), kind)
    }

    fn told_by<'a>(&self, links: impl Iterator<Item = &'a LinkName>, kind: &str) -> Elsewhere {
        let shown = links.filter_map(|link| self.get(link)?.shows.as_ref());
        Elsewhere(shown.filter(|(container, _)| container == kind).map(|(_, hide)| Arc::clone(hide)).collect())
    }

    /// Whether a run makes an object that tells something of this state, which leaves the record then.
    pub fn is_told_anew(&self, name: &LinkName, state: &Json, preview: &Preview) -> bool {
        let made = preview.steps.iter().filter(|(_, step)| *step == Step::Create).map(|(link, _)| link);
        self.told_by(made, name.kind()).hidden(state) != *state
    }

    /// Takes out of a link's recorded state what recorded objects of other kinds tell: those tell what holds, and a state that
    /// nobody changed reads the same after every refresh.
    pub(super) fn hide_shown(&self, name: &LinkName, record: &mut Record) {
        let elsewhere = self.told_elsewhere(name.kind(), record);
        if let Some(entry) = record.links.get_mut(name) {
            entry.state = elsewhere.hidden(&entry.state);
        }
    }

    /// The kinds that must be gone before one of `kind` can be, over any number of steps. What goes with
    /// a container is gone only when that is.
    fn before(&self, kind: &str) -> BTreeSet<String> {
        let step = |kind: &str| {
            let container = self.kinds.get(kind).and_then(|kind| kind.container.clone());
            self.directly_before(kind).into_iter().chain(container)
        };
        let mut found = BTreeSet::new();
        let mut open: Vec<String> = step(kind).collect();
        while let Some(next) = open.pop() {
            if !found.contains(&next) {
                open.extend(step(&next));
                found.insert(next);
            }
        }
        found
    }

    /// The kinds named by `kind` and by what goes with it.
    pub(super) fn directly_before(&self, kind: &str) -> BTreeSet<String> {
        let own = self.kinds.get(kind).into_iter().flat_map(|kind| kind.after.iter());
        let members = self.kinds.iter().filter(|(_, member)| member.container.as_deref() == Some(kind));
        own.chain(members.flat_map(|(_, member)| member.after.iter()))
            .filter(|name| name.as_str() != kind)
            .cloned()
            .gather()
    }
}

impl<C> Kind<C> {
    /// Deletes objects of this kind only when all objects of those kinds, among the ones being
    /// deleted in the same pass, are gone.
    pub fn after(&mut self, kinds: &[&str]) -> &mut Self {
        self.after.extend(kinds.iter().map(|&kind| kind.to_owned()));
        self
    }

    /// Makes no delete call of its own where AWS removes this object together with one of `kind`:
    /// when every recorded object of that kind with the same key, one above it, or without a key, is being
    /// deleted in the same pass. The entry leaves the record when those are gone. In every other
    /// case it is deleted like any object.
    pub fn goes_with(&mut self, kind: &str) -> &mut Self {
        self.container = Some(kind.to_owned());
        self
    }

    /// Only forgets an object of this kind: it is a look at somebody else's object, or an act that is
    /// never undone, so there is nothing to delete and nothing to wait for.
    pub fn released(&mut self) -> &mut Self {
        self.released = true;
        self
    }

    /// Declares that what runs do to objects of this kind shows in the state of `kind`, which was recorded before: there a
    /// read is no contradiction, and while one of this kind is recorded, `hide` gives those fields their defaults. This
    /// kind's own state tells what holds.
    pub fn shows_in<P: Compare>(&mut self, kind: &str, hide: fn(&mut P::State)) -> &mut Self {
        let hidden = move |state: &Json| {
            let mut state = decode::<P::State>(state)?;
            hide(&mut state);
            encode(&state)
        };
        self.shows = Some((kind.to_owned(), Arc::new(hidden)));
        self
    }

    /// Declares that an object of this kind may stay for others and leave the record even where nothing follows: whoever
    /// needs it last takes it away.
    pub fn shared(&mut self) -> &mut Self {
        self.shared = true;
        self
    }

    /// Makes this the kind whose absence means that the whole resource is gone.
    pub fn anchor(&mut self) -> &mut Self {
        self.anchor = true;
        self
    }
}

impl<C: Send + Sync + 'static> Default for Catalogue<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> fmt::Debug for Catalogue<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.kinds.iter()).finish()
    }
}

impl<C> fmt::Debug for Kind<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kind")
            .field("after", &self.after)
            .field("goes_with", &self.container)
            .field("released", &self.released)
            .field("anchor", &self.anchor)
            .field("shows", &self.shows.as_ref().map(|(kind, _)| kind))
            .finish_non_exhaustive()
    }
}
