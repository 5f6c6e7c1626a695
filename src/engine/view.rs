//! The states of all links as far as they are known: what a composite's outputs are made from.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::record::decode;
use super::record::{LinkName, Record};
use crate::gather::Gather as _;
use crate::value::Attr;

/// One state per link: known, unknown until apply, or null where nothing exists.
///
/// Made from a plan by [`super::preview`] and from a record by [`View::of`], so that one function
/// fills the outputs of both.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct View {
    states: BTreeMap<LinkName, Attr<Json>>,
}

impl View {
    /// What a record holds: every state known.
    pub fn of(record: &Record) -> Self {
        let states = record.links.iter().map(|(name, entry)| (name.clone(), Attr::Known(entry.state.clone()))).gather();
        Self { states }
    }

    /// The state of a link; null where there is none, and where what is recorded is not of this
    /// type (refresh and converge report that as a problem).
    pub fn state<S: DeserializeOwned>(&self, name: &str) -> Attr<S> {
        self.json(&LinkName::from(name)).and_then(|state| decode(state).map_or(Attr::Null, Attr::Known))
    }

    /// The same before decoding.
    pub fn json(&self, name: &LinkName) -> Attr<&Json> {
        self.states.get(name).map_or(Attr::Null, Attr::as_ref)
    }

    /// The links that are known or unknown, in the order of their names.
    pub fn names(&self) -> impl Iterator<Item = &LinkName> {
        self.states.iter().filter(|(_, state)| state.is_set()).map(|(name, _)| name)
    }

    pub(super) fn set(&mut self, name: LinkName, state: Attr<Json>) {
        self.states.insert(name, state);
    }
}
