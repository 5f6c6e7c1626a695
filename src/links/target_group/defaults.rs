//! AWS's defaults of a target group, by protocol and target type: what none in a spec means.
//!
//! *Source:* Elastic Load Balancing API reference, CreateTargetGroup and TargetGroupAttribute; user
//! guide of Network Load Balancers, "Target groups".

/// Seconds for which a leaving target keeps its connections.
pub const DEREGISTRATION_DELAY: i32 = 300;
/// The port of health checks.
pub const HEALTH_CHECK_PORT: &str = "traffic-port";
/// The path of health checks by HTTP and HTTPS.
pub const HEALTH_CHECK_PATH: &str = "/";
/// Their status codes that mean success.
pub const HEALTH_CHECK_MATCHER: &str = "200-399";
/// Seconds between two health checks.
pub const HEALTH_CHECK_INTERVAL: i32 = 30;
/// Successes that make a target healthy.
pub const HEALTHY_THRESHOLD: i32 = 5;
/// Failures that make a target unhealthy.
pub const UNHEALTHY_THRESHOLD: i32 = 2;

/// What decides the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    datagrams: bool,
    target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Instance,
    Ip,
    Alb,
}

impl Kind {
    /// Of a protocol such as `TCP` and a target type such as `instance`.
    pub fn of(protocol: &str, target_type: &str) -> Self {
        let target = match target_type {
            "ip" => Target::Ip,
            "alb" => Target::Alb,
            _ => Target::Instance,
        };
        Self { datagrams: matches!(protocol, "UDP" | "TCP_UDP"), target }
    }

    /// Whether connections to a leaving target are cut: only datagrams, which have none to lose.
    pub fn connection_termination(self) -> bool {
        self.datagrams
    }

    /// Whether targets see the client's address: not addresses that are reached by TCP or TLS.
    pub fn preserve_client_ip(self) -> bool {
        self.target != Target::Ip || self.datagrams
    }

    /// How health is checked: an Application Load Balancer only by HTTP.
    pub fn health_check_protocol(self) -> &'static str {
        if self.target == Target::Alb { "HTTP" } else { "TCP" }
    }
}

/// Seconds for an answer to a health check.
pub fn health_check_timeout(protocol: &str) -> i32 {
    if protocol == "HTTP" { 6 } else { 10 }
}
