//! Instances of one `for_each` whose first apply is killed: each finds its own again, none another one's.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{dies, kill};
use crate::consumer_setting::{Setting, USER, merged, pass};
use crate::core::{Terraform, objects, texts};
use crate::landscape::{CONSUMER, SERVICE};
use crate::packets;

/// Two VPCs, one service, no name: what `for_each = var.vpcs` makes of one block.
struct Siblings {
    setting: Setting,
    vpc: String,
    subnets: Vec<String>,
    /// Addresses in the state, with their configurations.
    instances: [(&'static str, Json); 2],
}

impl Siblings {
    /// Instances that differ in nothing: `count = 2`.
    async fn alike(seed: u64) -> Self {
        let mut scene = Self::set(seed).await;
        let [(_, config), _] = scene.instances.clone();
        scene.instances = [("orders[0]", config.clone()), ("orders[1]", config)];
        scene
    }

    async fn set(seed: u64) -> Self {
        let mut setting = Setting::bare(seed).await;
        let config = merged(&setting.land.service(), &json!({"acceptance_required": false, "private_dns": null}));
        let found = setting.owner.try_apply(SERVICE, "api", &config).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        setting.service = setting.owner.state("api");
        let vpc = setting.vpc("10.77.0.0/16").await;
        let mut subnets = Vec::new();
        for (number, zone) in ["use1-az1", "use1-az2"].into_iter().enumerate() {
            let call = setting.ec2(USER).create_subnet().vpc_id(&vpc).availability_zone_id(zone);
            let made = call.cidr_block(format!("10.77.{number}.0/24")).send().await.unwrap();
            subnets.push(made.subnet.unwrap().subnet_id.unwrap());
        }
        pass(120).await;
        let open = json!({"ingress": [{"port": 443, "cidr_ipv4": "10.0.0.0/8"}]});
        let here = setting.config(open);
        let there = merged(&here, &json!({"subnet_ids": subnets}));
        Self { setting, vpc, subnets, instances: [("orders[\"here\"]", here), ("orders[\"there\"]", there)] }
    }

    /// One process makes both at the same time.
    async fn apply(&mut self) -> Vec<String> {
        let [(here, first), (there, second)] = self.instances.clone();
        let mut other = self.setting.user.clone();
        let (one, two) = tokio::join!(
            self.setting.user.try_apply(CONSUMER, here, &first),
            other.try_apply(CONSUMER, there, &second)
        );
        let mut told = Vec::new();
        for (name, found) in [(here, one), (there, two)] {
            assert!(!found.has_errors(), "{name}: {:#?}", texts(&found));
            told.extend(texts(&found));
        }
        self.setting.user.take_state(&other, there);
        told
    }

    /// Removes chains whose creation had ended when the process was killed, as the warnings say: core saves each instance as
    /// soon as it is made, but here the death of one process takes all states along.
    async fn remove_unsaved(&mut self, told: &[String]) -> usize {
        let commands = told.iter().filter_map(|text| text.split_once("privatelink_consumer.NAME "));
        let ids: BTreeSet<&str> = commands.filter_map(|(_, command)| command.split('"').next()).collect();
        for id in &ids {
            for found in [self.setting.user.import(CONSUMER, "lost", id).await, self.setting.user.destroy("lost").await]
            {
                assert!(!found.has_errors(), "{id}: {:#?}", texts(&found));
            }
        }
        ids.len()
    }

    async fn clear(mut self, case: &str) {
        for (name, _) in &self.instances {
            let found = self.setting.user.destroy(name).await;
            assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
        }
        let found = self.setting.owner.destroy("api").await;
        assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
        for subnet in &self.subnets {
            self.setting.ec2(USER).delete_subnet().subnet_id(subnet).send().await.unwrap();
        }
        self.setting.ec2(USER).delete_vpc().vpc_id(&self.vpc).send().await.unwrap();
        assert_eq!(objects(&self.setting.land.world), json!({}), "{case}");
    }
}

async fn both(mut user: Terraform, instances: [(&'static str, Json); 2]) -> privatelink::diagnostic::Diagnostics {
    let [(here, first), (there, second)] = instances;
    let mut other = user.clone();
    let (mut one, two) =
        tokio::join!(user.try_apply(CONSUMER, here, &first), other.try_apply(CONSUMER, there, &second));
    one.extend(two);
    one
}

/// The first apply is killed at every call, and the next one finds for each instance what was made for it.
async fn expect_each_its_own(scene: impl AsyncFn() -> Siblings) -> usize {
    let mut kills = 0;
    for call in 1..30 {
        let mut scene = scene().await;
        let (fault, case) = kill(call, call % 2 == 0);
        let run = both(scene.setting.user.clone(), scene.instances.clone());
        if !dies(&scene.setting.land.world, fault, run).await {
            // It came to its end before that call.
            break;
        }
        kills += 1;
        scene.setting.user.provider = scene.setting.land.consumer_side().await.provider;
        pass(30).await;
        let told = scene.apply().await;
        assert!(scene.remove_unsaved(&told).await <= 2, "{case}");
        let states = scene.instances.clone().map(|(name, _)| scene.setting.user.state(name));
        assert_ne!(states[0]["id"], states[1]["id"], "{case}");
        let groups = states.each_ref().map(|state| state["links"]["security_group"].clone());
        assert_ne!(groups[0], groups[1], "{case}: one managed group for two VPCs");
        assert_ne!(states[0]["record"]["owner_uid"], states[1]["record"]["owner_uid"], "{case}");
        for ((_, config), state) in scene.instances.iter().zip(&states) {
            let ids = |json: &Json| json.as_array().unwrap().iter().map(Json::to_string).collect::<BTreeSet<_>>();
            assert_eq!(ids(&state["subnet_ids"]), ids(&config["subnet_ids"]), "{case}");
        }
        pass(120).await;
        for ((name, config), state) in scene.instances.clone().into_iter().zip(&states) {
            scene.setting.user.expect_settled(CONSUMER, name, &config).await;
            let way = packets::of_endpoint(&scene.setting.land.world, state["id"].as_str()).unwrap();
            assert!(way.reached, "{case}: {way:#?}");
        }
        let made = objects(&scene.setting.land.world)[USER]["us-east-1"].clone();
        for (kind, count) in [("endpoint", 2), ("security_group", 2)] {
            assert_eq!(made[kind].as_array().map_or(0, Vec::len), count, "{case}: {made:#}");
        }
        scene.clear(&case).await;
    }
    kills
}

#[tokio::test(start_paused = true)]
async fn instances_over_two_vpcs_find_their_own_after_a_killed_first_apply() {
    let kills = expect_each_its_own(async || Siblings::set(51).await).await;
    assert!(kills >= 6, "only {kills} calls could be killed");
}

#[tokio::test(start_paused = true)]
async fn instances_that_differ_in_nothing_take_over_one_each_after_a_killed_first_apply() {
    let kills = expect_each_its_own(async || Siblings::alike(52).await).await;
    assert!(kills >= 6, "only {kills} calls could be killed");
}
