//! Attributes of a listener and of the targets behind it, and what follows from them alone.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use self::complaints::{
    health_path_complaint, health_port_complaint, least_count_complaint, least_count_or_off_complaint,
    least_percentage_complaint, matcher_complaint, name_complaint, ssl_policy_complaint, target_complaint,
};
use crate::gather::Gather as _;
use crate::links::target_group::defaults::{self, Kind};
use crate::links::target_group::{LEAST_COUNT, OFF};
use crate::schema::{Attributes as _, Constraint, Count, Rule, formats};
use crate::value::{Attr, Path, Value, sort_set};

mod complaints;

/// Protocols of listeners and target groups.
const PROTOCOLS: &[&str] = &["TCP", "TLS", "UDP", "TCP_UDP"];

crate::attributes! {
    /// One port on which the service listens, with the targets behind it.
    pub struct ListenerBlock {
        /// Name of the listener in this resource: 1 to 16 small letters, digits and hyphens, no hyphen at an end.
        required name: String => [Rule::Results, Rule::Unique("Give each its own."), Rule::Refuse(name_complaint)],
        /// Port, used once in a service: for TCP and UDP on one port there is the protocol `TCP_UDP`.
        required port: i64 => [Rule::Results, Rule::Unique("A load balancer listens once on a port; for TCP and UDP on one port there is protocol = \"TCP_UDP\"."), Rule::Range(1, 65_535)],
        /// Protocol: `TCP`, `TLS` (ended by the load balancer), `UDP` or `TCP_UDP`.
        optional protocol: String = "TCP" => [Rule::Results, Rule::OneOf(PROTOCOLS)],
        /// ARN of the certificate, for `TLS` only, which needs it: of ACM in the service's Region and account, or a server certificate of IAM. A plan compares Region and account; whether it exists and is issued AWS tells in the apply. Another one takes over in place.
        optional certificate_arn: String => [Rule::Is(&formats::CERTIFICATE_ARN)],
        /// ARNs of further certificates, for `TLS` only: a listener chooses among all of them by the name that a client asks for (SNI). Exactly these, once the argument is written; none by default.
        optional additional_certificate_arns: BTreeSet<String> => [Rule::KeepsEmpty, Rule::Is(&formats::CERTIFICATE_ARN)],
        /// Security policy, for `TLS` only; AWS takes `ELBSecurityPolicy-2016-08` by default.
        optional ssl_policy: String => [Rule::Refuse(ssl_policy_complaint)],
        /// ALPN policy, for `TLS` only; nothing is negotiated by default.
        optional alpn_policy: String = "None" => [Rule::OneOf(&["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"])],
        /// Seconds after which an idle connection is forgotten, for `TCP` only. A service with `supported_regions` needs the default.
        optional tcp_idle_timeout_seconds: i64 = 350 => [Rule::Range(60, 6000)],
        /// Port of the targets; the listener's by default. Another one makes a new target group.
        optional target_port: i64 => [Rule::Results, Rule::Range(1, 65_535)],
        /// Protocol spoken to the targets: by default the listener's, and `TCP` for `TLS`. Another one makes a new target group.
        optional target_protocol: String => [Rule::Results, Rule::OneOf(PROTOCOLS)],
        /// Targets on the target port: ids of instances (`i-…`), IP addresses of one family, or the ARN of one application load balancer; one kind for a listener. IPv6 addresses need a load balancer of type `dualstack`.
        optional target_ids: BTreeSet<String> => [Rule::KeepsEmpty, Rule::Refuse(target_complaint), Rule::Canonical(formats::short_address)],
        /// Kind of the targets; follows from `target_ids` or `target`, and is required without them. Another one makes a new target group.
        optional target_type: String => [Rule::Results, Rule::OneOf(&["instance", "ip", "alb"])],
        /// Whether this resource keeps the registered targets exactly as written. True when `target_ids` or `target` is written; else something else registers them.
        optional manage_targets: bool,
        /// ARN of an existing target group, which is used and never changed. Excludes everything else about targets.
        optional target_group_arn: String => [Rule::Results, Rule::Is(&formats::TARGET_GROUP_ARN)],
        /// Weight of the listener's own target group, or of `target_group_arn`, among those in `weighted_target_group`: its share of new connections is this number of the sum.
        optional weight: i64 = 1 => [Rule::Range(0, 999)],
        /// Seconds for which connections to a removed target may go on.
        optional deregistration_delay: i64 = 300 => [Rule::Range(0, 3600)],
        /// Whether connections to a removed target are cut when that time is over. By default true for targets over `UDP` and `TCP_UDP`, else false.
        optional connection_termination: bool,
        /// Whether targets see the client's address. By default false for IP addresses over `TCP` and `TLS`, else true. Traffic from endpoints always comes from the load balancer.
        optional preserve_client_ip: bool,
        /// Whether each connection begins with a proxy protocol header, which names client and endpoint. Targets must understand it, in health checks too.
        optional proxy_protocol_v2: bool = false,
        /// Whether a client's address stays with one target. All consumers of an endpoint share few addresses.
        optional stickiness: bool = false,
        /// Whether targets of all zones get the traffic of each zone: `true`, `false`, or `use_load_balancer_configuration`, which follows `enable_cross_zone_load_balancing` of the load balancer.
        optional target_cross_zone: String = "use_load_balancer_configuration" => [Rule::OneOf(&["true", "false", "use_load_balancer_configuration"])],
        /// Whether connections to a target that becomes unhealthy are cut at once. With `false` they go on, as long-lived ones to a database may have to.
        optional unhealthy_connection_termination: bool = true,
        /// Seconds for which a target that becomes unhealthy keeps its connections, with `unhealthy_connection_termination = false` alone.
        optional unhealthy_draining_interval: i64 = 0 => [Rule::Range(0, 360_000)],
        /// A target whose port or zone differs.
        set target: TargetBlock,
        /// A further target group, which something else manages, with its share of new connections. At most four.
        set weighted_target_group: WeightedTargetGroupBlock,
        /// Whether clients have to show a certificate, for `TLS` only.
        single mutual_authentication: MutualAuthenticationBlock,
        /// How the load balancer decides whether a target is healthy.
        single health_check: HealthCheckBlock,
        /// How many healthy targets there must be.
        single target_group_health: TargetGroupHealthBlock,
    }
    constraints [
        Constraint {
            count: Count::NoneBeside("target_group_arn"),
            of: &[
                "target_port", "target_protocol", "target_ids", "target", "target_type", "manage_targets",
                "deregistration_delay", "connection_termination", "preserve_client_ip", "proxy_protocol_v2", "stickiness",
                "target_cross_zone", "unhealthy_connection_termination", "unhealthy_draining_interval", "health_check",
                "target_group_health",
            ],
            summary: "Target group managed elsewhere",
            advice: "An existing target group is never changed: leave out what belongs to it, or leave out target_group_arn.",
        },
    ]
    usual in_full
}

