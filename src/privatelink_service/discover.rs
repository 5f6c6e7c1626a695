//! Import: from the endpoint service to its load balancer, listeners, groups, targets and private name.

use super::chain::{
    CAPACITY, CERTIFICATES, CONNECTIONS, DNS_VERIFICATION, ENDPOINT_SERVICE, EXISTING_LOAD_BALANCERS, LISTENER,
    LOAD_BALANCER, NOTIFICATION, PERMISSIONS, TARGET_GROUP, TARGETS, VERIFICATION_RECORD,
};
use super::config::ServiceConfig;
use crate::aws::{Aws, tags};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Class, Link, LinkName, Observed, Record, Result};
use crate::gather::Gather as _;
use crate::links::endpoint_service::{self, EndpointService};
use crate::links::verification_record::{self, VerificationRecord};
use crate::links::{
    capacity_reservation, connections, dns_verification, existing_load_balancers, listener, listener_certificates,
    load_balancer, notification, permissions, target_group, targets,
};
use crate::resource::{Discovered, Undiscovered};
use crate::schema::formats;
use crate::value::Attr;

/// Walks from the endpoint service `id`.
pub(super) async fn discover(client: &Aws, id: &str) -> Result<Discovered<ServiceConfig>, Undiscovered> {
    if !(formats::SERVICE_ID.holds)(id) {
        let detail = format!(
            "{id:?} is not {}. Import a service by its id: terraform import ADDRESS {} (with @REGION for another Region \
             than the provider's).",
            formats::SERVICE_ID.what,
            formats::SERVICE_ID.example
        );
        return Err(Diagnostic::error("Invalid import id", detail).into());
    }
    let Some(found) = walk(client, id).await? else {
        let detail = format!("There is no endpoint service {id} of these credentials in {}.", client.region());
        return Err(Undiscovered::Absent(Diagnostic::error(format!("Cannot import {id}"), detail)));
    };
    Ok(found)
}

async fn walk(client: &Aws, id: &str) -> Result<Option<Discovered<ServiceConfig>>> {
    let account = client.account(None)?;
    let seed = endpoint_service::State { id: id.to_owned(), ..Default::default() };
    let service = match EndpointService.read(client, &seed).await? {
        Observed::Ready(state) | Observed::Pending { state, .. } | Observed::Failed { state, .. } => state,
        Observed::Absent => return Ok(None),
    };
    let mut carried = account.ec2_tags(id).await?;
    let uid = carried.remove(tags::UID);
    let mut record = Record::default();
    record.note_found(
        LinkName::from(PERMISSIONS),
        &permissions::State { service_id: id.to_owned(), ..Default::default() },
    );
    record.note_found(
        LinkName::from(CONNECTIONS),
        &connections::State { service_id: id.to_owned(), ..Default::default() },
    );
    for state in notification::of_service(account, id).await? {
        record.note_found(LinkName::keyed(NOTIFICATION, &state.topic_arn), &state);
    }
    let mut config = ServiceConfig::default();
    let mut arns = service.load_balancer_arns.iter();
    if service.load_balancer_arns.len() != 1 || is_internet_facing(client, &service).await? {
        // Several load balancers are somebody else's, and so is one that faces the internet, which this resource makes none of; else
        // the one is looked at as if it were to be managed.
        let load_balancers = service.load_balancer_arns.iter();
        let load_balancers = load_balancers.map(|arn| (arn.clone(), existing_load_balancers::Seen::default()));
        let given = existing_load_balancers::State { load_balancers: load_balancers.gather() };
        record.note_found(LinkName::from(EXISTING_LOAD_BALANCERS), &given);
        config.load_balancer_arns = Attr::Known(service.load_balancer_arns.clone());
        // Nothing of AWS is named after this resource then, but our tags are.
        let own =
            carried.remove(tags::RESOURCE).and_then(|owner| owner.split_once('/').map(|(_, name)| name.to_owned()));
        config.name = Attr::Known(own.unwrap_or_else(|| "imported".to_owned()));
    } else if let Some(arn) = arns.next() {
        record.note_found(
            LinkName::from(LOAD_BALANCER),
            &load_balancer::State { arn: arn.clone(), ..Default::default() },
        );
        if let Some(reserved) = if_allowed(capacity_reservation::read(client, arn).await)? {
            record.note_found(LinkName::from(CAPACITY), &reserved);
        }
        for seen in account.listeners_with_groups(arn).await? {
            let given = format!("{}-{}", seen.protocol.to_lowercase().replace('_', "-"), seen.port);
            let name = listener_name(client, &seen.arn).await?.unwrap_or(given);
            if seen.protocol == "TLS"
                && let Some(list) = if_allowed(listener_certificates::read(client, &seen.arn).await)?
                && !list.certificate_arns.is_empty()
            {
                record.note_found(LinkName::keyed(CERTIFICATES, &name), &list);
            }
            let group = own_group(client, seen.target_group_arns).await?;
            let state = listener::State {
                arn: seen.arn,
                load_balancer_arn: arn.clone(),
                target_group_arn: group.clone().unwrap_or_default(),
                ..Default::default()
            };
            record.note_found(LinkName::keyed(LISTENER, &name), &state);
            if let Some(group) = group {
                let state = targets::State { target_group_arn: group.clone(), ..Default::default() };
                record.note_found(LinkName::keyed(TARGETS, &name), &state);
                let state = target_group::State { arn: group, ..Default::default() };
                record.note_found(LinkName::keyed(TARGET_GROUP, &name), &state);
            }
        }
    }
    if let Some(name) = &service.private_dns_name {
        let state = dns_verification::State { service_id: id.to_owned(), name: name.clone(), ..Default::default() };
        record.note_found(LinkName::from(DNS_VERIFICATION), &state);
        if let Some(found) = find_record(client, &service).await? {
            record.note_found(LinkName::from(VERIFICATION_RECORD), &found);
        }
    }
    record.note_found(LinkName::from(ENDPOINT_SERVICE), &service);
    Ok(Some(Discovered { record, config, uid, notes: Diagnostics::new() }))
}

