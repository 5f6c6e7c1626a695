//! What the subnets must have room for, looked at in a plan: address families, fixed addresses, a free address.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use crate::aws::Account;
use crate::aws::lookups::{ServiceDetail, SubnetCapacity};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::Result;
use crate::links::endpoint::{Addresses, is_same_address};
use crate::preflight::subnets::misplaced;
use crate::privatelink_consumer::config::ConsumerConfig;
use crate::value::{Attr, Path};

/// Looks at the subnets; `prior` are those that the endpoint has already.
pub(super) async fn preflight(
    account: &Account,
    config: &ConsumerConfig,
    prior: Option<&ConsumerConfig>,
    found: &mut Diagnostics,
) -> Result<()> {
    let Attr::Known(subnet_ids) = config.subnets() else { return Ok(()) };
    let addresses = config.addresses().unwrap_or_default();
    let before = prior.and_then(ConsumerConfig::addresses).unwrap_or_default();
    found.extend(held(&addresses, &before));
    let kind = config.ip_address_type.known().map_or("ipv4", String::as_str);
    let known: BTreeSet<String> = prior.and_then(|prior| prior.subnets().known().cloned()).unwrap_or_default();
    let wanted = subnet_ids.iter().filter(|id| kind != "ipv4" || addresses.contains_key(*id) || !known.contains(*id));
    let capacities = try_join_all(wanted.map(|id| async move { Ok((id, account.subnet_capacity(id).await?)) })).await?;
    for (subnet_id, capacity) in capacities {
        let Some(capacity) = capacity else { continue };
        let fixed = addresses.get(subnet_id).cloned().unwrap_or_default();
        for complaint in complaints(subnet_id, &capacity, kind, &fixed, !known.contains(subnet_id)) {
            found.push(complaint.at(Path::attribute(config.subnets_argument())));
        }
    }
    Ok(())
}

/// Subnets of whose two fixed addresses one moves and one stays: another interface takes the place of the one that
/// holds them both.
fn held(wanted: &BTreeMap<String, Addresses>, before: &BTreeMap<String, Addresses>) -> Diagnostics {
    let mut found = Diagnostics::new();
    for (subnet_id, addresses) in wanted {
        let Some(old) = before.get(subnet_id) else { continue };
        let pair = |new: &Option<String>, old: &Option<String>| Some((new.clone()?, old.clone()?));
        let (Some((v4, old_v4)), Some((v6, old_v6))) =
            (pair(&addresses.ipv4, &old.ipv4), pair(&addresses.ipv6, &old.ipv6))
        else {
            continue;
        };
        let kept = match (is_same_address(&v4, &old_v4), is_same_address(&v6, &old_v6)) {
            (true, false) => v4,
            (false, true) => v6,
            _ => continue,
        };
        let detail = format!(
            "The network interface in {subnet_id} is replaced for its other address, and may hold {kept} until the new one \
             stands; then AWS refuses it as in use. Move both addresses together, or leave one of them to AWS."
        );
        let place = Path::attribute("subnet_configuration");
        found.push(Diagnostic::warning("One of two addresses moves", detail).at(place));
    }
    found
}

/// Whether the service has the address families that are asked for.
pub(super) fn check_families(
    config: &ConsumerConfig,
    service_detail: &ServiceDetail,
    ours: bool,
    found: &mut Diagnostics,
) {
    let kind = config.ip_address_type.known().map_or("ipv4", String::as_str);
    let needed: &[&str] = match kind {
        "dualstack" => &["ipv4", "ipv6"],
        "ipv6" => &["ipv6"],
        _ => &["ipv4"],
    };
    let lacking: Vec<&str> =
        needed.iter().copied().filter(|family| !service_detail.families.contains(*family)).collect();
    if service_detail.families.is_empty() || lacking.is_empty() {
        return;
    }
    let has: Vec<&str> = service_detail.families.iter().map(String::as_str).collect();
    let detail = format!(
        "{} has {} addresses only, and ip_address_type = {kind:?} needs {} too. Choose another ip_address_type, or ask its \
         owner to add the family (supported_ip_address_types of privatelink_service).",
        service_detail.service_name,
        has.join(" and "),
        lacking.join(" and ")
    );
    let summary = "Addresses that the service does not have";
    let diagnostic = if ours { Diagnostic::warning(summary, detail) } else { Diagnostic::error(summary, detail) };
    found.push(diagnostic.at(Path::attribute("ip_address_type")));
}