crate::attributes! {
    /// A target whose port or zone differs.
    pub struct TargetBlock {
        /// Id of an instance (`i-…`) or an IP address.
        required id: String => [Rule::Refuse(target_complaint), Rule::Canonical(formats::short_address)],
        /// Its port; the listener's target port by default.
        optional port: i64 => [Rule::Range(1, 65_535)],
        /// Zone name, or `all` for an IP address outside of the VPC.
        optional availability_zone: String,
    }
}

crate::attributes! {
    /// A further target group, which something else manages.
    pub struct WeightedTargetGroupBlock {
        /// ARN of the target group, of the load balancer's VPC.
        required arn: String => [Rule::Unique("Give each group one weight."), Rule::Is(&formats::TARGET_GROUP_ARN)],
        /// Its weight; with 0 it gets no new connections.
        optional weight: i64 = 1 => [Rule::Range(0, 999)],
    }
}

crate::attributes! {
    /// Whether clients have to show a certificate.
    pub struct MutualAuthenticationBlock {
        /// `verify`: a client shows a certificate of an authority in the trust store, or is refused. `off`: none is asked for.
        required mode: String => [Rule::OneOf(&["off", "verify"])],
        /// ARN of the trust store, with `verify`, which needs it.
        optional trust_store_arn: String => [Rule::Is(&formats::TRUST_STORE_ARN)],
        /// Whether a certificate may have expired, with `verify`.
        optional ignore_client_certificate_expiry: bool = false,
    }
}

