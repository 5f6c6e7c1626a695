//! What differs between a load balancer as wanted and as it is, and what that means.

use std::collections::BTreeMap;

use super::{
    ADDRESSES, ATTRIBUTES, ENFORCEMENT, GROUPS, IP_TYPE, LoadBalancer, SOURCE_NAT, SUBNETS, Spec, State, TAGS,
};
use crate::aws::tags::{self, is_outdated, named};
use crate::engine::{Change, Compare, Field, Words};
use crate::gather::Gather as _;

pub(super) const ARN: Field = "arn";

impl Compare for LoadBalancer {
    type Spec = Spec;
    type State = State;

    const WORDS: Words = &[
        ("availability_zones", ""),
        ("is_leaving", ""),
        ("lets_private_link_pass", "traffic from endpoints past the security groups"),
        ("subnet_ids", "subnets"),
        ("addresses", "fixed address"),
        ("ipv6_addresses", "fixed address"),
        ("cross_zone", "cross-zone load balancing"),
        ("client_routing_policy", "client routing policy"),
        ("source_nat_prefix", "prefixes for source NAT over IPv6"),
    ];

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if state.is_leaving {
            return Change::Replace(vec![ARN]);
        }
        // AWS: "You cannot set security groups on a Network Load Balancer which was created without any",
        // and the last one cannot go either.
        if spec.security_groups.is_empty() != state.security_groups.is_empty() {
            return Change::Replace(vec![GROUPS]);
        }
        if !gets_its_addresses(spec, state) {
            return Change::Replace(vec![ADDRESSES]);
        }
        let fields = [
            (SUBNETS, spec.subnet_ids != state.subnet_ids),
            (GROUPS, spec.security_groups != state.security_groups),
            (ENFORCEMENT, lets_pass(spec) != state.lets_private_link_pass),
            (IP_TYPE, spec.ip_address_type != state.ip_address_type),
            (SOURCE_NAT, spec.source_nat_prefix != state.source_nat_prefix),
            (ATTRIBUTES, spec.attributes != state.attributes),
            (TAGS, spec.tags != state.tags || is_outdated(state.named.as_ref(), &spec.base_name)),
        ];
        Change::of(&fields)
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let same_subnets = spec.subnet_ids == state.subnet_ids;
        State {
            subnet_ids: spec.subnet_ids.clone(),
            availability_zones: state.availability_zones.clone().filter(|_| same_subnets),
            addresses: addresses(spec, state, &spec.addresses, &state.addresses),
            ipv6_addresses: addresses(spec, state, &spec.ipv6_addresses, &state.ipv6_addresses),
            security_groups: spec.security_groups.clone(),
            lets_private_link_pass: lets_pass(spec),
            ip_address_type: spec.ip_address_type.clone(),
            source_nat_prefix: spec.source_nat_prefix,
            attributes: spec.attributes.clone(),
            named: named(state.named.as_ref(), &spec.base_name, spec.tags != state.tags),
            tags: spec.tags.clone(),
            ..state.clone()
        }
    }

    fn recalled(&self, recorded: &State, seen: State) -> State {
        State { named: tags::recalled(recorded.named.as_ref(), seen.named.clone()), ..seen }
    }
}

/// Whether the addresses that are wanted are there or come with their subnets: one is given when a subnet
/// comes and stays until it goes, and one of IPv6 only where the load balancer has both families by then.
fn gets_its_addresses(spec: &Spec, state: &State) -> bool {
    let is_new = |subnet: &String| !state.subnet_ids.contains(subnet);
    let fits = |wanted: &BTreeMap<String, String>, have: &BTreeMap<String, String>, takes_new: bool| {
        wanted.iter().all(|(subnet, address)| have.get(subnet) == Some(address) || (takes_new && is_new(subnet)))
    };
    fits(&spec.addresses, &state.addresses, true)
        && fits(&spec.ipv6_addresses, &state.ipv6_addresses, state.ip_address_type == "dualstack")
}

/// Without groups there are no rules to leave aside.
pub(super) fn lets_pass(spec: &Spec) -> bool {
    !spec.security_groups.is_empty() && !spec.enforces_on_private_link
}

/// Addresses of one family: one that nobody fixes any more stays with its subnet.
fn addresses(
    spec: &Spec,
    state: &State,
    wanted: &BTreeMap<String, String>,
    have: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let stays = |subnet: &String| spec.subnet_ids.contains(subnet) && state.subnet_ids.contains(subnet);
    let kept = have.iter().filter(|(subnet, _)| stays(subnet));
    kept.chain(wanted).map(|(subnet, address)| (subnet.clone(), address.clone())).gather()
}
