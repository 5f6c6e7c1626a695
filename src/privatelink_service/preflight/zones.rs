//! Zones of the managed load balancer in which a listener has no target.
//!
//! Without cross-zone load balancing the address of a zone reaches the targets of that zone only, and a consumer's
//! endpoint leads to the zone that it stands in. Where an instance runs takes a call that no plan makes for this:
//! fewer targets than zones is enough to know that one has none. Addresses say it by themselves.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use crate::aws::Account;
use crate::aws::lookups::SubnetCapacity;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::Result;
use crate::gather::Gather as _;
use crate::privatelink_service::config::{ListenerBlock, ServiceConfig, TargetBlock};
use crate::value::Path;

/// Warns of zones without a target where targets, subnets or the setting are new.
pub(super) async fn check(
    account: &Account,
    config: &ServiceConfig,
    prior: Option<&ServiceConfig>,
    found: &mut Diagnostics,
) -> Result<()> {
    let (Some(subnets), Some(listeners)) = (config.subnets(), config.listeners()) else { return Ok(()) };
    if balances_across(config) != Some(false) {
        return Ok(());
    }
    let stands = prior.is_some_and(|prior| {
        prior.subnets().as_ref() == Some(&subnets) && balances_across(prior) == balances_across(config)
    });
    let before = prior.filter(|_| stands).and_then(ServiceConfig::listeners).unwrap_or_default();
    let fresh = listeners.iter().filter(|(name, block)| before.get(*name) != Some(*block));
    let mut told: Vec<(&String, Targets)> =
        fresh.filter_map(|(name, block)| Some((name, Targets::of(block)?))).collect();
    told.retain(|(_, targets)| targets.may_miss_one_of(subnets.len()));
    if told.is_empty() {
        return Ok(());
    }
    // What instances say needs no look at the subnets.
    let mut capacities = BTreeMap::new();
    if told.iter().any(|(_, targets)| targets.tell_their_zones()) {
        let looks = subnets.iter().map(|id| async move { Ok((id.clone(), account.subnet_capacity(id).await?)) });
        capacities = try_join_all(looks).await?.into_iter().collect();
    }
    for (name, targets) in told {
        if let Some(detail) = targets.complaint(name, &subnets, &capacities) {
            found.push(Diagnostic::warning("Zone without a target", detail).at(Path::attribute("listener")));
        }
    }
    Ok(())
}

/// The setting; `None` while unknown.
fn balances_across(config: &ServiceConfig) -> Option<bool> {
    let block = config.load_balancer.clone().settled()?.unwrap_or_default();
    Some(block.enable_cross_zone_load_balancing.settled()?.unwrap_or(false))
}

/// The targets of a listener by id, with the zones that are written.
#[derive(Debug, Clone, PartialEq)]
struct Targets(BTreeMap<String, Option<String>>);

impl Targets {
    /// Those that this resource registers; none where something else does, where one is not known yet, and where
    /// one belongs to no zone.
    fn of(block: &ListenerBlock) -> Option<Self> {
        if !block.manages_targets() || block.target_group_arn.is_set() || block.kinds_of_ids().contains("alb") {
            return None;
        }
        let plain = block.target_ids.clone().settled()?.unwrap_or_default();
        let mut targets: BTreeMap<String, Option<String>> = plain.into_iter().map(|id| (id, None)).gather();
        for TargetBlock { id, availability_zone, .. } in block.target.clone().settled()?.unwrap_or_default() {
            let zone = availability_zone.settled()?;
            if zone.as_deref() == Some("all") {
                return None;
            }
            targets.insert(id.settled()??, zone);
        }
        (!targets.is_empty()).then_some(Self(targets))
    }

    /// Whether a zone may have none: they are fewer than the zones, or it can be seen where they stand.
    fn may_miss_one_of(&self, zones: usize) -> bool {
        self.0.len() < zones || self.tell_their_zones()
    }

    /// Whether the zone of one is known without a call of its own.
    fn tell_their_zones(&self) -> bool {
        self.0.iter().any(|(id, zone)| zone.is_some() || id.parse::<std::net::IpAddr>().is_ok())
    }

