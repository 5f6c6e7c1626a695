//! What consumer tests start from: a service that exists, both sides, and AWS's own clients for what
//! happens behind Terraform's back.

use crate::announced;
use std::collections::BTreeSet;
use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::clock::Moment;
use acceptance_tests::simulator::control::control;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use privatelink::diagnostic::Diagnostics;
use privatelink::protocol::value::from_json;
use serde_json::{Value as Json, json};

use crate::core::{Action, Plan, Terraform, ask_world, objects, texts};
use crate::drift_matrix;
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// Account of the service.
pub(crate) const OWNER: &str = "111111111111";
/// Account of the consumer.
pub(crate) const USER: &str = "222222222222";
/// The address of the consumer in its state.
pub(crate) const ORDERS: &str = "orders";

/// A service that was applied, and an empty consumer's side.
pub(crate) struct Setting {
    pub(crate) land: Landscape,
    pub(crate) owner: Terraform,
    pub(crate) user: Terraform,
    pub(crate) service: Json,
}

/// The id of the one zone of own records; null where there is none.
pub(crate) fn zone_of(state: &Json) -> Json {
    let zones = state["zone_ids"].as_object().unwrap();
    assert!(zones.len() < 2, "{zones:?}");
    zones.values().next().cloned().unwrap_or_default()
}

impl Setting {
    /// A service without a private name that accepts everybody it allows.
    pub(crate) async fn open(seed: u64) -> Self {
        Self::with(seed, json!({"acceptance_required": false, "private_dns": null})).await
    }

    /// A service without a private name whose owner must accept.
    pub(crate) async fn closed(seed: u64) -> Self {
        Self::with(seed, json!({"private_dns": null})).await
    }

    /// A service with a verified private name whose owner must accept.
    pub(crate) async fn named(seed: u64) -> Self {
        Self::with(seed, json!({})).await
    }

    /// The service with these arguments over the usual ones.
    pub(crate) async fn with(seed: u64, arguments: Json) -> Self {
        Self::on(Landscape::strict(seed), arguments).await
    }

    /// The same where replicas do not lag: what one list shows is what there is.
    pub(crate) async fn calm(seed: u64, arguments: Json) -> Self {
        Self::on(Landscape::of(World::calm(seed)), arguments).await
    }

    async fn on(land: Landscape, arguments: Json) -> Self {
        let mut owner = land.service_side().await;
        owner.apply(SERVICE, "api", &merged(&land.service(), &arguments)).await;
        let service = owner.state("api");
        let user = land.consumer_side().await;
        let setting = Self { land, owner, user, service };
        // Until every server of AWS shows the new service to those that are allowed.
        pass(120).await;
        setting.forget_calls();
        setting
    }

    /// The same once more, in a world that goes on by itself from a moment, with the provider started anew on both sides.
    pub(crate) async fn fork(&self, at: Moment) -> Self {
        let world = self.land.world.fork(at);
        let land = Landscape { world, ids: self.land.ids.clone() };
        let (mut owner, mut user) = (land.service_side().await, land.consumer_side().await);
        owner.take_over(&self.owner);
        user.take_over(&self.user);
        Self { land, owner, user, service: self.service.clone() }
    }

    /// No service at all, for consumers of AWS's own.
    pub(crate) async fn bare(seed: u64) -> Self {
        let land = Landscape::strict(seed);
        let owner = land.service_side().await;
        let user = land.consumer_side().await;
        Self { land, owner, user, service: Json::Null }
    }

    /// The smallest configuration, and these arguments.
    pub(crate) fn config(&self, arguments: Json) -> Json {
        let two_lines = json!({
            "service_name": self.service["service_name"],
            "subnet_ids": self.land.ids["consumer_subnet_ids"],
        });
        merged(&two_lines, &arguments)
    }

    /// The consumer's subnets with these numbers.
    pub(crate) fn subnets<const N: usize>(&self, numbers: [usize; N]) -> Json {
        Json::Array(numbers.map(|number| self.land.ids["consumer_subnet_ids"][number].clone()).to_vec())
    }

    /// An id of the landscape.
    pub(crate) fn id(&self, name: &str) -> String {
        self.land.ids[name].as_str().unwrap().to_owned()
    }

    pub(crate) fn ec2(&self, account: &str) -> aws_sdk_ec2::Client {
        aws_sdk_ec2::Client::new(&self.sdk(account))
    }

