//! What a consumer looks at before a change: whatever would fail after minutes fails now.
//!
//! The plan looks at everything that it can; right before the first write only at what another
//! resource of the same run may have cured or broken since: the service and its zones.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::config::{ConsumerConfig, service_id};
use crate::aws::lookups::Offer;
use crate::aws::{Account, Aws};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Class, Failure};
use crate::links::existing_zone;
use crate::links::subnets::{Places, zone_in_vpc};
use crate::resource::{Preflight, look_failed};
use crate::value::{Attr, Path};

/// How long a service that was made or opened a moment ago may stay invisible.
const VISIBLE_WITHIN: Duration = Duration::from_secs(120);

/// Looks.
pub(super) async fn preflight(client: &Aws, check: Preflight<'_, ConsumerConfig>) -> Diagnostics {
    let Some(config) = check.config else { return Diagnostics::new() };
    let mut found = Diagnostics::new();
    if let Err(failure) = look(client, config, &check, &mut found).await {
        found.push(look_failed("consumer", &failure));
    }
    found
}

async fn look(
    client: &Aws,
    config: &ConsumerConfig,
    check: &Preflight<'_, ConsumerConfig>,
    found: &mut Diagnostics,
) -> Result<(), Failure> {
    for (path, peer) in peers(config) {
        if let Err(failure) = client.account(Some(&peer)) {
            let detail = format!("{}. {}.", failure.message, failure.advice.unwrap_or_default());
            found.push(Diagnostic::error("Unknown peer account", detail).at(path));
        }
    }
    let changed = |pick: fn(&ConsumerConfig) -> String| check.prior.is_none_or(|prior| pick(prior) != pick(config));
    let moves = changed(|config| format!("{:?}{:?}", config.subnet_ids, config.service_name));
    let names = changed(|config| format!("{:?}{:?}", config.private_dns_enabled, config.dns));
    let policy = changed(|config| format!("{:?}", config.policy));
    let account = client.account(None)?;

    let places = match (&config.subnet_ids, moves || (names && check.planning)) {
        (Attr::Known(subnet_ids), true) => Places::of(account, subnet_ids).await?,
        _ => Places::default(),
    };
    for (summary, detail) in places.complaints() {
        found.push(Diagnostic::error(summary, detail).at(Path::attribute("subnet_ids")));
    }
    let wants_offer = moves || ((names || policy) && check.planning);
    let offer = match (&config.service_name, wants_offer) {
        (Attr::Known(name), true) => {
            let region = config.service_region.known().map(String::as_str);
            let offer = visible(client, account, name, region, check.planning).await?;
            if offer.is_none() {
                found.push(invisible(name, account, check.planning).await);
            }
            offer
        }
        _ => None,
    };
    if let Some(offer) = &offer {
        let complaints = |ours| {
            let mut complaints = Diagnostics::new();
            check_zones(&places, offer, ours && check.planning, &mut complaints);
            check_offer(config, offer, ours, &mut complaints);
            complaints
        };
        // Whose service it is matters only to how loud a complaint is, and takes a call.
        let strict = complaints(false);
        if !strict.is_empty() {
            found.extend(if is_ours(client, offer).await { complaints(true) } else { strict });
        }
    }
    let vpcs = places.by_vpc();
    let vpc_id = vpcs.keys().next().map(|vpc_id| (*vpc_id).to_owned());
    let vpc_id = vpc_id.or_else(|| check.prior.and_then(|prior| prior.vpc_id.known().cloned()));
    if let (true, Some(vpc_id)) = (names, vpc_id) {
        check_given_zone(client, config, &vpc_id, check.planning, found).await?;
    }
    if check.planning && names {
        check_names(client, config, check.prior, &places, offer.as_ref(), found).await?;
    }
    Ok(())
}

/// The subnets, where they have moved to another VPC: an endpoint cannot follow.
pub(super) async fn immovable(client: &Aws, config: &ConsumerConfig, prior: &ConsumerConfig) -> Vec<&'static str> {
    let (Attr::Known(subnet_ids), Attr::Known(vpc_id)) = (&config.subnet_ids, &prior.vpc_id) else { return Vec::new() };
    if config.subnet_ids == prior.subnet_ids {
        return Vec::new();
    }
    let Ok(account) = client.account(None) else { return Vec::new() };
    let Ok(places) = Places::of(account, subnet_ids).await else { return Vec::new() };
    let vpcs = places.by_vpc();
    if vpcs.len() == 1 && !vpcs.contains_key(vpc_id.as_str()) { vec!["subnet_ids"] } else { Vec::new() }
}

fn peers(config: &ConsumerConfig) -> Vec<(Path, String)> {
    let accept = config.accept.known().and_then(|accept| accept.peer_account.known().cloned());
    let dns = config.dns.known().and_then(|dns| dns.peer_account.known().cloned());
    let place = |block: &str| Path::attribute(block).child("peer_account");
    [accept.map(|peer| (place("accept"), peer)), dns.map(|peer| (place("dns"), peer))].into_iter().flatten().collect()
}

