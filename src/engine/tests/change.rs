//! Replacing links, links that leave, and what is left over when that fails.

use std::collections::BTreeMap;

use super::fixture::{Bench, Want, names, soft};
use super::world::{Fault, Settings, Spec, State};
use crate::engine::{Chain, Class, LinkName, Record, Step};

#[tokio::test(start_paused = true)]
async fn replacing_makes_the_new_one_switches_the_children_and_deletes_the_old_one() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.forget_log();
    let want = Want::default().shape("load_balancer", "wide");
    let plan = bench.preview(&want, &record);
    assert_eq!(plan.step("load_balancer"), Some(&Step::Replace(vec!["shape"])));
    assert_eq!(plan.step("target_group"), Some(&Step::Keep));
    assert_eq!(plan.step("endpoint_service"), Some(&Step::Unknown));
    assert!(plan.view.state::<State>("endpoint_service").is_unknown());
    let record = bench.built(&want, record).await;
    assert_eq!(
        bench.world.changes(),
        [
            "create load_balancer",
            "create listener",
            "update endpoint_service",
            "delete listener",
            "delete load_balancer"
        ]
    );
    assert_eq!(record.links[&LinkName::from("load_balancer")].generation, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_retired_survives_a_failure_and_is_finished_next_time() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    let want = Want::default().shape("load_balancer", "wide");
    bench.world.fail("update", "endpoint_service", Fault::Before(Class::Denied), 1);
    let failed = bench.converge(&want, record).await;
    assert_eq!(names(&failed.report.left_over), ["load_balancer", "listener"]);
    assert_eq!(bench.world.count("delete", "load_balancer"), 0);
    bench.world.fail("delete", "load_balancer", Fault::Before(Class::Denied), 1);
    let half = bench.converge(&want, failed.record).await;
    assert_eq!(names(&half.report.left_over), ["load_balancer"]);
    let plan = bench.preview(&want, &half.record);
    assert!(plan.has_changes() && plan.steps.iter().all(|(_, step)| *step == Step::Keep));
    assert_eq!(names(&plan.retired), ["load_balancer"]);
    bench.built(&want, half.record).await;
}

#[tokio::test(start_paused = true)]
async fn a_replacement_cut_off_by_a_kill_is_found_again() {
    let mut bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    let want = Want::default().shape("load_balancer", "wide");
    bench.world.fail("update", "endpoint_service", Fault::Before(Class::Denied), 1);
    // What this run did is never saved.
    bench.converge(&want, record.clone()).await;
    bench.resumed = true;
    bench.world.forget_log();
    bench.built(&want, record).await;
    assert_eq!(bench.world.changes(), ["update endpoint_service", "delete listener", "delete load_balancer"]);
}

#[tokio::test(start_paused = true)]
async fn break_first_deletes_and_waits_before_it_creates() {
    let bench = Bench::new();
    let record = bench.built(&Want::default().slot("dns_record", "a"), Record::default()).await;
    bench.world.forget_log();
    let want = Want::default().slot("dns_record", "b");
    assert_eq!(bench.preview(&want, &record).step("dns_record"), Some(&Step::BreakFirst(vec!["slot"])));
    bench.built(&want, record).await;
    assert_eq!(bench.world.changes(), ["delete dns_record", "create dns_record"]);
    assert!(
        bench.world.at("create", "dns_record")
            >= bench.world.at("delete", "dns_record").map(|at| at + super::world::seconds(30))
    );
}

#[tokio::test(start_paused = true)]
async fn break_first_takes_along_what_must_go_before_it() {
    let bench = Bench::new();
    let record = bench.built(&Want::default().slot("target_group", "a"), Record::default()).await;
    bench.world.forget_log();
    bench.built(&Want::default().slot("target_group", "b"), record).await;
    assert_eq!(
        bench.world.changes(),
        ["delete listener", "delete target_group", "create target_group", "create targets", "create listener"]
    );
}

#[tokio::test(start_paused = true)]
async fn no_generation_of_a_link_is_ever_used_twice() {
    let bench = Bench::new();
    let generation = |record: &Record| record.links[&LinkName::from("dns_record")].generation;
    let record = bench.built(&Want::default(), Record::default()).await;
    let record = bench.built(&Want::default().shape("dns_record", "long"), record).await;
    assert_eq!(generation(&record), 1);
    let record = bench.built(&Want::default().slot("dns_record", "b"), record).await;
    let without = bench.built(&Want::default().without("dns_record"), record).await;
    assert_eq!(without.last, BTreeMap::from([("dns_record".into(), 2)]));
    let saved: Record = serde_json::from_value(serde_json::to_value(&without).unwrap()).unwrap();
    let record = bench.built(&Want::default(), saved).await;
    assert_eq!((generation(&record), record.last.len()), (3, 0));
    bench.world.destroy("dns_record");
    let record = bench.refresh(record).await.record;
    assert_eq!(generation(&bench.built(&Want::default(), record).await), 4);
}

