//! How listeners, target groups and targets show in the attributes.

use std::collections::{BTreeMap, BTreeSet};

use super::observed::observed;
use crate::engine::View;
use crate::gather::Gather as _;
use crate::links::target_group::defaults::{self, Kind};
use crate::links::target_group::{Failover, Least};
use crate::links::{listener, listener_certificates, target_group, targets};
use crate::privatelink_service::chain::{CERTIFICATES, LISTENER, TARGET_GROUP, TARGETS};
use crate::privatelink_service::config::listener::usual_target_protocol;
use crate::privatelink_service::config::{
    HealthCheckBlock, ListenerBlock, MutualAuthenticationBlock, ServiceConfig, TargetBlock, WeightedTargetGroupBlock,
};
use crate::value::Attr;

/// Copies observed settings of listeners, groups and targets over the configured ones.
pub(super) fn observe(view: &View, config: &mut ServiceConfig) {
    let written: BTreeMap<String, ListenerBlock> = match config.listeners() {
        Some(listeners) => listeners.into_iter().map(|(name, block)| (name, block.clone())).gather(),
        None => return,
    };
    let mut blocks = Vec::new();
    for name in view.names() {
        if name.kind() != LISTENER {
            continue;
        }
        let Some(key) = name.key() else { continue };
        let Attr::Known(listener) = view.state::<listener::State>(name.as_str()) else { continue };
        let mut block = written.get(key).cloned().unwrap_or_else(|| ListenerBlock {
            name: Attr::Known(key.to_owned()),
            target: Attr::Known(Vec::new()),
            weighted_target_group: Attr::Known(Vec::new()),
            ..ListenerBlock::default()
        });
        observe_listener(&listener, &mut block);
        observe_certificates(view, key, &listener, &mut block);
        if let Attr::Known(group) = view.state::<target_group::State>(&format!("{TARGET_GROUP}.{key}")) {
            if let Attr::Known(found) = view.state::<targets::State>(&format!("{TARGETS}.{key}")) {
                observe_targets(&found, group.port, &mut block);
            }
            // After the targets, from which its kind may follow.
            observe_group(&group, &listener, &mut block);
        }
        blocks.push(block);
    }
    // A listener that is written and is not there any more: left out, so that the plan puts it back.
    config.listener = Attr::Known(blocks);
}

fn observe_listener(found: &listener::State, block: &mut ListenerBlock) {
    block.port = Attr::Known(i64::from(found.port));
    observed(&mut block.protocol, found.protocol.clone(), "TCP".to_owned());
    block.certificate_arn = found.certificate_arn.clone().into();
    if let Some(policy) = &found.ssl_policy {
        observed(&mut block.ssl_policy, policy.clone(), listener::DEFAULT_SSL_POLICY.to_owned());
    } else {
        block.ssl_policy = Attr::Null;
    }
    match &found.alpn_policy {
        Some(policy) => block.alpn_policy = Attr::Known(policy.clone()),
        None if block.alpn_policy.known().is_some_and(|policy| policy != "None") => block.alpn_policy = Attr::Null,
        None => {}
    }
    match found.tcp_idle_timeout_seconds {
        Some(seconds) => {
            let usual = i64::from(listener::DEFAULT_IDLE_TIMEOUT);
            observed(&mut block.tcp_idle_timeout_seconds, i64::from(seconds), usual);
        }
        None => block.tcp_idle_timeout_seconds = Attr::Null,
    }
    if block.target_group_arn.is_set() {
        block.target_group_arn = Attr::Known(found.target_group_arn.clone());
    }
    observe_weights(found, block);
    observe_client_trust(found, &mut block.mutual_authentication);
}

