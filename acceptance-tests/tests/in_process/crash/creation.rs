//! Killed creations: the state is empty, so the run tag leads to what was made.

use acceptance_tests::simulator::faults::{Fault, Strike};
use privatelink::diagnostic::Diagnostics;
use serde_json::{Value as Json, json};

use super::killed;
use crate::core::{Terraform, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

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
            kills += 1;
            assert!(!side.has(name), "{case}");
            // Nobody starts a new process sooner than AWS shows what the old one made.
            tokio::time::sleep(std::time::Duration::from_secs(30)).await;
            // The creation may have ended, and core not have saved the state.
            gaps += usize::from(takes_up(side, resource_type, name, &config, &case).await);
            // What a dead run wrote a moment ago is not yet in every read.
            tokio::time::sleep(std::time::Duration::from_secs(120)).await;
            println!("{case}");
            side.expect_settled(resource_type, name, &config).await;
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

/// Applies after a killed run, in another process. Where the creation had ended and core had not saved the state, the person is
/// told how to get it back, and does: whether that was so.
pub(crate) async fn takes_up(side: &mut Terraform, kind: &'static str, name: &str, config: &Json, case: &str) -> bool {
    let world = side.world.clone();
    let fresh = async || match kind {
        CONSUMER => Terraform::consumer_with_peer(&world).await.provider,
        _ => Terraform::service_only(&world).await.provider,
    };
    side.provider = fresh().await;
    let found = side.try_apply(kind, name, config).await;
    let Some(id) = unsaved(&found) else {
        assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
        return false;
    };
    let made = objects(&world).to_string();
    assert!(made.contains(&id), "{case}: there is no {id}");
    if side.has(name) {
        side.provider = fresh().await;
        let found = side.destroy(name).await;
        assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
    }
    side.provider = fresh().await;
    let found = side.import(kind, name, &id).await;
    assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
    let found = side.try_apply(kind, name, config).await;
    assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
    true
}

/// The id in the import command for a chain whose state nobody saved.
fn unsaved(found: &Diagnostics) -> Option<String> {
    let told = texts(found).into_iter().find(|text| text.contains("could not save that state"))?;
    let (_, command) = told.split_once(".NAME ")?;
    command.split('"').next().map(str::to_owned)
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
