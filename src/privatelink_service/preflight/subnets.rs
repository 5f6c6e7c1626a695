//! Where the managed load balancer is to stand: its subnets exist, are of one VPC, one for each zone, and have
//! the addresses that it takes.
//!
//! What AWS refuses whatever else the run does is an error of the plan. Addresses may be freed by the run before
//! it comes to the load balancer, whose creation is the first write, so too few of them are a warning.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use crate::aws::Account;
use crate::aws::lookups::SubnetCapacity;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::Result;
use crate::gather::Gather as _;
use crate::links::load_balancer::{self, way_between};
use crate::preflight::subnets::{SubnetLocations, misplaced};
use crate::privatelink_service::config::ServiceConfig;
use crate::value::Path;

/// So many free addresses AWS wants in each subnet of a load balancer, unless its address there is fixed.
/// *Source:* NLB user guide, "Requirements" of subnets.
const FREE_ADDRESSES: i32 = 8;

/// Looks at the wanted subnets. `stays` says whether the recorded load balancer is kept: a new one takes addresses
/// in all of its subnets.
pub(super) async fn check(
    account: &Account,
    config: &ServiceConfig,
    wanted: &BTreeSet<String>,
    balancer: Option<&load_balancer::State>,
    stays: bool,
    found: &mut Diagnostics,
) -> Result<()> {
    let place = Path::attribute(if config.has_mappings() { "subnet_mapping" } else { "subnet_ids" });
    let kept = balancer.filter(|_| stays);
    let standing = kept.map(|balancer| balancer.subnet_ids.clone()).unwrap_or_default();
    let places = SubnetLocations::of(account, wanted).await?;
    let mut told: Vec<Diagnostic> = Vec::new();
    for (summary, detail) in places.complaints().into_iter().chain(moved(&places, balancer)) {
        told.push(Diagnostic::error(summary, detail));
    }
    if told.is_empty()
        && let Some(exchange) = exchange_of_the_only(account, &places, &standing, wanted).await?
    {
        told.push(exchange);
    }
    let is_dualstack = config
        .load_balancer
        .known()
        .is_some_and(|block| block.ip_address_type.known().is_some_and(|kind| kind == "dualstack"));
    let fixed = Fixed {
        v4: config.addresses().unwrap_or_default(),
        v6: config.ipv6_addresses().unwrap_or_default(),
        is_dualstack,
    };
    let capacities =
        try_join_all(wanted.iter().map(|id| async move { Ok((id, account.subnet_capacity(id).await?)) })).await?;
    for (subnet, capacity) in capacities {
        if let Some(capacity) = capacity {
            told.extend(fixed.complaints(subnet, &capacity, !standing.contains(subnet)));
        }
    }
    for diagnostic in told {
        found.push(diagnostic.at(place.clone()));
    }
    Ok(())
}

/// A load balancer stays in its VPC.
fn moved(places: &SubnetLocations, balancer: Option<&load_balancer::State>) -> Option<(&'static str, String)> {
    let vpcs = places.by_vpc();
    let (balancer, (vpc, _)) = balancer.zip(vpcs.first_key_value().filter(|_| vpcs.len() == 1))?;
    (balancer.vpc_id != **vpc).then(|| {
        let detail = format!(
            "The subnets lie in {vpc}, and the load balancer {} stands in {}, which AWS cannot change. Make a second service \
             there, or replace this one (terraform apply -replace), which ends its connections and gives it another name.",
            balancer.name, balancer.vpc_id
        );
        ("Subnets of another VPC", detail)
    })
}

/// AWS exchanges a subnet within its zone in two calls, the first without it: the only one cannot go first.
async fn exchange_of_the_only(
    account: &Account,
    places: &SubnetLocations,
    standing: &BTreeSet<String>,
    wanted: &BTreeSet<String>,
) -> Result<Option<Diagnostic>> {
    if standing.is_empty() || wanted.is_subset(standing) {
        return Ok(None);
    }
    let zone = |places: &SubnetLocations| -> BTreeMap<String, String> {
        places.found.iter().map(|(subnet, (_, zone))| (subnet.clone(), zone.clone())).gather()
    };
    let mut zones = zone(places);
    zones.extend(zone(&SubnetLocations::of(account, standing).await?));
    if way_between(standing, wanted, &zones).is_some() {
        return Ok(None);
    }
    let listed = |subnets: &BTreeSet<String>| subnets.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let detail = format!(
        "{} is the only subnet of the load balancer, and {} lies in the same zone: AWS takes one subnet for each zone and \
         lets the last one not go. Add a subnet of another zone first, apply, then exchange this one.",
        listed(standing),
        listed(wanted)
    );
    Ok(Some(Diagnostic::error("Exchange of the only subnet", detail)))
}

