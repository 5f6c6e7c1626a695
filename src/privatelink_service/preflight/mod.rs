//! What a service looks at before a change: whatever would fail after minutes fails now.

mod connected;
mod held_groups;
mod subnets;
mod targets;
mod zones;

use std::collections::BTreeSet;

use super::chain::{CAPACITY, ENDPOINT_SERVICE, LISTENER, LOAD_BALANCER, TARGET_GROUP, chain};
use super::check::certificates;
use super::config::ServiceConfig;
use crate::aws::{Account, Aws};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{LinkName, Preview, Record, Result, Step, View, preview, seen};
use crate::links::{capacity_reservation, endpoint_service, listener, load_balancer, target_group};
use crate::preflight::groups;
use crate::preflight::peers::check_peer;
use crate::resource::Preflight;
use crate::value::{Attr, Path};

/// Looks.
pub(super) async fn preflight(
    client: &Aws,
    check: &Preflight<'_, ServiceConfig>,
    found: &mut Diagnostics,
) -> Result<()> {
    if let Some(config) = check.config {
        return change(client, config, check, found).await;
    }
    connected::destroy(client, check, found).await?;
    held_groups::destroy(client, check, found).await
}

/// What another resource of the run can cure is looked at again before the first write; the rest only in a plan.
async fn change(
    client: &Aws,
    config: &ServiceConfig,
    check: &Preflight<'_, ServiceConfig>,
    found: &mut Diagnostics,
) -> Result<()> {
    // Where everything is made anew, what exists goes first; what stands against that is told with the removal.
    let nothing = Record::default();
    let (record, prior) = if check.replacing { (&nothing, None) } else { (check.record, check.prior) };
    let check = &Preflight { config: check.config, prior, record, limits: check.limits.clone(), ..*check };
    let view = View::of(check.record);
    let outlook = preview(&chain(config), check.record);
    let balancer = view.state::<load_balancer::State>(LOAD_BALANCER);
    if let Some(subnet_ids) = config.subnets() {
        let place = Path::attribute(if config.has_mappings() { "subnet_mapping" } else { "subnet_ids" });
        let known = balancer.known().map(|balancer| &balancer.subnet_ids);
        let stays = stays_in_place(&outlook);
        if check.is_whole() && (known != Some(&subnet_ids) || !stays || changes_families(config, balancer.known())) {
            let account = client.account(None)?;
            subnets::check(account, config, &subnet_ids, balancer.known(), stays, found).await?;
        }
        if let Some(leaving) = known.map(|known| known - &subnet_ids).filter(|leaving| stays && !leaving.is_empty()) {
            connected::held_subnets(client, &leaving, check, place, found).await?;
        }
    }
    let misplaced = found.has_errors();
    connected::held_load_balancers(client, config, check, &outlook, found).await?;
    held_groups::change(client, check, &outlook, found).await?;
    if !check.is_whole() {
        if !check.record.links.contains_key(&LinkName::from(ENDPOINT_SERVICE)) {
            connected::twin(client, config, found).await?;
        }
        return Ok(());
    }
    if let Some(Step::Replace(fields)) = outlook.step(LOAD_BALANCER) {
        found.push(connected::anew(fields, balancer.known()));
        if let Some(held) = held_addresses(config, balancer.known()) {
            found.push(held);
        }
    }
    check_kinds(config, &view, found);
    check_regions(client, config, found);
    check_families(config, &view, found);
    check_capacity(config, &view, found);
    check_prefixes(config, &view, found);
    check_secondary_addresses(config, balancer.known().filter(|_| stays_in_place(&outlook)), found);
    connected::decided(client, config, &view, found).await?;
    connected::renamed(client, config, &view, found).await?;
    let account = client.account(None)?;
    if certificates::has_any(config) {
        certificates::check(config, account.id().await.ok().flatten().as_deref(), found);
    }
    let vpc_id = vpc_of(account, config, balancer.known()).await?;
    check_groups(account, config, balancer.known(), (vpc_id.as_deref(), check.planning), found).await?;
    // Where the subnets are wrong it is not known yet which VPC is meant.
    if !misplaced {
        targets::check(account, config, vpc_id.as_deref(), &view, found).await?;
    }
    zones::check(account, config, check.prior, found).await?;
    check_given(client, config, check, found).await?;
    check_private_dns(client, config, check.prior, found).await
}

