//! Attributes of load balancers, target groups and listeners: which exist, what they start as, what they may be.
//!
//! Source: NLB user guide, "Load balancer attributes", "Target group attributes", "Listener attributes"; facts 13.6. Pure
//! rules, no state: the operations are in `attribute_calls.rs`.

use crate::simulator::error::ApiError;

use super::state::{LoadBalancerKind, Pairs};

/// Most attributes in one call.
pub const LIMIT_PER_CALL: usize = 20;

/// Describes what values an attribute takes.
#[derive(Debug, Clone, Copy)]
enum Domain {
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds.
    Number(u32, u32),
    /// A whole number within bounds, or `off`.
    NumberOrOff(u32, u32),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any text.
    Text,
}

type Table = &'static [(&'static str, &'static str, Domain)];

const LOAD_BALANCER: Table = &[
    ("access_logs.s3.bucket", "", Domain::Text),
    ("access_logs.s3.enabled", "false", Domain::Flag),
    ("access_logs.s3.prefix", "", Domain::Text),
    ("deletion_protection.enabled", "false", Domain::Flag),
    (
        "dns_record.client_routing_policy",
        "any_availability_zone",
        Domain::OneOf(&["any_availability_zone", "availability_zone_affinity", "partial_availability_zone_affinity"]),
    ),
    ("ipv6.deny_all_igw_traffic", "false", Domain::Flag),
    ("load_balancing.cross_zone.enabled", "false", Domain::Flag),
    ("secondary_ips.auto_assigned.per_subnet", "0", Domain::Number(0, 7)),
    ("zonal_shift.config.enabled", "false", Domain::Flag),
];

const TARGET_GROUP: Table = &[
    ("deregistration_delay.connection_termination.enabled", "false", Domain::Flag),
    ("deregistration_delay.timeout_seconds", "300", Domain::Number(0, 3600)),
    (
        "load_balancing.cross_zone.enabled",
        "use_load_balancer_configuration",
        Domain::OneOf(&["true", "false", "use_load_balancer_configuration"]),
    ),
    ("preserve_client_ip.enabled", "true", Domain::Flag),
    ("proxy_protocol_v2.enabled", "false", Domain::Flag),
    ("stickiness.enabled", "false", Domain::Flag),
    ("stickiness.type", "source_ip", Domain::OneOf(&["source_ip"])),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1", Domain::NumberOrOff(1, 1000)),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off", Domain::NumberOrOff(1, 100)),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1", Domain::Number(1, 1000)),
    (
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
        "off",
        Domain::NumberOrOff(1, 100),
    ),
    ("target_health_state.unhealthy.connection_termination.enabled", "true", Domain::Flag),
    ("target_health_state.unhealthy.draining_interval_seconds", "0", Domain::Number(0, 360_000)),
];

const APPLICATION_LOAD_BALANCER: Table = &[
    ("access_logs.s3.bucket", "", Domain::Text),
    ("access_logs.s3.enabled", "false", Domain::Flag),
    ("access_logs.s3.prefix", "", Domain::Text),
    ("client_keep_alive.seconds", "3600", Domain::Number(60, 604_800)),
    ("deletion_protection.enabled", "false", Domain::Flag),
    ("idle_timeout.timeout_seconds", "60", Domain::Number(1, 4000)),
    ("load_balancing.cross_zone.enabled", "true", Domain::OneOf(&["true"])),
    ("routing.http.desync_mitigation_mode", "defensive", Domain::OneOf(&["monitor", "defensive", "strictest"])),
    ("routing.http.drop_invalid_header_fields.enabled", "false", Domain::Flag),
    ("routing.http.preserve_host_header.enabled", "false", Domain::Flag),
    ("routing.http2.enabled", "true", Domain::Flag),
    ("zonal_shift.config.enabled", "false", Domain::Flag),
];

/// Of target groups behind application load balancers.
const HTTP_TARGET_GROUP: Table = &[
    ("deregistration_delay.timeout_seconds", "300", Domain::Number(0, 3600)),
    (
        "load_balancing.algorithm.type",
        "round_robin",
        Domain::OneOf(&["round_robin", "least_outstanding_requests", "weighted_random"]),
    ),
    (
        "load_balancing.cross_zone.enabled",
        "use_load_balancer_configuration",
        Domain::OneOf(&["true", "false", "use_load_balancer_configuration"]),
    ),
    ("slow_start.duration_seconds", "0", Domain::Number(0, 900)),
    ("stickiness.enabled", "false", Domain::Flag),
    ("stickiness.lb_cookie.duration_seconds", "86400", Domain::Number(1, 604_800)),
    ("stickiness.type", "lb_cookie", Domain::OneOf(&["lb_cookie", "app_cookie"])),
];