fn complaints(
    subnet_id: &str,
    capacity: &SubnetCapacity,
    kind: &str,
    fixed: &Addresses,
    is_new: bool,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if kind != "ipv4" && capacity.ipv6.is_empty() {
        let detail = format!(
            "{subnet_id} has no IPv6 block, which ip_address_type = {kind:?} needs. Give it one, or choose another \
             ip_address_type."
        );
        found.push(Diagnostic::error("Subnet without IPv6", detail));
    }
    let (v4, v6) = (fixed.ipv4.as_ref(), fixed.ipv6.as_ref());
    let (v4, v6) = (v4.and_then(|text| text.parse().ok()), v6.and_then(|text| text.parse().ok()));
    found.extend(misplaced(subnet_id, capacity, "a network interface", v4, v6));
    if is_new && capacity.free == Some(0) {
        let detail = format!(
            "{subnet_id} has no free address, and the endpoint needs one. That is right if this plan frees one first; else \
             AWS refuses. Use another subnet of that zone, or free an address."
        );
        found.push(Diagnostic::warning("Full subnet", detail));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_two_addresses_that_moves_alone_is_told() {
        let of = |v4: &str, v6: &str| {
            let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            BTreeMap::from([("subnet-a".to_owned(), Addresses { ipv4: text(v4), ipv6: text(v6) })])
        };
        let both = of("10.0.1.5", "2001:db8::5");
        for (wanted, told) in [
            (of("10.0.1.6", "2001:DB8::5"), "2001:DB8::5"),
            (of("10.0.1.5", "2001:db8::6"), "10.0.1.5"),
            (of("10.0.1.6", "2001:db8::6"), ""),
            (of("10.0.1.6", ""), ""),
            (both.clone(), ""),
        ] {
            let found: Vec<_> = held(&wanted, &both).into_iter().collect();
            assert_eq!(found.len(), usize::from(!told.is_empty()), "{wanted:?}");
            assert!(found.iter().all(|found| found.detail.contains(&format!("may hold {told} until"))), "{found:?}");
        }
        assert!(held(&both, &BTreeMap::new()).is_empty(), "a new subnet");
    }

    fn capacity() -> SubnetCapacity {
        SubnetCapacity {
            ipv4: "10.0.1.0/24".parse().ok(),
            ipv6: vec!["2001:db8::/64".parse().unwrap()],
            free: Some(7),
            ..SubnetCapacity::default()
        }
    }

    fn fixed(ipv4: &str, ipv6: &str) -> Addresses {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Addresses { ipv4: text(ipv4), ipv6: text(ipv6) }
    }

    /// SubnetCapacity, address type, fixed addresses, whether the endpoint is new, then summary and words of the complaint.
    type Case<'a> = (SubnetCapacity, &'a str, Addresses, bool, &'a str, &'a [&'a str]);

    #[test]
    fn what_does_not_fit_a_subnet_is_told_with_the_subnet_and_its_block() {
        let single = SubnetCapacity { ipv6: Vec::new(), ..capacity() };
        let full = SubnetCapacity { free: Some(0), ..capacity() };
        let table: [Case<'_>; 8] = [
            (capacity(), "ipv4", fixed("10.0.1.4", ""), true, "", &[]),
            (
                capacity(),
                "ipv4",
                fixed("10.0.1.3", ""),
                true,
                "Address outside the subnet",
                &["10.0.1.3", "10.0.1.0/24"],
            ),
            (capacity(), "ipv4", fixed("10.0.1.255", ""), false, "Address outside the subnet", &["last one"]),
            (capacity(), "ipv4", fixed("10.0.2.7", ""), false, "Address outside the subnet", &["subnet-a"]),
            (capacity(), "ipv6", fixed("", "2001:db8:1::7"), false, "Address outside the subnet", &["2001:db8::/64"]),
            (single, "dualstack", fixed("", ""), false, "Subnet without IPv6", &["subnet-a", "dualstack"]),
            (full.clone(), "ipv4", fixed("", ""), true, "Full subnet", &["subnet-a", "no free address"]),
            (full, "ipv4", fixed("", ""), false, "", &[]),
        ];
        for (capacity, kind, fixed, is_new, summary, words) in table {
            let found = complaints("subnet-a", &capacity, kind, &fixed, is_new);
            assert_eq!(found.first().map_or("", |found| found.summary.as_str()), summary, "{kind} {fixed:?}");
            for words in words {
                assert!(found[0].detail.contains(words), "{}", found[0].detail);
            }
        }
    }
}
