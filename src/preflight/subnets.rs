//! Plan-time check of subnets that both composites make: they exist, lie in one VPC and each in a
//! zone of its own. Not a link; the link [`crate::links::network`] looks again when it counts.

use std::collections::{BTreeMap, BTreeSet};

use super::repeated::convincing;
use crate::aws::Account;
use crate::engine::Result;

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
    pub async fn of(account: &Account, subnet_ids: &BTreeSet<String>) -> Result<Self> {
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