#[tokio::test(start_paused = true)]
async fn a_break_that_fails_leaves_the_old_one_and_goes_on_next_time() {
    for class in [Class::Denied, Class::InUse, Class::Lost] {
        let mut bench = Bench::new();
        let record = bench.built(&Want::default().slot("target_group", "a"), Record::default()).await;
        let want = Want::default().slot("target_group", "b");
        bench.world.fail("delete", "target_group", Fault::Before(class), 1000);
        bench.time = super::world::seconds(200);
        let outcome = bench.converge(&want, record).await;
        assert_eq!(names(outcome.problems.iter().map(|p| &p.link)), ["target_group"]);
        assert_eq!(names(&outcome.report.not_reached), ["targets", "listener"]);
        bench.world.heal();
        bench.built(&want, outcome.record).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_that_leaves_the_chain_is_deleted_last() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.forget_log();
    let want = Want::default().without("permissions").without("dns_record").value("load_balancer", "new");
    let plan = bench.preview(&want, &record);
    assert_eq!(plan.step("dns_record"), Some(&Step::Delete));
    assert!(plan.view.state::<State>("dns_record").is_null());
    bench.built(&want, record).await;
    let changes = bench.world.changes();
    assert_eq!(changes[0], "update load_balancer");
    assert_eq!(changes.len(), 3);
    assert!(changes.contains(&"delete permissions".to_owned()), "its container stays: {changes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_leaves_stays_when_something_failed_and_may_come_back() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.fail("update", "load_balancer", Fault::Before(Class::Denied), 1);
    let want = Want::default().without("dns_record").value("load_balancer", "new");
    let outcome = bench.converge(&want, record).await;
    assert_eq!(names(&outcome.report.left_over), ["dns_record"]);
    bench.world.forget_log();
    bench.built(&Want::default(), outcome.record).await;
    assert_eq!(bench.world.changes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn two_links_may_exchange_what_only_one_can_have() {
    let bench = Bench::new();
    let record = bench.two("a", "b", Record::default()).await;
    bench.world.forget_log();
    bench.world.linger("dns_record.two", super::world::seconds(90));
    bench.two("b", "a", record).await;
    let changes = bench.world.changes();
    assert!(changes[..2].iter().all(|change| change.starts_with("delete")), "{changes:?}");
    assert_eq!(changes.len(), 4, "nobody ran into the other: {changes:?}");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_turns_out_wrong_is_broken_only_when_nothing_behind_it_is_under_way() {
    let mut bench = Bench::new();
    bench.time = super::world::seconds(2000);
    let plain = |parents| Spec { settings: Settings::default(), parents };
    let mut chain = Chain::new();
    let lb = chain.link("load_balancer", soft("load_balancer"), (), move |()| Some(plain(vec![])));
    let service = chain.link("endpoint_service", soft("endpoint_service"), (lb.exists(),), move |(lb,)| {
        let mut spec = plain(vec![]);
        spec.settings.slot = lb.address.clone().unwrap_or_default();
        Some(spec)
    });
    let more = chain.link("endpoint_service.more", soft("endpoint_service"), (), move |()| Some(plain(vec![])));
    chain.link("dns_record", soft("dns_record"), (service.exists(), more.ready()), move |(service, _)| {
        Some(plain(vec![service.id.clone()]))
    });
    bench.world.slow("dns_record", super::world::seconds(200));
    let outcome = crate::engine::converge(&bench.run(), &chain, Record::default()).await;
    assert_eq!(outcome.problems, vec![]);
    bench.check(&outcome.record);
    assert_eq!(
        bench.world.changes()[3..],
        [
            "create dns_record",
            "delete dns_record",
            "delete endpoint_service",
            "create endpoint_service",
            "create dns_record"
        ]
    );
    assert!(
        bench.world.at("delete", "dns_record")
            >= bench.world.at("create", "dns_record").map(|at| at + super::world::seconds(200))
    );
}

#[tokio::test(start_paused = true)]
async fn breaking_a_link_spares_what_may_stay() {
    let bench = Bench::new();
    let record = bench.built(&Want::default().slot("load_balancer", "a"), Record::default()).await;
    bench.world.forget_log();
    bench.built(&Want::default().slot("load_balancer", "b"), record).await;
    let changes = bench.world.changes();
    assert!(!changes.iter().any(|change| change.contains("target")), "{changes:?}");
}

#[tokio::test(start_paused = true)]
async fn what_stands_in_the_way_and_left_the_chain_goes_first() {
    let bench = Bench::new();
    let record = bench.two("a", "b", Record::default()).await;
    bench.world.forget_log();
    bench.one("other", "a", record).await;
    assert_eq!(bench.world.names(), ["dns_record.other"]);
    assert_eq!(bench.world.count("create", "dns_record.other"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_in_the_way_is_an_error() {
    let bench = Bench::new();
    let record = bench.two("a", "b", Record::default()).await;
    let outcome = crate::engine::converge(
        &bench.run(),
        &super::fixture::slots(&[("one", "a"), ("two", "b"), ("three", "a")]),
        record,
    )
    .await;
    assert_eq!(outcome.problems[0].failure().map(|failure| failure.class), Some(Class::Taken));
}

#[tokio::test(start_paused = true)]
async fn replacing_the_whole_resource_is_not_for_a_run() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    let want = Want::default().set("endpoint_service", |settings| settings.root = "x".to_owned());
    assert_eq!(bench.preview(&want, &record).step("endpoint_service"), Some(&Step::ReplaceAll(vec!["root"])));
    let outcome = bench.converge(&want, record.clone()).await;
    assert_eq!(outcome.record, record);
    assert!(outcome.problems[0].to_string().contains("root"), "{}", outcome.problems[0]);
}

impl Bench {
    async fn two(&self, one: &str, two: &str, record: Record) -> Record {
        self.slots(&[("one", one), ("two", two)], record).await
    }

    async fn one(&self, key: &str, slot: &str, record: Record) -> Record {
        self.slots(&[(key, slot)], record).await
    }

    async fn slots(&self, slots: &[(&str, &str)], record: Record) -> Record {
        let outcome = crate::engine::converge(&self.run(), &super::fixture::slots(slots), record).await;
        assert_eq!(outcome.problems, vec![]);
        self.check(&outcome.record);
        outcome.record
    }
}