/// Whether the managed load balancer is not made anew.
fn stays_in_place(outlook: &Preview) -> bool {
    !matches!(outlook.step(LOAD_BALANCER), Some(Step::Replace(_) | Step::BreakFirst(_)))
}

/// The VPC of the load balancer. Its subnets were looked at a moment ago where there is none yet.
async fn vpc_of(
    account: &Account,
    config: &ServiceConfig,
    balancer: Option<&load_balancer::State>,
) -> Result<Option<String>> {
    match (balancer, config.subnets().and_then(|subnets| subnets.into_iter().next())) {
        (Some(balancer), _) => Ok(Some(balancer.vpc_id.clone())),
        (None, Some(subnet)) => Ok(account.place_of_subnet(&subnet).await?.map(|(vpc_id, _)| vpc_id)),
        (None, None) => Ok(None),
    }
}

/// Security groups that are new to the load balancer.
async fn check_groups(
    account: &Account,
    config: &ServiceConfig,
    balancer: Option<&load_balancer::State>,
    (vpc_id, planning): (Option<&str>, bool),
    found: &mut Diagnostics,
) -> Result<()> {
    let Some(wanted) = config.load_balancer.known().and_then(|block| block.security_groups.known()) else {
        return Ok(());
    };
    let new = balancer.map_or_else(|| wanted.clone(), |balancer| wanted - &balancer.security_groups);
    if new.is_empty() {
        return Ok(());
    }
    let place = Path::attribute("load_balancer").child("security_groups");
    groups::check(account, &new, (vpc_id, planning), place, found).await
}

/// Whether the load balancer is to have another set of address families, which its subnets must have too.
fn changes_families(config: &ServiceConfig, balancer: Option<&load_balancer::State>) -> bool {
    let Some(balancer) = balancer else { return false };
    let wanted = config.load_balancer.known().and_then(|block| block.ip_address_type.known());
    wanted.map_or("ipv4", String::as_str) != balancer.ip_address_type
}

/// A new load balancer cannot have an address that the old one holds, and the old one goes last.
fn held_addresses(config: &ServiceConfig, balancer: Option<&load_balancer::State>) -> Option<Diagnostic> {
    let balancer = balancer?;
    let (v4, v6) = (config.addresses()?, config.ipv6_addresses()?);
    let v4 = v4.iter().filter(|(subnet, address)| balancer.addresses.get(*subnet) == Some(address));
    let v6 = v6.iter().filter(|(subnet, address)| balancer.ipv6_addresses.get(*subnet) == Some(address));
    let held: Vec<String> = v4.chain(v6).map(|(subnet, address)| format!("{address} in {subnet}")).collect();
    (!held.is_empty()).then(|| {
        let detail = format!(
            "This change takes a new load balancer beside {}, which holds {} until it goes; AWS gives an address once. \
             Write other addresses in these subnets too, or none, or replace the whole service (terraform apply \
             -replace), which ends its connections and gives it another name.",
            balancer.name,
            held.join(" and ")
        );
        Diagnostic::error("Address in use", detail).at(Path::attribute("subnet_mapping"))
    })
}

/// Regions from which consumers may come exist, as far as the provider knows.
fn check_regions(client: &Aws, config: &ServiceConfig, found: &mut Diagnostics) {
    for region in config.supported_regions.known().into_iter().flatten() {
        if let Err(failure) = client.check_region(region) {
            let detail = format!("{failure}. {}.", failure.advice.as_deref().unwrap_or_default());
            found.push(Diagnostic::error("Invalid supported_regions", detail).at(Path::attribute("supported_regions")));
        }
    }
}

