//! Creating, keeping, updating: order, time, waits.

use std::time::Duration;

use tokio::time::Instant;

use super::fixture::{Bench, LINKS, Want, names, rigid, soft, steps};
use super::world::{Fault, Spec, State, World, seconds};
use crate::engine::{Cause, Chain, Class, Failure, Outcome, Record, Step, View, converge, preview};
use crate::value::Attr;

#[tokio::test(start_paused = true)]
async fn creating_takes_the_longest_path_and_not_the_sum() {
    let bench = Bench::new();
    let start = Instant::now();
    bench.built(&Want::default(), Record::default()).await;
    let path = seconds(180 + 120 + 60);
    // Each of the three waits is at most a quarter longer than it had to be.
    assert!(start.elapsed() >= path && start.elapsed() <= path * 5 / 4, "took {:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_child_starts_on_existence_or_on_readiness_as_its_edge_says() {
    let bench = Bench::new();
    bench.built(&Want::default(), Record::default()).await;
    assert_eq!(bench.world.at("create", "listener"), Some(Duration::ZERO));
    assert!(bench.world.at("create", "endpoint_service") >= Some(seconds(180)));
    assert!(bench.world.at("create", "permissions") == bench.world.at("create", "endpoint_service"));
    assert!(bench.world.at("create", "dns_record") >= Some(seconds(300)));
}

#[tokio::test(start_paused = true)]
async fn a_finished_chain_is_kept_without_a_call() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    let plan = bench.preview(&Want::default(), &record);
    assert!(plan.steps.iter().all(|(_, step)| *step == Step::Keep));
    assert_eq!(plan.view, View::of(&record));
    bench.world.forget_log();
    assert_eq!(bench.built(&Want::default(), record.clone()).await, record);
    assert_eq!(bench.world.log(), vec![]);
}

#[tokio::test(start_paused = true)]
async fn a_plan_for_nothing_recorded_creates_all_and_knows_nothing() {
    let plan = preview(&Want::default().chain(), &Record::default());
    assert_eq!(steps(&plan), LINKS.map(|link| (link, Step::Create)).to_vec());
    assert!(LINKS.iter().all(|link| plan.view.state::<State>(link).is_unknown()));
}

#[tokio::test(start_paused = true)]
async fn an_update_is_one_call_and_its_children_are_judged_by_the_forecast() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.forget_log();
    let want = Want::default().value("load_balancer", "new");
    let plan = bench.preview(&want, &record);
    assert_eq!(plan.step("load_balancer"), Some(&Step::Update(vec!["value"])));
    assert_eq!(plan.steps.iter().filter(|(_, step)| *step != Step::Keep).count(), 1);
    assert_eq!(plan.view.state::<State>("load_balancer").map(|state| state.settings.value), Attr::Known("new".into()));
    let after = bench.built(&want, record).await;
    assert_eq!(bench.world.changes(), ["update load_balancer"]);
    assert_eq!(View::of(&after), plan.view);
}

#[tokio::test(start_paused = true)]
async fn reads_that_show_the_old_settings_after_an_update_are_not_believed() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.lag("permissions", 3);
    bench.built(&Want::default().value("permissions", "new"), record).await;
}

