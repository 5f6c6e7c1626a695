//! What differs between a target group as wanted and as it is, and what that means.

use super::defaults;
use super::{
    CLIENT_IP, DELAY, FAILOVER, HEALTH, HealthCheck, PROXY, STICKINESS, Spec, State, TAGS, TERMINATION, TargetGroup,
    WantedHealthCheck,
};
use crate::aws::tags::{self, named};
use crate::engine::{Change, Compare, Field, Fields, Words};

const PROTOCOL: Field = "protocol";
pub(super) const PORT: Field = "port";
pub(super) const VPC: Field = "vpc_id";
pub(super) const LOAD_BALANCER: Field = "load_balancer_arn";
const TYPE: Field = "target_type";
pub(super) const FAMILY: Field = "ip_address_type";

impl Compare for TargetGroup {
    type Spec = Spec;
    type State = State;
    const FIELDS: Fields = &[
        ("load_balancer_arn", LOAD_BALANCER),
        ("health_check", HEALTH),
        ("deregistration_delay", DELAY),
        ("connection_termination", TERMINATION),
        ("preserve_client_ip", CLIENT_IP),
        ("proxy_protocol_v2", PROXY),
        ("stickiness", STICKINESS),
        ("cross_zone", FAILOVER),
        ("unhealthy_connection_termination", FAILOVER),
        ("unhealthy_draining_interval", FAILOVER),
        ("dns_failover", FAILOVER),
        ("unhealthy_state_routing", FAILOVER),
        ("tags", TAGS),
        ("named", TAGS),
    ];
    const WORDS: Words = &[("load_balancer_arn", "serve load balancer"), ("cross_zone", "cross-zone load balancing")];

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        let fixed = [
            (PROTOCOL, spec.protocol != state.protocol),
            (PORT, spec.port != state.port),
            (VPC, spec.vpc_id != state.vpc_id),
            (LOAD_BALANCER, state.load_balancer_arn.as_ref().is_some_and(|arn| *arn != spec.load_balancer_arn)),
            (TYPE, spec.target_type.as_ref().is_some_and(|kind| *kind != state.target_type)),
            (FAMILY, spec.is_ipv6.is_some_and(|is_ipv6| is_ipv6 != state.is_ipv6)),
        ];
        if let Change::Update(fields) = Change::of(&fixed) {
            return Change::Replace(fields);
        }
        self.in_place(spec, state)
    }

    /// The state with everything that the spec says, or leaves to AWS's defaults.
    fn forecast(&self, spec: &Spec, state: &State) -> State {
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

    fn recalled(&self, recorded: &State, seen: State) -> State {
        State { named: tags::recalled(recorded.named.as_ref(), seen.named.clone()), ..seen }
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
