//! Who sends, and whether security groups let the sender in.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::question::Protocol;
use crate::aws::lookups::{InboundRule, Source};

/// Whoever sends: a client, or a node of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Client {
    /// Its address, where it is known.
    pub(super) address: Option<IpAddr>,
    /// Where its address lies otherwise: its subnet, or its whole VPC.
    pub(super) blocks: Vec<IpNet>,
    /// Its security groups.
    pub(super) group_ids: Vec<String>,
    /// Whether those are all.
    pub(super) knows_groups: bool,
    /// Its VPC, where it is known.
    pub(super) vpc_id: Option<String>,
}

/// Whether a group lets somebody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// This rule does.
    By(String),
    /// No rule does.
    No,
    /// These sources are let in; whether the sender is among them is not known.
    Only(String),
}

impl Client {
    /// A node of a load balancer, of which everything is known.
    pub(super) fn node(vpc_id: &str, address: IpAddr, group_ids: &[String]) -> Self {
        Self {
            address: Some(address),
            blocks: Vec::new(),
            group_ids: group_ids.to_vec(),
            knows_groups: true,
            vpc_id: Some(vpc_id.to_owned()),
        }
    }

    /// Whether it lies in a block: yes, no, or perhaps.
    pub(super) fn lies_in(&self, block: &IpNet) -> Option<bool> {
        if let Some(address) = self.address {
            return Some(block.contains(&address));
        }
        let same_family = |own: &&IpNet| own.addr().is_ipv4() == block.addr().is_ipv4();
        let mut own = self.blocks.iter().filter(same_family).peekable();
        if own.peek().is_none() {
            return if self.blocks.is_empty() { None } else { Some(false) };
        }
        let own: Vec<&IpNet> = own.collect();
        if own.iter().all(|own| block.contains(*own)) {
            return Some(true);
        }
        let touches = own.iter().any(|own| block.contains(*own) || own.contains(block));
        if touches { None } else { Some(false) }
    }

    /// What a rule says about it. Groups as sources count in the group's own VPC only.
    fn admitted(&self, rule: &InboundRule, vpc_id: &str) -> Option<bool> {
        match &rule.source {
            Source::Block(block) => self.lies_in(block),
            Source::Group(id) => {
                let elsewhere = self.vpc_id.as_deref().is_some_and(|own| own != vpc_id);
                match (elsewhere, self.group_ids.contains(id)) {
                    (true, _) => Some(false),
                    (false, true) => Some(true),
                    (false, false) => self.knows_groups.then_some(false),
                }
            }
            Source::PrefixList(_) => None,
        }
    }

    /// What the rules of groups in a VPC say about it.
    pub(super) fn admission(&self, rules: &[InboundRule], vpc_id: &str, protocol: Protocol, port: u16) -> Admission {
        let mut perhaps = Vec::new();
        for rule in rules.iter().filter(|rule| covers(rule, protocol, port)) {
            match self.admitted(rule, vpc_id) {
                Some(true) => return Admission::By(format!("rule {} of {}", rule.id, rule.group_id)),
                Some(false) => {}
                None => perhaps.push(source(&rule.source)),
            }
        }
        perhaps.sort();
        perhaps.dedup();
        if perhaps.is_empty() { Admission::No } else { Admission::Only(perhaps.join(", ")) }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.address, self.group_ids.as_slice()) {
            (Some(address), []) => write!(f, "{address}"),
            (Some(address), groups) => write!(f, "{address} with {}", groups.join(", ")),
            (None, []) => f.write_str("the client"),
            (None, groups) => write!(f, "a client with {}", groups.join(", ")),
        }
    }
}

/// Whether a rule is about a port.
fn covers(rule: &InboundRule, protocol: Protocol, port: u16) -> bool {
    if rule.protocol == "-1" {
        return true;
    }
    let port = i32::from(port);
    (rule.protocol == protocol.word() || rule.protocol == protocol.number())
        && rule.from_port.is_none_or(|from| from <= port)
        && rule.to_port.is_none_or(|to| port <= to)
}

fn source(source: &Source) -> String {
    match source {
        Source::Block(block) => block.to_string(),
        Source::Group(id) | Source::PrefixList(id) => id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(protocol: &str, ports: (i32, i32), source: Source) -> InboundRule {
        InboundRule {
            id: "sgr-1".into(),
            group_id: "sg-1".into(),
            protocol: protocol.into(),
            from_port: Some(ports.0),
            to_port: Some(ports.1),
            source,
        }
    }

    fn block(text: &str) -> Source {
        Source::Block(text.parse().unwrap())
    }

    #[test]
    fn a_client_of_which_only_the_subnet_is_known_is_let_in_where_the_whole_subnet_is() {
        let client = Client { blocks: vec!["10.0.1.0/24".parse().unwrap()], knows_groups: true, ..Client::default() };
        for (source, wanted) in [
            (block("10.0.0.0/16"), Admission::By("rule sgr-1 of sg-1".into())),
            (block("10.0.1.0/25"), Admission::Only("10.0.1.0/25".into())),
            (block("10.0.2.0/24"), Admission::No),
            (block("::/0"), Admission::No),
            (Source::Group("sg-2".into()), Admission::No),
            (Source::PrefixList("pl-1".into()), Admission::Only("pl-1".into())),
        ] {
            let rules = [rule("tcp", (443, 443), source.clone())];
            assert_eq!(client.admission(&rules, "vpc-1", Protocol::Tcp, 443), wanted, "{source:?}");
        }
    }

    #[test]
    fn protocol_and_port_decide_before_the_source() {
        let client = Client { address: Some("10.0.0.7".parse().unwrap()), ..Client::default() };
        let admitted = |protocol: &str, ports, asked, port| {
            let rules = [rule(protocol, ports, block("10.0.0.0/8"))];
            client.admission(&rules, "vpc-1", asked, port) != Admission::No
        };
        assert!(admitted("tcp", (400, 500), Protocol::Tcp, 443));
        assert!(admitted("6", (443, 443), Protocol::Tcp, 443));
        assert!(admitted("-1", (0, 0), Protocol::Udp, 443));
        assert!(!admitted("udp", (443, 443), Protocol::Tcp, 443));
        assert!(!admitted("tcp", (444, 500), Protocol::Tcp, 443));
    }

    #[test]
    fn a_group_counts_in_its_own_vpc_only() {
        let rules = [rule("tcp", (443, 443), Source::Group("sg-2".into()))];
        let member = |vpc: &str| Client {
            group_ids: vec!["sg-2".into()],
            knows_groups: true,
            vpc_id: Some(vpc.into()),
            ..Client::default()
        };
        let asked = |client: Client| client.admission(&rules, "vpc-1", Protocol::Tcp, 443);
        assert!(matches!(asked(member("vpc-1")), Admission::By(_)));
        assert_eq!(asked(member("vpc-2")), Admission::No);
        assert_eq!(asked(Client::default()), Admission::Only("sg-2".into()));
    }
}
