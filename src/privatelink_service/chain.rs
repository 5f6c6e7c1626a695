//! What must exist for a service, what each object needs, and how each is taken down.

use std::collections::BTreeSet;

use super::config::{HealthCheckBlock, ListenerBlock, LoadBalancerBlock, PrivateDnsBlock, ServiceConfig};
use super::principal;
use crate::aws::Aws;
use crate::engine::{Catalogue, Chain, Handle, LinkName, Order};
use crate::links::dns_verification::{self, DnsVerification};
use crate::links::endpoint_service::{self, EndpointService, Zones};
use crate::links::listener::{self, Listener};
use crate::links::load_balancer::{self, LoadBalancer};
use crate::links::permissions::{self, Permissions};
use crate::links::target_group::{self, TargetGroup};
use crate::links::targets::{self, Target, Targets};
use crate::links::verification_record::{self, VerificationRecord};
use crate::value::Attr;

/// The network load balancer.
pub const LOAD_BALANCER: &str = "load_balancer";
/// A listener's target group.
pub const TARGET_GROUP: &str = "target_group";
/// A listener's registered targets.
pub const TARGETS: &str = "targets";
/// A listener.
pub const LISTENER: &str = "listener";
/// The endpoint service, the anchor.
pub const ENDPOINT_SERVICE: &str = "endpoint_service";
/// Its allowed principals.
pub const PERMISSIONS: &str = "permissions";
/// The TXT record that proves the private name.
pub const VERIFICATION_RECORD: &str = "verification_record";
/// The verification of the private name.
pub const DNS_VERIFICATION: &str = "dns_verification";

/// Everything that the configuration asks for.
///
/// The endpoint service wants an active load balancer; target groups, targets and listeners need only
/// that it exists, and so work while it is still provisioned.
pub fn chain(config: &ServiceConfig) -> Chain<Aws> {
    let mut chain = Chain::new();
    let balancer = chain.link(LOAD_BALANCER, LoadBalancer, (), wanted_load_balancer(config));
    for (name, block) in config.listeners().unwrap_or_default() {
        let group = chain.link(
            LinkName::keyed(TARGET_GROUP, &name),
            TargetGroup,
            (balancer.exists(),),
            wanted_target_group(config, block),
        );
        // A listener that is switched to another group finds its targets there.
        let registered: Vec<Order> = block
            .manages_targets()
            .then(|| chain.link(LinkName::keyed(TARGETS, &name), Targets, (group.exists(),), wanted_targets(block)))
            .iter()
            .map(Handle::first)
            .collect();
        chain.link(
            LinkName::keyed(LISTENER, &name),
            Listener,
            (balancer.exists(), group.exists(), registered),
            wanted_listener(config, block),
        );
    }
    let service = chain.link(ENDPOINT_SERVICE, EndpointService, (balancer.ready(),), wanted_endpoint_service(config));
    chain.link(PERMISSIONS, Permissions, (service.exists(),), wanted_permissions(config));
    if let Attr::Known(private_dns) = &config.private_dns {
        let record = private_dns.hosted_zone_id.is_set().then(|| {
            chain.link(
                VERIFICATION_RECORD,
                VerificationRecord,
                (service.exists(),),
                wanted_verification_record(private_dns),
            )
        });
        let published = record.map(|record| record.ready());
        chain.link(DNS_VERIFICATION, DnsVerification, (service.ready(), published), wanted_verification(private_dns));
    }
    chain
}

/// Every kind of link, and what must be gone before it.
///
/// AWS refuses to delete a load balancer that an endpoint service uses and a target group that a
/// listener uses; listeners go with their load balancer, permissions and verification with their
/// service. The TXT record is removed only when the service that it proves is gone.
pub fn catalogue() -> Catalogue<Aws> {
    let mut catalogue = Catalogue::new();
    catalogue.kind(ENDPOINT_SERVICE, EndpointService).anchor();
    catalogue.kind(PERMISSIONS, Permissions).goes_with(ENDPOINT_SERVICE);
    let fields = ["private_dns_state"];
    catalogue.kind(DNS_VERIFICATION, DnsVerification).goes_with(ENDPOINT_SERVICE).shows_in(ENDPOINT_SERVICE, &fields);
    catalogue.kind(VERIFICATION_RECORD, VerificationRecord).after(&[ENDPOINT_SERVICE]);
    catalogue.kind(LOAD_BALANCER, LoadBalancer).after(&[ENDPOINT_SERVICE]);
    catalogue.kind(LISTENER, Listener).goes_with(LOAD_BALANCER);
    catalogue.kind(TARGETS, Targets).goes_with(TARGET_GROUP);
    catalogue.kind(TARGET_GROUP, TargetGroup).after(&[LISTENER, LOAD_BALANCER]);
    catalogue
}

