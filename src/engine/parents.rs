//! What a link may say about what it is built from. The types make an undeclared dependency a compile error.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::failure::{Class, Failure, Result};
use super::record::LinkName;
use super::record::decode;

/// A link of a chain, for links behind it to name. Carries the type of its state.
pub struct Handle<S> {
    name: LinkName,
    state: PhantomData<fn() -> S>,
}

/// One dependency: on a link's existence or on its readiness.
pub struct Edge<S> {
    need: Need,
    state: PhantomData<fn() -> S>,
}

/// An order alone: the other link's work on its object ends first. Its state is not passed, so a plan
/// does not hold what comes after it for unknown.
#[derive(Debug, Clone)]
pub struct Order {
    need: Need,
}

/// An edge without its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    pub(super) link: LinkName,
    pub(super) ready: bool,
    pub(super) order_only: bool,
}

/// States by link, as spec functions see them.
pub type States = BTreeMap<LinkName, Json>;

impl<S> Handle<S> {
    pub(super) fn new(name: LinkName) -> Self {
        Self { name, state: PhantomData }
    }

    /// The link's name.
    pub fn name(&self) -> &LinkName {
        &self.name
    }

    /// Its id is enough: goes on as soon as it is made or updated.
    pub fn exists(&self) -> Edge<S> {
        Edge { need: Need { link: self.name.clone(), ready: false, order_only: false }, state: PhantomData }
    }

    /// It must work, and its gate must be open.
    pub fn ready(&self) -> Edge<S> {
        Edge { need: Need { link: self.name.clone(), ready: true, order_only: false }, state: PhantomData }
    }

    /// It goes first, and nothing of it is needed.
    pub fn first(&self) -> Order {
        Order { need: Need { link: self.name.clone(), ready: false, order_only: true } }
    }
}

impl<S> Clone for Handle<S> {
    fn clone(&self) -> Self {
        Self::new(self.name.clone())
    }
}

impl<S> Clone for Edge<S> {
    fn clone(&self) -> Self {
        Self { need: self.need.clone(), state: PhantomData }
    }
}

impl<S> std::fmt::Debug for Handle<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Handle").field(&self.name).finish()
    }
}

impl<S> std::fmt::Debug for Edge<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Edge").field(&self.need).finish()
    }
}

/// One position in a link's parents: an [`Edge`], an `Option` of one, a `Vec` of them, or a `Vec` of [`Order`]s.
pub trait Parent: Send + Sync + 'static {
    /// What the spec function receives for it: the state, an `Option` or a `Vec` of it.
    type State;

    /// Lists the edges.
    fn needs(&self) -> Vec<Need>;

    /// Picks the states.
    fn pick(&self, states: &States) -> Result<Self::State>;
}

impl<S: DeserializeOwned + 'static> Parent for Edge<S> {
    type State = S;

    fn needs(&self) -> Vec<Need> {
        vec![self.need.clone()]
    }

    fn pick(&self, states: &States) -> Result<S> {
        let state = states
            .get(&self.need.link)
            .ok_or_else(|| Failure::new(Class::Bug, format!("{} was used before it exists", self.need.link)))?;
        decode(state)
    }
}

impl<S: DeserializeOwned + 'static> Parent for Option<Edge<S>> {
    type State = Option<S>;

    fn needs(&self) -> Vec<Need> {
        self.iter().flat_map(Parent::needs).collect()
    }

    fn pick(&self, states: &States) -> Result<Option<S>> {
        self.as_ref().map(|edge| edge.pick(states)).transpose()
    }
}

impl<S: DeserializeOwned + 'static> Parent for Vec<Edge<S>> {
    type State = Vec<S>;

    fn needs(&self) -> Vec<Need> {
        self.iter().flat_map(Parent::needs).collect()
    }

    fn pick(&self, states: &States) -> Result<Vec<S>> {
        self.iter().map(|edge| edge.pick(states)).collect()
    }
}

impl Parent for Vec<Order> {
    type State = ();

    fn needs(&self) -> Vec<Need> {
        self.iter().map(|order| order.need.clone()).collect()
    }

    fn pick(&self, _states: &States) -> Result<()> {
        Ok(())
    }
}

/// All parents of a link: a tuple of up to five [`Parent`]s.
pub trait Parents: Send + Sync + 'static {
    /// The tuple that the spec function receives.
    type States;

    /// Lists the edges.
    fn needs(&self) -> Vec<Need>;

    /// Picks the states.
    fn pick(&self, states: &States) -> Result<Self::States>;
}

impl Parents for () {
    type States = ();

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn pick(&self, _states: &States) -> Result<()> {
        Ok(())
    }
}

macro_rules! tuples {
    ($($parent:ident $index:tt),+) => {
        impl<$($parent: Parent),+> Parents for ($($parent,)+) {
            type States = ($($parent::State,)+);

            fn needs(&self) -> Vec<Need> {
                [$(self.$index.needs()),+].concat()
            }

            fn pick(&self, states: &States) -> Result<Self::States> {
                Ok(($(self.$index.pick(states)?,)+))
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
