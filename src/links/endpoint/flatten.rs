//! What AWS says of an endpoint and its network interfaces, as our state.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types as ec2;

use super::diff::word;
use super::names::{self, Name};
use super::{NetworkInterface, State};
use crate::aws::Tags;
use crate::aws::tags::{PRIVATE_DNS, from_ec2, name_of};
use crate::gather::Gather as _;
use crate::schema::policy;

/// The state with neither zonal names nor network interfaces, which need [`enrich`]; `arn` and the
/// user's tags come from the caller, who knows the Region and what is to be ignored.
pub(super) fn state(endpoint: &ec2::VpcEndpoint, arn: Option<String>, tags: Tags) -> State {
    let id = endpoint.vpc_endpoint_id().unwrap_or_default().to_owned();
    let regional = endpoint.dns_entries().iter().find(|entry| is_kind(&id, entry, &Name::Regional));
    // Private DNS that another resource claims is none of this endpoint's settings.
    let is_claimed = endpoint.tags().iter().any(|tag| tag.key() == Some(PRIVATE_DNS));
    let private = endpoint.dns_entries().iter().filter(|entry| !is_claimed && is_kind(&id, entry, &Name::Private));
    State {
        arn,
        state: endpoint.state().map(|state| word(state.as_str())),
        vpc_id: endpoint.vpc_id().unwrap_or_default().to_owned(),
        owner_id: endpoint.owner_id().map(str::to_owned),
        service_name: endpoint.service_name().unwrap_or_default().to_owned(),
        service_region: endpoint.service_region().map(str::to_owned),
        subnet_ids: endpoint.subnet_ids().iter().cloned().gather(),
        security_group_ids: endpoint.groups().iter().filter_map(|group| group.group_id()).map(str::to_owned).gather(),
        ip_address_type: endpoint.ip_address_type().map_or_else(|| "ipv4".to_owned(), |kind| kind.as_str().to_owned()),
        dns_record_ip_type: endpoint
            .dns_options()
            .and_then(ec2::DnsOptions::dns_record_ip_type)
            .map(|kind| kind.as_str().to_owned()),
        policy: endpoint
            .policy_document()
            .filter(|text| !text.is_empty() && !policy::is_full_access(text))
            .map(str::to_owned),
        dns_name: regional.and_then(|entry| entry.dns_name()).map(str::to_owned),
        hosted_zone_id: regional.and_then(|entry| entry.hosted_zone_id()).map(str::to_owned),
        zonal_dns_names: Some(BTreeMap::new()),
        private_dns_names: private.filter_map(|entry| entry.dns_name()).map(str::to_owned).gather(),
        private_dns_enabled: !is_claimed && endpoint.private_dns_enabled().unwrap_or_default(),
        network_interfaces: Some(BTreeMap::new()),
        network_interface_ids: endpoint.network_interface_ids().iter().cloned().gather(),
        named: name_of(&from_ec2(endpoint.tags())),
        tags,
        id,
    }
}

/// Adds what needs the zones of the network interfaces.
pub(super) fn enrich(state: &mut State, endpoint: &ec2::VpcEndpoint, interfaces: &[ec2::NetworkInterface]) {
    let zone_ids: BTreeMap<&str, &str> = interfaces
        .iter()
        .filter_map(|interface| interface.availability_zone().zip(interface.availability_zone_id()))
        .gather();
    let zonal = endpoint.dns_entries().iter().filter_map(|entry| {
        let name = entry.dns_name()?;
        match names::kind(&state.id, name) {
            // A zone of the service's account may be named by its id already.
            Name::Zonal(zone) => {
                let zone_id = zone_ids.get(zone.as_str()).map_or(zone.clone(), |id| (*id).to_owned());
                Some((zone_id, name.to_owned()))
            }
            Name::Regional | Name::Private => None,
        }
    });
    state.zonal_dns_names = Some(zonal.gather());
    state.network_interfaces = Some(interfaces.iter().filter_map(network_interface).gather());
}

fn network_interface(interface: &ec2::NetworkInterface) -> Option<(String, NetworkInterface)> {
    let zone = interface.availability_zone_id().or(interface.availability_zone())?.to_owned();
    let ipv6 = interface.ipv6_addresses().iter().find_map(|address| address.ipv6_address());
    Some((
        zone,
        NetworkInterface {
            id: interface.network_interface_id()?.to_owned(),
            subnet_id: interface.subnet_id().unwrap_or_default().to_owned(),
            ipv4: interface.private_ip_address().map(str::to_owned),
            ipv6: ipv6.map(str::to_owned),
        },
    ))
}

