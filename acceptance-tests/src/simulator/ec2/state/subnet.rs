//! A subnet, with the zone it lies in and its addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Names an availability zone as one account sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Zone {
    /// `us-east-1a`: means another zone in another account.
    pub name: String,
    /// `use1-az1`: means the same zone everywhere.
    pub id: String,
}

/// Holds one subnet.
#[derive(Debug, Clone)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// VPC.
    pub vpc_id: String,
    /// Zone, in the names of its account.
    pub zone: Zone,
    /// IPv4 block.
    pub cidr: Ipv4Net,
    /// IPv6 block.
    pub ipv6_cidr: Option<Ipv6Net>,
    /// Whether it is the default one of its zone.
    pub default_for_zone: bool,
    /// What ModifySubnetAttribute sets.
    pub attributes: Attributes,
}

/// What instances that start in a subnet get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "AWS's own switches, one a call")]
pub struct Attributes {
    /// `MapPublicIpOnLaunch`.
    pub public_addresses: bool,
    /// `AssignIpv6AddressOnCreation`.
    pub ipv6_addresses: bool,
    /// `EnableDns64`.
    pub dns64: bool,
    /// `EnableResourceNameDnsARecordOnLaunch`.
    pub a_records: bool,
    /// `EnableResourceNameDnsAAAARecordOnLaunch`.
    pub aaaa_records: bool,
}

impl Subnet {
    /// Tells whether an interface may have an address: the first four and the last are AWS's.
    pub fn usable(&self, address: Ipv4Addr) -> bool {
        let first = u32::from(self.cidr.network());
        let last = u32::from(self.cidr.broadcast());
        let address = u32::from(address);
        address >= first.saturating_add(4) && address < last
    }

    /// Walks all addresses once, starting somewhere.
    pub fn addresses_from(&self, offset: u32) -> impl Iterator<Item = Ipv4Addr> + use<> {
        let first = u32::from(self.cidr.network());
        let size = u32::from(self.cidr.broadcast()) - first + 1;
        (0..size).map(move |step| Ipv4Addr::from(first + offset.wrapping_add(step) % size))
    }

    /// Gives the IPv6 address beside an IPv4 one, when the subnet has a block.
    pub fn ipv6_of(&self, address: Ipv4Addr) -> Option<Ipv6Addr> {
        let net = self.ipv6_cidr?;
        Some(Ipv6Addr::from(u128::from(net.network()) | u128::from(u32::from(address))))
    }
}
