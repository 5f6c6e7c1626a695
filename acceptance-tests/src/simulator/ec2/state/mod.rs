//! What EC2 keeps of one account and Region: networks, security groups, interfaces and tags; endpoints and endpoint services are
//! in `../privatelink/state.rs`.
//!
//! Each file has what there is of one kind of object, and what follows from it alone. Operations are in the files above.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::simulator::clock::Moment;

use super::privatelink::state::State as PrivateLink;

pub mod instance;
pub mod network_acl;
pub mod network_interface;
pub mod route_table;
pub mod security_group;
pub mod subnet;
pub mod vpc;

use self::instance::Instance;
use self::network_acl::{Association, Entry};
use self::network_interface::NetworkInterface;
use self::route_table::RouteTable;
use self::security_group::SecurityGroup;
use self::subnet::Subnet;
use self::vpc::Vpc;

/// The VPC of each internet gateway; `None` where it is attached to none.
pub type Gateways = BTreeMap<String, Option<String>>;

/// Holds one account's EC2 objects in one Region, by id.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// VPCs.
    pub vpcs: BTreeMap<String, Vpc>,
    /// Subnets.
    pub subnets: BTreeMap<String, Subnet>,
    /// Internet gateways, with the VPC that each is attached to.
    pub internet_gateways: Gateways,
    /// The VPC of each network ACL that is no default one.
    pub network_acls: BTreeMap<String, String>,
    /// Subnets that have another ACL than the default one.
    pub acl_associations: BTreeMap<String, Association>,
    /// Entries of the network ACLs that somebody changed, by the ACL's id.
    pub acl_entries: BTreeMap<String, Vec<Entry>>,
    /// Route tables.
    pub route_tables: BTreeMap<String, RouteTable>,
    /// Ids of the account's own prefix lists.
    pub prefix_lists: BTreeSet<String>,
    /// Instances.
    pub instances: BTreeMap<String, Instance>,
    /// Security groups with their rules.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// Names of security groups, in lower case, with their VPC's id before them.
    pub group_names: BTreeSet<(String, String)>,
    /// Network interfaces, released ones included: ask `alive`.
    pub network_interfaces: BTreeMap<String, NetworkInterface>,
    /// Ids of the network interfaces of each subnet.
    pub interfaces_by_subnet: BTreeMap<String, Vec<String>>,
    /// Tags by resource id.
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Endpoints and endpoint services.
    pub privatelink: PrivateLink,
}

impl State {
    /// Gives the addresses of a subnet that interfaces hold.
    pub fn used_addresses(&self, subnet_id: &str, now: Moment) -> BTreeSet<Ipv4Addr> {
        let ids = self.interfaces_by_subnet.get(subnet_id).into_iter().flatten();
        let interfaces = ids.filter_map(|id| self.network_interfaces.get(id));
        interfaces.filter(|interface| interface.alive(now)).map(|interface| interface.private_ip).collect()
    }

    /// Counts the addresses of a subnet that are free: AWS keeps five of each block.
    pub fn free_addresses(&self, subnet: &Subnet, now: Moment) -> usize {
        let size = 1_usize << (32 - u32::from(subnet.cidr.prefix_len())).min(31);
        size.saturating_sub(5).saturating_sub(self.used_addresses(&subnet.id, now).len())
    }

    /// Tells whether a VPC has an internet gateway.
    pub fn has_internet_gateway(&self, vpc_id: &str) -> bool {
        self.internet_gateways.values().flatten().any(|vpc| vpc == vpc_id)
    }
}
