//! An internal Network Load Balancer.
//!
//! Its listeners and target groups are links of their own. `spec` and `state` are in this file, calls
//! in `calls`.

mod attributes;
#[cfg(test)]
#[path = "load_balancer/tests.rs"]
mod call_tests;
mod calls;
mod subnets;

pub use attributes::{AccessLogs, Attributes};
pub use subnets::steps as way_between;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::aws::Tags;
use crate::aws::tags::{is_outdated, named};
use crate::engine::{Change, Field};
use crate::gather::Gather as _;

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadBalancer;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// What people recognise in the name; a change renames nothing.
    pub base_name: String,
    /// One subnet in each zone.
    pub subnet_ids: BTreeSet<String>,
    /// Its IPv4 address in a subnet, where that is fixed.
    pub addresses: BTreeMap<String, String>,
    /// Its IPv6 address in a subnet, where that is fixed.
    #[serde(default)]
    pub ipv6_addresses: BTreeMap<String, String>,
    /// Security groups; a load balancer born without any can never get one.
    pub security_groups: BTreeSet<String>,
    /// Whether inbound rules of the groups hold for traffic from endpoints.
    pub enforces_on_private_link: bool,
    /// `ipv4` or `dualstack`.
    pub ip_address_type: String,
    /// Whether datagrams over IPv6 leave from a prefix of each subnet.
    #[serde(default)]
    pub source_nat_prefix: bool,
    /// Its attributes in AWS.
    pub attributes: Attributes,
    /// The user's tags.
    pub tags: Tags,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its DNS name.
    pub dns_name: String,
    /// The hosted zone of its DNS name.
    pub zone_id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// One subnet in each zone.
    pub subnet_ids: BTreeSet<String>,
    /// Its IPv4 address in a subnet, where somebody fixed it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub addresses: BTreeMap<String, String>,
    /// Its IPv6 address in a subnet, where somebody fixed it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ipv6_addresses: BTreeMap<String, String>,
    /// Names of its zones; none while AWS is to tell them anew.
    pub availability_zones: Option<BTreeSet<String>>,
    /// Security groups.
    pub security_groups: BTreeSet<String>,
    /// Whether inbound rules are left aside for traffic from endpoints.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lets_private_link_pass: bool,
    /// `ipv4` or `dualstack`.
    pub ip_address_type: String,
    /// Whether datagrams over IPv6 leave from a prefix of each subnet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub source_nat_prefix: bool,
    /// Its attributes in AWS.
    #[serde(flatten)]
    pub attributes: Attributes,
    /// Deleted, while its network interfaces still hold their subnets.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_leaving: bool,
    /// The composite's name in the owner tags; none where it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// The user's tags.
    pub tags: Tags,
}

const SUBNETS: Field = "subnet_ids";
const GROUPS: Field = "security_groups";
const IP_TYPE: Field = "ip_address_type";
const SOURCE_NAT: Field = "enable_prefix_for_ipv6_source_nat";
const ADDRESSES: Field = "subnet_mapping";
const ENFORCEMENT: Field = "enforce_security_group_inbound_rules_on_private_link_traffic";
const ATTRIBUTES: Field = "attributes";
const TAGS: Field = "tags";
const ARN: Field = "arn";

