//! Hosted zones and their records, as they are kept.
//!
//! A zone remembers its past (`Timed`): a stale replica reads it at an earlier moment. What the API shows and what DNS
//! servers answer are two schedules, because a change is `PENDING` before it is `INSYNC`.

use std::collections::{BTreeMap, BTreeSet};

use crate::simulator::clock::Moment;
use crate::simulator::timed::Timed;

use super::names;

/// Identifies a record set within its zone; orders as AWS lists them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordKey {
    order: String,
    /// Record type, for example `TXT`.
    pub record_type: String,
}

impl RecordKey {
    /// Makes the key of a normalised name and a type.
    pub fn new(name: &str, record_type: &str) -> Self {
        Self { order: names::order_key(name), record_type: record_type.to_owned() }
    }

    /// Gives the normalised name.
    pub fn name(&self) -> String {
        names::order_key(&self.order)
    }
}

/// Holds what a record set answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordData {
    /// Values of its own, with how long resolvers may keep them.
    Values {
        /// Seconds.
        ttl: u64,
        /// In the order given, each in its presentation form (texts in quotes).
        values: Vec<String>,
    },
    /// The answer of another name.
    Alias {
        /// Zone the target lies in, without `/hostedzone/`.
        zone_id: String,
        /// Normalised name of the target.
        dns_name: String,
        /// Whether an unhealthy target is left out.
        evaluate_target_health: bool,
    },
}

impl RecordData {
    /// Tells whether a DELETE with `other` names this very record: values in any order, everything else exact.
    pub fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Values { ttl, values }, Self::Values { ttl: other_ttl, values: other_values }) => {
                let sorted = |values: &[String]| values.iter().cloned().collect::<BTreeSet<String>>();
                ttl == other_ttl && values.len() == other_values.len() && sorted(values) == sorted(other_values)
            }
            _ => self == other,
        }
    }
}

/// All record sets of a zone, in list order.
pub type Records = BTreeMap<RecordKey, RecordData>;

/// Names a VPC the way Route 53 does, with the account that owns it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ZoneVpc {
    /// Account that owns the VPC.
    pub account: String,
    /// Region of the VPC.
    pub region: String,
    /// Id of the VPC.
    pub vpc_id: String,
}

/// Holds the association of a VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// The VPC.
    pub vpc: ZoneVpc,
    /// From when on its resolver asks the zone.
    pub resolves_from: Moment,
}

/// Holds one hosted zone.
#[derive(Debug, Clone)]
pub struct Zone {
    /// Id without `/hostedzone/`.
    pub id: String,
    /// Account that made it.
    pub owner: String,
    /// Normalised name.
    pub name: String,
    /// Whether only associated VPCs see it.
    pub private: bool,
    /// The caller's comment.
    pub comment: Option<String>,
    /// The caller's reference, used up for ever.
    pub caller_reference: String,
    /// Name servers of a public zone.
    pub name_servers: Vec<String>,
    /// When it was made.
    pub created: Moment,
    /// Whether it exists; a deleted zone is remembered for replicas that lag.
    pub exists: Timed<bool>,
    /// VPCs that see it, in order of association.
    pub vpcs: Timed<Vec<Association>>,
    /// VPCs of other accounts that may be associated, each from a moment on.
    pub authorizations: BTreeMap<ZoneVpc, Moment>,
    /// What the API shows.
    pub records: Timed<Records>,
    /// What DNS servers answer.
    pub served: Timed<Records>,
    /// Until when the latest change of its records is processed, and no other may start.
    pub processed_at: Moment,
    /// Until when the latest change of its records is `PENDING`, and a replica may not have it.
    pub in_sync_at: Moment,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl Zone {
    /// Tells whether the zone exists at a moment.
    pub fn exists_at(&self, at: Moment) -> bool {
        self.created <= at && *self.exists.at(at)
    }

    /// Tells whether a VPC is associated at a moment.
    pub fn is_associated(&self, vpc_id: &str, at: Moment) -> bool {
        self.exists_at(at) && self.vpcs.at(at).iter().any(|association| association.vpc.vpc_id == vpc_id)
    }

    /// Tells whether a VPC's resolver asks the zone at a moment.
    pub fn serves_vpc(&self, vpc_id: &str, at: Moment) -> bool {
        let serves = |association: &Association| association.vpc.vpc_id == vpc_id && association.resolves_from <= at;
        self.exists_at(at) && self.vpcs.at(at).iter().any(serves)
    }

    /// Tells whether a record set is the SOA or NS that every zone keeps at its own name.
    pub fn is_apex_record(&self, key: &RecordKey) -> bool {
        matches!(key.record_type.as_str(), "NS" | "SOA") && key.name() == self.name
    }

    /// Finds what DNS answers for a normalised name and type at a moment: the exact record, else the closest wildcard.
    pub fn answer(&self, name: &str, record_type: &str, at: Moment) -> Option<(RecordKey, RecordData)> {
        if !self.exists_at(at) || !names::is_within(name, &self.name) {
            return None;
        }
        let records = self.served.at(at);
        let exact = RecordKey::new(name, record_type);
        if let Some(data) = records.get(&exact) {
            return Some((exact, data.clone()));
        }
        // A name that exists with any other type is never covered by a wildcard (RFC 4592).
        if records.keys().any(|key| names::is_within(&key.name(), name)) {
            return None;
        }
        records
            .iter()
            .filter(|(key, _)| key.record_type == record_type && names::answers(&key.name(), name))
            .max_by_key(|(key, _)| key.name().len())
            .map(|(key, data)| (key.clone(), data.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_its_name_back() {
        assert_eq!(RecordKey::new("\\052.b.example.dev.", "A").name(), "\\052.b.example.dev.");
    }

    #[test]
    fn values_match_in_any_order_but_not_with_another_ttl() {
        let values =
            |ttl, values: &[&str]| RecordData::Values { ttl, values: values.iter().map(ToString::to_string).collect() };
        assert!(values(60, &["a", "b"]).matches(&values(60, &["b", "a"])));
        assert!(!values(60, &["a"]).matches(&values(61, &["a"])));
        assert!(!values(60, &["a"]).matches(&values(60, &["a", "b"])));
    }
}
