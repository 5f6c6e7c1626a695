//! What lets traffic pass or stops it: rules of security groups, network ACLs, routes, and where interfaces stand.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use aws_sdk_ec2::types::{Filter, NetworkInterface, RuleAction, SecurityGroupRule};
use futures_util::future::try_join_all;
use ipnet::IpNet;

use crate::aws::client::Account;
use crate::aws::operation::Operation::Ec2;
use crate::aws::pages::Pages as _;
use crate::aws::seen::Instance;
use crate::engine::Result;
use crate::gather::Gather as _;

/// A rule of a security group that lets traffic in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundRule {
    /// `sgr-…`
    pub id: String,
    /// Its group.
    pub group_id: String,
    /// `tcp`, `udp`, `-1` for all.
    pub protocol: String,
    /// First port; `None` for all.
    pub from_port: Option<i32>,
    /// Last port.
    pub to_port: Option<i32>,
    /// Whom it lets in.
    pub source: Source,
}

/// Whom a rule lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Addresses.
    Block(IpNet),
    /// Members of a security group.
    Group(String),
    /// Addresses of a prefix list.
    PrefixList(String),
}

/// A network interface, as far as traffic is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interface {
    /// `eni-…`
    pub id: String,
    /// Its subnet.
    pub subnet_id: String,
    /// Its zone by id.
    pub zone_id: String,
    /// Its zone by the name that it has in this account.
    pub zone: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Its security groups.
    pub group_ids: Vec<String>,
}

/// A subnet of a VPC.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubnetPlace {
    /// `subnet-…`
    pub id: String,
    /// Its zone by id.
    pub zone_id: String,
    /// Its zone by the name that it has in this account.
    pub zone: String,
    /// Its blocks.
    pub blocks: Vec<IpNet>,
}

/// The network ACL of a subnet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkAcl {
    /// `acl-…`
    pub id: String,
    /// Its rules in the order in which AWS asks them.
    pub rules: Vec<AclRule>,
}

/// A rule of a network ACL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AclRule {
    /// Its place.
    pub number: i32,
    /// Whether it is for traffic that leaves the subnet.
    pub egress: bool,
    /// Whether it allows.
    pub allows: bool,
    /// Number of a protocol; `-1` for all.
    pub protocol: String,
    /// First and last port; `None` for all.
    pub ports: Option<(i32, i32)>,
    /// Addresses at the other end.
    pub block: IpNet,
}

/// A route of a subnet that is no VPC's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Its table.
    pub table_id: String,
    /// Where to.
    pub destination: IpNet,
    /// Through what, such as `eni-…`; `local` for the VPC itself.
    pub target: String,
    /// Whether the target is gone.
    pub is_blackhole: bool,
}

fn filter(name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().map(Into::into).collect())).build()
}

impl Account {
    /// What lets traffic into members of these groups.
    pub async fn inbound_rules(&self, group_ids: &[String]) -> Result<Vec<InboundRule>> {
        let groups = try_join_all(group_ids.iter().map(|id| self.security_group_rules(id))).await?;
        let inbound = groups.into_iter().flatten().filter(|rule| rule.is_egress() != Some(true));
        Ok(inbound.filter_map(|rule| inbound_rule(&rule)).collect())
    }

    /// The interfaces with these ids, as far as they are there.
    pub async fn interfaces(&self, ids: &[String]) -> Result<Vec<Interface>> {
        let found = try_join_all(ids.iter().map(|id| self.network_interface(id))).await?;
        Ok(found.into_iter().flatten().map(|interface| flatten(&interface)).collect())
    }

    /// The interfaces of a load balancer.
    pub async fn interfaces_of_load_balancer(&self, arn: &str) -> Result<Vec<Interface>> {
        let Some((_, name)) = arn.split_once(":loadbalancer/") else { return Ok(Vec::new()) };
        let wanted = filter("description", [format!("ELB {name}")]);
        let pages = self.ec2().describe_network_interfaces().filters(wanted).all();
        let found = self.call(Ec2("DescribeNetworkInterfaces"), pages).await?;
        Ok(found.iter().map(flatten).collect())
    }

