//! How what exists shows in the attributes of a service. Settings of listeners are in `listener`, of the
//! load balancer in `load_balancer`.
//!
//! `outputs` fills what AWS gives, the same way in plan, apply and read. `observe` copies settings
//! back over the configured ones: drift and import. A value that means the same stays as written.

mod listener;
mod load_balancer;
mod observed;

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{
    CONNECTIONS, DNS_VERIFICATION, ENDPOINT_SERVICE, EXISTING_LOAD_BALANCERS, LISTENER, LOAD_BALANCER, NOTIFICATION,
    PERMISSIONS, TARGET_GROUP, VERIFICATION_RECORD,
};
use super::config::principal;
use super::config::{ListenerResult, LoadBalancerResult, PrivateDnsBlock, PrivateDnsRecord, ServiceConfig};
use crate::aws::dimensions::{self, Dimensions};
use crate::aws::{Tags, partition};
use crate::engine::View;
use crate::gather::Gather as _;
use crate::links::{
    connections, dns_verification, endpoint_service, existing_load_balancers, notification, permissions, target_group,
    verification_record,
};
use crate::links::{listener as listener_link, load_balancer as load_balancer_link};
use crate::value::Attr;

/// Fills the computed attributes.
pub(super) fn outputs(view: &View, config: &mut ServiceConfig) {
    let service: Attr<endpoint_service::State> = view.state(ENDPOINT_SERVICE);
    let from_service = service.as_ref();
    config.id = from_service.map(|service| service.id.clone());
    config.service_id = config.id.clone();
    config.arn = from_service.and_then(|service| service.arn.clone().into());
    config.service_name = from_service.map(|service| service.service_name.clone());
    config.service_state = from_service.map(|service| service.service_state.clone());
    config.base_endpoint_dns_names = from_service.map(|service| service.base_endpoint_dns_names.clone());
    config.availability_zones = from_service.and_then(|service| later(service.availability_zones.clone()));
    config.availability_zone_ids = from_service.and_then(|service| later(service.availability_zone_ids.clone()));
    let has_private_name = config.private_dns.is_set();
    config.private_dns_record = from_service.and_then(|service| match &service.private_dns_record {
        Some(record) => Attr::Known(PrivateDnsRecord {
            name: Attr::Known(record.name.clone()),
            r#type: Attr::Known(record.record_type.clone()),
            value: Attr::Known(record.value.clone()),
        }),
        None if has_private_name && service.private_dns_name.is_some() => Attr::Unknown,
        None => Attr::Null,
    });
    // AWS's word is in two links: the verification's is the one that a run waits for.
    let verification: Attr<dns_verification::State> = view.state(DNS_VERIFICATION);
    config.private_dns_state = match verification {
        Attr::Null => from_service.and_then(|service| service.private_dns_state.clone().into()),
        verification => verification.and_then(|verification| later(verification.state)),
    };
    config.load_balancers = load_balancers(view);
    // An apply leaves none of them waiting; a refresh shows those that have come since.
    config.pending_endpoint_ids = Attr::Known(BTreeSet::new());
    config.listeners = match config.listeners() {
        None => Attr::Unknown,
        Some(listeners) => Attr::Known(
            listeners.into_keys().map(|name| (name.clone(), listener_result(view, &name))).gather::<BTreeMap<_, _>>(),
        ),
    };
    config.metric_dimensions = metric_dimensions(config);
}

/// By namespace, and by load balancer or listener where there are several.
fn metric_dimensions(config: &ServiceConfig) -> Attr<BTreeMap<String, Attr<Dimensions>>> {
    let (Attr::Known(balancers), Attr::Known(listeners)) = (&config.load_balancers, &config.listeners) else {
        return Attr::Unknown;
    };
    let part = |name: &str| format!("{}/{name}", dimensions::NETWORK_LOAD_BALANCERS);
    let mut found = BTreeMap::new();
    found.insert(dimensions::SERVICES.to_owned(), config.id.as_ref().map(|id| dimensions::of_service(id)));
    for balancer in balancers {
        let key = match (&balancer.managed, &balancer.name) {
            (Attr::Known(false), Attr::Known(name)) => part(name),
            _ => dimensions::NETWORK_LOAD_BALANCERS.to_owned(),
        };
        found.insert(key, balancer.arn.as_ref().and_then(|arn| dimensions::of_load_balancer(arn).into()));
    }
    let balancer = balancers.first().map_or(Attr::Unknown, |balancer| balancer.arn.clone());
    for (name, listener) in listeners {
        let group = listener.as_ref().and_then(|listener| listener.target_group_arn.clone());
        let own = balancer
            .as_ref()
            .and_then(|balancer| group.as_ref().and_then(|group| dimensions::of_target_group(balancer, group).into()));
        found.insert(part(name), own);
    }
    Attr::Known(found)
}

fn load_balancers(view: &View) -> Attr<Vec<LoadBalancerResult>> {
    let managed: Attr<load_balancer_link::State> = view.state(LOAD_BALANCER);
    let given: Attr<existing_load_balancers::State> = view.state(EXISTING_LOAD_BALANCERS);
    let result = |arn, name, dns_name, zone_id, managed| LoadBalancerResult {
        arn: Attr::Known(arn),
        name: Attr::Known(name),
        dns_name: Attr::Known(dns_name),
        zone_id: Attr::Known(zone_id),
        managed: Attr::Known(managed),
    };
    match (managed, given) {
        (Attr::Unknown | Attr::Given, _) | (_, Attr::Unknown | Attr::Given) => Attr::Unknown,
        // One that was not looked at yet has no name.
        (_, Attr::Known(given)) if given.availability_zones().is_none() => Attr::Unknown,
        (_, Attr::Known(given)) => Attr::Known(
            given
                .load_balancers
                .into_iter()
                .map(|(arn, seen)| result(arn, seen.name, seen.dns_name, seen.zone_id, false))
                .collect(),
        ),
        (Attr::Known(one), Attr::Null) => Attr::Known(vec![result(one.arn, one.name, one.dns_name, one.zone_id, true)]),
        (Attr::Null, Attr::Null) => Attr::Known(Vec::new()),
    }
}

