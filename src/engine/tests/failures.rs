//! Failures, lost replies, panics, stops and deadlines: the record always comes back exact.

use tokio::time::{Instant, sleep};

use super::fixture::{Bench, Want, names};
use super::world::{Fault, seconds};
use crate::engine::{Action, Cause, Class, Outcome, Problem, Record, Step};

fn told(outcome: &Outcome) -> Vec<(Action, &str)> {
    outcome.problems.iter().map(|problem| (problem.action, problem.link.as_str())).collect()
}

fn only(outcome: &Outcome) -> &Problem {
    assert_eq!(outcome.problems.len(), 1, "{:?}", outcome.problems);
    &outcome.problems[0]
}

#[tokio::test(start_paused = true)]
async fn a_failed_link_keeps_what_exists_and_other_branches_finish() {
    let bench = Bench::new();
    bench.world.fail("create", "endpoint_service", Fault::Before(Class::Denied), 1);
    bench.world.fail("create", "targets", Fault::Before(Class::Throttled), 8);
    let outcome = bench.converge(&Want::default(), Record::default()).await;
    assert_eq!(told(&outcome), [(Action::Create, "endpoint_service")]);
    assert_eq!(names(&outcome.report.exists), ["load_balancer", "target_group", "targets", "listener"]);
    assert_eq!(names(&outcome.report.not_reached), ["permissions", "dns_record"]);
    assert!(outcome.record.links.values().all(|entry| entry.settled));
    bench.built(&Want::default(), outcome.record).await;
    assert_eq!(bench.world.count("create", "load_balancer"), 1);
}

