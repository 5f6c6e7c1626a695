//! `privatelink_consumer`: an interface endpoint with everything that makes it usable.
//!
//! [`config`] lists the attributes, [`chain`] says what must exist and in which order, [`reflect`] how
//! what exists shows in the attributes, [`preflight`] what is looked at before a change, [`sources`] where
//! rules let traffic in from, [`handover`] what a replacement takes over last, [`moved`] which states of hashicorp/aws become one,
//! [`orphans`] what an interrupted update may have left.

pub mod chain;
pub mod config;
mod discover;
mod handover;
mod list;
mod moved;
mod orphans;
mod places;
mod preflight;
mod reflect;
mod sources;

use jiff::Timestamp;

use crate::aws::{Aws, Tags};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::endpoint_names::blocks::{self, has_open_zones};
use crate::endpoint_names::{passing, profiles};
use crate::engine::{Catalogue, Chain, Failure, Orphan, Record, RunMark, TaggedLead, View};
use crate::links::notification;
use crate::links::security_group_rules::Rule;
use crate::resource::{Composite, Discovered, Handover, Origin, Preflight, Search, Undiscovered};
use crate::value::{Attr, Path};
pub use config::ConsumerConfig;
use config::{IngressBlock, is_s3, region_in, service_id, short_name};

/// The resource type.
#[derive(Debug, Clone, Copy)]
pub struct Consumer;