    /// The same in another Region.
    pub(crate) fn ec2_in(&self, account: &str, region: &'static str) -> aws_sdk_ec2::Client {
        aws_sdk_ec2::Client::new(&self.sdk_in(account, region))
    }

    pub(crate) fn elb(&self, account: &str) -> aws_sdk_elasticloadbalancingv2::Client {
        aws_sdk_elasticloadbalancingv2::Client::new(&self.sdk(account))
    }

    pub(crate) fn route53(&self, account: &str) -> aws_sdk_route53::Client {
        aws_sdk_route53::Client::new(&self.sdk(account))
    }

    pub(crate) fn profiles(&self, account: &str) -> aws_sdk_route53profiles::Client {
        aws_sdk_route53profiles::Client::new(&self.sdk(account))
    }

    fn sdk(&self, account: &str) -> SdkConfig {
        self.sdk_in(account, "us-east-1")
    }

    fn sdk_in(&self, account: &str, region: &'static str) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(account, "x", None, None, "tests")))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .http_client(self.land.world.http_client())
            .build()
    }

    /// One more VPC of the consumer's account, with both DNS attributes.
    pub(crate) async fn vpc(&self, block: &str) -> String {
        let made = self.ec2(USER).create_vpc().cidr_block(block).send().await.unwrap();
        let id = made.vpc.unwrap().vpc_id.unwrap();
        pass(60).await;
        let on = aws_sdk_ec2::types::AttributeBooleanValue::builder().value(true).build();
        self.ec2(USER).modify_vpc_attribute().vpc_id(&id).enable_dns_hostnames(on).send().await.unwrap();
        pass(60).await;
        id
    }

    /// A private zone that the VPC sees, made by hand.
    pub(crate) async fn zone(&self, account: &str, name: &str) -> String {
        use aws_sdk_route53::types::{HostedZoneConfig, Vpc, VpcRegion};
        let client = self.route53(account);
        let vpc = |id: String| Vpc::builder().vpc_id(id).vpc_region(VpcRegion::UsEast1).build();
        let own = if account == OWNER { "provider_vpc_id" } else { "consumer_vpc_id" };
        let made = client
            .create_hosted_zone()
            .name(name)
            .caller_reference(name)
            .vpc(vpc(self.id(own)))
            .hosted_zone_config(HostedZoneConfig::builder().private_zone(true).build())
            .send()
            .await
            .unwrap();
        let id = made.hosted_zone().unwrap().id().trim_start_matches("/hostedzone/").to_owned();
        pass(90).await;
        if account == OWNER {
            let theirs = vpc(self.id("consumer_vpc_id"));
            client.create_vpc_association_authorization().hosted_zone_id(&id).vpc(theirs.clone()).send().await.unwrap();
            pass(90).await;
            self.route53(USER).associate_vpc_with_hosted_zone().hosted_zone_id(&id).vpc(theirs).send().await.unwrap();
            pass(90).await;
        }
        id
    }

    /// A record of others in a zone, made or removed by hand.
    pub(crate) async fn foreign_record(&self, account: &str, zone: &str, name: &str, action: ChangeAction) {
        let value = ResourceRecord::builder().value("10.20.1.9").build().unwrap();
        let set = ResourceRecordSet::builder().name(name).r#type(RrType::A).ttl(60).resource_records(value);
        let change = Change::builder().action(action).resource_record_set(set.build().unwrap()).build().unwrap();
        let batch = ChangeBatch::builder().changes(change).build().unwrap();
        let call = self.route53(account).change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
        call.send().await.unwrap();
        pass(90).await;
    }

    /// A security group of the consumer's account, made by hand.
    pub(crate) async fn group(&self, name: &str) -> String {
        let call = self.ec2(USER).create_security_group().group_name(name).description(name);
        let made = call.vpc_id(self.id("consumer_vpc_id")).send().await.unwrap();
        pass(60).await;
        made.group_id().unwrap().to_owned()
    }

    /// The decision of the service's owner in the console: no plan announces it.
    pub(crate) async fn accept(&self, endpoint_id: &str) {
        let _by_hand = announced::Apply::begin();
        let id = self.service["id"].as_str().unwrap();
        let call = self.ec2(OWNER).accept_vpc_endpoint_connections().service_id(id).vpc_endpoint_ids(endpoint_id);
        let reply = call.send().await.unwrap();
        assert!(reply.unsuccessful().is_empty(), "{reply:?}");
        pass(600).await;
    }

