//! What must exist for a consumer, what each object needs, and how each is taken down.

use std::collections::{BTreeMap, BTreeSet};

use super::config::{ConsumerConfig, IngressBlock, region_in, service_id, short_name};
use crate::aws::Aws;
pub use crate::endpoint_names::chain::{
    ENDPOINT, EXISTING_ZONE, HOSTED_ZONE, PRIVATE_DNS, PRIVATE_NAME, PROFILE_ASSOCIATION, RECORDS, ZONE_ASSOCIATION,
    further, of_zone,
};
use crate::endpoint_names::chain::{Target, ZoneOwner, add_kinds, add_private_dns, add_zones};
use crate::engine::{Catalogue, Chain, LinkName};
use crate::gather::Gather as _;
use crate::links::connection::{self, Connection};
use crate::links::endpoint::{self, Acceptance, Endpoint};
use crate::links::network::{self, Network};
use crate::links::notification::{self, Notification};
use crate::links::private_dns::PrivateDns;
use crate::links::private_name::{self, PrivateName};
use crate::links::security_group::{self, SecurityGroup};
use crate::links::security_group_egress::{self, NoEgress};
use crate::links::security_group_rules::{self, Rule, SecurityGroupRules, Source};
use crate::value::Attr;

/// What the subnets say.
pub const NETWORK: &str = "network";
/// The managed security group.
pub const SECURITY_GROUP: &str = "security_group";
/// Its ingress rules.
pub const SECURITY_GROUP_RULES: &str = "security_group_rules";
/// That it lets nothing out.
pub const SECURITY_GROUP_EGRESS: &str = "security_group_egress";
/// A topic that is told about the connection.
pub const NOTIFICATION: &str = "notification";
/// The acceptance in the service's account.
pub const CONNECTION: &str = "connection";
/// Everything that the configuration asks for.
///
/// Private DNS and records wait until the endpoint works: switched on earlier they would lead clients
/// to an endpoint that answers nobody.
pub fn chain(config: &ConsumerConfig) -> Chain<Aws> {
    let mut chain = Chain::new();
    let network = chain.link(NETWORK, Network, (), wanted_network(config));
    let group = config.manages_group().then(|| {
        let group = chain.link(SECURITY_GROUP, SecurityGroup, (network.exists(),), wanted_group(config));
        let rules = wanted_rules(config);
        let rules = chain.link(SECURITY_GROUP_RULES, SecurityGroupRules, (group.exists(), network.exists()), rules);
        if config.egress == Attr::Known("none".to_owned()) {
            let parents = (group.exists(), network.exists(), vec![rules.first()]);
            chain.link(SECURITY_GROUP_EGRESS, NoEgress, parents, |(group, network, ())| {
                let has_ipv6 = !network.ipv6_cidr_blocks.is_empty();
                Some(security_group_egress::Spec { group_id: group.id.clone(), has_ipv6 })
            });
        }
        (group, rules)
    });
    // A new group is found some seconds late: one of the two waits for that, not both.
    let rules: Vec<_> = group.iter().map(|(_, rules)| rules.first()).collect();
    let groups = group.map(|(group, _)| group.exists());
    let endpoint = chain.link(ENDPOINT, Endpoint, (network.exists(), groups, rules), wanted_endpoint(config));
    if let Attr::Known(accept) = &config.accept {
        let wanted = wanted_connection(config, accept.peer_account.clone());
        let connection = chain.link(CONNECTION, Connection, (endpoint.exists(),), wanted);
        chain.opens(&connection, &endpoint);
    }
    for (topic, block) in notification::by_topic(&config.connection_notification).unwrap_or_default() {
        let name = LinkName::keyed(NOTIFICATION, &topic);
        chain.link(name, Notification, (endpoint.exists(),), move |(endpoint,)| {
            let endpoint_id = Some(endpoint.id.clone());
            Some(notification::Spec { endpoint_id, ..notification::wanted(&topic, &block)? })
        });
    }
    if config.private_dns_enabled == Attr::Known(true) {
        let name = chain.link(PRIVATE_NAME, PrivateName, (), wanted_private_name(config));
        let only = config.private_dns_only_for_inbound_resolver_endpoint;
        add_private_dns(&mut chain, &endpoint, &name, only, &config.route53_profile_id);
    }
    let owner = ZoneOwner {
        name: config.name.clone(),
        uid: config.memory.owner_uid().map(str::to_owned),
        region: config.region.clone(),
        tags: named_tags(config),
    };
    add_zones(&mut chain, &owner, &Target { endpoint, vpc: network.exists() }, &config.dns);
    chain
}

