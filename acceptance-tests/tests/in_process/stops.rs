//! Ctrl-C, and the deadline, at every call of every verb of both resources: the run ends within the time of its calls under
//! way, begins nothing new, knows all that exists, and the next run goes on.
//!
//! `cargo test` takes a sample; all of it is `cargo test --test in_process stops:: -- --ignored`.

use std::pin::pin;
use std::time::Duration;

use acceptance_tests::simulator::World;
use privatelink::resource::ProviderServer;
use serde_json::json;
use tokio::time::Instant;

use crate::core::{objects, texts};
use crate::failures::{SIDES, Side, Stage, Staged, VERBS, Verb};

/// The longest call of a strict world takes two seconds, and what a step has begun it ends: an object that consists of three calls.
const SOON: Duration = Duration::from_secs(8);
/// After this nothing that was sent before the end is still on its way.
const UNDER_WAY_MS: u64 = 2_500;

fn calls(world: &World) -> usize {
    world.lock().audit.calls().len()
}

/// Milliseconds of the world.
fn now(world: &World) -> u64 {
    world.now().0
}

/// When each call of an undisturbed run came, in milliseconds from its start.
async fn times(staged: &Staged) -> Vec<u64> {
    let mut stage = staged.fork().await;
    let (before, start) = (calls(&stage.setting.land.world), now(&stage.setting.land.world));
    let found = stage.act().await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    stage.setting.land.world.calls().split_off(before).into_iter().map(|call| call.at_ms - start).collect()
}