impl Composite for Consumer {
    const TYPE: &'static str = "privatelink_consumer";
    const NOUN: &'static str = "consumer";
    const ANCHOR: &'static str = chain::ENDPOINT;
    const STABLE_OUTPUTS: &'static [&'static str] = &["id", "arn", "vpc_id", "owner_id", "dns_name", "hosted_zone_id"];
    const ORPHANS: &'static [&'static str] = orphans::KINDS;
    const CREATES_ON_UPDATE: &'static [&'static str] = orphans::CREATES_ON_UPDATE;
    const MOVES_FROM: Option<Origin> = Some(moved::ORIGIN);

    type Config = ConsumerConfig;
    type Client = Aws;

    fn check(config: &ConsumerConfig) -> Diagnostics {
        check(config)
    }

    fn derive(config: &mut ConsumerConfig) {
        let from_name = |pick: fn(&str) -> Option<String>| match &config.service_name {
            Attr::Known(name) => pick(name).into(),
            Attr::Unknown | Attr::Given => Attr::Unknown,
            Attr::Null => Attr::Null,
        };
        let (region, short): (Attr<String>, Attr<String>) =
            (from_name(|name| region_in(name).map(str::to_owned)), from_name(|name| Some(short_name(name))));
        if !matches!(config.service_region, Attr::Known(_)) {
            // A name without a Region, such as IAM's, is looked for where the endpoint is.
            config.service_region = if region.is_null() { config.region.clone() } else { region };
        }
        if !matches!(config.name, Attr::Known(_)) {
            config.name = short;
        }
        if !matches!(config.dns_record_ip_type, Attr::Known(_)) {
            config.dns_record_ip_type = config.ip_address_type.clone();
        }
    }

    /// The default rule is for a group that never had other rules: rules that are removed open nothing.
    fn complete(config: &mut ConsumerConfig, prior: Option<&ConsumerConfig>) {
        if matches!(config.default_ingress, Attr::Known(_)) {
            return;
        }
        let had_rules = prior.is_some_and(|prior| prior.manages_group() && prior.default_ingress.is_null());
        config.default_ingress = match &config.ingress {
            _ if config.has_open_group() => Attr::Unknown,
            _ if !config.manages_group() => Attr::Null,
            Attr::Unknown | Attr::Given => Attr::Unknown,
            Attr::Known(rules) if !rules.is_empty() => Attr::Null,
            Attr::Known(_) | Attr::Null if had_rules => Attr::Null,
            Attr::Known(_) | Attr::Null => Attr::Known(true),
        };
    }

    fn is_open(config: &ConsumerConfig) -> bool {
        config.accept.is_unknown()
            || has_open_zones(&config.dns)
            || config.has_open_group()
            || (config.manages_group() && config.egress.is_unknown())
            || config.private_dns_enabled.is_unknown()
            || config.route53_profile_id.is_unknown()
            || notification::by_topic(&config.connection_notification).is_none()
    }

    fn peers(config: &ConsumerConfig) -> Vec<String> {
        preflight::peers(config).into_iter().map(|(_, peer)| peer).collect()
    }

    fn name(config: &ConsumerConfig) -> String {
        config.name.known().cloned().unwrap_or_default()
    }

    fn chain(config: &ConsumerConfig) -> Chain<Aws> {
        chain::chain(config)
    }

    fn catalogue() -> Catalogue<Aws> {
        chain::catalogue()
    }

    fn outputs(view: &View, config: &mut ConsumerConfig) {
        reflect::outputs(view, config);
    }

    fn observe(view: &View, config: &mut ConsumerConfig) {
        reflect::observe(view, config);
    }

    fn carried(view: &View, config: &ConsumerConfig) -> Vec<Tags> {
        reflect::carried(view, config)
    }

    async fn preflight(
        client: &Aws,
        check: &Preflight<'_, ConsumerConfig>,
        found: &mut Diagnostics,
    ) -> Result<(), Failure> {
        preflight::preflight(client, check, found).await
    }

    fn announce(client: &Aws, record: &Record, config: Option<&ConsumerConfig>) {
        passing::announce(client, record, config.map(|config| &config.dns));
    }

    async fn immovable(
        client: &Aws,
        config: &ConsumerConfig,
        prior: &ConsumerConfig,
    ) -> Result<Vec<&'static str>, Failure> {
        preflight::immovable(client, config, prior).await
    }

    async fn foresee(client: &Aws, config: &ConsumerConfig, record: &mut Record) -> Result<(), Failure> {
        preflight::foresee(client, config, record).await
    }

    async fn handover(
        client: &Aws,
        config: &ConsumerConfig,
        resource: &str,
    ) -> Result<Option<Handover<ConsumerConfig>>, Failure> {
        handover::handover(client, config, resource).await
    }

    fn own(config: &mut ConsumerConfig, uid: &str) {
        config.memory.set_owner_uid(uid);
    }

    fn forget_taken_over(record: &mut Record, uid: &str) {
        handover::forget_taken_over(record, uid);
    }

    fn lead(config: &ConsumerConfig) -> Option<&'static str> {
        Some(if config.manages_group() { chain::SECURITY_GROUP } else { chain::ENDPOINT })
    }

    async fn begun(client: &Aws, _config: &ConsumerConfig, resource: &str) -> Result<Vec<TaggedLead>, Failure> {
        client.account(None)?.tagged_objects(resource).await
    }

    /// A sibling differs in its subnets, and with them in its VPC, or in its service.
    fn purpose(config: &ConsumerConfig) -> Vec<String> {
        let service =
            [&config.service_name, &config.service_region].map(|one| one.known().cloned().unwrap_or_default());
        let subnets = config.subnets().known().cloned().unwrap_or_default();
        service.into_iter().chain(subnets).collect()
    }

    async fn anchor_of(client: &Aws, uid: &str) -> Result<Option<String>, Failure> {
        client.account(None)?.ec2_object_of(uid, "vpc-endpoint").await
    }

    async fn account_id(client: &Aws, peer: Option<&str>) -> Result<Option<String>, Failure> {
        client.account(peer)?.id().await
    }

    fn now(client: &Aws) -> Option<Timestamp> {
        client.now()
    }

    fn hints(config: &ConsumerConfig) -> Vec<String> {
        orphans::hints(config)
    }

    async fn orphans(client: &Aws, search: &Search<'_>) -> Result<Vec<Orphan>, Failure> {
        orphans::orphans(client, search).await
    }

    async fn tags(client: &Aws, id: &str) -> Result<Tags, Failure> {
        client.account(None)?.tags_of(id).await
    }

    async fn mark_run(client: &Aws, id: &str, mark: RunMark) -> Result<(), Failure> {
        client.account(None)?.mark_run(id, mark).await
    }

    async fn write_tags(client: &Aws, id: &str, tags: &Tags) -> Result<(), Failure> {
        client.account(None)?.write_tags(id, tags).await
    }

    async fn discover(client: &Aws, id: &str) -> Result<Discovered<ConsumerConfig>, Undiscovered> {
        discover::discover(client, id).await
    }
}

