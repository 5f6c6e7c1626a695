//! How what exists shows in the attributes of a consumer.
//!
//! `outputs` fills what AWS gives, the same way in plan, apply and read. `observe` copies settings
//! back over the configured ones: drift and import. What stands behind a closed gate keeps its
//! configured value.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{
    ENDPOINT, HOSTED_ZONE, NETWORK, NOTIFICATION, PRIVATE_DNS, PRIVATE_NAME, SECURITY_GROUP, SECURITY_GROUP_EGRESS,
    SECURITY_GROUP_RULES, default_rules, ingress,
};
use super::config::{ConsumerConfig, IngressBlock, NetworkInterfaceResult, service_id};
use crate::aws::{Tags, dimensions};
use crate::endpoint_names::{profiles, reflect as names};
use crate::engine::View;
use crate::gather::Gather as _;
use crate::links::security_group_rules::{Rule, Source};
use crate::links::{
    endpoint, hosted_zone, network, notification, private_dns, private_name, security_group, security_group_rules,
};
use crate::schema::policy;
use crate::value::Attr;

/// The tag that the argument `name` stands for where `tags` does not write it.
const NAME: &str = "Name";

/// Fills the computed attributes.
pub(super) fn outputs(view: &View, config: &mut ConsumerConfig) {
    let endpoint: Attr<endpoint::State> = view.state(ENDPOINT);
    let from_endpoint = endpoint.as_ref();
    config.id = from_endpoint.map(|endpoint| endpoint.id.clone());
    config.arn = from_endpoint.and_then(|endpoint| later(endpoint.arn.clone()));
    config.state = from_endpoint.and_then(|endpoint| later(endpoint.state.clone()));
    config.vpc_id = from_endpoint.map(|endpoint| endpoint.vpc_id.clone());
    config.owner_id = from_endpoint.and_then(|endpoint| later(endpoint.owner_id.clone()));
    config.dns_name = from_endpoint.and_then(|endpoint| later(endpoint.dns_name.clone()));
    config.hosted_zone_id = from_endpoint.and_then(|endpoint| later(endpoint.hosted_zone_id.clone()));
    config.zonal_dns_names = from_endpoint.and_then(|endpoint| {
        let names = later(endpoint.zonal_dns_names.clone());
        names.map(|names| {
            names.into_iter().map(|(zone, name)| (zone, names::unless_coming(name))).gather::<BTreeMap<_, _>>()
        })
    });
    config.network_interfaces = from_endpoint.and_then(|endpoint| {
        later(endpoint.network_interfaces.clone()).map(|found| {
            found.into_iter().map(|(zone, interface)| (zone, interface_result(interface))).gather::<BTreeMap<_, _>>()
        })
    });
    config.metric_dimensions = from_endpoint.map(|endpoint| metric_dimensions(endpoint, config.region.known()));
    config.service_id = config.service_name.as_ref().and_then(|name| service_id(name).map(str::to_owned).into());
    let private_dns: Attr<private_dns::State> = view.state(PRIVATE_DNS);
    config.private_dns_names = match private_dns {
        // Whether there will be the link is not known.
        _ if config.private_dns_enabled.is_unknown() => Attr::Unknown,
        Attr::Null => Attr::Known(BTreeSet::new()),
        private_dns => private_dns.and_then(|private_dns| later(private_dns.private_dns_names)),
    };
    let network: Attr<network::State> = view.state(NETWORK);
    config.availability_zone_ids = network.and_then(|network| {
        let zones: Option<BTreeSet<String>> =
            network.subnets.values().map(|subnet| subnet.availability_zone_id.clone()).collect();
        later(zones)
    });
    config.security_group_id = match view.state::<security_group::State>(SECURITY_GROUP) {
        _ if config.has_open_group() => Attr::Unknown,
        group => group.map(|group| group.id),
    };
    config.zone_ids = names::zone_ids(view, &config.dns);
    config.records = names::records(view, &config.dns, endpoint.known());
}

/// AWS publishes no metrics of endpoints whose service lies in another Region.
fn metric_dimensions(
    endpoint: &endpoint::State,
    region: Option<&String>,
) -> BTreeMap<String, BTreeMap<String, String>> {
    if endpoint.service_region.as_ref().is_some_and(|service| region.is_some_and(|own| own != service)) {
        return BTreeMap::new();
    }
    let of = |subnet| dimensions::of_endpoint(&endpoint.id, &endpoint.vpc_id, &endpoint.service_name, subnet);
    let key = |subnet: &String| format!("{}/{subnet}", dimensions::ENDPOINTS);
    let parts = endpoint.subnet_ids.iter().map(|subnet| (key(subnet), of(Some(subnet.as_str()))));
    parts.chain([(dimensions::ENDPOINTS.to_owned(), of(None))]).gather()
}

