//! What attributes of a consumer rule out together. Unknown values pass.

mod ingress;

use super::config::{ConsumerConfig, is_s3, region_in, service_id};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::endpoint_names::{blocks, profiles};
use crate::value::{Attr, Path};

/// Rules across attributes.
pub(super) fn check(config: &ConsumerConfig) -> Diagnostics {
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
    ingress::check(rules, &mut found);
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
