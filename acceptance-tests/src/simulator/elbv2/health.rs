//! The health of a target, as a function of what is around it and of time.
//!
//! Nothing is stored: a target is healthy when a listener forwards to it, its load balancer is active, its zone is enabled,
//! its instance runs, and all that has lasted for the time its first checks take (facts 5.1, 5.2, rule 59).

use std::time::Duration;

use crate::simulator::clock::Moment;

use super::state::{Target, TargetGroup};

/// How long a target counts as registering before its first checks.
const REGISTRATION: Duration = Duration::from_secs(20);

/// Says what a target's health is, in DescribeTargetHealth's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `initial`, `healthy`, `unhealthy`, `unused` or `draining`.
    pub state: String,
    /// Reason code; a healthy target has none.
    pub reason: Option<String>,
    /// Sentence for people; a healthy target has none.
    pub description: Option<String>,
}

impl Health {
    fn new(state: &str, reason: &str, description: impl Into<String>) -> Self {
        Self { state: state.to_owned(), reason: Some(reason.to_owned()), description: Some(description.into()) }
    }

    /// Describes a target that takes traffic.
    pub fn healthy() -> Self {
        Self { state: "healthy".to_owned(), reason: None, description: None }
    }

    /// Describes a target nobody registered.
    pub fn not_registered() -> Self {
        Self::new("unused", "Target.NotRegistered", "Target is not registered to the target group")
    }
}

/// Describes what stands behind a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behind {
    /// An address: nobody can say more.
    Address,
    /// An application load balancer, and whether it answers health checks as the group wants it.
    LoadBalancer(bool),
    /// An instance that has been running since then.
    Running(Moment),
    /// An instance in another state, by its word.
    NotRunning(String),
}

/// Describes what is around a target at the moment asked about.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Since when a listener of an active load balancer forwards to the group; `None` without one.
    pub in_use_since: Option<Moment>,
    /// Whether the load balancer, if any, is still being set up.
    pub provisioning: bool,
    /// Whether the load balancer has the target's zone.
    pub zone_enabled: bool,
    /// What stands behind it.
    pub behind: Behind,
}

