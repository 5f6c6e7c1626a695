//! What Route 53 holds.

use std::collections::{BTreeMap, BTreeSet};

use super::changes;
use super::zone;

/// Holds the objects.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Zones by id without `/hostedzone/`, deleted ones included: ask `exists_at`.
    pub zones: BTreeMap<String, zone::Zone>,
    /// Account and caller reference of every zone there ever was.
    pub caller_references: BTreeSet<(String, String)>,
    /// Changes by id.
    pub changes: changes::Changes,
}
