//! What Terraform core demands of a provider, restated in our own words.
//!
//! Core checks every schema, plan and result, and gives the user an error that names the provider as
//! the culprit. These functions say the same about a [`Value`] and a [`Schema`](privatelink::schema::Schema)
//! without core, so that every test can afford to ask. They restate; they do not decide: where they
//! and core differ, core is right.
//!
//! | Core | Here |
//! | --- | --- |
//! | `InternalValidate` | [`check_provider`], [`check_resource_schema`], [`check_provider_schema`] |
//! | `ProposedNew` | [`proposed_new_state`](privatelink::protocol::proposed_new_state), with which `adopt` plans too |
//! | `AssertPlanValid` | [`assert_plan_valid`] |
//! | filtering of `RequiresReplace` | [`effective_replacements`] |
//! | `AssertObjectCompatible` | [`assert_object_compatible`] |
//! | "wholly known, type-exact" | [`assert_state_valid`] |

mod plan;
mod replace;
mod result;
mod schema;

use std::fmt;

pub use plan::assert_plan_valid;
pub use replace::effective_replacements;
pub use result::{assert_object_compatible, assert_state_valid};
pub use schema::{check_identity_schema, check_provider, check_provider_schema, check_resource_schema};

use privatelink::schema::{Attribute, Presence};
use privatelink::value::{Path, Value};

/// A rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Where. Elements of sets have no step of their own.
    pub path: Path,
    /// What core would say, in fewer words.
    pub rule: String,
}

impl Breach {
    fn new(path: &Path, rule: impl Into<String>) -> Self {
        Self { path: path.clone(), rule: rule.into() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() { f.write_str(&self.rule) } else { write!(f, "{}: {}", self.path, self.rule) }
    }
}

fn is_computed(attribute: &Attribute) -> bool {
    matches!(attribute.presence, Presence::Computed | Presence::OptionalComputed)
}

/// A value for a message; nothing of a sensitive one.
fn show(value: &Value, sensitive: bool) -> String {
    if sensitive { "(sensitive)".to_owned() } else { format!("{value:?}") }
}

/// The element at a position; null where there is none.
fn at(items: &[Value], index: usize) -> &Value {
    const NOTHING: &Value = &Value::Null;
    items.get(index).unwrap_or(NOTHING)
}
