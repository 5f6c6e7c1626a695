//! What a verb needs before it: both sides of a connection, made as far as that.

use std::collections::BTreeMap;
use std::time::Duration;

use privatelink::diagnostic::Diagnostics;
use privatelink::provider::Provider;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{Setting, USER, pass};
use crate::core::{Terraform, objects, texts};
use crate::landscape::{CONSUMER, SERVICE};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Service,
    Consumer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Create,
    Update,
    Destroy,
}

/// A topic of the landscape.
const TOPIC: &str = "arn:aws:sns:us-east-1:111111111111:connections";

/// The verb's subject, with everything made that the verb needs.
pub(crate) struct Stage {
    pub(crate) setting: Setting,
    /// One more VPC of the consumer's account.
    further_vpc: Option<String>,
    side: Side,
    pub(crate) verb: Verb,
    /// The resource's `timeouts`; none are the defaults.
    timeouts: Json,
}

impl Stage {
    pub(crate) async fn set(side: Side, verb: Verb) -> Self {
        Self::hurried(side, verb, json!({})).await
    }

    /// The same with timeouts of the resource.
    pub(crate) async fn hurried(side: Side, verb: Verb, timeouts: Json) -> Self {
        // One seed is one run, so that the table of faults is the same each time.
        privatelink::resource::uid::seed(11);
        let setting = Setting::bare(11).await;
        let mut stage = Self { setting, further_vpc: None, side, verb, timeouts };
        if side == Side::Consumer || verb != Verb::Create {
            let config = stage.timed(stage.service(), Side::Service);
            let found = stage.setting.owner.try_apply(SERVICE, "api", &config).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        if side == Side::Service && verb == Verb::Update {
            // Somebody who waits for acceptance.
            let config = json!({
                "service_name": stage.setting.owner.state("api")["service_name"],
                "subnet_ids": stage.setting.land.ids["consumer_subnet_ids"],
            });
            let found = stage.setting.user.try_apply(CONSUMER, "orders", &config).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
            // Until every server of AWS shows it to the owner.
            pass(120).await;
        }
        if side == Side::Consumer && verb == Verb::Update {
            stage.further_vpc = Some(stage.setting.vpc("10.31.0.0/16").await);
        }
        if side == Side::Consumer && verb != Verb::Create {
            let config = stage.timed(stage.setting.land.consumer(&stage.setting.owner.state("api")), Side::Consumer);
            let found = stage.setting.user.try_apply(CONSUMER, "orders", &config).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        stage
    }

    /// The usual service, which tells a topic of its connections.
    fn service(&self) -> Json {
        let mut config = self.setting.land.service();
        config["connection_notification"] =
            json!([{"connection_notification_arn": TOPIC, "connection_events": ["Accept"]}]);
        config
    }

    fn timed(&self, mut config: Json, side: Side) -> Json {
        if side == self.side && self.timeouts != json!({}) {
            config["timeouts"] = self.timeouts.clone();
        }
        config
    }

    /// From here on the resource has its usual time.
    pub(crate) fn take_time(&mut self) {
        self.timeouts = json!({});
    }

    /// Time that is not the apply's: the plan before it, and its looks again at what one read may have missed.
    pub(crate) fn planning(&self) -> Duration {
        Duration::from_secs(if self.verb == Verb::Destroy { 5 } else { 12 })
    }

    /// The provider process of the side.
    pub(crate) fn provider(&self) -> Provider {
        match self.side {
            Side::Service => self.setting.owner.provider.clone(),
            Side::Consumer => self.setting.user.provider.clone(),
        }
    }

    /// Terraform starts the provider anew.
    pub(crate) async fn start_anew(&mut self) {
        self.setting.owner.provider = self.setting.land.service_side().await.provider;
        self.setting.user.provider = self.setting.land.consumer_side().await.provider;
    }

    /// Lets a failed creation go on; the uid of what there is.
    pub(crate) fn untaint(&mut self) -> Option<Json> {
        let verb = self.verb;
        let (terraform, _, name) = self.subject();
        if !terraform.has(name) {
            return None;
        }
        if verb == Verb::Create {
            terraform.untaint(name);
        }
        Some(terraform.state(name)["record"]["owner_uid"].clone())
    }

    pub(crate) fn config(&self) -> Json {
        let mut config = match self.side {
            Side::Service => self.service(),
            Side::Consumer => self.setting.land.consumer(&self.setting.owner.state("api")),
        };
        config = self.timed(config, self.side);
        if self.verb == Verb::Update {
            config["tags"]["changed"] = json!("yes");
            match self.side {
                Side::Service => {
                    config["accept"] = json!([{"account_ids": [self.setting.land.ids["consumer_account_id"]]}]);
                    config["private_dns"]["name"] = json!("shop.orders.example.dev");
                    config["connection_notification"][0]["connection_events"] = json!(["Accept", "Reject"]);
                    config["allowed_principals"] = json!([
                        self.setting.land.ids["consumer_account_id"],
                        self.setting.land.ids["provider_account_id"]
                    ]);
                    config["load_balancer"] = json!({"enable_cross_zone_load_balancing": true});
                    config["listener"][0]["deregistration_delay"] = json!(60);
                    config["listener"][0]["target_port"] = json!(8443);
                }
                Side::Consumer => {
                    config["ingress"] = json!([{"port": 443, "cidr_ipv4": "10.0.0.0/8"}]);
                    config["private_dns_enabled"] = json!(false);
                    config["subnet_ids"] = self.setting.subnets([0]);
                    config["dns"]["record"] = json!([{"name": "@"}, {"name": "web"}]);
                    config["dns"]["vpc_ids"] = json!([self.further_vpc]);
                }
            }
        }
        config
    }

    pub(crate) fn subject(&mut self) -> (&mut Terraform, &'static str, &'static str) {
        match self.side {
            Side::Service => (&mut self.setting.owner, SERVICE, "api"),
            Side::Consumer => (&mut self.setting.user, CONSUMER, "orders"),
        }
    }

    pub(crate) async fn act(&mut self) -> Diagnostics {
        let (config, verb) = (self.config(), self.verb);
        let (terraform, kind, name) = self.subject();
        if verb == Verb::Destroy {
            return terraform.destroy(name).await;
        }
        terraform.try_apply(kind, name, &config).await
    }

    /// Every object of the world that no state names.
    pub(crate) fn forgotten(&self) -> Vec<String> {
        let mut known = String::new();
        for (terraform, name) in [(&self.setting.owner, "api"), (&self.setting.user, "orders")] {
            if terraform.has(name) {
                known.push_str(&terraform.state(name).to_string());
            }
        }
        ids(&objects(&self.setting.land.world))
            .into_iter()
            .filter(|(_, id)| !is_named(&known, id))
            .map(|(_, id)| id)
            .collect()
    }

    pub(crate) async fn clear(mut self) {
        for (terraform, name) in [(&mut self.setting.user, "orders"), (&mut self.setting.owner, "api")] {
            let found = terraform.destroy(name).await;
            assert!(!found.has_errors(), "clearing {name}: {:#?}", texts(&found));
        }
        if let Some(vpc) = self.further_vpc {
            self.setting.ec2(USER).delete_vpc().vpc_id(vpc).send().await.unwrap();
        }
        assert_eq!(objects(&self.setting.land.world), json!({}));
    }
}

/// A record set's id is its zone, name and type: a state holds them apart.
fn is_named(known: &str, id: &str) -> bool {
    let parts: Vec<&str> = if id.starts_with("arn:") { vec![id] } else { id.split('/').collect() };
    match parts.as_slice() {
        [zone, name, _] => known.contains(zone) && known.contains(name.trim_end_matches('.')),
        _ => known.contains(id),
    }
}

/// Kinds and ids of a leak list.
fn ids(objects: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for regions in objects.as_object().into_iter().flatten().map(|(_, regions)| regions) {
        for kinds in regions.as_object().into_iter().flatten().map(|(_, kinds)| kinds) {
            for (kind, ids) in kinds.as_object().into_iter().flatten() {
                // AWS makes and removes the one with what it belongs to; the other is the scene.
                if kind == "network_interface" || kind == "vpc" {
                    continue;
                }
                found.extend(
                    ids.as_array().into_iter().flatten().map(|id| (kind.clone(), id.as_str().unwrap().to_owned())),
                );
            }
        }
    }
    found
}

pub(super) fn counted(objects: &Json) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (kind, _) in ids(objects) {
        *counts.entry(kind).or_default() += 1;
    }
    counts
}