crate::attributes! {
    /// How the load balancer decides whether a target is healthy.
    pub struct HealthCheckBlock {
        /// Protocol of the check: `TCP` by default. An application load balancer is checked by `HTTP`, its default, or `HTTPS`.
        optional protocol: String => [Rule::OneOf(&["TCP", "HTTP", "HTTPS"])],
        /// Port of the check, or `traffic-port`.
        optional port: String = "traffic-port" => [Rule::Refuse(health_port_complaint)],
        /// Path of an HTTP check; AWS takes `/` by default.
        optional path: String => [Rule::Refuse(health_path_complaint)],
        /// Status codes that mean healthy in an HTTP check, such as `200-399`.
        optional matcher: String => [Rule::Refuse(matcher_complaint)],
        /// Seconds between checks.
        optional interval: i64 = 30 => [Rule::Range(5, 300)],
        /// Seconds after which a check has failed; AWS takes 10, or 6 for HTTP.
        optional timeout: i64 => [Rule::Range(2, 120)],
        /// Checks in a row that make a target healthy.
        optional healthy_threshold: i64 = 5 => [Rule::Range(2, 10)],
        /// Checks in a row that make a target unhealthy.
        optional unhealthy_threshold: i64 = 2 => [Rule::Range(2, 10)],
    }
}

crate::attributes! {
    /// How many healthy targets there must be.
    pub struct TargetGroupHealthBlock {
        /// With fewer healthy targets than this in a zone, the names lead to other zones.
        single dns_failover: DnsFailoverBlock,
        /// With fewer healthy targets than this, unhealthy targets get traffic, too.
        single unhealthy_state_routing: UnhealthyStateRoutingBlock,
    }
}

crate::attributes! {
    /// With fewer healthy targets than this in a zone, the names lead to other zones.
    pub struct DnsFailoverBlock {
        /// Number of healthy targets, or `off`.
        optional minimum_healthy_targets_count: String = "1" => [Rule::Refuse(least_count_or_off_complaint)],
        /// Percentage of healthy targets, or `off`.
        optional minimum_healthy_targets_percentage: String = "off" => [Rule::Refuse(least_percentage_complaint)],
    }
}

crate::attributes! {
    /// With fewer healthy targets than this, unhealthy targets get traffic, too.
    pub struct UnhealthyStateRoutingBlock {
        /// Number of healthy targets.
        optional minimum_healthy_targets_count: String = "1" => [Rule::Refuse(least_count_complaint)],
        /// Percentage of healthy targets, or `off`.
        optional minimum_healthy_targets_percentage: String = "off" => [Rule::Refuse(least_percentage_complaint)],
    }
}

impl ListenerBlock {
    /// Its name for messages.
    pub fn label(&self) -> &str {
        self.name.known().map_or("", String::as_str)
    }

    /// Whether this resource registers the targets.
    pub fn manages_targets(&self) -> bool {
        match self.manage_targets {
            Attr::Known(manages) => manages,
            _ => self.target_ids.is_set() || self.has_target_blocks(),
        }
    }

    /// Whether it is not known yet which objects there are behind the listener.
    pub fn is_open(&self) -> bool {
        let targets = self.manage_targets.is_unknown()
            || (self.manage_targets.is_null()
                && !self.names_targets()
                && (self.target_ids.is_unknown() || self.target.is_unknown()));
        let certificates = self.additional_certificate_arns.is_unknown() && self.may_speak_tls();
        certificates || self.target_group_arn.is_unknown() || (targets && self.target_group_arn.is_null())
    }

    /// Whether there are target blocks. An empty set of blocks is what core sends for none at all.
    pub fn has_target_blocks(&self) -> bool {
        !matches!(&self.target, Attr::Null) && !matches!(&self.target, Attr::Known(targets) if targets.is_empty())
    }

    /// Whether it is known that targets are named.
    pub fn names_targets(&self) -> bool {
        let has_ids = match &self.target_ids {
            Attr::Known(ids) => !ids.is_empty(),
            other => other.is_given(),
        };
        has_ids || self.target.known().is_some_and(|targets| !targets.is_empty())
    }

