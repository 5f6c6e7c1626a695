//! A VPC.

use ipnet::{Ipv4Net, Ipv6Net};

/// Holds one VPC.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "AWS's own attributes")]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// IPv4 blocks, the first is the primary; a VPC has at most five.
    pub cidrs: Vec<Ipv4Net>,
    /// IPv6 block.
    pub ipv6_cidr: Option<Ipv6Net>,
    /// `enableDnsSupport`.
    pub dns_support: bool,
    /// `enableDnsHostnames`.
    pub dns_hostnames: bool,
    /// `enableNetworkAddressUsageMetrics`.
    pub usage_metrics: bool,
    /// Whether it is the Region's default VPC.
    pub is_default: bool,
    /// Default security group.
    pub default_group: String,
}
