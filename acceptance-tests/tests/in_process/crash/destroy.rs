//! Killed destroys: ended by the next one, or undone by an apply.

use serde_json::json;

use super::{Scene, kill, killed_destroy};
use crate::core::texts;
use crate::landscape::{CONSUMER, SERVICE};

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
            if !killed_destroy(scene.side(), name, fault).await {
                continue;
            }
            kills += 1;
            scene.start_anew().await;
            if call % 2 == 0 {
                let config = if kind == CONSUMER {
                    let mut config = scene.wanted.clone();
                    config["dns"][0]["record"] = json!([{"name": "@"}, {"name": "api"}]);
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
                scene.side().expect_settled(kind, name, &config).await;
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
