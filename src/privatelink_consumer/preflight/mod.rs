//! What a consumer looks at before a change: whatever would fail after minutes fails now.
//!
//! The plan looks at everything that it can; right before the first write only at what another
//! resource of the same run may have cured or broken since: the service and its zones.

mod sources;
mod subnets;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::chain::NETWORK;
use super::config::{ConsumerConfig, region_in, service_id};
use crate::aws::lookups::ServiceDetail;
use crate::aws::{Account, Aws};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::endpoint_names::conflicts::{self, Conflicts, NameHolder, PrivateNames};
use crate::endpoint_names::offered_names::{self, accounts, is_ours};
use crate::endpoint_names::{blocks, leaving, profiles};
use crate::engine::{LinkName, Record, Result, View};
use crate::gather::Gather as _;
use crate::links::network;
use crate::preflight::groups;
use crate::preflight::peers::check_peer;
use crate::preflight::subnets::SubnetLocations;
use crate::resource::Preflight;
use crate::value::{Attr, Path};

/// How long one of AWS's replicas may miss a service, or a permission, that was made a moment ago. AWS itself admits at once:
/// hashicorp/aws makes the endpoint of another account right after the permission, without a pause
/// (`TestAccVPCEndpointConnectionAccepter_crossAccount`).
const VISIBLE_WITHIN: Duration = Duration::from_secs(15);

/// Looks.
pub(super) async fn preflight(
    client: &Aws,
    check: &Preflight<'_, ConsumerConfig>,
    found: &mut Diagnostics,
) -> Result<()> {
    let Some(config) = check.config else {
        // In a replacement the new consumer takes managed zones over.
        let goes = check.planning && !check.replacing;
        return if goes { leaving::preflight(client, check.record, found).await } else { Ok(()) };
    };
    for (path, peer) in peers(config) {
        check_peer(client, &peer, path, found).await;
    }
    let changed = |pick: fn(&ConsumerConfig) -> String| {
        check.replacing || check.prior.is_none_or(|prior| pick(prior) != pick(config))
    };
    let moves = changed(|config| format!("{:?}{:?}", config.subnets(), config.service_name));
    let names = changed(|config| {
        let only = &config.private_dns_only_for_inbound_resolver_endpoint;
        format!("{:?}{only:?}{:?}", config.private_dns_enabled, config.dns)
    });
    let policy = changed(|config| format!("{:?}", config.policy));
    let account = client.account(None)?;

    let placed = match (&config.subnets(), moves || (names && check.is_whole())) {
        (Attr::Known(subnet_ids), true) => SubnetLocations::of(account, subnet_ids).await?,
        _ => SubnetLocations::default(),
    };
    for (summary, detail) in placed.complaints() {
        found.push(Diagnostic::error(summary, detail).at(Path::attribute(config.subnets_argument())));
    }
    let takes_over = names && config.private_dns_enabled == Attr::Known(true);
    let addresses = changed(|config| format!("{:?}{:?}", config.subnet_configuration, config.ip_address_type));
    let accepts = config.accept.is_set() && changed(|config| format!("{:?}", config.accept));
    let wants_service_detail = moves || takes_over || ((names || policy || addresses || accepts) && check.is_whole());
    let service_detail = match (&config.service_name, wants_service_detail) {
        (Attr::Known(name), true) => {
            let region = config.service_region.known().map(String::as_str);
            let service_detail = visible(check, account, name, region).await?;
            if service_detail.is_none() && !(check.planning && is_settling(client, name).await) {
                found.push(invisible(name, account, check).await);
            }
            service_detail
        }
        _ => None,
    };
    if let Some(service_detail) = &service_detail {
        let complaints = |ours| {
            let mut complaints = Diagnostics::new();
            check_zones(config, &placed, service_detail, ours && check.planning, &mut complaints);
            check_offer(config, service_detail, ours, &mut complaints);
            subnets::check_families(config, service_detail, ours && check.planning, &mut complaints);
            complaints
        };
        // Whose service it is matters only to how loud a complaint is, and takes a call.
        let strict = complaints(false);
        if !strict.is_empty() {
            found.extend(if is_ours(client, service_detail).await { complaints(true) } else { strict });
        }
        if accepts {
            check_accepter(client, config, service_detail, found).await;
        }
    }
    if check.is_whole() && (moves || addresses) {
        subnets::preflight(account, config, check.prior, found).await?;
    }
    let vpcs = placed.by_vpc();
    let vpc_id = vpcs.keys().next().map(|vpc_id| (*vpc_id).to_owned());
    let vpc_id = vpc_id.or_else(|| check.prior.and_then(|prior| prior.vpc_id.known().cloned()));
    if check.is_whole() {
        let kept = check.prior.filter(|_| !check.replacing);
        check_groups(account, config, kept, (vpc_id.as_deref(), check.planning), found).await?;
        sources::preflight(account, config, kept, found).await?;
    }
    if check.planning && changed(|config| format!("{:?}", config.route53_profile_id)) {
        profiles::look(account, &config.route53_profile_id, found).await?;
    }
    if let (true, Some(vpc_id)) = (names, vpc_id) {
        conflicts::preflight(&names_wanted(client, check, config, service_detail.as_ref(), &vpc_id), found).await?;
    }
    Ok(())
}