const TCP_LISTENER: Table = &[("tcp.idle_timeout.seconds", "350", Domain::Number(60, 6000))];

fn table_of(kind: LoadBalancerKind) -> Table {
    match kind {
        LoadBalancerKind::Network => LOAD_BALANCER,
        LoadBalancerKind::Application => APPLICATION_LOAD_BALANCER,
    }
}

/// Gives the attributes of a new load balancer.
pub fn of_load_balancer(kind: LoadBalancerKind) -> Pairs {
    defaults(table_of(kind))
}

/// Gives the attributes of a new target group.
pub fn of_target_group(protocol: &str, target_type: &str) -> Pairs {
    if is_http(protocol) {
        return defaults(HTTP_TARGET_GROUP);
    }
    let mut pairs = defaults(TARGET_GROUP);
    if target_type == "ip" && matches!(protocol, "TCP" | "TLS") {
        pairs.insert("preserve_client_ip.enabled".to_owned(), "false".to_owned());
    }
    if matches!(protocol, "UDP" | "TCP_UDP") {
        pairs.insert("deregistration_delay.connection_termination.enabled".to_owned(), "true".to_owned());
    }
    pairs
}

/// Gives the attributes of a new listener.
pub fn of_listener(protocol: &str) -> Pairs {
    if protocol == "TCP" { defaults(TCP_LISTENER) } else { Pairs::new() }
}

/// Applies changes to the attributes of a load balancer.
///
/// # Errors
/// `InvalidConfigurationRequest` for unknown keys and for what cannot be; `ValidationError` for values out of their domain.
pub fn change_load_balancer(
    kind: LoadBalancerKind,
    current: &Pairs,
    wanted: &[(String, String)],
) -> Result<Pairs, ApiError> {
    let changed = apply("Load balancer", table_of(kind), current, wanted)?;
    let count = |pairs: &Pairs| number(pairs, "secondary_ips.auto_assigned.per_subnet");
    if count(&changed) < count(current) {
        return Err(configuration("The number of auto-assigned secondary IP addresses per subnet cannot be decreased"));
    }
    let logs = changed.get("access_logs.s3.enabled").is_some_and(|value| value == "true");
    if logs && changed.get("access_logs.s3.bucket").is_none_or(String::is_empty) {
        return Err(configuration("Access logs need the attribute 'access_logs.s3.bucket'"));
    }
    Ok(changed)
}

/// Applies changes to the attributes of a target group.
///
/// # Errors
/// As for [`change_load_balancer`]. Those of type `alb` keep their defaults for ever (NLB user guide; code *assumed*).
pub fn change_target_group(
    (protocol, target_type): (&str, &str),
    current: &Pairs,
    wanted: &[(String, String)],
) -> Result<Pairs, ApiError> {
    if target_type == "alb" {
        return Err(configuration("The attributes of a target group of type 'alb' cannot be modified"));
    }
    let table = if is_http(protocol) { HTTP_TARGET_GROUP } else { TARGET_GROUP };
    let changed = apply("Target group", table, current, wanted)?;
    let is = |key: &str, value: &str| changed.get(key).is_some_and(|held| held == value);
    if matches!(protocol, "UDP" | "TCP_UDP") && is("preserve_client_ip.enabled", "false") {
        return Err(configuration(
            "Client IP preservation cannot be disabled for target groups with protocol UDP or TCP_UDP",
        ));
    }
    if protocol == "TLS" && is("stickiness.enabled", "true") {
        return Err(configuration("Stickiness is not supported for target groups with the TLS protocol"));
    }
    let drains = number(&changed, "target_health_state.unhealthy.draining_interval_seconds") > 0;
    if drains && is("target_health_state.unhealthy.connection_termination.enabled", "true") {
        return Err(configuration(
            "An unhealthy draining interval needs unhealthy connection termination to be disabled",
        ));
    }
    Ok(changed)
}

/// Applies changes to the attributes of a listener.
///
/// # Errors
/// As for [`change_load_balancer`].
pub fn change_listener(protocol: &str, current: &Pairs, wanted: &[(String, String)]) -> Result<Pairs, ApiError> {
    let table = if protocol == "TCP" { TCP_LISTENER } else { &[] };
    apply("Listener", table, current, wanted)
}