/// Rules across attributes.
fn check(config: &ConsumerConfig) -> Diagnostics {
    let mut found = Diagnostics::new();
    check_subnets(config, &mut found);
    check_address_types(config, &mut found);
    let rules = config.ingress.known().map(Vec::as_slice).unwrap_or_default();
    // True is what a generated configuration may write.
    if config.security_group_ids.is_given() && config.default_ingress == Attr::Known(false) {
        let detail = "default_ingress is a rule of a managed group, and security_group_ids names groups that somebody else \
                      manages. Leave one of the two out.";
        found.push(
            Diagnostic::error("Rule for a group that is not managed", detail).at(Path::attribute("default_ingress")),
        );
    }
    if config.security_group_ids.is_given() && config.egress == Attr::Known("none".to_owned()) {
        let detail = "egress takes rules from a managed group, and security_group_ids names groups that somebody else \
                      manages. Leave one of the two out.";
        found.push(Diagnostic::error("Rules of a group that is not managed", detail).at(Path::attribute("egress")));
    }
    for block in rules {
        check_ingress(block, &mut found);
    }
    check_described_once(rules, &mut found);
    if let Attr::Known(name) = &config.service_name
        && config.accept.is_given()
        && service_id(name).is_none()
    {
        let detail =
            format!("{name} is a service of AWS, which accepts every connection itself. Leave the accept block out.");
        found.push(Diagnostic::error("Nothing to accept", detail).at(Path::attribute("accept")));
    }
    for dns in config.dns.known().into_iter().flatten() {
        blocks::check(dns, &mut found);
    }
    check_service_region(config, &mut found);
    check_inbound_resolver(config, &mut found);
    profiles::check(&config.route53_profile_id, &config.private_dns_enabled, &mut found);
    found
}

/// Only S3 leaves the choice of who its private names answer to.
fn check_inbound_resolver(config: &ConsumerConfig, found: &mut Diagnostics) {
    let (Attr::Known(name), Attr::Known(true)) =
        (&config.service_name, &config.private_dns_only_for_inbound_resolver_endpoint)
    else {
        return;
    };
    if is_s3(name) {
        return;
    }
    let detail = format!(
        "private_dns_only_for_inbound_resolver_endpoint is a choice of S3 (com.amazonaws.<Region>.s3), and service_name is \
         {name}. Leave it out."
    );
    let place = Path::attribute("private_dns_only_for_inbound_resolver_endpoint");
    found.push(Diagnostic::error("No choice of this service", detail).at(place));
}

/// A name that holds a Region is of a service there and nowhere else.
fn check_service_region(config: &ConsumerConfig, found: &mut Diagnostics) {
    let (Attr::Known(name), Attr::Known(region)) = (&config.service_name, &config.service_region) else { return };
    let Some(named) = region_in(name).filter(|named| *named != region.as_str()) else { return };
    let detail = format!(
        "service_region must be the Region in service_name: {name} is a service of {named}, got {region:?}. Leave \
         service_region out, or correct one of the two."
    );
    found.push(Diagnostic::error("Region of another service", detail).at(Path::attribute("service_region")));
}

fn check_subnets(config: &ConsumerConfig, found: &mut Diagnostics) {
    let blocks = config.subnet_configuration.known().map(Vec::as_slice).unwrap_or_default();
    let place = Path::attribute("subnet_configuration");
    let mut addresses = std::collections::BTreeSet::new();
    for block in blocks {
        for address in [block.ipv4.known(), block.ipv6.known()].into_iter().flatten() {
            if !addresses.insert(address) {
                let detail = format!("Two subnet_configuration blocks have the address {address}.");
                found.push(Diagnostic::error("Address given twice", detail).at(place.clone()));
            }
        }
        let lacks = |family: &str, other: &str| {
            let (id, word) = (block.subnet_id.known().map_or("", String::as_str), other);
            format!(
                "The block of {id} fixes an {family} address, and ip_address_type is {word:?}. Leave the address out, or \
                     set ip_address_type = \"dualstack\"."
            )
        };
        let kind = config.ip_address_type.known().map_or("ipv4", String::as_str);
        if block.ipv6.is_given() && kind == "ipv4" && !config.ip_address_type.is_unknown() {
            found.push(Diagnostic::error("No IPv6 addresses", lacks("IPv6", kind)).at(place.clone()));
        }
        if block.ipv4.is_given() && kind == "ipv6" {
            found.push(Diagnostic::error("No IPv4 addresses", lacks("IPv4", kind)).at(place.clone()));
        }
    }
}

