//! A world of a recorded state: every object that a state of version 4 names is made as its attributes say, and the state gets the ids that
//! the world has given. A type, an attribute or an id that would get lost on the way fails by its name.
//!
//! The states beside this file are of two accounts, with the addresses, attributes and schema versions that hashicorp/aws 5.46 stores:
//! `chain.json` of resources as people write them, `modules.json` of terraform-aws-modules/vpc (vpc-endpoints, 5.8) and
//! terraform-aws-modules/alb (9.8). A state of your own:
//! `ADOPT_STATE=terraform.tfstate cargo test --test in_process a_state_of_your_own -- --ignored`.

mod attributes;
mod calls;
mod endpoints;
mod ids;
mod names;
mod networks;
mod services;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use self::attributes::Attributes;
use self::calls::Call;
use self::ids::Ids;
use super::by_hand::Document;
use crate::consumer_setting::{Setting, pass};

/// The states.
pub(super) const CHAIN: &str = include_str!("chain.json");
pub(super) const MODULES: &str = include_str!("modules.json");

/// The kinds that a connection is made of, in the order in which AWS takes them.
const CONNECTION: [&str; 18] = [
    "data.aws_vpc",
    "data.aws_subnet",
    "aws_security_group",
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_lb",
    "aws_lb_target_group",
    "aws_lb_target_group_attachment",
    "aws_lb_listener",
    "data.aws_route53_zone",
    "aws_route53_zone",
    "aws_vpc_endpoint_service",
    "aws_vpc_endpoint_service_allowed_principal",
    "aws_vpc_endpoint",
    "aws_vpc_endpoint_connection_accepter",
    "aws_vpc_endpoint_subnet_association",
    "aws_vpc_endpoint_security_group_association",
];
/// What leads to it.
const NAMES: [&str; 3] =
    ["aws_route53_vpc_association_authorization", "aws_route53_zone_association", "aws_route53_record"];
/// What shows objects that other instances make, or what is there without anybody.
const VIEWS: [&str; 10] = [
    "data.aws_availability_zones",
    "data.aws_caller_identity",
    "data.aws_lb",
    "data.aws_lb_target_group",
    "data.aws_network_interface",
    "data.aws_partition",
    "data.aws_region",
    "data.aws_subnets",
    "data.aws_vpc_endpoint",
    "data.aws_vpc_endpoint_service",
];

/// Lists of what a world may show wrongly at first, and how often each is read.
const LISTS: [(&str, &str); 8] = [
    ("ec2", "DescribeNetworkInterfaces"),
    ("ec2", "DescribeSecurityGroups"),
    ("ec2", "DescribeSecurityGroupRules"),
    ("ec2", "DescribeSubnets"),
    ("ec2", "DescribeVpcEndpoints"),
    ("ec2", "DescribeVpcEndpointServiceConfigurations"),
    ("elasticloadbalancing", "DescribeLoadBalancers"),
    ("elasticloadbalancing", "DescribeTargetGroups"),
];
const LOOKS: usize = 6;

/// An instance of the state.
struct Instance {
    address: String,
    /// `aws_lb`, or `data.aws_lb`.
    kind: String,
    account: String,
    values: Json,
}

impl Instance {
    /// Whether it is the record by which AWS knows the owner of a private name.
    fn is_proof(&self) -> bool {
        self.kind == "aws_route53_record" && self.values["type"] == "TXT"
    }
}

/// A world on its way.
struct Making<'a> {
    setting: &'a Setting,
    ids: Ids,
    /// VPCs that the state only names: the first half of their addresses, and how many subnets they have.
    networks: BTreeMap<String, (String, usize)>,
}

