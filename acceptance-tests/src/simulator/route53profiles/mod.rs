//! Route 53 Profiles: profiles, and the interface endpoints that are associated with them.
//!
//! Profiles are of one account and Region; others use those that were shared with them. Which VPCs a profile serves is not simulated.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::clock::Moment;
use super::operation::Operation;
use super::state;
use super::timed::Timed;

pub mod associations;
pub mod profiles;
pub mod wire;

/// Operations of this service.
pub const TABLES: &[&[Operation]] = &[associations::OPERATIONS, profiles::OPERATIONS];

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

/// Lists associations, as `<profile>/<resource>`. Profiles are made by tests and are left out.
pub fn objects(state: &state::State, now: Moment) -> Vec<state::Object> {
    let mut objects = Vec::new();
    for (account, name, region) in state.regions() {
        for profile in region.route53profiles.profiles.values() {
            let there = profile.associations.values().filter(|association| association.is_there(now));
            objects.extend(there.map(|association| state::Object {
                account: account.to_owned(),
                region: name.to_owned(),
                kind: "profile_association",
                id: association.id.clone(),
            }));
        }
    }
    objects
}

/// Makes a profile (`{"owner": "222222222222", "region": "us-east-1"}`), or shares one (`{"shared_with": "111111111111"}`); `None` when
/// the kind is not of this service.
pub fn force(
    state: &mut state::State,
    _now: Moment,
    kind: &str,
    id: &str,
    fields: &Map<String, Value>,
) -> Option<Result<(), String>> {
    (kind == "profile").then(|| force_profile(state, id, fields))
}

fn force_profile(state: &mut state::State, id: &str, fields: &Map<String, Value>) -> Result<(), String> {
    let text = |field: &str| fields.get(field).and_then(Value::as_str);
    if let (Some(owner), Some(region), 2) = (text("owner"), text("region"), fields.len()) {
        let profiles = &mut state.region_mut(owner, region).route53profiles.profiles;
        profiles.insert(id.to_owned(), Profile::new(id, owner, "forced"));
        return Ok(());
    }
    let (Some(account), 1) = (text("shared_with"), fields.len()) else {
        return Err("a profile takes owner and region, which make it, or shared_with".to_owned());
    };
    let found = state.regions_mut().find_map(|(_, _, region)| region.route53profiles.profiles.get_mut(id));
    let profile = found.ok_or_else(|| format!("there is no profile {id}"))?;
    profile.shared_with.insert(account.to_owned());
    Ok(())
}
