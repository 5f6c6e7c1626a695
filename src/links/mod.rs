//! One AWS object each: find, read, diff, create, update, delete.
//!
//! A link expands its spec into SDK input and flattens SDK output into its state. It makes single
//! calls and never waits; order, waits and retries are the engine's, classes of errors are those of
//! [`crate::aws`]. Links do not know each other: ids come with the spec.

mod attributes;
pub mod capacity_reservation;
pub mod connection;
pub mod connections;
pub mod decisions;
pub mod dns_verification;
pub mod endpoint;
pub mod endpoint_service;
pub mod existing_load_balancers;
pub mod existing_zone;
pub mod groups;
pub mod hosted_zone;
pub mod listener;
pub mod listener_certificates;
pub mod load_balancer;
pub mod network;
pub mod notification;
pub mod permissions;
pub mod private_dns;
pub mod private_dns_claim;
pub mod private_name;
pub mod profile_association;
pub mod records;
pub mod security_group;
pub mod security_group_egress;
pub mod security_group_rules;
pub mod subnets;
pub mod target_group;
pub mod targets;
pub mod verification_record;
pub mod zone_association;
mod zone_change;
