//! Elastic Load Balancing v2: network load balancers, application load balancers as their targets, listeners, target groups.
//!
//! State and pure rules first (`state.rs`, `health.rs`, `health_check.rs`, `attributes.rs`, `protocols.rs`); operations are in
//! the files named after their objects; what other services ask is in `lookup.rs`.

use serde_json::{Map, Value};

use super::clock::Moment;
use super::ec2::network_interface;
use super::operation::Operation;

pub mod application;
pub mod attribute_calls;
pub mod attributes;
pub mod canonical_zones;
pub mod capacity;
pub mod endpoint_services;
pub mod forced;
pub mod health;
pub mod health_check;
pub mod input;
pub mod listener_certificates;
pub mod listener_rules;
pub mod listeners;
pub mod load_balancer_settings;
pub mod load_balancers;
pub mod lookup;
pub mod mutual_authentication;
pub mod placement;
pub mod protocols;
pub mod resource_tags;
pub mod source_nat;
pub mod state;
pub mod target_groups;
pub mod targets;

pub use state::ElbState as State;

/// Operations of this service.
pub const TABLES: &[&[Operation]] = &[
    attribute_calls::OPERATIONS,
    capacity::OPERATIONS,
    listener_certificates::OPERATIONS,
    listeners::OPERATIONS,
    load_balancer_settings::OPERATIONS,
    load_balancers::OPERATIONS,
    resource_tags::OPERATIONS,
    target_groups::OPERATIONS,
    targets::OPERATIONS,
];

/// Forces an object's state; `None` when the kind is not of this service.
pub fn force(
    state: &mut super::state::State,
    now: Moment,
    kind: &str,
    id: &str,
    fields: &Map<String, Value>,
) -> Option<Result<(), String>> {
    let forced = match kind {
        "load_balancer" => forced::load_balancer,
        "listener" => forced::listener,
        "target" => forced::target,
        "target_group" => forced::target_group,
        _ => return None,
    };
    // The ARN names account and Region.
    let parts: Vec<&str> = id.splitn(6, ':').collect();
    let [_, _, _, region, account, _] = parts.as_slice() else {
        return Some(Err(format!("'{id}' is no ARN")));
    };
    let region = state.region_mut(account, region);
    let answer = forced(&mut region.elbv2, now, id, fields);
    let gone = region.elbv2.load_balancers.get(id).filter(|balancer| !balancer.lives_at(now));
    // What is removed by force leaves nothing behind.
    for zone in gone.map(|balancer| balancer.zones.at(now).clone()).unwrap_or_default() {
        network_interface::release_at(region, &zone.network_interface_id, now);
    }
    Some(answer)
}

/// Lists what is alive.
pub fn objects(state: &super::state::State, now: Moment) -> Vec<super::state::Object> {
    let mut objects = Vec::new();
    for (account, name, region) in state.regions() {
        let mut add = |kind, id: &str| {
            let (account, region) = (account.to_owned(), name.to_owned());
            objects.push(super::state::Object { account, region, kind, id: id.to_owned() });
        };
        let elb = &region.elbv2;
        for balancer in elb.load_balancers.values().filter(|one| one.lives_at(now)) {
            add("load_balancer", &balancer.arn);
        }
        for group in elb.target_groups.values().filter(|one| one.exists_at(now)) {
            add("target_group", &group.arn);
        }
        for listener in elb.listeners.values().filter(|one| one.exists_at(now)) {
            add("listener", &listener.arn);
        }
    }
    objects
}
