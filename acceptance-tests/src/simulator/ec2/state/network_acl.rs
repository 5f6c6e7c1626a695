//! What there is of network ACLs: their entries, and the subnets that have another one than the default one.

use ipnet::IpNet;

/// Ties a subnet to an ACL that is not the default one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// `aclassoc-…`.
    pub id: String,
    /// The ACL.
    pub acl_id: String,
}

/// Gives the id of a VPC's default ACL, which follows from the VPC's.
pub fn default_of(vpc_id: &str) -> String {
    vpc_id.replacen("vpc-", "acl-", 1)
}

/// Holds one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub number: u32,
    /// Whether it is for what leaves a subnet.
    pub egress: bool,
    /// Whether it allows.
    pub allows: bool,
    /// Number of a protocol; `-1` for all.
    pub protocol: String,
    /// First and last port; `None` for all.
    pub ports: Option<(u16, u16)>,
    /// Addresses at the other end.
    pub block: IpNet,
}
