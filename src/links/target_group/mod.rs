//! A target group of a Network Load Balancer.
//!
//! Its targets are a link of their own. `spec` and `state` are in this file, AWS's defaults in
//! `defaults`, what holds for unhealthy targets in `failover`, calls in `calls`.

mod calls;
pub mod defaults;
mod diff;
mod failover;
#[cfg(test)]
mod tests;

pub use failover::{AS_THE_LOAD_BALANCER, Failover, LEAST_COUNT, Least, OFF};

use serde::{Deserialize, Serialize};

use crate::aws::Tags;
use crate::engine::Field;

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct TargetGroup;

/// What is wanted. None means AWS's default, which depends on protocol and target type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// What people recognise in the name; a change renames nothing.
    pub base_name: String,
    /// `TCP`, `TLS`, `UDP` or `TCP_UDP`.
    pub protocol: String,
    /// Where targets listen.
    pub port: i32,
    /// The targets' VPC.
    pub vpc_id: String,
    /// The one load balancer that forwards to it: AWS lets a group serve no second one.
    pub load_balancer_arn: String,
    /// `instance`, `ip` or `alb`; none while unknown, which keeps what is there.
    pub target_type: Option<String>,
    /// Whether its targets are IPv6 addresses; none while unknown, which keeps what is there.
    #[serde(default)]
    pub is_ipv6: Option<bool>,
    /// How targets are tried.
    pub health_check: WantedHealthCheck,
    /// Seconds for which a leaving target keeps its connections.
    pub deregistration_delay: Option<i32>,
    /// Whether they are cut then.
    pub connection_termination: Option<bool>,
    /// Whether targets see the client's address.
    pub preserve_client_ip: Option<bool>,
    /// Whether connections begin with a proxy protocol header.
    pub proxy_protocol_v2: Option<bool>,
    /// Whether a client's address stays with one target.
    pub stickiness: Option<bool>,
    /// What holds where targets are unhealthy, and between zones.
    #[serde(default)]
    pub failover: Failover,
    /// The user's tags.
    pub tags: Tags,
}

/// How targets are tried. None means AWS's default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WantedHealthCheck {
    /// `TCP`, `HTTP` or `HTTPS`.
    pub protocol: Option<String>,
    /// A number or `traffic-port`.
    pub port: Option<String>,
    /// Path of HTTP and HTTPS.
    pub path: Option<String>,
    /// Status codes that mean success, such as `200-399`.
    pub matcher: Option<String>,
    /// Seconds between two tries.
    pub interval: Option<i32>,
    /// Seconds for an answer.
    pub timeout: Option<i32>,
    /// Successes that make a target healthy.
    pub healthy_threshold: Option<i32>,
    /// Failures that make it unhealthy.
    pub unhealthy_threshold: Option<i32>,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of its own in AWS")]
pub struct State {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// `TCP`, `TLS`, `UDP` or `TCP_UDP`.
    pub protocol: String,
    /// Where targets listen.
    pub port: i32,
    /// The targets' VPC.
    pub vpc_id: String,
    /// The load balancer that forwards to it, or is to; none where there is none.
    pub load_balancer_arn: Option<String>,
    /// `instance`, `ip` or `alb`.
    pub target_type: String,
    /// Whether its targets are IPv6 addresses.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_ipv6: bool,
    /// How targets are tried.
    pub health_check: HealthCheck,
    /// Seconds for which a leaving target keeps its connections.
    pub deregistration_delay: i32,
    /// Whether they are cut then.
    pub connection_termination: bool,
    /// Whether targets see the client's address.
    pub preserve_client_ip: bool,
    /// Whether connections begin with a proxy protocol header.
    pub proxy_protocol_v2: bool,
    /// Whether a client's address stays with one target.
    pub stickiness: bool,
    /// What holds where targets are unhealthy, and between zones.
    #[serde(flatten)]
    pub failover: Failover,
    /// The composite's name in the owner tags; none where it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// The user's tags.
    pub tags: Tags,
}

/// How targets are tried, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthCheck {
    /// `TCP`, `HTTP` or `HTTPS`.
    pub protocol: String,
    /// A number or `traffic-port`.
    pub port: String,
    /// Path of HTTP and HTTPS, else none.
    pub path: Option<String>,
    /// Status codes that mean success, else none.
    pub matcher: Option<String>,
    /// Seconds between two tries.
    pub interval: i32,
    /// Seconds for an answer.
    pub timeout: i32,
    /// Successes that make a target healthy.
    pub healthy_threshold: i32,
    /// Failures that make it unhealthy.
    pub unhealthy_threshold: i32,
}

const HEALTH: Field = "health_check";
const DELAY: Field = "deregistration_delay";
const TERMINATION: Field = "connection_termination";
const CLIENT_IP: Field = "preserve_client_ip";
const PROXY: Field = "proxy_protocol_v2";
const STICKINESS: Field = "stickiness";
const FAILOVER: Field = "failover";
const TAGS: Field = "tags";
