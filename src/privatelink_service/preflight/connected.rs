//! What AWS refuses while consumers are connected, and who they are.
//!
//! Consumers may leave in the same run, so a plan warns; the apply looks again and stops before its
//! first write.

use std::collections::BTreeSet;
use std::fmt;

use crate::aws::Aws;
use crate::aws::connections::{Connection, list};
use crate::aws::lookups::Connected;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Field, Preview, Reader, Result, Step, View};
use crate::links::{connections, endpoint_service, load_balancer};
use crate::privatelink_service::chain::{CONNECTIONS, ENDPOINT_SERVICE, LOAD_BALANCER, rules};
use crate::privatelink_service::config::ServiceConfig;
use crate::resource::Preflight;
use crate::value::{Attr, Path};

const SUMMARY: &str = "Consumers are connected";

/// AWS takes no zone from a load balancer while endpoints are connected.
pub(super) async fn held_subnets(
    client: &Aws,
    leaving: &BTreeSet<String>,
    check: &Preflight<'_, ServiceConfig>,
    place: Path,
    found: &mut Diagnostics,
) -> Result<()> {
    let what = format!("no subnet ({}) from a load balancer", listed(leaving));
    held(client, &what, "Keep the subnet", check, place, found).await
}

/// Nor a load balancer from a service.
pub(super) async fn held_load_balancers(
    client: &Aws,
    config: &ServiceConfig,
    check: &Preflight<'_, ServiceConfig>,
    outlook: &Preview,
    found: &mut Diagnostics,
) -> Result<()> {
    let view = View::of(check.record);
    let Attr::Known(service) = view.state::<endpoint_service::State>(ENDPOINT_SERVICE) else { return Ok(()) };
    let staying = if config.has_given_load_balancers() {
        let Some(given) = config.load_balancer_arns.known() else { return Ok(()) };
        given.clone()
    } else {
        match (outlook.step(LOAD_BALANCER), view.state::<load_balancer::State>(LOAD_BALANCER)) {
            (Some(Step::Unknown), _) => return Ok(()),
            (Some(Step::Replace(_) | Step::BreakFirst(_)), _) | (_, Attr::Null | Attr::Unknown | Attr::Given) => {
                BTreeSet::new()
            }
            (_, Attr::Known(balancer)) => BTreeSet::from([balancer.arn]),
        }
    };
    let leaving = &service.load_balancer_arns - &staying;
    if leaving.is_empty() {
        return Ok(());
    }
    let place = match outlook.step(LOAD_BALANCER) {
        _ if config.has_given_load_balancers() => Path::attribute("load_balancer_arns"),
        Some(Step::Replace(fields)) if fields.contains(&"subnet_mapping") => Path::attribute("subnet_mapping"),
        _ => Path::attribute("load_balancer"),
    };
    let what = format!("no load balancer ({}) from its service", listed(&leaving));
    held(client, &what, "Keep the load balancer as it is", check, place, found).await
}

async fn held(
    client: &Aws,
    what: &str,
    keep: &str,
    check: &Preflight<'_, ServiceConfig>,
    place: Path,
    found: &mut Diagnostics,
) -> Result<()> {
    let service = View::of(check.record).state::<endpoint_service::State>(ENDPOINT_SERVICE);
    let Attr::Known(service) = service else { return Ok(()) };
    let Some(list) = connected(client, &service.id).await? else { return Ok(()) };
    let head = format!("AWS takes {what} while endpoints are connected to {}:\n{list}\n\n", service.id);
    let diagnostic = if check.planning {
        let detail = "A plan cannot tell whether they leave in the same run. If they do, there is nothing to do; if they are \
                      still connected when it is the service's turn, its change stops before the first write.";
        Diagnostic::warning(SUMMARY, head + detail)
    } else {
        let detail = format!(
            "Nothing was changed. {keep}, or let the owners of the endpoints delete them first: {}.",
            list.deletion()
        );
        Diagnostic::error(SUMMARY, head + &detail)
    };
    found.push(diagnostic.at(place));
    Ok(())
}

