//! What is looked at: before a change what stands in the way of the names, at an import which names there are.

use std::collections::BTreeMap;
use std::time::Duration;

use super::EndpointDns;
use super::chain::{ENDPOINT, PRIVATE_DNS, PRIVATE_DNS_CLAIM, PRIVATE_NAME};
use super::config::EndpointDnsConfig;
use crate::aws::{Aws, tags};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::endpoint_names::conflicts::{self, Conflicts, NameHolder, PrivateNames};
use crate::endpoint_names::discover::find_zones;
use crate::endpoint_names::offered_names::{self, is_ours};
use crate::endpoint_names::{blocks, leaving, profiles};
use crate::engine::{Failure, Record};
use crate::gather::Gather as _;
use crate::links::{endpoint, private_dns, private_dns_claim, private_name};
use crate::resource::{Composite as _, Discovered, Preflight, Undiscovered};
use crate::schema::formats;
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
        return if goes { leaving::look(client, check.record, found).await } else { Ok(()) };
    };
    for peer in blocks::peers(&config.dns) {
        if let Err(failure) = client.check_peer(&peer).await {
            let detail = format!("{}. {}.", failure.message, failure.advice.unwrap_or_default());
            let place = Path::attribute("dns").child("peer_account");
            found.push(Diagnostic::error("Unknown peer account", detail).at(place));
        }
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
            resource: format!("{}/{endpoint_id}", EndpointDns::NOUN),
            uid: EndpointDns::uid(config),
            is_new: check.prior.is_none(),
            endpoint_id: Some(endpoint_id),
            dns_names: zonal.chain(&endpoint.dns_name).map(String::as_str).gather(),
        },
        record: check.record,
        planning: check.planning,
        is_whole: check.is_whole(),
    };
    conflicts::look(&conflicts, found).await
}

/// The endpoint, looked for again where one replica of AWS misses what is there.
async fn visible(
    client: &Aws,
    check: &Preflight<'_, EndpointDnsConfig>,
    endpoint_id: &str,
) -> Result<Option<endpoint::State>, Failure> {
    for _ in 0..LOOKS {
        let found = endpoint::look(client, endpoint_id).await?;
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

/// Finds the names of the endpoint `id`.
pub(super) async fn discover(client: &Aws, id: &str) -> Result<Discovered<EndpointDnsConfig>, Undiscovered> {
    if !(formats::ENDPOINT_ID.holds)(id) {
        let detail = format!(
            "{id:?} is not {}. Import the names of an endpoint by its id: terraform import ADDRESS {} (with @REGION for \
             another Region than the provider's).",
            formats::ENDPOINT_ID.what,
            formats::ENDPOINT_ID.example
        );
        return Err(Diagnostic::error("Invalid import id", detail).into());
    }
    walk(client, id).await?.ok_or_else(|| {
        let detail = format!(
            "There is no interface endpoint {id} in {} for these credentials, or it has no names besides AWS's own.",
            client.region()
        );
        Undiscovered::Absent(Diagnostic::error(format!("Cannot import the names of {id}"), detail))
    })
}

async fn walk(client: &Aws, id: &str) -> Result<Option<Discovered<EndpointDnsConfig>>, Failure> {
    let Some(endpoint) = endpoint::look(client, id).await? else { return Ok(None) };
    let account = client.account(None)?;
    let config = EndpointDnsConfig { endpoint_id: Attr::Known(id.to_owned()), ..EndpointDnsConfig::default() };
    let uid = EndpointDns::uid(&config);
    let mut record = Record::default();
    if let Some(dns_name) = &endpoint.dns_name {
        find_zones(client, &endpoint, dns_name, uid.as_deref(), &mut record).await?;
    }
    let is_claimed = account.ec2_tags(id).await?.contains_key(tags::PRIVATE_DNS);
    // Private DNS that a consumer has switched on is the consumer's.
    if is_claimed || (endpoint.private_dns_enabled && endpoint.named.is_none()) {
        let claim = private_dns_claim::State { endpoint_id: id.to_owned(), is_tagged: is_claimed };
        record.note_found(PRIVATE_DNS_CLAIM, &claim);
        record.note_found(PRIVATE_DNS, &private_dns::State { endpoint_id: id.to_owned(), ..Default::default() });
        let other = |region: &String| region != client.region();
        let name = private_name::State {
            service_name: endpoint.service_name.clone(),
            service_region: endpoint.service_region.clone().filter(other),
            proved: true,
            ..Default::default()
        };
        record.note_found(PRIVATE_NAME, &name);
    }
    if record.is_empty() {
        return Ok(None);
    }
    record.note_found(ENDPOINT, &endpoint);
    Ok(Some(Discovered { record, config, uid }))
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
