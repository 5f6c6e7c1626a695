//! An instance: where it stands, and whether it runs.

use crate::simulator::clock::Moment;
use crate::simulator::timed::Timed;

/// Holds one instance.
#[derive(Debug, Clone)]
pub struct Instance {
    /// `i-…`.
    pub id: String,
    /// Subnet.
    pub subnet_id: String,
    /// VPC.
    pub vpc_id: String,
    /// Its interface.
    pub interface_id: String,
    /// `pending`, `running`, `shutting-down`, `terminated`; `gone` when no longer listed.
    pub state: Timed<&'static str>,
}

impl Instance {
    /// Tells whether it runs.
    pub fn running(&self, now: Moment) -> bool {
        *self.state.at(now) == "running"
    }

    /// Tells whether Describe still shows it.
    pub fn listed(&self, now: Moment) -> bool {
        *self.state.at(now) != "gone"
    }
}
