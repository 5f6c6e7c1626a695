//! Destroy: order, what goes along, what stays.

use tokio::time::Instant;

use super::fixture::{Bench, Want, catalogue, names, soft, world};
use super::world::{Fault, seconds};
use crate::engine::{Catalogue, Cause, Class, LinkName, Record};

#[tokio::test(start_paused = true)]
async fn everything_goes_in_the_order_of_the_catalogue_and_members_with_their_container() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.forget_log();
    let start = Instant::now();
    let outcome = bench.remove(record).await;
    assert_eq!(outcome.problems, vec![]);
    assert!(outcome.record.is_empty());
    assert_eq!(bench.world.names(), Vec::<String>::new());
    assert_eq!(
        bench.world.changes(),
        ["delete dns_record", "delete endpoint_service", "delete load_balancer", "delete target_group"]
    );
    assert!(start.elapsed() >= seconds(80) && start.elapsed() <= seconds(80 + 4 * 15), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_half_made_composite_is_removed_too() {
    for link in super::fixture::LINKS {
        let bench = Bench::new();
        bench.world.fail("create", link, Fault::Before(Class::Denied), 1);
        let half = bench.converge(&Want::default(), Record::default()).await;
        assert_eq!(half.problems.len(), 1);
        let outcome = bench.remove(half.record).await;
        assert_eq!(outcome.problems, vec![]);
        assert!(outcome.record.is_empty() && bench.world.names().is_empty(), "after {link}");
    }
}

#[tokio::test(start_paused = true)]
async fn retired_objects_are_removed_too() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.fail("update", "endpoint_service", Fault::Before(Class::Denied), 1);
    let half = bench.converge(&Want::default().shape("load_balancer", "wide"), record).await;
    assert_eq!(half.record.retired.len(), 2);
    let outcome = bench.remove(half.record).await;
    assert_eq!(outcome.problems, vec![]);
    assert!(outcome.record.is_empty() && bench.world.names().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failed_delete_keeps_what_depends_on_it_and_removes_the_rest() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.fail("delete", "endpoint_service", Fault::Before(Class::Denied), 1);
    let outcome = bench.remove(record).await;
    assert_eq!(names(outcome.problems.iter().map(|problem| &problem.link)), ["endpoint_service"]);
    let left = ["endpoint_service", "listener", "load_balancer", "permissions", "target_group", "targets"];
    assert_eq!(names(&outcome.report.exists), left);
    assert_eq!(
        names(&outcome.report.not_reached),
        ["listener", "load_balancer", "permissions", "target_group", "targets"]
    );
    let again = bench.remove(outcome.record).await;
    assert!(again.record.is_empty() && bench.world.names().is_empty());
}

#[tokio::test(start_paused = true)]
async fn something_in_use_is_tried_again_until_it_is_free() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.fail("delete", "load_balancer", Fault::Before(Class::InUse), 7);
    let outcome = bench.remove(record).await;
    assert!(outcome.record.is_empty());
    assert_eq!(bench.world.count("delete", "load_balancer"), 8);
}

#[tokio::test(start_paused = true)]
async fn something_that_stays_in_use_is_told_with_the_time_it_took() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.fail("delete", "endpoint_service", Fault::Before(Class::InUse), u32::MAX);
    let start = Instant::now();
    let outcome = bench.remove(record).await;
    assert_eq!(outcome.problems.len(), 1);
    assert_eq!(outcome.problems[0].failure().map(|failure| failure.class), Some(Class::InUse));
    assert!(outcome.problems[0].waited > seconds(800));
    assert_eq!(start.elapsed(), seconds(900));
}