/// A new load balancer takes minutes and everything on it anew; a plan does not hide that in one attribute.
pub(super) fn anew(fields: &[Field], balancer: Option<&load_balancer::State>) -> Diagnostic {
    let (reason, place) = if fields.contains(&"subnet_mapping") {
        ("AWS gives an address when a subnet comes and cannot exchange it", "subnet_mapping")
    } else {
        (
            "AWS gives security groups to a load balancer at its birth only, and takes the last one from none",
            "load_balancer",
        )
    };
    let detail = format!(
        "{reason}. A new load balancer is made with its listeners and target groups, attached, and {} is detached and \
         deleted. The endpoint service keeps its id and name; the load balancer's own DNS name and addresses change.",
        balancer.map_or("the old one", |balancer| balancer.name.as_str())
    );
    Diagnostic::warning("A new load balancer behind the service", detail).at(Path::attribute(place))
}

/// Warns whom changed rules accept and reject at once. Looks only where the rules change: what the recorded rules
/// decide is in the record.
pub(super) async fn decided(client: &Aws, config: &ServiceConfig, view: &View, found: &mut Diagnostics) -> Result<()> {
    let (Attr::Known(recorded), Attr::Known(service)) =
        (view.state::<connections::State>(CONNECTIONS), view.state::<endpoint_service::State>(ENDPOINT_SERVICE))
    else {
        return Ok(());
    };
    let Some(rules) = rules(config, &service) else { return Ok(()) };
    let connections = if rules == recorded.rules {
        recorded.undecided
    } else if rules == connections::Rules::default() {
        return Ok(());
    } else {
        list(client.account(None)?, &recorded.service_id).await?
    };
    let line = |one: &Connection| format!("  {} of account {} ({})", one.endpoint_id, one.owner, one.state);
    let lines = |is_meant: &dyn Fn(&Connection) -> bool| {
        connections.iter().filter(|one| is_meant(one)).map(line).collect::<Vec<_>>().join("\n")
    };
    let (rejected, accepted) = (lines(&|one| rules.rejects(one)), lines(&|one| rules.accepts(one)));
    if !rejected.is_empty() {
        let detail = format!(
            "No allowed principal names the accounts of these endpoints, and reject_on_revoke rejects them:\n{rejected}"
        );
        let place = Path::attribute("reject_on_revoke");
        found.push(Diagnostic::warning("Connections will be rejected", detail).at(place));
    }
    if !accepted.is_empty() && rules.accept != recorded.rules.accept {
        let detail = format!("These endpoints wait, and an accept block matches them now:\n{accepted}");
        found.push(Diagnostic::warning("Connections will be accepted", detail).at(Path::attribute("accept")));
    }
    Ok(())
}

/// Warns where a private DNS name leaves while endpoints are connected: those that have it switched on lose it.
pub(super) async fn renamed(client: &Aws, config: &ServiceConfig, view: &View, found: &mut Diagnostics) -> Result<()> {
    let Attr::Known(service) = view.state::<endpoint_service::State>(ENDPOINT_SERVICE) else { return Ok(()) };
    let Some(old) = &service.private_dns_name else { return Ok(()) };
    let wanted = config.private_dns.as_ref().and_then(|block| block.name.clone());
    if wanted.is_unknown() || wanted.known() == Some(old) {
        return Ok(());
    }
    let Some(list) = connected(client, &service.id).await? else { return Ok(()) };
    let detail = format!(
        "{old} leads to no endpoint any more where consumers have switched private DNS on. AWS does not say who has; these are \
         connected:\n{list}"
    );
    found.push(Diagnostic::warning("Private DNS name in use", detail).at(Path::attribute("private_dns")));
    Ok(())
}