/// What an import looks for without need is none where the credentials may not see it.
fn if_allowed<T>(found: Result<Option<T>>) -> Result<Option<T>> {
    match found {
        Err(failure) if failure.class == Class::Denied => Ok(None),
        found => found,
    }
}

/// Which of a listener's target groups is its own: the one that our tags name, or AWS's first.
async fn own_group(client: &Aws, arns: Vec<String>) -> Result<Option<String>> {
    if arns.len() > 1 {
        for arn in &arns {
            let tags = client.account(None)?.elbv2_tags(arn).await?.unwrap_or_default();
            if tags.get(tags::LINK).is_some_and(|link| LinkName::from(link.as_str()).kind() == TARGET_GROUP) {
                return Ok(Some(arn.clone()));
            }
        }
    }
    Ok(arns.into_iter().next())
}

/// The name that our tags give to a listener.
async fn listener_name(client: &Aws, arn: &str) -> Result<Option<String>> {
    let tags = client.account(None)?.elbv2_tags(arn).await?.unwrap_or_default();
    Ok(tags.get(tags::LINK).and_then(|link| LinkName::from(link.as_str()).key().map(str::to_owned)))
}

/// Whether the one load balancer has addresses of the internet.
async fn is_internet_facing(client: &Aws, service: &endpoint_service::State) -> Result<bool> {
    match service.load_balancer_arns.first() {
        Some(arn) => client.account(None)?.is_internet_facing(arn).await,
        None => Ok(false),
    }
}

/// The published TXT record, in the nearest public zone that holds it: of these credentials, else of a peer's.
async fn find_record(client: &Aws, service: &endpoint_service::State) -> Result<Option<verification_record::State>> {
    let peers = client.settings().peers.keys().map(|name| Some(name.as_str()));
    for name in std::iter::once(None).chain(peers) {
        match record_in(client, name, service).await {
            Ok(None) => {}
            // A peer whose credentials see no zones has nothing to do with this import.
            Err(_) if name.is_some() => {}
            found => return found,
        }
    }
    Ok(None)
}

/// The published TXT record, in the nearest public zone of an account that holds it.
async fn record_in(
    client: &Aws,
    name: Option<&str>,
    service: &endpoint_service::State,
) -> Result<Option<verification_record::State>> {
    let Some(wanted) = &service.private_dns_record else { return Ok(None) };
    let account = client.account(name)?;
    let mut zone = wanted.name.as_str();
    while let Some((_, parent)) = zone.split_once('.') {
        if !parent.contains('.') {
            break;
        }
        for zone_id in account.public_zones_named(parent).await? {
            let seed = verification_record::State {
                account: name.map(str::to_owned),
                owner_id: account.id_of_peer().await,
                zone_id,
                name: wanted.name.clone(),
                value: wanted.value.clone(),
                ..Default::default()
            };
            if let Observed::Ready(state) = VerificationRecord.read(client, &seed).await? {
                return Ok(Some(state));
            }
        }
        zone = parent;
    }
    Ok(None)
}