fn interface_result(interface: endpoint::NetworkInterface) -> NetworkInterfaceResult {
    if interface.id.is_empty() {
        return NetworkInterfaceResult {
            id: Attr::Unknown,
            subnet_id: Attr::Known(interface.subnet_id),
            ipv4: Attr::Unknown,
            ipv6: Attr::Unknown,
        };
    }
    NetworkInterfaceResult {
        id: Attr::Known(interface.id),
        subnet_id: Attr::Known(interface.subnet_id),
        ipv4: interface.ipv4.into(),
        ipv6: interface.ipv6.into(),
    }
}

/// `None` means that only AWS can tell, and has not yet.
fn later<T>(value: Option<T>) -> Attr<T> {
    value.map_or(Attr::Unknown, Attr::Known)
}

/// Copies observed settings over the configured ones.
pub(super) fn observe(view: &View, config: &mut ConsumerConfig) {
    let Attr::Known(endpoint) = view.state::<endpoint::State>(ENDPOINT) else { return };
    config.service_name = Attr::Known(endpoint.service_name.clone());
    if endpoint.service_region.is_some() {
        config.service_region = endpoint.service_region.clone().into();
    }
    observe_subnets(&endpoint, config);
    config.ip_address_type = Attr::Known(endpoint.ip_address_type.clone());
    if endpoint.dns_record_ip_type.is_some() {
        config.dns_record_ip_type = endpoint.dns_record_ip_type.clone().into();
    }
    observe_tags(&endpoint, config);
    match (&config.policy, &endpoint.policy) {
        (Attr::Known(written), Some(found)) if policy::same(written, found) => {}
        (_, found) => config.policy = found.clone().into(),
    }
    observe_groups(view, &endpoint, config);
    if let Some(written) = notification::by_topic(&config.connection_notification) {
        config.connection_notification = Attr::Known(notification::observed(view, NOTIFICATION, &written));
    }
    // Behind a closed gate the configured value stays; once it is open AWS's value shows.
    let is_open = endpoint.works();
    let private_dns: Attr<private_dns::State> = view.state(PRIVATE_DNS);
    if let Some(only) = private_dns.known().and_then(|private_dns| private_dns.inbound_resolver_only) {
        config.private_dns_only_for_inbound_resolver_endpoint = Attr::Known(only);
    }
    let is_on = private_dns.is_set();
    let name = view.state::<private_name::State>(PRIVATE_NAME);
    let is_proved = name.known().is_none_or(|name| name.proved);
    if is_on || (is_open && is_proved) {
        config.private_dns_enabled = Attr::Known(is_on || endpoint.private_dns_enabled);
    }
    profiles::observe(view, is_on, &mut config.route53_profile_id);
    if is_open {
        names::observe_dns(view, &endpoint, &mut config.dns);
    }
}

/// Subnets by the argument that names them, with the addresses that are fixed there.
fn observe_subnets(endpoint: &endpoint::State, config: &mut ConsumerConfig) {
    let written = match &config.subnet_configuration {
        Attr::Known(blocks) if !blocks.is_empty() => blocks.clone(),
        _ => {
            config.subnet_ids = Attr::Known(endpoint.subnet_ids.clone());
            return;
        }
    };
    let interfaces = endpoint.network_interfaces.clone().unwrap_or_default();
    let observed = endpoint.subnet_ids.iter().map(|subnet_id| {
        let before = written.iter().find(|block| block.subnet_id.known() == Some(subnet_id)).cloned();
        let mut block = before.unwrap_or_default();
        block.subnet_id = Attr::Known(subnet_id.clone());
        if let Some(interface) = interfaces.values().find(|interface| interface.subnet_id == *subnet_id) {
            show(&mut block.ipv4, interface.ipv4.as_ref());
            show(&mut block.ipv6, interface.ipv6.as_ref());
        }
        block
    });
    config.subnet_configuration = Attr::Known(observed.collect());
}

/// An address that is fixed shows as it is; one that AWS chose does not.
fn show(written: &mut Attr<String>, found: Option<&String>) {
    if let (Attr::Known(fixed), Some(found)) = (&*written, found)
        && !endpoint::is_same_address(fixed, found)
    {
        *written = Attr::Known(found.clone());
    }
}

