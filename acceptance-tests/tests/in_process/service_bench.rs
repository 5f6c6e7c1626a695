//! One service under test: changes to its configuration, drift behind Terraform's back, and the calls
//! that each costs.

use std::time::Duration;

use acceptance_tests::simulator::landscape::PROVIDER;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use privatelink::value::Value;
use serde_json::{Value as Json, json};

use crate::announced::is_note;
use crate::core::{Action, Plan, Terraform, objects, texts};
use crate::drift_matrix;
use crate::landscape::{Landscape, SERVICE};

/// The changes that a plan tells, one a line, without what a world draws.
fn told_changes(plan: &Plan) -> String {
    let lines = plan.planned.get("changes").as_list().unwrap_or_default();
    lines.iter().filter_map(Value::as_str).map(|line| format!("  - {}\n", without_draws(line))).collect()
}

/// Words that a world draws, such as ids and hashes, by a mark. A hash may be drawn of digits or of letters alone; an account
/// (twelve digits) is no draw.
fn without_draws(line: &str) -> String {
    let is_account = |word: &str| word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_hex = |word: &str| word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has_digit = |word: &str| word.bytes().any(|byte| byte.is_ascii_digit());
    let is_drawn = |word: &str| word.len() >= 8 && !is_account(word) && (has_digit(word) || is_hex(word));
    let mut told = String::new();
    let mut word = String::new();
    for character in line.chars().chain(std::iter::once(' ')) {
        if character.is_ascii_alphanumeric() {
            word.push(character);
            continue;
        }
        told += if is_drawn(&word) { "*" } else { &word };
        word.clear();
        told.push(character);
    }
    told.trim_end().to_owned()
}

#[test]
fn a_hash_is_a_draw_of_whatever_digits_it_has() {
    for hash in ["1a2b3c4d", "12345678", "abcdefab"] {
        assert_eq!(
            without_draws(&format!("forward to orders-api-{hash} port 443")),
            "forward to orders-api-* port 443"
        );
    }
    assert_eq!(without_draws("accept 222222222222"), "accept 222222222222");
}

/// The address of the service under test.
pub(crate) const NAME: &str = "api";

/// A service that is made, and its configuration.
pub(crate) struct Bench {
    pub(crate) land: Landscape,
    pub(crate) terraform: Terraform,
    pub(crate) config: Json,
}

impl Bench {
    /// A world with the landscape; nothing is made yet.
    pub(crate) async fn empty(seed: u64) -> Self {
        let land = Landscape::strict(seed);
        let terraform = land.service_side().await;
        let config = land.service();
        Self { land, terraform, config }
    }

    /// Makes the usual service with `edit` on its configuration.
    pub(crate) async fn made(seed: u64, edit: impl FnOnce(&mut Json, &Json)) -> Self {
        let mut bench = Self::empty(seed).await;
        edit(&mut bench.config, &bench.land.ids.clone());
        let config = bench.config.clone();
        bench.terraform.apply(SERVICE, NAME, &config).await;
        bench
    }

    /// A service without a private name, which needs no verification and is made sooner.
    pub(crate) async fn plain(seed: u64) -> Self {
        Self::made(seed, |config, _| {
            config.as_object_mut().unwrap().remove("private_dns");
        })
        .await
    }

    pub(crate) fn state(&self) -> Json {
        self.terraform.state(NAME)
    }

    /// What the record holds of a link.
    pub(crate) fn link(&self, link: &str) -> Json {
        let text = self.state()["record"][link].as_str().unwrap_or_else(|| panic!("no {link}")).to_owned();
        serde_json::from_str::<Json>(&text).unwrap()["state"].clone()
    }

    /// How many calls were made so far.
    pub(crate) fn mark(&self) -> usize {
        self.land.world.calls().len()
    }

    /// The mutating calls since then that worked, in order; equal ones in a row are counted.
    pub(crate) fn calls_since(&self, mark: usize) -> String {
        let mut told: Vec<(String, usize)> = Vec::new();
        for call in self.land.world.calls().into_iter().skip(mark) {
            // What an update leaves for the case that it is killed is no change of an object.
            let is_run_tag = is_note(&call);
            if !call.mutating || call.outcome != "ok" || is_run_tag {
                continue;
            }
            match told.last_mut() {
                Some((operation, count)) if *operation == call.operation => *count += 1,
                _ => told.push((call.operation, 1)),
            }
        }
        let one = |(operation, count): &(String, usize)| match count {
            1 => operation.clone(),
            // A service takes over a zone of its load balancer when that is ready, which nothing shows.
            5..=20 if operation == "ModifyVpcEndpointServiceConfiguration" => format!("{operation} repeatedly"),
            _ => format!("{operation} x{count}"),
        };
        if told.is_empty() { "none".to_owned() } else { told.iter().map(one).collect::<Vec<_>>().join(", ") }
    }

    /// Refreshes and plans with the configuration as it is now.
    pub(crate) async fn plan(&mut self) -> Plan {
        let config = self.config.clone();
        self.terraform.plan(SERVICE, NAME, &config).await
    }

    /// Refreshes and plans with another configuration.
    pub(crate) async fn plan_of(&mut self, config: &Json) -> Plan {
        self.terraform.plan(SERVICE, NAME, config).await
    }

