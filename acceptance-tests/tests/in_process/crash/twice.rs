//! A killed update, then a killed destroy: the mark of the update goes with the object that bears it, and still nothing is left.

use serde_json::json;

use super::{Scene, kill, killed, killed_destroy};
use crate::landscape::{CONSUMER, SERVICE};

/// The update is killed at a call, the destroy after it at every call, and the next destroy ends it. Whether the state
/// was refreshed in between or not makes no difference.
async fn expect_nothing_left(scene: impl AsyncFn() -> Scene, updates: &[u64]) -> usize {
    let mut kills = 0;
    for &update in updates {
        for call in 1..60 {
            let mut scene = scene().await;
            let (kind, name, wanted) = (scene.kind, scene.name, scene.wanted.clone());
            let (fault, first) = kill(update, false);
            assert!(killed(scene.side(), kind, name, &wanted, fault).await, "{first}");
            scene.start_anew().await;
            tokio::time::sleep(std::time::Duration::from_secs(200)).await;
            let (fault, second) = kill(call, call % 2 == 0);
            if !killed_destroy(scene.side(), name, fault).await {
                break;
            }
            kills += 1;
            scene.start_anew().await;
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            if call % 3 != 0 {
                scene.side().refresh(name).await;
            }
            scene.destroy_all(&format!("update {first}, destroy {second}")).await;
        }
    }
    kills
}

#[tokio::test(start_paused = true)]
async fn a_destroy_after_two_kills_leaves_nothing_of_a_service() {
    let kills = expect_nothing_left(async || Scene::update(8, SERVICE).await, &[3, 6, 9, 12, 14]).await;
    println!("{kills} kills");
    assert!(kills >= 20, "only {kills} calls could be killed");
}

/// Its name is another one, too: what it made is called by that.
#[tokio::test(start_paused = true)]
async fn a_destroy_after_two_kills_leaves_nothing_of_a_renamed_service() {
    let renamed = async || {
        let mut scene = Scene::update(8, SERVICE).await;
        scene.wanted["name"] = json!("renamed");
        scene
    };
    let kills = expect_nothing_left(renamed, &[12, 14]).await;
    println!("{kills} kills");
    assert!(kills >= 6, "only {kills} calls could be killed");
}

#[tokio::test(start_paused = true)]
async fn a_destroy_after_two_kills_leaves_nothing_of_a_consumer() {
    let kills = expect_nothing_left(async || Scene::update(9, CONSUMER).await, &[2, 4, 6, 8]).await;
    println!("{kills} kills");
    assert!(kills >= 8, "only {kills} calls could be killed");
}
