//! Killed updates: carried on by the same apply, given up for another, or destroyed at once.

use acceptance_tests::simulator::faults::{Fault, Strike};
use serde_json::json;

use super::{Scene, grown, kill, killed};
use crate::core::{objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

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
        user.expect_settled(CONSUMER, "orders", &full).await;
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
        scene.side().expect_settled(SERVICE, "api", &other).await;
        let made = objects(&scene.setting.land.world)["111111111111"]["us-east-1"].clone();
        for (kind, count) in [("load_balancer", 1), ("target_group", 2), ("listener", 2), ("endpoint_service", 1)] {
            assert_eq!(made[kind].as_array().map_or(0, Vec::len), count, "{case}: {made:#}");
        }
        scene.destroy_all(&case).await;
    }
    assert!(kills >= 8, "only {kills} calls could be killed");
}
