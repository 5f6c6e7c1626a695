//! What a target group does where targets are unhealthy, and whether zones help each other: attributes under AWS's keys.
//!
//! *Source:* Elastic Load Balancing API reference, TargetGroupAttribute; user guide of Network Load Balancers, "Target group
//! health" and "Connection termination for unhealthy targets".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::aws::elbv2::setting;

/// AWS's default: the load balancer says.
pub const AS_THE_LOAD_BALANCER: &str = "use_load_balancer_configuration";
/// AWS's default of every least number of healthy targets.
pub const LEAST_COUNT: &str = "1";
/// AWS's word for a limit that does not hold.
pub const OFF: &str = "off";

/// Attributes of a target group; the default is AWS's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Failover {
    /// Whether targets of all zones get traffic: `true`, `false` or [`AS_THE_LOAD_BALANCER`].
    pub cross_zone: String,
    /// Whether connections to a target that became unhealthy are cut.
    pub unhealthy_connection_termination: bool,
    /// Seconds for which such a target keeps its connections, where they are not cut.
    pub unhealthy_draining_interval: i32,
    /// Fewer healthy targets than this, and names lead to other zones.
    pub dns_failover: Least,
    /// Fewer healthy targets than this, and unhealthy ones get traffic, too.
    pub unhealthy_state_routing: Least,
}

/// A least number of healthy targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Least {
    /// A number, or `off`.
    pub minimum_healthy_targets_count: String,
    /// Percent of all targets, or `off`.
    pub minimum_healthy_targets_percentage: String,
}

impl Default for Least {
    fn default() -> Self {
        Self {
            minimum_healthy_targets_count: LEAST_COUNT.to_owned(),
            minimum_healthy_targets_percentage: OFF.to_owned(),
        }
    }
}

impl Default for Failover {
    fn default() -> Self {
        Self {
            cross_zone: AS_THE_LOAD_BALANCER.to_owned(),
            unhealthy_connection_termination: true,
            unhealthy_draining_interval: 0,
            dns_failover: Least::default(),
            unhealthy_state_routing: Least::default(),
        }
    }
}

impl Failover {
    /// What AWS says; where it says nothing, its default.
    pub(super) fn read(settings: &BTreeMap<String, String>) -> Self {
        let usual = Self::default();
        let text = |key: &str, usual: &str| settings.get(key).cloned().unwrap_or_else(|| usual.to_owned());
        let least = |count: &str, percentage: &str| Least {
            minimum_healthy_targets_count: text(count, LEAST_COUNT),
            minimum_healthy_targets_percentage: text(percentage, OFF),
        };
        let [zones, termination, interval, names, names_percentage, routing, routing_percentage] = KEYS;
        Self {
            cross_zone: text(zones, AS_THE_LOAD_BALANCER),
            unhealthy_connection_termination: setting(settings, termination)
                .unwrap_or(usual.unhealthy_connection_termination),
            unhealthy_draining_interval: setting(settings, interval).unwrap_or(usual.unhealthy_draining_interval),
            dns_failover: least(names, names_percentage),
            unhealthy_state_routing: least(routing, routing_percentage),
        }
    }

    /// All of them in AWS's words.
    pub(super) fn pairs(&self) -> [(&'static str, String); 7] {
        let values = [
            self.cross_zone.clone(),
            self.unhealthy_connection_termination.to_string(),
            self.unhealthy_draining_interval.to_string(),
            self.dns_failover.minimum_healthy_targets_count.clone(),
            self.dns_failover.minimum_healthy_targets_percentage.clone(),
            self.unhealthy_state_routing.minimum_healthy_targets_count.clone(),
            self.unhealthy_state_routing.minimum_healthy_targets_percentage.clone(),
        ];
        let mut values = values.into_iter();
        KEYS.map(|key| (key, values.next().unwrap_or_default()))
    }
}

/// In the order of [`Failover::pairs`].
const KEYS: [&str; 7] = [
    "load_balancing.cross_zone.enabled",
    "target_health_state.unhealthy.connection_termination.enabled",
    "target_health_state.unhealthy.draining_interval_seconds",
    "target_group_health.dns_failover.minimum_healthy_targets.count",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_reads_back() {
        let wanted = Failover {
            cross_zone: "true".into(),
            unhealthy_connection_termination: false,
            unhealthy_draining_interval: 900,
            dns_failover: Least {
                minimum_healthy_targets_count: OFF.into(),
                minimum_healthy_targets_percentage: "50".into(),
            },
            unhealthy_state_routing: Least { minimum_healthy_targets_count: "2".into(), ..Least::default() },
        };
        let settings = wanted.pairs().into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        assert_eq!(Failover::read(&settings), wanted);
        assert_eq!(Failover::read(&BTreeMap::new()), Failover::default());
    }
}
