//! The size of a token bucket.

/// Describes a bucket: tokens when full, tokens per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Tokens of a full bucket.
    pub capacity: f64,
    /// Tokens that come back per second.
    pub refill: f64,
}

/// Makes a limit.
pub const fn limit(capacity: f64, refill: f64) -> Limit {
    Limit { capacity, refill }
}
