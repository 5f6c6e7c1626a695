//! One ingress rule in the form in which AWS stores it.

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

/// One ingress rule.
///
/// Always made by [`Rule::new`], so that equal rules are equal values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rule {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `-1` for all, or a number.
    pub protocol: String,
    /// First port, or ICMP type; `None` where the protocol has none.
    #[serde(default)]
    pub from_port: Option<i32>,
    /// Last port, or ICMP code.
    #[serde(default)]
    pub to_port: Option<i32>,
    /// From where.
    pub source: Source,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

/// From where a rule allows traffic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An IPv4 block.
    CidrIpv4(String),
    /// An IPv6 block.
    CidrIpv6(String),
    /// A prefix list, `pl-…`.
    PrefixList(String),
    /// Another security group, `sg-…`; one of another account as `<account>/sg-…`.
    SecurityGroup(String),
}

/// What makes a rule the same rule for AWS: all but its description.
pub(super) type Identity = (String, Option<i32>, Option<i32>, Source);

impl Rule {
    /// A rule as AWS would store it: protocol numbers by name, blocks without host bits, no ports
    /// where the protocol has none. A block that is none is left to AWS to refuse.
    pub fn new(
        protocol: &str,
        from_port: Option<i32>,
        to_port: Option<i32>,
        source: Source,
        description: Option<String>,
    ) -> Self {
        let protocol = protocol_word(protocol);
        let (from_port, to_port) = match protocol.as_str() {
            "tcp" | "udp" => (from_port, to_port),
            // Type and code; -1 is every one.
            "icmp" | "icmpv6" => (Some(from_port.unwrap_or(-1)), Some(to_port.unwrap_or(-1))),
            _ => (None, None),
        };
        let description = description.filter(|text| !text.is_empty());
        Self { protocol, from_port, to_port, source: source.canonical(), description }
    }

    /// Returns the rule as people say it: `tcp 443 from 10.0.0.0/16`.
    /// What it lets in: `tcp 443 from 10.0.0.0/16`.
    pub fn in_words(&self) -> String {
        let (Source::CidrIpv4(source)
        | Source::CidrIpv6(source)
        | Source::PrefixList(source)
        | Source::SecurityGroup(source)) = &self.source;
        let protocol = if self.protocol == "-1" { "all protocols" } else { &self.protocol };
        let ports = match (self.from_port, self.to_port) {
            (Some(from), Some(to)) if from == to => format!(" {from}"),
            (Some(from), Some(to)) => format!(" {from}-{to}"),
            _ => String::new(),
        };
        format!("{protocol}{ports} from {source}")
    }

    /// Whether AWS takes both for one rule, whatever they are described as.
    pub fn is_same_traffic(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }

    pub(super) fn identity(&self) -> Identity {
        (self.protocol.clone(), self.from_port, self.to_port, self.source.clone())
    }
}

/// The word of a protocol, where AWS has one.
pub fn protocol_word(protocol: &str) -> String {
    let lower = protocol.to_ascii_lowercase();
    match lower.as_str() {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        "all" => "-1",
        other => other,
    }
    .to_owned()
}

impl Source {
    fn canonical(self) -> Self {
        match self {
            Self::CidrIpv4(block) => {
                Self::CidrIpv4(block.parse::<Ipv4Net>().map_or(block, |block| block.trunc().to_string()))
            }
            Self::CidrIpv6(block) => {
                Self::CidrIpv6(block.parse::<Ipv6Net>().map_or(block, |block| block.trunc().to_string()))
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ipv4(block: &str) -> Source {
        Source::CidrIpv4(block.into())
    }

    #[test]
    fn rules_take_the_form_in_which_aws_stores_them() {
        let table = [
            (("6", Some(443), Some(443), ipv4("10.0.0.9/24")), ("tcp", Some(443), Some(443), ipv4("10.0.0.0/24"))),
            (("UDP", Some(53), Some(53), ipv4("10.0.0.0/8")), ("udp", Some(53), Some(53), ipv4("10.0.0.0/8"))),
            (("all", Some(0), Some(0), ipv4("0.0.0.0/0")), ("-1", None, None, ipv4("0.0.0.0/0"))),
            (("-1", Some(-1), Some(-1), ipv4("0.0.0.0/0")), ("-1", None, None, ipv4("0.0.0.0/0"))),
            (("icmp", None, None, ipv4("0.0.0.0/0")), ("icmp", Some(-1), Some(-1), ipv4("0.0.0.0/0"))),
            (("58", Some(128), None, ipv4("0.0.0.0/0")), ("icmpv6", Some(128), Some(-1), ipv4("0.0.0.0/0"))),
            (("50", Some(1), Some(2), ipv4("no block")), ("50", None, None, ipv4("no block"))),
            (
                ("tcp", Some(1), Some(2), Source::CidrIpv6("2001:DB8:0:0::7/32".into())),
                ("tcp", Some(1), Some(2), Source::CidrIpv6("2001:db8::/32".into())),
            ),
        ];
        for ((protocol, from, to, source), expected) in table {
            let rule = Rule::new(protocol, from, to, source, Some(String::new()));
            let (protocol, from, to, source) = expected;
            assert_eq!(rule.identity(), (protocol.to_owned(), from, to, source));
            assert_eq!(rule.description, None, "an empty description is none");
        }
    }
}
