//! Network Load Balancers that somebody else manages: looks only, and never writes.
//!
//! One link for all of them, because their ARNs may not be known before an apply and there is nothing
//! to make, to order or to remove. A catalogue says `released()`.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::engine::Field;

const ARNS: Field = "load_balancer_arns";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExistingLoadBalancers;

/// The load balancers to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Their ARNs.
    pub arns: BTreeSet<String>,
}

/// What they say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By ARN; an entry without a name is not looked at yet.
    pub load_balancers: BTreeMap<String, Seen>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// Its name.
    pub name: String,
    /// Its DNS name.
    pub dns_name: String,
    /// The hosted zone of its DNS name.
    pub zone_id: String,
    /// Names of its zones.
    pub availability_zones: BTreeSet<String>,
}

impl State {
    /// The zones of all of them; `None` while one was not looked at.
    pub fn availability_zones(&self) -> Option<BTreeSet<String>> {
        let seen = self.load_balancers.values();
        seen.map(|one| (!one.name.is_empty()).then_some(&one.availability_zones)).try_fold(
            BTreeSet::new(),
            |mut all, zones| {
                all.extend(zones?.iter().cloned());
                Some(all)
            },
        )
    }
}
