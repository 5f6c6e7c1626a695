//! Who the client is, and whether security groups let it in.
//!
//! A client of which only the groups are known sits anywhere in its subnet or VPC: a block admits it only if it holds all of that.

use std::fmt;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use crate::simulator::ec2::state::security_group::{Peer, Rule};
use crate::simulator::ec2::state::subnet::Subnet;
use crate::simulator::ec2::state::vpc::Vpc;
use crate::simulator::state::State;

use super::{Protocol, ReachRequest};

/// The client as the objects show it.
#[derive(Debug)]
pub(super) struct Client<'a> {
    /// Its VPC.
    pub(super) vpc: &'a Vpc,
    subnet: Option<&'a Subnet>,
    ip: Option<IpAddr>,
    groups: &'a [String],
}

impl<'a> Client<'a> {
    /// Finds the client's VPC and subnet.
    pub(super) fn locate(state: &'a State, request: &'a ReachRequest) -> Result<Self, String> {
        let mut regions = state.regions().filter(|(account, name, _)| {
            *account == request.account && request.region.as_ref().is_none_or(|wanted| wanted == name)
        });
        let found = regions.find_map(|(_, _, region)| Some((region, region.ec2.vpcs.get(&request.vpc_id)?)));
        let (region, vpc) =
            found.ok_or_else(|| format!("the account {} has no VPC {}", request.account, request.vpc_id))?;
        let subnet = match &request.subnet_id {
            None => None,
            Some(id) => {
                let subnet = region.ec2.subnets.get(id).filter(|subnet| subnet.vpc_id == vpc.id);
                Some(subnet.ok_or_else(|| format!("{} has no subnet {id}", vpc.id))?)
            }
        };
        let ip = match &request.ip {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| format!("'{text}' is not an address"))?),
        };
        Ok(Self { vpc, subnet, ip, groups: &request.security_group_ids })
    }

    /// Makes a client of which everything is known: a node of a load balancer.
    pub(super) fn at(vpc: &'a Vpc, ip: IpAddr, groups: &'a [String]) -> Self {
        Self { vpc, subnet: None, ip: Some(ip), groups }
    }

    /// Tells the id of the client's zone, if its subnet is known.
    pub(super) fn zone_id(&self) -> Option<&'a str> {
        self.subnet.map(|subnet| subnet.zone.id.as_str())
    }

    /// Gives the client's subnet, if it is known.
    pub(super) fn subnet(&self) -> Option<&'a Subnet> {
        self.subnet
    }

    /// Tells whether the client lies in a block, all of it that is known.
    pub(super) fn is_in(&self, block: IpNet) -> bool {
        if let Some(ip) = self.ip {
            return block.contains(&ip);
        }
        let whole: Vec<Ipv4Net> = self.subnet.map_or_else(|| self.vpc.cidrs.clone(), |subnet| vec![subnet.cidr]);
        !whole.is_empty() && whole.into_iter().all(|own| block.contains(&IpNet::V4(own)))
    }
}

impl fmt::Display for Client<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ip = self.ip.map_or_else(|| "of any address".to_owned(), |ip| ip.to_string());
        write!(f, "{ip} with the groups [{}]", self.groups.join(", "))
    }
}

/// Returns the rule that lets the client in on a port, or says why none does. Groups as sources count only in the client's own VPC.
pub(super) fn admitting(
    state: &State,
    client: &Client<'_>,
    group_ids: &[String],
    (protocol, port): (Protocol, u16),
    same_vpc: bool,
) -> Result<String, String> {
    let groups = state.regions().flat_map(|(_, _, region)| region.ec2.security_groups.values());
    let rules = groups
        .filter(|group| group_ids.contains(&group.id))
        .flat_map(|group| group.rules.values().filter(|rule| !rule.egress).map(move |rule| (group, rule)));
    for (group, rule) in rules {
        if rule.covers(protocol.name(), port) && admits(rule, client, same_vpc) {
            return Ok(format!("{} of {}", rule.id, group.id));
        }
    }
    Err(format!("no inbound rule of {} lets the client in on {} port {port}", group_ids.join(", "), protocol.name()))
}

fn admits(rule: &Rule, client: &Client<'_>, same_vpc: bool) -> bool {
    match &rule.peer {
        Peer::Ipv4(block) => client.is_in(IpNet::V4(*block)),
        Peer::Ipv6(block) => client.ip.is_some_and(|ip| IpNet::V6(*block).contains(&ip)),
        Peer::Group(id) => same_vpc && client.groups.contains(id),
        Peer::PrefixList(_) => false,
    }
}
