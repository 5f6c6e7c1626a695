//! Attributes of `privatelink_consumer`, and what follows from them alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::endpoint_names::blocks::DnsBlock;
use crate::links::endpoint::Addresses;
use crate::links::notification::NotificationBlock;
use crate::links::security_group_rules::protocol_word;
use crate::resource::tags_complaint;
pub use crate::schema::service_name::{id_in as service_id, is_s3, region_in};
use crate::schema::{Constraint, Count, Rule, formats, policy};
use crate::value::{Attr, Value};

crate::attributes! {
    /// Connects subnets to an endpoint service: security group and rules, interface endpoint, acceptance, private DNS and records, as one resource.
    pub struct ConsumerConfig {
        /// Name of the endpoint service: one of yours, a vendor's, or an AWS service's such as `com.amazonaws.us-east-1.sqs`.
        required service_name: String => [Rule::Is(&formats::SERVICE_NAME), Rule::Replace],
        /// Region of the service; by default the one in its name, and the endpoint's where the name has none, such as `com.amazonaws.iam`, a service of us-east-1.
        optional_computed service_region: String => [Rule::Is(&formats::REGION), Rule::Replace],
        /// Region of the endpoint; the provider's by default.
        optional_computed region: String => [Rule::Is(&formats::REGION), Rule::Replace],
        /// Name tag of the endpoint, and beginning of the managed security group's name; the service's id, or AWS's words such as `ecr.api`, by default.
        optional_computed name: String => [Rule::Refuse(name_complaint)],
        /// Subnets that get a network interface: of one VPC, one for each zone, in zones that the service has. Subnets of another VPC replace the resource. Exactly one of `subnet_ids` and `subnet_configuration`.
        optional subnet_ids: BTreeSet<String> => [Rule::Results, Rule::Is(&formats::SUBNET_ID)],
        /// Existing security groups, of the subnets' VPC or associated with it (`AssociateSecurityGroupVpc`). Without them the resource manages one, with the rules of `ingress`.
        optional security_group_ids: BTreeSet<String> => [Rule::Results, Rule::Is(&formats::SECURITY_GROUP_ID)],
        /// Whether a managed group without `ingress` opens TCP 443 to the VPC's CIDR blocks. True by default, unless `ingress` is or was written: rules that are removed open nothing.
        optional_computed default_ingress: bool,
        /// What a managed group lets out: `none`, or `all`, which leaves AWS's rule for everything and whatever others made of it. Endpoints only answer, and answers need no rule.
        optional_computed egress: String = "all" => [Rule::OneOf(&["all", "none"])],
        /// Whether the service's private DNS name leads to this endpoint inside the VPC. Switched on after acceptance and verification, inside the same apply.
        optional_computed private_dns_enabled: bool = false => [Rule::Results],
        /// Whether private DNS of S3 answers only to inbound endpoints of Route 53 Resolver, so that networks outside of AWS use this endpoint and the VPC keeps using AWS's gateway endpoint for S3, which must exist in it. For S3 alone; has no effect without `private_dns_enabled`.
        optional_computed private_dns_only_for_inbound_resolver_endpoint: bool = false,
        /// Route 53 Profile that takes the endpoint's private DNS names to every VPC that the Profile serves: of the endpoint's Region, this account's own or shared with it. Needs `private_dns_enabled`. Names only: traffic needs a way to the endpoint's VPC, such as a transit gateway. Another Profile is exchanged in place, with seconds in which neither has the names.
        optional route53_profile_id: String => [Rule::Is(&formats::PROFILE_ID)],
        /// Addresses of the network interfaces.
        optional_computed ip_address_type: String = "ipv4" => [Rule::Results, Rule::OneOf(&["ipv4", "ipv6", "dualstack"])],
        /// Addresses in the DNS records; the word of `ip_address_type` by default.
        optional_computed dns_record_ip_type: String => [Rule::OneOf(&["ipv4", "ipv6", "dualstack", "service-defined"])],
        /// Endpoint policy as JSON, for services that support one; compared by meaning. AWS allows full access by default.
        optional policy: String => [Rule::Refuse(policy_complaint), Rule::Means(policy_meaning)],
        /// Whether to wait until somebody else accepts the connection. True with `accept`, false without: the apply then ends with a warning and the next one carries on.
        optional_computed wait_for_acceptance: bool => [Rule::Results],
        /// Tags of every object of the chain that can carry tags. Keys beginning with `privatelink:` belong to the provider.
        optional tags: BTreeMap<String, String> => [Rule::Refuse(tags_complaint)],
        /// One subnet, with fixed addresses of its network interface.
        set subnet_configuration: SubnetConfigurationBlock,
        /// One rule of the managed security group.
        set ingress: IngressBlock,
        /// Accept this connection in the account of the service. Removing the block rejects nobody.
        single accept: AcceptBlock,
        /// One private hosted zone with own records that lead to the endpoint. A further zone takes a further block.
        set dns: DnsBlock,
        /// An SNS topic that is told about the endpoint's connection.
        set connection_notification: NotificationBlock,
        /// How long to wait for AWS, as durations such as `15m`, without the time in which calls stand in line for its request limits.
        single timeouts: crate::resource::Timeouts,
        /// Id of the endpoint, `vpce-…`.
        computed id: String,
        /// ARN of the endpoint.
        computed arn: String,
        /// State of the endpoint in AWS's word: `pendingAcceptance`, `pending`, `available`, `rejected`, `failed`, `expired`.
        computed state: String,
        /// VPC of the endpoint.
        computed vpc_id: String,
        /// Account of the endpoint.
        computed owner_id: String,
        /// Id of the endpoint service; null for a service of AWS.
        computed service_id: String,
        /// Regional DNS name of the endpoint.
        computed dns_name: String,
        /// Hosted zone of the regional name, for aliases.
        computed hosted_zone_id: String,
        /// Zonal DNS names by zone id; empty across Regions.
        computed zonal_dns_names: BTreeMap<String, Attr<String>>,
        /// Names that lead to the endpoint inside the VPC while private DNS is on.
        computed private_dns_names: BTreeSet<String>,
        /// Network interfaces by zone id.
        computed network_interfaces: BTreeMap<String, NetworkInterfaceResult>,
        /// Id of the managed security group; null with `security_group_ids`.
        computed security_group_id: String,
        /// Hosted zones of the own records: id by the zone's name.
        computed zone_ids: BTreeMap<String, Attr<String>>,
        /// Own records: full name to what it leads to.
        computed records: BTreeMap<String, Attr<String>>,
        /// Zones of the network interfaces by id, the same in every account.
        computed availability_zone_ids: BTreeSet<String>,
        /// Dimensions for alarms, by the namespace of their metrics: `AWS/PrivateLinkEndpoints` for the whole endpoint, `AWS/PrivateLinkEndpoints/<subnet id>` for its part in a subnet. Empty where the service lies in another Region: AWS publishes no data then.
        computed metric_dimensions: BTreeMap<String, BTreeMap<String, String>>,
        /// All tags, those of the provider's `default_tags` included.
        computed tags_all: BTreeMap<String, String>,
        /// What every resource has besides.
        flatten memory: crate::resource::Memory,
    }
    constraints [
        Constraint {
            count: Count::ExactlyOne,
            of: &["subnet_ids", "subnet_configuration"],
            summary: "Subnets of the endpoint",
            advice: "Write subnet_ids = [\"subnet-…\"], or a subnet_configuration block for each subnet where addresses are \
                     fixed.",
        },
        Constraint {
            count: Count::NoneBeside("security_group_ids"),
            of: &["ingress"],
            summary: "Rules for a group that is not managed",
            advice: "ingress writes the rules of a managed group, and security_group_ids names groups that are managed \
                     elsewhere. Leave one of the two out.",
        },
    ]
    usual consumer_in_full
}

