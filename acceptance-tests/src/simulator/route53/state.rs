//! What Route 53 holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::simulator::clock::Moment;

use super::zone::Zone;

/// Holds the objects.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Zones by id without `/hostedzone/`, deleted ones included: ask `exists_at`.
    pub zones: BTreeMap<String, Zone>,
    /// Account and caller reference of every zone there ever was.
    pub caller_references: BTreeSet<(String, String)>,
    /// Changes by id.
    pub changes: Changes,
}

/// Holds one change.
#[derive(Debug, Clone)]
pub struct ChangeRecord {
    /// Its id.
    pub id: String,
    /// Account of the caller.
    pub owner: String,
    /// When it was asked for.
    pub submitted: Moment,
    /// From then on every server answers with it.
    pub in_sync: Moment,
    /// The caller's comment.
    pub comment: Option<String>,
}

/// Holds all changes of a world, by id.
pub type Changes = BTreeMap<String, ChangeRecord>;
