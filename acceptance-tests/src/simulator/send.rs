//! Sending through endpoints.
//!
//! [`send`] follows the packets as `reach` does. What arrives is bytes and connections at the endpoint, at its service and at the load
//! balancer; what ends on the way is dropped or reset there; what no interface lets in leaves no trace.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::durations::METRICS_VISIBLE;
use super::reach::{self, Passed, Protocol, Reach, ReachRequest};
use super::rng;
use super::rules::Rule;
use super::state::State;
use super::traffic::{Flow, MINUTE, Node, minute_of};

/// Says what is sent; where from and where to is as in [`ReachRequest`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendRequest {
    account: String,
    vpc_id: String,
    name: String,
    port: u16,
    #[serde(default)]
    protocol: Protocol,
    #[serde(default)]
    security_group_ids: Vec<String>,
    #[serde(default)]
    ip: Option<String>,
    #[serde(default)]
    subnet_id: Option<String>,
    #[serde(default)]
    region: Option<String>,
    /// Bytes, both directions together.
    #[serde(default)]
    bytes: u64,
    /// Connections that they are sent over.
    #[serde(default = "one")]
    connections: u64,
}

fn one() -> u64 {
    1
}

/// Says what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// Bytes that arrived.
    pub bytes: u64,
    /// Connections that came about.
    pub connections: u64,
    /// Whether it arrived, and where else it ended.
    #[serde(flatten)]
    pub reach: Reach,
}

/// Sends from a client towards a name.
pub fn send(state: &mut State, now: Moment, request: &SendRequest) -> Sent {
    let number = state.traffic.count();
    let mut random = rng::stream(state.seed, &["traffic"], number);
    let asked = ReachRequest {
        account: request.account.clone(),
        vpc_id: request.vpc_id.clone(),
        name: request.name.clone(),
        port: request.port,
        protocol: request.protocol,
        security_group_ids: request.security_group_ids.clone(),
        ip: request.ip.clone(),
        subnet_id: request.subnet_id.clone(),
        region: request.region.clone(),
    };
    let (reach, passed) = reach::follow(state, now, &asked);
    let shown_at = shown_at(state, now, &mut random);
    let flows = flows(&passed, &reach, request, (minute_of(now), shown_at));
    state.traffic.keep(flows);
    let arrived = |sent: u64| if reach.reached { sent } else { 0 };
    Sent { bytes: arrived(request.bytes), connections: arrived(request.connections), reach }
}

/// Data of a minute come after its end, and later.
fn shown_at(state: &State, now: Moment, random: &mut ChaCha8Rng) -> Moment {
    if !state.holds(Rule::TransitionsTakeTime) {
        return now;
    }
    let lag = match (state.settings.longest, state.settings.spread) {
        (true, _) => METRICS_VISIBLE.worst(),
        (false, true) => METRICS_VISIBLE.draw(random),
        (false, false) => METRICS_VISIBLE.median(),
    };
    Moment(minute_of(now).0 + MINUTE).after(lag)
}

/// Shares what was sent out among everything that it may pass.
fn flows(passed: &Passed<'_>, reach: &Reach, request: &SendRequest, (minute, shown_at): (Moment, Moment)) -> Vec<Flow> {
    let Some(endpoint) = passed.endpoint else { return Vec::new() };
    let node = |arn: &str, zone: &str| {
        let service = passed.service?;
        Some(Node { service_id: service.id.clone(), load_balancer: arn.to_owned(), zone: zone.to_owned() })
    };
    let mut lanes: Vec<(&str, Option<Node>)> =
        passed.nodes.iter().map(|(place, arn, zone)| (place.subnet_id.as_str(), node(arn, zone))).collect();
    if lanes.is_empty() {
        lanes = passed.placements.iter().map(|place| (place.subnet_id.as_str(), None)).collect();
    }
    // *Assumed:* a load balancer without a listener on the port resets, whatever else is broken drops.
    let is_reset = reach.broken_at.as_deref() == Some("listener");
    let (bytes, connections) = (shares(request.bytes, lanes.len()), shares(request.connections, lanes.len()));
    let lanes = lanes.into_iter().zip(bytes.into_iter().zip(connections));
    let flow = |((subnet_id, node), (bytes, connections)): ((&str, Option<Node>), (u64, u64))| Flow {
        minute,
        shown_at,
        endpoint_id: endpoint.id.clone(),
        subnet_id: subnet_id.to_owned(),
        node,
        bytes: if reach.reached { bytes } else { 0 },
        connections: if reach.reached { connections } else { 0 },
        dropped: if reach.reached || is_reset { 0 } else { connections },
        reset: if is_reset { connections } else { 0 },
    };
    lanes.map(flow).collect()
}

/// Divides a number as evenly as whole numbers go.
fn shares(whole: u64, parts: usize) -> Vec<u64> {
    let count = u64::try_from(parts).unwrap_or(1).max(1);
    (0..count).map(|index| whole / count + u64::from(index < whole % count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_even_and_whole() {
        assert_eq!(shares(10, 3), [4, 3, 3]);
        assert_eq!(shares(1, 3), [1, 0, 0]);
        assert_eq!(minute_of(Moment(119_999)), Moment(60_000));
    }
}