/// Whoever accepts itself waits for that.
fn consumer_in_full(config: &Value) -> Value {
    let waits = match config.get("accept") {
        Value::Null => Value::Bool(false),
        Value::Unknown(_) => Value::UNKNOWN,
        _ => Value::Bool(true),
    };
    let mut full = config.as_map().cloned().unwrap_or_default();
    if config.get("wait_for_acceptance").is_null() {
        full.insert("wait_for_acceptance".to_owned(), waits);
    }
    Value::Map(full)
}

crate::attributes! {
    /// One rule of the managed security group. Exactly one source; `port`, or `from_port` and `to_port`.
    pub struct IngressBlock {
        /// Port.
        optional port: i64 => [Rule::Range(0, 65_535)],
        /// First port of a range; for ICMP the type, -1 for every one.
        optional from_port: i64 => [Rule::Range(-1, 65_535)],
        /// Last port of a range; for ICMP the code, -1 for every one.
        optional to_port: i64 => [Rule::Range(-1, 65_535)],
        /// Protocol: `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all. Only TCP, UDP and ICMP have ports.
        optional protocol: String = "tcp" => [Rule::Refuse(protocol_complaint), Rule::Canonical(protocol_word)],
        /// From these IPv4 addresses.
        optional cidr_ipv4: String => [Rule::Is(&formats::CIDR_IPV4)],
        /// From these IPv6 addresses.
        optional cidr_ipv6: String => [Rule::Is(&formats::CIDR_IPV6)],
        /// From a prefix list.
        optional prefix_list_id: String => [Rule::Is(&formats::PREFIX_LIST_ID)],
        /// From members of another security group.
        optional security_group_id: String => [Rule::Is(&formats::SECURITY_GROUP_ID)],
        /// What the rule is for, in at most 255 characters.
        optional description: String => [Rule::Refuse(description_complaint)],
    }
    constraints [
        Constraint {
            count: Count::ExactlyOne,
            of: &["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "security_group_id"],
            summary: "One source for each rule",
            advice: "Further sources take further blocks.",
        },
        Constraint {
            count: Count::AtMostOne,
            of: &["port", "from_port"],
            summary: "Port of the rule",
            advice: "Write port = 443, or both from_port and to_port.",
        },
        Constraint {
            count: Count::Together,
            of: &["from_port", "to_port"],
            summary: "Port of the rule",
            advice: "Write port = 443, or both from_port and to_port.",
        },
    ]
}

crate::attributes! {
    /// One subnet, with fixed addresses of its network interface. Another address means another interface, and a moment without it.
    pub struct SubnetConfigurationBlock {
        /// The subnet.
        required subnet_id: String => [Rule::Results, Rule::Unique("A subnet gets one network interface."), Rule::Is(&formats::SUBNET_ID)],
        /// IPv4 address, of the subnet and free; AWS chooses by default.
        optional ipv4: String => [Rule::Results, Rule::Is(&formats::IPV4)],
        /// IPv6 address, of the subnet and free; AWS chooses by default.
        optional ipv6: String => [Rule::Results, Rule::Is(&formats::IPV6)],
    }
}

crate::attributes! {
    /// Accept this connection in the account of the service.
    pub struct AcceptBlock {
        /// Name of the provider's `peer_account` that owns the service; the provider's own account by default.
        optional peer_account: String => [Rule::Results],
    }
}

crate::attributes! {
    /// A network interface of the endpoint.
    pub struct NetworkInterfaceResult {
        /// Id, `eni-…`.
        computed id: String,
        /// Its subnet.
        computed subnet_id: String,
        /// Its IPv4 address.
        computed ipv4: String,
        /// Its IPv6 address.
        computed ipv6: String,
    }
}

/// A consumer's word in messages and in owner tags.
pub const NOUN: &str = "consumer";

impl ConsumerConfig {
    /// Type and name in owner tags.
    pub(super) fn resource(&self) -> String {
        format!("{NOUN}/{}", self.base_name())
    }

    /// The name that AWS's names are made of.
    pub(super) fn base_name(&self) -> String {
        self.name.known().cloned().unwrap_or_default()
    }

    /// The subnets, whichever argument names them.
    pub fn subnets(&self) -> Attr<BTreeSet<String>> {
        let by_block = self.subnet_configuration.known().is_some_and(|blocks| !blocks.is_empty());
        if self.subnet_ids.is_set() && !by_block {
            return self.subnet_ids.clone();
        }
        let Attr::Known(blocks) = &self.subnet_configuration else {
            return self.subnet_configuration.clone().map(|_| BTreeSet::new());
        };
        let ids: Option<BTreeSet<String>> = blocks.iter().map(|block| block.subnet_id.clone().settled()?).collect();
        match ids {
            Some(ids) if ids.is_empty() => Attr::Null,
            Some(ids) => Attr::Known(ids),
            None => Attr::Unknown,
        }
    }

    /// The argument that names them, for paths.
    pub fn subnets_argument(&self) -> &'static str {
        let by_block = self.subnet_configuration.known().is_some_and(|blocks| !blocks.is_empty());
        if by_block || self.subnet_configuration.is_unknown() { "subnet_configuration" } else { "subnet_ids" }
    }

    /// Fixed addresses by subnet; `None` while one is not known.
    pub fn addresses(&self) -> Option<BTreeMap<String, Addresses>> {
        let blocks = self.subnet_configuration.clone().settled()?.unwrap_or_default();
        let mut fixed = BTreeMap::new();
        for block in blocks {
            let addresses = Addresses { ipv4: block.ipv4.settled()?, ipv6: block.ipv6.settled()? };
            if addresses != Addresses::default() {
                fixed.insert(block.subnet_id.settled()??, addresses);
            }
        }
        Some(fixed)
    }

    /// Whether private DNS is to answer to inbound resolver endpoints alone; no answer for services that do not ask, `None`
    /// while it is not known.
    pub fn inbound_resolver_only(&self) -> Option<Option<bool>> {
        let service_name = self.service_name.clone().settled()??;
        let only = self.private_dns_only_for_inbound_resolver_endpoint.settled()?.unwrap_or_default();
        Some(is_s3(&service_name).then_some(only))
    }

    /// Whether the resource manages a security group: no group is given. Unknown ones count as given, unless rules say
    /// that there are none.
    pub fn manages_group(&self) -> bool {
        self.security_group_ids.is_null() || (self.security_group_ids == Attr::Unknown && self.has_rules())
    }

    /// Whether it is not known yet who manages the security group.
    pub fn has_open_group(&self) -> bool {
        self.security_group_ids == Attr::Unknown && !self.has_rules()
    }

    fn has_rules(&self) -> bool {
        self.ingress.known().is_some_and(|blocks| !blocks.is_empty())
    }
}