/// Weights mean something beside other groups alone.
fn observe_weights(found: &listener::State, block: &mut ListenerBlock) {
    let written = block.weighted_target_group.known().cloned().unwrap_or_default();
    let one = |(arn, weight): (&String, &i32)| {
        let same = written.iter().find(|block| block.arn.known() == Some(arn)).cloned();
        let mut same =
            same.unwrap_or_else(|| WeightedTargetGroupBlock { arn: Attr::Known(arn.clone()), weight: Attr::Null });
        observed(&mut same.weight, i64::from(*weight), i64::from(listener::DEFAULT_WEIGHT));
        same
    };
    let blocks: Vec<WeightedTargetGroupBlock> = found.weighted_target_groups.iter().map(one).collect();
    if block.weighted_target_group.is_set() || !blocks.is_empty() {
        block.weighted_target_group = Attr::Known(blocks);
    }
    if let Some(weight) = found.weight {
        observed(&mut block.weight, i64::from(weight), i64::from(listener::DEFAULT_WEIGHT));
    }
}

fn observe_client_trust(found: &listener::State, block: &mut Attr<MutualAuthenticationBlock>) {
    let Some(store) = &found.trust_store_arn else {
        if block.known().is_some_and(|block| block.mode != Attr::Known("off".to_owned())) {
            *block = Attr::Null;
        }
        return;
    };
    let mut seen = block.known().cloned().unwrap_or_default();
    seen.mode = Attr::Known("verify".to_owned());
    seen.trust_store_arn = Attr::Known(store.clone());
    observed(&mut seen.ignore_client_certificate_expiry, found.ignores_client_expiry, false);
    *block = Attr::Known(seen);
}

/// A default certificate that is in the list too stays as it is written.
fn observe_certificates(view: &View, key: &str, found: &listener::State, block: &mut ListenerBlock) {
    let list = view.state::<listener_certificates::State>(&format!("{CERTIFICATES}.{key}"));
    let Attr::Known(list) = list else { return };
    let written = block.additional_certificate_arns.known().cloned().unwrap_or_default();
    let mut seen = list.certificate_arns;
    seen.retain(|arn| Some(arn) != found.certificate_arn.as_ref() || written.contains(arn));
    if !seen.is_empty() || block.additional_certificate_arns.is_set() {
        block.additional_certificate_arns = Attr::Known(seen);
    }
}

fn observe_group(group: &target_group::State, found: &listener::State, block: &mut ListenerBlock) {
    observed(&mut block.target_port, i64::from(group.port), i64::from(found.port));
    let usual = usual_target_protocol(&found.protocol).to_owned();
    observed(&mut block.target_protocol, group.protocol.clone(), usual);
    if block.target_type.is_set() || block.kind_of_targets().as_deref() != Some(group.target_type.as_str()) {
        block.target_type = Attr::Known(group.target_type.clone());
    }
    let kind = Kind::of(&group.protocol, &group.target_type);
    let usual = i64::from(defaults::DEREGISTRATION_DELAY);
    observed(&mut block.deregistration_delay, i64::from(group.deregistration_delay), usual);
    observed(&mut block.connection_termination, group.connection_termination, kind.connection_termination());
    observed(&mut block.preserve_client_ip, group.preserve_client_ip, kind.preserve_client_ip());
    observed(&mut block.proxy_protocol_v2, group.proxy_protocol_v2, false);
    observed(&mut block.stickiness, group.stickiness, false);
    observe_failover(&group.failover, block);
    let mut check = block.health_check.known().cloned().unwrap_or_default();
    let before = check.clone();
    observe_health_check(&group.health_check, kind, &mut check);
    if check != before {
        block.health_check = Attr::Known(check);
    }
}

