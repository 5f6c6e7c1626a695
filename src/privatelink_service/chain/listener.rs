//! What is wanted of a listener, its target group and its targets.

use std::collections::{BTreeMap, BTreeSet};

use crate::gather::Gather as _;
use crate::links::target_group::{Failover, Least};
use crate::links::targets::Target;
use crate::links::{listener, listener_certificates, load_balancer, target_group, targets};
use crate::privatelink_service::config::{HealthCheckBlock, ListenerBlock, ServiceConfig};
use crate::value::Attr;

pub(super) fn wanted_target_group(
    config: &ServiceConfig,
    block: &ListenerBlock,
) -> impl Fn(&(load_balancer::State,)) -> Option<target_group::Spec> + Send + Sync + 'static {
    let (config, block) = (config.clone(), block.clone());
    move |(balancer,)| {
        Some(target_group::Spec {
            base_name: config.name.clone().settled()??,
            protocol: block.spoken_to_targets()?,
            port: target_port(&block)?,
            vpc_id: balancer.vpc_id.clone(),
            load_balancer_arn: balancer.arn.clone(),
            target_type: block.kind_of_targets(),
            is_ipv6: block.is_ipv6(),
            health_check: health_check(&block.health_check.clone().settled()?.unwrap_or_default())?,
            deregistration_delay: count(&block.deregistration_delay)?,
            connection_termination: block.connection_termination.settled()?,
            preserve_client_ip: block.preserve_client_ip.settled()?,
            proxy_protocol_v2: block.proxy_protocol_v2.settled()?,
            stickiness: block.stickiness.settled()?,
            failover: failover(&block)?,
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

fn failover(block: &ListenerBlock) -> Option<Failover> {
    let usual = Failover::default();
    let health = block.target_group_health.clone().settled()?.unwrap_or_default();
    let least = |count: Attr<String>, percentage: Attr<String>| {
        let usual = Least::default();
        Some(Least {
            minimum_healthy_targets_count: count.settled()?.unwrap_or(usual.minimum_healthy_targets_count),
            minimum_healthy_targets_percentage: percentage
                .settled()?
                .unwrap_or(usual.minimum_healthy_targets_percentage),
        })
    };
    let names = health.dns_failover.settled()?.unwrap_or_default();
    let routing = health.unhealthy_state_routing.settled()?.unwrap_or_default();
    Some(Failover {
        cross_zone: block.target_cross_zone.clone().settled()?.unwrap_or(usual.cross_zone),
        unhealthy_connection_termination: block
            .unhealthy_connection_termination
            .settled()?
            .unwrap_or(usual.unhealthy_connection_termination),
        unhealthy_draining_interval: count(&block.unhealthy_draining_interval)?
            .unwrap_or(usual.unhealthy_draining_interval),
        dns_failover: least(names.minimum_healthy_targets_count, names.minimum_healthy_targets_percentage)?,
        unhealthy_state_routing: least(
            routing.minimum_healthy_targets_count,
            routing.minimum_healthy_targets_percentage,
        )?,
    })
}

fn health_check(block: &HealthCheckBlock) -> Option<target_group::WantedHealthCheck> {
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

pub(super) fn wanted_targets(
    block: &ListenerBlock,
) -> impl Fn(&(target_group::State,)) -> Option<targets::Spec> + Send + Sync + 'static {
    let block = block.clone();
    move |(group,)| {
        let port = target_port(&block)?;
        let plain = block.target_ids.clone().settled()?.unwrap_or_default();
        let mut wanted: BTreeSet<Target> =
            plain.into_iter().map(|id| Target { id, port: Some(port), availability_zone: None }).gather();
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

pub(super) fn wanted_listener(
    config: &ServiceConfig,
    block: &ListenerBlock,
) -> impl Fn(&(load_balancer::State, Option<target_group::State>, ())) -> Option<listener::Spec> + Send + Sync + 'static
{
    let (config, block) = (config.clone(), block.clone());
    move |(balancer, group, ())| {
        let target_group_arn = match group {
            Some(group) => group.arn.clone(),
            None => block.target_group_arn.clone().settled()??,
        };
        Some(listener::Spec {
            load_balancer_arn: balancer.arn.clone(),
            port: number(block.port.settled()??)?,
            protocol: block.spoken()?,
            target_group_arn,
            certificate_arn: block.certificate_arn.clone().settled()?,
            // Not known yet, they are known when it matters.
            further_certificates: block.additional_certificate_arns.known().cloned().unwrap_or_default(),
            ssl_policy: block.ssl_policy.clone().settled()?,
            alpn_policy: block.alpn_policy.clone().settled()?,
            tcp_idle_timeout_seconds: count(&block.tcp_idle_timeout_seconds)?,
            weight: count(&block.weight)?,
            weighted_target_groups: weighted(&block)?,
            client_trust: client_trust(&block)?,
            base_name: config.name.clone().settled()??,
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

/// The target groups beside the listener's own.
fn weighted(block: &ListenerBlock) -> Option<BTreeMap<String, i32>> {
    block.weighted()?.into_iter().map(|(arn, weight)| Some((arn, number(weight)?))).collect()
}

/// How clients are verified, if they are; `None` while unknown.
#[expect(clippy::option_option, reason = "unknown and left out are told apart, as by settled()")]
fn client_trust(block: &ListenerBlock) -> Option<Option<listener::ClientTrust>> {
    let Some(written) = block.mutual_authentication.clone().settled()? else { return Some(None) };
    if written.mode.settled()?.as_deref() != Some("verify") {
        return Some(None);
    }
    Some(Some(listener::ClientTrust {
        trust_store_arn: written.trust_store_arn.settled()??,
        ignores_expiry: written.ignore_client_certificate_expiry.settled()?.unwrap_or(false),
    }))
}

pub(super) fn wanted_certificates(
    block: &ListenerBlock,
) -> impl Fn(&(listener::State,)) -> Option<listener_certificates::Spec> + Send + Sync + 'static {
    let block = block.clone();
    move |(listener,)| {
        Some(listener_certificates::Spec {
            listener_arn: listener.arn.clone(),
            default_arn: listener.certificate_arn.clone(),
            certificate_arns: block.additional_certificate_arns.clone().settled()?.unwrap_or_default(),
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

/// A number that may be left out; `None` while unknown.
#[expect(clippy::option_option, reason = "unknown and left out are told apart, as by settled()")]
fn count(value: &Attr<i64>) -> Option<Option<i32>> {
    match value.settled()? {
        Some(value) => Some(Some(number(value)?)),
        None => Some(None),
    }
}
