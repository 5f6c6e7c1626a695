//! STS: who the caller is, and keys of roles.
//!
//! A key of twelve digits stands for that account's user; AssumeRole issues keys that stand for the role's account and for the
//! role. Which roles exist is known to EC2's principals; what a role asks of its callers is in `State`. IAM policies are not
//! simulated: session policies are read, checked to be JSON, and limit nothing.

use serde_json::{Map, Value};

use super::clock::Moment;
use super::operation::Operation;
use super::state::State as World;

pub mod assume_role;
pub mod identity;
pub mod state;

pub use state::State;

/// Operations of this service.
pub const TABLES: &[&[Operation]] = &[assume_role::OPERATIONS, identity::OPERATIONS];

/// Forces an object's state; `None` when the kind is not of this service. A role takes `{"external_id": "…"}`, null for none.
pub fn force(
    state: &mut World,
    _now: Moment,
    kind: &str,
    id: &str,
    fields: &Map<String, Value>,
) -> Option<Result<(), String>> {
    if kind != "role" {
        return None;
    }
    let wanted = fields.get("external_id").filter(|_| fields.len() == 1);
    Some(match wanted {
        Some(Value::String(external_id)) => {
            state.sts.external_ids.insert(id.to_owned(), external_id.clone());
            Ok(())
        }
        Some(Value::Null) => {
            state.sts.external_ids.remove(id);
            Ok(())
        }
        _ => Err("a role takes external_id: a text, or null".to_owned()),
    })
}