/// Which DNS records AWS allows beside which addresses.
fn check_address_types(config: &ConsumerConfig, found: &mut Diagnostics) {
    let (false, Attr::Known(records)) = (config.ip_address_type.is_unknown(), &config.dns_record_ip_type) else {
        return;
    };
    let kind = config.ip_address_type.known().map_or("ipv4", String::as_str);
    let allowed: &[&str] = match kind {
        "dualstack" => &["dualstack", "ipv4", "ipv6", "service-defined"],
        "ipv6" => &["ipv6"],
        _ => &["ipv4"],
    };
    if !allowed.contains(&records.as_str()) {
        let allowed: Vec<String> = allowed.iter().map(|word| format!("{word:?}")).collect();
        let detail = format!(
            "With ip_address_type = {kind:?} AWS takes dns_record_ip_type {}, not {records:?}. Leave it out, or choose one \
             of them.",
            allowed.join(" or ")
        );
        found.push(Diagnostic::error("Records of other addresses", detail).at(Path::attribute("dns_record_ip_type")));
    }
}

fn check_ingress(block: &IngressBlock, found: &mut Diagnostics) {
    let mut complain = |summary: &str, detail: String| {
        found.push(Diagnostic::error(summary, detail).at(Path::attribute("ingress")));
    };
    let about = told_apart(block);
    let ports = [&block.port, &block.from_port, &block.to_port];
    let Some(protocol) = block.protocol.clone().settled().map(|word| word.unwrap_or_else(|| "tcp".to_owned())) else {
        return;
    };
    match protocol.as_str() {
        "tcp" | "udp" => {
            if ports.iter().all(|port| port.is_null()) {
                complain("Port of the rule", format!("{about} needs port = 443, or both from_port and to_port."));
            }
            if ports.iter().any(|port| port.known().is_some_and(|port| *port < 0)) {
                complain(
                    "Port of the rule",
                    format!("{about} has the port -1, which stands for every type of ICMP only."),
                );
            }
        }
        // Type and code, or neither for all.
        "icmp" | "icmpv6" => return,
        _ if ports.iter().any(|port| port.is_given()) => {
            let detail = format!("{about} has protocol = {protocol:?}, which has no ports; leave them out.");
            complain("No ports for this protocol", detail);
        }
        _ => {}
    }
    if let (Attr::Known(from), Attr::Known(to)) = (&block.from_port, &block.to_port)
        && from > to
    {
        complain("Port range backwards", format!("{about} goes from port {from} down to {to}; exchange them."));
    }
}

/// A rule has one description in AWS.
fn check_described_once(blocks: &[IngressBlock], found: &mut Diagnostics) {
    let mut rules: Vec<Rule> = Vec::new();
    for rule in blocks.iter().filter_map(chain::rule) {
        let same = |other: &&Rule| other.description != rule.description && other.is_same_traffic(&rule);
        if let Some(other) = rules.iter().find(same) {
            let words = |rule: &Rule| rule.description.as_ref().map_or("none".to_owned(), |text| format!("{text:?}"));
            let detail = format!(
                "Two ingress blocks allow {} with different descriptions, {} and {}; a rule has one. Leave one of the \
                 blocks out.",
                rule.in_words(),
                words(other),
                words(&rule)
            );
            found.push(Diagnostic::error("Rule described twice", detail).at(Path::attribute("ingress")));
        }
        rules.push(rule);
    }
}

/// A block of a set has no path of its own: what is written in it names it.
fn told_apart(block: &IngressBlock) -> String {
    let source = [&block.cidr_ipv4, &block.cidr_ipv6, &block.prefix_list_id, &block.security_group_id];
    let source = source.into_iter().find_map(|source| source.known());
    let port = [&block.port, &block.from_port, &block.to_port].into_iter().find_map(|port| port.known());
    match (source, &block.description, port, &block.protocol) {
        (Some(source), ..) => format!("The ingress block for {source}"),
        (None, Attr::Known(description), ..) => format!("The ingress block described as {description:?}"),
        (None, _, Some(port), _) => format!("The ingress block for port {port}"),
        (None, _, None, Attr::Known(protocol)) => format!("The ingress block for protocol {protocol:?}"),
        _ => "An empty ingress block".to_owned(),
    }
}
