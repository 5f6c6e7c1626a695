//! A target group of a Network Load Balancer.
//!
//! Its targets are a link of their own. `spec` and `state` are in this file, AWS's defaults in
//! `defaults`, what holds for unhealthy targets in `failover`, calls in `calls`.

mod calls;
pub mod defaults;
mod failover;

pub use failover::{AS_THE_LOAD_BALANCER, Failover, LEAST_COUNT, Least, OFF};

use serde::{Deserialize, Serialize};

use crate::aws::Tags;
use crate::aws::tags::{is_outdated, named};
use crate::engine::{Change, Field};

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

const PROTOCOL: Field = "protocol";
const PORT: Field = "port";
const VPC: Field = "vpc_id";
const LOAD_BALANCER: Field = "load_balancer_arn";
const TYPE: Field = "target_type";
const FAMILY: Field = "ip_address_type";
const HEALTH: Field = "health_check";
const DELAY: Field = "deregistration_delay";
const TERMINATION: Field = "connection_termination";
const CLIENT_IP: Field = "preserve_client_ip";
const PROXY: Field = "proxy_protocol_v2";
const STICKINESS: Field = "stickiness";
const FAILOVER: Field = "failover";
const TAGS: Field = "tags";

fn diff(spec: &Spec, state: &State) -> Change {
    let fixed = [
        (PROTOCOL, spec.protocol != state.protocol),
        (PORT, spec.port != state.port),
        (VPC, spec.vpc_id != state.vpc_id),
        (LOAD_BALANCER, state.load_balancer_arn.as_ref().is_some_and(|arn| *arn != spec.load_balancer_arn)),
        (TYPE, spec.target_type.as_ref().is_some_and(|kind| *kind != state.target_type)),
        (FAMILY, spec.is_ipv6.is_some_and(|is_ipv6| is_ipv6 != state.is_ipv6)),
    ];
    if let Change::Update(fields) = super::attributes::update(&fixed) {
        return Change::Replace(fields);
    }
    let wanted = forecast(spec, state);
    super::attributes::update(&[
        (LOAD_BALANCER, state.load_balancer_arn.is_none()),
        (HEALTH, wanted.health_check != state.health_check),
        (DELAY, wanted.deregistration_delay != state.deregistration_delay),
        (TERMINATION, wanted.connection_termination != state.connection_termination),
        (CLIENT_IP, wanted.preserve_client_ip != state.preserve_client_ip),
        (PROXY, wanted.proxy_protocol_v2 != state.proxy_protocol_v2),
        (STICKINESS, wanted.stickiness != state.stickiness),
        (FAILOVER, wanted.failover != state.failover),
        (TAGS, wanted.tags != state.tags || is_outdated(state.named.as_ref(), &spec.base_name)),
    ])
}

/// The state with everything that the spec says, or leaves to AWS's defaults.
fn forecast(spec: &Spec, state: &State) -> State {
    let target_type = spec.target_type.as_ref().unwrap_or(&state.target_type);
    let kind = defaults::Kind::of(&spec.protocol, target_type);
    State {
        arn: state.arn.clone(),
        name: state.name.clone(),
        protocol: spec.protocol.clone(),
        port: spec.port,
        vpc_id: spec.vpc_id.clone(),
        load_balancer_arn: Some(spec.load_balancer_arn.clone()),
        target_type: target_type.clone(),
        is_ipv6: spec.is_ipv6.unwrap_or(state.is_ipv6),
        health_check: health_check(&spec.health_check, kind),
        deregistration_delay: spec.deregistration_delay.unwrap_or(defaults::DEREGISTRATION_DELAY),
        connection_termination: spec.connection_termination.unwrap_or(kind.connection_termination()),
        preserve_client_ip: spec.preserve_client_ip.unwrap_or(kind.preserve_client_ip()),
        proxy_protocol_v2: spec.proxy_protocol_v2.unwrap_or(false),
        stickiness: spec.stickiness.unwrap_or(false),
        failover: spec.failover.clone(),
        named: named(state.named.as_ref(), &spec.base_name, spec.tags != state.tags),
        tags: spec.tags.clone(),
    }
}

