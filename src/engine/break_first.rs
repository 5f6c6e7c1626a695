//! Makes room for a link: where AWS allows only one object at a time, the old one goes first.

use std::collections::BTreeSet;

use super::converge::{Converge, Kind, Phase};
use super::failure::Class;
use super::outcome::Cause;
use super::removal::Object;
use super::wait::StepError;

impl<C: Send + Sync + 'static> Converge<'_, C> {
    /// Whether something behind the link is being worked on, so that its object must stay for now.
    pub(super) fn is_built_upon(&self, index: usize) -> bool {
        let busy = |child: &usize| {
            self.links.get(*child).is_some_and(|p| matches!(p.phase, Phase::Working | Phase::Breaking(_)))
        };
        self.chain.descendants(index).iter().any(busy)
    }

    /// Deletes a link's object and whatever behind it must go first; all of it is made anew.
    pub(super) fn make_room(&mut self, index: usize) {
        let links = self.must_go(index);
        let mut objects = Vec::new();
        for &link in &links {
            let Some(name) = self.chain.node(link).map(|node| node.name.clone()) else { continue };
            let Some(object) = Object::live(&self.record, &name) else { continue };
            if let Some(progress) = self.links.get_mut(link) {
                progress.phase = Phase::Waiting;
                progress.current = false;
            }
            objects.push(object);
        }
        self.removal.add(objects.clone(), &mut self.problems);
        self.set(index, Phase::Breaking(objects));
    }

    /// The link, those built from it that AWS wants gone before it, and those that AWS removes with it.
    fn must_go(&self, index: usize) -> BTreeSet<usize> {
        let behind = self.chain.descendants(index);
        let mut links = BTreeSet::new();
        let mut open = vec![index];
        while let Some(next) = open.pop() {
            let Some(node) = self.chain.node(next).filter(|_| links.insert(next)) else { continue };
            let first = self.run.catalogue.directly_before(node.name.kind());
            open.extend(behind.iter().copied().filter(|&child| {
                self.chain.node(child).is_some_and(|child| {
                    first.contains(child.name.kind()) || self.run.catalogue.holds(&node.name, &child.name)
                })
            }));
        }
        links
    }

    /// Lets go of the links whose room was made. Where it could not be, a problem tells why.
    pub(super) fn release(&mut self) {
        for (progress, node) in self.links.iter_mut().zip(self.chain.nodes()) {
            if let Phase::Breaking(objects) = &progress.phase {
                if self.removal.are_gone(objects) {
                    progress.phase = Phase::Waiting;
                } else if objects.iter().any(|object| object.link == node.name && self.removal.has_failed(object)) {
                    progress.phase = Phase::Failed;
                }
            }
        }
    }

    /// Whether an object that stands in the way is one of our own that is about to move or to go:
    /// two listeners that exchange their ports, a record set under a new key. Once for each link.
    pub(super) fn give_way(&mut self, index: usize, kind: Kind, step_error: &StepError) -> bool {
        let taken = matches!(&step_error.cause, Cause::Failed(failure) if failure.class == Class::Taken);
        let Some(node) = self.chain.node(index).filter(|_| taken && matches!(kind, Kind::Create | Kind::Update)) else {
            return false;
        };
        let Some(progress) = self.links.get_mut(index).filter(|progress| !progress.gives_way) else { return false };
        progress.gives_way = true;
        let leaving: Vec<_> = Object::all(&self.record)
            .into_iter()
            .filter(|object| object.link.kind() == node.name.kind())
            .filter(|object| !object.is_live(&self.record) || !self.chain.contains(&object.link))
            .collect();
        if !leaving.is_empty() {
            self.removal.add(leaving.clone(), &mut self.problems);
            self.set(index, Phase::Breaking(leaving));
            return true;
        }
        let moving = !self.has_way(index);
        if moving {
            self.set(index, Phase::Waiting);
        }
        moving
    }

    /// Whether no other link of the same kind is still to be made or changed.
    pub(super) fn has_way(&self, index: usize) -> bool {
        let Some(node) = self.chain.node(index) else { return true };
        let moves = |(other, progress): (usize, &super::converge::Progress)| {
            other != index
                && !progress.current
                && !progress.gives_way
                && progress.phase != Phase::Failed
                && self.chain.node(other).is_some_and(|other| other.name.kind() == node.name.kind())
        };
        !self.links.iter().enumerate().any(moves)
    }
}