/// The short name of a service for tags and group names: its id, or AWS's words such as `ecr.api`, since several
/// services of AWS end in `api`.
pub fn short_name(service_name: &str) -> String {
    if let Some(id) = service_id(service_name) {
        return id.to_owned();
    }
    let region = region_in(service_name);
    let says_nothing = |part: &&str| ["com", "amazonaws", "aws", "cn", "vpce"].contains(part) || Some(*part) == region;
    let parts: Vec<&str> = service_name.split('.').filter(|part| !says_nothing(part)).collect();
    if parts.is_empty() { service_name.to_owned() } else { parts.join(".") }
}

fn name_complaint(value: &Value) -> Option<String> {
    let name = value.as_str()?;
    let fits =
        (1..=128).contains(&name.chars().count()) && !name.starts_with("sg-") && !name.chars().any(char::is_control);
    (!fits).then(|| format!("must be 1–128 characters that do not begin with \"sg-\", got {name:?}"))
}

/// Protocols by their words and numbers, as AWS takes them.
fn protocol_complaint(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let word = protocol_word(text);
    let fits = ["tcp", "udp", "icmp", "icmpv6", "-1"].contains(&word.as_str()) || word.parse::<u8>().is_ok();
    (!fits).then(|| {
        format!("must be \"tcp\", \"udp\", \"icmp\", \"icmpv6\", a number between 0 and 255, or \"-1\" for all, got {text:?}")
    })
}