    /// Where a target stands.
    fn subnet_of<'a>(
        id: &str,
        zone: Option<&String>,
        capacities: &'a BTreeMap<String, Option<SubnetCapacity>>,
    ) -> Place<'a> {
        let seen = || capacities.iter().filter_map(|(subnet, capacity)| Some((subnet, capacity.as_ref()?)));
        let found = match (zone, id.parse()) {
            (Some(zone), _) => seen().find(|(_, capacity)| capacity.zone == *zone),
            (None, Ok(address)) => seen().find(|(_, capacity)| capacity.holds(address)),
            (None, Err(_)) => None,
        };
        match (found, zone) {
            (Some((subnet, _)), _) => Place::In(subnet),
            (None, Some(_)) => Place::Elsewhere,
            (None, None) => Place::Anywhere,
        }
    }

    /// What to tell of the zones that have none.
    fn complaint(
        &self,
        name: &str,
        subnets: &BTreeSet<String>,
        capacities: &BTreeMap<String, Option<SubnetCapacity>>,
    ) -> Option<String> {
        let mut bare: BTreeSet<&String> = subnets.iter().gather();
        let mut anywhere = 0;
        for (id, zone) in &self.0 {
            match Self::subnet_of(id, zone.as_ref(), capacities) {
                Place::In(subnet) => {
                    bare.remove(subnet);
                }
                Place::Anywhere => anywhere += 1,
                Place::Elsewhere => {}
            }
        }
        let missing = bare.len().checked_sub(anywhere).filter(|missing| *missing > 0)?;
        let listed: Vec<String> = bare
            .iter()
            .map(|subnet| match capacities.get(*subnet) {
                Some(Some(capacity)) => format!("{} ({subnet})", capacity.zone_id),
                _ => format!("the zone of {subnet}"),
            })
            .collect();
        let listed = listed.join(" and ");
        let which = match (anywhere, missing) {
            (0, _) => format!("has no target in {listed}"),
            (_, 1) => format!("has too few targets for {listed}: at least one of these zones has none"),
            (_, missing) => format!("has too few targets for {listed}: at least {missing} of these zones have none"),
        };
        Some(format!(
            "Listener {name:?} {which}, and cross-zone load balancing is off: whoever connects in such a zone reaches \
             nobody. Register targets there, leave its subnet out, or write enable_cross_zone_load_balancing = true in \
             the load_balancer block."
        ))
    }
}

/// Where a target stands, as far as that is to be seen.
#[derive(Debug, PartialEq)]
enum Place<'a> {
    In(&'a String),
    Elsewhere,
    Anywhere,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacities() -> BTreeMap<String, Option<SubnetCapacity>> {
        let capacity = |number: u8, zone: &str| SubnetCapacity {
            ipv4: format!("10.0.{number}.0/24").parse().ok(),
            ipv6: vec![format!("2001:db8:{number}::/64").parse().unwrap()],
            zone: format!("us-east-1{zone}"),
            zone_id: format!("use1-az{number}"),
            free: None,
        };
        [
            ("subnet-1", Some(capacity(1, "a"))),
            ("subnet-2", Some(capacity(2, "b"))),
            ("subnet-3", Some(capacity(3, "c"))),
        ]
        .map(|(subnet, capacity)| (subnet.to_owned(), capacity))
        .into()
    }

    fn told(targets: &[(&str, Option<&str>)], capacities: &BTreeMap<String, Option<SubnetCapacity>>) -> String {
        let subnets = ["subnet-1", "subnet-2", "subnet-3"].map(str::to_owned).into();
        let targets = targets.iter().map(|(id, zone)| ((*id).to_owned(), zone.map(str::to_owned))).collect();
        let told = Targets(targets).complaint("https", &subnets, capacities).unwrap_or_default();
        told.split(", and cross-zone").next().unwrap().trim_start_matches("Listener \"https\" has ").to_owned()
    }

    #[test]
    fn zones_without_a_target_are_named_as_far_as_they_can_be_seen() {
        let instances = |count: usize| -> Vec<(&str, Option<&str>)> {
            ["i-1", "i-2", "i-3"].into_iter().take(count).map(|id| (id, None)).collect()
        };
        let none = BTreeMap::new();
        let all = "the zone of subnet-1 and the zone of subnet-2 and the zone of subnet-3";
        assert_eq!(told(&instances(3), &none), "");
        assert_eq!(
            told(&instances(2), &none),
            format!("too few targets for {all}: at least one of these zones has none")
        );
        assert_eq!(
            told(&instances(1), &none),
            format!("too few targets for {all}: at least 2 of these zones have none")
        );
        let here = |address: &'static str| (address, None);
        for (targets, expected) in [
            (vec![here("10.0.1.5"), here("10.0.2.5"), here("10.0.3.5")], ""),
            (
                vec![here("10.0.1.5"), here("10.0.1.6"), here("10.0.1.7")],
                "no target in use1-az2 (subnet-2) and use1-az3 (subnet-3)",
            ),
            (vec![here("2001:db8:1::5"), here("10.0.2.5")], "no target in use1-az3 (subnet-3)"),
            // One of another subnet may stand in either zone, but not in both.
            (
                vec![here("10.0.1.5"), here("10.9.9.9")],
                "too few targets for use1-az2 (subnet-2) and use1-az3 (subnet-3): at least one of these zones has none",
            ),
            (vec![here("10.0.1.5"), here("10.9.9.8"), here("10.9.9.9")], ""),
            // A zone that is written counts, whatever the address says.
            (vec![here("10.0.1.5"), here("10.0.2.5"), ("10.9.9.9", Some("us-east-1c"))], ""),
            (
                vec![here("10.0.1.5"), here("10.0.2.5"), ("10.9.9.9", Some("us-east-1f"))],
                "no target in use1-az3 (subnet-3)",
            ),
        ] {
            assert_eq!(told(&targets, &capacities()), expected, "{targets:?}");
        }
        let unseen = capacities().into_keys().map(|subnet| (subnet, None)).collect();
        assert!(
            told(&[here("10.0.1.5")], &unseen).starts_with("too few targets"),
            "a subnet that is not there says nothing"
        );
    }
}
