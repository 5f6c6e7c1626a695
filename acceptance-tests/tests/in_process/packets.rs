//! Whether packets arrive at the end of a chain, asked of every chain that is whole when its test ends.

use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::ec2::privatelink::endpoint::{Endpoint, EndpointState, Target};
use acceptance_tests::simulator::ec2::privatelink::find;
use acceptance_tests::simulator::ec2::state::security_group::{Peer, Rule};
use acceptance_tests::simulator::reach::{Protocol, Reach, ReachRequest, reach};
use acceptance_tests::simulator::state::State;

/// What names, targets and replicas may take.
const PATIENCE: Duration = Duration::from_mins(15);

/// Follows packets to an endpoint when it and its connection are available, on every port that its service listens on and from
/// whomever the endpoint lets in: the one that arrives, or the last that does not. `None` when the chain is not whole.
pub(crate) fn of_endpoint(world: &World, id: Option<&str>) -> Option<Reach> {
    let (state, now) = (world.lock(), world.now());
    let endpoint = find::endpoint(&state, id?)?;
    let is_open =
        |timed: &acceptance_tests::simulator::timed::Timed<EndpointState>| *timed.at(now) == EndpointState::Available;
    if !is_open(&endpoint.state) || !is_open(&endpoint.connection) {
        return None;
    }
    let asked = ports(&state, endpoint).into_iter().flat_map(|port| clients(&state, endpoint, port));
    let ways = asked.map(|(port, security_group_ids, ip)| {
        let request = ReachRequest {
            account: endpoint.owner.clone(),
            vpc_id: endpoint.vpc_id.clone(),
            name: endpoint.regional_name(),
            port,
            protocol: Protocol::Tcp,
            security_group_ids,
            ip,
            subnet_id: None,
            region: Some(endpoint.region.clone()),
        };
        // Everything that is on its way is written down with its moment: nobody has to wait for it.
        reach(&state, now.after(PATIENCE), &request)
    });
    let (arrived, ended): (Vec<Reach>, Vec<Reach>) = ways.partition(|way| way.reached);
    arrived.into_iter().next().or_else(|| ended.into_iter().next_back())
}

fn ports(state: &State, endpoint: &Endpoint) -> Vec<u16> {
    let Target::Customer { id } = &endpoint.target else { return vec![443] };
    let Some(service) = find::service(state, id) else { return vec![443] };
    let region = state.region(&service.owner, &service.region);
    let listeners = region.into_iter().flat_map(|region| region.elbv2.listeners.values());
    let own = listeners.filter(|listener| service.load_balancers.contains(&listener.load_balancer));
    own.map(|listener| listener.settings.at(acceptance_tests::simulator::clock::Moment::NEVER).port).collect()
}

/// Those whom the endpoint's groups let in on a port: members of a group, or an address of a block. Nobody, where it is so configured.
fn clients(state: &State, endpoint: &Endpoint, port: u16) -> Vec<(u16, Vec<String>, Option<String>)> {
    let region = state.region(&endpoint.owner, &endpoint.region);
    let groups = endpoint.groups.iter().filter_map(|id| region?.ec2.security_groups.get(id));
    let rules = groups.flat_map(|group| group.rules.values().filter(|rule| !rule.egress && rule.covers("tcp", port)));
    let client = |rule: &Rule| match &rule.peer {
        Peer::Group(id) => Some((port, vec![id.clone()], None)),
        Peer::Ipv4(block) => Some((port, Vec::new(), Some(block.addr().to_string()))),
        Peer::Ipv6(block) => Some((port, Vec::new(), Some(block.addr().to_string()))),
        Peer::PrefixList(_) => None,
    };
    rules.filter_map(client).collect()
}
