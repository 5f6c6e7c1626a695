//! The provider's process is killed at a call: core keeps the state that it had before.
//!
//! After a killed update the next apply finds by its own uid what the dead run made. After a killed
//! creation the state is empty: the next apply finds the dead run's lease, waits it out, and goes on under
//! the dead run's uid.

use acceptance_tests::simulator::faults::{Fault, Strike};
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use crate::consumer_setting::Setting;
use crate::core::{Terraform, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// Applies, and kills the provider at the call; whether it came that far.
async fn killed(
    terraform: &Terraform,
    resource_type: &'static str,
    name: &'static str,
    config: &Json,
    fault: Fault,
) -> bool {
    let world = terraform.world.clone();
    let (mut running, config) = (terraform.clone(), config.clone());
    let mut process = JoinSet::new();
    let handle = process.spawn(async move { running.try_apply(resource_type, name, &config).await.has_errors() });
    world.on_kill(Box::new(move |_| handle.abort()));
    world.set_faults(vec![fault]);
    let end = process.join_next().await.unwrap();
    world.set_faults(Vec::new());
    end.is_err_and(|end| end.is_cancelled())
}

/// Two listeners more, and other settings: objects to be made, changed and removed.
fn grown(land: &Landscape) -> Json {
    let mut config = land.service();
    config["tags"]["changed"] = json!("yes");
    config["listener"] = json!([
        {"name": "https", "port": 443, "target_port": 8443, "target_ids": land.ids["provider_instance_ids"]},
        {"name": "admin", "port": 9443, "target_ids": land.ids["provider_instance_ids"]},
    ]);
    config
}

#[tokio::test(start_paused = true)]
async fn a_killed_update_is_carried_on_by_its_uid() {
    let mut kills = 0;
    for call in 1..40 {
        let land = Landscape::strict(8);
        let mut owner = land.service_side().await;
        let found = owner.try_apply(SERVICE, "api", &land.service()).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        let fault = Fault::at("*", call, Strike::Kill);
        let fault = if call % 3 == 0 { fault.before() } else { fault };
        let config = grown(&land);
        if !killed(&owner, SERVICE, "api", &config, fault).await {
            break;
        }
        kills += 1;
        owner.provider = land.service_side().await.provider;
        owner.apply(SERVICE, "api", &config).await;
        let made = objects(&land.world)["111111111111"]["us-east-1"].clone();
        for (kind, count) in [("load_balancer", 1), ("target_group", 2), ("listener", 2), ("endpoint_service", 1)] {
            assert_eq!(made[kind].as_array().map_or(0, Vec::len), count, "killed at {call}: {made:#}");
        }
        let found = owner.destroy("api").await;
        assert!(!found.has_errors(), "killed at {call}: {:#?}", texts(&found));
        assert_eq!(objects(&land.world), json!({}), "killed at {call}");
    }
    assert!(kills >= 5, "only {kills} calls could be killed");
}

#[tokio::test(start_paused = true)]
async fn a_killed_update_of_a_consumer_is_carried_on_by_its_uid() {
    let mut kills = 0;
    for call in 1..40 {
        let land = Landscape::strict(9);
        let mut owner = land.service_side().await;
        let found = owner.try_apply(SERVICE, "api", &land.service()).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        let mut user = land.consumer_side().await;
        let full = land.consumer(&owner.state("api"));
        let mut bare = full.clone();
        bare.as_object_mut().unwrap().remove("dns");
        bare["private_dns_enabled"] = json!(false);
        let found = user.try_apply(CONSUMER, "orders", &bare).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        if !killed(&user, CONSUMER, "orders", &full, Fault::at("*", call, Strike::Kill)).await {
            break;
        }
        kills += 1;
        user.provider = land.consumer_side().await.provider;
        let found = user.try_apply(CONSUMER, "orders", &full).await;
        assert!(!found.has_errors(), "killed at {call}: {:#?}", texts(&found));
        // What a dead run wrote a moment ago is not yet in every read of Route 53.
        tokio::time::sleep(std::time::Duration::from_secs(120)).await;
        user.expect_empty(CONSUMER, "orders", &full).await;
        let zones = objects(&land.world)["222222222222"]["global"]["hosted_zone"].clone();
        assert_eq!(zones.as_array().map_or(0, Vec::len), 1, "killed at {call}: {zones:#}");
        for (side, name) in [(&mut user, "orders"), (&mut owner, "api")] {
            let found = side.destroy(name).await;
            assert!(!found.has_errors(), "killed at {call}: {:#?}", texts(&found));
        }
        assert_eq!(objects(&land.world), json!({}), "killed at {call}");
    }
    assert!(kills >= 3, "only {kills} calls could be killed");
}

/// What a killed creation of this side comes to: every call, cut before it is sent and after its effect.
async fn expect_taken_up(seed: u64, resource_type: &'static str, name: &'static str) -> usize {
    let (mut kills, mut gaps) = (0, 0);
    for call in 1..60 {
        for before in [false, true] {
            let land = Landscape::strict(seed);
            let mut owner = land.service_side().await;
            let mut user = land.consumer_side().await;
            let mut config = land.service();
            if resource_type == CONSUMER {
                let found = owner.try_apply(SERVICE, "api", &config).await;
                assert!(!found.has_errors(), "{:#?}", texts(&found));
                config = land.consumer(&owner.state("api"));
            }
            let side = if resource_type == CONSUMER { &mut user } else { &mut owner };
            let fault = Fault::at("*", call, Strike::Kill);
            let fault = if before { fault.before() } else { fault };
            let case = format!("killed {} call {call}", if before { "before" } else { "after" });
            if !killed(side, resource_type, name, &config, fault).await {
                continue;
            }
            let last = land.world.calls().pop().map(|call| call.operation).unwrap_or_default();
            if ["RemoveTags", "DeleteTags"].contains(&last.as_str()) {
                // The gap that `resource::lease` tells of: the lease is off, and core has not saved the state.
                gaps += 1;
                continue;
            }
            kills += 1;
            assert!(!side.has(name), "{case}");
            // Nobody starts a new process sooner than AWS shows what the old one made.
            tokio::time::sleep(std::time::Duration::from_secs(30)).await;
            let fresh = if resource_type == CONSUMER { land.consumer_side().await } else { land.service_side().await };
            side.provider = fresh.provider;
            let found = side.try_apply(resource_type, name, &config).await;
            assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
            // What a dead run wrote a moment ago is not yet in every read.
            tokio::time::sleep(std::time::Duration::from_secs(120)).await;
            side.expect_empty(resource_type, name, &config).await;
            if resource_type == CONSUMER {
                let found = user.destroy("orders").await;
                assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
            }
            let found = owner.destroy("api").await;
            assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
            assert_eq!(objects(&land.world), json!({}), "{case}");
        }
    }
    assert!(gaps <= 2, "{gaps}");
    kills
}

#[tokio::test(start_paused = true)]
async fn a_killed_creation_of_a_service_is_taken_up_by_the_next_apply() {
    let kills = expect_taken_up(8, SERVICE, "api").await;
    assert!(kills >= 20, "only {kills} calls could be killed");
}

#[tokio::test(start_paused = true)]
async fn a_killed_creation_of_a_consumer_is_taken_up_by_the_next_apply() {
    let kills = expect_taken_up(9, CONSUMER, "orders").await;
    assert!(kills >= 20, "only {kills} calls could be killed");
}

/// Both sides as they are before the runs that are killed, everything that the run needs made.
struct Scene {
    setting: Setting,
    kind: &'static str,
    name: &'static str,
    /// What the killed run is for.
    wanted: Json,
}

impl Scene {
    /// An update that makes, changes and removes objects of each kind that can be left behind.
    async fn update(seed: u64, kind: &'static str) -> Self {
        let mut setting = Setting::bare(seed).await;
        let mut wanted = grown(&setting.land);
        let mut config = setting.land.service();
        config.as_object_mut().unwrap().remove("private_dns");
        setting.owner.try_apply(SERVICE, "api", &config).await;
        if kind == CONSUMER {
            wanted = setting.land.consumer(&setting.owner.state("api"));
            wanted["private_dns_enabled"] = json!(false);
            config = wanted.clone();
            let entries = config.as_object_mut().unwrap();
            entries.remove("dns");
            entries.remove("ingress");
            entries.insert("security_group_ids".to_owned(), json!([setting.land.ids["application_security_group_id"]]));
            let found = setting.user.try_apply(CONSUMER, "orders", &config).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        Self { setting, kind, name: if kind == CONSUMER { "orders" } else { "api" }, wanted }
    }

    /// A consumer whose records in a zone of its own are about to be others.
    async fn records(seed: u64) -> Self {
        let mut setting = Setting::bare(seed).await;
        let mut config = setting.land.service();
        config.as_object_mut().unwrap().remove("private_dns");
        setting.owner.try_apply(SERVICE, "api", &config).await;
        let mut config = setting.land.consumer(&setting.owner.state("api"));
        config["private_dns_enabled"] = json!(false);
        let found = setting.user.try_apply(CONSUMER, "orders", &config).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        let mut wanted = config;
        wanted["dns"]["record"] = json!([{"name": "@"}, {"name": "web"}, {"name": "*.web"}]);
        Self { setting, kind: CONSUMER, name: "orders", wanted }
    }

    fn side(&mut self) -> &mut Terraform {
        if self.kind == CONSUMER { &mut self.setting.user } else { &mut self.setting.owner }
    }

    /// Terraform starts the provider anew.
    async fn start_anew(&mut self) {
        let land = &self.setting.land;
        let fresh = if self.kind == CONSUMER { land.consumer_side().await } else { land.service_side().await };
        self.side().provider = fresh.provider;
    }

    async fn destroy_all(&mut self, case: &str) {
        for (side, name) in [(&mut self.setting.user, "orders"), (&mut self.setting.owner, "api")] {
            let found = side.destroy(name).await;
            assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
        }
        assert_eq!(objects(&self.setting.land.world), json!({}), "{case}");
    }
}

/// A kill at a call, before it is sent or after its effect.
fn kill(call: u64, before: bool) -> (Fault, String) {
    let fault = Fault::at("*", call, Strike::Kill);
    let case = format!("killed {} call {call}", if before { "before" } else { "after" });
    (if before { fault.before() } else { fault }, case)
}

/// A destroy right after an update that was killed, at every call: nothing is left, whether the state was refreshed
/// in between or not.
async fn expect_nothing_left(scene: impl AsyncFn() -> Scene) -> usize {
    let mut kills = 0;
    for call in 1..60 {
        for before in [false, true] {
            let mut scene = scene().await;
            let (fault, case) = kill(call, before);
            let (kind, name, wanted) = (scene.kind, scene.name, scene.wanted.clone());
            if !killed(scene.side(), kind, name, &wanted, fault).await {
                continue;
            }
            kills += 1;
            scene.start_anew().await;
            // Nobody types sooner than AWS shows what was made.
            tokio::time::sleep(std::time::Duration::from_secs(if call % 2 == 0 { 15 } else { 200 })).await;
            if call % 3 == 0 {
                scene.side().refresh(name).await;
            }
            scene.destroy_all(&case).await;
        }
    }
    kills
}

#[tokio::test(start_paused = true)]
async fn a_destroy_after_a_killed_update_leaves_nothing_of_a_service() {
    let kills = expect_nothing_left(async || Scene::update(8, SERVICE).await).await;
    println!("{kills} kills");
    assert!(kills >= 20, "only {kills} calls could be killed");
}

#[tokio::test(start_paused = true)]
async fn a_destroy_after_a_killed_update_leaves_nothing_of_a_consumer() {
    let kills = expect_nothing_left(async || Scene::update(9, CONSUMER).await).await;
    println!("{kills} kills");
    assert!(kills >= 14, "only {kills} calls could be killed");
}

#[tokio::test(start_paused = true)]
async fn a_destroy_after_a_killed_change_of_records_leaves_none() {
    let kills = expect_nothing_left(async || Scene::records(10).await).await;
    println!("{kills} kills");
    assert!(kills >= 3, "only {kills} calls could be killed");
}

/// The killed update is given up: what it made goes with the next one, which wants something else.
#[tokio::test(start_paused = true)]
async fn what_a_killed_update_made_goes_with_an_update_that_does_not_want_it() {
    let mut kills = 0;
    for call in 1..40 {
        let mut scene = Scene::update(11, SERVICE).await;
        let (fault, case) = kill(call, false);
        let wanted = scene.wanted.clone();
        if !killed(scene.side(), SERVICE, "api", &wanted, fault).await {
            break;
        }
        kills += 1;
        scene.start_anew().await;
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        let mut other = wanted.clone();
        other["listener"].as_array_mut().unwrap()[1] =
            json!({"name": "metrics", "port": 9100, "target_ids": scene.setting.land.ids["provider_instance_ids"]});
        let found = scene.side().try_apply(SERVICE, "api", &other).await;
        assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
        scene.side().expect_empty(SERVICE, "api", &other).await;
        let made = objects(&scene.setting.land.world)["111111111111"]["us-east-1"].clone();
        for (kind, count) in [("load_balancer", 1), ("target_group", 2), ("listener", 2), ("endpoint_service", 1)] {
            assert_eq!(made[kind].as_array().map_or(0, Vec::len), count, "{case}: {made:#}");
        }
        scene.destroy_all(&case).await;
    }
    assert!(kills >= 8, "only {kills} calls could be killed");
}

/// A destroy that is killed at every call is ended by the next destroy, or undone by the next apply.
async fn expect_destroy_ends(kind: &'static str, seed: u64) -> usize {
    let mut kills = 0;
    for call in 1..40 {
        for before in [false, true] {
            let mut scene = Scene::records(seed).await;
            (scene.kind, scene.name) = if kind == CONSUMER { (CONSUMER, "orders") } else { (SERVICE, "api") };
            if kind == SERVICE {
                let found = scene.setting.user.destroy("orders").await;
                assert!(!found.has_errors(), "{:#?}", texts(&found));
            }
            let (fault, case) = kill(call, before);
            let name = scene.name;
            let mut running = scene.side().clone();
            let mut process = JoinSet::new();
            let handle = process.spawn(async move { running.destroy(name).await.has_errors() });
            let world = scene.setting.land.world.clone();
            world.on_kill(Box::new(move |_| handle.abort()));
            world.set_faults(vec![fault]);
            let end = process.join_next().await.unwrap();
            world.set_faults(Vec::new());
            if !end.is_err_and(|end| end.is_cancelled()) {
                continue;
            }
            kills += 1;
            scene.start_anew().await;
            if call % 2 == 0 {
                let config = if kind == CONSUMER {
                    let mut config = scene.wanted.clone();
                    config["dns"]["record"] = json!([{"name": "@"}, {"name": "api"}]);
                    config
                } else {
                    let mut config = scene.setting.land.service();
                    config.as_object_mut().unwrap().remove("private_dns");
                    config
                };
                // AWS goes on deleting what it was asked to.
                tokio::time::sleep(std::time::Duration::from_secs(1200)).await;
                let found = scene.side().try_apply(kind, name, &config).await;
                assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
                tokio::time::sleep(std::time::Duration::from_secs(120)).await;
                scene.side().expect_empty(kind, name, &config).await;
            }
            scene.destroy_all(&case).await;
        }
    }
    kills
}

#[tokio::test(start_paused = true)]
async fn a_killed_destroy_of_a_consumer_is_ended_by_the_next_one_or_undone_by_an_apply() {
    let kills = expect_destroy_ends(CONSUMER, 12).await;
    assert!(kills >= 8, "only {kills} calls could be killed");
}

#[tokio::test(start_paused = true)]
async fn a_killed_destroy_of_a_service_is_ended_by_the_next_one_or_undone_by_an_apply() {
    let kills = expect_destroy_ends(SERVICE, 13).await;
    assert!(kills >= 6, "only {kills} calls could be killed");
}