fn observe_failover(found: &Failover, block: &mut ListenerBlock) {
    let usual = Failover::default();
    observed(&mut block.target_cross_zone, found.cross_zone.clone(), usual.cross_zone);
    let terminates = &mut block.unhealthy_connection_termination;
    observed(terminates, found.unhealthy_connection_termination, usual.unhealthy_connection_termination);
    let (seconds, usual) = (i64::from(found.unhealthy_draining_interval), i64::from(usual.unhealthy_draining_interval));
    observed(&mut block.unhealthy_draining_interval, seconds, usual);
    let mut health = block.target_group_health.known().cloned().unwrap_or_default();
    let before = health.clone();
    let mut names = health.dns_failover.known().cloned().unwrap_or_default();
    observe_least(
        &found.dns_failover,
        &mut names.minimum_healthy_targets_count,
        &mut names.minimum_healthy_targets_percentage,
    );
    if names != health.dns_failover.known().cloned().unwrap_or_default() {
        health.dns_failover = Attr::Known(names);
    }
    let mut routing = health.unhealthy_state_routing.known().cloned().unwrap_or_default();
    observe_least(
        &found.unhealthy_state_routing,
        &mut routing.minimum_healthy_targets_count,
        &mut routing.minimum_healthy_targets_percentage,
    );
    if routing != health.unhealthy_state_routing.known().cloned().unwrap_or_default() {
        health.unhealthy_state_routing = Attr::Known(routing);
    }
    if health != before {
        block.target_group_health = Attr::Known(health);
    }
}

fn observe_least(found: &Least, count: &mut Attr<String>, percentage: &mut Attr<String>) {
    let usual = Least::default();
    observed(count, found.minimum_healthy_targets_count.clone(), usual.minimum_healthy_targets_count);
    observed(percentage, found.minimum_healthy_targets_percentage.clone(), usual.minimum_healthy_targets_percentage);
}

fn observe_health_check(found: &target_group::HealthCheck, kind: Kind, check: &mut HealthCheckBlock) {
    observed(&mut check.protocol, found.protocol.clone(), kind.health_check_protocol().to_owned());
    observed(&mut check.port, found.port.clone(), defaults::HEALTH_CHECK_PORT.to_owned());
    if let Some(path) = &found.path {
        observed(&mut check.path, path.clone(), defaults::HEALTH_CHECK_PATH.to_owned());
    }
    if let Some(matcher) = &found.matcher {
        observed(&mut check.matcher, matcher.clone(), defaults::HEALTH_CHECK_MATCHER.to_owned());
    }
    let number = |attribute: &mut Attr<i64>, found: i32, usual: i32| {
        observed(attribute, i64::from(found), i64::from(usual));
    };
    number(&mut check.interval, found.interval, defaults::HEALTH_CHECK_INTERVAL);
    number(&mut check.timeout, found.timeout, defaults::health_check_timeout(&found.protocol));
    number(&mut check.healthy_threshold, found.healthy_threshold, defaults::HEALTHY_THRESHOLD);
    number(&mut check.unhealthy_threshold, found.unhealthy_threshold, defaults::UNHEALTHY_THRESHOLD);
}

/// Targets on the group's own port are ids, all others blocks; what is written as a block stays one.
fn observe_targets(found: &targets::State, port: i32, block: &mut ListenerBlock) {
    let written = block.target.known().cloned().unwrap_or_default();
    let (mut ids, mut blocks) = (BTreeSet::new(), Vec::new());
    for target in &found.targets {
        let same = written.iter().find(|block| {
            block.id.known() == Some(&target.id)
                && block.port.known().copied().unwrap_or(i64::from(port)) == i64::from(target.port.unwrap_or(port))
                && block.availability_zone.known() == target.availability_zone.as_ref()
        });
        match same {
            Some(same) => blocks.push(same.clone()),
            None if target.port.unwrap_or(port) == port && target.availability_zone.is_none() => {
                ids.insert(target.id.clone());
            }
            None => blocks.push(TargetBlock {
                id: Attr::Known(target.id.clone()),
                port: target.port.map(i64::from).into(),
                availability_zone: target.availability_zone.clone().into(),
            }),
        }
    }
    block.target = Attr::Known(blocks);
    if !ids.is_empty() || block.target_ids.is_set() {
        block.target_ids = Attr::Known(ids);
    }
}