fn apply(what: &str, table: Table, current: &Pairs, wanted: &[(String, String)]) -> Result<Pairs, ApiError> {
    if wanted.is_empty() || wanted.len() > LIMIT_PER_CALL {
        return Err(validation(format!("The number of attributes must be in the range [1, {LIMIT_PER_CALL}]")));
    }
    let mut changed = current.clone();
    for (at, (key, value)) in wanted.iter().enumerate() {
        let Some((_, _, domain)) = table.iter().find(|(known, _, _)| known == key) else {
            return Err(configuration(&format!("{what} attribute key '{key}' is not recognized")));
        };
        if wanted.iter().take(at).any(|(earlier, _)| earlier == key) {
            return Err(configuration(&format!("{what} attribute key '{key}' is specified more than once")));
        }
        if !domain.holds(value) {
            return Err(validation(format!("{what} attribute value '{value}' is not valid for the key '{key}'")));
        }
        changed.insert(key.clone(), value.clone());
    }
    Ok(changed)
}

impl Domain {
    fn holds(self, value: &str) -> bool {
        let within = |low, high| value.parse::<u32>().is_ok_and(|number| (low..=high).contains(&number));
        match self {
            Self::Flag => matches!(value, "true" | "false"),
            Self::Number(low, high) => within(low, high),
            Self::NumberOrOff(low, high) => value == "off" || within(low, high),
            Self::OneOf(words) => words.contains(&value),
            Self::Text => value.len() <= 1024,
        }
    }
}

fn is_http(protocol: &str) -> bool {
    matches!(protocol, "HTTP" | "HTTPS")
}

fn defaults(table: Table) -> Pairs {
    table.iter().map(|(key, value, _)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn number(pairs: &Pairs, key: &str) -> u32 {
    pairs.get(key).and_then(|value| value.parse().ok()).unwrap_or(0)
}

fn configuration(message: &str) -> ApiError {
    ApiError::bad("InvalidConfigurationRequest", message)
}

fn validation(message: String) -> ApiError {
    ApiError::bad("ValidationError", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORK: LoadBalancerKind = LoadBalancerKind::Network;

    fn pair(key: &str, value: &str) -> Vec<(String, String)> {
        vec![(key.to_owned(), value.to_owned())]
    }

    #[test]
    fn client_ip_is_preserved_by_default_except_for_ip_targets_over_tcp() {
        let preserved = |protocol, kind| of_target_group(protocol, kind).remove("preserve_client_ip.enabled").unwrap();
        assert_eq!(preserved("TCP", "ip"), "false");
        assert_eq!(preserved("TCP", "instance"), "true");
        assert_eq!(preserved("UDP", "ip"), "true");
    }

    #[test]
    fn keys_and_values_that_do_not_exist_are_refused() {
        let start = of_load_balancer(NETWORK);
        assert_eq!(
            change_load_balancer(NETWORK, &start, &pair("nope", "1")).unwrap_err().code,
            "InvalidConfigurationRequest"
        );
        let odd = pair("deletion_protection.enabled", "yes");
        assert_eq!(change_load_balancer(NETWORK, &start, &odd).unwrap_err().code, "ValidationError");
        assert_eq!(change_load_balancer(NETWORK, &start, &[]).unwrap_err().code, "ValidationError");
    }

    #[test]
    fn secondary_addresses_cannot_shrink() {
        let grown = change_load_balancer(
            NETWORK,
            &of_load_balancer(NETWORK),
            &pair("secondary_ips.auto_assigned.per_subnet", "2"),
        )
        .unwrap();
        let error =
            change_load_balancer(NETWORK, &grown, &pair("secondary_ips.auto_assigned.per_subnet", "1")).unwrap_err();
        assert_eq!(error.code, "InvalidConfigurationRequest");
    }

    #[test]
    fn udp_keeps_the_client_ip_and_tls_has_no_stickiness() {
        let udp = of_target_group("UDP", "ip");
        assert!(change_target_group(("UDP", "ip"), &udp, &pair("preserve_client_ip.enabled", "false")).is_err());
        let tls = of_target_group("TLS", "ip");
        assert!(change_target_group(("TLS", "ip"), &tls, &pair("stickiness.enabled", "true")).is_err());
    }
}
