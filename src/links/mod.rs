//! One AWS object each: find, read, diff, create, update, delete.
//!
//! | In each folder | |
//! | --- | --- |
//! | `mod.rs` | what it is: `Spec`, `State` |
//! | `diff.rs` | [`crate::engine::Compare`]: what differs, what that means, in which words; no call, and nothing of the SDK |
//! | `calls.rs` | [`crate::engine::Link`]: the calls, between our types and the SDK's |
//! | `tests.rs` | both |
//!
//! A link expands its spec into SDK input and flattens SDK output into its state. It makes single
//! calls and never waits; order, waits and retries are the engine's, classes of errors are those of
//! [`crate::aws`]. Links do not know each other: ids come with the spec.

pub mod capacity_reservation;
pub mod connection;
pub mod connections;
pub mod dns_verification;
pub mod endpoint;
pub mod endpoint_service;
pub mod existing_load_balancers;
pub mod existing_zone;
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
pub mod target_group;
pub mod targets;
pub mod verification_record;
pub mod zone_association;