/// *Source:* EC2 API reference, IpRange, `Description`.
fn description_complaint(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let is_fine = |letter: char| letter.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(letter);
    if text.chars().count() > 255 {
        return Some(format!("The description has {} characters; AWS takes at most 255.", text.chars().count()));
    }
    let strange = text.chars().find(|letter| !is_fine(*letter))?;
    Some(format!(
        "{text:?} has {strange:?}, which AWS does not take in the description of a rule. Use letters, digits, spaces and \
         ._-:/()#,@[]+=&;{{}}!$* only."
    ))
}

fn policy_complaint(value: &Value) -> Option<String> {
    let policy = value.as_str()?;
    if policy.chars().count() > 20_480 {
        return Some(format!("The policy has {} characters; AWS takes at most 20480.", policy.chars().count()));
    }
    match serde_json::from_str::<serde_json::Value>(policy) {
        Ok(serde_json::Value::Object(_)) => None,
        Ok(_) => Some(
            "The policy is not a JSON object. Write it with jsonencode({ Version = \"2012-10-17\", … }).".to_owned(),
        ),
        Err(error) => Some(format!("The policy is not JSON: {error}. Write it with jsonencode({{ … }}).")),
    }
}

/// A policy in one form, so that blanks, order and one-element lists make no difference.
fn policy_meaning(value: &Value) -> Value {
    value.as_str().and_then(policy::canonical_text).map_or_else(|| value.clone(), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_and_id_come_out_of_the_name() {
        let ours = "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0";
        assert_eq!((region_in(ours), service_id(ours)), (Some("eu-west-1"), Some("vpce-svc-0123456789abcdef0")));
        let aws = "com.amazonaws.us-east-1.sqs";
        assert_eq!((region_in(aws), service_id(aws), short_name(aws)), (Some("us-east-1"), None, "sqs".to_owned()));
        assert_eq!(short_name(ours), "vpce-svc-0123456789abcdef0");
    }

    #[test]
    fn services_of_aws_have_names_of_their_own() {
        let names = [
            ("com.amazonaws.us-east-1.ecr.api", "ecr.api"),
            ("com.amazonaws.us-east-1.sagemaker.api", "sagemaker.api"),
            ("aws.sagemaker.us-east-1.notebook", "sagemaker.notebook"),
            ("com.amazonaws.s3-global.accesspoint", "s3-global.accesspoint"),
            ("cn.com.amazonaws.cn-north-1.ecr.dkr", "ecr.dkr"),
            ("com.amazonaws.vpce", "com.amazonaws.vpce"),
        ];
        for (service, name) in names {
            assert_eq!(short_name(service), name);
        }
    }

    #[test]
    fn policies_are_refused_with_a_reason() {
        assert!(policy_complaint(&Value::from("{")).unwrap().contains("not JSON"));
        assert!(policy_complaint(&Value::from("[]")).unwrap().contains("not a JSON object"));
        assert!(policy_complaint(&Value::from(format!("\"{}\"", "x".repeat(20_480)))).unwrap().contains("20482"));
    }
}
