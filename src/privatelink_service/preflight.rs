//! What a service looks at before a change: whatever would fail after minutes fails now.

mod connected;

use std::collections::BTreeSet;

use super::chain::{ENDPOINT_SERVICE, LOAD_BALANCER, TARGET_GROUP, chain};
use super::config::ServiceConfig;
use crate::aws::Aws;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Failure, LinkName, Step, View, preview};
use crate::links::subnets::{self, Places};
use crate::links::{endpoint_service, load_balancer, target_group};
use crate::resource::Preflight;
use crate::value::{Attr, Path};

/// Looks.
pub(super) async fn preflight(
    client: &Aws,
    check: &Preflight<'_, ServiceConfig>,
    found: &mut Diagnostics,
) -> Result<(), Failure> {
    match check.config {
        Some(config) => change(client, config, check, found).await,
        None => connected::destroy(client, check, found).await,
    }
}

/// What another resource of the run can cure is looked at again before the first write; the rest only in a plan.
async fn change(
    client: &Aws,
    config: &ServiceConfig,
    check: &Preflight<'_, ServiceConfig>,
    found: &mut Diagnostics,
) -> Result<(), Failure> {
    let view = View::of(check.record);
    let outlook = preview(&chain(config), check.record);
    let balancer = view.state::<load_balancer::State>(LOAD_BALANCER);
    if let Some(subnet_ids) = config.subnets() {
        let place = Path::attribute(if config.has_mappings() { "subnet_mapping" } else { "subnet_ids" });
        let known = balancer.known().map(|balancer| &balancer.subnet_ids);
        if check.planning && known != Some(&subnet_ids) {
            let places = Places::of(client.account(None)?, &subnet_ids).await?;
            for (summary, detail) in places.complaints().into_iter().chain(moved(&places, balancer.known())) {
                found.push(Diagnostic::error(summary, detail).at(place.clone()));
            }
        }
        let stays = !matches!(outlook.step(LOAD_BALANCER), Some(Step::Replace(_) | Step::BreakFirst(_)));
        if let Some(leaving) = known.map(|known| known - &subnet_ids).filter(|leaving| stays && !leaving.is_empty()) {
            connected::held_subnets(client, &leaving, check, place, found).await?;
        }
    }
    connected::held_load_balancers(client, config, check, &outlook, found).await?;
    if !check.planning {
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
    connected::revoked(config, &view, found);
    check_given(client, config, check, found).await?;
    check_private_dns(client, config, check.prior, found).await
}

/// A new load balancer cannot have an address that the old one holds, and the old one goes last.
fn held_addresses(config: &ServiceConfig, balancer: Option<&load_balancer::State>) -> Option<Diagnostic> {
    let (wanted, balancer) = (config.addresses()?, balancer?);
    let held: Vec<String> = wanted
        .iter()
        .filter(|(subnet, address)| balancer.addresses.get(*subnet) == Some(address))
        .map(|(subnet, address)| format!("{address} in {subnet}"))
        .collect();
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
) -> Result<(), Failure> {
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
        if !subnets::seen(|| account.load_balancer(arn)).await? {
            let detail = format!(
                "There is no load balancer {arn} in this account and Region. Correct load_balancer_arns, or the provider's \
                 Region or credentials."
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

/// A load balancer stays in its VPC.
fn moved(places: &Places, balancer: Option<&load_balancer::State>) -> Option<(&'static str, String)> {
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

async fn check_private_dns(
    client: &Aws,
    config: &ServiceConfig,
    prior: Option<&ServiceConfig>,
    found: &mut Diagnostics,
) -> Result<(), Failure> {
    if let Attr::Known(private_dns) = &config.private_dns
        && prior.is_none_or(|prior| prior.private_dns != config.private_dns)
        && let (Attr::Known(name), Attr::Known(zone_id)) = (&private_dns.name, &private_dns.hosted_zone_id)
        && !private_dns.peer_account.is_unknown()
    {
        let place = Path::attribute("private_dns");
        let account = match client.account(private_dns.peer_account.known().map(String::as_str)) {
            Ok(account) => account,
            Err(failure) => {
                let detail = format!("{}. {}.", failure.message, failure.advice.unwrap_or_default());
                found.push(Diagnostic::error("Unknown peer account", detail).at(place.child("peer_account")));
                return Ok(());
            }
        };
        check_zone(name, zone_id, account.zone_name(zone_id).await?, found);
    }
    Ok(())
}

/// AWS looks for the record in public DNS, at the name or at one of its parents.
fn check_zone(name: &str, zone_id: &str, zone: Option<(String, bool)>, found: &mut Diagnostics) {
    let path = Path::attribute("private_dns").child("hosted_zone_id");
    let bare = name.strip_prefix("*.").unwrap_or(name);
    let diagnostic = match zone {
        None => Diagnostic::error(
            "Hosted zone not found",
            format!(
                "There is no hosted zone {zone_id} in this account. Name its owner in private_dns.peer_account, or correct the id."
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
