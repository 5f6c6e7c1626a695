//! What load balancing asks of PrivateLink: whether a load balancer is bound, by which families, and whether endpoints hang
//! on it.

use std::collections::BTreeMap;

use crate::simulator::clock::Moment;
use crate::simulator::ec2::privatelink::endpoint_service::regions;
use crate::simulator::ec2::privatelink::find;
use crate::simulator::rules::Rule;
use crate::simulator::state::State;

/// Tells whether an endpoint service holds a load balancer, one that is still Deleting included (rule 1).
pub fn is_bound(state: &State, load_balancer: &str, now: Moment) -> bool {
    find::service_bound_to(state, load_balancer, now).is_some()
}

/// Tells whether a service behind a load balancer serves IPv6.
pub fn want_both_families(state: &State, load_balancer: &str, now: Moment) -> bool {
    find::wants_both_families_of(state, load_balancer, now)
}

/// Tells whether a listener may not have these attributes because a service behind its load balancer is offered in other Regions.
pub fn forbid(state: &State, load_balancer: &str, attributes: &BTreeMap<String, String>, now: Moment) -> bool {
    let service = find::service_bound_to(state, load_balancer, now);
    regions::is_custom(attributes)
        && state.holds(Rule::RegionsCloseForEver)
        && service.is_some_and(|service| service.is_offered_elsewhere(now))
}

/// Tells whether connections of endpoints go through a load balancer (rule 20).
pub fn has_connections(state: &State, load_balancer: &str, now: Moment) -> bool {
    find::has_connections_through(state, load_balancer, now)
}
