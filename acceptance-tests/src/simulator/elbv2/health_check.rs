//! Health checks of target groups: defaults, limits, and what goes with what.
//!
//! Source: NLB user guide, "Health checks for your target groups"; CreateTargetGroup reference. Pure rules, no state.

use crate::simulator::error::ApiError;

/// Says what is checked: it decides the defaults and the protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// Instances and addresses behind a network load balancer.
    ByNetwork,
    /// An application load balancer behind a network load balancer.
    LoadBalancer,
    /// Instances and addresses behind an application load balancer.
    ByApplication,
}

impl Checked {
    /// Tells it from a target group's protocol and target type.
    pub fn of(protocol: &str, target_type: &str) -> Self {
        match (protocol, target_type) {
            (_, "alb") => Self::LoadBalancer,
            ("HTTP" | "HTTPS", _) => Self::ByApplication,
            _ => Self::ByNetwork,
        }
    }
}

/// Holds the health check of a target group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// `TCP`, `HTTP` or `HTTPS`.
    pub protocol: String,
    /// `traffic-port` or a port.
    pub port: String,
    /// Path of HTTP and HTTPS checks.
    pub path: Option<String>,
    /// Status codes that count as healthy, for HTTP and HTTPS checks.
    pub matcher: Option<String>,
    /// Seconds between checks.
    pub interval: u32,
    /// Seconds until a check counts as failed.
    pub timeout: u32,
    /// Successes in a row until healthy.
    pub healthy_threshold: u32,
    /// Failures in a row until unhealthy.
    pub unhealthy_threshold: u32,
}

/// Holds what a call says about a health check.
#[derive(Debug, Clone, Default)]
pub struct HealthCheckInput {
    /// `HealthCheckProtocol`.
    pub protocol: Option<String>,
    /// `HealthCheckPort`.
    pub port: Option<String>,
    /// `HealthCheckPath`.
    pub path: Option<String>,
    /// `Matcher.HttpCode`.
    pub matcher: Option<String>,
    /// `HealthCheckIntervalSeconds`.
    pub interval: Option<u32>,
    /// `HealthCheckTimeoutSeconds`.
    pub timeout: Option<u32>,
    /// `HealthyThresholdCount`.
    pub healthy_threshold: Option<u32>,
    /// `UnhealthyThresholdCount`.
    pub unhealthy_threshold: Option<u32>,
    /// `HealthCheckEnabled`.
    pub enabled: Option<bool>,
}

impl HealthCheck {
    /// Fills in the defaults of a new target group and checks the result.
    ///
    /// # Errors
    /// `ValidationError` for values out of range, `InvalidConfigurationRequest` for values that do not go together.
    pub fn create(checked: Checked, input: HealthCheckInput) -> Result<Self, ApiError> {
        check_enabled(input.enabled)?;
        let default = if checked == Checked::ByNetwork { "TCP" } else { "HTTP" };
        let protocol = input.protocol.unwrap_or_else(|| default.to_owned());
        let over_http = protocol != "TCP";
        let (codes, timeout) = match (checked, protocol.as_str()) {
            (Checked::ByApplication, _) => ("200", 5),
            (_, "HTTP") => ("200-399", 6),
            _ => ("200-399", 10),
        };
        let check = Self {
            port: input.port.unwrap_or_else(|| "traffic-port".to_owned()),
            path: input.path.or_else(|| over_http.then(|| "/".to_owned())),
            matcher: input.matcher.or_else(|| over_http.then(|| codes.to_owned())),
            interval: input.interval.unwrap_or(30),
            timeout: input.timeout.unwrap_or(timeout),
            healthy_threshold: input.healthy_threshold.unwrap_or(5),
            unhealthy_threshold: input.unhealthy_threshold.unwrap_or(2),
            protocol,
        };
        check.check(checked)?;
        Ok(check)
    }

