//! What is sent through endpoints: the source of CloudWatch's data.
//!
//! `send.rs` writes it down, `cloudwatch/` reads it.

use super::clock::Moment;

/// Milliseconds of the minute in which CloudWatch counts.
pub const MINUTE: u64 = 60_000;
/// Flows that are remembered.
const MOST: usize = 50_000;

/// Holds one share of what was sent: through one interface of an endpoint, and one node of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// The beginning of its minute.
    pub minute: Moment,
    /// From then on CloudWatch shows it.
    pub shown_at: Moment,
    /// The endpoint.
    pub endpoint_id: String,
    /// The subnet of its interface.
    pub subnet_id: String,
    /// The node, where it got that far.
    pub node: Option<Node>,
    /// What arrived.
    pub bytes: u64,
    /// What came about.
    pub connections: u64,
    /// What was dropped.
    pub dropped: u64,
    /// What was reset.
    pub reset: u64,
}

/// Names the far end of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The service.
    pub service_id: String,
    /// The load balancer, by ARN.
    pub load_balancer: String,
    /// Its zone, as its owner's account calls it.
    pub zone: String,
}

/// Holds everything that was sent.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    flows: Vec<Flow>,
    count: u64,
}

impl Traffic {
    /// Lists what CloudWatch shows at a moment.
    pub fn shown(&self, now: Moment) -> impl Iterator<Item = &Flow> {
        self.flows.iter().filter(move |flow| flow.shown_at <= now)
    }

    /// Counts one sending; gives its number.
    pub fn count(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Keeps the flows of a sending; the oldest go where there are too many.
    pub fn keep(&mut self, flows: Vec<Flow>) {
        self.flows.extend(flows);
        let excess = self.flows.len().saturating_sub(MOST);
        self.flows.drain(..excess);
    }
}

/// Gives the beginning of a moment's minute.
pub fn minute_of(moment: Moment) -> Moment {
    Moment(moment.0 - moment.0 % MINUTE)
}