    /// The other decision.
    pub(crate) async fn reject(&self, endpoint_id: &str) {
        let _by_hand = announced::Apply::begin();
        let id = self.service["id"].as_str().unwrap();
        let call = self.ec2(OWNER).reject_vpc_endpoint_connections().service_id(id).vpc_endpoint_ids(endpoint_id);
        let reply = call.send().await.unwrap();
        assert!(reply.unsuccessful().is_empty(), "{reply:?}");
        pass(120).await;
    }

    /// Forces a state of the simulator.
    pub(crate) fn set(&self, kind: &str, id: &str, fields: Json) {
        ask_world(&self.land.world, "set", &json!({"kind": kind, "id": id, "set": fields}));
    }

    /// Empties the record of calls.
    pub(crate) fn forget_calls(&self) {
        control(&self.land.world, "DELETE", "calls", &[]);
    }

    /// The calls since then that changed something. What AWS refused must have been refused because it
    /// was early: an object not shown everywhere yet, or a zone with a change on its way.
    pub(crate) fn changes(&self) -> Vec<String> {
        let calls = ask_world(&self.land.world, "calls", &Json::Null);
        let mut changes = Vec::new();
        for call in calls.as_array().unwrap().iter().filter(|call| call["mutating"] == json!(true)) {
            // What an update leaves for the case that it is killed is no change of an object.
            let keys = call["tag_keys"].as_array().map(Vec::as_slice).unwrap_or_default();
            let is_of_run = |key: &Json| key.as_str().is_some_and(|key| key.starts_with("privatelink:run"));
            if !keys.is_empty() && keys.iter().all(is_of_run) {
                continue;
            }
            let operation = call["operation"].as_str().unwrap();
            match call["outcome"].as_str().unwrap() {
                "ok" => changes.push(operation.to_owned()),
                code => {
                    // AWS never forgets a zone's reference; the next attempt takes another one.
                    let is_used = code == "HostedZoneAlreadyExists";
                    // So takes an authorization a moment to arrive in the other account.
                    let is_early = code.ends_with(".NotFound")
                        || ["PriorRequestNotComplete", "NotAuthorizedException"].contains(&code);
                    // Groups change without a lock, and the interfaces let go of the old ones a little later.
                    let is_held = (operation, code) == ("DeleteSecurityGroup", "DependencyViolation");
                    assert!(is_early || is_used || is_held, "{operation} was refused with {code}");
                }
            }
        }
        changes
    }

    /// The calls since then that changed something, in their order, whatever came of them.
    pub(crate) fn world_changes(&self) -> Vec<String> {
        let calls = ask_world(&self.land.world, "calls", &Json::Null);
        let mutating = calls.as_array().unwrap().iter().filter(|call| call["mutating"] == json!(true));
        mutating.map(|call| call["operation"].as_str().unwrap().to_owned()).collect()
    }

