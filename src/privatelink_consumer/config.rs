//! Attributes of `privatelink_consumer`, and what follows from them alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::links::endpoint::Addresses;
use crate::resource::tags_complaint;
pub use crate::schema::service_name::{id_in as service_id, region_in};
use crate::schema::{Rule, formats, policy};
use crate::value::{Attr, Value};

crate::attributes! {
    /// Connects subnets to an endpoint service: security group and rules, interface endpoint, acceptance, private DNS and records, as one resource.
    pub struct ConsumerConfig {
        /// Name of the endpoint service: one of yours, a vendor's, or an AWS service's such as `com.amazonaws.us-east-1.sqs`.
        required service_name: String => [Rule::Is(&formats::SERVICE_NAME), Rule::Replace],
        /// Region of the service; the one in its name by default.
        optional_computed service_region: String => [Rule::Is(&formats::REGION), Rule::Replace],
        /// Region of the endpoint; the provider's by default.
        optional_computed region: String => [Rule::Is(&formats::REGION), Rule::Replace],
        /// Name tag of the endpoint, and beginning of the managed security group's name; the service's id, or AWS's words such as `ecr.api`, by default.
        optional_computed name: String => [Rule::Refuse(name_complaint)],
        /// Subnets that get a network interface: of one VPC, one for each zone, in zones that the service has. Subnets of another VPC replace the resource. Exactly one of `subnet_ids` and `subnet_configuration`.
        optional subnet_ids: BTreeSet<String> => [Rule::NotEmpty, Rule::Is(&formats::SUBNET_ID)],
        /// Existing security groups. Without them the resource manages one, with the rules of `ingress`.
        optional security_group_ids: BTreeSet<String> => [Rule::NotEmpty, Rule::Is(&formats::SECURITY_GROUP_ID)],
        /// Whether a managed group without `ingress` opens TCP 443 to the VPC's CIDR blocks.
        optional_computed default_ingress: bool = true,
        /// Whether the service's private DNS name leads to this endpoint inside the VPC. Switched on after acceptance and verification, inside the same apply.
        optional_computed private_dns_enabled: bool = false,
        /// Addresses of the network interfaces.
        optional_computed ip_address_type: String = "ipv4" => [Rule::OneOf(&["ipv4", "ipv6", "dualstack"])],
        /// Addresses in the DNS records; the word of `ip_address_type` by default.
        optional_computed dns_record_ip_type: String => [Rule::OneOf(&["ipv4", "ipv6", "dualstack", "service-defined"])],
        /// Endpoint policy as JSON, for services that support one; compared by meaning. AWS allows full access by default.
        optional policy: String => [Rule::Refuse(policy_complaint), Rule::Means(policy_meaning)],
        /// Whether to wait until somebody else accepts the connection. True with `accept`, false without: the apply then ends with a warning and the next one carries on.
        optional wait_for_acceptance: bool,
        /// Tags of every object of the chain that can carry tags. Keys beginning with `privatelink:` belong to the provider.
        optional tags: BTreeMap<String, String> => [Rule::Refuse(tags_complaint)],
        /// One subnet, with fixed addresses of its network interface.
        set subnet_configuration: SubnetConfigurationBlock,
        /// One rule of the managed security group.
        set ingress: IngressBlock,
        /// Accept this connection in the account of the service. Removing the block rejects nobody.
        single accept: AcceptBlock,
        /// Own records that lead to the endpoint, in a private hosted zone.
        single dns: DnsBlock,
        /// How long to wait for AWS, as durations such as `15m`.
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
        computed zonal_dns_names: BTreeMap<String, String>,
        /// Names that lead to the endpoint inside the VPC while private DNS is on.
        computed private_dns_names: BTreeSet<String>,
        /// Network interfaces by zone id.
        computed network_interfaces: BTreeMap<String, NetworkInterfaceResult>,
        /// Id of the managed security group; null with `security_group_ids`.
        computed security_group_id: String,
        /// Hosted zone of the own records; null without `dns`.
        computed zone_id: String,
        /// Own records: full name to what it leads to.
        computed records: BTreeMap<String, String>,
        /// Zones of the network interfaces by id, the same in every account.
        computed availability_zone_ids: BTreeSet<String>,
        /// All tags, those of the provider's `default_tags` included.
        computed tags_all: BTreeMap<String, String>,
        /// What exists: ids by link. In a plan, those that become known after apply are the objects that the change touches.
        computed links: BTreeMap<String, String>,
        /// What exists in full, as JSON by link; written and read by the provider only.
        computed_sensitive record: BTreeMap<String, String>,
        /// Objects that were replaced and are still to be removed; written and read by the provider only.
        computed_sensitive retired: Vec<String>,
        /// Names this resource in the owner tags of its objects; written and read by the provider only.
        computed owner_uid: String,
    }
}

