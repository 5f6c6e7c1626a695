//! Targets that are new here, looked at in a plan: instances exist in the load balancer's VPC, and addresses outside of it
//! are written with `availability_zone = "all"`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::aws::Account;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Class, Result, View, sought};
use crate::gather::Gather as _;
use crate::links::targets;
use crate::privatelink_service::chain::TARGETS;
use crate::privatelink_service::config::{ListenerBlock, ServiceConfig, kind_of};
use crate::value::{Attr, Path};

/// A target as it is written: its id, and its zone where one is.
type Written<'a> = (&'a str, Option<&'a str>);

/// Looks at the targets that are not registered yet.
pub(super) async fn check(
    account: &Account,
    config: &ServiceConfig,
    vpc_id: Option<&str>,
    view: &View,
    found: &mut Diagnostics,
) -> Result<()> {
    let Some(vpc_id) = vpc_id else { return Ok(()) };
    let listeners = config.listeners().unwrap_or_default();
    let new: BTreeMap<&str, Vec<Written<'_>>> =
        listeners.iter().map(|(name, block)| (name.as_str(), new(name, block, view))).gather();
    let of_kind = |kind: &str| -> BTreeSet<String> {
        new.values().flatten().filter(|(id, _)| kind_of(id) == kind).map(|(id, _)| (*id).to_owned()).gather()
    };
    let instances = of_kind("instance");
    if !instances.is_empty() {
        check_instances(account, vpc_id, &instances, &new, found).await?;
    }
    if !of_kind("ip").is_empty() {
        check_addresses(account, vpc_id, &new, found).await?;
    }
    Ok(())
}

/// The targets of a listener that are written and not registered.
fn new<'a>(name: &str, block: &'a ListenerBlock, view: &View) -> Vec<Written<'a>> {
    if block.target_group_arn.is_set() || !block.manages_targets() {
        return Vec::new();
    }
    let ids = block.target_ids.known().into_iter().flatten().map(|id| (id.as_str(), None));
    let blocks = block.target.known().into_iter().flatten().filter_map(|target| {
        let zone = match &target.availability_zone {
            Attr::Null => None,
            Attr::Known(zone) => Some(zone.as_str()),
            Attr::Unknown | Attr::Given => return None,
        };
        Some((target.id.known()?.as_str(), zone))
    });
    let registered = view.state::<targets::State>(&format!("{TARGETS}.{name}"));
    let is_registered = |id: &str, zone: Option<&str>| {
        let registered = registered.known().map(|state| &state.targets);
        registered.is_some_and(|targets| {
            targets.iter().any(|target| target.id == id && target.availability_zone.as_deref() == zone)
        })
    };
    ids.chain(blocks).filter(|(id, zone)| !is_registered(id, *zone)).collect()
}

async fn check_instances(
    account: &Account,
    vpc_id: &str,
    ids: &BTreeSet<String>,
    new: &BTreeMap<&str, Vec<Written<'_>>>,
    found: &mut Diagnostics,
) -> Result<()> {
    let (seen, missing) = match sought(ids, |id| async move { account.instance(&id).await }).await {
        Ok(answer) => answer,
        // Whoever may not look at instances may still register them: AWS decides in the apply.
        Err(failure) if failure.class == Class::Denied => return Ok(()),
        Err(failure) => return Err(failure),
    };
    if !missing.is_empty() {
        let detail = format!(
            "There is no instance {} that runs or can be started in {}. Correct the ids, the Region or the credentials.",
            named(&missing, new),
            account.whereabouts().await
        );
        found.push(Diagnostic::error("Target not found", detail).at(Path::attribute("listener")));
    }
    let others = seen.iter().filter(|(_, instance)| instance.vpc_id != vpc_id);
    let others: BTreeSet<String> = others.map(|(id, _)| id.clone()).gather();
    if !others.is_empty() {
        let detail = format!(
            "The load balancer stands in {vpc_id}, and {} in another VPC, where AWS does not register instances. Use \
             instances of {vpc_id}. Where the VPCs are connected, the addresses of the instances do: target {{ id = \
             \"10.0.1.5\", availability_zone = \"all\" }}.",
            named(&others, new)
        );
        found.push(Diagnostic::error("Target of another VPC", detail).at(Path::attribute("listener")));
    }
    Ok(())
}

async fn check_addresses(
    account: &Account,
    vpc_id: &str,
    new: &BTreeMap<&str, Vec<Written<'_>>>,
    found: &mut Diagnostics,
) -> Result<()> {
    let blocks = account.blocks_of_vpc(vpc_id).await?;
    if blocks.is_empty() {
        return Ok(());
    }
    let (mut outside, mut strange) = (BTreeSet::new(), BTreeSet::new());
    for (id, zone) in new.values().flatten() {
        let Ok(address) = id.parse::<IpAddr>() else { continue };
        if blocks.iter().any(|block| block.contains(&address)) {
            continue;
        }
        match zone {
            _ if !is_private(address) => {
                strange.insert((*id).to_owned());
            }
            // AWS takes a zone's name in the place of "all", too.
            Some(_) => {}
            None => {
                outside.insert((*id).to_owned());
            }
        }
    }
    let blocks = blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if let Some(first) = outside.first() {
        let detail = format!(
            "{} outside of {vpc_id} ({blocks}), in which the load balancer stands. Where it is meant to be there, write \
             target {{ id = {first:?}, availability_zone = \"all\" }} instead of the id in target_ids; if not, correct the \
             address.",
            lies(&outside, new)
        );
        found.push(Diagnostic::error("Target outside of the VPC", detail).at(Path::attribute("listener")));
    }
    if !strange.is_empty() {
        let detail = format!(
            "{} outside of {vpc_id} ({blocks}), in which the load balancer stands. Out there AWS takes addresses of \
             10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12 and 192.168.0.0/16 only. Correct the address.",
            lies(&strange, new)
        );
        found.push(Diagnostic::error("Target that no load balancer reaches", detail).at(Path::attribute("listener")));
    }
    Ok(())
}

/// Whether an address is of RFC 1918 or RFC 6598, of which alone targets outside of the VPC may be.
/// *Source:* NLB user guide, "Target type".
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || (address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64),
        IpAddr::V6(_) => false,
    }
}

/// `10.9.0.1 (listener "https") lies`
fn lies(ids: &BTreeSet<String>, new: &BTreeMap<&str, Vec<Written<'_>>>) -> String {
    format!("{} {}", named(ids, new), if ids.len() == 1 { "lies" } else { "lie" })
}

/// The targets, each with the first listener that has it.
fn named(ids: &BTreeSet<String>, new: &BTreeMap<&str, Vec<Written<'_>>>) -> String {
    let with_listener = |id: &String| {
        let listener = new.iter().find(|(_, targets)| targets.iter().any(|(target, _)| target == id));
        listener.map_or_else(|| id.clone(), |(name, _)| format!("{id} (listener {name:?})"))
    };
    ids.iter().map(with_listener).collect::<Vec<_>>().join(", ")
}