/// A load balancer can go back to one family when its service has: AWS wants both families of each load balancer
/// that stands behind a service with IPv6, and in one apply the load balancer comes first.
fn check_families(config: &ServiceConfig, view: &View, found: &mut Diagnostics) {
    let service = view.state::<endpoint_service::State>(ENDPOINT_SERVICE);
    let has_ipv6 = service.known().is_some_and(|service| service.supported_ip_address_types.contains("ipv6"));
    let balancer = view.state::<load_balancer::State>(LOAD_BALANCER);
    let balancer = balancer.known().filter(|balancer| balancer.ip_address_type == "dualstack");
    if has_ipv6 && balancer.is_some() && changes_families(config, balancer) {
        let detail = "The endpoint service has \"ipv6\" in supported_ip_address_types, for which AWS wants its load balancer \
                      to keep both families. Take \"ipv6\" out first and apply, then write ip_address_type = \"ipv4\" and \
                      apply again.";
        found.push(Diagnostic::error("One family in two steps", detail).at(Path::attribute("load_balancer")));
    }
}

/// AWS refuses a listener over TLS beside a reservation, which goes when everything else is made.
fn check_capacity(config: &ServiceConfig, view: &View, found: &mut Diagnostics) {
    let is_reserved = view.state::<capacity_reservation::State>(CAPACITY).known().is_some();
    if !is_reserved || !config.minimum_capacity().is_null() {
        return;
    }
    for (name, block) in config.listeners().unwrap_or_default() {
        if block.spoken().is_some_and(|protocol| protocol == "TLS") {
            let detail = format!(
                "Listener {name:?} is to speak TLS, which AWS refuses while capacity is reserved for the load balancer. Leave \
                 minimum_load_balancer_capacity out first and apply, then write the listener and apply again."
            );
            found
                .push(Diagnostic::error("Reserved capacity in two steps", detail).at(Path::attribute("load_balancer")));
        }
    }
}

/// Listeners change after their load balancer, which keeps its prefixes for source NAT while one of them takes datagrams.
fn check_prefixes(config: &ServiceConfig, view: &View, found: &mut Diagnostics) {
    let balancer = view.state::<load_balancer::State>(LOAD_BALANCER);
    let block = config.load_balancer.clone();
    let Some(prefix) = block.clone().and_then(|block| block.enable_prefix_for_ipv6_source_nat).settled() else {
        return;
    };
    let kind = block.and_then(|block| block.ip_address_type);
    let goes = prefix.as_deref() != Some("on") && kind == Attr::Known("dualstack".to_owned());
    if !goes || !balancer.known().is_some_and(|balancer| balancer.source_nat_prefix) {
        return;
    }
    for name in view.names().filter(|name| name.kind() == LISTENER) {
        let listener = view.state::<listener::State>(name.as_str());
        if listener.known().is_some_and(|listener| listener.protocol.contains("UDP")) {
            let detail = format!(
                "Listener {:?} takes datagrams so far, for which AWS wants the prefixes to stay. Let it take none and apply, \
                 then write enable_prefix_for_ipv6_source_nat = \"off\" and apply again.",
                name.key().unwrap_or_default()
            );
            found.push(Diagnostic::error("Prefixes in two steps", detail).at(Path::attribute("load_balancer")));
        }
    }
}

/// AWS adds secondary addresses to a load balancer and never takes one away.
fn check_secondary_addresses(config: &ServiceConfig, balancer: Option<&load_balancer::State>, found: &mut Diagnostics) {
    let Some(balancer) = balancer else { return };
    let has = i64::from(balancer.attributes.secondary_ips);
    let wanted = match config.load_balancer.clone().map(|block| block.secondary_ips_auto_assigned_per_subnet) {
        Attr::Known(Attr::Known(wanted)) => wanted,
        Attr::Null | Attr::Known(Attr::Null) => 0,
        _ => return,
    };
    if wanted < has {
        let detail = format!(
            "{} has {has} secondary addresses in each subnet, AWS only adds to them, and the configuration asks for \
             {wanted}. Write secondary_ips_auto_assigned_per_subnet = {has}, or replace the whole service (terraform apply \
             -replace), which ends its connections and gives it another name.",
            balancer.name
        );
        found.push(Diagnostic::error("Fewer secondary addresses", detail).at(Path::attribute("load_balancer")));
    }
}