/// What stands against a destroy.
pub(super) async fn destroy(client: &Aws, check: &Preflight<'_, ServiceConfig>, found: &mut Diagnostics) -> Result<()> {
    let view = View::of(check.record);
    if let Attr::Known(balancer) = view.state::<load_balancer::State>(LOAD_BALANCER)
        && balancer.attributes.deletion_protection
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
    let head = format!("{} has connected endpoints:\n{list}\n\n", service.id);
    found.push(match (check.planning, service.force_destroy) {
        (true, true) => {
            let detail = "force_destroy is on: they are rejected first, which ends their connections.";
            Diagnostic::warning(SUMMARY, head + detail)
        }
        (true, false) => {
            let detail = "A plan cannot tell whether they leave in the same run. Consumers of this configuration that refer \
                          to the service do, and before it: if these are all, there is nothing to do. If one is still \
                          connected when it is the service's turn, its destroy stops before the first write.";
            Diagnostic::warning("Consumers leave before the service", head + detail)
        }
        (false, true) => return Ok(()),
        (false, false) => {
            let detail = format!(
                "Nothing was changed. Their owners delete them ({}), or you reject them: set force_destroy = true, apply, \
                 and destroy again; or {}. To exchange a service without an end of its connections, make a second one \
                 beside it, let the consumers move, and destroy this one then.",
                list.deletion(),
                list.rejection(&service.id)
            );
            Diagnostic::error(SUMMARY, head + &detail)
        }
    });
    Ok(())
}

/// A living service of the same name in the same place: the one that this is to replace, as far as anybody
/// can tell. Terraform does not say so to a provider that makes the new one first.
pub(super) async fn twin(client: &Aws, config: &ServiceConfig, found: &mut Diagnostics) -> Result<()> {
    let Some(name) = config.name.known() else { return Ok(()) };
    let account = client.account(None)?;
    for (id, balancers) in account.services_of_resource(&format!("service/{name}")).await? {
        if !is_same_place(client, config, &balancers).await? {
            continue;
        }
        let Some(list) = connected(client, &id).await? else { continue };
        let detail = format!(
            "{id} is named {name:?} too, stands in the same place, and has connected endpoints:\n{list}\n\nNothing was \
             changed. A replacement that is made first (create_before_destroy) could never remove the old service. Make \
             a second service of another name, let the consumers move, and destroy the first one then; or set \
             force_destroy = true on it, apply, and replace it without create_before_destroy. A service that replaces \
             nothing needs another name."
        );
        found.push(Diagnostic::error(SUMMARY, detail).at(Path::attribute("name")));
    }
    Ok(())
}

async fn is_same_place(client: &Aws, config: &ServiceConfig, balancers: &BTreeSet<String>) -> Result<bool> {
    if config.has_given_load_balancers() {
        return Ok(config.load_balancer_arns.known().is_some_and(|given| !given.is_disjoint(balancers)));
    }
    let Some(subnets) = config.subnets() else { return Ok(false) };
    for arn in balancers {
        if client.account(None)?.subnets_of_load_balancer(arn).await? == subnets {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The endpoints that are connected and stay; displayed as a line each.
struct Staying(Vec<Connected>);

impl Staying {
    /// What the consumers' accounts type to delete them.
    fn deletion(&self) -> String {
        format!("\"aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {}\"", self.ids())
    }

    /// What the service's account types to reject them.
    fn rejection(&self, service_id: &str) -> String {
        let ids = self.ids();
        format!("\"aws ec2 reject-vpc-endpoint-connections --service-id {service_id} --vpc-endpoint-ids {ids}\"")
    }

    fn ids(&self) -> String {
        self.0.iter().map(|one| one.endpoint_id.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Staying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |one: &Connected| format!("  {} of account {} ({})", one.endpoint_id, one.owner, one.state);
        f.write_str(&self.0.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

/// The endpoints that are connected and stay; `None` where there are none.
async fn connected(client: &Aws, service_id: &str) -> Result<Option<Staying>> {
    let account = client.account(None)?;
    let mut connections = account.connections(service_id).await?;
    if connections.is_empty() {
        // One reply may come from a copy that lags behind.
        connections = Reader::again(account.connections(service_id)).await?;
    }
    connections.retain(|connection| connection.state != "deleting");
    Ok((!connections.is_empty()).then_some(Staying(connections)))
}

fn listed(items: &BTreeSet<String>) -> String {
    items.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