    /// Applies ModifyTargetGroup and checks the result; absent fields stay.
    ///
    /// # Errors
    /// As for [`HealthCheck::create`].
    pub fn modify(&self, checked: Checked, input: HealthCheckInput) -> Result<Self, ApiError> {
        check_enabled(input.enabled)?;
        let protocol = input.protocol.unwrap_or_else(|| self.protocol.clone());
        let over_http = protocol != "TCP";
        // A check that leaves HTTP leaves its path and matcher too; one that enters it gets the defaults.
        let kept = |value: &Option<String>, default: &str| {
            over_http.then(|| value.clone().unwrap_or_else(|| default.to_owned()))
        };
        let check = Self {
            port: input.port.unwrap_or_else(|| self.port.clone()),
            path: input.path.or_else(|| kept(&self.path, "/")),
            matcher: input.matcher.or_else(|| kept(&self.matcher, "200-399")),
            interval: input.interval.unwrap_or(self.interval),
            timeout: input.timeout.unwrap_or(self.timeout),
            healthy_threshold: input.healthy_threshold.unwrap_or(self.healthy_threshold),
            unhealthy_threshold: input.unhealthy_threshold.unwrap_or(self.unhealthy_threshold),
            protocol,
        };
        check.check(checked)?;
        Ok(check)
    }

    /// Tells whether an answer with this status counts as healthy.
    pub fn accepts(&self, status: &str) -> bool {
        let Ok(status) = status.parse::<u16>() else {
            return false;
        };
        let within = |part: &str| {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            matches!((low.parse::<u16>(), high.parse::<u16>()), (Ok(low), Ok(high)) if (low..=high).contains(&status))
        };
        self.matcher.as_deref().is_none_or(|matcher| matcher.split(',').any(within))
    }

    fn check(&self, checked: Checked) -> Result<(), ApiError> {
        let known = match checked {
            Checked::ByNetwork => ["TCP", "HTTP", "HTTPS"].as_slice(),
            Checked::LoadBalancer | Checked::ByApplication => ["HTTP", "HTTPS"].as_slice(),
        };
        if !known.contains(&self.protocol.as_str()) {
            return Err(ApiError::bad(
                "InvalidConfigurationRequest",
                format!(
                    "Health check protocol '{}' is not supported for these targets: use one of {}",
                    self.protocol,
                    known.join(", ")
                ),
            ));
        }
        if self.port != "traffic-port" && !self.port.parse::<u16>().is_ok_and(|port| port > 0) {
            return Err(validation(format!(
                "Health check port '{}' must be 'traffic-port' or a port number in [1, 65535]",
                self.port
            )));
        }
        if self.protocol == "TCP" && (self.path.is_some() || self.matcher.is_some()) {
            return Err(ApiError::bad(
                "InvalidConfigurationRequest",
                "Health check path and matcher are not supported for health checks with protocol TCP",
            ));
        }
        if let Some(path) = self.path.as_deref().filter(|path| !path.starts_with('/') || path.len() > 1024) {
            return Err(validation(format!(
                "Health check path '{path}' must start with '/' and have at most 1024 characters"
            )));
        }
        if let Some(matcher) = self.matcher.as_deref().filter(|matcher| !is_matcher(matcher)) {
            return Err(validation(format!("Health check matcher HTTP code '{matcher}' must be within '200-599'")));
        }
        in_range("Health check interval", self.interval, 5, 300)?;
        in_range("Health check timeout", self.timeout, 2, 120)?;
        in_range("Healthy threshold count", self.healthy_threshold, 2, 10)?;
        in_range("Unhealthy threshold count", self.unhealthy_threshold, 2, 10)?;
        // Equal is legal: ten and ten was the only pair network load balancers had for years.
        if self.timeout > self.interval {
            return Err(validation("Health check timeout must be smaller than or equal to the interval.".to_owned()));
        }
        Ok(())
    }
}

fn check_enabled(enabled: Option<bool>) -> Result<(), ApiError> {
    match enabled {
        Some(false) => Err(ApiError::bad(
            "InvalidConfigurationRequest",
            "Health check enabled must be true for target groups with target type 'instance' or 'ip'",
        )),
        _ => Ok(()),
    }
}

