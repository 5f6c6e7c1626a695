//! Gates: what a person must open, and what is read meanwhile.

use tokio::time::{Instant, sleep};

use super::fixture::{Bench, Want, names};
use super::world::{Fault, State, seconds};
use crate::engine::{Action, Cause, Class, Record, Retired, Severity, Step};
use crate::value::Attr;

fn reason() -> Cause {
    Cause::Gate { reason: "somebody must open it".to_owned() }
}

#[tokio::test(start_paused = true)]
async fn a_closed_gate_ends_the_run_with_a_warning_and_holds_what_is_behind() {
    let bench = Bench::new();
    let want = Want::default().gate("endpoint_service", false);
    let outcome = bench.converge(&want, Record::default()).await;
    assert!(outcome.succeeded());
    assert_eq!(outcome.problems.len(), 1);
    assert_eq!((outcome.problems[0].severity, outcome.problems[0].cause.clone()), (Severity::Warning, reason()));
    assert_eq!(names(&outcome.report.held), ["dns_record"]);
    assert!(outcome.record.links.contains_key(&"permissions".into()), "an exists edge goes through");
    let plan = bench.preview(&want, &outcome.record);
    assert!(!plan.has_changes(), "{:?}", plan.steps);
    assert_eq!(plan.step("dns_record"), Some(&Step::Held));
    assert!(plan.view.state::<State>("dns_record").is_null());
}

#[tokio::test(start_paused = true)]
async fn the_run_after_the_opening_completes_the_chain() {
    let bench = Bench::new();
    let want = Want::default().gate("endpoint_service", false);
    let record = bench.converge(&want, Record::default()).await.record;
    bench.world.open("endpoint_service");
    let record = bench.refresh(record).await.record;
    assert_eq!(bench.preview(&want, &record).step("dns_record"), Some(&Step::Create));
    bench.built(&want, record).await;
}

