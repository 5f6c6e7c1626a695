//! Route 53 Profiles: profiles, and the interface endpoints that are associated with them.
//!
//! Profiles are of one account and Region; others use those that were shared with them. Which VPCs a profile serves is not simulated.

use serde_json::{Map, Value};

use super::clock::Moment;
use super::operation::Operation;
use super::state::{Object, State as World};

pub mod associations;
pub mod profiles;
pub mod state;
pub mod wire;

pub use state::{Association, Profile, State, Status};

/// Operations of this service.
pub const TABLES: &[&[Operation]] = &[associations::OPERATIONS, profiles::OPERATIONS];

/// Lists associations, as `<profile>/<resource>`. Profiles are made by tests and are left out.
pub fn objects(state: &World, now: Moment) -> Vec<Object> {
    let mut objects = Vec::new();
    for (account, name, region) in state.regions() {
        for profile in region.route53profiles.profiles.values() {
            let there = profile.associations.values().filter(|association| association.is_there(now));
            objects.extend(there.map(|association| Object {
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
    state: &mut World,
    _now: Moment,
    kind: &str,
    id: &str,
    fields: &Map<String, Value>,
) -> Option<Result<(), String>> {
    (kind == "profile").then(|| force_profile(state, id, fields))
}

fn force_profile(state: &mut World, id: &str, fields: &Map<String, Value>) -> Result<(), String> {
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