/// Every kind of link, and what must be gone before it.
///
/// Records leave before the endpoint that they lead to; the endpoint's network interfaces hold the security group until
/// they are released. What was only looked at is forgotten, and so is an acceptance: leaving rejects nobody.
pub fn catalogue() -> Catalogue<Aws> {
    let mut catalogue = Catalogue::new();
    catalogue.kind(ENDPOINT, Endpoint).anchor().after(&[RECORDS, NOTIFICATION, PROFILE_ASSOCIATION]);
    catalogue.kind(NOTIFICATION, Notification);
    catalogue.kind(CONNECTION, Connection).released();
    let on = catalogue.kind(PRIVATE_DNS, PrivateDns).after(&[PROFILE_ASSOCIATION]).goes_with(ENDPOINT);
    on.shows_in::<Endpoint>(ENDPOINT, |endpoint| {
        endpoint.private_dns_enabled = false;
        endpoint.private_dns_names.clear();
    });
    add_kinds(&mut catalogue);
    catalogue.kind(SECURITY_GROUP, SecurityGroup).after(&[ENDPOINT]);
    catalogue.kind(SECURITY_GROUP_RULES, SecurityGroupRules).goes_with(SECURITY_GROUP);
    catalogue.kind(SECURITY_GROUP_EGRESS, NoEgress).goes_with(SECURITY_GROUP);
    catalogue.kind(NETWORK, Network).after(&[ENDPOINT, SECURITY_GROUP, HOSTED_ZONE]).released();
    catalogue
}

/// Who accepts, as the endpoint's gate needs it.
pub fn acceptance(config: &ConsumerConfig) -> Acceptance {
    match (config.accept.is_set(), config.wait_for_acceptance) {
        (true, _) => Acceptance::Await,
        (false, Attr::Known(true)) => Acceptance::WaitForPerson,
        _ => Acceptance::Leave,
    }
}

fn wanted_network(config: &ConsumerConfig) -> impl Fn(&()) -> Option<network::Spec> + Send + Sync + 'static {
    let subnet_ids = config.subnets();
    move |&()| Some(network::Spec { subnet_ids: subnet_ids.clone().settled()?? })
}

fn wanted_group(
    config: &ConsumerConfig,
) -> impl Fn(&(network::State,)) -> Option<security_group::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |(network,)| {
        let name = config.name.clone().settled()??;
        Some(security_group::Spec {
            base_name: name.clone(),
            description: format!("Interface endpoint {name}"),
            vpc_id: network.vpc_id.clone(),
            tags: named_tags(&config)?,
        })
    }
}