#[tokio::test(start_paused = true)]
async fn reads_that_do_not_see_a_new_object_yet_are_not_believed() {
    let bench = Bench::new();
    bench.world.hide("load_balancer", 2);
    bench.world.hide("targets", 5);
    bench.built(&Want::default(), Record::default()).await;
    assert_eq!(bench.world.count("create", "load_balancer"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_object_that_never_shows_is_an_error_and_stays_recorded() {
    let bench = Bench::new();
    bench.world.hide("load_balancer", u32::MAX);
    let start = Instant::now();
    let outcome = bench.converge(&Want::default(), Record::default()).await;
    assert!(matches!(&outcome.problems[..], [problem] if matches!(problem.cause, Cause::Broken { .. })));
    assert!(start.elapsed() < seconds(300), "took {:?}", start.elapsed());
    assert!(outcome.record.links.contains_key(&"load_balancer".into()));
}

#[tokio::test(start_paused = true)]
async fn a_field_that_only_a_ready_parent_has_is_waited_for_behind_an_exists_edge() {
    let bench = Bench::new();
    let mut chain = Chain::new();
    let lb = chain.link("load_balancer", soft("load_balancer"), (), |()| {
        Some(Spec { settings: <_>::default(), parents: vec![] })
    });
    chain.link("dns_record", soft("dns_record"), (lb.exists(),), |(lb,)| {
        lb.address.as_ref()?;
        Some(Spec { settings: <_>::default(), parents: vec![lb.id.clone()] })
    });
    let outcome = converge(&bench.run(), &chain, Record::default()).await;
    assert_eq!(outcome.problems, vec![]);
    assert!(bench.world.at("create", "dns_record") >= Some(seconds(180)));
}

#[tokio::test(start_paused = true)]
async fn a_spec_that_is_never_known_is_a_defect_and_not_a_hang() {
    let bench = Bench::new();
    let mut chain = Chain::new();
    let lb = chain.link("load_balancer", soft("load_balancer"), (), |()| {
        Some(Spec { settings: <_>::default(), parents: vec![] })
    });
    chain.link("dns_record", soft("dns_record"), (lb.exists(),), |_| None);
    let outcome = converge(&bench.run(), &chain, Record::default()).await;
    assert_eq!(outcome.problems.len(), 1);
    assert_eq!(outcome.problems[0].failure().map(|failure| failure.class), Some(Class::Bug));
    assert_eq!(names(&outcome.report.exists), ["load_balancer"]);
}

#[tokio::test(start_paused = true)]
async fn a_child_made_from_an_early_state_is_judged_again_when_its_parent_changes() {
    let bench = Bench::new();
    let chain = || {
        let mut chain = Chain::new();
        let lb = chain.link("load_balancer", soft("load_balancer"), (), |()| {
            Some(Spec { settings: <_>::default(), parents: vec![] })
        });
        chain.link("permissions", soft("permissions"), (lb.exists(),), |(lb,)| {
            let mut spec = Spec { settings: <_>::default(), parents: vec![lb.id.clone()] };
            spec.settings.value = lb.address.clone().unwrap_or_default();
            Some(spec)
        });
        chain
    };
    let outcome = converge(&bench.run(), &chain(), Record::default()).await;
    assert_eq!(outcome.problems, vec![]);
    assert_eq!(bench.world.changes(), ["create load_balancer", "create permissions", "update permissions"]);
    assert!(!preview(&chain(), &outcome.record).has_changes());
}

#[expect(clippy::trivially_copy_pass_by_ref, clippy::unnecessary_wraps, reason = "the form of a spec function")]
fn plain((): &()) -> Option<Spec> {
    Some(Spec { settings: <_>::default(), parents: vec![] })
}

#[tokio::test(start_paused = true)]
async fn optional_and_several_parents_reach_the_spec_as_option_and_list() {
    let mut bench = Bench::new();
    let build = |with: bool| -> (Chain<World>, usize) {
        let mut chain = Chain::new();
        let lb = chain.link("load_balancer", soft("load_balancer"), (), plain);
        let groups: Vec<_> = ["a", "b"]
            .map(|key| chain.link(crate::engine::LinkName::keyed("target_group", key), soft("target_group"), (), plain))
            .iter()
            .map(crate::engine::Handle::exists)
            .collect();
        chain.link("dns_record", rigid("dns_record"), (with.then(|| lb.exists()), groups), |(lb, groups)| {
            let parents = lb.iter().chain(groups).map(|parent| parent.id.clone()).collect();
            Some(Spec { settings: <_>::default(), parents })
        });
        (chain, 2 + usize::from(with))
    };
    for (with, uid) in [(true, "uid-1"), (false, "uid-2")] {
        bench.uid = uid;
        let (chain, parents) = build(with);
        let record = converge(&bench.run(), &chain, Record::default()).await.record;
        let record_set = View::of(&record).state::<State>("dns_record");
        assert_eq!(record_set.map(|state| state.parents.len()), Attr::Known(parents));
        bench.remove(record).await;
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_and_unavailable_calls_are_tried_again_until_they_succeed() {
    let bench = Bench::new();
    for (link, class) in
        [("listener", Class::Throttled), ("load_balancer", Class::Unavailable), ("targets", Class::Busy)]
    {
        bench.world.fail("create", link, Fault::Before(class), 6);
    }
    bench.world.fail("read", "load_balancer", Fault::Before(Class::Throttled), 3);
    bench.built(&Want::default(), Record::default()).await;
    assert_eq!(bench.world.count("create", "listener"), 7);
}

#[tokio::test(start_paused = true)]
async fn not_visible_yet_is_tried_again_only_shortly_after_something_was_made() {
    let bench = Bench::new();
    bench.world.fail("create", "load_balancer", Fault::Before(Class::NotYetVisible), 1);
    let first = bench.converge(&Want::default(), Record::default()).await;
    assert_eq!(first.problems.len(), 1);
    assert_eq!(first.problems[0].waited, Duration::ZERO);
    bench.world.fail("create", "permissions", Fault::Before(Class::NotYetVisible), 4);
    bench.built(&Want::default(), first.record).await;
    assert_eq!(bench.world.count("create", "permissions"), 5);
}

#[tokio::test(start_paused = true)]
async fn not_visible_is_an_error_when_it_lasts() {
    let bench = Bench::new();
    bench.world.fail("create", "permissions", Fault::Before(Class::NotYetVisible), u32::MAX);
    let start = Instant::now();
    let outcome = bench.converge(&Want::default(), Record::default()).await;
    assert_eq!(outcome.problems.len(), 1);
    assert!(outcome.problems[0].waited >= seconds(40) && start.elapsed() < seconds(500));
}

#[tokio::test(start_paused = true)]
async fn final_classes_are_errors_at_once() {
    for class in
        [Class::Denied, Class::Invalid, Class::LimitExceeded, Class::Taken, Class::Unknown, Class::Bug, Class::InUse]
    {
        let bench = Bench::new();
        bench.world.fail("create", "load_balancer", Fault::Before(class), 1);
        let outcome = bench.converge(&Want::default(), Record::default()).await;
        assert_eq!(outcome.problems.len(), 1, "{class:?}");
        assert_eq!(outcome.problems[0].failure(), Some(&Failure::new(class, "as scripted")));
        assert_eq!(bench.world.count("create", "load_balancer"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn speed_divides_every_wait() {
    let mut bench = Bench::new();
    bench.speed = 20;
    let start = Instant::now();
    let mut world = World::default();
    world.contained.clone_from(&bench.world.contained);
    bench.world = world.into();
    bench.world.fail("create", "listener", Fault::Before(Class::Throttled), 5);
    let outcome: Outcome = bench.converge(&Want::default(), Record::default()).await;
    assert!(outcome.succeeded());
    // 180, 120 and 60 seconds and at most a quarter, at twenty times the speed.
    assert!(start.elapsed() <= Duration::from_millis(22_500), "took {:?}", start.elapsed());
}
