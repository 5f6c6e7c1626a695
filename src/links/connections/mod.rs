//! The connections of an endpoint service, as its owner decides them by rule.
//!
//! What a configuration says of a connection is whether one that waits is accepted, and whether one of
//! an account without any allowed principal is rejected. Everything else happens at its other end and is no
//! change of the service, so the state holds the rules of the last run and, after a read, the connections
//! that these rules decide otherwise than they stand. Nothing is taken back: a rule that is removed rejects
//! nobody, a connection that was rejected or expired stays so. Connections that the accept blocks match and that are
//! accepted carry the service's tags.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::aws::Tags;
use crate::aws::connections::{Connection, Tagged, is, is_live};
use crate::gather::Gather as _;

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Connections;

/// What to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The endpoint service, `vpce-svc-…`.
    pub service_id: String,
    /// The rules.
    #[serde(flatten)]
    pub rules: Rules,
    /// The user's tags of the connections that the rules accept.
    #[serde(default)]
    pub tags: Tags,
}

/// Which connections are accepted, and which are rejected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// A waiting connection that any of these matches is accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<Condition>,
    /// Where given, live connections of accounts that none of these principals names are rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admitted: Option<BTreeSet<String>>,
}

/// What a connection must be; all that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Condition {
    /// One of these accounts.
    pub account_ids: Option<BTreeSet<String>>,
    /// One of these endpoints.
    pub endpoint_ids: Option<BTreeSet<String>>,
    /// In one of these Regions.
    pub regions: Option<BTreeSet<String>>,
}

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The endpoint service.
    pub service_id: String,
    /// The rules that the last run carried out.
    #[serde(flatten)]
    pub rules: Rules,
    /// Connections that these rules decide otherwise than they stand, as of the last read.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub undecided: BTreeSet<Connection>,
    /// Endpoints that these rules accepted: a read that shows them waiting is older than that, and their connections carry
    /// the tags. One that somebody else accepted has that one's.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub accepted: BTreeSet<String>,
    /// The user's tags that the last run gave to connections that the rules accept; `None` where there are no such
    /// rules, or an earlier release recorded them, which gave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
    /// Those of them that carry others, with what they carry, as of the last read.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mistagged: BTreeMap<String, Tags>,
}

impl Condition {
    /// Returns whether a connection is meant.
    pub fn matches(&self, connection: &Connection) -> bool {
        let holds =
            |wanted: &Option<BTreeSet<String>>, found: &str| wanted.as_ref().is_none_or(|ids| ids.contains(found));
        holds(&self.account_ids, &connection.owner)
            && holds(&self.endpoint_ids, &connection.endpoint_id)
            && holds(&self.regions, &connection.region)
    }
}

impl Rules {
    /// Returns whether there is nothing to decide.
    fn is_empty(&self) -> bool {
        self.accept.is_empty() && self.admitted.is_none()
    }

    /// Returns whether a connection is to be rejected: it is live, and no principal names its account. Everybody, an
    /// organization and a service of AWS may stand for any account.
    pub fn rejects(&self, one: &Connection) -> bool {
        let names = |principal: &String| {
            let mut parts = principal.split(':').skip(2);
            match (parts.next(), parts.nth(1)) {
                (Some("iam"), account) => account == Some(&one.owner),
                _ => true,
            }
        };
        is_live(&one.state) && self.admitted.as_ref().is_some_and(|admitted| !admitted.iter().any(names))
    }

    /// Returns whether a connection is to be accepted; one that is to be rejected is not accepted first.
    pub fn accepts(&self, one: &Connection) -> bool {
        is_waiting(one) && !self.rejects(one) && self.accept.iter().any(|condition| condition.matches(one))
    }
}

impl State {
    /// Endpoints that wait and are to be accepted.
    pub fn pending(&self) -> BTreeSet<String> {
        ids(&self.undecided, |one| self.rules.accepts(one))
    }

    /// Whether the last run gave other tags than those that are wanted.
    fn is_tagged_otherwise(&self, spec: &Spec) -> bool {
        self.tags.as_ref().is_some_and(|tags| *tags != spec.tags)
    }

    /// Whether a connection carries the tags: these rules accepted it.
    fn carries_tags(&self, one: &Connection) -> bool {
        is_live(&one.state) && !is_waiting(one) && self.accepted.contains(&one.endpoint_id)
    }

    /// The same with the tags that connections carry.
    fn tagged(self, seen: &[Tagged]) -> Self {
        let covered: Vec<&Tagged> = seen.iter().filter(|(one, ..)| self.carries_tags(one)).collect();
        // Those that an earlier release accepted carry what they carry.
        let tags = self.tags.clone().or_else(|| covered.first().map(|(_, _, tags)| tags.clone()));
        let others = covered.into_iter().filter(|(_, _, carried)| Some(carried) != tags.as_ref());
        let mistagged = others.map(|(one, _, tags)| (one.endpoint_id.clone(), tags.clone())).gather();
        Self { tags, mistagged, ..self }
    }

    /// The state after a read of all connections. One that was to be accepted and waits no more was accepted.
    fn after(&self, seen: BTreeSet<Connection>) -> Self {
        let mut accepted = self.accepted.clone();
        let was_accepted = ids(&seen, |one| is_live(&one.state) && !is_waiting(one));
        accepted.extend(self.pending().intersection(&was_accepted).cloned());
        // One that a single read misses is not gone.
        accepted.retain(|id| seen.iter().all(|one| one.endpoint_id != *id || is_live(&one.state)));
        let is_older = |one: &Connection| is_waiting(one) && accepted.contains(&one.endpoint_id);
        let is_undecided = |one: &Connection| self.rules.accepts(one) || self.rules.rejects(one);
        let undecided = seen.into_iter().filter(|one| !is_older(one) && is_undecided(one)).gather();
        Self { undecided, accepted, ..self.clone() }
    }
}

fn is_waiting(one: &Connection) -> bool {
    is(&one.state, "pendingAcceptance")
}

fn ids(connections: &BTreeSet<Connection>, is_meant: impl Fn(&Connection) -> bool) -> BTreeSet<String> {
    connections.iter().filter(|one| is_meant(one)).map(|one| one.endpoint_id.clone()).gather()
}
