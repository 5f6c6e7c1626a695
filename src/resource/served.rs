//! A composite, served: what every verb of it uses and what this process keeps in mind of its resources.

use std::sync::{Arc, Mutex};

use super::access::Access;
use super::composite::{Composite, Connection};
use super::decoded::Config;
use super::facts::Facts;
use super::hands_over::{HandsOver, Seen, Successors};
use super::kind::{Kind, Of};
use super::objections::Objections;
use super::recoverable::Recoverable;
use super::replaced::{Births, Removed};
use super::run_tag::Claims;
use crate::diagnostic::Diagnostics;
use crate::engine::{Catalogue, Limits, Rounds, Run};
use crate::schema::Block;
use crate::value::Value;

/// A composite, served.
pub struct Resource<C> {
    pub(super) kind: Arc<dyn Kind<C>>,
    pub(super) recovery: Option<Arc<dyn Recoverable<C>>>,
    pub(super) handovers: Option<Arc<dyn HandsOver<C>>>,
    pub(super) facts: &'static Facts,
    pub(super) connection: Arc<dyn Connection<C>>,
    pub(super) catalogue: Arc<Catalogue<C>>,
    pub(super) successors: Successors<C>,
    pub(super) seen: Seen,
    pub(super) made: Mutex<Vec<Value>>,
    pub(super) removed: Removed,
    pub(super) births: Births,
    pub(super) claims: Claims,
    pub(super) objections: Objections,
    pub(super) rounds: Rounds,
}

impl<C: Access> Resource<C> {
    /// Serves a composite over the provider's connection.
    pub fn new<K: Composite<Client = C>>(connection: Arc<dyn Connection<C>>) -> Self {
        let kind: Arc<dyn Kind<C>> = Arc::new(Of::<K>::new());
        let (facts, catalogue) = (kind.facts(), Arc::new(kind.catalogue()));
        let (successors, seen, made) = (Successors::default(), Seen::default(), Mutex::default());
        Self {
            recovery: kind.recovery(),
            handovers: kind.handovers(),
            kind,
            facts,
            connection,
            catalogue,
            successors,
            seen,
            made,
            removed: Removed::default(),
            births: Births::default(),
            claims: Claims::default(),
            objections: Objections::default(),
            rounds: Rounds::default(),
        }
    }

    /// The name of its type, such as `privatelink_service`.
    pub fn type_name(&self) -> &'static str {
        self.facts.type_name
    }

    /// Its word in messages: `service`.
    pub(super) fn noun(&self) -> &'static str {
        self.facts.noun
    }

    pub(super) fn block(&self) -> Block {
        self.kind.block()
    }

    /// A run for a resource of which everything is recorded.
    pub(super) fn run(&self, client: Arc<C>, resource: String, uid: String, limits: Limits) -> Run<C> {
        Run {
            client,
            catalogue: Arc::clone(&self.catalogue),
            resource,
            uid,
            resumed: false,
            lead_tag: None,
            progress: None,
            stale_until: None,
            limits,
            rounds: self.rounds.clone(),
        }
    }

    /// Reads a configuration, a plan or a state as typed code wants it.
    pub(super) fn decode(&self, value: &Value) -> Result<Config, Diagnostics> {
        self.kind.decode(value)
    }
}

impl<C> std::fmt::Debug for Resource<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resource").field("type", &self.facts.type_name).finish_non_exhaustive()
    }
}
