//! Read: drift, absence, and what cannot be read.

use tokio::time::Instant;

use super::fixture::{Bench, LINKS, Want, names, soft, world};
use super::world::{Fake, Fault, State, seconds};
use crate::engine::{Action, Catalogue, Class, Record, Step, View};
use crate::value::Attr;

#[tokio::test(start_paused = true)]
async fn a_refresh_of_what_did_not_change_changes_nothing_and_takes_no_time() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.forget_log();
    let start = Instant::now();
    let outcome = bench.refresh(record.clone()).await;
    assert_eq!((outcome.record, outcome.problems, outcome.report.gone), (record, vec![], false));
    assert_eq!((bench.world.log().len(), start.elapsed()), (7, seconds(0)));
}

#[tokio::test(start_paused = true)]
async fn drift_shows_in_the_record_and_is_healed() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.drift("permissions", "drifted");
    let record = bench.refresh(record).await.record;
    let seen = View::of(&record).state::<State>("permissions").map(|state| state.settings.value);
    assert_eq!(seen, Attr::Known("drifted".to_owned()));
    assert_eq!(bench.preview(&Want::default(), &record).step("permissions"), Some(&Step::Update(vec!["value"])));
    bench.built(&Want::default(), record).await;
}

fn past(record: &Record, link: &str) -> State {
    let Attr::Known(mut state) = View::of(record).state::<State>(link) else { panic!("{link} is recorded") };
    "long ago".clone_into(&mut state.settings.value);
    state
}

#[tokio::test(start_paused = true)]
async fn a_single_read_that_differs_is_not_believed() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.step_back("permissions", 1, past(&record, "permissions"));
    bench.world.waver("endpoint_service", 1);
    bench.world.hide("listener", 1);
    bench.world.forget_log();
    let start = Instant::now();
    let outcome = bench.refresh(record.clone()).await;
    assert_eq!((outcome.record, outcome.problems), (record, vec![]));
    // Looked at again together, and nothing else is looked at twice.
    assert_eq!(bench.world.log().len(), 7 + 2);
    assert!(start.elapsed() <= seconds(3), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_read_twice_is_believed() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.forget_log();
    bench.world.drift("permissions", "drifted");
    bench.world.drift("dns_record", "drifted");
    bench.world.break_it("load_balancer", "lost its subnets");
    bench.world.waver("endpoint_service", 9);
    let start = Instant::now();
    let seen = bench.refresh(record.clone()).await.record;
    assert_eq!((bench.world.log().len(), start.elapsed() <= seconds(3)), (7 + 3, true));
    for link in ["permissions", "dns_record"] {
        assert_eq!(seen.links[&link.into()].state["settings"]["value"], "drifted");
    }
    assert!(!seen.links[&"load_balancer".into()].settled);
    assert!(seen.links[&"endpoint_service".into()].settled, "what others change now is not ours to wait for");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_aws_is_still_at_is_waited_for_by_the_next_run() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    // What a killed run asked for, and AWS has not done yet.
    bench.world.drift("permissions", "new");
    bench.world.waver("permissions", 9);
    let record = bench.refresh(record).await.record;
    assert!(!record.links[&"permissions".into()].settled);
    let want = Want::default().value("permissions", "new");
    assert_eq!(bench.preview(&want, &record).step("permissions"), Some(&Step::Settle));
    bench.built(&want, record).await;
}

/// A bench on which permissions tell whether the endpoint service is open.
fn told_by_permissions() -> Bench {
    let mut catalogue = Catalogue::new();
    for kind in LINKS {
        let declared = catalogue.kind(kind, soft(kind));
        if kind == "permissions" {
            declared.shows_in::<Fake>("endpoint_service", |service| service.open = false);
        }
    }
    Bench::on(world(), catalogue)
}

fn told(record: &Record) -> Option<serde_json::Value> {
    record.links[&"endpoint_service".into()].state.get("open").cloned()
}

#[tokio::test(start_paused = true)]
async fn what_another_link_tells_is_not_recorded_twice() {
    let bench = told_by_permissions();
    let record = bench.built(&Want::default(), Record::default()).await;
    assert_eq!(told(&record), Some(false.into()), "it is open, which permissions tell");
    bench.world.forget_log();
    let seen = bench.refresh(record.clone()).await.record;
    assert_eq!(seen, record);
    assert_eq!(bench.world.count("read", "endpoint_service"), 1);
    // The link that tells it is found gone by the same refresh.
    bench.world.destroy("permissions");
    let seen = bench.refresh(record).await.record;
    assert_eq!(told(&seen), Some(true.into()));
}

#[tokio::test(start_paused = true)]
async fn what_another_link_tells_is_not_recorded_of_an_object_that_was_taken_up() {
    let mut bench = told_by_permissions();
    bench.built(&Want::default().without("permissions"), Record::default()).await;
    // The killed run's state was never saved.
    bench.resumed = true;
    let record = bench.built(&Want::default(), Record::default()).await;
    assert_eq!(told(&record), Some(false.into()));
}