/// What is asked of the addresses in each subnet.
struct Fixed {
    v4: BTreeMap<String, String>,
    v6: BTreeMap<String, String>,
    is_dualstack: bool,
}

impl Fixed {
    /// What does not fit a subnet.
    fn complaints(&self, subnet: &str, capacity: &SubnetCapacity, is_new: bool) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        if self.is_dualstack && capacity.ipv6.is_empty() {
            let detail = format!(
                "{subnet} has no IPv6 block, which ip_address_type = \"dualstack\" needs. Give it one, use another subnet, \
                 or leave ip_address_type at \"ipv4\"."
            );
            found.push(Diagnostic::error("Subnet without IPv6", detail));
        }
        let v4 = self.v4.get(subnet).and_then(|text| text.parse().ok());
        let v6 = self.v6.get(subnet).and_then(|text| text.parse().ok());
        found.extend(misplaced(subnet, capacity, "a load balancer", v4, v6));
        if let Some(free) = capacity.free.filter(|free| is_new && v4.is_none() && *free < FREE_ADDRESSES) {
            let detail = format!(
                "{subnet} has {free} free addresses, and AWS wants {FREE_ADDRESSES} for a load balancer whose address \
                 there is not fixed. That is right if this plan frees some first; else AWS refuses. Use another subnet of \
                 that zone, free addresses, or fix one with private_ipv4_address in a subnet_mapping block."
            );
            found.push(Diagnostic::warning("Subnet nearly full", detail));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity() -> SubnetCapacity {
        SubnetCapacity {
            ipv4: "10.0.1.0/24".parse().ok(),
            ipv6: vec!["2001:db8::/64".parse().unwrap()],
            free: Some(8),
            ..SubnetCapacity::default()
        }
    }

    fn fixed(v4: &str, v6: &str) -> Fixed {
        let in_a = |text: &str| {
            let pair = (!text.is_empty()).then(|| ("subnet-a".to_owned(), text.to_owned()));
            pair.into_iter().collect::<BTreeMap<_, _>>()
        };
        Fixed { v4: in_a(v4), v6: in_a(v6), is_dualstack: !v6.is_empty() }
    }

    #[test]
    fn what_does_not_fit_a_subnet_is_told_with_the_subnet_and_its_block() {
        let full = SubnetCapacity { free: Some(7), ..capacity() };
        let single = SubnetCapacity { ipv6: Vec::new(), ..capacity() };
        let table: [(SubnetCapacity, Fixed, bool, &str, &[&str]); 8] = [
            (capacity(), fixed("", ""), true, "", &[]),
            (full.clone(), fixed("", ""), true, "Subnet nearly full", &["subnet-a has 7 free", "wants 8"]),
            (full.clone(), fixed("", ""), false, "", &[]),
            (full, fixed("10.0.1.9", ""), true, "", &[]),
            (capacity(), fixed("10.0.1.3", ""), true, "Address outside the subnet", &["10.0.1.3", "10.0.1.0/24"]),
            (capacity(), fixed("10.0.2.9", ""), false, "Address outside the subnet", &["subnet-a"]),
            (capacity(), fixed("", "2001:db8:1::9"), true, "Address outside the subnet", &["2001:db8::/64"]),
            (single, fixed("", "2001:db8::9"), true, "Subnet without IPv6", &["subnet-a", "dualstack"]),
        ];
        for (capacity, fixed, is_new, summary, words) in table {
            let found = fixed.complaints("subnet-a", &capacity, is_new);
            assert_eq!(found.first().map_or("", |found| found.summary.as_str()), summary);
            for word in words {
                assert!(found.iter().any(|found| found.detail.contains(word)), "{word}: {found:?}");
            }
        }
    }
}
