//! The `timeouts` block that every composite has.

use crate::schema::{Rule, formats};

crate::attributes! {
    /// How long to wait for AWS, as durations such as `30s`, `15m` or `1h15m`.
    pub struct Timeouts {
        /// For the creation.
        optional create: String = "15m" => [Rule::Is(&formats::DURATION)],
        /// For an update.
        optional update: String = "15m" => [Rule::Is(&formats::DURATION)],
        /// For the destruction.
        optional delete: String = "15m" => [Rule::Is(&formats::DURATION)],
    }
}
