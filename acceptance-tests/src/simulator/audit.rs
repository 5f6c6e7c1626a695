//! The record of every call, in order.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

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

/// Where each call is written as it comes, a line of JSON each.
#[derive(Clone)]
pub struct Follower(Arc<Mutex<Box<dyn Write + Send>>>);

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Follower")
    }
}

/// Holds the record of a world.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    calls: Vec<Call>,
    count: u64,
    follower: Option<Follower>,
}

impl Audit {
    /// Adds a line and gives it its number.
    pub fn record(&mut self, mut call: Call) {
        self.count += 1;
        call.n = self.count;
        if let Some(Follower(out)) = &self.follower
            && let Ok(line) = serde_json::to_string(&call)
        {
            let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
            // A log that cannot be written is no reason to refuse a call.
            let _written = writeln!(out, "{line}").and_then(|()| out.flush());
        }
        self.calls.push(call);
    }

    /// Writes each further call as a line of JSON.
    pub fn follow(&mut self, out: Box<dyn Write + Send>) {
        self.follower = Some(Follower(Arc::new(Mutex::new(out))));
    }

    /// Starts a record that is written to where this one was.
    #[must_use]
    pub fn anew(&mut self) -> Self {
        Self { follower: self.follower.take(), ..Self::default() }
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
