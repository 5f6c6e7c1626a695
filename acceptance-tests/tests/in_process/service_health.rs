//! How the targets are when an apply of a service ends: a warning that counts, after a wait if one is asked for, never an error.

use std::time::Duration;

use privatelink::diagnostic::Diagnostics;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use crate::core::texts;
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

/// Applies another configuration; only warnings may come of it.
async fn apply(bench: &mut Bench, edit: impl FnOnce(&mut Json)) -> Diagnostics {
    edit(&mut bench.config);
    let config = bench.config.clone();
    let found = bench.terraform.try_apply(SERVICE, NAME, &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    found
}

/// What the warnings about health say.
fn told(found: &Diagnostics) -> String {
    texts(found).into_iter().filter(|text| text.contains("targets are not healthy")).collect::<Vec<_>>().join("\n")
}

/// Lets the first instances fail their health checks, or pass them again.
fn fail(bench: &Bench, count: usize, state: &str) {
    let group = bench.link("target_group.https")["arn"].as_str().unwrap().to_owned();
    for instance in bench.land.ids["provider_instance_ids"].as_array().unwrap().iter().take(count) {
        let target = format!("{group}/{}", instance.as_str().unwrap());
        bench.set("target", &target, &json!({"state": state}));
    }
}

fn looks(bench: &Bench, mark: usize) -> usize {
    let calls = bench.land.world.calls();
    calls.iter().skip(mark).filter(|call| call.operation == "DescribeTargetHealth").count()
}

#[tokio::test(start_paused = true)]
async fn an_apply_ends_with_a_look_that_counts_unhealthy_targets_with_awss_reasons() {
    let mut bench = Bench::plain(801).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    let well = apply(&mut bench, |config| config["tags"] = json!({"team": "a"})).await;
    assert_eq!(told(&well), "", "{:#?}", texts(&well));
    fail(&bench, 2, "unhealthy");
    let mark = bench.mark();
    let found = apply(&mut bench, |config| config["tags"] = json!({"team": "b"})).await;
    let text = told(&found);
    for words in
        ["2 of 3 targets", "listener \"https\"", "unhealthy", "Target.", "What to do", "wait_for_healthy_targets"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(bench.state()["tags_all"]["team"], json!("b"), "a warning, no failure");
    // One look of the plan before it, one at the end.
    assert!(looks(&bench, mark) <= 3, "{} looks", looks(&bench, mark));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_as_soon_as_all_are_healthy() {
    let mut bench = Bench::empty(802).await;
    let begun = Instant::now();
    let found = apply(&mut bench, |config| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["wait_for_healthy_targets"] = json!(1800);
    })
    .await;
    assert_eq!(told(&found), "", "{:#?}", texts(&found));
    assert!(begun.elapsed() < Duration::from_secs(1800), "{:?}", begun.elapsed());
    // Nobody waits for what is well already.
    let mark = bench.mark();
    apply(&mut bench, |config| config["tags"] = json!({"team": "b"})).await;
    assert!(looks(&bench, mark) <= 4, "{} looks", looks(&bench, mark));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_wait_in_vain_ends_with_a_warning_and_few_looks() {
    let mut bench = Bench::plain(803).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    fail(&bench, 3, "unhealthy");
    let (mark, begun) = (bench.mark(), Instant::now());
    let found = apply(&mut bench, |config| config["wait_for_healthy_targets"] = json!(300)).await;
    let text = told(&found);
    assert!(text.contains("3 of 3 targets") && text.contains("after 300 s"), "{text}");
    assert!(begun.elapsed() >= Duration::from_secs(300) && begun.elapsed() < Duration::from_secs(420));
    assert!(looks(&bench, mark) < 25, "{} looks", looks(&bench, mark));
    // Targets whose first checks are not over are counted after a wait, and what recovers ends it.
    let world = bench.land.world.clone();
    let group = bench.link("target_group.https")["arn"].as_str().unwrap().to_owned();
    let instances = bench.land.ids["provider_instance_ids"].as_array().unwrap().clone();
    let recovery = async {
        tokio::time::sleep(Duration::from_secs(100)).await;
        for instance in instances {
            let now = world.now();
            let target = format!("{group}/{}", instance.as_str().unwrap());
            let set = json!({"state": "healthy"});
            world.lock().force(now, "target", &target, set.as_object().unwrap()).unwrap();
        }
    };
    let begun = Instant::now();
    let (found, ()) = tokio::join!(apply(&mut bench, |config| config["tags"] = json!({"team": "c"})), recovery);
    assert_eq!(told(&found), "", "{:#?}", texts(&found));
    assert!(begun.elapsed() < Duration::from_secs(240), "{:?}", begun.elapsed());
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_look_that_aws_refuses_is_no_error() {
    let mut bench = Bench::plain(804).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    let refuse = json!([{"operation": "DescribeTargetHealth", "nth": 2, "times": 9, "do": "refuse"}]);
    bench.terraform.control("faults", &refuse);
    let found = apply(&mut bench, |config| config["tags"] = json!({"team": "b"})).await;
    assert_eq!(texts(&found), Vec::<String>::new());
    bench.terraform.control("faults", &json!([]));
    bench.destroy().await;
}
