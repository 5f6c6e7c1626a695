//! How what exists shows in the attributes of a service.
//!
//! `outputs` fills what AWS gives, the same way in plan, apply and read. `observe` copies settings
//! back over the configured ones: drift and import. A value that means the same stays as written.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{
    DNS_VERIFICATION, ENDPOINT_SERVICE, LISTENER, LOAD_BALANCER, PERMISSIONS, TARGET_GROUP, TARGETS,
    VERIFICATION_RECORD,
};
use super::config::{
    HealthCheckBlock, ListenerBlock, ListenerResult, LoadBalancerBlock, LoadBalancerResult, PrivateDnsBlock,
    PrivateDnsRecord, ServiceConfig, TargetBlock,
};
use super::principal;
use crate::engine::View;
use crate::links::{
    dns_verification, endpoint_service, listener, load_balancer, permissions, target_group, targets,
    verification_record,
};
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
    let balancer: Attr<load_balancer::State> = view.state(LOAD_BALANCER);
    config.load_balancers = match balancer {
        Attr::Null => Attr::Known(Vec::new()),
        balancer => balancer.map(|balancer| {
            vec![LoadBalancerResult {
                arn: Attr::Known(balancer.arn),
                name: Attr::Known(balancer.name),
                dns_name: Attr::Known(balancer.dns_name),
                zone_id: Attr::Known(balancer.zone_id),
                managed: Attr::Known(true),
            }]
        }),
    };
    config.listeners = match config.listeners() {
        None => Attr::Unknown,
        Some(listeners) => Attr::Known(
            listeners.into_keys().map(|name| (name.clone(), listener_result(view, &name))).collect::<BTreeMap<_, _>>(),
        ),
    };
}

fn listener_result(view: &View, name: &str) -> Attr<ListenerResult> {
    let listener: Attr<listener::State> = view.state(&format!("{LISTENER}.{name}"));
    let group: Attr<target_group::State> = view.state(&format!("{TARGET_GROUP}.{name}"));
    match (listener, group) {
        (Attr::Known(listener), Attr::Known(group)) => {
            Attr::Known(ListenerResult { arn: Attr::Known(listener.arn), target_group_arn: Attr::Known(group.arn) })
        }
        (Attr::Unknown, _) | (_, Attr::Unknown) => Attr::Unknown,
        _ => Attr::Null,
    }
}

/// `None` in a forecast means that only AWS can tell.
fn later<T>(value: Option<T>) -> Attr<T> {
    value.map_or(Attr::Unknown, Attr::Known)
}

/// Copies observed settings over the configured ones.
pub(super) fn observe(view: &View, config: &mut ServiceConfig) {
    if let Attr::Known(balancer) = view.state::<load_balancer::State>(LOAD_BALANCER) {
        config.subnet_ids = Attr::Known(balancer.subnet_ids.clone());
        observe_load_balancer(&balancer, &mut config.load_balancer);
        if config.name.is_null() {
            config.name = Attr::Known(name_from(&balancer.name));
        }
    }
    if let Attr::Known(service) = view.state::<endpoint_service::State>(ENDPOINT_SERVICE) {
        config.acceptance_required = Attr::Known(service.acceptance_required);
        config.tags_all = Attr::Known(service.tags.clone());
        observe_private_dns(view, &service, config);
    }
    if let Attr::Known(permissions) = view.state::<permissions::State>(PERMISSIONS) {
        let partition = principal::partition(config.region.known().map_or("", String::as_str));
        let written = config.allowed_principals.known().cloned().unwrap_or_default();
        // A bare account id stays as it is written.
        let mut spelled: BTreeSet<String> = written
            .into_iter()
            .filter(|text| permissions.principals.contains(&principal::normalise(text, partition)))
            .collect();
        let covered: BTreeSet<String> = spelled.iter().map(|text| principal::normalise(text, partition)).collect();
        spelled.extend(permissions.principals.difference(&covered).cloned());
        config.allowed_principals = Attr::Known(spelled);
    }
    observe_listeners(view, config);
}