#[tokio::test(start_paused = true)]
async fn a_lost_delete_is_repeated() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.fail("delete", "dns_record", Fault::After(Class::Lost), 1);
    bench.world.fail("delete", "load_balancer", Fault::Before(Class::Lost), 1);
    assert!(bench.remove(record).await.record.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_delete_keeps_the_entry() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.fail("delete", "load_balancer", Fault::PanicAfter, 1);
    let outcome = bench.remove(record).await;
    assert_eq!(outcome.problems.len(), 1);
    assert!(outcome.record.links.contains_key(&"load_balancer".into()));
    assert!(bench.remove(outcome.record).await.record.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_nobody_knows_is_a_problem_and_never_forgotten() {
    let bench = Bench::new();
    let mut record = bench.built(&Want::default(), Record::default()).await;
    let strange = record.links[&LinkName::from("targets")].clone();
    record.links.insert("from_the_future.x".into(), strange);
    for outcome in [bench.refresh(record.clone()).await, bench.remove(record).await] {
        assert_eq!(outcome.problems.len(), 1);
        assert_eq!(outcome.problems[0].failure().map(|failure| failure.class), Some(Class::Bug));
        assert!(outcome.record.links.contains_key(&"from_the_future.x".into()));
    }
    assert_eq!(bench.world.names(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_decoded_is_a_problem_and_never_forgotten() {
    let bench = Bench::new();
    let mut record = bench.built(&Want::default(), Record::default()).await;
    let garbage = serde_json::json!({"id": 7});
    record.links.get_mut(&LinkName::from("dns_record")).unwrap().state = garbage;
    let plan = bench.preview(&Want::default(), &record);
    assert_eq!(names(plan.problems.iter().map(|problem| &problem.link)), ["dns_record"]);
    let outcome = crate::engine::remove(&bench.run(), record).await;
    assert_eq!(names(outcome.problems.iter().map(|problem| &problem.link)), ["dns_record"]);
    assert!(outcome.record.links.contains_key(&"dns_record".into()));
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_removing_keeps_what_is_not_gone() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    let stop = bench.stop.clone();
    let (outcome, ()) = tokio::join!(bench.remove(record), async {
        tokio::time::sleep(seconds(35)).await;
        stop.set();
    });
    assert_eq!(outcome.problems.len(), 1);
    assert_eq!(outcome.problems[0].cause, Cause::Stopped);
    assert!(outcome.record.links.contains_key(&"load_balancer".into()));
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_the_start_removes_nothing() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.forget_log();
    bench.stop.set();
    let outcome = bench.remove(record.clone()).await;
    assert_eq!((outcome.record, bench.world.log(), outcome.report.not_reached.len()), (record, vec![], 7));
    assert_eq!(outcome.problems[0].cause, Cause::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_container_waits_for_what_its_members_wait_for() {
    let mut catalogue = Catalogue::new();
    for link in ["dns_record", "endpoint_service", "load_balancer", "target_group", "targets"] {
        catalogue.kind(link, soft(link));
    }
    catalogue.kind("listener", soft("listener")).goes_with("load_balancer").after(&["dns_record"]);
    catalogue.kind("permissions", soft("permissions")).goes_with("endpoint_service");
    let record = Bench::new().built(&Want::default(), Record::default()).await;
    let bench = Bench { catalogue: std::sync::Arc::new(catalogue), ..Bench::new() };
    crate::engine::remove(&bench.run(), record).await;
    assert!(bench.world.at("delete", "load_balancer") >= Some(seconds(5)));
    assert_eq!(bench.world.at("delete", "target_group"), Some(seconds(0)));
}

#[tokio::test(start_paused = true)]
async fn a_released_kind_is_forgotten_without_a_call_and_in_its_turn() {
    let mut catalogue = super::fixture::catalogue();
    catalogue.kind("network", soft("network")).released().after(&["load_balancer"]);
    let bench = Bench::on(world(), catalogue);
    let mut record = bench.built(&Want::default(), Record::default()).await;
    let other = record.links[&LinkName::from("dns_record")].clone();
    record.links.insert("network".into(), other);
    bench.world.forget_log();
    bench.world.fail("delete", "load_balancer", Fault::Before(Class::Denied), 1);
    let outcome = bench.remove(record).await;
    assert!(outcome.record.links.contains_key(&"network".into()), "the load balancer is still there");
    let outcome = bench.remove(outcome.record).await;
    assert_eq!((outcome.record.is_empty(), outcome.problems), (true, vec![]));
    assert_eq!(bench.world.log().iter().filter(|call| call.link == "network").count(), 0);
}

#[tokio::test(start_paused = true)]
async fn keyed_members_go_with_the_container_of_their_key_only() {
    let bench = Bench::new();
    let full = bench.built(&Want::default(), Record::default()).await;
    let entry = full.links[&LinkName::from("dns_record")].clone();
    bench.remove(full).await;
    let mut record = Record::default();
    for name in ["targets.a", "targets.b", "target_group.a"] {
        let mut entry = entry.clone();
        entry.state["id"] = format!("{name}#0").into();
        record.links.insert(name.into(), entry);
    }
    bench.world.forget_log();
    let outcome = crate::engine::remove(&bench.run(), record).await;
    assert!(outcome.record.is_empty());
    assert_eq!(bench.world.count("delete", "targets.a"), 0);
    assert_eq!(bench.world.count("delete", "targets.b"), 1);
    assert_eq!(bench.world.count("delete", "target_group.a"), 1);
}

#[test]
fn a_catalogue_names_its_own_defects() {
    let mut catalogue = catalogue();
    assert_eq!(catalogue.defects(), Vec::<String>::new());
    catalogue.kind("targets", soft("targets"));
    catalogue.kind("round", soft("round")).after(&["about"]);
    catalogue.kind("about", soft("about")).after(&["round", "nowhere"]);
    let defects = catalogue.defects().join("\n");
    catalogue.kind("inside", soft("inside")).goes_with("outside");
    catalogue.kind("outside", soft("outside")).after(&["held"]);
    catalogue.kind("held", soft("held")).after(&["inside"]);
    let defects = defects + &catalogue.defects().join("\n");
    let waits = ["round", "about", "inside", "outside", "held"].map(|kind| format!("{kind} waits for its own removal"));
    for words in ["targets is declared twice", "nowhere"].into_iter().chain(waits.iter().map(String::as_str)) {
        assert!(defects.contains(words), "{words} is not in {defects}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_catalogue_that_waits_for_itself_is_told_and_does_not_hang() {
    let mut catalogue = Catalogue::new();
    catalogue.kind("target_group", soft("target_group")).after(&["targets"]);
    catalogue.kind("targets", soft("targets")).after(&["target_group"]);
    let bench = Bench { catalogue: std::sync::Arc::new(catalogue), ..Bench::on(world(), super::fixture::catalogue()) };
    let mut record = Bench::new().built(&Want::default(), Record::default()).await;
    record.links.retain(|name, _| bench.catalogue.kinds().any(|kind| kind == name.kind()));
    let outcome = crate::engine::remove(&bench.run(), record.clone()).await;
    assert_eq!(outcome.record, record);
    assert_eq!(outcome.problems.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_read_that_misses_an_object_on_its_way_out_does_not_end_its_removal() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.hide("load_balancer", 1);
    bench.world.hide("endpoint_service", 1);
    bench.world.forget_log();
    let outcome = bench.remove(record).await;
    assert_eq!((outcome.problems, bench.world.names()), (vec![], vec![]));
    // What comes after it was not tried before it was gone.
    let expected = ["delete dns_record", "delete endpoint_service", "delete load_balancer", "delete target_group"];
    assert_eq!(bench.world.changes(), expected);
}

#[tokio::test(start_paused = true)]
async fn one_read_at_the_deadline_that_misses_an_object_forgets_nothing() {
    let mut left = 0;
    for time in 1..120 {
        let mut bench = Bench::new();
        let record = bench.built(&Want::default(), Record::default()).await;
        for link in ["endpoint_service", "load_balancer"] {
            bench.world.hide(link, 1);
        }
        bench.time = seconds(time);
        let outcome = bench.remove(record).await;
        for name in bench.world.names() {
            let is_known = outcome.record.links.keys().any(|link| link.as_str() == name);
            assert!(is_known, "after {time} s {name} is there and in no record");
            left += 1;
        }
    }
    assert!(left > 0, "the deadline never came first");
}

#[tokio::test(start_paused = true)]
async fn what_goes_at_once_needs_no_second_look() {
    let bench = Bench::new();
    let record = bench.built(&Want::default(), Record::default()).await;
    bench.world.forget_log();
    bench.remove(record).await;
    assert_eq!(bench.world.count("read", "target_group"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_no_run_has_seen_is_removed_as_soon_as_it_shows() {
    let bench = Bench::new();
    bench.world.fail("read", "dns_record", Fault::Before(Class::Denied), 1);
    let half = bench.converge(&Want::default(), Record::default()).await.record;
    assert!(!half.links[&"dns_record".into()].settled);
    // AWS finds it neither for reads nor for the delete, which then means "gone already".
    bench.world.veil("dns_record", seconds(30));
    let outcome = bench.remove(half).await;
    assert_eq!(outcome.problems, vec![]);
    assert_eq!(bench.world.names(), Vec::<String>::new(), "it was taken for gone");
}