/// Why AWS says that the endpoint does not work.
pub(super) fn reason(endpoint: &ec2::VpcEndpoint) -> String {
    let error = endpoint
        .last_error()
        .map(|error| [error.code(), error.message()].into_iter().flatten().collect::<Vec<_>>().join(": "));
    let words: BTreeSet<String> = error.into_iter().chain(endpoint.failure_reason().map(str::to_owned)).gather();
    words.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
}

fn is_kind(id: &str, entry: &ec2::DnsEntry, kind: &Name) -> bool {
    entry.dns_name().is_some_and(|name| names::kind(id, name) == *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "vpce-0a1b2c3d4e5f60718";

    fn entry(name: &str, zone: &str) -> ec2::DnsEntry {
        ec2::DnsEntry::builder().dns_name(name).hosted_zone_id(zone).build()
    }

    fn name(middle: &str) -> String {
        format!("{ID}-abcd1234{middle}.vpce-svc-01.eu-west-1.vpce.amazonaws.com")
    }

    fn endpoint() -> ec2::VpcEndpoint {
        ec2::VpcEndpoint::builder()
            .vpc_endpoint_id(ID)
            .state(ec2::State::from("pendingAcceptance"))
            .service_name("com.amazonaws.vpce.eu-west-1.vpce-svc-01")
            .groups(ec2::SecurityGroupIdentifier::builder().group_id("sg-1").build())
            .dns_options(ec2::DnsOptions::builder().dns_record_ip_type(ec2::DnsRecordIpType::Ipv4).build())
            .network_interface_ids("eni-1")
            // Not in the usual order: the private name first, the regional one last.
            .dns_entries(entry("orders.example.dev", "ZPRIVATE"))
            .dns_entries(entry(&name("-eu-west-1b"), "ZVPCE"))
            .dns_entries(entry(&name("-eu-west-1a"), "ZVPCE"))
            .dns_entries(entry(&name(""), "ZVPCE"))
            .build()
    }

    fn interface(id: &str, zone: &str, zone_id: &str) -> ec2::NetworkInterface {
        ec2::NetworkInterface::builder()
            .network_interface_id(id)
            .subnet_id(format!("subnet-{zone_id}"))
            .availability_zone(zone)
            .availability_zone_id(zone_id)
            .private_ip_address("10.0.0.7")
            .build()
    }

    #[test]
    fn names_are_chosen_by_shape_not_by_place() {
        let state = state(&endpoint(), None, Tags::new());
        assert_eq!(state.dns_name, Some(name("")));
        assert_eq!(state.hosted_zone_id.as_deref(), Some("ZVPCE"));
        assert_eq!(state.private_dns_names, ["orders.example.dev".to_owned()].into());
        assert_eq!(state.state.as_deref(), Some("pendingAcceptance"));
        let none = (Some(BTreeMap::new()), Some(BTreeMap::new()));
        assert_eq!((state.network_interfaces, state.zonal_dns_names), none, "there are none before it is available");
    }

    #[test]
    fn zones_are_named_by_id() {
        let endpoint = endpoint();
        let mut state = state(&endpoint, None, Tags::new());
        // In this account eu-west-1a is not az1.
        enrich(
            &mut state,
            &endpoint,
            &[interface("eni-1", "eu-west-1a", "euw1-az3"), interface("eni-2", "eu-west-1b", "euw1-az1")],
        );
        let zonal = state.zonal_dns_names.unwrap();
        assert_eq!(zonal.get("euw1-az3"), Some(&name("-eu-west-1a")));
        assert_eq!(zonal.get("euw1-az1"), Some(&name("-eu-west-1b")));
        let interfaces = state.network_interfaces.unwrap();
        assert_eq!(interfaces["euw1-az3"].id, "eni-1");
        assert_eq!(interfaces["euw1-az3"].subnet_id, "subnet-euw1-az3");
        assert_eq!(interfaces["euw1-az3"].ipv4.as_deref(), Some("10.0.0.7"));
    }

    #[test]
    fn the_policy_that_aws_attaches_by_itself_is_none() {
        let full = r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;
        let with =
            |text: &str| state(&ec2::VpcEndpoint::builder().policy_document(text).build(), None, Tags::new()).policy;
        assert_eq!(with(full), None);
        assert_eq!(with(r#"{"Statement":[]}"#).as_deref(), Some(r#"{"Statement":[]}"#));
    }

    #[test]
    fn the_reason_holds_all_of_awss_words() {
        let error = ec2::LastError::builder().code("InsufficientFreeAddressesInSubnet").message("no room").build();
        let endpoint = ec2::VpcEndpoint::builder().last_error(error).failure_reason("gave up").build();
        let reason = reason(&endpoint);
        assert!(
            reason.contains("InsufficientFreeAddressesInSubnet: no room") && reason.contains("gave up"),
            "{reason}"
        );
        assert_eq!(super::reason(&ec2::VpcEndpoint::builder().build()), "");
    }
}