/// The names, as what stands in their way is looked for.
fn names_wanted<'a>(
    client: &'a Aws,
    check: &'a Preflight<'a, ConsumerConfig>,
    config: &'a ConsumerConfig,
    service_detail: Option<&ServiceDetail>,
    vpc_id: &'a str,
) -> Conflicts<'a> {
    let on = config.private_dns_enabled == Attr::Known(true);
    let prior = check.prior;
    let zonal = prior.and_then(|prior| prior.zonal_dns_names.known()).into_iter().flat_map(BTreeMap::values);
    let regional = prior.and_then(|prior| prior.dns_name.known());
    Conflicts {
        client,
        dns: config.dns.known().map(Vec::as_slice).unwrap_or_default(),
        private_dns: on.then(|| PrivateNames {
            service: config.service_name.known().map_or("", String::as_str),
            names: service_detail.map(|service_detail| service_detail.private_dns_names.clone()).unwrap_or_default(),
            inbound_resolver_only: config.inbound_resolver_only() == Some(Some(true)),
        }),
        regions: config.region.known().zip(config.service_region.known()).map(|(own, other)| (&**own, &**other)),
        vpc_id,
        holder: NameHolder {
            resource: config.resource(),
            uid: prior.and_then(|prior| prior.memory.owner_uid()).map(str::to_owned),
            is_new: prior.is_none(),
            endpoint_id: prior.and_then(|prior| prior.id.known()).map(String::as_str),
            dns_names: zonal.filter_map(Attr::known).chain(regional).map(String::as_str).gather(),
        },
        record: check.record,
        planning: check.planning,
        is_whole: check.is_whole(),
    }
}

/// Given security groups that are new to the endpoint.
async fn check_groups(
    account: &Account,
    config: &ConsumerConfig,
    prior: Option<&ConsumerConfig>,
    (vpc_id, planning): (Option<&str>, bool),
    found: &mut Diagnostics,
) -> Result<()> {
    let Some(wanted) = config.security_group_ids.known() else { return Ok(()) };
    let kept = prior.and_then(|prior| prior.security_group_ids.known()).cloned().unwrap_or_default();
    let new = wanted - &kept;
    if new.is_empty() {
        return Ok(());
    }
    let place = Path::attribute("security_group_ids");
    groups::check(account, &new, (vpc_id, planning), place, found).await
}

/// The subnets, where they have moved to another VPC: an endpoint cannot follow.
pub(super) async fn immovable(
    client: &Aws,
    config: &ConsumerConfig,
    prior: &ConsumerConfig,
) -> Result<Vec<&'static str>> {
    let (Attr::Known(subnet_ids), Attr::Known(vpc_id)) = (&config.subnets(), &prior.vpc_id) else {
        return Ok(Vec::new());
    };
    if config.subnets() == prior.subnets() {
        return Ok(Vec::new());
    }
    let places = SubnetLocations::of(client.account(None)?, subnet_ids).await?;
    let vpcs = places.by_vpc();
    let moves = vpcs.len() == 1 && !vpcs.contains_key(vpc_id.as_str());
    Ok(if moves { vec![config.subnets_argument()] } else { Vec::new() })
}

