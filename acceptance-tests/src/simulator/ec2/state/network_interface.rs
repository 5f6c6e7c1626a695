//! A network interface: what holds a subnet, an address and security groups.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::simulator::clock::Moment;

/// Names what an interface belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterfaceKind {
    /// An instance.
    Instance,
    /// An interface endpoint.
    VpcEndpoint,
    /// A network load balancer.
    NetworkLoadBalancer,
    /// An application load balancer.
    ApplicationLoadBalancer,
}

impl InterfaceKind {
    /// Writes the kind as AWS does.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instance | Self::ApplicationLoadBalancer => "interface",
            Self::VpcEndpoint => "vpc_endpoint",
            Self::NetworkLoadBalancer => "network_load_balancer",
        }
    }
}

/// Holds one network interface.
#[derive(Debug, Clone)]
pub struct NetworkInterface {
    /// `eni-…`.
    pub id: String,
    /// What it belongs to.
    pub kind: InterfaceKind,
    /// VPC.
    pub vpc_id: String,
    /// Subnet.
    pub subnet_id: String,
    /// Private IPv4 address.
    pub private_ip: Ipv4Addr,
    /// IPv6 addresses.
    pub ipv6: Vec<Ipv6Addr>,
    /// Security groups.
    pub groups: Vec<String>,
    /// Text that names the owner.
    pub description: String,
    /// Who asked for it: an account or `amazon-elb`.
    pub requester_id: String,
    /// `ela-attach-…` or `eni-attach-…`.
    pub attachment_id: String,
    /// The instance it is of.
    pub instance_id: Option<String>,
    /// When it appeared; in the future while its owner still builds it.
    pub created: Moment,
    /// When it goes.
    pub released: Moment,
}

impl NetworkInterface {
    /// Tells whether it holds its subnet and groups.
    pub fn alive(&self, now: Moment) -> bool {
        now < self.released
    }
}