/// The service, waited for a while where a write is next: a permission takes effect only after seconds.
async fn visible(
    client: &Aws,
    account: &Account,
    name: &str,
    region: Option<&str>,
    planning: bool,
) -> Result<Option<Offer>, Failure> {
    let speed = client.speed().max(1);
    let deadline = Instant::now() + VISIBLE_WITHIN / speed;
    let mut pause = Duration::from_secs(2);
    loop {
        let offer = account.offer(name, region).await?;
        if offer.is_some() || planning || service_id(name).is_none() || Instant::now() >= deadline {
            return Ok(offer);
        }
        tokio::time::sleep(pause / speed).await;
        pause = (pause * 2).min(Duration::from_secs(15));
    }
}

async fn invisible(name: &str, account: &Account, planning: bool) -> Diagnostic {
    let own = account.id().await.ok().flatten().unwrap_or_else(|| "this account".to_owned());
    let detail = format!(
        "The endpoint service {name} does not exist in {}, or its owner does not allow {own} to see it. Its owner adds \
         \"{own}\" to allowed_principals, also where the service is in the same account; a service of another Region needs \
         service_region.",
        account.region()
    );
    let path = Path::attribute("service_name");
    if planning {
        let detail = format!("{detail}\n\nThe apply looks again before it writes anything.");
        return Diagnostic::warning("Endpoint service not visible yet", detail).at(path);
    }
    Diagnostic::error("Endpoint service not visible", format!("{detail}\n\nNothing was changed.")).at(path)
}

/// Whether the service belongs to this account or a configured peer, so that the same run may still
/// change it.
async fn is_ours(client: &Aws, offer: &Offer) -> bool {
    let Some(owner) = &offer.owner else { return false };
    let peers = client.settings().peers.keys().map(|name| Some(name.as_str()));
    for name in std::iter::once(None).chain(peers) {
        if let Ok(account) = client.account(name)
            && account.id().await.ok().flatten().as_ref() == Some(owner)
        {
            return true;
        }
    }
    false
}

fn check_zones(places: &Places, offer: &Offer, may_change: bool, found: &mut Diagnostics) {
    if offer.availability_zone_ids.is_empty() {
        return;
    }
    let lacking: Vec<String> = places
        .found
        .iter()
        .filter(|(_, (_, zone))| !offer.availability_zone_ids.contains(zone))
        .map(|(subnet, (_, zone))| format!("{subnet} lies in {zone}"))
        .collect();
    if lacking.is_empty() {
        return;
    }
    let zones: Vec<&str> = offer.availability_zone_ids.iter().map(String::as_str).collect();
    let detail = format!(
        "{}, which {} does not serve. It serves {} (zone ids; zone names differ between accounts). Use subnets in those \
         zones, or ask its owner to add the zone.",
        lacking.join("; "),
        offer.service_name,
        zones.join(", ")
    );
    let summary = "Zone that the service does not serve";
    let diagnostic = if may_change { Diagnostic::warning(summary, detail) } else { Diagnostic::error(summary, detail) };
    found.push(diagnostic.at(Path::attribute("subnet_ids")));
}

fn check_offer(config: &ConsumerConfig, offer: &Offer, ours: bool, found: &mut Diagnostics) {
    if !offer.is_interface {
        let detail = format!("{} has no interface endpoints.", offer.service_name);
        found.push(
            Diagnostic::error("Not a service for interface endpoints", detail).at(Path::attribute("service_name")),
        );
    }
    if config.policy.is_set() && !offer.supports_policy {
        let detail = format!(
            "{} takes no endpoint policy; AWS allows full access and refuses the argument. Leave policy out, and limit \
             access with ingress and at the service.",
            offer.service_name
        );
        found.push(Diagnostic::error("Service without endpoint policies", detail).at(Path::attribute("policy")));
    }
    if config.private_dns_enabled == Attr::Known(true) && offer.private_dns_names.is_empty() {
        let detail = format!(
            "{} has no private DNS name. Its owner sets one (private_dns of privatelink_service) and proves it; or write \
             records of your own in a dns block.",
            offer.service_name
        );
        let summary = "Service without a private DNS name";
        let diagnostic = if ours { Diagnostic::warning(summary, detail) } else { Diagnostic::error(summary, detail) };
        found.push(diagnostic.at(Path::attribute("private_dns_enabled")));
    }
}