/// Tells a target's health at a moment; `None` once it is gone.
pub fn of_target(group: &TargetGroup, target: &Target, around: &Surroundings, at: Moment) -> Option<Health> {
    if let Some(deregistered) = target.deregistered.filter(|deregistered| *deregistered <= at) {
        // Without a listener nothing flows, so nothing drains.
        let gone = around.in_use_since.is_none() || at >= deregistered.after(group.deregistration_delay(at));
        return (!gone).then(|| {
            Health::new("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
        });
    }
    if let Some((state, reason)) = target.forced.at(at) {
        let reason = reason.clone().or_else(|| (state == "unhealthy").then(|| "Target.FailedHealthChecks".to_owned()));
        let description = reason.as_ref().map(|_| "Health checks failed".to_owned());
        return Some(Health { state: state.clone(), reason, description });
    }
    Some(unforced(group, target, around, at))
}

fn unforced(group: &TargetGroup, target: &Target, around: &Surroundings, at: Moment) -> Health {
    let running_since = match &around.behind {
        Behind::NotRunning(word) => {
            return Health::new("unused", "Target.InvalidState", format!("Target is in the {word} state"));
        }
        Behind::Running(since) => *since,
        Behind::Address | Behind::LoadBalancer(_) => target.registered,
    };
    let Some(in_use_since) = around.in_use_since else {
        return Health::new(
            "unused",
            "Target.NotInUse",
            "Target group is not configured to receive traffic from the load balancer",
        );
    };
    if !around.zone_enabled {
        return Health::new(
            "unused",
            "Target.NotInUse",
            "Target is in an Availability Zone that is not enabled for the load balancer",
        );
    }
    let rechecked = group.health_check.changed_at(at).unwrap_or_default();
    let start = target.registered.max(in_use_since).max(running_since).max(rechecked);
    // No target is healthy before it passed the threshold, however quick AWS is to start checking.
    let check = group.health_check.at(at);
    let threshold = Duration::from_secs(u64::from(check.healthy_threshold * check.interval));
    let settling = target.settling.max(threshold);
    if around.provisioning || at < start.after(REGISTRATION.min(settling)) {
        Health::new("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
    } else if at < start.after(settling) {
        Health::new("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
    } else if around.behind == Behind::LoadBalancer(false) {
        Health::new("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
    } else {
        Health::healthy()
    }
}

#[cfg(test)]
mod tests {
    use crate::simulator::elbv2::attributes;
    use crate::simulator::elbv2::health_check::{Checked, HealthCheck, HealthCheckInput};
    use crate::simulator::timed::Timed;

    use super::*;

    fn group() -> TargetGroup {
        TargetGroup {
            arn: "arn".to_owned(),
            name: "name".to_owned(),
            protocol: "TCP".to_owned(),
            port: 443,
            vpc_id: "vpc-1".to_owned(),
            target_type: "instance".to_owned(),
            ip_address_type: "ipv4".to_owned(),
            created: Moment(0),
            exists: Timed::new(true),
            health_check: Timed::new(HealthCheck::create(Checked::ByNetwork, HealthCheckInput::default()).unwrap()),
            attributes: Timed::new(attributes::of_target_group("TCP", "instance")),
            tags: Timed::new(std::collections::BTreeMap::new()),
            targets: std::collections::BTreeMap::new(),
        }
    }

    fn target() -> Target {
        Target {
            zone: None,
            registered: Moment(1_000),
            settling: Duration::from_secs(90),
            deregistered: None,
            forced: Timed::new(None),
        }
    }

    fn served() -> Surroundings {
        Surroundings {
            in_use_since: Some(Moment(10_000)),
            provisioning: false,
            zone_enabled: true,
            behind: Behind::Running(Moment(0)),
        }
    }

    fn state(target: &Target, around: &Surroundings, at: u64) -> (String, Option<String>) {
        let health = of_target(&group(), target, around, Moment(at)).unwrap();
        (health.state, health.reason)
    }

    fn with(state: &str, reason: &str) -> (String, Option<String>) {
        (state.to_owned(), Some(reason.to_owned()))
    }

    #[test]
    fn health_needs_a_listener_a_running_instance_and_time() {
        let around = served();
        assert_eq!(state(&target(), &around, 11_000), with("initial", "Elb.RegistrationInProgress"));
        assert_eq!(state(&target(), &around, 60_000), with("initial", "Elb.InitialHealthChecking"));
        assert_eq!(state(&target(), &around, 160_000), ("healthy".to_owned(), None));
        let idle = Surroundings { in_use_since: None, ..served() };
        assert_eq!(state(&target(), &idle, 100_000), with("unused", "Target.NotInUse"));
        let stopped = Surroundings { behind: Behind::NotRunning("stopped".to_owned()), ..served() };
        assert_eq!(state(&target(), &stopped, 100_000), with("unused", "Target.InvalidState"));
        let elsewhere = Surroundings { zone_enabled: false, ..served() };
        assert_eq!(state(&target(), &elsewhere, 100_000), with("unused", "Target.NotInUse"));
        let provisioning = Surroundings { provisioning: true, ..served() };
        assert_eq!(state(&target(), &provisioning, 100_000).0, "initial");
        let fresh = Surroundings { behind: Behind::Running(Moment(80_000)), ..served() };
        assert_eq!(state(&target(), &fresh, 100_000).0, "initial");
    }

    #[test]
    fn a_deregistered_target_drains_for_the_delay_and_then_is_gone() {
        let leaving = Target { deregistered: Some(Moment(200_000)), ..target() };
        assert_eq!(state(&leaving, &served(), 499_999), with("draining", "Target.DeregistrationInProgress"));
        assert_eq!(of_target(&group(), &leaving, &served(), Moment(500_000)), None);
        let idle = Surroundings { in_use_since: None, ..served() };
        assert_eq!(of_target(&group(), &leaving, &idle, Moment(200_001)), None);
    }
}
