//! Attributes of a load balancer under AWS's keys: what is sent, and what is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::aws::elbv2::setting;

/// AWS's default: each zone's name gives the addresses of all zones.
pub(super) const ANY_ZONE: &str = "any_availability_zone";

/// Attributes of a load balancer; the default is AWS's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attributes {
    /// Whether each zone's address reaches the targets of all zones.
    pub cross_zone: bool,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// How clients are led to zones.
    pub client_routing_policy: String,
    /// Further addresses in each subnet, for more connections to a target at a time; AWS never takes one away.
    pub secondary_ips: i32,
    /// Whether AWS may lead traffic away from a zone.
    pub zonal_shift: bool,
    /// Where connections over TLS are logged.
    pub access_logs: AccessLogs,
}

/// Logs of connections over TLS in S3.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessLogs {
    /// Whether they are written.
    pub enabled: bool,
    /// The bucket; empty for none.
    pub bucket: String,
    /// Folder in the bucket; empty for none.
    pub prefix: String,
}

impl AccessLogs {
    /// Logs that are written, or none: AWS keeps the bucket of logs that are switched off.
    pub fn of(enabled: bool, bucket: String, prefix: String) -> Self {
        if enabled { Self { enabled, bucket, prefix } } else { Self::default() }
    }
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            cross_zone: false,
            deletion_protection: false,
            client_routing_policy: ANY_ZONE.to_owned(),
            secondary_ips: 0,
            zonal_shift: false,
            access_logs: AccessLogs::default(),
        }
    }
}

impl Attributes {
    /// What AWS says; where it says nothing, its default.
    pub(super) fn read(settings: &BTreeMap<String, String>) -> Self {
        let text = |key: &str| settings.get(key).cloned().unwrap_or_default();
        let [cross_zone, protection, routing, secondary, shift, enabled, bucket, prefix] = KEYS;
        Self {
            cross_zone: setting(settings, cross_zone).unwrap_or(false),
            deletion_protection: setting(settings, protection).unwrap_or(false),
            client_routing_policy: settings.get(routing).cloned().unwrap_or_else(|| ANY_ZONE.to_owned()),
            secondary_ips: setting(settings, secondary).unwrap_or(0),
            zonal_shift: setting(settings, shift).unwrap_or(false),
            access_logs: AccessLogs::of(setting(settings, enabled).unwrap_or(false), text(bucket), text(prefix)),
        }
    }

    /// What of these differs from `have`, in AWS's words: nothing is sent that is there already.
    pub(super) fn changed(&self, have: &Self) -> Vec<(&'static str, String)> {
        let differing = self.pairs().into_iter().zip(have.pairs()).filter(|(one, other)| one != other);
        let [.., bucket, prefix] = KEYS;
        let is_idle = |key: &str| !self.access_logs.enabled && (key == bucket || key == prefix);
        differing.map(|(pair, _)| pair).filter(|(key, _)| !is_idle(key)).collect()
    }

    fn pairs(&self) -> [(&'static str, String); 8] {
        let values = [
            self.cross_zone.to_string(),
            self.deletion_protection.to_string(),
            self.client_routing_policy.clone(),
            self.secondary_ips.to_string(),
            self.zonal_shift.to_string(),
            self.access_logs.enabled.to_string(),
            self.access_logs.bucket.clone(),
            self.access_logs.prefix.clone(),
        ];
        let mut values = values.into_iter();
        KEYS.map(|key| (key, values.next().unwrap_or_default()))
    }
}

/// In the order of [`Attributes::pairs`].
const KEYS: [&str; 8] = [
    "load_balancing.cross_zone.enabled",
    "deletion_protection.enabled",
    "dns_record.client_routing_policy",
    "secondary_ips.auto_assigned.per_subnet",
    "zonal_shift.config.enabled",
    "access_logs.s3.enabled",
    "access_logs.s3.bucket",
    "access_logs.s3.prefix",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_from_what_is_there_is_sent() {
        assert_eq!(Attributes::default().changed(&Attributes::default()), []);
        let logs = AccessLogs { enabled: true, bucket: "logs".into(), prefix: String::new() };
        let wanted = Attributes { deletion_protection: true, access_logs: logs, ..Attributes::default() };
        assert_eq!(
            wanted.changed(&Attributes::default()),
            [
                ("deletion_protection.enabled", "true".to_owned()),
                ("access_logs.s3.enabled", "true".to_owned()),
                ("access_logs.s3.bucket", "logs".to_owned()),
            ]
        );
    }

    #[test]
    fn logs_are_switched_off_without_another_word() {
        let logs = AccessLogs::of(true, "logs".into(), "nlb".into());
        let have = Attributes { access_logs: logs, ..Attributes::default() };
        assert_eq!(Attributes::default().changed(&have), [("access_logs.s3.enabled", "false".to_owned())]);
        let left = BTreeMap::from([("access_logs.s3.bucket".to_owned(), "logs".to_owned())]);
        assert_eq!(Attributes::read(&left), Attributes::default());
    }

    #[test]
    fn what_is_sent_reads_back() {
        let logs = AccessLogs { enabled: true, bucket: "logs".into(), prefix: "nlb".into() };
        let wanted = Attributes {
            cross_zone: true,
            deletion_protection: true,
            client_routing_policy: "availability_zone_affinity".into(),
            secondary_ips: 2,
            zonal_shift: true,
            access_logs: logs,
        };
        let settings = wanted.pairs().into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        assert_eq!(Attributes::read(&settings), wanted);
        assert_eq!(Attributes::read(&BTreeMap::new()), Attributes::default());
    }
}
