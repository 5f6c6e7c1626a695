//! Plan-time check of subnets that both composites make: they exist, lie in one VPC and each in a
//! zone of its own. Not a link; the link [`super::network`] looks again when it counts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::aws::Account;
use crate::engine::Failure;

/// So many reads must say that a subnet is absent.
const CONVINCING: u32 = 3;
/// Time between two of them.
const AGAIN: Duration = Duration::from_secs(1);

/// Where subnets are.
#[derive(Debug, Clone, Default)]
pub struct SubnetLocations {
    /// Subnets that do not exist.
    pub missing: BTreeSet<String>,
    /// By subnet: VPC and zone id.
    pub found: BTreeMap<String, (String, String)>,
    /// Where was looked, in words.
    looked_in: String,
}

impl SubnetLocations {
    /// Looks at all of them together.
    pub async fn of(account: &Account, subnet_ids: &BTreeSet<String>) -> Result<Self, Failure> {
        let looks = subnet_ids
            .iter()
            .map(|id| async move { Ok((id.clone(), convincing(|| account.place_of_subnet(id)).await?)) });
        let mut places = Self::default();
        for (id, place) in futures_util::future::try_join_all(looks).await? {
            match place {
                Some(place) => {
                    places.found.insert(id, place);
                }
                None => {
                    places.missing.insert(id);
                }
            }
        }
        if !places.missing.is_empty() {
            places.looked_in = account.whereabouts().await;
        }
        Ok(places)
    }

    /// The VPCs, with the subnets in each.
    pub fn by_vpc(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut vpcs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (subnet, (vpc, _)) in &self.found {
            vpcs.entry(vpc).or_default().push(subnet);
        }
        vpcs
    }

    /// The zones by id, with the subnets in each.
    pub fn by_zone(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut zones: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (subnet, (_, zone)) in &self.found {
            zones.entry(zone).or_default().push(subnet);
        }
        zones
    }

    /// What is wrong with them, a sentence for each problem: summary and detail.
    pub fn complaints(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if !self.missing.is_empty() {
            let missing: Vec<&str> = self.missing.iter().map(String::as_str).collect();
            let detail = format!(
                "There is no subnet {} in {}. Correct the ids, the Region or the credentials.",
                missing.join(", "),
                self.looked_in
            );
            found.push(("Subnet not found", detail));
        }
        let vpcs = self.by_vpc();
        if vpcs.len() > 1 {
            let parts: Vec<String> =
                vpcs.iter().map(|(vpc, subnets)| format!("{} in {vpc}", subnets.join(", "))).collect();
            let detail =
                format!("The subnets lie in {} VPCs: {}. Use subnets of one VPC.", vpcs.len(), parts.join("; "));
            found.push(("Subnets of several VPCs", detail));
        }
        for (zone, subnets) in self.by_zone() {
            if subnets.len() > 1 {
                let detail = format!(
                    "{} lie in the same zone {zone}; AWS takes one subnet for each zone. Leave out all but one.",
                    subnets.join(" and ")
                );
                found.push(("Several subnets in one zone", detail));
            }
        }
        found
    }
}

/// Looks again before it believes that something is absent: one read may miss what is there, and a plan
/// is not refused for that.
pub(super) async fn convincing<T, F: Future<Output = Result<Option<T>, Failure>>>(
    look: impl Fn() -> F,
) -> Result<Option<T>, Failure> {
    let mut found = look().await?;
    for _ in 1..CONVINCING {
        if found.is_some() {
            break;
        }
        tokio::time::sleep(AGAIN).await;
        found = look().await?;
    }
    Ok(found)
}

/// What is found under these ids, and those of which several looks show nothing.
pub async fn sought<T, F: Future<Output = Result<Option<T>, Failure>>>(
    ids: &BTreeSet<String>,
    look: impl Fn(String) -> F,
) -> Result<(BTreeMap<String, T>, BTreeSet<String>), Failure> {
    let looks = ids.iter().map(|id| async { Ok((id.clone(), convincing(|| look(id.clone())).await?)) });
    let (mut found, mut absent) = (BTreeMap::new(), BTreeSet::new());
    for (id, one) in futures_util::future::try_join_all(looks).await? {
        match one {
            Some(one) => drop(found.insert(id, one)),
            None => drop(absent.insert(id)),
        }
    }
    Ok((found, absent))
}

/// Whether something is there, by several looks where it seems not to be.
pub async fn seen<T, F: Future<Output = Result<Option<T>, Failure>>>(look: impl Fn() -> F) -> Result<bool, Failure> {
    Ok(convincing(look).await?.is_some())
}
