//! What is asked: where a client is, and what it calls.

use serde::Deserialize;

/// Says where a client is and what it calls.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReachRequest {
    /// Account of the client.
    pub account: String,
    /// VPC of the client.
    pub vpc_id: String,
    /// Name it resolves.
    pub name: String,
    /// Port it connects to.
    pub port: u16,
    /// Protocol it speaks.
    #[serde(default)]
    pub protocol: Protocol,
    /// Security groups of the client.
    #[serde(default)]
    pub security_group_ids: Vec<String>,
    /// Address of the client, instead of groups.
    #[serde(default)]
    pub ip: Option<String>,
    /// Subnet of the client; without it every zone of the endpoint must reach.
    #[serde(default)]
    pub subnet_id: Option<String>,
    /// Region of the client; by default the one in which the account has the VPC.
    #[serde(default)]
    pub region: Option<String>,
}

/// What a packet is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// A connection, encrypted or not.
    #[default]
    #[serde(alias = "tcp")]
    Tcp,
    /// A datagram.
    #[serde(alias = "udp")]
    Udp,
}

impl Protocol {
    /// Writes it as rules of security groups do.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// Tells whether a listener takes it.
    pub(super) fn is_taken_by(self, listener: &str) -> bool {
        match self {
            Self::Tcp => matches!(listener, "TCP" | "TLS" | "TCP_UDP"),
            Self::Udp => matches!(listener, "UDP" | "TCP_UDP"),
        }
    }
}
