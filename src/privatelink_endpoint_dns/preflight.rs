//! What is looked at before a change: what stands in the way of the names.

use std::collections::BTreeMap;
use std::time::Duration;

use super::config::{EndpointDnsConfig, NOUN};
use crate::aws::Aws;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::endpoint_names::conflicts::{self, Conflicts, NameHolder, PrivateNames};
use crate::endpoint_names::offered_names::{self, is_ours};
use crate::endpoint_names::{blocks, leaving, profiles};
use crate::engine::Failure;
use crate::gather::Gather as _;
use crate::links::endpoint;
use crate::preflight::peers::check_peer;
use crate::resource::Preflight;
use crate::schema::service_name::is_s3;
use crate::value::{Attr, Path};

/// So many looks are taken before an endpoint counts as missing.
const LOOKS: u32 = 3;
/// The time between them.
const BETWEEN: Duration = Duration::from_secs(2);

/// Looks before a change, where it changes names.
pub(super) async fn preflight(
    client: &Aws,
    check: &Preflight<'_, EndpointDnsConfig>,
    found: &mut Diagnostics,
) -> Result<(), Failure> {
    let Some(config) = check.config else {
        let goes = check.planning && !check.replacing;
        return if goes { leaving::preflight(client, check.record, found).await } else { Ok(()) };
    };
    for peer in blocks::peers(&config.dns) {
        check_peer(client, &peer, Path::attribute("dns").child("peer_account"), found).await;
    }
    let profile = |config: &EndpointDnsConfig| format!("{:?}", config.route53_profile_id);
    if check.planning && check.prior.is_none_or(|prior| profile(prior) != profile(config)) {
        profiles::look(client.account(None)?, &config.route53_profile_id, found).await?;
    }
    let names = |config: &EndpointDnsConfig| {
        let only = &config.private_dns_only_for_inbound_resolver_endpoint;
        format!("{:?}{only:?}{:?}", config.private_dns_enabled, config.dns)
    };
    let is_same = check.prior.is_some_and(|prior| !check.replacing && names(prior) == names(config));
    let (Attr::Known(endpoint_id), false) = (&config.endpoint_id, is_same) else { return Ok(()) };
    let Some(endpoint) = visible(client, check, endpoint_id).await? else {
        // Right before the first write the link looks itself, and again where a replica may lag.
        if check.planning {
            found.push(invisible(client, endpoint_id).await?);
        }
        return Ok(());
    };
    if let Some(complaint) = complaint(&endpoint) {
        found.push(complaint);
        return Ok(());
    }
    let private_dns = private_names(client, config, &endpoint, check.is_whole(), found).await?;
    let zonal = endpoint.zonal_dns_names.iter().flat_map(BTreeMap::values);
    let conflicts = Conflicts {
        client,
        dns: config.dns.known().map(Vec::as_slice).unwrap_or_default(),
        private_dns,
        regions: endpoint.service_region.as_deref().map(|service| (client.region(), service)),
        vpc_id: &endpoint.vpc_id,
        holder: NameHolder {
            resource: format!("{NOUN}/{endpoint_id}"),
            uid: config.uid(),
            is_new: check.prior.is_none(),
            endpoint_id: Some(endpoint_id),
            dns_names: zonal.chain(&endpoint.dns_name).map(String::as_str).gather(),
        },
        record: check.record,
        planning: check.planning,
        is_whole: check.is_whole(),
    };
    conflicts::preflight(&conflicts, found).await
}

/// The endpoint, looked for again where one replica of AWS misses what is there.
async fn visible(
    client: &Aws,
    check: &Preflight<'_, EndpointDnsConfig>,
    endpoint_id: &str,
) -> Result<Option<endpoint::State>, Failure> {
    for _ in 0..LOOKS {
        let found = endpoint::describe_endpoint(client, endpoint_id).await?;
        // Ctrl-C and the timeout end the wait with what is known.
        if found.is_some() || check.limits.pause_for(check.limits.scaled(BETWEEN)).await.is_err() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The service's private names, where private DNS is wanted on.
async fn private_names<'a>(
    client: &Aws,
    config: &EndpointDnsConfig,
    endpoint: &'a endpoint::State,
    is_whole: bool,
    found: &mut Diagnostics,
) -> Result<Option<PrivateNames<'a>>, Failure> {
    if config.private_dns_enabled != Attr::Known(true) {
        return Ok(None);
    }
    let service = endpoint.service_name.as_str();
    let only = config.private_dns_only_for_inbound_resolver_endpoint == Attr::Known(true);
    if only && !is_s3(service) {
        let argument = "private_dns_only_for_inbound_resolver_endpoint";
        let detail = format!(
            "{argument} is a choice of S3 (com.amazonaws.<Region>.s3), and {} is an endpoint of {service}. Leave it out.",
            endpoint.id
        );
        found.push(Diagnostic::error("No choice of this service", detail).at(Path::attribute(argument)));
    }
    let service_detail = client.account(None)?.service_detail(service, endpoint.service_region.as_deref()).await?;
    if let Some(service_detail) = service_detail.as_ref().filter(|_| is_whole) {
        let mut strict = Diagnostics::new();
        offered_names::check(service_detail, false, &mut strict);
        // Whose service it is matters only to how loud a complaint is, and takes a call.
        if strict.has_errors() && is_ours(client, service_detail).await {
            strict = Diagnostics::new();
            offered_names::check(service_detail, true, &mut strict);
        }
        found.extend(strict);
    }
    let names = service_detail.map(|service_detail| service_detail.private_dns_names).unwrap_or_default();
    Ok(Some(PrivateNames { service, names, inbound_resolver_only: only && is_s3(service) }))
}

async fn invisible(client: &Aws, endpoint_id: &str) -> Result<Diagnostic, Failure> {
    let place = client.account(None)?.whereabouts().await;
    let detail = format!(
        "There is no endpoint {endpoint_id} in {place}. Correct endpoint_id, or write the Region of the endpoint in \
         region.\n\nThe apply looks again before it writes anything."
    );
    Ok(Diagnostic::warning("Endpoint not visible", detail).at(Path::attribute("endpoint_id")))
}

/// What keeps an endpoint from ever having names, by AWS's word.
fn complaint(endpoint: &endpoint::State) -> Option<Diagnostic> {
    let word = endpoint.state.as_deref().unwrap_or_default();
    if !["rejected", "failed", "expired", "deleting", "deleted"].iter().any(|over| word.eq_ignore_ascii_case(over)) {
        return None;
    }
    let detail = format!(
        "The endpoint {} is {word} and carries no traffic, so that its names would lead nowhere. Use the id of an endpoint \
         that works.",
        endpoint.id
    );
    Some(Diagnostic::error("Endpoint that does not work", detail).at(Path::attribute("endpoint_id")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_carries_no_traffic_gets_no_names() {
        for (word, refused) in [
            ("available", false),
            ("pendingAcceptance", false),
            ("pending", false),
            ("rejected", true),
            ("Expired", true),
            ("failed", true),
            ("deleting", true),
        ] {
            let state = endpoint::State { state: Some(word.into()), ..Default::default() };
            assert_eq!(complaint(&state).is_some(), refused, "{word}");
        }
    }
}