/// The zones of subnets that are new, noted where the network's forecast finds them.
pub(super) async fn foresee(client: &Aws, config: &ConsumerConfig, record: &mut Record) -> Result<()> {
    let Attr::Known(subnet_ids) = config.subnets() else { return Ok(()) };
    let Attr::Known(mut seen) = View::of(record).state::<network::State>(NETWORK) else { return Ok(()) };
    let new: BTreeSet<String> = subnet_ids.into_iter().filter(|id| !seen.subnets.contains_key(id)).gather();
    if new.is_empty() {
        return Ok(());
    }
    let placed = SubnetLocations::of(client.account(None)?, &new).await?;
    seen.foreseen = placed.found.into_iter().map(|(id, (_, zone))| (id, zone)).collect();
    if let (Some(entry), Ok(state)) = (record.links.get_mut(&LinkName::from(NETWORK)), serde_json::to_value(&seen)) {
        entry.state = state;
    }
    Ok(())
}

/// The peers that it names, each with its place.
pub(super) fn peers(config: &ConsumerConfig) -> Vec<(Path, String)> {
    let accept = config.accept.known().and_then(|accept| accept.peer_account.known().cloned());
    let place = |block: &str| Path::attribute(block).child("peer_account");
    let accept = accept.map(|peer| (place("accept"), peer));
    accept.into_iter().chain(blocks::peers(&config.dns).into_iter().map(|peer| (place("dns"), peer))).collect()
}

