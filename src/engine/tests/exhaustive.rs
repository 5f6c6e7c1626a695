//! Every call of every verb fails once in every way; a run without faults then ends in the same world.

use super::fixture::{Bench, Want, recorded};
use super::world::Fault;
use crate::engine::{Class, Record};

const FAULTS: [Fault; 15] = [
    Fault::Before(Class::Throttled),
    Fault::Before(Class::Unavailable),
    Fault::Before(Class::NotYetVisible),
    Fault::Before(Class::InUse),
    Fault::Before(Class::Busy),
    Fault::Before(Class::Lost),
    Fault::After(Class::Lost),
    Fault::Before(Class::Denied),
    Fault::Before(Class::Invalid),
    Fault::Before(Class::LimitExceeded),
    Fault::Before(Class::Taken),
    Fault::Before(Class::Unknown),
    Fault::Before(Class::Bug),
    Fault::PanicBefore,
    Fault::PanicAfter,
];

/// Changes of the whole chain, from nothing or from the default.
fn changes() -> Vec<(bool, Want)> {
    let wide = || Want::default().shape("load_balancer", "wide");
    vec![
        (false, Want::default()),
        (true, wide().value("permissions", "new").without("dns_record")),
        (true, Want::default().slot("target_group", "b").value("endpoint_service", "new")),
        (true, Want::default().slot("load_balancer", "b").value("dns_record", "new")),
        (true, wide().slot("target_group", "b").shape("endpoint_service", "other").without("targets")),
    ]
}

async fn prepared(built: bool) -> (Bench, Record) {
    let bench = Bench::new();
    let record = if built { bench.built(&Want::default(), Record::default()).await } else { Record::default() };
    bench.world.forget_log();
    (bench, record)
}

#[tokio::test(start_paused = true)]
async fn any_failed_call_is_healed_by_the_next_run() {
    let mut cases = 0;
    for (built, want) in changes() {
        let (before, start) = prepared(built).await;
        let bench = before.twin();
        bench.built(&want, start.clone()).await;
        let (expected, calls) = (bench.world.content(), bench.world.log().len());
        assert!(calls > 7);
        for call in 1..=calls {
            for fault in FAULTS {
                let case = format!("call {call} of {want:?}: {fault:?}");
                let (mut bench, record) = (before.twin(), start.clone());
                bench.world.fail_nth(call, fault);
                let outcome = bench.converge(&want, record).await;
                assert!(outcome.problems.len() <= 1, "{case}: {:?}", outcome.problems);
                let plan = bench.preview(&want, &outcome.record);
                assert_eq!(plan.has_changes(), !outcome.succeeded(), "{case}: {:?}", outcome.problems);
                bench.world.heal();
                bench.resumed = true;
                bench.built(&want, outcome.record).await;
                assert_eq!(bench.world.content(), expected, "{case}");
                cases += 1;
            }
        }
    }
    assert!(cases > 1000, "{cases}");
}

#[tokio::test(start_paused = true)]
async fn a_run_killed_at_any_call_is_taken_up_by_the_next_run() {
    for (built, want) in changes() {
        let (before, start) = prepared(built).await;
        let bench = before.twin();
        bench.built(&want, start.clone()).await;
        let (expected, calls) = (bench.world.content(), bench.world.log().len());
        for call in 1..=calls {
            let (mut bench, record) = (before.twin(), start.clone());
            bench.world.kill_at(call);
            bench.stopped_dead(&want, record.clone()).await;
            bench.world.heal();
            bench.resumed = true;
            let seen = bench.refresh(record).await;
            assert_eq!(seen.problems, vec![]);
            bench.built(&want, seen.record).await;
            assert_eq!(bench.world.content(), expected, "killed at call {call} of {want:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn any_failed_call_of_a_removal_is_healed_by_the_next_one() {
    let (before, start) = prepared(true).await;
    let bench = before.twin();
    bench.remove(start.clone()).await;
    for call in 1..=bench.world.log().len() {
        for fault in FAULTS {
            let (bench, record) = (before.twin(), start.clone());
            bench.world.fail_nth(call, fault);
            let outcome = bench.remove(record).await;
            assert_eq!(outcome.record.is_empty(), outcome.succeeded(), "call {call}: {fault:?}");
            let again = bench.remove(outcome.record).await;
            assert_eq!((again.problems, recorded(&again.record)), (vec![], vec![]), "call {call}: {fault:?}");
            assert_eq!(bench.world.names(), Vec::<String>::new());
        }
    }
}
