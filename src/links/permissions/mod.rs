//! Who may connect to an endpoint service: its allowed principals, as an exact set.
//!
//! Principals go with their service, so a catalogue says `goes_with("endpoint_service")`. A set that
//! is empty and was recorded as empty reads as ready, because "nobody" is a wanted set too.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::aws::Tags;
use crate::aws::lookups::Permission;
use crate::gather::Gather as _;

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Permissions;

/// Wanted principals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The endpoint service, `vpce-svc-…`.
    pub service_id: String,
    /// ARNs of account roots, users and roles, or `*`. Account ids are written as root ARNs.
    pub principals: BTreeSet<String>,
    /// The user's tags of each permission.
    #[serde(default)]
    pub tags: Tags,
}

/// Allowed principals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The endpoint service.
    pub service_id: String,
    /// All that it allows; account ids are written as root ARNs.
    pub principals: BTreeSet<String>,
    /// The user's tags of the permissions that carry some, by principal; `None` where an earlier release recorded them,
    /// which did not read tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, Tags>>,
}

impl State {
    fn of(service_id: &str, found: BTreeMap<String, Permission>) -> Self {
        let tags = found.iter().filter(|(_, one)| !one.tags.is_empty());
        let tags = tags.map(|(principal, one)| (principal.clone(), one.tags.clone())).gather();
        Self { service_id: service_id.to_owned(), principals: found.into_keys().gather(), tags: Some(tags) }
    }

    /// The tags of the permissions that carry some.
    pub fn carried(&self) -> Vec<Tags> {
        self.tags.iter().flatten().map(|(_, tags)| tags.clone()).collect()
    }

    /// The permissions that stay and do not carry the wanted tags, with those that they carry.
    fn mistagged(&self, spec: &Spec) -> BTreeMap<String, Tags> {
        let Some(known) = &self.tags else { return BTreeMap::new() };
        let stays = self.principals.intersection(&spec.principals);
        let with_tags = stays.map(|principal| (principal.clone(), known.get(principal).cloned().unwrap_or_default()));
        with_tags.filter(|(_, tags)| *tags != spec.tags).gather()
    }
}
