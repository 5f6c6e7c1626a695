//! EC2: networks, security groups, interfaces, tags; endpoints and endpoint services in `privatelink`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::clock::Moment;
use super::operation::Operation;
use super::state;

pub mod documented_filters;
pub mod filter;
pub mod instance;
pub mod internet_gateway;
pub mod network_acl;
pub mod network_acl_entry;
pub mod network_interface;
pub mod prefix_list;
pub mod privatelink;
pub mod route_table;
pub mod rule;
pub mod security_group;
pub mod security_group_rule;
pub mod security_group_vpc;
pub mod subnet;
pub mod tags;
pub mod vpc;
pub mod zones;

/// Operations of this service.
pub const TABLES: &[&[Operation]] = &[
    instance::OPERATIONS,
    internet_gateway::OPERATIONS,
    network_acl::OPERATIONS,
    network_acl_entry::OPERATIONS,
    network_interface::OPERATIONS,
    prefix_list::OPERATIONS,
    privatelink::OPERATIONS,
    route_table::OPERATIONS,
    security_group::OPERATIONS,
    security_group_rule::OPERATIONS,
    security_group_vpc::OPERATIONS,
    subnet::OPERATIONS,
    tags::OPERATIONS,
    vpc::OPERATIONS,
    zones::OPERATIONS,
];

/// Holds one account's EC2 objects in one Region, by id.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// VPCs.
    pub vpcs: BTreeMap<String, vpc::Vpc>,
    /// Subnets.
    pub subnets: BTreeMap<String, subnet::Subnet>,
    /// Internet gateways, with the VPC that each is attached to.
    pub internet_gateways: internet_gateway::Gateways,
    /// The VPC of each network ACL that is no default one.
    pub network_acls: BTreeMap<String, String>,
    /// Subnets that have another ACL than the default one.
    pub acl_associations: BTreeMap<String, network_acl::Association>,
    /// Entries of the network ACLs that somebody changed, by the ACL's id.
    pub acl_entries: BTreeMap<String, Vec<network_acl_entry::Entry>>,
    /// Route tables.
    pub route_tables: BTreeMap<String, route_table::RouteTable>,
    /// Ids of the account's own prefix lists.
    pub prefix_lists: BTreeSet<String>,
    /// Instances.
    pub instances: BTreeMap<String, instance::Instance>,
    /// Security groups with their rules.
    pub security_groups: BTreeMap<String, security_group::SecurityGroup>,
    /// Names of security groups, in lower case, with their VPC's id before them.
    pub group_names: BTreeSet<(String, String)>,
    /// Network interfaces, released ones included: ask `alive`.
    pub network_interfaces: BTreeMap<String, network_interface::NetworkInterface>,
    /// Ids of the network interfaces of each subnet.
    pub interfaces_by_subnet: BTreeMap<String, Vec<String>>,
    /// Tags by resource id.
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Endpoints and endpoint services.
    pub privatelink: privatelink::State,
}

/// Lists what is alive.
pub fn objects(state: &state::State, now: Moment) -> Vec<state::Object> {
    let mut objects = privatelink::objects(state, now);
    for (account, name, region) in state.regions() {
        let mut add = |kind, id: &str| {
            objects.push(state::Object {
                account: account.to_owned(),
                region: name.to_owned(),
                kind,
                id: id.to_owned(),
            });
        };
        // Nobody made a default group and nobody can delete it.
        for group in region.ec2.security_groups.values().filter(|group| !group.is_default) {
            add("security_group", &group.id);
            for rule in group.rules.values().filter(|rule| !rule.is_usual_egress()) {
                add("security_group_rule", &rule.id);
            }
        }
        for interface in region.ec2.network_interfaces.values() {
            // An instance's interface belongs to the instance, which is not on the list.
            if interface.alive(now) && interface.kind != network_interface::InterfaceKind::Instance {
                add("network_interface", &interface.id);
            }
        }
    }
    objects
}

/// Forces an object's state; `None` when the kind is not of this service.
pub fn force(
    state: &mut state::State,
    now: Moment,
    kind: &str,
    id: &str,
    fields: &Map<String, Value>,
) -> Option<Result<(), String>> {
    instance::force(state, now, kind, id, fields)
        .or_else(|| network_interface::force(state, kind, id, fields))
        .or_else(|| zones::force(state, kind, id, fields))
        .or_else(|| prefix_list::force(state, kind, id, fields))
        .or_else(|| security_group::force(state, kind, id, fields))
        .or_else(|| privatelink::force(state, now, kind, id, fields))
}