#[tokio::test(start_paused = true)]
async fn two_failures_are_two_problems() {
    let bench = Bench::new();
    bench.world.fail("create", "targets", Fault::Before(Class::Invalid), 1);
    bench.world.fail("create", "endpoint_service", Fault::Before(Class::LimitExceeded), 1);
    let outcome = bench.converge(&Want::default(), Record::default()).await;
    assert_eq!(told(&outcome), [(Action::Create, "targets"), (Action::Create, "endpoint_service")]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_found_and_not_doubled() {
    let bench = Bench::new();
    bench.world.fail("create", "load_balancer", Fault::After(Class::Lost), 1);
    bench.built(&Want::default(), Record::default()).await;
    assert_eq!(bench.world.count("create", "load_balancer"), 1);
    assert_eq!(bench.world.count("find", "load_balancer"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_is_made_again_only_after_several_looks() {
    let bench = Bench::new();
    bench.world.fail("create", "load_balancer", Fault::Before(Class::Lost), 1);
    bench.built(&Want::default(), Record::default()).await;
    assert_eq!(bench.world.count("create", "load_balancer"), 2);
    assert_eq!(bench.world.count("find", "load_balancer"), 4);
}

#[tokio::test(start_paused = true)]
async fn a_lost_create_is_not_repeated_when_looking_for_it_is_denied() {
    let bench = Bench::new();
    bench.world.fail("create", "load_balancer", Fault::Before(Class::Lost), 1);
    bench.world.fail("find", "load_balancer", Fault::Before(Class::Denied), 1);
    let outcome = bench.converge(&Want::default(), Record::default()).await;
    assert_eq!(only(&outcome).action, Action::Find);
    assert_eq!(bench.world.count("create", "load_balancer"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_create_lost_at_the_deadline_is_still_looked_for_once() {
    for fault in [Fault::After(Class::Lost), Fault::Before(Class::Lost)] {
        let mut world = super::fixture::world();
        world.latency = seconds(20);
        let mut bench = Bench::on(world, super::fixture::catalogue());
        bench.time = seconds(10);
        bench.world.fail("create", "load_balancer", fault, 1);
        let outcome = bench.converge(&Want::default(), Record::default()).await;
        assert!(!outcome.succeeded());
        assert_eq!(outcome.record.links.contains_key(&"load_balancer".into()), fault == Fault::After(Class::Lost));
        assert_eq!((bench.world.count("find", "load_balancer"), bench.world.count("create", "load_balancer")), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_resumed_run_waits_for_what_the_killed_one_made_a_moment_ago() {
    let mut bench = Bench::new();
    bench.resumed = true;
    bench.world.fail("create", "load_balancer", Fault::Before(Class::NotYetVisible), 3);
    bench.built(&Want::default(), Record::default()).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_failed_after_its_effect_is_recorded_as_it_is() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.fail("update", "permissions", Fault::After(Class::Denied), 1);
    let outcome = bench.converge(&Want::default().value("permissions", "new"), record).await;
    assert_eq!(outcome.record.links[&"permissions".into()].state["settings"]["value"], "new");
}

#[tokio::test(start_paused = true)]
async fn a_failed_update_is_recorded_as_it_is_although_one_read_misses_it() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.fail("update", "permissions", Fault::After(Class::Denied), 1);
    bench.world.hide("permissions", 1);
    let outcome = bench.converge(&Want::default().value("permissions", "new"), record).await;
    assert_eq!(outcome.record.links[&"permissions".into()].state["settings"]["value"], "new");
}

#[tokio::test(start_paused = true)]
async fn a_stop_of_several_waits_is_one_problem() {
    let bench = Bench::new();
    let stop = bench.stop.clone();
    let chain = super::fixture::slots(&[("one", "a"), ("two", "b"), ("three", "c")]);
    let run = bench.run();
    let (outcome, ()) = tokio::join!(crate::engine::converge(&run, &chain, Record::default()), async {
        sleep(seconds(5)).await;
        stop.set();
    });
    assert_eq!(only(&outcome).cause, Cause::Stopped);
    assert_eq!(outcome.report.exists.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_killed_run_is_taken_up_without_doubles() {
    let mut bench = Bench::new();
    let full = bench.built(&Want::default(), Record::default()).await;
    // The killed run's state was never saved.
    drop(full);
    bench.resumed = true;
    bench.world.forget_log();
    bench.built(&Want::default(), Record::default()).await;
    assert_eq!(bench.world.changes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_taken_up_object_with_other_settings_is_updated() {
    let mut bench = Bench::new();
    bench.built(&Want::default(), Record::default()).await;
    bench.resumed = true;
    bench.world.forget_log();
    bench.built(&Want::default().value("target_group", "new").shape("listener", "new"), Record::default()).await;
    assert_eq!(bench.world.changes(), ["update target_group", "create listener", "delete listener"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_create_is_a_defect_and_loses_nothing() {
    for fault in [Fault::PanicBefore, Fault::PanicAfter] {
        let bench = Bench::new();
        bench.world.fail("create", "target_group", fault, 1);
        let outcome = bench.converge(&Want::default(), Record::default()).await;
        let problem = only(&outcome);
        assert_eq!(problem.failure().map(|failure| failure.class), Some(Class::Bug));
        assert!(problem.to_string().contains("the fake target_group panics"), "{problem}");
        assert_eq!(bench.world.count("create", "target_group"), 1);
        bench.built(&Want::default(), outcome.record).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_any_call_ends_only_its_own_branch() {
    for (verb, link) in [("read", "load_balancer"), ("read", "targets")] {
        let bench = Bench::new();
        bench.world.fail(verb, link, Fault::PanicBefore, 1);
        let outcome = bench.converge(&Want::default(), Record::default()).await;
        assert_eq!(only(&outcome).link.as_str(), link);
        assert_eq!(only(&outcome).failure().map(|failure| failure.class), Some(Class::Bug));
        bench.built(&Want::default(), outcome.record).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_planning_is_a_problem_and_not_the_end() {
    let bench = Bench::new();
    let build = || {
        let mut chain = Want::default().chain();
        chain.link("dns_record.more", super::fixture::soft("dns_record"), (), |()| panic!("a spec panics"));
        chain
    };
    let outcome = crate::engine::converge(&bench.run(), &build(), Record::default()).await;
    assert_eq!(told(&outcome), [(Action::Plan, "dns_record.more")]);
    assert_eq!(outcome.record.links.len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_waits_starts_nothing_and_is_told_once() {
    let bench = Bench::new();
    let stop = bench.stop.clone();
    let want = Want::default();
    let (outcome, ()) = tokio::join!(bench.converge(&want, Record::default()), async {
        sleep(seconds(50)).await;
        stop.set();
    });
    assert_eq!(only(&outcome).cause, Cause::Stopped);
    assert_eq!(names(&outcome.report.exists), ["load_balancer", "target_group", "targets", "listener"]);
    assert_eq!(names(&outcome.report.not_reached), ["endpoint_service", "permissions", "dns_record"]);
    assert_eq!(bench.world.count("create", "endpoint_service"), 0);
    assert!(!outcome.record.links[&"load_balancer".into()].settled);
    let bench = Bench { stop: <_>::default(), ..bench };
    assert_eq!(bench.preview(&want, &outcome.record).step("load_balancer"), Some(&Step::Settle));
    bench.built(&want, outcome.record).await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_the_start_makes_nothing() {
    let bench = Bench::new();
    bench.stop.set();
    let outcome = bench.converge(&Want::default(), Record::default()).await;
    assert_eq!(only(&outcome).cause, Cause::Stopped);
    assert_eq!(outcome.report.not_reached.len(), 7);
    assert_eq!(bench.world.log(), vec![]);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_waits_and_says_what_was_last_seen() {
    let mut bench = Bench::new();
    bench.time = seconds(100);
    let start = Instant::now();
    let outcome = bench.converge(&Want::default(), Record::default()).await;
    assert_eq!(start.elapsed(), seconds(100));
    assert_eq!(only(&outcome).cause, Cause::Deadline { status: "provisioning".to_owned() });
    assert_eq!(names(&outcome.report.not_reached), ["endpoint_service", "permissions", "dns_record"]);
    bench.time = seconds(900);
    bench.built(&Want::default(), outcome.record).await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_never_cuts_a_call_that_changes_something() {
    let mut world = super::fixture::world();
    world.latency = seconds(30);
    let mut bench = Bench::on(world, super::fixture::catalogue());
    bench.time = seconds(10);
    let outcome = bench.converge(&Want::default(), Record::default()).await;
    assert_eq!(names(&outcome.report.exists), ["load_balancer", "target_group"]);
    assert!(!outcome.succeeded());
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_lasts_to_the_deadline_tells_the_failure_and_how_long() {
    let bench = Bench::new();
    bench.world.fail("create", "endpoint_service", Fault::Before(Class::Unavailable), u32::MAX);
    let outcome = bench.converge(&Want::default(), Record::default()).await;
    let problem = only(&outcome);
    assert_eq!(problem.failure().map(|failure| failure.class), Some(Class::Unavailable));
    assert!(problem.waited > seconds(600), "{:?}", problem.waited);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_fails_is_an_error_with_its_reason_and_stays_recorded() {
    let bench = Bench::new();
    let want = Want::default();
    let world = bench.world.clone();
    let (outcome, ()) = tokio::join!(bench.converge(&want, Record::default()), async {
        sleep(seconds(10)).await;
        world.break_it("load_balancer", "no addresses left");
    });
    assert_eq!(only(&outcome).cause, Cause::Broken { reason: "no addresses left".to_owned() });
    assert!(outcome.record.links.contains_key(&"load_balancer".into()));
}

#[tokio::test(start_paused = true)]
async fn a_failed_update_shows_in_the_next_plan_and_is_finished_by_the_next_run() {
    for fault in
        [Fault::Before(Class::Denied), Fault::After(Class::Denied), Fault::PanicAfter, Fault::After(Class::Lost)]
    {
        let bench = Bench::new();
        let record = bench.built(&Want::default(), Record::default()).await;
        let want = Want::default().value("endpoint_service", "new");
        bench.world.fail("update", "endpoint_service", fault, 1);
        let outcome = bench.converge(&want, record).await;
        if fault == Fault::After(Class::Lost) {
            assert_eq!(outcome.problems, vec![]);
            assert_eq!(bench.world.count("update", "endpoint_service"), 1);
        } else {
            assert_eq!(told(&outcome), [(Action::Update, "endpoint_service")]);
            assert!(bench.preview(&want, &outcome.record).has_changes(), "{fault:?}");
        }
        bench.built(&want, outcome.record).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_contradicts_itself_does_nothing() {
    let bench = Bench::new();
    let mut chain = Want::default().chain();
    chain.link("targets", super::fixture::rigid("targets"), (), |()| None);
    chain.link("unheard_of", super::fixture::rigid("unheard_of"), (), |()| None);
    let foreign = Want::default().chain().link("far", super::fixture::soft("far"), (), |()| None);
    chain.link("dns_record.far", super::fixture::soft("dns_record"), (foreign.exists(),), |_| None);
    let outcome = crate::engine::converge(&bench.run(), &chain, Record::default()).await;
    assert_eq!(names(outcome.problems.iter().map(|p| &p.link)), ["targets", "dns_record.far", "unheard_of"]);
    assert_eq!(bench.world.log(), vec![]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_whose_looks_fail_until_the_deadline_ends_with_the_failure() {
    let bench = Bench::new();
    bench.world.fail("read", "load_balancer", Fault::Before(Class::Throttled), 999);
    let outcome = bench.converge(&Want::default(), Record::default()).await;
    let problem = outcome.problems.iter().find(|problem| problem.link.as_str() == "load_balancer").unwrap();
    assert_eq!(
        (problem.action, problem.failure().map(|failure| failure.class)),
        (Action::Wait, Some(Class::Throttled))
    );
    let removed = bench.remove(outcome.record).await;
    let problem = removed.problems.iter().find(|problem| problem.link.as_str() == "load_balancer").unwrap();
    assert_eq!(
        (problem.action, problem.failure().map(|failure| failure.class)),
        (Action::Delete, Some(Class::Throttled))
    );
}
