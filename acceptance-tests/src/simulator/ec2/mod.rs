//! EC2: networks, security groups, interfaces, tags; endpoints and endpoint services in `privatelink`.
//!
//! What there is first (`state`), then what several files ask (`lookup.rs`, `tags.rs`, `filter.rs`, `cidr_block.rs`); operations are in
//! the files named after their objects.

use serde_json::{Map, Value};

use super::clock::Moment;
use super::operation::Operation;
use super::state::{Object, State as World};

pub mod cidr_block;
pub mod documented_filters;
pub mod filter;
pub mod instance;
pub mod internet_gateway;
pub mod lookup;
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
pub mod state;
pub mod subnet;
pub mod tag_calls;
pub mod tags;
pub mod vpc;
pub mod zones;

pub use state::State;

use state::network_interface::InterfaceKind;

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
    tag_calls::OPERATIONS,
    vpc::OPERATIONS,
    zones::OPERATIONS,
];

/// Lists what is alive.
pub fn objects(state: &World, now: Moment) -> Vec<Object> {
    let mut objects = privatelink::objects(state, now);
    for (account, name, region) in state.regions() {
        let mut add = |kind, id: &str| {
            objects.push(Object { account: account.to_owned(), region: name.to_owned(), kind, id: id.to_owned() });
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
            if interface.alive(now) && interface.kind != InterfaceKind::Instance {
                add("network_interface", &interface.id);
            }
        }
    }
    objects
}

/// Forces an object's state; `None` when the kind is not of this service.
pub fn force(
    state: &mut World,
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