/// A zone that somebody else manages: it exists, is private, and the VPC sees it.
async fn check_given_zone(
    client: &Aws,
    config: &ConsumerConfig,
    vpc_id: &str,
    planning: bool,
    found: &mut Diagnostics,
) -> Result<(), Failure> {
    let Attr::Known(dns) = &config.dns else { return Ok(()) };
    let (Attr::Known(zone_id), false) = (&dns.zone_id, dns.peer_account.is_unknown()) else { return Ok(()) };
    let wanted = existing_zone::Spec {
        account: dns.peer_account.known().cloned(),
        zone_id: zone_id.clone(),
        vpc_id: vpc_id.to_owned(),
        vpc_region: client.region().to_owned(),
    };
    if client.account(wanted.account.as_deref()).is_err() {
        return Ok(());
    }
    match existing_zone::look(client, &wanted).await {
        Err(failure) if failure.class == Class::Invalid => {
            let detail = format!("{}. {}", failure.message, failure.advice.unwrap_or_default());
            let summary = "Zone that cannot hold the records";
            let path = Path::attribute("dns");
            // The association may be made in this run.
            found.push(if planning {
                let detail = format!("{detail}\n\nThe apply looks again before it writes anything.");
                Diagnostic::warning(summary, detail).at(path)
            } else {
                Diagnostic::error(summary, format!("{detail}\n\nNothing was changed.")).at(path)
            });
            Ok(())
        }
        looked => looked.map(|_| ()),
    }
}

/// VPC attributes and zones that stand in the way of private names.
async fn check_names(
    client: &Aws,
    config: &ConsumerConfig,
    prior: Option<&ConsumerConfig>,
    places: &Places,
    offer: Option<&Offer>,
    found: &mut Diagnostics,
) -> Result<(), Failure> {
    let private_dns = config.private_dns_enabled == Attr::Known(true);
    if !private_dns && config.dns.is_null() {
        return Ok(());
    }
    let vpcs = places.by_vpc();
    let Some(vpc_id) = vpcs.keys().next() else { return Ok(()) };
    let (support, hostnames) = client.account(None)?.vpc_dns_attributes(vpc_id).await?;
    if !support || !hostnames {
        let off: Vec<&str> = [("enable_dns_support", support), ("enable_dns_hostnames", hostnames)]
            .iter()
            .filter(|(_, on)| !on)
            .map(|(name, _)| *name)
            .collect();
        let detail = format!(
            "{vpc_id} has {} switched off; without it no private name resolves there. Set it to true on the VPC.",
            off.join(" and ")
        );
        let path = Path::attribute(if private_dns { "private_dns_enabled" } else { "dns" });
        found.push(Diagnostic::error("VPC without DNS", detail).at(path));
    }
    if !private_dns {
        return Ok(());
    }
    let names = offer.map(|offer| offer.private_dns_names.clone()).unwrap_or_default();
    // The endpoint's own hidden zone is no conflict.
    let own_names = prior.and_then(|prior| prior.private_dns_names.known().cloned()).unwrap_or_default();
    let own_zone = config.dns.known().and_then(|dns| dns.zone_name.known().cloned());
    for name in &names {
        if own_zone.as_ref() == Some(name) {
            let detail = format!(
                "private_dns_enabled makes a hidden zone {name} in the VPC, and dns makes one of the same name; AWS takes \
                 one of them. Leave one of the two arguments out."
            );
            found.push(Diagnostic::error("Two zones of one name", detail).at(Path::attribute("dns")));
        } else if let Some(zone) = conflict(client, vpc_id, name, &own_names).await? {
            // A hidden zone of an endpoint: this one's own while it changes in place, the old one's while it is replaced.
            if zone.owner == HIDDEN {
                if config.id.known().is_none() {
                    let detail = format!(
                        "An endpoint in {vpc_id} already answers to {name}, and AWS allows one. That is right if this plan \
                         removes that endpoint; else the apply ends with AWS's refusal, and the endpoint stays without \
                         private DNS. Leave private_dns_enabled out, or switch it off there."
                    );
                    let path = Path::attribute("private_dns_enabled");
                    found.push(Diagnostic::warning("Private DNS name in use", detail).at(path));
                }
                continue;
            }
            let detail = format!(
                "{vpc_id} already sees the private zone {} ({name}) of {}; AWS refuses private DNS beside it. Remove the \
                 zone's association with the VPC, or leave private_dns_enabled out and write records in that zone with dns.",
                zone.zone_id, zone.owner
            );
            found
                .push(Diagnostic::error("Conflicting private zone", detail).at(Path::attribute("private_dns_enabled")));
        }
    }
    Ok(())
}

/// Owner of the hidden zones that private DNS makes.
const HIDDEN: &str = "vpce.amazonaws.com";

async fn conflict(
    client: &Aws,
    vpc_id: &str,
    name: &str,
    own: &BTreeSet<String>,
) -> Result<Option<crate::aws::lookups::SeenZone>, Failure> {
    if own.contains(name) {
        return Ok(None);
    }
    zone_in_vpc(client, vpc_id, name).await
}