/// A listener forwards to the group of this resource, or to the one that is given.
fn listener_result(view: &View, name: &str) -> Attr<ListenerResult> {
    let listener: Attr<listener_link::State> = view.state(&format!("{LISTENER}.{name}"));
    let group: Attr<target_group::State> = view.state(&format!("{TARGET_GROUP}.{name}"));
    match (listener, group) {
        (Attr::Unknown | Attr::Given, _) | (_, Attr::Unknown | Attr::Given) => Attr::Unknown,
        (Attr::Null, _) => Attr::Null,
        (Attr::Known(listener), group) => {
            let target_group_arn = group.known().map_or(listener.target_group_arn, |group| group.arn.clone());
            Attr::Known(ListenerResult {
                arn: Attr::Known(listener.arn),
                target_group_arn: Attr::Known(target_group_arn),
            })
        }
    }
}

/// `None` in a forecast means that only AWS can tell.
fn later<T>(value: Option<T>) -> Attr<T> {
    value.map_or(Attr::Unknown, Attr::Known)
}

/// Copies observed settings over the configured ones.
pub(super) fn observe(view: &View, config: &mut ServiceConfig) {
    load_balancer::observe(view, config);
    if let Attr::Known(service) = view.state::<endpoint_service::State>(ENDPOINT_SERVICE) {
        if config.has_given_load_balancers() || !view.names().any(|name| name.kind() == LOAD_BALANCER) {
            config.load_balancer_arns = Attr::Known(service.load_balancer_arns.clone());
        }
        config.acceptance_required = Attr::Known(service.acceptance_required);
        config.supported_ip_address_types = Attr::Known(service.supported_ip_address_types.clone());
        observe_regions(&service, config);
        config.tags_all = Attr::Known(service.tags.clone());
        observe_private_dns(view, &service, config);
    }
    if let Attr::Known(permissions) = view.state::<permissions::State>(PERMISSIONS) {
        let partition = partition(config.region.known().map_or("", String::as_str));
        let written = config.allowed_principals.known().cloned().unwrap_or_default();
        // A bare account id stays as it is written.
        let mut spelled: BTreeSet<String> = written
            .into_iter()
            .filter(|text| permissions.principals.contains(&principal::normalise(text, partition)))
            .gather();
        let covered: BTreeSet<String> = spelled.iter().map(|text| principal::normalise(text, partition)).gather();
        spelled.extend(permissions.principals.difference(&covered).cloned());
        config.allowed_principals = Attr::Known(spelled);
    }
    if let Attr::Known(seen) = view.state::<connections::State>(CONNECTIONS) {
        config.pending_endpoint_ids = Attr::Known(seen.pending());
    }
    observe_notifications(view, config);
    listener::observe(view, config);
}

/// The user's tags of every object besides the service.
pub(super) fn carried(view: &View) -> Vec<Tags> {
    let mut all = Vec::new();
    for name in view.names() {
        let tags = match name.kind() {
            LOAD_BALANCER => view.state::<load_balancer_link::State>(name.as_str()).map(|one| vec![one.tags]),
            TARGET_GROUP => view.state::<target_group::State>(name.as_str()).map(|one| vec![one.tags]),
            LISTENER => view.state::<listener_link::State>(name.as_str()).map(|one| vec![one.tags]),
            PERMISSIONS => view.state::<permissions::State>(name.as_str()).map(|one| one.carried()),
            CONNECTIONS => {
                view.state::<connections::State>(name.as_str()).map(|one| one.mistagged.into_values().collect())
            }
            _ => continue,
        };
        all.extend(tags.known().cloned().unwrap_or_default());
    }
    all
}

/// The service's own Region is always there and stays as it is written.
fn observe_regions(service: &endpoint_service::State, config: &mut ServiceConfig) {
    let mut regions = service.supported_regions.clone();
    if let (Attr::Known(written), Attr::Known(own)) = (&config.supported_regions, &config.region)
        && written.contains(own)
    {
        regions.insert(own.clone());
    }
    config.supported_regions = Attr::Known(regions);
}

fn observe_notifications(view: &View, config: &mut ServiceConfig) {
    let Some(written) = config.notifications() else { return };
    let blocks = notification::observed(view, NOTIFICATION, &written);
    config.connection_notification = Attr::Known(blocks);
}

fn observe_private_dns(view: &View, service: &endpoint_service::State, config: &mut ServiceConfig) {
    let Some(name) = &service.private_dns_name else {
        config.private_dns = Attr::Null;
        return;
    };
    let mut block = config.private_dns.known().cloned().unwrap_or_default();
    block.name = Attr::Known(name.clone());
    if let Attr::Known(record) = view.state::<verification_record::State>(VERIFICATION_RECORD) {
        block.hosted_zone_id = Attr::Known(record.zone_id);
        block.peer_account = record.account.into();
    }
    config.private_dns = Attr::Known(PrivateDnsBlock { ..block });
}