#[tokio::test(start_paused = true)]
async fn a_gate_to_wait_for_is_passed_when_it_opens() {
    let bench = Bench::new();
    let want = Want::default().gate("endpoint_service", true);
    let world = bench.world.clone();
    let (_, ()) = tokio::join!(bench.built(&want, Record::default()), async {
        sleep(seconds(500)).await;
        world.open("endpoint_service");
    });
    let at = bench.world.at("create", "dns_record").unwrap();
    assert!(at >= seconds(500) && at <= seconds(560), "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_does_not_open_before_the_deadline_is_a_warning() {
    let bench = Bench::new();
    let want = Want::default().gate("endpoint_service", true);
    let start = Instant::now();
    let outcome = bench.converge(&want, Record::default()).await;
    assert_eq!(start.elapsed(), seconds(900));
    assert!(outcome.succeeded());
    assert_eq!(outcome.problems[0].cause, reason());
    assert_eq!(names(&outcome.report.held), ["dns_record"]);
    assert_eq!(bench.preview(&want, &outcome.record).step("endpoint_service"), Some(&Step::Settle));
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_cannot_be_seen_at_the_deadline_is_an_error_with_the_words_of_the_last_look() {
    let bench = Bench::new();
    let want = Want::default().gate("endpoint_service", true);
    let world = bench.world.clone();
    let (outcome, ()) = tokio::join!(bench.converge(&want, Record::default()), async {
        sleep(seconds(300)).await;
        world.fail("read", "endpoint_service", Fault::Before(Class::Throttled), u32::MAX);
    });
    assert!(!outcome.succeeded());
    let failure = outcome.problems[0].failure().map(|failure| failure.class);
    assert_eq!((outcome.problems[0].action, failure), (Action::Wait, Some(Class::Throttled)), "{:?}", outcome.problems);
}

/// A chain that is whole, and whose gate closed afterwards.
async fn shut_again(bench: &Bench) -> (Want, Record) {
    let want = Want::default().gate("endpoint_service", false);
    let early = bench.converge(&want, Record::default()).await.record;
    bench.world.open("endpoint_service");
    let early = bench.refresh(early).await.record;
    let record = bench.built(&want, early).await;
    bench.world.shut("endpoint_service");
    (want, bench.refresh(record).await.record)
}

#[tokio::test(start_paused = true)]
async fn what_exists_behind_a_gate_that_closed_is_left_alone_and_so_is_what_it_may_use() {
    let bench = Bench::new();
    let (want, mut record) = shut_again(&bench).await;
    let retired = record.links[&"dns_record".into()].clone();
    record.retired.push(Retired { link: "dns_record.old".into(), state: retired.state, generation: 0 });
    let next = want.without("permissions").value("dns_record", "new");
    let plan = bench.preview(&next, &record);
    assert!(!plan.has_changes(), "{:?}", plan.steps);
    assert!(matches!(plan.view.state::<State>("dns_record"), Attr::Known(_)));
    bench.world.forget_log();
    let outcome = bench.converge(&next, record.clone()).await;
    assert!(outcome.succeeded());
    assert_eq!(outcome.record, record);
    assert_eq!(bench.world.changes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_for_a_gate() {
    let bench = Bench::new();
    let want = Want::default().gate("endpoint_service", true);
    let stop = bench.stop.clone();
    let (outcome, ()) = tokio::join!(bench.converge(&want, Record::default()), async {
        sleep(seconds(500)).await;
        stop.set();
    });
    assert_eq!(outcome.problems.len(), 1);
    assert_eq!(outcome.problems[0].cause, Cause::Stopped);
    assert_eq!(names(&outcome.report.not_reached), ["dns_record"]);
}

#[tokio::test(start_paused = true)]
async fn an_update_of_a_gate_leaves_open_what_becomes_of_what_is_behind() {
    let bench = Bench::new();
    let (want, record) = shut_again(&bench).await;
    let want = want.value("endpoint_service", "new");
    let plan = bench.preview(&want, &record);
    assert_eq!(plan.step("endpoint_service"), Some(&Step::Update(vec!["value"])));
    assert_eq!((plan.step("permissions"), plan.step("dns_record")), (Some(&Step::Keep), Some(&Step::Unknown)));
    bench.world.open("endpoint_service");
    bench.built(&want, record).await;
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_closes_in_the_run_keeps_what_should_go_and_says_so() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    let want = Want::default().gate("endpoint_service", false).shape("endpoint_service", "new").without("permissions");
    let outcome = bench.converge(&want, record).await;
    assert_eq!(names(outcome.problems.iter().map(|problem| &problem.link)), ["endpoint_service", "permissions"]);
    assert_eq!((outcome.problems[1].severity, outcome.problems[1].action), (Severity::Error, Action::Delete));
    assert_eq!(names(&outcome.report.left_over), ["permissions", "endpoint_service"]);
    bench.world.open("endpoint_service");
    let record = bench.refresh(outcome.record).await.record;
    bench.built(&want, record).await;
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_at_a_gate_for_what_a_failed_link_would_have_done() {
    for early in [true, false] {
        let mut bench = Bench::new();
        bench.time = seconds(900);
        let want = Want::default().gate("endpoint_service", true).opened_by_permissions();
        if !early {
            // It fails while the gate is waited for already.
            bench.world.fail("create", "permissions", Fault::Before(Class::Throttled), 9);
        }
        bench.world.fail("create", "permissions", Fault::Before(Class::Denied), u32::MAX);
        let start = Instant::now();
        let outcome = bench.converge(&want, Record::default()).await;
        assert!(start.elapsed() < seconds(800), "{:?}", start.elapsed());
        assert_eq!(outcome.problems.len(), 1, "one cause, one problem: {:?}", outcome.problems);
        assert_eq!(outcome.problems[0].failure().map(|failure| failure.class), Some(Class::Denied));
        assert_eq!(names(&outcome.report.not_reached), ["dns_record"]);
        assert!(outcome.record.links.contains_key(&"endpoint_service".into()));
    }
}
