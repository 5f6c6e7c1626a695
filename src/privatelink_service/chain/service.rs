//! What is wanted of the load balancer, the endpoint service and what hangs on it.

use std::collections::BTreeSet;

use crate::aws::partition;
use crate::gather::Gather as _;
use crate::links::endpoint_service::Zones;
use crate::links::load_balancer::{AccessLogs, Attributes};
use crate::links::{
    capacity_reservation, connections, dns_verification, endpoint_service, existing_load_balancers, load_balancer,
    notification, permissions, verification_record,
};
use crate::privatelink_service::config::principal;
use crate::privatelink_service::config::{
    AccessLogsBlock, LoadBalancerBlock, NotificationBlock, PrivateDnsBlock, ServiceConfig,
};

pub(super) fn wanted_load_balancer(
    config: &ServiceConfig,
) -> impl Fn(&()) -> Option<load_balancer::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |&()| {
        let settings = config.load_balancer.clone().settled()?.unwrap_or_default();
        let enforcement = settings.enforce_security_group_inbound_rules_on_private_link_traffic.clone();
        Some(load_balancer::Spec {
            base_name: config.name.clone().settled()??,
            subnet_ids: config.subnets()?,
            addresses: config.addresses()?,
            ipv6_addresses: config.ipv6_addresses()?,
            security_groups: settings.security_groups.clone().settled()?.unwrap_or_default(),
            enforces_on_private_link: enforcement.settled()?.is_none_or(|word| word == "on"),
            ip_address_type: settings.ip_address_type.clone().settled()?.unwrap_or_else(|| "ipv4".to_owned()),
            source_nat_prefix: settings
                .enable_prefix_for_ipv6_source_nat
                .clone()
                .settled()?
                .is_some_and(|word| word == "on"),
            attributes: attributes(settings)?,
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

fn attributes(settings: LoadBalancerBlock) -> Option<Attributes> {
    let logs = match settings.access_logs.settled()? {
        Some(AccessLogsBlock { bucket, prefix, enabled }) => AccessLogs::of(
            enabled.settled()?.unwrap_or(false),
            bucket.settled()?.unwrap_or_default(),
            prefix.settled()?.unwrap_or_default(),
        ),
        None => AccessLogs::default(),
    };
    let usual = Attributes::default();
    Some(Attributes {
        cross_zone: settings.enable_cross_zone_load_balancing.settled()?.unwrap_or(usual.cross_zone),
        deletion_protection: settings.enable_deletion_protection.settled()?.unwrap_or(usual.deletion_protection),
        client_routing_policy: settings
            .dns_record_client_routing_policy
            .settled()?
            .unwrap_or(usual.client_routing_policy),
        secondary_ips: settings
            .secondary_ips_auto_assigned_per_subnet
            .settled()?
            .map_or(Some(usual.secondary_ips), |count| i32::try_from(count).ok())?,
        zonal_shift: settings.enable_zonal_shift.settled()?.unwrap_or(usual.zonal_shift),
        access_logs: logs,
    })
}

pub(super) fn wanted_capacity(
    config: &ServiceConfig,
) -> impl Fn(&(load_balancer::State, ())) -> Option<capacity_reservation::Spec> + Send + Sync + 'static {
    let capacity = config.minimum_capacity();
    move |(balancer, ())| {
        Some(capacity_reservation::Spec {
            load_balancer_arn: balancer.arn.clone(),
            capacity_units: i32::try_from(capacity.clone().settled()??.capacity_units.settled()??).ok()?,
        })
    }
}

pub(super) fn wanted_existing_load_balancers(
    config: &ServiceConfig,
) -> impl Fn(&()) -> Option<existing_load_balancers::Spec> + Send + Sync + 'static {
    let arns = config.load_balancer_arns.clone();
    move |&()| Some(existing_load_balancers::Spec { arns: arns.clone().settled()?? })
}

/// The managed load balancer, or those that are given.
type Fronts = (Option<load_balancer::State>, Option<existing_load_balancers::State>);

pub(super) fn wanted_endpoint_service(
    config: &ServiceConfig,
) -> impl Fn(&Fronts) -> Option<endpoint_service::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |(managed, given)| {
        let private_dns_name = match config.private_dns.clone().settled()? {
            Some(private_dns) => Some(private_dns.name.settled()??),
            None => None,
        };
        let (arns, zones) = match (managed, given) {
            (Some(balancer), _) => (BTreeSet::from([balancer.arn.clone()]), balancer.availability_zones.clone()),
            (None, Some(given)) => (given.load_balancers.keys().cloned().gather(), given.availability_zones()),
            (None, None) => return None,
        };
        let usual_types = || BTreeSet::from(["ipv4".to_owned()]);
        Some(endpoint_service::Spec {
            load_balancer_arns: arns,
            acceptance_required: config.acceptance_required.settled()?.unwrap_or(true),
            private_dns_name,
            supported_ip_address_types: config
                .supported_ip_address_types
                .clone()
                .settled()?
                .unwrap_or_else(usual_types),
            supported_regions: config.supported_regions.clone().settled()?.unwrap_or_default(),
            zones: zones.map_or(Zones::Changing, Zones::Exactly),
            force_destroy: config.force_destroy.settled()?.unwrap_or(false),
            base_name: config.name.clone().settled()??,
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

/// Allowed principals in AWS's spelling; `None` while unknown.
fn principals(config: &ServiceConfig) -> Option<BTreeSet<String>> {
    let partition = partition(&config.region.clone().settled()??);
    let principals = config.allowed_principals.clone().settled()?.unwrap_or_default();
    Some(principals.iter().map(|principal| principal::normalise(principal, partition)).gather())
}

pub(super) fn wanted_permissions(
    config: &ServiceConfig,
) -> impl Fn(&(endpoint_service::State,)) -> Option<permissions::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |(service,)| {
        Some(permissions::Spec {
            service_id: service.id.clone(),
            principals: principals(&config)?,
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

/// Which connections are accepted and rejected; `None` while that is unknown.
pub(in crate::privatelink_service) fn rules(
    config: &ServiceConfig,
    service: &endpoint_service::State,
) -> Option<connections::Rules> {
    let mut accept = config.conditions()?;
    accept.sort();
    let admitted = if config.reject_on_revoke.settled()? == Some(true) {
        // The owner's account needs no permission.
        let own = service.arn.as_deref().and_then(principal::root_of);
        Some(principals(config)?.into_iter().chain(own).gather())
    } else {
        None
    };
    Some(connections::Rules { accept, admitted })
}

pub(super) fn wanted_connections(
    config: &ServiceConfig,
) -> impl Fn(&(endpoint_service::State, ())) -> Option<connections::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |(service, ())| {
        Some(connections::Spec {
            service_id: service.id.clone(),
            rules: rules(&config, service)?,
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

pub(super) fn wanted_notification(
    topic: &str,
    block: &NotificationBlock,
) -> impl Fn(&(endpoint_service::State,)) -> Option<notification::Spec> + Send + Sync + 'static {
    let (topic, block) = (topic.to_owned(), block.clone());
    move |(service,)| {
        Some(notification::Spec { service_id: service.id.clone(), ..notification::wanted(&topic, &block)? })
    }
}

pub(super) fn wanted_verification_record(
    private_dns: &PrivateDnsBlock,
) -> impl Fn(&(endpoint_service::State,)) -> Option<verification_record::Spec> + Send + Sync + 'static {
    let private_dns = private_dns.clone();
    move |(service,)| {
        let record = service.private_dns_record.clone()?;
        Some(verification_record::Spec {
            account: private_dns.peer_account.clone().settled()?,
            zone_id: private_dns.hosted_zone_id.clone().settled()??,
            name: record.name,
            value: record.value,
            ttl_seconds: 1800,
        })
    }
}

type Published = (endpoint_service::State, Option<verification_record::State>);

pub(super) fn wanted_verification(
    private_dns: &PrivateDnsBlock,
) -> impl Fn(&Published) -> Option<dns_verification::Spec> + Send + Sync + 'static {
    let private_dns = private_dns.clone();
    move |(service, _)| {
        let keeps_record = private_dns.hosted_zone_id.is_set();
        Some(dns_verification::Spec {
            service_id: service.id.clone(),
            name: private_dns.name.clone().settled()??,
            wait: private_dns.wait_for_verification.settled()?.unwrap_or(keeps_record),
        })
    }
}