/// The kind of a group's targets is that of its birth; ids of another kind need to say that it changes.
fn check_kinds(config: &ServiceConfig, view: &View, found: &mut Diagnostics) {
    for (name, block) in config.listeners().unwrap_or_default() {
        let group = view.state::<target_group::State>(&format!("{TARGET_GROUP}.{name}"));
        let (Some(group), true) = (group.known(), block.target_type.is_null()) else { continue };
        if let Some(kind) = block.kinds_of_ids().first().filter(|kind| **kind != group.target_type) {
            let detail = format!(
                "The targets of listener {name:?} were of the kind {:?} so far and are now of the kind {kind:?}. That takes \
                 a new target group: write target_type = {kind:?} to have it made, or correct the ids.",
                group.target_type
            );
            found.push(Diagnostic::error("Targets of another kind", detail).at(Path::attribute("listener")));
        }
    }
}

/// Existing load balancers that are new here: network load balancers, active, and nobody else's.
async fn check_given(
    client: &Aws,
    config: &ServiceConfig,
    check: &Preflight<'_, ServiceConfig>,
    found: &mut Diagnostics,
) -> Result<()> {
    let Some(given) = config.load_balancer_arns.known() else { return Ok(()) };
    let service = View::of(check.record).state::<endpoint_service::State>(ENDPOINT_SERVICE);
    let bound = service.known().map(|service| service.load_balancer_arns.clone()).unwrap_or_default();
    let new: BTreeSet<String> = given - &bound;
    if new.is_empty() {
        return Ok(());
    }
    let account = client.account(None)?;
    let place = Path::attribute("load_balancer_arns");
    let holders = account.services_of_load_balancers(&new).await?;
    for arn in &new {
        if !seen(|| account.load_balancer(arn)).await? {
            let detail = format!(
                "There is no load balancer {arn} in {}. Correct load_balancer_arns, or the provider's Region or \
                 credentials.",
                account.whereabouts().await
            );
            found.push(Diagnostic::error("Load balancer not found", detail).at(place.clone()));
        } else if let Some(holder) = holders.get(arn) {
            let detail = format!(
                "{arn} stands behind the endpoint service {holder}, and AWS allows one service for a load balancer. If it \
                 is freed in this run all is well; if not, AWS will refuse it."
            );
            found.push(Diagnostic::warning("Load balancer of another service", detail).at(place.clone()));
        }
    }
    Ok(())
}

async fn check_private_dns(
    client: &Aws,
    config: &ServiceConfig,
    prior: Option<&ServiceConfig>,
    found: &mut Diagnostics,
) -> Result<()> {
    if let Attr::Known(private_dns) = &config.private_dns
        && prior.is_none_or(|prior| prior.private_dns != config.private_dns)
        && let (Attr::Known(name), Attr::Known(zone_id)) = (&private_dns.name, &private_dns.hosted_zone_id)
        && !private_dns.peer_account.is_unknown()
    {
        let peer = private_dns.peer_account.known().map(String::as_str);
        let place = Path::attribute("private_dns").child("peer_account");
        if let Some(peer) = peer
            && !check_peer(client, peer, place, found).await
        {
            return Ok(());
        }
        let account = client.account(peer)?;
        let zone = account.zone_name(zone_id).await?;
        // Who is asked costs a call, so only where it is told.
        let looked_in = if zone.is_none() { account.owner_in_words().await } else { String::new() };
        check_zone(name, zone_id, zone, &looked_in, found);
    }
    Ok(())
}

/// AWS looks for the record in public DNS, at the name or at one of its parents.
fn check_zone(name: &str, zone_id: &str, zone: Option<(String, bool)>, looked_in: &str, found: &mut Diagnostics) {
    let path = Path::attribute("private_dns").child("hosted_zone_id");
    let bare = name.strip_prefix("*.").unwrap_or(name);
    let diagnostic = match zone {
        None => Diagnostic::error(
            "Hosted zone not found",
            format!(
                "There is no hosted zone {zone_id} in {looked_in}. Name its owner in private_dns.peer_account, or correct the \
                 id."
            ),
        ),
        Some((zone, true)) => Diagnostic::error(
            "Private hosted zone",
            format!(
                "{zone_id} ({zone}) is private. AWS looks for the TXT record in public DNS; use the public zone of {bare}."
            ),
        ),
        Some((zone, false)) if bare != zone && !bare.ends_with(&format!(".{zone}")) => Diagnostic::error(
            "Hosted zone of another name",
            format!("{zone_id} holds names of {zone}, and {bare} is none of them. Use the public zone of {bare}."),
        ),
        Some(_) => return,
    };
    found.push(diagnostic.at(path));
}