fn is_matcher(matcher: &str) -> bool {
    matcher.split(',').all(|part| {
        let codes: Vec<Option<u16>> = part.splitn(2, '-').map(|code| code.parse().ok()).collect();
        codes.iter().all(|code| code.is_some_and(|code| (200..=599).contains(&code))) && codes.is_sorted()
    })
}

fn in_range(what: &str, value: u32, low: u32, high: u32) -> Result<(), ApiError> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(validation(format!("{what} '{value}' must be in the range [{low}, {high}]")))
    }
}

fn validation(message: String) -> ApiError {
    ApiError::bad("ValidationError", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_protocol() {
        let tcp = HealthCheck::create(Checked::ByNetwork, HealthCheckInput::default()).unwrap();
        assert_eq!((tcp.interval, tcp.timeout, tcp.healthy_threshold, tcp.unhealthy_threshold), (30, 10, 5, 2));
        assert_eq!((tcp.port.as_str(), tcp.path.as_deref(), tcp.matcher.as_deref()), ("traffic-port", None, None));
        let http = HealthCheckInput { protocol: Some("HTTP".to_owned()), ..Default::default() };
        let http = HealthCheck::create(Checked::ByNetwork, http).unwrap();
        assert_eq!((http.timeout, http.path.as_deref(), http.matcher.as_deref()), (6, Some("/"), Some("200-399")));
    }

    #[test]
    fn an_application_load_balancer_is_checked_by_http_alone() {
        let check = HealthCheck::create(Checked::LoadBalancer, HealthCheckInput::default()).unwrap();
        assert_eq!((check.protocol.as_str(), check.timeout, check.matcher.as_deref()), ("HTTP", 6, Some("200-399")));
        assert!(check.accepts("302") && !check.accepts("404") && !check.accepts("x"));
        let tcp = HealthCheckInput { protocol: Some("TCP".to_owned()), ..Default::default() };
        assert_eq!(HealthCheck::create(Checked::LoadBalancer, tcp).unwrap_err().code, "InvalidConfigurationRequest");
        let behind = HealthCheck::create(Checked::ByApplication, HealthCheckInput::default()).unwrap();
        assert_eq!((behind.timeout, behind.matcher.as_deref()), (5, Some("200")));
    }

    #[test]
    fn leaving_http_leaves_path_and_matcher_behind() {
        let http =
            HealthCheckInput { protocol: Some("HTTP".to_owned()), path: Some("/up".to_owned()), ..Default::default() };
        let http = HealthCheck::create(Checked::ByNetwork, http).unwrap();
        let tcp = http
            .modify(Checked::ByNetwork, HealthCheckInput { protocol: Some("TCP".to_owned()), ..Default::default() })
            .unwrap();
        assert_eq!((tcp.path, tcp.matcher), (None, None));
    }

    #[test]
    fn values_out_of_range_or_at_odds_are_refused() {
        let refuse = |input: HealthCheckInput| HealthCheck::create(Checked::ByNetwork, input).unwrap_err().code;
        assert_eq!(refuse(HealthCheckInput { interval: Some(4), ..Default::default() }), "ValidationError");
        assert_eq!(refuse(HealthCheckInput { timeout: Some(31), ..Default::default() }), "ValidationError");
        assert_eq!(refuse(HealthCheckInput { healthy_threshold: Some(11), ..Default::default() }), "ValidationError");
        assert_eq!(
            refuse(HealthCheckInput { path: Some("/".to_owned()), ..Default::default() }),
            "InvalidConfigurationRequest"
        );
        assert_eq!(
            refuse(HealthCheckInput { enabled: Some(false), ..Default::default() }),
            "InvalidConfigurationRequest"
        );
        let matcher = HealthCheckInput {
            protocol: Some("HTTP".to_owned()),
            matcher: Some("100".to_owned()),
            ..Default::default()
        };
        assert_eq!(refuse(matcher), "ValidationError");
    }
}
