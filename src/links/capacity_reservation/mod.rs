//! The least capacity that AWS keeps ready for a network load balancer.
//!
//! It has an API of its own and is asked for where it is written alone. AWS provisions it within minutes or hours, which nobody
//! waits for: the load balancer works all the while.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

pub use calls::read;

use serde::{Deserialize, Serialize};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct CapacityReservation;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The load balancer.
    pub load_balancer_arn: String,
    /// Capacity units of a load balancer, each 2.2 Mbit/s of throughput.
    pub capacity_units: i32,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The load balancer.
    pub load_balancer_arn: String,
    /// Capacity units of a load balancer.
    pub capacity_units: i32,
}