    /// The interfaces of a VPC that have one of these IPv4 addresses.
    pub async fn interfaces_at(&self, vpc_id: &str, addresses: &BTreeSet<String>) -> Result<Vec<Interface>> {
        let pages = self.ec2().describe_network_interfaces().filters(filter("vpc-id", [vpc_id]));
        let pages = pages.filters(filter("private-ip-address", addresses)).all();
        let found = self.call(Ec2("DescribeNetworkInterfaces"), pages).await?;
        Ok(found.iter().map(flatten).collect())
    }

    /// Those of these instances that run or can be started, by id. A terminated instance has no interface any more.
    pub async fn instances(&self, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Instance>> {
        let pages = self.ec2().describe_network_interfaces().filters(filter("attachment.instance-id", ids));
        // An account may hide what managed services made, their instances among it.
        let pages = pages.include_managed_resources(true);
        // The first interface is the one that load balancers send to; others can lie in other VPCs.
        let pages = pages.filters(filter("attachment.device-index", ["0"])).all();
        let found = self.call(Ec2("DescribeNetworkInterfaces"), pages).await?;
        let instances = found.iter().filter_map(|interface| {
            let id = interface.attachment()?.instance_id()?.to_owned();
            let Interface { zone, group_ids, .. } = flatten(interface);
            Some((id, Instance { vpc_id: interface.vpc_id().unwrap_or_default().to_owned(), zone, group_ids }))
        });
        Ok(instances.gather())
    }

    /// An instance, as it was within the last half minute.
    pub async fn instance(&self, id: &str) -> Result<Option<Instance>> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move { account.instances(&ids.into_iter().gather()).await }
        };
        let reads = self.reads();
        reads.cache.instances.get(id, reads.instances.get(id, fetch)).await
    }

    /// The subnets of a VPC.
    pub async fn subnets_of_vpc(&self, vpc_id: &str) -> Result<Vec<SubnetPlace>> {
        let pages = self.ec2().describe_subnets().filters(filter("vpc-id", [vpc_id])).all();
        let found = self.call(Ec2("DescribeSubnets"), pages).await?;
        let places = found.iter().map(|subnet| {
            let v6 = subnet.ipv6_cidr_block_association_set().iter().filter_map(|block| block.ipv6_cidr_block());
            SubnetPlace {
                id: subnet.subnet_id().unwrap_or_default().to_owned(),
                zone_id: subnet.availability_zone_id().unwrap_or_default().to_owned(),
                zone: subnet.availability_zone().unwrap_or_default().to_owned(),
                blocks: subnet.cidr_block().into_iter().chain(v6).filter_map(|block| block.parse().ok()).collect(),
            }
        });
        Ok(places.collect())
    }

    /// The IPv4 and IPv6 blocks of a VPC; none where it does not exist.
    pub async fn blocks_of_vpc(&self, vpc_id: &str) -> Result<Vec<IpNet>> {
        let Some(vpc) = self.vpc(vpc_id).await? else { return Ok(Vec::new()) };
        let associated = vpc.cidr_block_association_set().iter().filter_map(|block| block.cidr_block());
        let v6 = vpc.ipv6_cidr_block_association_set().iter().filter_map(|block| block.ipv6_cidr_block());
        let mut blocks: Vec<IpNet> =
            vpc.cidr_block().into_iter().chain(associated).chain(v6).filter_map(|block| block.parse().ok()).collect();
        blocks.sort_unstable();
        blocks.dedup();
        Ok(blocks)
    }

    /// Whether a VPC has IPv6 blocks.
    pub async fn has_ipv6(&self, vpc_id: &str) -> Result<bool> {
        Ok(self.blocks_of_vpc(vpc_id).await?.iter().any(|block| matches!(block, IpNet::V6(_))))
    }

    /// The network ACLs of these subnets, by subnet.
    pub async fn network_acls(&self, subnet_ids: &BTreeSet<String>) -> Result<BTreeMap<String, NetworkAcl>> {
        let pages = self.ec2().describe_network_acls().filters(filter("association.subnet-id", subnet_ids)).all();
        let found = self.call(Ec2("DescribeNetworkAcls"), pages).await?;
        let mut acls = BTreeMap::new();
        for acl in &found {
            let mut rules: Vec<AclRule> = acl.entries().iter().filter_map(acl_rule).collect();
            rules.sort();
            let one = NetworkAcl { id: acl.network_acl_id().unwrap_or_default().to_owned(), rules };
            let subnets = acl.associations().iter().filter_map(|association| association.subnet_id());
            acls.extend(subnets.map(|subnet| (subnet.to_owned(), one.clone())));
        }
        Ok(acls)
    }

    /// The routes of a subnet: of its own table, or of its VPC's main one.
    pub async fn routes(&self, vpc_id: &str, subnet_id: &str) -> Result<Vec<Route>> {
        let pages = self.ec2().describe_route_tables().filters(filter("vpc-id", [vpc_id])).all();
        let found = self.call(Ec2("DescribeRouteTables"), pages).await?;
        let of = |wanted: &dyn Fn(&aws_sdk_ec2::types::RouteTableAssociation) -> bool| {
            found.iter().find(|table| table.associations().iter().any(wanted))
        };
        let own = of(&|association| association.subnet_id() == Some(subnet_id));
        let Some(table) = own.or_else(|| of(&|association| association.main() == Some(true))) else {
            return Ok(Vec::new());
        };
        let table_id = table.route_table_id().unwrap_or_default();
        Ok(table.routes().iter().filter_map(|one| route(table_id, one)).collect())
    }
}

