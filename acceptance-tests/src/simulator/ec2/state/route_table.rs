//! A route table: the subnets that it is for, and its routes to interfaces and internet gateways.

use std::collections::BTreeMap;

use ipnet::{IpNet, Ipv4Net};

/// Holds one route table.
#[derive(Debug, Clone, Default)]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// VPC.
    pub vpc_id: String,
    /// Whether subnets without another one use it.
    pub is_main: bool,
    /// Subnets by the ids of their associations.
    pub subnets: BTreeMap<String, String>,
    /// Network interfaces by the blocks that lead to them.
    pub routes: BTreeMap<Ipv4Net, String>,
    /// Internet gateways by the blocks that lead to them.
    pub gateway_routes: BTreeMap<IpNet, String>,
}

impl RouteTable {
    /// Makes the main table of a VPC; its id follows from the VPC's.
    pub fn main_of(vpc_id: &str) -> Self {
        let digits = vpc_id.trim_start_matches("vpc-");
        Self { id: format!("rtb-{digits}"), vpc_id: vpc_id.to_owned(), is_main: true, ..Self::default() }
    }
}