fn wanted_load_balancer(config: &ServiceConfig) -> impl Fn(&()) -> Option<load_balancer::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |&()| {
        let settings = config.load_balancer.clone().settled()?.unwrap_or_default();
        let LoadBalancerBlock { enable_cross_zone_load_balancing, enable_deletion_protection } = settings;
        Some(load_balancer::Spec {
            base_name: config.name.clone().settled()??,
            subnet_ids: config.subnet_ids.clone().settled()??,
            security_groups: BTreeSet::new(),
            ip_address_type: "ipv4".to_owned(),
            cross_zone: enable_cross_zone_load_balancing.settled()?.unwrap_or(false),
            deletion_protection: enable_deletion_protection.settled()?.unwrap_or(false),
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

fn wanted_target_group(
    config: &ServiceConfig,
    block: &ListenerBlock,
) -> impl Fn(&(load_balancer::State,)) -> Option<target_group::Spec> + Send + Sync + 'static {
    let (config, block) = (config.clone(), block.clone());
    move |(balancer,)| {
        Some(target_group::Spec {
            base_name: config.name.clone().settled()??,
            protocol: "TCP".to_owned(),
            port: target_port(&block)?,
            vpc_id: balancer.vpc_id.clone(),
            target_type: block.kind_of_targets()?,
            health_check: health_check(&block.health_check.clone().settled()?.unwrap_or_default())?,
            deregistration_delay: Some(number(block.deregistration_delay.settled()?.unwrap_or(300))?),
            connection_termination: None,
            preserve_client_ip: None,
            proxy_protocol_v2: None,
            stickiness: None,
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

fn health_check(block: &HealthCheckBlock) -> Option<target_group::WantedHealthCheck> {
    let count = |value: &Attr<i64>| -> Option<Option<i32>> {
        match value.settled()? {
            Some(value) => Some(Some(number(value)?)),
            None => Some(None),
        }
    };
    Some(target_group::WantedHealthCheck {
        protocol: block.protocol.clone().settled()?,
        port: block.port.clone().settled()?,
        path: block.path.clone().settled()?,
        matcher: block.matcher.clone().settled()?,
        interval: count(&block.interval)?,
        timeout: count(&block.timeout)?,
        healthy_threshold: count(&block.healthy_threshold)?,
        unhealthy_threshold: count(&block.unhealthy_threshold)?,
    })
}

fn wanted_targets(
    block: &ListenerBlock,
) -> impl Fn(&(target_group::State,)) -> Option<targets::Spec> + Send + Sync + 'static {
    let block = block.clone();
    move |(group,)| {
        let port = target_port(&block)?;
        let plain = block.target_ids.clone().settled()?.unwrap_or_default();
        let mut wanted: BTreeSet<Target> =
            plain.into_iter().map(|id| Target { id, port: Some(port), availability_zone: None }).collect();
        for target in block.target.clone().settled()?.unwrap_or_default() {
            let own = match target.port.settled()? {
                Some(own) => number(own)?,
                None => port,
            };
            wanted.insert(Target {
                id: target.id.settled()??,
                port: Some(own),
                availability_zone: target.availability_zone.settled()?,
            });
        }
        Some(targets::Spec { target_group_arn: group.arn.clone(), group_port: Some(group.port), targets: wanted })
    }
}

fn wanted_listener(
    config: &ServiceConfig,
    block: &ListenerBlock,
) -> impl Fn(&(load_balancer::State, target_group::State, ())) -> Option<listener::Spec> + Send + Sync + 'static {
    let (config, block) = (config.clone(), block.clone());
    move |(balancer, group, ())| {
        Some(listener::Spec {
            load_balancer_arn: balancer.arn.clone(),
            port: number(block.port.settled()??)?,
            protocol: "TCP".to_owned(),
            target_group_arn: group.arn.clone(),
            certificate_arn: None,
            ssl_policy: None,
            alpn_policy: None,
            tcp_idle_timeout_seconds: None,
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

fn wanted_endpoint_service(
    config: &ServiceConfig,
) -> impl Fn(&(load_balancer::State,)) -> Option<endpoint_service::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |(balancer,)| {
        let private_dns_name = match config.private_dns.clone().settled()? {
            Some(private_dns) => Some(private_dns.name.settled()??),
            None => None,
        };
        Some(endpoint_service::Spec {
            load_balancer_arns: BTreeSet::from([balancer.arn.clone()]),
            acceptance_required: config.acceptance_required.settled()?.unwrap_or(true),
            private_dns_name,
            supported_ip_address_types: BTreeSet::from(["ipv4".to_owned()]),
            supported_regions: BTreeSet::new(),
            zones: balancer.availability_zones.clone().map_or(Zones::Changing, Zones::Exactly),
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

fn wanted_permissions(
    config: &ServiceConfig,
) -> impl Fn(&(endpoint_service::State,)) -> Option<permissions::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |(service,)| {
        let partition = principal::partition(&config.region.clone().settled()??);
        let principals = config.allowed_principals.clone().settled()?.unwrap_or_default();
        Some(permissions::Spec {
            service_id: service.id.clone(),
            principals: principals.iter().map(|principal| principal::normalise(principal, partition)).collect(),
        })
    }
}

fn wanted_verification_record(
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

fn wanted_verification(
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

fn target_port(block: &ListenerBlock) -> Option<i32> {
    let port = match block.target_port.settled()? {
        Some(port) => port,
        None => block.port.settled()??,
    };
    number(port)
}

/// A number of a validated range as AWS's type.
fn number(value: i64) -> Option<i32> {
    i32::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_contradicts_itself_nowhere() {
        assert_eq!(catalogue().defects(), Vec::<String>::new());
    }
}