fn health_check(spec: &WantedHealthCheck, kind: defaults::Kind) -> HealthCheck {
    let protocol = spec.protocol.clone().unwrap_or_else(|| kind.health_check_protocol().to_owned());
    let http = protocol.starts_with("HTTP");
    let default = |value: &Option<String>, default: &str| value.clone().or_else(|| Some(default.to_owned()));
    HealthCheck {
        port: spec.port.clone().unwrap_or_else(|| defaults::HEALTH_CHECK_PORT.to_owned()),
        path: default(&spec.path, defaults::HEALTH_CHECK_PATH).filter(|_| http),
        matcher: default(&spec.matcher, defaults::HEALTH_CHECK_MATCHER).filter(|_| http),
        interval: spec.interval.unwrap_or(defaults::HEALTH_CHECK_INTERVAL),
        timeout: spec.timeout.unwrap_or_else(|| defaults::health_check_timeout(&protocol)),
        healthy_threshold: spec.healthy_threshold.unwrap_or(defaults::HEALTHY_THRESHOLD),
        unhealthy_threshold: spec.unhealthy_threshold.unwrap_or(defaults::UNHEALTHY_THRESHOLD),
        protocol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn spec() -> Spec {
        Spec {
            base_name: "orders-https".into(),
            protocol: "TCP".into(),
            port: 443,
            vpc_id: "vpc-1".into(),
            load_balancer_arn: "lb-1".into(),
            target_type: Some("instance".into()),
            is_ipv6: Some(false),
            health_check: WantedHealthCheck::default(),
            deregistration_delay: None,
            connection_termination: None,
            preserve_client_ip: None,
            proxy_protocol_v2: None,
            stickiness: None,
            failover: Failover::default(),
            tags: Tags::new(),
        }
    }

    fn made(spec: &Spec) -> State {
        forecast(spec, &State { arn: "arn".into(), name: "name".into(), ..State::default() })
    }

    #[test]
    fn what_came_of_a_spec_shows_no_change() {
        for (protocol, kind) in [("TCP", "instance"), ("TCP", "ip"), ("UDP", "ip"), ("TLS", "ip"), ("TCP", "alb")] {
            let spec = Spec { protocol: protocol.into(), target_type: Some(kind.into()), ..spec() };
            assert_eq!(diff(&spec, &made(&spec)), Change::None, "{protocol} {kind}");
        }
    }

    #[test]
    fn a_default_written_out_is_no_change() {
        let written = Spec {
            health_check: WantedHealthCheck {
                protocol: Some("TCP".into()),
                port: Some("traffic-port".into()),
                interval: Some(30),
                timeout: Some(10),
                healthy_threshold: Some(5),
                unhealthy_threshold: Some(2),
                ..WantedHealthCheck::default()
            },
            deregistration_delay: Some(300),
            connection_termination: Some(false),
            preserve_client_ip: Some(true),
            proxy_protocol_v2: Some(false),
            stickiness: Some(false),
            ..spec()
        };
        assert_eq!(diff(&written, &made(&spec())), Change::None);
    }

    #[test]
    fn a_changed_setting_goes_back_to_its_default_when_it_is_no_longer_written() {
        let failover = Failover { unhealthy_draining_interval: 60, ..Failover::default() };
        let state = made(&Spec { deregistration_delay: Some(10), stickiness: Some(true), failover, ..spec() });
        assert_eq!(diff(&spec(), &state), Change::Update(vec![DELAY, STICKINESS, FAILOVER]));
    }

    #[test]
    fn what_is_fixed_at_birth_asks_for_a_new_group() {
        let state = made(&spec());
        let moved = Spec { port: 8443, vpc_id: "vpc-2".into(), deregistration_delay: Some(1), ..spec() };
        assert_eq!(diff(&moved, &state), Change::Replace(vec![PORT, VPC]));
    }

    #[test]
    fn a_group_serves_one_load_balancer_and_a_free_one_serves_any() {
        let moved = Spec { load_balancer_arn: "lb-2".into(), ..spec() };
        assert_eq!(diff(&moved, &made(&spec())), Change::Replace(vec![LOAD_BALANCER]));
        let free = State { load_balancer_arn: None, ..made(&spec()) };
        assert_eq!(diff(&moved, &free), Change::Update(vec![LOAD_BALANCER]), "its listener will say so");
        assert_eq!(diff(&moved, &forecast(&moved, &free)), Change::None);
    }

    #[test]
    fn a_kind_that_is_not_known_yet_keeps_what_is_there() {
        let state = made(&Spec { target_type: Some("ip".into()), ..spec() });
        let open = Spec { target_type: None, ..spec() };
        assert_eq!(diff(&open, &state), Change::None);
        assert_eq!(forecast(&open, &state), state);
    }

    #[test]
    fn another_family_asks_for_a_new_group_and_one_that_is_not_known_keeps_what_is_there() {
        let of = |is_ipv6| Spec { target_type: Some("ip".into()), is_ipv6, ..spec() };
        let state = made(&of(Some(true)));
        assert_eq!(diff(&of(Some(true)), &state), Change::None);
        assert_eq!(diff(&of(Some(false)), &state), Change::Replace(vec![FAMILY]));
        assert_eq!(diff(&of(None), &state), Change::None);
        assert_eq!(forecast(&of(None), &state), state);
        assert!(!made(&of(None)).is_ipv6, "AWS's default");
    }

    #[test]
    fn client_addresses_are_kept_by_default_except_for_addresses_behind_tcp() {
        assert!(made(&spec()).preserve_client_ip);
        assert!(!made(&Spec { target_type: Some("ip".into()), ..spec() }).preserve_client_ip);
        let datagrams = Spec { target_type: Some("ip".into()), protocol: "UDP".into(), ..spec() };
        assert!(made(&datagrams).preserve_client_ip && made(&datagrams).connection_termination);
    }

    #[test]
    fn paths_and_codes_belong_to_http_only() {
        let check = WantedHealthCheck { path: Some("/ready".into()), ..WantedHealthCheck::default() };
        let over_tcp = made(&Spec { health_check: check.clone(), ..spec() }).health_check;
        assert_eq!((over_tcp.path, over_tcp.matcher, over_tcp.timeout), (None, None, 10));
        let check = WantedHealthCheck { protocol: Some("HTTP".into()), ..check };
        let over_http = made(&Spec { health_check: check, ..spec() }).health_check;
        assert_eq!((over_http.path.as_deref(), over_http.timeout), (Some("/ready"), 6));
    }
}