    /// Changes the configuration in place and applies; two empty plans follow. Tells which links the
    /// plan named, which calls the apply made, and what the plan said of them.
    pub(crate) async fn change(&mut self, title: &str, edit: impl FnOnce(&mut Json, &Json)) -> String {
        let before = self.config.clone();
        edit(&mut self.config, &self.land.ids.clone());
        let config = self.config.clone();
        let plan = self.plan().await;
        assert!(!plan.diagnostics.has_errors(), "{title}: {:#?}", texts(&plan.diagnostics));
        assert_eq!(plan.action, Action::Update, "{title}: {:?}", plan.replaced_by);
        self.assert_names_stay(title, &plan);
        if config == before {
            drift_matrix::expect_row(&self.terraform, NAME, title, &plan);
        }
        let links = self.links_of(&plan);
        let mark = self.mark();
        self.terraform.apply(SERVICE, NAME, &config).await;
        let calls = self.calls_since(mark);
        format!("{title}\n  links: {links}\n  calls: {calls}\n{}", told_changes(&plan))
    }

    /// Heals drift: the plan is an update in place, apply makes it true, and two empty plans follow.
    pub(crate) async fn heal(&mut self, title: &str) -> String {
        // A private name that somebody changed may show for so long as it was.
        tokio::time::sleep(Duration::from_secs(10)).await;
        self.change(title, |_, _| {}).await
    }

    /// Consumers hold these; an update in place may not make them unknown.
    pub(crate) fn assert_names_stay(&self, title: &str, plan: &Plan) {
        let state = self.state();
        for name in ["id", "arn", "service_id", "service_name", "base_endpoint_dns_names"] {
            assert!(plan.planned.get(name).is_wholly_known(), "{title}: {name} would be unknown");
        }
        assert_eq!(plan.planned.get("id").as_str(), state["id"].as_str(), "{title}");
        assert_eq!(plan.planned.get("service_name").as_str(), state["service_name"].as_str(), "{title}");
    }

    /// The links that a plan touches: those to be removed with a minus sign.
    pub(crate) fn links_of(&self, plan: &Plan) -> String {
        let planned = match plan.planned.get("record") {
            Value::Map(planned) => planned.clone(),
            _ => return "unknown".to_owned(),
        };
        let state = self.state();
        let before = state["record"].as_object().unwrap();
        let mut links: Vec<String> =
            planned.iter().filter(|(_, entry)| entry.is_unknown()).map(|(name, _)| name.clone()).collect();
        links.retain(|name| name != "retired");
        links.extend(before.keys().filter(|name| !planned.contains_key(*name)).map(|name| format!("-{name}")));
        if links.is_empty() { "none".to_owned() } else { links.join(", ") }
    }

    /// Destroys, and expects that nothing is left.
    pub(crate) async fn destroy(&mut self) {
        let found = self.terraform.destroy(NAME).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        assert_eq!(objects(&self.land.world), json!({}));
    }

    /// The account of the service, as its owner reaches it with an SDK.
    pub(crate) fn sdk(&self) -> SdkConfig {
        self.sdk_in("us-east-1")
    }

    /// The same in another Region.
    pub(crate) fn sdk_in(&self, region: &'static str) -> SdkConfig {
        let credentials = Credentials::new(PROVIDER, "secret", None, None, "tests");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(self.land.world.http_client())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .build()
    }

    pub(crate) fn elbv2(&self) -> aws_sdk_elasticloadbalancingv2::Client {
        aws_sdk_elasticloadbalancingv2::Client::new(&self.sdk())
    }

    pub(crate) fn ec2(&self) -> aws_sdk_ec2::Client {
        aws_sdk_ec2::Client::new(&self.sdk())
    }

    pub(crate) fn route53(&self) -> aws_sdk_route53::Client {
        aws_sdk_route53::Client::new(&self.sdk())
    }

    /// Subnets of two zones in a VPC that has IPv6 too, and the first part of their IPv6 blocks, which a digit
    /// and `::` complete.
    pub(crate) async fn subnets_of_both_families(&self) -> (Vec<String>, String) {
        let ec2 = self.ec2();
        let made = ec2.create_vpc().cidr_block("10.40.0.0/16").amazon_provided_ipv6_cidr_block(true);
        let vpc = made.send().await.unwrap().vpc.unwrap();
        let block = vpc.ipv6_cidr_block_association_set()[0].ipv6_cidr_block().unwrap().to_owned();
        let base = format!("{}0", block.strip_suffix("00::/56").unwrap());
        tokio::time::sleep(Duration::from_secs(60)).await;
        let mut subnets = Vec::new();
        let zones = ec2.describe_availability_zones().send().await.unwrap();
        for (number, zone_id) in ["use1-az1", "use1-az2"].into_iter().enumerate() {
            let zone = zones.availability_zones().iter().find(|zone| zone.zone_id() == Some(zone_id)).unwrap();
            let made = ec2
                .create_subnet()
                .vpc_id(vpc.vpc_id().unwrap())
                .cidr_block(format!("10.40.{number}.0/24"))
                .ipv6_cidr_block(format!("{base}{number}::/64"))
                .availability_zone(zone.zone_name().unwrap());
            subnets.push(made.send().await.unwrap().subnet.unwrap().subnet_id.unwrap());
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        (subnets, base)
    }

    /// Forces a state behind Terraform's back.
    pub(crate) fn set(&self, kind: &str, id: &str, set: &Json) {
        self.terraform.control("set", &json!({"kind": kind, "id": id, "set": set}));
    }
}
