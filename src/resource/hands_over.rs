//! What one resource hands over to another, for a composite whose type the caller does not know, and the resources that wait
//! for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

use super::decoded::Config;
use super::server::BoxFuture;
use crate::diagnostic::Diagnostic;
use crate::engine::{LinkName, Record, Result};
use crate::value::Value;

/// What a resource of the same type and name holds, of which AWS allows only one.
pub struct Handover<Wanted> {
    /// The uid of the resource that holds it.
    pub uid: String,
    /// The configuration without it, with which the new resource begins.
    pub beginning: Wanted,
    /// The links that the other one gives up, and that the new one makes anew.
    pub links: Vec<LinkName>,
    /// Links whose objects, and those of what belongs to them, pass from one to the other as they are.
    pub objects: Vec<LinkName>,
    /// Tells people what happens when.
    pub warning: Diagnostic,
    /// From what the new resource has made to what it then takes over or finds; none where it cannot take it, because
    /// it does not work yet. Objects that pass are as they are now, or as little of them as is known.
    pub planned_states: PlannedStates,
}

/// States by link.
pub type PlannedStates = Box<dyn FnOnce(&Record) -> Option<Vec<(LinkName, Json)>> + Send + Sync>;

impl<Wanted> Handover<Wanted> {
    /// The same with its configuration written in another way.
    pub(super) fn beginning_with<T>(self, write: impl FnOnce(Wanted) -> T) -> Handover<T> {
        let Self { uid, beginning, links, objects, warning, planned_states } = self;
        Handover { uid, beginning: write(beginning), links, objects, warning, planned_states }
    }
}

/// States of resources by their uids, as far as this process has seen them.
pub(super) type Seen = Mutex<BTreeMap<String, Value>>;

/// By the uid of the resource that is to be destroyed.
pub(super) type Successors<C> = Mutex<BTreeMap<String, Successor<C>>>;

/// A resource that was made and waits for what the other one holds.
pub(super) struct Successor<C> {
    pub(super) client: Arc<C>,
    pub(super) config: Config,
    pub(super) resource: String,
    pub(super) uid: String,
    pub(super) record: Record,
    pub(super) links: Vec<LinkName>,
    pub(super) objects: Vec<LinkName>,
}

/// The [`super::handover::Handovers`] of a composite of any type.
pub struct AnyHandovers<C>(pub(super) Arc<dyn HandsOver<C>>);

/// The functions of [`super::handover::Handovers`] under the same names, for a caller that does not know the type.
pub(super) trait HandsOver<C>: Send + Sync {
    fn handover<'a>(
        &'a self,
        client: &'a C,
        config: &'a Config,
        resource: &'a str,
    ) -> BoxFuture<'a, Result<Option<Handover<Config>>>>;
    fn forget_taken_over(&self, record: &mut Record, uid: &str);
}
