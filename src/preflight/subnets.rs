//! Plan-time check of subnets that both composites make: they exist, lie in one VPC and each in a
//! zone of its own. Not a link; the link [`crate::links::network`] looks again when it counts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::aws::Account;
use crate::aws::lookups::{SubnetCapacity, subnets_by};
use crate::diagnostic::Diagnostic;
use crate::engine::{Result, sought};

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
        let look = |id: String| async move { account.place_of_subnet(&id).await };
        let (found, missing) = sought(subnet_ids, look).await?;
        let looked_in = if missing.is_empty() { String::new() } else { account.whereabouts().await };
        Ok(Self { missing, found, looked_in })
    }

    /// The VPCs, with the subnets in each.
    pub fn by_vpc(&self) -> BTreeMap<&str, Vec<&str>> {
        subnets_by(self.found.iter().map(|(subnet, (vpc, _))| (vpc.as_str(), subnet.as_str())))
    }

    /// The zones by id, with the subnets in each.
    pub fn by_zone(&self) -> BTreeMap<&str, Vec<&str>> {
        subnets_by(self.found.iter().map(|(subnet, (_, zone))| (zone.as_str(), subnet.as_str())))
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

/// What is wrong with the fixed addresses of `what`, such as a load balancer, in a subnet.
pub fn misplaced(
    subnet_id: &str,
    capacity: &SubnetCapacity,
    what: &str,
    v4: Option<Ipv4Addr>,
    v6: Option<Ipv6Addr>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let (Some(address), Some(block)) = (v4, capacity.ipv4)
        && !capacity.leaves_to_users(address)
    {
        found.push(format!(
            "{address} is no address for {what} in {subnet_id} ({block}): AWS keeps the first four and the last one of a block \
             for itself. Choose another address of the subnet."
        ));
    }
    if let Some(address) = v6.filter(|address| !capacity.holds((*address).into()))
        && !capacity.ipv6.is_empty()
    {
        let blocks: Vec<String> = capacity.ipv6.iter().map(ToString::to_string).collect();
        let blocks = blocks.join(", ");
        found.push(format!("{address} lies outside {subnet_id} ({blocks}). Choose an address of the subnet."));
    }
    found.into_iter().map(|detail| Diagnostic::error("Address outside the subnet", detail)).collect()
}