    /// Lets a copy of AWS that lags behind catch up, and refreshes.
    pub(crate) async fn catch_up(&mut self) {
        let mut before = Json::Null;
        for _ in 0..6 {
            if self.state() == before {
                return;
            }
            before = self.state();
            pass(120).await;
            let found = self.user.refresh(ORDERS).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        panic!("every refresh shows something else");
    }

    /// The saved state of the consumer.
    pub(crate) fn state(&self) -> Json {
        self.user.state(ORDERS)
    }

    /// Applies, and expects two empty plans.
    pub(crate) async fn apply(&mut self, config: &Json) -> Diagnostics {
        self.user.apply(CONSUMER, ORDERS, config).await
    }

    /// Applies, whatever comes of it.
    pub(crate) async fn try_apply(&mut self, config: &Json) -> Diagnostics {
        self.user.try_apply(CONSUMER, ORDERS, config).await
    }

    /// Plans after a refresh.
    pub(crate) async fn plan(&mut self, config: &Json) -> Plan {
        self.user.plan(CONSUMER, ORDERS, config).await
    }

    /// Applies a change that must be an update in place, expects these changing calls and two empty plans.
    pub(crate) async fn update(&mut self, what: &str, config: &Json, expected: &[&str]) -> Diagnostics {
        let plan = self.plan(config).await;
        self.carry_out(what, config, plan, expected).await
    }

    /// Carries out a plan, which must be an update in place.
    pub(crate) async fn carry_out(&mut self, what: &str, config: &Json, plan: Plan, expected: &[&str]) -> Diagnostics {
        assert_eq!(plan.action, Action::Update, "{what}: {:?} {:#?}", self.differing(&plan), texts(&plan.diagnostics));
        drift_matrix::expect_row(&self.user, ORDERS, what, &plan);
        let before = self.state();
        self.forget_calls();
        let found = self.user.carry_out(CONSUMER, ORDERS, config, plan).await;
        assert!(!found.has_errors(), "{what}: {:#?}", texts(&found));
        self.user.expect_empty(CONSUMER, ORDERS, config).await;
        // What does not depend on each other happens at the same time, in any order.
        let (mut changes, mut expected) = (self.changes(), expected.to_vec());
        changes.sort();
        expected.sort_unstable();
        assert_eq!(changes, expected, "{what}");
        assert_eq!(self.state()["id"], before["id"], "{what} keeps the endpoint");
        found
    }

    /// Names of what a plan changes: attributes, and links as `record.<link>`.
    pub(crate) fn differing(&self, plan: &Plan) -> BTreeSet<String> {
        let (_, server) = self.user.server(CONSUMER);
        let before = from_json(&server.schema().block, &self.state()).unwrap();
        let mut found = BTreeSet::new();
        let empty = std::collections::BTreeMap::new();
        let (old, new) = (before.as_map().unwrap(), plan.planned.as_map().unwrap_or(&empty));
        for (name, value) in new {
            // The words for it all are in the drift matrix.
            if old.get(name) == Some(value) || name == "changes" {
                continue;
            }
            let links = (old.get(name).and_then(|old| old.as_map()), value.as_map());
            if let (true, (Some(old), Some(new))) = (name == "record" || name == "links", links) {
                let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                let differs = names.into_iter().filter(|link| old.get(*link) != new.get(*link));
                found.extend(differs.map(|link| format!("{name}.{link}")));
            } else {
                found.insert(name.clone());
            }
        }
        // What people read names the same links as what the engine reads.
        let shown: BTreeSet<String> =
            found.iter().filter_map(|name| name.strip_prefix("links.")).map(str::to_owned).collect();
        for link in shown {
            assert!(
                found.remove(&format!("links.{link}")) && found.contains(&format!("record.{link}")),
                "{link}: {found:?}"
            );
        }
        found
    }

    /// Expects that a packet to the endpoint arrives, destroys both sides and expects that nothing is left.
    pub(crate) async fn destroy(self) {
        self.destroy_behind(None).await;
    }

    /// The same where the packet has to end at this hop.
    pub(crate) async fn destroy_behind(mut self, hop: Option<&'static str>) {
        // The last question comes from those whom the endpoint lets in, this one from the application.
        self.user.ends_at = hop.filter(|hop| !hop.starts_with("endpoint"));
        pass(600).await;
        let name = self.user.has(ORDERS).then(|| self.state()["dns_name"].clone());
        // One whose removal failed half-way has no name any more.
        if let Some(name) = name.as_ref().and_then(Json::as_str) {
            let answer = self.land.reach(name);
            assert_eq!(answer["broken_at"].as_str(), hop, "{answer:#}");
        }
        let found = self.user.destroy(ORDERS).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        let found = self.owner.destroy("api").await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        assert_eq!(objects(&self.land.world), json!({}));
    }
}

/// Lets simulated time pass.
pub(crate) async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// The second object over the first; null takes an entry away.
pub(crate) fn merged(base: &Json, over: &Json) -> Json {
    let mut merged = base.clone();
    let entries = merged.as_object_mut().unwrap();
    for (name, value) in over.as_object().unwrap() {
        if value.is_null() {
            entries.remove(name);
        } else {
            entries.insert(name.clone(), value.clone());
        }
    }
    merged
}

/// Whether one of the diagnostics begins with this severity and holds all of these words.
pub(crate) fn says(found: &Diagnostics, beginning: &str, words: &[&str]) -> bool {
    texts(found).iter().any(|text| text.starts_with(beginning) && words.iter().all(|word| text.contains(word)))
}
