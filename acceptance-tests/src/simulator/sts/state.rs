//! What STS keeps of the whole world.

use std::collections::BTreeMap;

/// Holds what roles ask of their callers.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// External id by role ARN; AssumeRole without it is `AccessDenied`.
    pub external_ids: BTreeMap<String, String>,
}