#[tokio::test(start_paused = true)]
async fn what_a_new_link_tells_leaves_the_record_of_an_object_that_is_kept() {
    let bench = told_by_permissions();
    let without = Want::default().without("permissions");
    let record = bench.built(&without, Record::default()).await;
    assert_eq!(told(&record), Some(true.into()), "nobody else tells it");
    let plan = bench.preview(&Want::default(), &record);
    assert_eq!(plan.step("endpoint_service"), Some(&Step::Keep));
    let is_told_anew = |link: &str, plan| {
        let name = link.into();
        bench.catalogue.is_told_anew(&name, &record.links[&name].state, plan)
    };
    assert!(is_told_anew("endpoint_service", &plan) && !is_told_anew("load_balancer", &plan));
    assert!(!is_told_anew("endpoint_service", &bench.preview(&without, &record)));
    let record = bench.built(&Want::default(), record).await;
    assert_eq!(told(&record), Some(false.into()));
}

#[tokio::test(start_paused = true)]
async fn between_two_reads_that_differ_a_third_decides() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.drift("permissions", "drifted");
    bench.world.step_back("permissions", 1, past(&record, "permissions"));
    let seen = bench.refresh(record).await.record;
    assert_eq!(seen.links[&"permissions".into()].state["settings"]["value"], "drifted");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_comes_before_aws_shows_what_was_made_forgets_nothing() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.veil("target_group", seconds(30));
    assert_eq!(bench.refresh(record.clone()).await.record, record);
}

#[tokio::test(start_paused = true)]
async fn absence_is_believed_only_after_several_reads() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.hide("listener", 2);
    assert_eq!(bench.refresh(record.clone()).await.record, record);
    bench.world.destroy("listener");
    bench.world.forget_log();
    let outcome = bench.refresh(record).await;
    assert!(!outcome.record.links.contains_key(&"listener".into()));
    assert_eq!((bench.world.count("read", "listener"), outcome.report.gone), (4, false));
    assert_eq!(bench.preview(&Want::default(), &outcome.record).step("listener"), Some(&Step::Create));
    bench.built(&Want::default(), outcome.record).await;
}

#[tokio::test(start_paused = true)]
async fn the_absence_of_the_anchor_says_that_the_resource_is_gone_and_keeps_the_rest() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.destroy("endpoint_service");
    let outcome = bench.refresh(record).await;
    assert!(outcome.report.gone);
    assert!(outcome.record.links.contains_key(&"load_balancer".into()));
    assert!(!outcome.record.links.contains_key(&"endpoint_service".into()));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_stays_as_it_was_with_a_problem() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.fail("read", "endpoint_service", Fault::Before(Class::Denied), 1);
    bench.world.fail("read", "listener", Fault::PanicBefore, 1);
    bench.world.fail("read", "targets", Fault::Before(Class::Throttled), 4);
    let outcome = bench.refresh(record.clone()).await;
    assert_eq!(names(outcome.problems.iter().map(|problem| &problem.link)), ["endpoint_service", "listener"]);
    assert!(outcome.problems.iter().all(|problem| problem.action == Action::Read));
    assert_eq!((outcome.record, outcome.report.gone), (record, false));
}

#[tokio::test(start_paused = true)]
async fn retired_objects_that_are_gone_leave_the_record() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.fail("delete", "load_balancer", Fault::Before(Class::Denied), 1);
    let want = Want::default().shape("load_balancer", "wide");
    let half = bench.converge(&want, record).await.record;
    assert_eq!(half.retired.len(), 1);
    assert_eq!(bench.refresh(half.clone()).await.record, half);
    let id = half.retired[0].state["id"].as_str().unwrap().to_owned();
    bench.world.destroy_id(&id);
    let seen = bench.refresh(half).await.record;
    assert_eq!(seen.retired, vec![]);
    assert!(!bench.preview(&want, &seen).has_changes());
}

#[tokio::test(start_paused = true)]
async fn an_object_that_broke_shows_in_the_plan() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.break_it("load_balancer", "lost its subnets");
    let record = bench.refresh(record).await.record;
    assert_eq!(bench.preview(&Want::default(), &record).step("load_balancer"), Some(&Step::Settle));
    let outcome = bench.converge(&Want::default(), record).await;
    assert!(outcome.problems[0].to_string().contains("lost its subnets"));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_settles_what_became_ready_meanwhile() {
    let mut bench = Bench::new();
    bench.time = seconds(100);
    let record = bench.converge(&Want::default(), Record::default()).await.record;
    assert!(!record.links[&"load_balancer".into()].settled);
    tokio::time::sleep(seconds(100)).await;
    assert!(bench.refresh(record).await.record.links[&"load_balancer".into()].settled);
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_and_turns_out_different_is_put_right() {
    let mut bench = Bench::new();
    bench.time = seconds(100);
    let record = bench.converge(&Want::default(), Record::default()).await.record;
    bench.world.drift("load_balancer", "drifted");
    bench.time = seconds(900);
    bench.built(&Want::default(), record).await;
    assert_eq!(bench.world.count("update", "load_balancer"), 1);
}
