//! All records that a composite keeps in one hosted zone, written in one batch.
//!
//! A record of somebody else is never overwritten: the first write creates, and AWS refuses to
//! create what exists. Each record is of one name and type and holds one value.

mod batch;
mod calls;
mod diff;
mod flatten;
#[cfg(test)]
mod tests;

pub use calls::{leading_to, of_names};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::aws::RecordKey;
use crate::gather::Gather as _;
use crate::links::endpoint;

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Records;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Whose credentials own the zone; none for the provider's.
    pub account: Option<String>,
    /// The zone.
    pub zone_id: String,
    /// By [`RecordSpec::key`]; at least one.
    pub records: BTreeMap<String, RecordSpec>,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSpec {
    /// The full name, such as `orders.internal.example.dev`, without a dot at the end.
    pub name: String,
    /// `A`, `AAAA` or `CNAME`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says.
    pub value: RecordValue,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordValue {
    /// The addresses of another name.
    Alias {
        /// That name.
        dns_name: String,
        /// The hosted zone that AWS keeps it in.
        zone_id: String,
        /// Whether an unhealthy target takes the record away.
        evaluate_target_health: bool,
    },
    /// Another name.
    Cname {
        /// That name.
        value: String,
        /// Seconds for which answers are kept.
        ttl_seconds: i64,
    },
}

impl RecordSpec {
    /// Name and type in one word: `orders.internal.example.dev A`.
    pub fn key(&self) -> String {
        format!("{} {}", plain(&self.name), self.kind)
    }

    /// Returns what the record says: `-> vpce-….amazonaws.com`.
    fn in_words(&self) -> String {
        match &self.value {
            RecordValue::Alias { dns_name, evaluate_target_health: true, .. } => format!("-> {dns_name} while healthy"),
            RecordValue::Alias { dns_name, .. } => format!("-> {dns_name}"),
            RecordValue::Cname { value, ttl_seconds } => format!("-> {value} for {ttl_seconds} s"),
        }
    }

    /// The endpoint that it leads to, if it is one.
    pub fn endpoint(&self) -> Option<&str> {
        match &self.value {
            RecordValue::Alias { dns_name: target, .. } | RecordValue::Cname { value: target, .. } => {
                endpoint::id_in(target)
            }
        }
    }

    fn record_key(&self) -> RecordKey {
        RecordKey::new(&self.name, &self.kind)
    }

    /// The same in one spelling of its names.
    fn canonical(&self) -> Self {
        let value = match &self.value {
            RecordValue::Alias { dns_name, zone_id, evaluate_target_health } => RecordValue::Alias {
                dns_name: plain(dns_name),
                zone_id: zone_id.clone(),
                evaluate_target_health: *evaluate_target_health,
            },
            RecordValue::Cname { value, ttl_seconds } => {
                RecordValue::Cname { value: plain(value), ttl_seconds: *ttl_seconds }
            }
        };
        Self { name: plain(&self.name), kind: self.kind.clone(), value }
    }
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Whose credentials own the zone; none for the provider's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The zone.
    pub zone_id: String,
    /// The endpoint that they lead to. What leads to another one by now is of whoever took the name over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// Ours, by [`RecordSpec::key`].
    pub records: BTreeMap<String, RecordSpec>,
    /// Wanted, and left to the resource that has the name until it gives it up in the same run.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub left: BTreeMap<String, RecordSpec>,
    /// The change that name servers do not know yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_id: Option<String>,
}

impl State {
    /// All that there is when everything was handed over.
    pub fn all(&self) -> BTreeMap<String, RecordSpec> {
        self.records.iter().chain(&self.left).map(|(key, record)| (key.clone(), record.clone())).gather()
    }

    /// Whether a record leads to another endpoint than the own one.
    fn leads_elsewhere(&self, record: &RecordSpec) -> bool {
        matches!((self.endpoint_id.as_deref(), record.endpoint()), (Some(own), Some(found)) if own != found)
    }
}

/// A name as it is shown: lower case, no dot at the end, `*` as it is.
fn plain(name: &str) -> String {
    RecordKey::new(name, "").name
}

/// The endpoint of wanted records, which all lead to one.
fn leads_to(wanted: &BTreeMap<String, RecordSpec>) -> Option<String> {
    wanted.values().find_map(RecordSpec::endpoint).map(str::to_owned)
}
