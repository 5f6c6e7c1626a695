//! Networks, and security groups with their rules.

use serde_json::Value as Json;

use super::attributes::Attributes;
use super::calls::{all_told, told};
use super::{Instance, Making};
use crate::consumer_setting::pass;

/// Resources that name their VPC, and where they name subnets of it.
const IN_A_VPC: [(&str, &[&str]); 4] = [
    ("aws_security_group", &[]),
    ("aws_lb", &["subnets"]),
    ("aws_lb_target_group", &[]),
    ("aws_vpc_endpoint", &["subnet_ids"]),
];
/// Registers an address, and an endpoint in a subnet.
const ATTACHMENT: &str = "aws_lb_target_group_attachment";
const SUBNET_ASSOCIATION: &str = "aws_vpc_endpoint_subnet_association";

/// What a rule of a security group lets through.
#[derive(Default)]
pub(super) struct Rule {
    pub(super) protocol: String,
    pub(super) ports: [Option<String>; 2],
    pub(super) blocks: Vec<String>,
    pub(super) blocks_of_v6: Vec<String>,
    pub(super) prefix_lists: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) description: Option<String>,
}

fn text<'a>(values: &'a Json, name: &str) -> &'a str {
    values[name].as_str().unwrap_or_default()
}

impl Making<'_> {
    /// A VPC that a state looks up.
    pub(super) async fn vpc(&mut self, account: &str, mut of: Attributes) {
        let (old, block) = (of.text("id"), of.text("cidr_block"));
        let is_named = of.is_set("enable_dns_hostnames");
        assert!(of.is_set("enable_dns_support"), "{}: without names", of.address);
        let associations: Vec<String> =
            of.blocks("cidr_block_associations").iter_mut().map(|one| one.text("association_id")).collect();
        of.results(&["arn", "dhcp_options_id", "instance_tenancy", "owner_id"]);
        let made = self.new_vpc(account, &old, &block, is_named).await;
        for (old, new) in associations.iter().zip(all_told(&made, "associationId")) {
            self.ids.put(old, &new);
        }
        of.end();
    }

    async fn new_vpc(&mut self, account: &str, old: &str, block: &str, is_named: bool) -> String {
        let made = self.call(account, "ec2", "CreateVpc").with("CidrBlock", block).send().await;
        let id = told(&made, "vpcId");
        self.ids.put(old, &id);
        if is_named {
            let call = self.call(account, "ec2", "ModifyVpcAttribute").with("VpcId", &id);
            call.with("EnableDnsHostnames.Value", "true").send().await;
        }
        made
    }

    /// A subnet that a state looks up.
    pub(super) async fn subnet(&mut self, account: &str, mut of: Attributes) {
        let (old, vpc, block) = (of.text("id"), of.text("vpc_id"), of.text("cidr_block"));
        let zone = of.text("availability_zone_id");
        of.results(&["arn", "availability_zone", "available_ip_address_count", "owner_id", "state"]);
        of.end();
        self.new_subnet(account, &old, (&vpc, &block), &zone).await;
    }

    async fn new_subnet(&mut self, account: &str, old: &str, (vpc, block): (&str, &str), zone: &str) {
        let call = self.call(account, "ec2", "CreateSubnet").with("VpcId", vpc).with("CidrBlock", block);
        let made = call.with("AvailabilityZoneId", zone).send().await;
        self.ids.put(old, &told(&made, "subnetId"));
    }

    /// Networks that a state names and says nothing more of: each VPC has a block around the addresses that are registered in it, each of
    /// its subnets a zone of its own.
    pub(super) async fn networks_of_others(&mut self, all: &[Instance]) {
        let endpoints =
            |id: &str| all.iter().find(|one| one.kind == "aws_vpc_endpoint" && text(&one.values, "id") == id);
        for one in all {
            let of_subnets = IN_A_VPC.iter().find(|(kind, _)| *kind == one.kind).map(|(_, names)| *names);
            let (vpc, subnets) = match of_subnets {
                Some(names) => {
                    let subnets = names.iter().flat_map(|name| one.values[*name].as_array().into_iter().flatten());
                    (text(&one.values, "vpc_id"), subnets.filter_map(Json::as_str).collect::<Vec<_>>())
                }
                None if one.kind == SUBNET_ASSOCIATION => {
                    let Some(endpoint) = endpoints(text(&one.values, "vpc_endpoint_id")) else { continue };
                    (text(&endpoint.values, "vpc_id"), vec![text(&one.values, "subnet_id")])
                }
                None => continue,
            };
            if !self.ids.has(vpc) {
                let net = registered_in(all, vpc).unwrap_or_else(|| format!("10.{}", 200 + self.networks.len()));
                self.new_vpc(&one.account, vpc, &format!("{net}.0.0/16"), true).await;
                self.networks.insert(vpc.to_owned(), (net, 0));
            }
            let world = self.ids.within(&Json::from(vpc)).as_str().unwrap().to_owned();
            for subnet in subnets.into_iter().filter(|id| !id.is_empty()) {
                if self.ids.has(subnet) {
                    continue;
                }
                let Some((net, count)) = self.networks.get_mut(vpc) else {
                    panic!("{subnet} is in {vpc}, whose subnets the state should look up");
                };
                *count += 1;
                let (block, zone) = (format!("{net}.{count}.0/24"), format!("use1-az{count}"));
                self.new_subnet(&one.account, subnet, (&world, &block), &zone).await;
            }
        }
        pass(120).await;
    }

    /// A group that a state names and does not have.
    pub(super) async fn group_of_others(&mut self, account: &str, vpc: &str, old: &str) -> String {
        let call = self.call(account, "ec2", "CreateSecurityGroup").with("GroupName", format!("of-others-{old}"));
        let made = call.with("GroupDescription", "Of others").with("VpcId", vpc).send().await;
        let id = told(&made, "groupId");
        self.ids.put(old, &id);
        id
    }

    pub(super) async fn security_group(&mut self, account: &str, mut of: Attributes) {
        let (old, name, vpc, tags) = (of.text("id"), of.text("name"), of.text("vpc_id"), of.tags());
        let rules = [("Ingress", of.blocks("ingress")), ("Egress", of.blocks("egress"))];
        let call = self.call(account, "ec2", "CreateSecurityGroup").with("GroupName", name).with("VpcId", &vpc);
        let call = call.with("GroupDescription", of.text("description")).tags("security-group", &tags);
        of.results(&["arn", "name_prefix", "owner_id", "revoke_rules_on_delete", "timeouts"]);
        of.end();
        let id = told(&call.send().await, "groupId");
        self.ids.put(&old, &id);
        // hashicorp/aws takes away what AWS lets out by default.
        let all = Rule { protocol: "-1".to_owned(), blocks: vec!["0.0.0.0/0".to_owned()], ..Rule::default() };
        self.rule(account, "RevokeSecurityGroupEgress", &id, &all).await;
        for (way, blocks) in rules {
            for mut of in blocks {
                let own = of.is_set("self").then(|| id.clone());
                let rule = Rule {
                    protocol: of.text("protocol"),
                    ports: [of.maybe("from_port"), of.maybe("to_port")],
                    blocks: of.texts("cidr_blocks"),
                    blocks_of_v6: of.texts("ipv6_cidr_blocks"),
                    prefix_lists: of.texts("prefix_list_ids"),
                    groups: of.texts("security_groups").into_iter().chain(own).collect(),
                    description: of.maybe("description"),
                };
                of.end();
                self.rule(account, &format!("AuthorizeSecurityGroup{way}"), &id, &rule).await;
            }
        }
    }

    /// Sends a rule, or takes one away.
    async fn rule(&mut self, account: &str, action: &str, group: &str, rule: &Rule) -> String {
        let at = |name: &str| format!("IpPermissions.1.{name}");
        let has_ports = rule.protocol != "-1";
        let [from, to] = rule.ports.clone().map(|port| port.filter(|_| has_ports));
        let call = self.call(account, "ec2", action).with("GroupId", group).with(&at("IpProtocol"), &rule.protocol);
        let mut call = call.with_some(&at("FromPort"), from).with_some(&at("ToPort"), to);
        let lists = [
            ("IpRanges", "CidrIp", &rule.blocks),
            ("Ipv6Ranges", "CidrIpv6", &rule.blocks_of_v6),
            ("PrefixListIds", "PrefixListId", &rule.prefix_lists),
            ("Groups", "GroupId", &rule.groups),
        ];
        for (list, field, all) in lists {
            for (place, one) in all.iter().enumerate() {
                let at = |field: &str| at(&format!("{list}.{}.{field}", place + 1));
                call = call.with(&at(field), one).with_some(&at("Description"), rule.description.clone());
            }
        }
        call.send().await
    }

    /// Rules of a resource of their own, in the spelling of either resource.
    pub(super) async fn security_group_rule(&mut self, account: &str, way: &str, mut of: Attributes) {
        let group = of.text("security_group_id");
        let own = of.is_set("self").then(|| group.clone());
        let others = [of.maybe("referenced_security_group_id"), of.maybe("source_security_group_id")];
        let mut groups: Vec<String> = own.into_iter().collect();
        for id in others.into_iter().flatten() {
            if self.ids.gave(&id) {
                groups.push(id);
            } else {
                let vpc = self.vpc_of_group(account, &group).await;
                groups.push(self.group_of_others(account, &vpc, &id).await);
            }
        }
        let blocks = of.texts("cidr_blocks").into_iter().chain(of.maybe("cidr_ipv4")).collect();
        let blocks_of_v6 = of.texts("ipv6_cidr_blocks").into_iter().chain(of.maybe("cidr_ipv6")).collect();
        let prefix_lists = of.texts("prefix_list_ids").into_iter().chain(of.maybe("prefix_list_id")).collect();
        let rule = Rule {
            protocol: of.maybe("ip_protocol").or_else(|| of.maybe("protocol")).unwrap_or_default(),
            ports: [of.maybe("from_port"), of.maybe("to_port")],
            description: of.maybe("description"),
            blocks,
            blocks_of_v6,
            prefix_lists,
            groups,
        };
        let way = match (way, of.maybe("type").as_deref()) {
            ("", Some("ingress")) => "Ingress",
            ("", _) => "Egress",
            (way, _) => way,
        };
        let (old, tags) = (of.maybe("security_group_rule_id"), of.tags());
        of.results(&["arn", "id", "timeouts"]);
        of.end();
        let made = self.rule(account, &format!("AuthorizeSecurityGroup{way}"), &group, &rule).await;
        let id = told(&made, "securityGroupRuleId");
        if let Some(old) = old {
            self.ids.put(&old, &id);
        }
        if !tags.is_empty() {
            let call = self.call(account, "ec2", "CreateTags").with("ResourceId.1", id);
            call.pairs("Tag", ["Key", "Value"], &tags).send().await;
        }
    }

    async fn vpc_of_group(&self, account: &str, group: &str) -> String {
        let seen = self.call(account, "ec2", "DescribeSecurityGroups").with("GroupId.1", group).send().await;
        told(&seen, "vpcId")
    }
}

/// The first half of the addresses that are registered in a VPC.
fn registered_in(all: &[Instance], vpc: &str) -> Option<String> {
    let of_kind = |kind: &'static str| all.iter().filter(move |one| one.kind == kind);
    let groups: Vec<&str> = of_kind("aws_lb_target_group")
        .filter(|one| text(&one.values, "vpc_id") == vpc)
        .map(|one| text(&one.values, "arn"))
        .collect();
    let mut targets = of_kind(ATTACHMENT).filter(|one| groups.contains(&text(&one.values, "target_group_arn")));
    let address: std::net::Ipv4Addr = targets.find_map(|one| text(&one.values, "target_id").parse().ok())?;
    let [one, two, ..] = address.octets();
    Some(format!("{one}.{two}"))
}
