//! The `timeouts` block that every composite has.

use std::time::Duration;

use crate::schema::{Rule, formats};
use crate::value::Value;

/// As in hashicorp/aws for load balancers and endpoints, with room for slow days.
const USUAL: &str = "15m";
/// AWS may take fifteen minutes to release the network interfaces of a load balancer or an endpoint, and what
/// they hold goes after them.
const DELETE: &str = "30m";

crate::attributes! {
    /// How long to wait for AWS, as durations such as `30s`, `15m` or `1h15m`.
    pub struct Timeouts {
        /// For the creation.
        optional_computed create: String = USUAL => [Rule::Is(&formats::DURATION)],
        /// For an update.
        optional_computed update: String = USUAL => [Rule::Is(&formats::DURATION)],
        /// For the destruction. AWS may keep network interfaces for a quarter of an hour.
        optional_computed delete: String = DELETE => [Rule::Is(&formats::DURATION)],
    }
}

/// Reads end soon or something is wrong.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// The verb's timeout from the resource's `timeouts` block.
pub(super) fn timeout(state: &Value, verb: &str) -> Duration {
    let usual = if verb == "delete" { DELETE } else { USUAL };
    let written = state.get("timeouts").get(verb).as_str().and_then(formats::duration);
    written.or_else(|| formats::duration(usual)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_that_is_not_written_is_the_one_on_the_page() {
        let written = Value::Map([("delete".to_owned(), Value::from("40m"))].into());
        let state = Value::Map([("timeouts".to_owned(), written)].into());
        let minutes = |state: &Value, verb: &str| timeout(state, verb).as_secs() / 60;
        assert_eq!((minutes(&state, "delete"), minutes(&state, "update")), (40, 15));
        assert_eq!((minutes(&Value::Null, "create"), minutes(&Value::Null, "delete")), (15, 30));
    }
}
