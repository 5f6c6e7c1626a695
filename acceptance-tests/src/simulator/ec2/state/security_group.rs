//! A security group with its rules, and the VPCs that it serves.

use std::collections::BTreeMap;

use ipnet::{Ipv4Net, Ipv6Net};

use crate::simulator::clock::Moment;
use crate::simulator::timed::Timed;

/// Names the other side of a rule, in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// An IPv4 block.
    Ipv4(Ipv4Net),
    /// An IPv6 block.
    Ipv6(Ipv6Net),
    /// A security group.
    Group(String),
    /// A prefix list.
    PrefixList(String),
}

impl Peer {
    fn name(&self) -> String {
        match self {
            Self::Ipv4(net) => net.to_string(),
            Self::Ipv6(net) => net.to_string(),
            Self::Group(id) | Self::PrefixList(id) => id.clone(),
        }
    }
}

/// Holds one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `sgr-…`.
    pub id: String,
    /// Egress or ingress.
    pub egress: bool,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `-1` for all, or a number.
    pub protocol: String,
    /// First port; -1 without ports.
    pub from_port: i32,
    /// Last port; -1 without ports.
    pub to_port: i32,
    /// Other side.
    pub peer: Peer,
    /// Description.
    pub description: Option<String>,
    /// Made together with the group: the allow-all egress.
    pub born_with_group: bool,
}

impl Rule {
    /// Tells whether this is the rule that a group is born with, or one that was put back in its place.
    pub fn is_usual_egress(&self) -> bool {
        self.born_with_group || (self.egress && self.protocol == "-1" && self.peer == Peer::Ipv4(Ipv4Net::default()))
    }

    /// Tells whether the rule lets a TCP or UDP port through.
    pub fn covers(&self, protocol: &str, port: u16) -> bool {
        let port = i32::from(port);
        self.protocol == "-1" || (self.protocol == protocol && (self.from_port..=self.to_port).contains(&port))
    }

    /// Tells whether two rules are the same rule to AWS: everything but id and description.
    pub fn same(&self, other: &Self) -> bool {
        let key = |rule: &Self| (rule.egress, rule.protocol.clone(), rule.from_port, rule.to_port, rule.peer.clone());
        key(self) == key(other)
    }

    /// Writes the rule in the words of `InvalidPermission.Duplicate`.
    pub fn words(&self) -> String {
        let protocol = if self.protocol == "-1" { "ALL".to_owned() } else { self.protocol.to_uppercase() };
        let ports = if self.protocol == "-1" {
            String::new()
        } else {
            format!(", from port: {}, to port: {}", self.from_port, self.to_port)
        };
        format!("peer: {}, {protocol}{ports}, ALLOW", self.peer.name())
    }
}

/// AWS's word for where an association stands; empty when it is gone.
pub type Word = &'static str;

/// Further VPCs of a group.
pub type Associations = BTreeMap<String, Timed<Word>>;

/// The word of an association that serves.
pub const ASSOCIATED: Word = "associated";

/// Holds one security group.
#[derive(Debug, Clone)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// VPC.
    pub vpc_id: String,
    /// The VPC's default group.
    pub is_default: bool,
    /// Rules by id.
    pub rules: BTreeMap<String, Rule>,
    /// Further VPCs in which it can be used.
    pub further_vpcs: Associations,
}

impl SecurityGroup {
    /// Tells whether the group can be used in a VPC: its own, or one that it is associated with.
    pub fn serves(&self, vpc_id: &str, now: Moment) -> bool {
        self.vpc_id == vpc_id || self.further_vpcs.get(vpc_id).is_some_and(|state| *state.at(now) == ASSOCIATED)
    }

    /// Tells whether the group is associated with a VPC or was a moment ago.
    pub fn is_associated(&self, now: Moment) -> bool {
        self.further_vpcs.values().any(|state| !state.at(now).is_empty())
    }
}
