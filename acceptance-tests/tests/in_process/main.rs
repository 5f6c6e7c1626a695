//! The provider through its requests, against the simulator in this process, on a paused clock.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::print_stdout,
    clippy::items_after_statements,
    clippy::needless_pass_by_value,
    clippy::manual_assert,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::semicolon_if_nothing_returned,
    unreachable_pub,
    reason = "tests"
)]

mod accounts;
mod actions;
mod adopt;
mod adopt_ways;
mod announced;
mod budget;
mod complete;
mod concurrency;
mod configure_failures;
mod consumer_acceptance;
mod consumer_addresses;
mod consumer_aws_names;
mod consumer_calls;
mod consumer_checks;
mod consumer_connection;
mod consumer_drift;
mod consumer_gates;
mod consumer_minimal;
mod consumer_names;
mod consumer_notifications;
mod consumer_profiles;
mod consumer_reach;
mod consumer_replacement;
mod consumer_replacement_looks;
mod consumer_replacement_records;
mod consumer_s3;
mod consumer_setting;
mod consumer_shared_zones;
mod consumer_tags;
mod consumer_unknown;
mod consumer_updates;
mod consumer_zones;
mod core;
mod core_compare;
#[allow(dead_code, unreachable_pub, unused_imports, reason = "each test binary asks for some of the rules")]
#[path = "../../../tests/core_rules/mod.rs"]
mod core_rules;
mod core_states;
mod crash;
mod crowd;
mod data_sources;
mod determinism;
mod diagnosis;
mod diagnosis_ways;
mod drift_matrix;
mod endpoint_dns;
mod endpoint_dns_interrupted;
mod failures;
mod fault_table;
mod fleet;
mod footprints;
mod given_groups;
mod hand_made_groups;
mod hostile_replies;
mod identity;
mod inputs;
mod landscape;
mod list_resources;
mod lost_memory;
mod metrics;
mod moved;
mod neighbours;
mod packets;
mod passing_names;
mod properties;
mod provider;
mod rare_drift;
mod region_change;
mod rules;
mod run_tag;
mod secrets;
mod service_acceptance;
mod service_application;
mod service_bad_input;
mod service_bench;
mod service_certificates;
mod service_drift;
mod service_existing;
mod service_health;
mod service_import;
mod service_listeners;
mod service_load_balancer;
mod service_names;
mod service_places;
mod service_protocols;
mod service_reach;
mod service_refusals;
mod service_removal;
mod service_tags;
mod service_unknown;
mod service_updates;
mod service_validation;
mod service_weights;
mod service_zones;
mod skewed;
mod slowest;
mod stale_answers;
mod stop;
mod stops;
mod stored_states;
mod uids;
