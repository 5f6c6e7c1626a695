//! How one rule of a security group is read from and written to the wire, in its canonical form (rule 56).

use ipnet::{Ipv4Net, Ipv6Net};

use crate::simulator::ec2::prefix_list;
use crate::simulator::ec2::state::State;
use crate::simulator::ec2::state::security_group::{Peer, Rule};
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::xml::Xml;

impl Rule {
    /// Writes the item of `securityGroupRuleSet`, without tags.
    pub fn describe(&self, group_id: &str, owner: &str, region: &str) -> Xml {
        let xml = Xml::new()
            .text("securityGroupRuleId", &self.id)
            .text("groupId", group_id)
            .text("groupOwnerId", owner)
            .text("isEgress", self.egress)
            .text("ipProtocol", &self.protocol)
            .text("fromPort", self.from_port)
            .text("toPort", self.to_port);
        let xml = match &self.peer {
            Peer::Ipv4(net) => xml.text("cidrIpv4", net),
            Peer::Ipv6(net) => xml.text("cidrIpv6", net),
            Peer::PrefixList(id) => xml.text("prefixListId", id),
            Peer::Group(id) => xml.element("referencedGroupInfo", Xml::new().text("groupId", id).text("userId", owner)),
        };
        let arn = format!("arn:aws:ec2:{region}:{owner}:security-group-rule/{}", self.id);
        xml.optional("description", self.description.as_ref()).text("securityGroupRuleArn", arn)
    }
}

/// Reads the rules of `IpPermissions.N`, without ids.
pub fn read_permissions(params: &Params, egress: bool) -> Result<Vec<Rule>, ApiError> {
    let mut rules = Vec::new();
    if params.has("IpProtocol") || params.has("CidrIp") {
        return read_flat(params, egress);
    }
    for permission in params.structures("IpPermissions") {
        let (protocol, from_port, to_port) = protocol_and_ports(permission)?;
        let before = rules.len();
        let mut add = |peer, item: &Params| {
            rules.push(Rule {
                id: String::new(),
                egress,
                protocol: protocol.clone(),
                from_port,
                to_port,
                peer,
                description: description(item)?,
                born_with_group: false,
            });
            Ok::<(), ApiError>(())
        };
        for item in permission.structures("IpRanges") {
            add(ipv4(item.need("CidrIp")?)?, item)?;
        }
        for item in permission.structures("Ipv6Ranges") {
            add(ipv6(item.need("CidrIpv6")?)?, item)?;
        }
        for item in permission.structures("PrefixListIds") {
            add(Peer::PrefixList(item.need("PrefixListId")?.to_owned()), item)?;
        }
        for item in permission.structures("Groups") {
            // The owner may be named; groups of other accounts need peering, which is not simulated.
            item.text("UserId");
            add(Peer::Group(item.need("GroupId")?.to_owned()), item)?;
        }
        if rules.len() == before {
            return Err(ApiError::bad("MissingParameter", "Either 'CidrIp' or 'SourceSecurityGroup' must be provided"));
        }
    }
    Ok(rules)
}

/// Reads the one rule that old clients send without a list around it.
fn read_flat(params: &Params, egress: bool) -> Result<Vec<Rule>, ApiError> {
    if params.has("IpPermissions") {
        return Err(ApiError::combination("The parameters IpPermissions and IpProtocol may not be used together."));
    }
    let (protocol, from_port, to_port) = protocol_and_ports(params)?;
    let peer = ipv4(params.need("CidrIp")?)?;
    Ok(vec![Rule {
        id: String::new(),
        egress,
        protocol,
        from_port,
        to_port,
        peer,
        description: None,
        born_with_group: false,
    }])
}

/// Reads the `SecurityGroupRule` structure of ModifySecurityGroupRules.
pub fn read_replacement(params: &Params, egress: bool) -> Result<Rule, ApiError> {
    let (protocol, from_port, to_port) = protocol_and_ports(params)?;
    let mut peers = Vec::new();
    if let Some(text) = params.text("CidrIpv4") {
        peers.push(ipv4(text)?);
    }
    if let Some(text) = params.text("CidrIpv6") {
        peers.push(ipv6(text)?);
    }
    peers.extend(params.text("PrefixListId").map(|id| Peer::PrefixList(id.to_owned())));
    peers.extend(params.text("ReferencedGroupId").map(|id| Peer::Group(id.to_owned())));
    let (Some(peer), true) = (peers.pop(), peers.is_empty()) else {
        return Err(ApiError::combination("Exactly one source or destination must be specified for a rule."));
    };
    Ok(Rule {
        id: String::new(),
        egress,
        protocol,
        from_port,
        to_port,
        peer,
        description: description(params)?,
        born_with_group: false,
    })
}

