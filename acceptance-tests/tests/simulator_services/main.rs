//! The simulator's ELBv2, Route 53 and STS, called by the SDK in this process, on the paused clock. Each rule has a test that
//! breaks it and sees AWS's code.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests, outside the test functions"
)]

mod alias_records;
mod application_load_balancers;
mod conformance;
mod hashicorp_shapes;
mod hosted_zone_facts;
mod hosted_zones;
mod listeners;
mod load_balancer_changes;
mod load_balancers;
#[path = "../simulator/needed.rs"]
mod needed;
mod networks;
mod private_zones;
mod record_sets;
mod roles;
mod route53_profiles;
mod rules;
mod support;
mod target_groups;
mod target_health;
mod wire;
