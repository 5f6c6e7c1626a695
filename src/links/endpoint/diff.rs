//! What of an endpoint differs from what is wanted, what an update makes of it. Pure.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::gate;
use super::{
    ADDRESS_TYPE, ADDRESSES, Endpoint, GROUPS, NetworkInterface, POLICY, PRIVATE_DNS, RECORD_TYPE, SUBNETS, Spec,
    State, TAGS, is,
};
use crate::aws::tags::{self, is_outdated, named};
use crate::engine::{Change, Compare, Field, Gate, Words};
use crate::gather::Gather as _;
use crate::schema::policy;

impl Compare for Endpoint {
    type Spec = Spec;
    type State = State;

    const WORDS: Words = &[
        ("state", ""),
        ("zonal_dns_names", ""),
        ("private_dns_names", ""),
        ("network_interfaces", ""),
        ("network_interface_ids", ""),
        ("dns_name", ""),
        ("hosted_zone_id", ""),
        ("subnet_ids", "subnets"),
        ("security_group_ids", "security groups"),
        ("ip_address_type", "IP address type"),
        ("dns_record_ip_type", "IP addresses in DNS records"),
        ("private_dns_enabled", "private DNS"),
    ];

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        // It will never work, or is on its way out by somebody else's hand. `rejected` is not among
        // them: only the owner of the service or a person can decide what follows.
        let is_lost = ["failed", "expired", "deleting", "deleted"].iter().any(|word| is(state, word));
        // One of the two may leave the Region to the name.
        let regions = spec.service_region.as_ref().zip(state.service_region.as_ref());
        let anew = differing([
            ("state", is_lost),
            ("service_name", spec.service_name != state.service_name),
            ("service_region", regions.is_some_and(|(wanted, found)| wanted != found)),
            ("vpc_id", spec.vpc_id != state.vpc_id),
        ]);
        if !anew.is_empty() {
            return Change::ReplaceAll(anew);
        }
        let fields = differences(spec, state);
        if fields.is_empty() { Change::None } else { Change::Update(fields) }
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let mut next = State {
            subnet_ids: spec.subnet_ids.clone(),
            security_group_ids: spec.security_group_ids.clone(),
            ip_address_type: spec.ip_address_type.clone(),
            named: named(state.named.as_ref(), &spec.base_name, spec.tags_beside(state) != state.tags),
            tags: spec.tags_beside(state),
            private_dns_enabled: state.private_dns_enabled && !spec.without_private_dns,
            ..state.clone()
        };
        if state.dns_record_ip_type.as_deref().is_some_and(|found| found != spec.record_type()) {
            next.dns_record_ip_type = Some(spec.record_type().to_owned());
        }
        if !same_policy(spec.policy.as_deref(), state.policy.as_deref()) {
            next.policy = spec.effective_policy().map(str::to_owned);
        }
        let moved = moved_addresses(spec, state);
        if spec.ip_address_type != state.ip_address_type {
            next.network_interfaces = None;
            next.zonal_dns_names = None;
        } else if spec.subnet_ids != state.subnet_ids || !moved.is_empty() {
            next.network_interfaces = interfaces_by_zone(spec, state, &moved);
            next.zonal_dns_names = names_by_zone(spec, state, &next);
        }
        // An update that failed after its effect leaves the interfaces of before it in the record.
        let is_left = |one: &NetworkInterface| !spec.subnet_ids.contains(&one.subnet_id);
        if next.network_interfaces.as_ref().is_some_and(|found| found.values().any(is_left)) {
            (next.network_interfaces, next.zonal_dns_names) = (None, None);
        }
        // On its way it may get further while the update runs; rejected it stays.
        if !is(state, "available") && !is(state, "rejected") {
            (next.state, next.network_interfaces, next.zonal_dns_names) = (None, None, None);
        }
        next
    }

    fn recalled(&self, recorded: &State, seen: State) -> State {
        State { named: tags::recalled(recorded.named.as_ref(), seen.named.clone()), ..seen }
    }

    fn gate(&self, spec: &Spec, state: &State) -> Gate {
        gate::gate(spec.acceptance, state)
    }
}

