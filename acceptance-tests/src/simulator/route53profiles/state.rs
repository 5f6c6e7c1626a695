//! What Route 53 Profiles hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::simulator::clock::Moment;
use crate::simulator::timed::Timed;

/// Holds one account's profiles in one Region, by id.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Profiles.
    pub profiles: BTreeMap<String, Profile>,
}

/// Holds one profile.
#[derive(Debug, Clone)]
pub struct Profile {
    /// `rp-…`.
    pub id: String,
    /// Account of its owner.
    pub owner: String,
    /// Name.
    pub name: String,
    /// Other accounts that may use it and associate resources with it.
    pub shared_with: BTreeSet<String>,
    /// Associations by ARN of the resource, those that are gone included: ask `is_there`.
    pub associations: BTreeMap<String, Association>,
}

impl Profile {
    /// Makes a profile without resources.
    pub fn new(id: &str, owner: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            owner: owner.to_owned(),
            name: name.to_owned(),
            shared_with: BTreeSet::new(),
            associations: BTreeMap::new(),
        }
    }
}

/// Names where an association stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// AWS works on it.
    Creating,
    /// It is in effect.
    Complete,
    /// AWS takes it away.
    Deleting,
    /// It is forgotten.
    Gone,
}

impl Status {
    /// Gives AWS's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Complete => "COMPLETE",
            Self::Deleting => "DELETING",
            Self::Gone => "DELETED",
        }
    }
}

/// Holds the association of one resource.
#[derive(Debug, Clone)]
pub struct Association {
    /// `rpr-…`.
    pub id: String,
    /// Name.
    pub name: String,
    /// Account that made it.
    pub owner: String,
    /// The interface endpoint.
    pub resource_arn: String,
    /// What AWS tells of the resource, as JSON.
    pub properties: String,
    /// When it was made.
    pub created: Moment,
    /// Where it stands.
    pub status: Timed<Status>,
}

impl Association {
    /// Tells whether it is listed.
    pub fn is_there(&self, now: Moment) -> bool {
        *self.status.at(now) != Status::Gone
    }
}