impl<'a> Making<'a> {
    fn call(&self, account: &str, service: &'static str, action: &str) -> Call<'a> {
        Call::new(&self.setting.land.world, account, service, action)
    }

    /// What has stood for months is shown by every server: a world shows something new wrongly in one of the first reads.
    async fn is_read_everywhere(&self, accounts: &BTreeSet<String>) {
        for _ in 0..LOOKS {
            for (account, (service, action)) in accounts.iter().flat_map(|account| LISTS.map(|list| (account, list))) {
                self.call(account, service, action).send().await;
            }
        }
    }

    async fn make(&mut self, one: &Instance, all: &[Instance]) {
        let of = Attributes::new(&one.address, &self.ids.within(&one.values));
        let account = one.account.as_str();
        match one.kind.as_str() {
            "data.aws_vpc" => self.vpc(account, of).await,
            "data.aws_subnet" => self.subnet(account, of).await,
            "aws_security_group" => self.security_group(account, of).await,
            "aws_security_group_rule" => self.security_group_rule(account, "", of).await,
            "aws_vpc_security_group_ingress_rule" => self.security_group_rule(account, "Ingress", of).await,
            "aws_vpc_security_group_egress_rule" => self.security_group_rule(account, "Egress", of).await,
            "aws_lb" => self.load_balancer(account, of).await,
            "aws_lb_target_group" => self.target_group(account, of).await,
            "aws_lb_target_group_attachment" => self.target(account, of).await,
            "aws_lb_listener" => self.listener(account, of).await,
            "aws_vpc_endpoint_service" => self.endpoint_service(account, of).await,
            "aws_vpc_endpoint_service_allowed_principal" => self.allowed_principal(account, of).await,
            "aws_vpc_endpoint" => self.endpoint(account, all, of).await,
            "aws_vpc_endpoint_connection_accepter" => self.accepted(account, of).await,
            "aws_vpc_endpoint_subnet_association" => self.added(account, ("subnet_id", "AddSubnetId.1"), of).await,
            "aws_vpc_endpoint_security_group_association" => {
                self.added(account, ("security_group_id", "AddSecurityGroupId.1"), of).await;
            }
            "data.aws_route53_zone" | "aws_route53_zone" => self.zone(account, of).await,
            "aws_route53_vpc_association_authorization" => self.authorization(account, of).await,
            "aws_route53_zone_association" => self.zone_association(account, of).await,
            "aws_route53_record" => self.record(account, of).await,
            kind => panic!("nothing makes {kind}: {}", one.address),
        }
    }
}

/// Makes everything that a state names, and gives the state with the world's ids.
pub(super) async fn set_up(setting: &Setting, text: &str) -> Document {
    let state: Json = serde_json::from_str(text).unwrap();
    let all = instances(&state);
    for one in &all {
        let is_known = CONNECTION.iter().chain(&NAMES).chain(&VIEWS).any(|kind| *kind == one.kind);
        assert!(is_known, "{} is of no kind that is known here: {}", one.address, one.kind);
    }
    let mut making = Making { setting, ids: Ids::default(), networks: BTreeMap::new() };
    for kind in CONNECTION {
        if kind == "aws_security_group" {
            making.networks_of_others(&all).await;
        }
        for one in all.iter().filter(|one| one.kind == kind) {
            making.make(one, &all).await;
        }
        // AWS looks for the proof of a private name for some minutes after the service is made, and then no more.
        if kind == "aws_vpc_endpoint_service" {
            for one in all.iter().filter(|one| one.is_proof()) {
                making.make(one, &all).await;
            }
        }
    }
    pass(600).await;
    for one in all.iter().filter(|one| one.kind == "aws_vpc_endpoint") {
        making.names_of_endpoint(one).await;
    }
    for kind in NAMES {
        for one in all.iter().filter(|one| one.kind == kind && !one.is_proof()) {
            making.make(one, &all).await;
        }
    }
    pass(600).await;
    making.is_read_everywhere(&all.iter().map(|one| one.account.clone()).collect()).await;
    let of_objects = all.iter().filter(|one| !VIEWS.contains(&one.kind.as_str()));
    let unknown: Vec<String> = of_objects.flat_map(|one| making.ids.unknown(&one.values.to_string())).collect();
    assert_eq!(unknown, Vec::<String>::new(), "the state names what the world does not have");
    Document::of(&making.ids.within(&state))
}

/// The instances, each with the account of its provider block: objects that have an ARN tell it.
fn instances(state: &Json) -> Vec<Instance> {
    assert_eq!(state["version"], 4);
    let resources = || state["resources"].as_array().unwrap().iter();
    let mut accounts = BTreeMap::<&str, String>::new();
    for one in resources() {
        let provider = one["provider"].as_str().unwrap();
        for instance in one["instances"].as_array().unwrap() {
            let arn = instance["attributes"]["arn"].as_str().unwrap_or_default();
            if let Some(account) = arn.split(':').nth(4).filter(|account| !account.is_empty()) {
                let before = accounts.entry(block_of(provider)).or_insert_with(|| account.to_owned());
                assert_eq!(before, account, "{provider} is of two accounts");
            }
        }
    }
    let mut all = Vec::new();
    for one in resources() {
        let text = |name: &str| one[name].as_str().unwrap_or_default();
        let data = if text("mode") == "data" { "data." } else { "" };
        let kind = format!("{data}{}", text("type"));
        let account = accounts.get(block_of(text("provider"))).unwrap_or_else(|| panic!("whose is {kind}?"));
        for instance in one["instances"].as_array().unwrap() {
            let address = format!("{} {kind}.{}[{}]", text("module"), text("name"), instance["index_key"]);
            let (kind, account) = (kind.clone(), account.clone());
            all.push(Instance { address, kind, account, values: instance["attributes"].clone() });
        }
    }
    all
}

/// A provider block without the module that it is handed to.
fn block_of(provider: &str) -> &str {
    provider.find("provider[").and_then(|place| provider.get(place..)).unwrap_or(provider)
}

/// A state with one instance of a type.
fn state_of(kind: &str, attributes: &Json) -> String {
    let instances = json!([{"schema_version": 0, "attributes": attributes}]);
    let provider = "provider[\"registry.terraform.io/hashicorp/aws\"]";
    let one = json!({"mode": "managed", "type": kind, "name": "a", "provider": provider, "instances": instances});
    json!({"version": 4, "resources": [one]}).to_string()
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "aws_s3_bucket.a[null] is of no kind that is known here")]
async fn a_kind_that_nothing_makes_fails_by_its_name() {
    let setting = Setting::bare(509).await;
    set_up(&setting, &state_of("aws_s3_bucket", &json!({"arn": "arn:aws:s3:us-east-1:111111111111:x"}))).await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "the world does not get [(\"dead_letters\"")]
async fn an_attribute_that_would_get_lost_fails_by_its_name() {
    let setting = Setting::bare(509).await;
    let group = json!({
        "id": "sg-0123456789abcdef0", "arn": "arn:aws:ec2:us-east-1:111111111111:security-group/sg-0123456789abcdef0",
        "name": "a", "description": "a", "vpc_id": "vpc-0123456789abcdef0", "dead_letters": ["x"],
    });
    set_up(&setting, &state_of("aws_security_group", &group)).await;
}
