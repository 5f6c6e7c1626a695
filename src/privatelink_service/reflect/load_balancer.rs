//! How the managed load balancer shows in the attributes.

use super::observed::observed;
use crate::engine::View;
use crate::links::capacity_reservation;
use crate::links::load_balancer::{self, Attributes};
use crate::privatelink_service::chain::{CAPACITY, LOAD_BALANCER};
use crate::privatelink_service::config::{
    AccessLogsBlock, LoadBalancerBlock, MinimumCapacityBlock, ServiceConfig, SubnetMappingBlock, canonical,
};
use crate::value::Attr;

/// Copies observed settings over the configured ones.
pub(super) fn observe(view: &View, config: &mut ServiceConfig) {
    let Attr::Known(balancer) = view.state::<load_balancer::State>(LOAD_BALANCER) else { return };
    observe_subnets(&balancer, config);
    observe_settings(&balancer, &mut config.load_balancer);
    observe_capacity(view, &mut config.load_balancer);
    if config.name.is_null() {
        config.name = Attr::Known(name_from(&balancer.name));
    }
}

/// As they are written: ids, or mappings where one address is fixed.
fn observe_subnets(balancer: &load_balancer::State, config: &mut ServiceConfig) {
    let is_import = config.subnet_ids.is_null() && !config.has_mappings();
    let is_plain = balancer.addresses.is_empty() && balancer.ipv6_addresses.is_empty();
    if !config.has_mappings() && (!is_import || is_plain) {
        config.subnet_ids = Attr::Known(balancer.subnet_ids.clone());
        return;
    }
    let written = config.subnet_mapping.known().cloned().unwrap_or_default();
    let mapping = |subnet: &String| {
        let block = written.iter().find(|block| block.subnet_id.known() == Some(subnet));
        let (v4, v6) = (balancer.addresses.get(subnet), balancer.ipv6_addresses.get(subnet));
        SubnetMappingBlock {
            subnet_id: Attr::Known(subnet.clone()),
            private_ipv4_address: address(block.map(|block| &block.private_ipv4_address), v4),
            ipv6_address: address(block.map(|block| &block.ipv6_address), v6),
        }
    };
    config.subnet_mapping = Attr::Known(balancer.subnet_ids.iter().map(mapping).collect());
}

/// An address that nobody wrote is AWS's choice, and one that means the same stays as it is written.
fn address(written: Option<&Attr<String>>, found: Option<&String>) -> Attr<String> {
    match (written, found) {
        (Some(Attr::Null), _) | (_, None) => Attr::Null,
        (Some(Attr::Known(written)), Some(found)) if canonical(written) == canonical(found) => {
            Attr::Known(written.clone())
        }
        (_, Some(found)) => Attr::Known(found.clone()),
    }
}

fn observe_settings(balancer: &load_balancer::State, block: &mut Attr<LoadBalancerBlock>) {
    let mut settings = block.known().cloned().unwrap_or_default();
    let before = settings.clone();
    let usual = Attributes::default();
    let found = &balancer.attributes;
    observed(&mut settings.enable_cross_zone_load_balancing, found.cross_zone, usual.cross_zone);
    observed(&mut settings.enable_deletion_protection, found.deletion_protection, usual.deletion_protection);
    observed(
        &mut settings.dns_record_client_routing_policy,
        found.client_routing_policy.clone(),
        usual.client_routing_policy,
    );
    let (secondary, usual_secondary) = (i64::from(found.secondary_ips), i64::from(usual.secondary_ips));
    observed(&mut settings.secondary_ips_auto_assigned_per_subnet, secondary, usual_secondary);
    observed(&mut settings.enable_zonal_shift, found.zonal_shift, usual.zonal_shift);
    observed(&mut settings.ip_address_type, balancer.ip_address_type.clone(), "ipv4".to_owned());
    let prefix = if balancer.source_nat_prefix { "on" } else { "off" };
    observed(&mut settings.enable_prefix_for_ipv6_source_nat, prefix.to_owned(), "off".to_owned());
    if balancer.security_groups.is_empty() {
        settings.security_groups = Attr::Null;
    } else {
        settings.security_groups = Attr::Known(balancer.security_groups.clone());
        let word = if balancer.lets_private_link_pass { "off" } else { "on" };
        let attribute = &mut settings.enforce_security_group_inbound_rules_on_private_link_traffic;
        observed(attribute, word.to_owned(), "on".to_owned());
    }
    observe_logs(balancer, &mut settings.access_logs);
    if settings != before {
        *block = Attr::Known(settings);
    }
}

/// A reservation that is gone is left out, so that the plan puts it back.
fn observe_capacity(view: &View, block: &mut Attr<LoadBalancerBlock>) {
    let found = view
        .state::<capacity_reservation::State>(CAPACITY)
        .map(|found| MinimumCapacityBlock { capacity_units: Attr::Known(i64::from(found.capacity_units)) });
    let mut settings = block.known().cloned().unwrap_or_default();
    if !matches!(found, Attr::Unknown | Attr::Given) && settings.minimum_load_balancer_capacity != found {
        settings.minimum_load_balancer_capacity = found;
        *block = Attr::Known(settings);
    }
}

/// A bucket of logs that are switched off is nobody's setting.
fn observe_logs(balancer: &load_balancer::State, block: &mut Attr<AccessLogsBlock>) {
    let found = &balancer.attributes.access_logs;
    let is_written = block.known().is_some_and(|logs| logs.enabled == Attr::Known(true));
    if found.enabled {
        let mut logs = block.known().cloned().unwrap_or_default();
        logs.enabled = Attr::Known(true);
        logs.bucket = Attr::Known(found.bucket.clone());
        observed(&mut logs.prefix, found.prefix.clone(), String::new());
        *block = Attr::Known(logs);
    } else if is_written && let Attr::Known(logs) = block {
        logs.enabled = Attr::Known(false);
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
