//! Attributes of the managed load balancer.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;

use super::ServiceConfig;
use crate::gather::Gather as _;
use crate::schema::{Rule, formats};
use crate::value::Attr;

crate::attributes! {
    /// Settings of the managed network load balancer.
    pub struct LoadBalancerBlock {
        /// Whether each zone's entry reaches the targets of every zone.
        optional_computed enable_cross_zone_load_balancing: bool = false,
        /// Whether AWS refuses to delete the load balancer. Switch it off and apply before a destroy.
        optional_computed enable_deletion_protection: bool = false,
        /// Security groups of the load balancer. The first one and the last one take a new load balancer behind the same service, which AWS refuses while consumers are connected.
        optional security_groups: BTreeSet<String> => [Rule::Results, Rule::Is(&formats::SECURITY_GROUP_ID)],
        /// Whether inbound rules of these groups hold for traffic from endpoints, which comes with the clients' own addresses: `on` or `off`.
        optional_computed enforce_security_group_inbound_rules_on_private_link_traffic: String = "on" => [Rule::OneOf(&["on", "off"])],
        /// `ipv4`, or `dualstack` in subnets that have IPv6 blocks.
        optional_computed ip_address_type: String = "ipv4" => [Rule::OneOf(&["ipv4", "dualstack"])],
        /// To which zones the load balancer's own name leads clients.
        optional_computed dns_record_client_routing_policy: String = "any_availability_zone" => [Rule::OneOf(&["any_availability_zone", "availability_zone_affinity", "partial_availability_zone_affinity"])],
        /// Further addresses in each subnet, 0 to 7, that AWS assigns: each makes room for another 55,000 connections to a target at a time. AWS only adds, so a smaller number is an error at plan.
        optional_computed secondary_ips_auto_assigned_per_subnet: i64 = 0 => [Rule::Range(0, 7)],
        /// Whether a zonal shift, of yours or an automatic one of AWS, may lead traffic away from a zone.
        optional_computed enable_zonal_shift: bool = false,
        /// Whether datagrams over IPv6 leave from a prefix of each subnet: `on` or `off`. UDP listeners need `on` where `ip_address_type` is `dualstack`, and `on` needs that type.
        optional_computed enable_prefix_for_ipv6_source_nat: String = "off" => [Rule::OneOf(&["on", "off"])],
        /// Logs of TLS connections in S3.
        single access_logs: AccessLogsBlock,
        /// The least capacity that AWS keeps ready, which costs as long as it is reserved. AWS refuses it beside TLS listeners.
        single minimum_load_balancer_capacity: MinimumCapacityBlock,
    }
}

crate::attributes! {
    /// The least capacity that AWS keeps ready.
    pub struct MinimumCapacityBlock {
        /// Capacity units of a load balancer, each 2.2 Mbit/s of throughput. AWS takes a smaller number twice a day at most, and provisions each within minutes or hours, for which an apply does not wait.
        required capacity_units: i64 => [Rule::Range(1, 2_147_483_647)],
    }
}

crate::attributes! {
    /// Logs of TLS connections in S3.
    pub struct AccessLogsBlock {
        /// Name of the bucket, whose policy lets Elastic Load Balancing write.
        required bucket: String,
        /// Folder in the bucket.
        optional prefix: String,
        /// Whether logs are written.
        optional_computed enabled: bool = false,
    }
}

crate::attributes! {
    /// A subnet of the managed network load balancer with the address that it gets there.
    pub struct SubnetMappingBlock {
        /// The subnet.
        required subnet_id: String => [Rule::Results, Rule::Unique("A subnet gets one address of each family."), Rule::Is(&formats::SUBNET_ID)],
        /// Address in the subnet; AWS chooses by default. Another one takes a new load balancer behind the same service, which AWS refuses while consumers are connected.
        optional private_ipv4_address: String => [Rule::Results, Rule::Is(&formats::IPV4)],
        /// IPv6 address in the subnet, for a load balancer with `ip_address_type = "dualstack"`; AWS chooses by default. As with IPv4, another one takes a new load balancer.
        optional ipv6_address: String => [Rule::Results, Rule::Is(&formats::IPV6)],
    }
}

impl ServiceConfig {
    /// The capacity that is to be kept ready.
    pub fn minimum_capacity(&self) -> Attr<MinimumCapacityBlock> {
        self.load_balancer.clone().and_then(|block| block.minimum_load_balancer_capacity)
    }

    /// Whether existing load balancers stand behind the service; unknown ones count as written where nothing else is.
    pub fn has_given_load_balancers(&self) -> bool {
        match self.load_balancer_arns {
            Attr::Null => false,
            Attr::Unknown => !self.has_subnets(),
            Attr::Given | Attr::Known(_) => true,
        }
    }

    /// Whether it is not known yet what stands in front: exactly one of three may be written, and more than one is unknown.
    pub fn has_open_front(&self) -> bool {
        let others = self.subnet_ids.is_unknown() || self.subnet_mapping.is_unknown();
        self.load_balancer_arns == Attr::Unknown && others && !self.has_subnets()
    }

    /// Whether it is certain that subnets are written.
    fn has_subnets(&self) -> bool {
        self.subnet_ids.is_given() || self.subnet_mapping.known().is_some_and(|blocks| !blocks.is_empty())
    }

    /// Whether addresses are fixed, so that subnets are written as mappings.
    pub fn has_mappings(&self) -> bool {
        match &self.subnet_mapping {
            Attr::Null => false,
            Attr::Known(blocks) => !blocks.is_empty(),
            Attr::Unknown | Attr::Given => !self.subnet_ids.is_given(),
        }
    }

    /// The subnets of the managed load balancer; `None` while one is unknown.
    pub fn subnets(&self) -> Option<BTreeSet<String>> {
        if !self.has_mappings() {
            return self.subnet_ids.known().cloned();
        }
        self.subnet_mapping.known()?.iter().map(|block| block.subnet_id.known().cloned()).collect()
    }

    /// The fixed IPv4 addresses by subnet; `None` while one is unknown.
    pub fn addresses(&self) -> Option<BTreeMap<String, String>> {
        self.fixed(|block| &block.private_ipv4_address)
    }

    /// The fixed IPv6 addresses by subnet, in their canonical spelling; `None` while one is unknown.
    pub fn ipv6_addresses(&self) -> Option<BTreeMap<String, String>> {
        let fixed = self.fixed(|block| &block.ipv6_address)?;
        Some(fixed.into_iter().map(|(subnet, address)| (subnet, canonical(&address))).gather())
    }

    fn fixed(&self, family: fn(&SubnetMappingBlock) -> &Attr<String>) -> Option<BTreeMap<String, String>> {
        if !self.has_mappings() {
            return Some(BTreeMap::new());
        }
        let mut addresses = BTreeMap::new();
        for block in self.subnet_mapping.known()? {
            if let Some(address) = family(block).clone().settled()? {
                addresses.insert(block.subnet_id.known()?.clone(), address);
            }
        }
        Some(addresses)
    }
}

/// The one spelling in which AWS tells an IPv6 address.
pub fn canonical(address: &str) -> String {
    address.parse::<Ipv6Addr>().map_or_else(|_| address.to_owned(), |address| address.to_string())
}