    /// Whether it is known that no target is named.
    pub fn names_no_targets(&self) -> bool {
        let no_ids = match &self.target_ids {
            Attr::Null => true,
            Attr::Known(ids) => ids.is_empty(),
            Attr::Unknown | Attr::Given => false,
        };
        no_ids && !self.has_target_blocks()
    }

    /// The protocol; `None` while unknown.
    pub fn spoken(&self) -> Option<String> {
        Some(self.protocol.clone().settled()?.unwrap_or_else(|| "TCP".to_owned()))
    }

    /// The protocol spoken to the targets; `None` while unknown.
    pub fn spoken_to_targets(&self) -> Option<String> {
        match self.target_protocol.clone().settled()? {
            Some(protocol) => Some(protocol),
            None => self.spoken().map(|own| usual_target_protocol(&own).to_owned()),
        }
    }

    /// The kind of the targets: as written, or after the first id. `None` while unknown.
    pub fn kind_of_targets(&self) -> Option<String> {
        match &self.target_type {
            Attr::Known(kind) => return Some(kind.clone()),
            Attr::Unknown | Attr::Given => return None,
            Attr::Null => {}
        }
        self.kinds_of_ids().first().map(|kind| (*kind).to_owned())
    }

    /// The kinds of the targets that are written and known.
    pub fn kinds_of_ids(&self) -> BTreeSet<&'static str> {
        self.known_ids().map(|id| kind_of(id)).gather()
    }

    /// Whether addresses are IPv6, of those that are written as targets and known.
    pub fn families_of_ids(&self) -> BTreeSet<bool> {
        self.known_ids().filter_map(|id| id.parse::<IpAddr>().ok()).map(|address| address.is_ipv6()).gather()
    }

    /// Whether the target group is for IPv6 addresses; `None` while unknown, and for addresses that something else
    /// registers.
    pub fn is_ipv6(&self) -> Option<bool> {
        match self.kind_of_targets()?.as_str() {
            "ip" => self.families_of_ids().first().copied(),
            _ => Some(false),
        }
    }

    /// The targets that are written and known.
    fn known_ids(&self) -> impl Iterator<Item = &String> {
        let blocks = self.target.known().into_iter().flatten().filter_map(|target| target.id.known());
        self.target_ids.known().into_iter().flatten().chain(blocks)
    }

    /// Whether it is known that TLS is spoken, or not known that it is not.
    pub fn may_speak_tls(&self) -> bool {
        self.spoken().is_none_or(|protocol| protocol == "TLS")
    }

    /// The further target groups with their weights; `None` while one is unknown.
    pub fn weighted(&self) -> Option<BTreeMap<String, i64>> {
        let blocks = self.weighted_target_group.clone().settled()?.unwrap_or_default();
        let pair =
            |block: WeightedTargetGroupBlock| Some((block.arn.settled()??, block.weight.settled()?.unwrap_or(1)));
        blocks.into_iter().map(pair).collect()
    }

    /// AWS's defaults for these targets; `None` while their protocol or kind is unknown.
    pub fn defaults(&self) -> Option<Kind> {
        Some(Kind::of(&self.spoken_to_targets()?, &self.kind_of_targets()?))
    }
}

/// What a listener speaks to its targets when nothing is written.
pub fn usual_target_protocol(protocol: &str) -> &str {
    if protocol == "TLS" { "TCP" } else { protocol }
}

/// `instance` for `i-…`, `alb` for an ARN, `ip` for anything else that passed validation.
pub fn kind_of(target_id: &str) -> &'static str {
    if target_id.starts_with("i-") {
        "instance"
    } else if target_id.starts_with("arn:") {
        "alb"
    } else {
        "ip"
    }
}