fn diff(spec: &Spec, state: &State) -> Change {
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
    super::attributes::update(&fields)
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
fn lets_pass(spec: &Spec) -> bool {
    !spec.security_groups.is_empty() && !spec.enforces_on_private_link
}

fn forecast(spec: &Spec, state: &State) -> State {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn set(items: &[&str]) -> BTreeSet<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    fn spec() -> Spec {
        Spec {
            base_name: "orders-api".into(),
            subnet_ids: set(&["subnet-a", "subnet-b"]),
            addresses: BTreeMap::new(),
            ipv6_addresses: BTreeMap::new(),
            security_groups: set(&["sg-1"]),
            enforces_on_private_link: true,
            ip_address_type: "ipv4".into(),
            source_nat_prefix: false,
            attributes: Attributes { cross_zone: true, ..Attributes::default() },
            tags: Tags::from([("Team".into(), "orders".into())]),
        }
    }

    fn state() -> State {
        let zones = Some(set(&["eu-west-1a", "eu-west-1b"]));
        let born = State { arn: "arn".into(), availability_zones: zones, ..State::default() };
        let mut made = forecast(&spec(), &born);
        made.availability_zones = born.availability_zones;
        made
    }

    #[test]
    fn what_came_of_a_spec_shows_no_change() {
        assert_eq!(diff(&spec(), &state()), Change::None);
        let renamed = Spec { base_name: "other".into(), ..spec() };
        assert_eq!(diff(&renamed, &state()), Change::Update(vec![TAGS]), "its tags tell the name");
        assert_eq!(diff(&renamed, &forecast(&renamed, &state())), Change::None);
        let imported = State { named: None, ..state() };
        assert_eq!(diff(&renamed, &imported), Change::None, "nothing to correct");
    }

    #[test]
    fn settings_change_in_place_and_together() {
        let wanted = Spec {
            subnet_ids: set(&["subnet-a", "subnet-c"]),
            security_groups: set(&["sg-2"]),
            enforces_on_private_link: false,
            attributes: Attributes { deletion_protection: true, ..Attributes::default() },
            tags: Tags::new(),
            ..spec()
        };
        assert_eq!(diff(&wanted, &state()), Change::Update(vec![SUBNETS, GROUPS, ENFORCEMENT, ATTRIBUTES, TAGS]));
        assert_eq!(diff(&wanted, &forecast(&wanted, &state())), Change::None);
    }

    #[test]
    fn first_and_last_security_groups_ask_for_a_new_load_balancer() {
        let without = Spec { security_groups: set(&[]), ..spec() };
        assert_eq!(diff(&without, &state()), Change::Replace(vec![GROUPS]));
        let bare = State { security_groups: set(&[]), ..state() };
        assert_eq!(diff(&spec(), &bare), Change::Replace(vec![GROUPS]));
    }

    #[test]
    fn an_address_comes_with_its_subnet_and_another_one_asks_for_a_new_load_balancer() {
        let fixed = |subnet: &str, address: &str| BTreeMap::from([(subnet.to_owned(), address.to_owned())]);
        let pinned = Spec { addresses: fixed("subnet-a", "10.0.0.9"), ..spec() };
        assert_eq!(diff(&pinned, &state()), Change::Replace(vec![ADDRESSES]));
        let new = Spec {
            subnet_ids: set(&["subnet-a", "subnet-b", "subnet-c"]),
            addresses: fixed("subnet-c", "10.0.2.9"),
            ..spec()
        };
        assert_eq!(diff(&new, &state()), Change::Update(vec![SUBNETS]));
        let made = forecast(&new, &state());
        assert_eq!(made.addresses, fixed("subnet-c", "10.0.2.9"));
        let open = Spec { addresses: BTreeMap::new(), ..new };
        assert_eq!(diff(&open, &made), Change::None, "AWS cannot be asked to choose another");
        assert_eq!(forecast(&open, &made), made);
    }

    #[test]
    fn an_address_of_ipv6_comes_with_a_subnet_of_a_load_balancer_of_both_families() {
        let fixed = |subnet: &str| BTreeMap::from([(subnet.to_owned(), "2001:db8::9".to_owned())]);
        let grown = |subnet: &str, kind: &str| Spec {
            subnet_ids: set(&["subnet-a", "subnet-b", subnet]),
            ipv6_addresses: fixed(subnet),
            ip_address_type: kind.to_owned(),
            ..spec()
        };
        assert_eq!(diff(&grown("subnet-c", "dualstack"), &state()), Change::Replace(vec![ADDRESSES]));
        let both = State { ip_address_type: "dualstack".to_owned(), ..state() };
        assert_eq!(diff(&grown("subnet-a", "dualstack"), &both), Change::Replace(vec![ADDRESSES]));
        let wanted = grown("subnet-c", "dualstack");
        assert_eq!(diff(&wanted, &both), Change::Update(vec![SUBNETS]));
        let made = forecast(&wanted, &both);
        assert_eq!((made.ipv6_addresses.clone(), diff(&wanted, &made)), (fixed("subnet-c"), Change::None));
        let open = Spec { ipv6_addresses: BTreeMap::new(), ..wanted };
        assert_eq!(diff(&open, &made), Change::None, "AWS cannot be asked to choose another");
    }

    #[test]
    fn without_groups_there_is_nothing_to_enforce() {
        let bare = Spec { security_groups: set(&[]), ..spec() };
        let state = forecast(&bare, &State::default());
        assert_eq!(diff(&Spec { enforces_on_private_link: false, ..bare }, &state), Change::None);
    }

    #[test]
    fn a_forecast_leaves_zones_to_aws_only_when_subnets_change() {
        let moved = Spec { subnet_ids: set(&["subnet-c"]), ..spec() };
        assert_eq!(forecast(&moved, &state()).availability_zones, None);
        assert_eq!(forecast(&spec(), &state()), state());
    }

    #[test]
    fn a_state_of_an_earlier_release_can_be_read() {
        let state: State = serde_json::from_str(r#"{"arn":"arn","later":1}"#).unwrap();
        assert_eq!(state.arn, "arn");
    }
}