/// Whether two texts are one address: IPv6 has many spellings.
pub fn is_same_address(one: &str, other: &str) -> bool {
    match (one.parse::<IpAddr>(), other.parse::<IpAddr>()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// AWS's word in one spelling: the wire says `pendingAcceptance`, the model `PendingAcceptance`.
pub(super) fn word(state: &str) -> String {
    let mut letters = state.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

/// The settings that differ, of those that AWS changes in place.
pub(super) fn differences(spec: &Spec, state: &State) -> Vec<Field> {
    // AWS services may not say which records they have.
    let record_type = state.dns_record_ip_type.as_deref();
    differing([
        (SUBNETS, spec.subnet_ids != state.subnet_ids),
        (ADDRESSES, !moved_addresses(spec, state).is_empty()),
        (GROUPS, spec.security_group_ids != state.security_group_ids),
        (ADDRESS_TYPE, spec.ip_address_type != state.ip_address_type),
        (RECORD_TYPE, record_type.is_some_and(|found| found != spec.record_type())),
        (POLICY, !same_policy(spec.policy.as_deref(), state.policy.as_deref())),
        (TAGS, spec.tags_beside(state) != state.tags || is_outdated(state.named.as_ref(), &spec.base_name)),
        (PRIVATE_DNS, spec.without_private_dns && state.private_dns_enabled),
    ])
}

/// Subnets that stay and whose network interface has another address than the fixed one.
pub(super) fn moved_addresses<'a>(spec: &'a Spec, state: &'a State) -> Vec<&'a String> {
    let stays = |subnet_id: &&String| spec.subnet_ids.contains(*subnet_id) && state.subnet_ids.contains(*subnet_id);
    let moved = |subnet_id: &&String| {
        let (Some(fixed), Some(interfaces)) = (spec.addresses.get(*subnet_id), &state.network_interfaces) else {
            return false;
        };
        // Without a look at the interface nothing is known to differ.
        let interface = interfaces.values().find(|interface| interface.subnet_id == **subnet_id);
        interface.is_some_and(|interface| {
            let differs = |fixed: &Option<String>, found: &Option<String>| {
                fixed.as_ref().zip(found.as_ref()).is_some_and(|(fixed, found)| !is_same_address(fixed, found))
            };
            differs(&fixed.ipv4, &interface.ipv4) || differs(&fixed.ipv6, &interface.ipv6)
        })
    };
    spec.addresses.keys().filter(stays).filter(moved).collect()
}

fn differing<const N: usize>(fields: [(Field, bool); N]) -> Vec<Field> {
    fields.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

fn same_policy(wanted: Option<&str>, found: Option<&str>) -> bool {
    match (wanted.filter(|document| !policy::is_full_access(document)), found) {
        (None, None) => true,
        (Some(wanted), Some(found)) => policy::same(wanted, found),
        _ => false,
    }
}

/// The interfaces of subnets that stay, and those to be made without an id. `None` where a zone is not known.
fn interfaces_by_zone(spec: &Spec, state: &State, moved: &[&String]) -> Option<BTreeMap<String, NetworkInterface>> {
    let new = |subnet_id: &String| NetworkInterface { subnet_id: subnet_id.clone(), ..NetworkInterface::default() };
    let found = state.network_interfaces.as_ref()?.iter();
    let staying = found.filter(|(_, interface)| spec.subnet_ids.contains(&interface.subnet_id));
    let mut next: BTreeMap<String, NetworkInterface> = staying
        .map(|(zone, interface)| {
            let is_moved = moved.contains(&&interface.subnet_id);
            (zone.clone(), if is_moved { new(&interface.subnet_id) } else { interface.clone() })
        })
        .gather();
    for subnet_id in spec.subnet_ids.difference(&state.subnet_ids) {
        next.insert(spec.zones.get(subnet_id)?.clone(), new(subnet_id));
    }
    Some(next)
}

/// The names of zones whose subnet stays, and empty ones where a name is to come; across Regions there are none.
fn names_by_zone(spec: &Spec, state: &State, next: &State) -> Option<BTreeMap<String, String>> {
    let (names, before) = (state.zonal_dns_names.as_ref()?, state.network_interfaces.as_ref()?);
    if spec.subnet_ids == state.subnet_ids {
        return Some(names.clone());
    }
    let interfaces = next.network_interfaces.as_ref()?;
    if names.is_empty() && !before.is_empty() {
        return Some(BTreeMap::new());
    }
    let name = |(zone, interface): (&String, &NetworkInterface)| {
        let stays = before.get(zone).is_some_and(|before| before.subnet_id == interface.subnet_id);
        (zone.clone(), names.get(zone).filter(|_| stays).cloned().unwrap_or_default())
    };
    Some(interfaces.iter().map(name).gather())
}
