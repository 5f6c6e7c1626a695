//! What must exist for a service, what each object needs, and how each is taken down.
//!
//! What is wanted of each object, made of the configuration and of what stands before it, is in
//! `listener` and `service`.

mod kinds;
mod listener;
mod released;
mod renamed;
mod service;

pub use kinds::{
    CAPACITY, CERTIFICATES, CONNECTIONS, DNS_VERIFICATION, ENDPOINT_SERVICE, EXISTING_LOAD_BALANCERS, LISTENER,
    LOAD_BALANCER, NOTIFICATION, PERMISSIONS, TARGET_GROUP, TARGETS, VERIFICATION_RECORD,
};
pub(super) use service::rules;

use super::config::{ListenerBlock, ServiceConfig};
use crate::aws::Aws;
use crate::engine::{Catalogue, Chain, Handle, LinkName, Order, Record};
use crate::links::capacity_reservation::CapacityReservation;
use crate::links::connections::Connections;
use crate::links::dns_verification::DnsVerification;
use crate::links::endpoint_service::EndpointService;
use crate::links::existing_load_balancers::ExistingLoadBalancers;
use crate::links::listener::Listener;
use crate::links::listener_certificates::ListenerCertificates;
use crate::links::load_balancer::{self, LoadBalancer};
use crate::links::notification::Notification;
use crate::links::permissions::Permissions;
use crate::links::target_group::TargetGroup;
use crate::links::targets::Targets;
use crate::links::verification_record::VerificationRecord;
use crate::value::Attr;

/// Adapts what is recorded to the configuration: renamed listeners first, then what is managed elsewhere from now on. Returns the
/// renames, old name first.
pub(super) fn align(config: &ServiceConfig, record: &mut Record) -> Vec<(LinkName, LinkName)> {
    let moves = renamed::align(config, record);
    released::release(config, record);
    moves
}

/// Everything that the configuration asks for.
///
/// The endpoint service wants active load balancers; target groups, targets and listeners need only
/// that theirs exists, and so work while it is still provisioned. Connections are decided when those
/// who may connect are known.
pub fn chain(config: &ServiceConfig) -> Chain<Aws> {
    let mut chain = Chain::new();
    let (managed, given) = if config.has_given_load_balancers() {
        let given = chain.link(
            EXISTING_LOAD_BALANCERS,
            ExistingLoadBalancers,
            (),
            service::wanted_existing_load_balancers(config),
        );
        (None, Some(given))
    } else {
        let balancer = chain.link(LOAD_BALANCER, LoadBalancer, (), service::wanted_load_balancer(config));
        let listeners = config.listeners().unwrap_or_default().into_iter();
        let listeners = listeners.map(|(name, block)| add_listener(&mut chain, &balancer, config, &name, block));
        let listeners: Vec<Order> = listeners.collect();
        if config.minimum_capacity().is_set() {
            // AWS refuses it beside a listener over TLS, which this run may turn into another one.
            let parents = (balancer.ready(), listeners);
            chain.link(CAPACITY, CapacityReservation, parents, service::wanted_capacity(config));
        }
        (Some(balancer), None)
    };
    let fronts = (managed.map(|balancer| balancer.ready()), given.map(|given| given.ready()));
    let service = chain.link(ENDPOINT_SERVICE, EndpointService, fronts, service::wanted_endpoint_service(config));
    let permissions = chain.link(PERMISSIONS, Permissions, (service.exists(),), service::wanted_permissions(config));
    chain.link(
        CONNECTIONS,
        Connections,
        (service.exists(), vec![permissions.first()]),
        service::wanted_connections(config),
    );
    for (topic, block) in config.notifications().unwrap_or_default() {
        let name = LinkName::keyed(NOTIFICATION, &topic);
        chain.link(name, Notification, (service.exists(),), service::wanted_notification(&topic, &block));
    }
    if let Attr::Known(private_dns) = &config.private_dns {
        let record = private_dns.hosted_zone_id.is_set().then(|| {
            chain.link(
                VERIFICATION_RECORD,
                VerificationRecord,
                (service.exists(),),
                service::wanted_verification_record(private_dns),
            )
        });
        let published = record.map(|record| record.ready());
        chain.link(
            DNS_VERIFICATION,
            DnsVerification,
            (service.ready(), published),
            service::wanted_verification(private_dns),
        );
    }
    chain
}

/// A listener with its target group and targets, as far as they are not somebody else's.
fn add_listener(
    chain: &mut Chain<Aws>,
    balancer: &Handle<load_balancer::State>,
    config: &ServiceConfig,
    name: &str,
    block: &ListenerBlock,
) -> Order {
    let group = (!block.target_group_arn.is_set()).then(|| {
        chain.link(
            LinkName::keyed(TARGET_GROUP, name),
            TargetGroup,
            (balancer.exists(),),
            listener::wanted_target_group(config, block),
        )
    });
    // A listener that is switched to another group finds its targets there.
    let group_with_targets = group.as_ref().filter(|_| block.manages_targets());
    let registered: Vec<Order> = group_with_targets
        .map(|group| {
            let name = LinkName::keyed(TARGETS, name);
            chain.link(name, Targets, (group.exists(),), listener::wanted_targets(block)).first()
        })
        .into_iter()
        .collect();
    let made = chain.link(
        LinkName::keyed(LISTENER, name),
        Listener,
        (balancer.exists(), group.map(|group| group.exists()), registered),
        listener::wanted_listener(config, block),
    );
    if block.additional_certificate_arns.is_set() && block.may_speak_tls() {
        let name = LinkName::keyed(CERTIFICATES, name);
        chain.link(name, ListenerCertificates, (made.exists(),), listener::wanted_certificates(block));
    }
    made.first()
}

/// Every kind of link, and what must be gone before it.
///
/// AWS refuses to delete a load balancer that an endpoint service uses and a target group that a
/// listener uses; listeners go with their load balancer, permissions, connections and verification with
/// their service. The TXT record is removed only when the service that it proves is gone.
pub fn catalogue() -> Catalogue<Aws> {
    let mut catalogue = Catalogue::new();
    catalogue.kind(ENDPOINT_SERVICE, EndpointService).after(&[NOTIFICATION]).anchor();
    catalogue.kind(PERMISSIONS, Permissions).goes_with(ENDPOINT_SERVICE);
    catalogue.kind(CONNECTIONS, Connections).released();
    catalogue.kind(NOTIFICATION, Notification);
    let verification = catalogue.kind(DNS_VERIFICATION, DnsVerification).goes_with(ENDPOINT_SERVICE);
    verification.shows_in::<EndpointService>(ENDPOINT_SERVICE, |service| service.private_dns_state = None);
    catalogue.kind(VERIFICATION_RECORD, VerificationRecord).after(&[ENDPOINT_SERVICE]);
    catalogue.kind(EXISTING_LOAD_BALANCERS, ExistingLoadBalancers).released();
    catalogue.kind(LOAD_BALANCER, LoadBalancer).after(&[ENDPOINT_SERVICE]);
    catalogue.kind(LISTENER, Listener).goes_with(LOAD_BALANCER);
    catalogue.kind(CERTIFICATES, ListenerCertificates).goes_with(LISTENER);
    catalogue.kind(CAPACITY, CapacityReservation).goes_with(LOAD_BALANCER);
    catalogue.kind(TARGETS, Targets).goes_with(TARGET_GROUP);
    catalogue.kind(TARGET_GROUP, TargetGroup).after(&[LISTENER, LOAD_BALANCER]);
    catalogue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_contradicts_itself_nowhere() {
        assert_eq!(catalogue().defects(), Vec::<String>::new());
    }
}
