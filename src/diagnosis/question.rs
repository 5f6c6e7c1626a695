//! What is asked: the two ends of a connection, and who connects.

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// The endpoint.
    pub endpoint_id: Option<String>,
    /// The endpoint service.
    pub service_id: Option<String>,
    /// The name that the client resolves; the endpoint's own where none is given.
    pub name: Option<String>,
    /// The port that it connects to.
    pub port: u16,
    /// What it speaks.
    pub protocol: Protocol,
    /// Its security groups.
    pub security_group_ids: Vec<String>,
    /// Its address.
    pub source_ip: Option<std::net::IpAddr>,
    /// Its subnet.
    pub subnet_id: Option<String>,
    /// The `peer_account` that owns the other side.
    pub peer_account: Option<String>,
}

/// What a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Connections, encrypted or not.
    #[default]
    Tcp,
    /// Datagrams.
    Udp,
}

impl Protocol {
    /// As rules of security groups write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// As rules of network ACLs write it.
    pub(super) fn number(self) -> &'static str {
        match self {
            Self::Tcp => "6",
            Self::Udp => "17",
        }
    }
}