crate::attributes! {
    /// One rule of the managed security group. Exactly one source; `port`, or `from_port` and `to_port`.
    pub struct IngressBlock {
        /// Port.
        optional port: i64 => [Rule::Range(0, 65_535)],
        /// First port of a range.
        optional from_port: i64 => [Rule::Range(0, 65_535)],
        /// Last port of a range.
        optional to_port: i64 => [Rule::Range(0, 65_535)],
        /// Protocol; `-1` for all, then without ports.
        optional protocol: String = "tcp" => [Rule::OneOf(&["tcp", "udp", "-1"])],
        /// From these IPv4 addresses.
        optional cidr_ipv4: String => [Rule::Is(&formats::CIDR_IPV4)],
        /// From these IPv6 addresses.
        optional cidr_ipv6: String => [Rule::Is(&formats::CIDR_IPV6)],
        /// From a prefix list.
        optional prefix_list_id: String => [Rule::Is(&formats::PREFIX_LIST_ID)],
        /// From members of another security group.
        optional security_group_id: String => [Rule::Is(&formats::SECURITY_GROUP_ID)],
        /// What the rule is for.
        optional description: String,
    }
}

crate::attributes! {
    /// One subnet, with fixed addresses of its network interface. Another address means another interface, and a moment without it.
    pub struct SubnetConfigurationBlock {
        /// The subnet.
        required subnet_id: String => [Rule::Is(&formats::SUBNET_ID)],
        /// IPv4 address, of the subnet and free; AWS chooses by default.
        optional ipv4: String => [Rule::Is(&formats::IPV4)],
        /// IPv6 address, of the subnet and free; AWS chooses by default.
        optional ipv6: String => [Rule::Is(&formats::IPV6)],
    }
}

crate::attributes! {
    /// Accept this connection in the account of the service.
    pub struct AcceptBlock {
        /// Name of the provider's `peer_account` that owns the service; the provider's own account by default.
        optional peer_account: String,
    }
}

crate::attributes! {
    /// Own records that lead to the endpoint.
    pub struct DnsBlock {
        /// Existing private hosted zone. Exactly one of `zone_id` and `zone_name`. The endpoint's VPC is associated with it unless it is already.
        optional zone_id: String => [Rule::Is(&formats::HOSTED_ZONE_ID)],
        /// Name of a private hosted zone that this resource makes.
        optional zone_name: String => [Rule::Is(&formats::ZONE_NAME)],
        /// Further VPCs that see the zone, of this account and Region. Associations that others made are left alone. Traffic needs a way to the endpoint's VPC, such as peering.
        optional vpc_ids: BTreeSet<String> => [Rule::NotEmpty, Rule::Is(&formats::VPC_ID)],
        /// Name of the provider's `peer_account` that owns `zone_id`. It authorizes each association, and takes the authorization back when it has served.
        optional peer_account: String,
        /// One record. Never written over a record that this resource did not make.
        set record: RecordBlock,
    }
}

crate::attributes! {
    /// One record.
    pub struct RecordBlock {
        /// Name relative to the zone; `@` is the zone itself, `*` a wildcard.
        required name: String => [Rule::Is(&formats::RECORD_NAME)],
        /// One record for each zone of the endpoint instead of one for all: `<name>.<zone id>`, leading to the network interface in that zone. Not across Regions.
        optional zonal: bool = false,
        /// Seconds to live of a CNAME; without it the record is an alias, which has none.
        optional ttl_seconds: i64 => [Rule::Range(0, 2_147_483_647)],
        /// Whether an alias answers only while the endpoint is healthy.
        optional evaluate_target_health: bool = false,
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

impl ConsumerConfig {
    /// The subnets, whichever argument names them.
    pub fn subnets(&self) -> Attr<BTreeSet<String>> {
        if self.subnet_ids.is_set() {
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

    /// Whether the resource manages a security group: no group is given.
    pub fn manages_group(&self) -> bool {
        self.security_group_ids.is_null()
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
    (!fits).then(|| format!("{name:?} is not a name of 1 to 128 characters that does not begin with \"sg-\"."))
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
