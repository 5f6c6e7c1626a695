//! The record of every call, in order.

use serde::Serialize;

/// Holds one line of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Position, from 1.
    pub n: u64,
    /// Simulated milliseconds since the world began.
    pub at_ms: u64,
    /// Account of the caller.
    pub account: String,
    /// Region of the call.
    pub region: String,
    /// Service: `ec2`, `elasticloadbalancing`, `route53`, `sts`.
    pub service: String,
    /// Operation, in AWS's words.
    pub operation: String,
    /// Whether the operation changes anything.
    pub mutating: bool,
    /// `ok`, the error code, or what the fault script did (`lost_reply`, `reset`, `hang`, `killed`).
    pub outcome: String,
    /// Whether it was refused for its rate.
    pub throttled: bool,
    /// Keys of the tags that it sets or removes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag_keys: Vec<String>,
}

/// Holds the record of a world.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    calls: Vec<Call>,
    count: u64,
}

impl Audit {
    /// Adds a line and gives it its number.
    pub fn record(&mut self, mut call: Call) {
        self.count += 1;
        call.n = self.count;
        self.calls.push(call);
    }

    /// Gives the calls so far.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Empties the record and starts counting again.
    pub fn clear(&mut self) {
        self.calls.clear();
        self.count = 0;
    }
}