fn wanted_rules(
    config: &ConsumerConfig,
) -> impl Fn(&(security_group::State, network::State)) -> Option<security_group_rules::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |(group, network)| {
        Some(security_group_rules::Spec {
            group_id: group.id.clone(),
            ingress: ingress(&config, network)?,
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

/// The rules that are written, or TCP 443 from the VPC where `default_ingress` says so.
pub fn ingress(config: &ConsumerConfig, network: &network::State) -> Option<BTreeSet<Rule>> {
    let blocks = config.ingress.clone().settled()?.unwrap_or_default();
    if !blocks.is_empty() {
        return blocks.iter().map(rule).collect();
    }
    if config.default_ingress.settled()? != Some(true) {
        return Some(BTreeSet::new());
    }
    Some(default_rules(network))
}

/// TCP 443 from every CIDR block of the VPC.
pub fn default_rules(network: &network::State) -> BTreeSet<Rule> {
    let v4 = network.cidr_blocks.iter().cloned().map(Source::CidrIpv4);
    let v6 = network.ipv6_cidr_blocks.iter().cloned().map(Source::CidrIpv6);
    v4.chain(v6).map(|source| Rule::new("tcp", Some(443), Some(443), source, None)).gather()
}

/// One rule as AWS has it; `None` while a part of it is not known.
pub fn rule(block: &IngressBlock) -> Option<Rule> {
    let (single, from, to) = (block.port.settled()?, block.from_port.settled()?, block.to_port.settled()?);
    let port = |value: Option<i64>| match value {
        Some(value) => i32::try_from(value).ok().map(Some),
        None => Some(None),
    };
    let sources = [
        block.cidr_ipv4.clone().settled()?.map(Source::CidrIpv4),
        block.cidr_ipv6.clone().settled()?.map(Source::CidrIpv6),
        block.prefix_list_id.clone().settled()?.map(Source::PrefixList),
        block.security_group_id.clone().settled()?.map(Source::SecurityGroup),
    ];
    let source = sources.into_iter().flatten().next()?;
    let protocol = block.protocol.clone().settled()?.unwrap_or_else(|| "tcp".to_owned());
    let description = block.description.clone().settled()?;
    Some(Rule::new(&protocol, port(single.or(from))?, port(single.or(to))?, source, description))
}

fn wanted_endpoint(
    config: &ConsumerConfig,
) -> impl Fn(&(network::State, Option<security_group::State>, ())) -> Option<endpoint::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |(network, group, ())| {
        let security_group_ids = match group {
            Some(group) => BTreeSet::from([group.id.clone()]),
            None => config.security_group_ids.clone().settled()??,
        };
        Some(endpoint::Spec {
            service_name: config.service_name.clone().settled()??,
            service_region: foreign_region(&config)?,
            vpc_id: network.vpc_id.clone(),
            subnet_ids: config.subnets().settled()??,
            zones: network.zones(),
            addresses: config.addresses()?,
            security_group_ids,
            ip_address_type: config.ip_address_type.clone().settled()?.unwrap_or_else(|| "ipv4".to_owned()),
            dns_record_ip_type: config.dns_record_ip_type.clone().settled()?,
            policy: config.policy.clone().settled()?,
            acceptance: acceptance(&config),
            base_name: config.name.clone().settled()??,
            tags: named_tags(&config)?,
            is_default_name: has_default_name(&config),
            without_private_dns: config.private_dns_enabled.settled()? != Some(true),
        })
    }
}

/// The Region of the service where it is another one than the endpoint's; the outer `None` while unknown.
#[expect(clippy::option_option, reason = "not known yet, and known to be none, are two answers")]
fn foreign_region(config: &ConsumerConfig) -> Option<Option<String>> {
    let own = config.region.clone().settled()?;
    let of_service = config.service_region.clone().settled()?;
    Some(of_service.filter(|region| Some(region) != own.as_ref()))
}

/// Whether nobody chose the name.
fn has_default_name(config: &ConsumerConfig) -> bool {
    let default = config.service_name.known().map(String::as_str).map(short_name);
    config.name.known() == default.as_ref()
}

/// All tags and the name, unless the person wrote a `Name` of his own.
fn named_tags(config: &ConsumerConfig) -> Option<BTreeMap<String, String>> {
    let mut tags = config.tags_all.clone().settled()?.unwrap_or_default();
    if let Some(name) = config.name.clone().settled()? {
        tags.entry("Name".to_owned()).or_insert(name);
    }
    Some(tags)
}

fn wanted_private_name(config: &ConsumerConfig) -> impl Fn(&()) -> Option<private_name::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |&()| {
        Some(private_name::Spec {
            service_name: config.service_name.clone().settled()??,
            service_region: foreign_region(&config)?,
        })
    }
}

fn wanted_connection(
    config: &ConsumerConfig,
    peer_account: Attr<String>,
) -> impl Fn(&(endpoint::State,)) -> Option<connection::Spec> + Send + Sync + 'static {
    let config = config.clone();
    move |(endpoint,)| {
        let service_name = config.service_name.clone().settled()??;
        Some(connection::Spec {
            account: peer_account.clone().settled()?,
            service_id: service_id(&service_name)?.to_owned(),
            service_region: foreign_region(&config)?.or_else(|| region_in(&service_name).map(str::to_owned)),
            endpoint_id: endpoint.id.clone(),
            rejects: false,
            tags: config.tags_all.clone().settled()?.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_contradicts_itself_nowhere() {
        assert_eq!(catalogue().defects(), Vec::<String>::new());
    }
}