fn route(table_id: &str, found: &aws_sdk_ec2::types::Route) -> Option<Route> {
    let destination = found.destination_cidr_block().or(found.destination_ipv6_cidr_block())?;
    let target = [
        found.network_interface_id(),
        found.instance_id(),
        found.gateway_id(),
        found.nat_gateway_id(),
        found.transit_gateway_id(),
        found.vpc_peering_connection_id(),
        found.local_gateway_id(),
        found.carrier_gateway_id(),
        found.core_network_arn(),
    ];
    Some(Route {
        table_id: table_id.to_owned(),
        destination: destination.parse().ok()?,
        target: target.into_iter().flatten().next().unwrap_or_default().to_owned(),
        is_blackhole: found.state().is_some_and(|state| state.as_str() == "blackhole"),
    })
}

fn inbound_rule(rule: &SecurityGroupRule) -> Option<InboundRule> {
    let block = rule.cidr_ipv4().or(rule.cidr_ipv6()).and_then(|block| block.parse().ok()).map(Source::Block);
    let group = rule.referenced_group_info().and_then(|group| group.group_id()).map(|id| Source::Group(id.to_owned()));
    let list = rule.prefix_list_id().map(|id| Source::PrefixList(id.to_owned()));
    Some(InboundRule {
        id: rule.security_group_rule_id().unwrap_or_default().to_owned(),
        group_id: rule.group_id().unwrap_or_default().to_owned(),
        protocol: rule.ip_protocol().unwrap_or("-1").to_owned(),
        from_port: rule.from_port().filter(|port| *port >= 0),
        to_port: rule.to_port().filter(|port| *port >= 0),
        source: block.or(group).or(list)?,
    })
}

fn acl_rule(entry: &aws_sdk_ec2::types::NetworkAclEntry) -> Option<AclRule> {
    let block = entry.cidr_block().or(entry.ipv6_cidr_block())?;
    let ports = entry.port_range().and_then(|range| range.from().zip(range.to()));
    Some(AclRule {
        number: entry.rule_number().unwrap_or(i32::MAX),
        egress: entry.egress() == Some(true),
        allows: entry.rule_action() == Some(&RuleAction::Allow),
        protocol: entry.protocol().unwrap_or("-1").to_owned(),
        ports,
        block: block.parse().ok()?,
    })
}

fn flatten(interface: &NetworkInterface) -> Interface {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let v4 = interface.private_ip_addresses().iter().filter_map(|one| one.private_ip_address());
    let v6 = interface.ipv6_addresses().iter().filter_map(|one| one.ipv6_address());
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in interface.private_ip_address().into_iter().chain(v4).chain(v6).filter_map(|one| one.parse().ok()) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Interface {
        id: text(interface.network_interface_id()),
        subnet_id: text(interface.subnet_id()),
        zone_id: text(interface.availability_zone_id()),
        zone: text(interface.availability_zone()),
        addresses,
        group_ids: interface.groups().iter().filter_map(|group| group.group_id()).map(str::to_owned).collect(),
    }
}