fn observe_load_balancer(balancer: &load_balancer::State, block: &mut Attr<LoadBalancerBlock>) {
    let mut settings = block.known().cloned().unwrap_or_default();
    let before = settings.clone();
    observed(&mut settings.enable_cross_zone_load_balancing, balancer.cross_zone, false);
    observed(&mut settings.enable_deletion_protection, balancer.deletion_protection, false);
    if settings != before {
        *block = Attr::Known(settings);
    }
}

/// Shows a setting unless it is left out and is the default.
#[expect(clippy::needless_pass_by_value, reason = "defaults are constants")]
fn observed<T: PartialEq>(attribute: &mut Attr<T>, found: T, default: T) {
    let stays = match attribute {
        Attr::Known(written) => *written == found,
        Attr::Null | Attr::Unknown => found == default,
    };
    if !stays {
        *attribute = Attr::Known(found);
    }
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

fn observe_listeners(view: &View, config: &mut ServiceConfig) {
    let written: BTreeMap<String, ListenerBlock> = match config.listeners() {
        Some(listeners) => listeners.into_iter().map(|(name, block)| (name, block.clone())).collect(),
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
            ..ListenerBlock::default()
        });
        block.port = Attr::Known(i64::from(listener.port));
        if let Attr::Known(group) = view.state::<target_group::State>(&format!("{TARGET_GROUP}.{key}")) {
            if let Attr::Known(found) = view.state::<targets::State>(&format!("{TARGETS}.{key}")) {
                observe_targets(&found, group.port, &mut block);
            }
            // After the targets, from which its kind may follow.
            observe_group(&group, listener.port, &mut block);
        }
        blocks.push(block);
    }
    // A listener that is written and is not there any more: left out, so that the plan puts it back.
    config.listener = Attr::Known(blocks);
}

fn observe_group(group: &target_group::State, listener_port: i32, block: &mut ListenerBlock) {
    observed(&mut block.target_port, i64::from(group.port), i64::from(listener_port));
    if block.target_type.is_set() || block.kind_of_targets().as_deref() != Some(group.target_type.as_str()) {
        block.target_type = Attr::Known(group.target_type.clone());
    }
    observed(&mut block.deregistration_delay, i64::from(group.deregistration_delay), 300);
    let mut check = block.health_check.known().cloned().unwrap_or_default();
    let before = check.clone();
    observe_health_check(&group.health_check, &mut check);
    if check != before {
        block.health_check = Attr::Known(check);
    }
}

fn observe_health_check(found: &target_group::HealthCheck, check: &mut HealthCheckBlock) {
    let protocol = found.protocol.clone();
    let is_http = protocol != "TCP";
    observed(&mut check.protocol, protocol.clone(), "TCP".to_owned());
    observed(&mut check.port, found.port.clone(), "traffic-port".to_owned());
    if let (true, Some(path)) = (is_http, &found.path) {
        observed(&mut check.path, path.clone(), "/".to_owned());
    }
    if let (true, Some(matcher)) = (is_http, &found.matcher) {
        observed(&mut check.matcher, matcher.clone(), "200-399".to_owned());
    }
    observed(&mut check.interval, i64::from(found.interval), 30);
    let usual_timeout = if protocol == "HTTP" { 6 } else { 10 };
    observed(&mut check.timeout, i64::from(found.timeout), usual_timeout);
    observed(&mut check.healthy_threshold, i64::from(found.healthy_threshold), 5);
    observed(&mut check.unhealthy_threshold, i64::from(found.unhealthy_threshold), 2);
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

/// The `name` of an imported service: AWS's name without our hash, cut to what `name` takes.
fn name_from(aws_name: &str) -> String {
    let base = match aws_name.rsplit_once('-') {
        Some((base, hash)) if hash.len() >= 6 && hash.bytes().all(|byte| byte.is_ascii_alphanumeric()) => base,
        _ => aws_name,
    };
    base.chars().take(24).collect::<String>().trim_matches('-').to_owned()
}
