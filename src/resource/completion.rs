//! Results that a stored state lacks because the release that stored it did not have them.
//!
//! Without them a plan that does not refresh would show each of them as a change. They follow from the record, as after every read.

use super::Resource;
use super::access::Access;
use super::state::{Stored, null_unknowns};
use crate::engine::View;
use crate::schema::Presence;
use crate::value::Value;

impl<C: Access> Resource<C> {
    /// Fills the computed attributes among these; a state that cannot be read stays as it is.
    pub(super) fn completed(&self, state: Value, lacks: &[&str]) -> Value {
        let block = self.block();
        let computed =
            |name: &&&str| block.attribute(name).is_some_and(|attribute| attribute.presence == Presence::Computed);
        let lacking: Vec<&str> = lacks.iter().filter(computed).copied().collect();
        let (Ok(stored), Ok(mut config)) = (Stored::read(&state), self.decode(&state)) else { return state };
        if lacking.is_empty() || stored.record.is_empty() {
            return state;
        }
        self.kind.outputs(&View::of(&stored.record), &mut config);
        let told = config.encode();
        let mut entries = state.as_map().cloned().unwrap_or_default();
        for name in lacking {
            let mut value = told.get(name).clone();
            null_unknowns(&mut value);
            entries.insert(name.to_owned(), value);
        }
        Value::Map(entries)
    }
}