fn protocol_and_ports(params: &Params) -> Result<(String, i32, i32), ApiError> {
    // Numbers of protocols that have names read back as the names.
    let protocol = match params.need("IpProtocol")?.to_lowercase().as_str() {
        "6" | "tcp" => "tcp".to_owned(),
        "17" | "udp" => "udp".to_owned(),
        "1" | "icmp" => "icmp".to_owned(),
        "58" | "icmpv6" => "icmpv6".to_owned(),
        "-1" | "all" => "-1".to_owned(),
        other if other.parse::<u8>().is_ok() => other.to_owned(),
        other => {
            return Err(ApiError::bad(
                "InvalidPermission.Malformed",
                format!("Unsupported IP protocol \"{other}\"  - supported: [tcp, udp, icmp, icmpv6, -1, 0-255]"),
            ));
        }
    };
    let port = |name| -> Result<Option<i32>, ApiError> {
        let number = params.number(name)?;
        let fits = |number: i64| i32::try_from(number).ok().filter(|port| (-1..=65535).contains(port));
        number.map(|number| fits(number).ok_or_else(|| ApiError::invalid_value(name, &number.to_string()))).transpose()
    };
    let (from, to) = (port("FromPort")?, port("ToPort")?);
    match (protocol.as_str(), from, to) {
        // Without TCP, UDP or ICMP ports mean nothing and are dropped.
        ("tcp" | "udp", Some(from), Some(to)) if 0 <= from && from <= to => Ok((protocol, from, to)),
        ("icmp" | "icmpv6", from, to) => Ok((protocol, from.unwrap_or(-1), to.unwrap_or(-1))),
        ("tcp" | "udp", None, _) | ("tcp" | "udp", _, None) => Err(ApiError::bad(
            "InvalidParameterValue",
            "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
        )),
        ("tcp" | "udp", Some(from), Some(to)) => {
            Err(ApiError::bad("InvalidParameterValue", format!("Invalid TCP/UDP port range ({from}:{to})")))
        }
        _ => Ok((protocol, -1, -1)),
    }
}

fn ipv4(text: &str) -> Result<Peer, ApiError> {
    text.parse::<Ipv4Net>().map(|net| Peer::Ipv4(net.trunc())).map_err(|_| bad_block(text))
}

fn ipv6(text: &str) -> Result<Peer, ApiError> {
    text.parse::<Ipv6Net>().map(|net| Peer::Ipv6(net.trunc())).map_err(|_| bad_block(text))
}

fn bad_block(text: &str) -> ApiError {
    ApiError::bad("InvalidParameterValue", format!("CIDR block {text} is malformed"))
}

fn description(params: &Params) -> Result<Option<String>, ApiError> {
    let Some(text) = params.text("Description").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    if text.chars().count() > 255 || !text.chars().all(allowed) {
        return Err(ApiError::bad("InvalidParameterValue", format!("Invalid rule description: '{text}'")));
    }
    Ok(Some(text.to_owned()))
}

/// Checks that the prefix list or group a rule names is there, the group in the same VPC as the rule's own.
pub fn check_peer(ec2: &State, (vpc_id, region): (&str, &str), rule: &Rule) -> Result<(), ApiError> {
    if let Peer::PrefixList(id) = &rule.peer
        && !ec2.prefix_lists.contains(id)
        && !prefix_list::all(region).iter().any(|list| list.id == *id)
    {
        return Err(prefix_list::not_found(id));
    }
    let Peer::Group(id) = &rule.peer else {
        return Ok(());
    };
    match ec2.security_groups.get(id) {
        Some(group) if group.vpc_id == vpc_id => Ok(()),
        Some(_) => Err(ApiError::bad(
            "InvalidGroup.NotFound",
            format!("You have specified two resources that belong to different networks: '{id}' is not in {vpc_id}."),
        )),
        None => Err(ApiError::bad("InvalidGroup.NotFound", format!("The security group '{id}' does not exist"))),
    }
}
