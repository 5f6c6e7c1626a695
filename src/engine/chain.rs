//! The chain: which links a composite has, and what each is built from. Declared once per composite.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::erased::{AnySpec, Erased, Typed, guard};
use super::failure::{Class, Failure};
use super::link::Link;
use super::parents::{Handle, Need, Parents, States};
use super::record::LinkName;

type SpecFn = Arc<dyn Fn(&States) -> Result<Option<AnySpec>, Failure> + Send + Sync>;

/// The links of one composite for one configuration, parents before children.
pub struct Chain<C> {
    nodes: Vec<Node<C>>,
    names: BTreeMap<LinkName, usize>,
    defects: Vec<(LinkName, Failure)>,
}

/// A link in its place.
pub(super) struct Node<C> {
    pub(super) name: LinkName,
    pub(super) link: Arc<dyn Erased<C>>,
    pub(super) parents: Vec<Place>,
    /// Links that wait at their gate for what this one does.
    pub(super) opens: Vec<usize>,
    spec: SpecFn,
}

/// A parent by its place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) index: usize,
    pub(super) ready: bool,
    pub(super) order_only: bool,
}

impl<C: Send + Sync + 'static> Chain<C> {
    /// A chain without links.
    pub fn new() -> Self {
        Self { nodes: Vec::new(), names: BTreeMap::new(), defects: Vec::new() }
    }

    /// Adds a link. Its parents are edges of handles that this chain gave before, so there are no
    /// cycles. `spec` makes what is wanted from exactly the declared parents' states; `None` means
    /// not known yet, because the configuration or a field of a parent is not.
    ///
    /// A name given twice, or a handle of another chain, is a defect that every run reports before
    /// it does anything.
    pub fn link<L, P, F>(&mut self, name: impl Into<LinkName>, link: L, parents: P, spec: F) -> Handle<L::State>
    where
        L: Link<Client = C>,
        P: Parents,
        F: Fn(&P::States) -> Option<L::Spec> + Send + Sync + 'static,
    {
        let name = name.into();
        let places = self.places(&name, &parents.needs());
        let spec: SpecFn =
            Arc::new(move |states| guard(|| Ok(spec(&parents.pick(states)?).map(|spec| Arc::new(spec) as AnySpec))));
        if self.names.insert(name.clone(), self.nodes.len()).is_some() {
            self.defects.push((name.clone(), Failure::new(Class::Bug, "the chain has two links of this name")));
        }
        self.nodes.push(Node {
            name: name.clone(),
            link: Arc::new(Typed(link)),
            parents: places,
            opens: Vec::new(),
            spec,
        });
        Handle::new(name)
    }

    /// Declares that a link does what the gate of another one waits for: where it fails, nobody waits any longer.
    pub fn opens<O, G>(&mut self, opener: &Handle<O>, gate: &Handle<G>) {
        let place = |handle: &LinkName| self.names.get(handle).copied();
        let (opener, gate) = (place(opener.name()), place(gate.name()));
        if let (Some(node), Some(gate)) = (opener.and_then(|opener| self.nodes.get_mut(opener)), gate) {
            node.opens.push(gate);
        }
    }

    fn places(&mut self, name: &LinkName, needs: &[Need]) -> Vec<Place> {
        let mut places = Vec::new();
        for need in needs {
            if let Some(&index) = self.names.get(&need.link) {
                places.push(Place { index, ready: need.ready, order_only: need.order_only });
            } else {
                let words = format!("its parent {} is not in this chain", need.link);
                self.defects.push((name.clone(), Failure::new(Class::Bug, words)));
            }
        }
        places
    }

    /// The links' names, parents before children.
    pub fn names(&self) -> impl Iterator<Item = &LinkName> {
        self.nodes.iter().map(|node| &node.name)
    }

    /// Whether the chain has this link.
    pub fn contains(&self, name: &LinkName) -> bool {
        self.names.contains_key(name)
    }

    pub(super) fn nodes(&self) -> &[Node<C>] {
        &self.nodes
    }

    pub(super) fn node(&self, index: usize) -> Option<&Node<C>> {
        self.nodes.get(index)
    }

    pub(super) fn defects(&self) -> &[(LinkName, Failure)] {
        &self.defects
    }

    /// Everything built from a link, over any number of steps.
    pub(super) fn descendants(&self, index: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for (child, node) in self.nodes.iter().enumerate() {
            if node.parents.iter().any(|parent| parent.index == index || found.contains(&parent.index)) {
                found.insert(child);
            }
        }
        found
    }
}

impl<C> Node<C> {
    /// What is wanted, given the states of the parents.
    pub(super) fn spec(&self, states: &States) -> Result<Option<AnySpec>, Failure> {
        (self.spec)(states)
    }
}

impl<C: Send + Sync + 'static> Default for Chain<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> fmt::Debug for Chain<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.nodes.iter().map(|node| (&node.name, &node.parents))).finish()
    }
}