/// The service, looked for again for some seconds where a write is next: one replica may miss what is there.
async fn visible(
    check: &Preflight<'_, ConsumerConfig>,
    account: &Account,
    name: &str,
    region: Option<&str>,
) -> Result<Option<ServiceDetail>> {
    let deadline = Instant::now() + check.limits.scaled(VISIBLE_WITHIN);
    let mut pause = Duration::from_secs(2);
    loop {
        let service_detail = account.service_detail_lately(name, region).await?;
        let is_answer = service_detail.is_some() || check.planning || service_id(name).is_none();
        // Ctrl-C and the timeout end the wait with what is known.
        if is_answer || Instant::now() >= deadline || check.limits.pause_for(check.limits.scaled(pause)).await.is_err()
        {
            return Ok(service_detail);
        }
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

/// Whether this account or a peer has the service and lets this account in, so that AWS is about to show it: it was
/// made, or opened, a moment ago. The owner's account needs no permission. Where that cannot be asked it is not.
async fn is_settling(client: &Aws, name: &str) -> bool {
    let (Some(service_id), Ok(account)) = (service_id(name), client.account(None)) else { return false };
    let Ok(Some(own)) = account.id().await else { return false };
    for owner in accounts(client) {
        if let Ok(Some(principals)) = owner.allowed_principals(service_id).await {
            let is_own = owner.id().await.ok().flatten().as_ref() == Some(&own);
            return is_own
                || principals.iter().any(|principal| principal == "*" || principal.split(':').nth(4) == Some(&own));
        }
    }
    false
}

/// Why no endpoint can be made, where AWS does not show the service. A service of AWS that AWS does not know is a
/// typing error, which nothing in a run cures; a customer's may be made or opened in the same run.
async fn invisible(name: &str, account: &Account, check: &Preflight<'_, ConsumerConfig>) -> Diagnostic {
    let path = Path::attribute("service_name");
    let region = account.region();
    let place = check.config.and_then(|config| config.service_region.known()).map_or(region, String::as_str);
    let nothing = if check.planning { "" } else { "\n\nNothing was changed." };
    if service_id(name).is_none() {
        let elsewhere = if region_in(name).is_none() {
            "The name has no Region: write service_region, \"us-east-1\" for com.amazonaws.iam and com.amazonaws.route53."
        } else {
            "A service of another Region needs service_region."
        };
        let detail = format!(
            "AWS has no service {name} in {place}. Correct the name: \"aws ec2 describe-vpc-endpoint-services --region \
             {place}\" lists those that exist. {elsewhere}{nothing}"
        );
        let region_is_open = check.config.is_some_and(|config| config.service_region.is_unknown());
        let summary = "Service that AWS does not know";
        let told =
            if region_is_open { Diagnostic::warning(summary, detail) } else { Diagnostic::error(summary, detail) };
        return told.at(path);
    }
    let own = account.id().await.ok().flatten().unwrap_or_else(|| "this account".to_owned());
    let detail = format!(
        "The endpoint service {name} does not exist in {place}, or its owner does not allow {own} to see it. Its owner adds \
         \"{own}\" to allowed_principals: \"aws ec2 modify-vpc-endpoint-service-permissions --service-id {} \
         --add-allowed-principals arn:aws:iam::{own}:root --region {place}\". A service of another Region needs \
         service_region.",
        service_id(name).unwrap_or_default()
    );
    if !check.planning {
        return Diagnostic::error("Endpoint service not visible", format!("{detail}{nothing}")).at(path);
    }
    let then = if check.replacing { "removes or makes" } else { "writes" };
    let detail = format!("{detail}\n\nThe apply looks again before it {then} anything.");
    Diagnostic::warning("Endpoint service not visible yet", detail).at(path)
}

/// An acceptance is a call of the service's owner: the accept block must name the credentials of that account.
async fn check_accepter(
    client: &Aws,
    config: &ConsumerConfig,
    service_detail: &ServiceDetail,
    found: &mut Diagnostics,
) {
    let (Attr::Known(accept), Some(owner)) = (&config.accept, &service_detail.owner) else { return };
    let name = accept.peer_account.known().map(String::as_str);
    if accept.peer_account.is_unknown() || service_id(&service_detail.service_name).is_none() {
        return;
    }
    // A peer that does not exist, or whose credentials fail, was told already.
    let Ok(account) = client.account(name) else { return };
    let Some(id) = account.id().await.ok().flatten().filter(|id| id != owner) else { return };
    let (whose, advice) = match name {
        Some(name) => (format!("peer_account {name:?}, which is account {id}"), "Name the peer_account that is"),
        None => (format!("account {id}"), "Write accept { peer_account = \"…\" } with the peer_account that is"),
    };
    let detail = format!(
        "{} belongs to account {owner}, and the accept block accepts with the credentials of {whose}. {advice} account \
         {owner}, or remove the accept block: then the service owner accepts.",
        service_detail.service_name
    );
    let place = Path::attribute("accept");
    found.push(Diagnostic::error("Connection that another account accepts", detail).at(place));
}

fn check_zones(
    config: &ConsumerConfig,
    places: &SubnetLocations,
    service_detail: &ServiceDetail,
    may_change: bool,
    found: &mut Diagnostics,
) {
    if service_detail.availability_zone_ids.is_empty() {
        return;
    }
    let lacking: Vec<String> = places
        .found
        .iter()
        .filter(|(_, (_, zone))| !service_detail.availability_zone_ids.contains(zone))
        .map(|(subnet, (_, zone))| format!("{subnet} lies in {zone}"))
        .collect();
    if lacking.is_empty() {
        return;
    }
    let zones: Vec<&str> = service_detail.availability_zone_ids.iter().map(String::as_str).collect();
    let detail = format!(
        "{}, which {} does not serve. It serves {} (zone ids; zone names differ between accounts). Use subnets in those \
         zones, or ask its owner to add the zone.",
        lacking.join("; "),
        service_detail.service_name,
        zones.join(", ")
    );
    let summary = "Zone that the service does not serve";
    let diagnostic = if may_change { Diagnostic::warning(summary, detail) } else { Diagnostic::error(summary, detail) };
    found.push(diagnostic.at(Path::attribute(config.subnets_argument())));
}

fn check_offer(config: &ConsumerConfig, service_detail: &ServiceDetail, ours: bool, found: &mut Diagnostics) {
    if !service_detail.is_interface {
        let detail = format!("{} has no interface endpoints.", service_detail.service_name);
        found.push(
            Diagnostic::error("Not a service for interface endpoints", detail).at(Path::attribute("service_name")),
        );
    }
    if config.policy.is_given() && !service_detail.supports_policy {
        let detail = format!(
            "{} takes no endpoint policy; AWS allows full access and refuses the argument. Leave policy out, and limit \
             access with ingress and at the service.",
            service_detail.service_name
        );
        found.push(Diagnostic::error("Service without endpoint policies", detail).at(Path::attribute("policy")));
    }
    if config.private_dns_enabled == Attr::Known(true) {
        offered_names::check(service_detail, ours, found);
    }
}