/// Runs the verb and raises the stop when so many calls have been made. The time from there, if it came so far.
async fn stopped_at(stage: &mut Stage, number: usize) -> (Vec<String>, Option<(Duration, u64)>) {
    let world = stage.setting.land.world.clone();
    let provider = stage.provider();
    let target = calls(&world) + number;
    let mut acting = pin!(stage.act());
    let raise = async {
        while calls(&world) < target {
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        provider.stop();
        (Instant::now(), now(&world))
    };
    tokio::select! {
        biased;
        found = &mut acting => (texts(&found), None),
        (at, at_ms) = raise => {
            let found = acting.await;
            (texts(&found), Some((at.elapsed(), at_ms)))
        }
    }
}

/// What holds after a run that was cut at a time of the world.
async fn goes_on(mut stage: Stage, case: &str, told: &[String], at_ms: u64, is_hurried: bool) {
    let begun: Vec<_> = stage
        .setting
        .land
        .world
        .calls()
        .into_iter()
        .filter(|call| call.at_ms > at_ms + UNDER_WAY_MS && call.operation.starts_with("Create"))
        .filter(|call| call.operation != "CreateTags")
        .collect();
    assert!(begun.is_empty(), "{case}: begun after the end: {begun:#?}");
    let failed = told.iter().any(|text| text.starts_with("Error"));
    for text in told {
        assert!(text.contains("What to do: ") || text.starts_with("Warning"), "{case}: {text}");
    }
    let doubts =
        told.iter().filter(|text| text.contains("Exists perhaps, and the next apply or destroy looks for it")).count();
    let forgotten = stage.forgotten();
    assert!(forgotten.len() <= doubts, "{case}: no state names {forgotten:?}: {told:#?}");
    stage.start_anew().await;
    if !failed {
        return stage.clear(case).await;
    }
    let uid = stage.untaint();
    let (config, verb) = (stage.config(), stage.verb);
    let (terraform, kind, name) = stage.subject();
    if verb == Verb::Destroy {
        // Its short time is in the state: each destroy goes on from where the one before came to its end.
        for _ in 0..60 {
            if is_hurried && terraform.has(name) {
                tokio::time::sleep(Duration::from_secs(60)).await;
                terraform.destroy(name).await;
            }
        }
        let found = terraform.destroy(name).await;
        assert!(!found.has_errors(), "{case}, again: {:#?}", texts(&found));
        assert!(!terraform.has(name), "{case}");
    } else {
        let found = terraform.try_apply(kind, name, &config).await;
        assert!(!found.has_errors(), "{case}, again: {:#?}", texts(&found));
        terraform.expect_empty(kind, name, &config).await;
        if let Some(uid) = uid {
            assert_eq!(terraform.state(name)["record"]["owner_uid"], uid, "{case}: what was made was thrown away");
        }
    }
    stage.clear(case).await;
}

/// Every `step`-th call of every verb from `first` on; how many runs that were.
async fn stop_everywhere(first: usize, step: usize) -> usize {
    let mut runs = 0;
    for (side, verb) in SIDES.into_iter().flat_map(|side| VERBS.map(|verb| (side, verb))) {
        let mut longest = Duration::ZERO;
        let staged = Staged::of(side, verb).await;
        for number in (first..=times(staged).await.len()).step_by(step) {
            let mut stage = staged.fork().await;
            let case = format!("{side:?} {verb:?}, stopped at call {number}");
            let (told, stopped) = stopped_at(&mut stage, number).await;
            let Some((took, at_ms)) = stopped else { break };
            assert!(took < SOON, "{case}: it took {took:?} more");
            longest = longest.max(took);
            runs += 1;
            goes_on(stage, &case, &told, at_ms, false).await;
        }
        println!("{side:?} {verb:?}: stopped within {longest:?}");
    }
    println!("{runs} runs were stopped");
    runs
}

/// The same with deadlines that fall on the calls.
async fn deadline_everywhere(first: usize, step: usize) -> usize {
    let mut runs = 0;
    for (side, verb) in SIDES.into_iter().flat_map(|side| VERBS.map(|verb| (side, verb))) {
        let mut longest = Duration::ZERO;
        let staged = Staged::of(side, verb).await;
        for (number, at) in times(staged).await.into_iter().enumerate().skip(first).step_by(step) {
            // Two reads must agree that something is gone, which takes its time.
            let at = at.max(30_000);
            let timeouts =
                json!({(format!("{verb:?}").to_lowercase().replace("destroy", "delete")): format!("{at}ms")});
            let mut stage = staged.fork().await;
            stage.hurry(timeouts).await;
            let case = format!("{side:?} {verb:?}, timeout of {at} ms at call {number}");
            // A plan comes before the apply whose time counts.
            let start = now(&stage.setting.land.world);
            let told = texts(&stage.act().await);
            let took = Duration::from_millis(now(&stage.setting.land.world) - start);
            let late = took.saturating_sub(Duration::from_millis(at) + stage.planning());
            assert!(late < SOON, "{case}: it ended {late:?} late: {told:#?}");
            longest = longest.max(late);
            runs += 1;
            stage.take_time();
            goes_on(stage, &case, &told, u64::MAX - UNDER_WAY_MS, true).await;
        }
        println!("{side:?} {verb:?}: at most {longest:?} after the deadline");
    }
    println!("{runs} runs came to their deadline");
    runs
}

#[tokio::test(start_paused = true)]
async fn a_stop_at_some_calls_ends_the_run_soon_and_loses_nothing() {
    assert!(stop_everywhere(2, 5).await >= 30);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_at_some_calls_ends_the_run_soon_and_loses_nothing() {
    assert!(deadline_everywhere(3, 6).await >= 20);
}

#[tokio::test(start_paused = true)]
#[ignore = "takes minutes: cargo test --test in_process stops:: -- --ignored --nocapture"]
async fn a_stop_at_every_call_ends_the_run_soon_and_loses_nothing() {
    assert!(stop_everywhere(1, 1).await >= 150);
}

#[tokio::test(start_paused = true)]
#[ignore = "takes minutes: cargo test --test in_process stops:: -- --ignored --nocapture"]
async fn a_deadline_at_every_call_ends_the_run_soon_and_loses_nothing() {
    assert!(deadline_everywhere(0, 1).await >= 150);
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_a_consumer_waits_for_its_service_to_show_ends_it_soon() {
    let stage = Staged::of(Side::Consumer, Verb::Create).await.fork().await;
    let before = objects(&stage.setting.land.world);
    let mut config = stage.config();
    config["service_name"] = json!("com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0");
    let mut user = stage.setting.user.clone();
    let plan = user.plan(crate::landscape::CONSUMER, "orders", &config).await;
    let provider = stage.provider();
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        provider.stop();
        Instant::now()
    };
    let apply = user.carry_out(crate::landscape::CONSUMER, "orders", &config, plan);
    let (found, stopped) = tokio::join!(apply, stopping);
    assert!(stopped.elapsed() < Duration::from_secs(1), "{:?}", stopped.elapsed());
    let told = texts(&found);
    assert!(told.iter().any(|text| text.contains("stopped before its first write")), "{told:#?}");
    assert_eq!(objects(&stage.setting.land.world), before);
}
