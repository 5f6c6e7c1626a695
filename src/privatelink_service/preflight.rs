//! What a service looks at before a change: whatever would fail after minutes fails now.

use std::collections::BTreeSet;

use super::chain::{ENDPOINT_SERVICE, LOAD_BALANCER};
use super::config::ServiceConfig;
use crate::aws::Aws;
use crate::aws::lookups::Connected;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Failure, View};
use crate::links::subnets::Places;
use crate::links::{endpoint_service, load_balancer};
use crate::resource::{Preflight, look_failed};
use crate::value::{Attr, Path};

/// Looks.
pub(super) async fn preflight(client: &Aws, check: Preflight<'_, ServiceConfig>) -> Diagnostics {
    let mut found = Diagnostics::new();
    let looked = match check.config {
        Some(config) => change(client, config, &check, &mut found).await,
        None => destroy(client, &check, &mut found).await,
    };
    if let Err(failure) = looked {
        found.push(look_failed("service", &failure));
    }
    found
}

/// What another resource of the run can cure is looked at again before the first write; the rest only in a plan.
async fn change(
    client: &Aws,
    config: &ServiceConfig,
    check: &Preflight<'_, ServiceConfig>,
    found: &mut Diagnostics,
) -> Result<(), Failure> {
    let balancer = View::of(check.record).state::<load_balancer::State>(LOAD_BALANCER);
    if let Attr::Known(subnet_ids) = &config.subnet_ids {
        let known = balancer.known().map(|balancer| &balancer.subnet_ids);
        if check.planning && known != Some(subnet_ids) {
            let places = Places::of(client.account(None)?, subnet_ids).await?;
            for (summary, detail) in places.complaints().into_iter().chain(moved(&places, balancer.known())) {
                found.push(Diagnostic::error(summary, detail).at(Path::attribute("subnet_ids")));
            }
        }
        if let Some(leaving) = known.map(|known| known - subnet_ids).filter(|leaving| !leaving.is_empty()) {
            held_subnets(client, &leaving, check, found).await?;
        }
    }
    if !check.planning {
        return Ok(());
    }
    check_private_dns(client, config, check.prior, found).await
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

/// AWS takes no zone from a load balancer while endpoints are connected.
async fn held_subnets(
    client: &Aws,
    leaving: &BTreeSet<String>,
    check: &Preflight<'_, ServiceConfig>,
    found: &mut Diagnostics,
) -> Result<(), Failure> {
    let service = View::of(check.record).state::<endpoint_service::State>(ENDPOINT_SERVICE);
    let Attr::Known(service) = service else { return Ok(()) };
    let Some(list) = connected(client, &service.id).await? else { return Ok(()) };
    let subnets: Vec<&str> = leaving.iter().map(String::as_str).collect();
    let head = format!(
        "AWS takes no subnet ({}) from a load balancer while endpoints are connected to its service {}:\n{list}\n\n",
        subnets.join(", "),
        service.id
    );
    let diagnostic = if check.planning {
        let detail = "If they are destroyed in this run all is well; if not, the apply stops before its first write.";
        Diagnostic::warning("Consumers are connected", head + detail)
    } else {
        let detail = "Nothing was changed. Keep the subnet, or let the owners of the endpoints delete them first.";
        Diagnostic::error("Consumers are connected", head + detail)
    };
    found.push(diagnostic.at(Path::attribute("subnet_ids")));
    Ok(())
}

/// The endpoints that are connected and stay, a line each; `None` where there are none.
async fn connected(client: &Aws, service_id: &str) -> Result<Option<String>, Failure> {
    let account = client.account(None)?;
    let mut connections = account.connections(service_id).await?;
    if connections.is_empty() {
        // One reply may come from a copy that lags behind.
        connections = account.connections(service_id).await?;
    }
    let staying = connections.iter().filter(|connection| connection.state != "deleting");
    let line = |one: &Connected| format!("  {} of account {} ({})", one.endpoint_id, one.owner, one.state);
    let told: Vec<String> = staying.map(line).collect();
    Ok((!told.is_empty()).then(|| told.join("\n")))
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

async fn destroy(client: &Aws, check: &Preflight<'_, ServiceConfig>, found: &mut Diagnostics) -> Result<(), Failure> {
    let view = View::of(check.record);
    if let Attr::Known(balancer) = view.state::<load_balancer::State>(LOAD_BALANCER)
        && balancer.deletion_protection
    {
        let detail = format!(
            "The load balancer {} has deletion protection. Set enable_deletion_protection = false, apply, and destroy \
             again. Nothing was changed.",
            balancer.name
        );
        found.push(Diagnostic::error("Deletion protection is on", detail).at(Path::attribute("load_balancer")));
        return Ok(());
    }
    let Attr::Known(service) = view.state::<endpoint_service::State>(ENDPOINT_SERVICE) else { return Ok(()) };
    let Some(list) = connected(client, &service.id).await? else { return Ok(()) };
    found.push(if check.planning {
        let detail = format!(
            "{} has connected endpoints:\n{list}\n\nIf they are destroyed in this run all is well; if not, the destroy of \
             the service stops before its first write.",
            service.id
        );
        Diagnostic::warning("Consumers are connected", detail)
    } else {
        let detail = format!(
            "{} has connected endpoints:\n{list}\n\nNothing was changed. Their owners delete them, or you reject them with \
             aws ec2 reject-vpc-endpoint-connections; then destroy again.",
            service.id
        );
        Diagnostic::error("Consumers are connected", detail)
    });
    Ok(())
}
