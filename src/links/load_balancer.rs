//! An internal Network Load Balancer.
//!
//! Its listeners and target groups are links of their own. `spec` and `state` are in this file, calls
//! in `calls`.

#[cfg(test)]
#[path = "load_balancer/tests.rs"]
mod call_tests;
mod calls;
mod subnets;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::aws::Tags;
use crate::engine::{Change, Field};

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
    /// Security groups; a load balancer born without any can never get one.
    pub security_groups: BTreeSet<String>,
    /// `ipv4` or `dualstack`.
    pub ip_address_type: String,
    /// Whether each zone's address reaches the targets of all zones.
    pub cross_zone: bool,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
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
    /// Names of its zones; none while AWS is to tell them anew.
    pub availability_zones: Option<BTreeSet<String>>,
    /// Security groups.
    pub security_groups: BTreeSet<String>,
    /// `ipv4` or `dualstack`.
    pub ip_address_type: String,
    /// Whether each zone's address reaches the targets of all zones.
    pub cross_zone: bool,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// Deleted, while its network interfaces still hold their subnets.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_leaving: bool,
    /// The user's tags.
    pub tags: Tags,
}

const SUBNETS: Field = "subnet_ids";
const GROUPS: Field = "security_groups";
const IP_TYPE: Field = "ip_address_type";
const CROSS_ZONE: Field = "cross_zone";
const PROTECTION: Field = "deletion_protection";
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
    let fields = [
        (SUBNETS, spec.subnet_ids != state.subnet_ids),
        (GROUPS, spec.security_groups != state.security_groups),
        (IP_TYPE, spec.ip_address_type != state.ip_address_type),
        (CROSS_ZONE, spec.cross_zone != state.cross_zone),
        (PROTECTION, spec.deletion_protection != state.deletion_protection),
        (TAGS, spec.tags != state.tags),
    ];
    super::attributes::update(&fields)
}

fn forecast(spec: &Spec, state: &State) -> State {
    let same_subnets = spec.subnet_ids == state.subnet_ids;
    State {
        subnet_ids: spec.subnet_ids.clone(),
        availability_zones: state.availability_zones.clone().filter(|_| same_subnets),
        security_groups: spec.security_groups.clone(),
        ip_address_type: spec.ip_address_type.clone(),
        cross_zone: spec.cross_zone,
        deletion_protection: spec.deletion_protection,
        tags: spec.tags.clone(),
        ..state.clone()
    }
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
            security_groups: set(&["sg-1"]),
            ip_address_type: "ipv4".into(),
            cross_zone: true,
            deletion_protection: false,
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
        assert_eq!(diff(&renamed, &state()), Change::None);
    }

    #[test]
    fn settings_change_in_place_and_together() {
        let wanted = Spec {
            subnet_ids: set(&["subnet-a", "subnet-c"]),
            security_groups: set(&["sg-2"]),
            deletion_protection: true,
            tags: Tags::new(),
            ..spec()
        };
        assert_eq!(diff(&wanted, &state()), Change::Update(vec![SUBNETS, GROUPS, PROTECTION, TAGS]));
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