/// Returns a listener with every default that depends on its protocol and on the kind of its targets; what depends on
/// something unknown stays null.
fn in_full(value: &Value) -> Value {
    let (Ok(block), Some(entries)) = (ListenerBlock::decode(value, &Path::root()), value.as_map()) else {
        return value.clone();
    };
    let mut full = entries.clone();
    let number = |port: &Attr<i64>| port.known().map(|port| Value::from(*port));
    fill(&mut full, "target_port", number(&block.port));
    fill(&mut full, "target_protocol", block.spoken_to_targets().map(Value::from));
    fill(&mut full, "target_type", block.kind_of_targets().map(Value::from));
    fill(&mut full, "manage_targets", manages(&block).map(Value::from));
    if let Some(kind) = block.defaults() {
        fill(&mut full, "connection_termination", Some(Value::from(kind.connection_termination())));
        fill(&mut full, "preserve_client_ip", Some(Value::from(kind.preserve_client_ip())));
        let check = full.get("health_check").cloned().unwrap_or_default();
        full.insert("health_check".to_owned(), health_check(kind, &check));
    }
    let health = full.get("target_group_health").cloned().unwrap_or_default();
    full.insert("target_group_health".to_owned(), target_group_health(&health));
    if let (Some(Value::List(targets)), Some(port)) = (full.get("target"), full.get("target_port")) {
        let target = |target: &Value| {
            let mut target = target.as_map().cloned().unwrap_or_default();
            fill(&mut target, "port", Some(port.clone()));
            Value::Map(target)
        };
        let targets = sort_set(targets.iter().map(target).collect());
        full.insert("target".to_owned(), Value::List(targets));
    }
    Value::Map(full)
}

/// Whether the resource registers the targets; `None` while it is not known.
fn manages(block: &ListenerBlock) -> Option<bool> {
    let ids = block.target_ids.is_given();
    match block.manage_targets {
        Attr::Known(manages) => Some(manages),
        Attr::Unknown | Attr::Given => None,
        Attr::Null if ids || block.names_targets() => Some(true),
        Attr::Null if block.target_ids.is_unknown() || block.target.is_unknown() => None,
        Attr::Null => Some(false),
    }
}

fn health_check(kind: Kind, check: &Value) -> Value {
    if check.is_unknown() {
        return check.clone();
    }
    let mut full = check.as_map().cloned().unwrap_or_default();
    fill(&mut full, "protocol", Some(Value::from(kind.health_check_protocol())));
    fill(&mut full, "port", Some(Value::from(defaults::HEALTH_CHECK_PORT)));
    for (name, usual) in [
        ("interval", defaults::HEALTH_CHECK_INTERVAL),
        ("healthy_threshold", defaults::HEALTHY_THRESHOLD),
        ("unhealthy_threshold", defaults::UNHEALTHY_THRESHOLD),
    ] {
        fill(&mut full, name, Some(Value::from(i64::from(usual))));
    }
    let protocol = full.get("protocol").and_then(Value::as_str).map(str::to_owned);
    if let Some(protocol) = protocol {
        fill(&mut full, "timeout", Some(Value::from(i64::from(defaults::health_check_timeout(&protocol)))));
        let is_http = protocol.starts_with("HTTP");
        fill(&mut full, "path", is_http.then(|| Value::from(defaults::HEALTH_CHECK_PATH)));
        fill(&mut full, "matcher", is_http.then(|| Value::from(defaults::HEALTH_CHECK_MATCHER)));
    }
    // A block that lacks an entry and one with a null there mean the same.
    for name in ["path", "matcher"] {
        full.entry(name.to_owned()).or_insert(Value::Null);
    }
    Value::Map(full)
}

fn target_group_health(health: &Value) -> Value {
    if health.is_unknown() {
        return health.clone();
    }
    let mut full = health.as_map().cloned().unwrap_or_default();
    for name in ["dns_failover", "unhealthy_state_routing"] {
        let least = full.get(name).cloned().unwrap_or_default();
        if least.is_unknown() {
            continue;
        }
        let mut least = least.as_map().cloned().unwrap_or_default();
        fill(&mut least, "minimum_healthy_targets_count", Some(Value::from(LEAST_COUNT)));
        fill(&mut least, "minimum_healthy_targets_percentage", Some(Value::from(OFF)));
        full.insert(name.to_owned(), Value::Map(least));
    }
    Value::Map(full)
}

fn fill(entries: &mut BTreeMap<String, Value>, name: &str, usual: Option<Value>) {
    let is_null = entries.get(name).is_none_or(Value::is_null);
    if let (true, Some(usual)) = (is_null, usual) {
        entries.insert(name.to_owned(), usual);
    }
}