/// The name is a tag in AWS and an argument here, unless the person wrote the tag.
fn observe_tags(endpoint: &endpoint::State, config: &mut ConsumerConfig) {
    let mut tags = endpoint.tags.clone();
    let is_written = config.tags_all.known().is_some_and(|tags| tags.contains_key(NAME));
    if !is_written && let Some(name) = tags.remove(NAME) {
        config.name = Attr::Known(name);
    }
    config.tags_all = Attr::Known(tags);
}

/// The user's tags of every object besides the endpoint, without the name that an argument stands for.
pub(super) fn carried(view: &View, config: &ConsumerConfig) -> Vec<Tags> {
    let is_written = config.tags_all.known().is_some_and(|tags| tags.contains_key(NAME));
    let named = |mut tags: Tags| {
        if !is_written {
            tags.remove(NAME);
        }
        tags
    };
    let group = view.state::<security_group::State>(SECURITY_GROUP).known().map(|group| named(group.tags.clone()));
    let zones = view.names().filter(|link| link.kind() == HOSTED_ZONE);
    let zones = zones.filter_map(|link| {
        view.state::<hosted_zone::State>(link.as_str()).known().map(|zone| named(zone.tags.clone()))
    });
    let rules = view.state::<security_group_rules::State>(SECURITY_GROUP_RULES);
    // A rule without tags may be another one's, and goes.
    let rules = rules.known().into_iter().flat_map(|rules| &rules.ingress).filter_map(|one| one.tags.clone());
    group.into_iter().chain(zones).chain(rules.filter(|tags| !tags.is_empty())).collect()
}

fn observe_groups(view: &View, endpoint: &endpoint::State, config: &mut ConsumerConfig) {
    let Attr::Known(group) = view.state::<security_group::State>(SECURITY_GROUP) else {
        if config.security_group_ids.is_set() || !endpoint.security_group_ids.is_empty() {
            config.security_group_ids = Attr::Known(endpoint.security_group_ids.clone());
        }
        return;
    };
    // A group of ours and nothing else: what somebody swapped in shows as given groups.
    if endpoint.security_group_ids != BTreeSet::from([group.id]) {
        config.security_group_ids = Attr::Known(endpoint.security_group_ids.clone());
        return;
    }
    config.egress =
        Attr::Known(if view.json(&SECURITY_GROUP_EGRESS.into()).is_set() { "none" } else { "all" }.to_owned());
    let Attr::Known(network) = view.state::<network::State>(NETWORK) else { return };
    // Without its last rule the link is absent, and the group shut.
    let found = view.state::<security_group_rules::State>(SECURITY_GROUP_RULES);
    let rules = found.known().map(security_group_rules::State::rules).unwrap_or_default();
    if ingress(config, &network).as_ref() == Some(&rules) {
        return;
    }
    let written = config.ingress.known().cloned().unwrap_or_default();
    if written.is_empty() && rules == default_rules(&network) {
        config.default_ingress = Attr::Known(true);
        return;
    }
    if rules.is_empty() && written.is_empty() {
        config.default_ingress = Attr::Known(false);
    }
    config.ingress = Attr::Known(rules.iter().map(|rule| block_of(rule, &written, &network)).collect());
}

/// A rule as it is written, or as one would write it.
fn block_of(rule: &Rule, written: &[IngressBlock], network: &network::State) -> IngressBlock {
    let means = |block: &&IngressBlock| {
        let alone = ConsumerConfig { ingress: Attr::Known(vec![(*block).clone()]), ..ConsumerConfig::default() };
        ingress(&alone, network).is_some_and(|rules| rules.contains(rule))
    };
    if let Some(block) = written.iter().find(means) {
        return block.clone();
    }
    let mut block = IngressBlock {
        protocol: if rule.protocol == "tcp" { Attr::Null } else { Attr::Known(rule.protocol.clone()) },
        description: rule.description.clone().into(),
        ..IngressBlock::default()
    };
    match (rule.from_port, rule.to_port) {
        // Every type and code of ICMP.
        (Some(-1), Some(-1)) => {}
        (Some(from), Some(to)) if from == to && !rule.protocol.starts_with("icmp") => {
            block.port = Attr::Known(i64::from(from));
        }
        (from, to) => {
            block.from_port = from.map(i64::from).into();
            block.to_port = to.map(i64::from).into();
        }
    }
    match rule.source.clone() {
        Source::CidrIpv4(cidr) => block.cidr_ipv4 = Attr::Known(cidr),
        Source::CidrIpv6(cidr) => block.cidr_ipv6 = Attr::Known(cidr),
        Source::PrefixList(id) => block.prefix_list_id = Attr::Known(id),
        Source::SecurityGroup(id) => block.security_group_id = Attr::Known(id),
    }
    block
}
