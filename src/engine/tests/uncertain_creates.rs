//! Creations whose reply was lost while nobody could look for the object: remembered, found, never doubled.

use super::fixture::{Bench, Want, names};
use super::world::{Fault, seconds};
use crate::engine::{Action, Class, Outcome, Record, UncertainCreate, preview};

/// In which ways nobody learns whether a creation happened: how the create ends, and how the look for it.
fn ways() -> Vec<(Fault, Fault)> {
    let ends = [Fault::After(Class::Lost), Fault::PanicAfter, Fault::Before(Class::Lost), Fault::PanicBefore];
    let looks = [Fault::Before(Class::Denied), Fault::PanicBefore, Fault::PanicAfter];
    ends.into_iter().flat_map(|end| looks.into_iter().map(move |look| (end, look))).collect()
}

fn is_made(end: Fault) -> bool {
    matches!(end, Fault::After(_) | Fault::PanicAfter)
}

/// A run that cannot say whether it made the object of `link`.
async fn doubted(bench: &Bench, want: &Want, record: Record, link: &str, (end, look): (Fault, Fault)) -> Outcome {
    bench.world.fail("create", link, end, 1);
    bench.world.fail("find", link, look, 1);
    let outcome = bench.converge(want, record).await;
    bench.world.heal();
    assert!(!outcome.succeeded());
    assert_eq!(names(&outcome.report.uncertain), [link], "{end:?}, {look:?}");
    assert_eq!(outcome.record.uncertain_creates.len(), 1);
    assert!(!outcome.record.is_empty());
    assert!(bench.preview(want, &outcome.record).has_changes());
    outcome
}

#[tokio::test(start_paused = true)]
async fn the_next_run_finds_it_and_does_not_make_it_twice() {
    for way in ways() {
        for link in ["target_group", "load_balancer", "listener", "dns_record"] {
            let bench = Bench::new();
            let outcome = doubted(&bench, &Want::default(), Record::default(), link, way).await;
            bench.world.forget_log();
            let record = bench.built(&Want::default(), outcome.record).await;
            assert_eq!(bench.world.count("create", link), usize::from(!is_made(way.0)), "{link}, {way:?}");
            assert_eq!(record.uncertain_creates, vec![]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_finds_it_and_leaves_nothing() {
    for way in ways() {
        for link in ["target_group", "load_balancer", "listener", "dns_record"] {
            let bench = Bench::new();
            let half = doubted(&bench, &Want::default(), Record::default(), link, way).await;
            let outcome = bench.remove(half.record).await;
            assert_eq!((outcome.problems, outcome.record), (vec![], Record::default()), "{link}, {way:?}");
            assert_eq!(bench.world.names(), Vec::<String>::new(), "{link}, {way:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_replacement_that_nobody_saw_goes_when_it_is_wanted_no_longer() {
    for way in ways() {
        let bench = Bench::new();
        let record = bench.built(&Want::default(), Record::default()).await;
        let wide = Want::default().shape("load_balancer", "wide");
        let half = doubted(&bench, &wide, record, "load_balancer", way).await;
        // What was wanted before is wanted again: the old object never went.
        let record = bench.built(&Want::default(), half.record).await;
        assert_eq!(record.uncertain_creates, vec![]);
        assert_eq!(bench.world.count("create", "load_balancer"), 2, "{way:?}");
        // Names and tokens of the one that nobody saw are not used again.
        bench.built(&wide, record).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_nobody_saw_goes_with_its_link() {
    for way in ways() {
        let bench = Bench::new();
        let less = Want::default().without("dns_record");
        let record = bench.built(&less, Record::default()).await;
        let half = doubted(&bench, &Want::default(), record, "dns_record", way).await;
        bench.built(&less, half.record).await;
        assert!(!bench.world.names().contains(&"dns_record".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_doubt_stays_until_somebody_could_look() {
    let bench = Bench::new();
    let way = (Fault::After(Class::Lost), Fault::Before(Class::Denied));
    let half = doubted(&bench, &Want::default(), Record::default(), "load_balancer", way).await;
    bench.world.fail("find", "load_balancer", Fault::Before(Class::Denied), 2);
    let again = bench.converge(&Want::default(), half.record).await;
    let removed = bench.remove(again.record).await;
    for problems in [again.problems, removed.problems] {
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!((problems[0].action, problems[0].link.as_str()), (Action::Find, "load_balancer"));
    }
    assert_eq!(names(&removed.report.uncertain), ["load_balancer"]);
    let seen = bench.refresh(removed.record.clone()).await;
    assert_eq!((seen.record.uncertain_creates.len(), names(&seen.report.uncertain)), (1, vec!["load_balancer"]));
    assert!(bench.remove(seen.record).await.record.is_empty());
    assert_eq!(bench.world.names(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn one_look_at_the_deadline_or_at_a_stop_is_no_proof_of_absence() {
    for fault in [Fault::After(Class::Lost), Fault::Before(Class::Lost)] {
        let mut world = super::fixture::world();
        world.latency = seconds(20);
        let mut bench = Bench::on(world, super::fixture::catalogue());
        bench.time = seconds(10);
        bench.world.fail("create", "load_balancer", fault, 1);
        let record = bench.converge(&Want::default(), Record::default()).await.record;
        let is_uncertain = record.uncertain_creates.iter().any(|uncertain| uncertain.link.as_str() == "load_balancer");
        assert_eq!(is_uncertain, fault == Fault::Before(Class::Lost));
        bench.time = seconds(9000);
        assert!(bench.remove(record).await.record.is_empty());
        assert_eq!(bench.world.names(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_doubt_that_cannot_be_read_is_a_problem_and_never_forgotten() {
    for link in ["load_balancer", "unheard_of"] {
        let bench = Bench::new();
        let uncertain = UncertainCreate { link: link.into(), generation: 1, sought: serde_json::json!("nonsense") };
        let record = Record { uncertain_creates: vec![uncertain], ..Record::default() };
        let outcome = bench.remove(record.clone()).await;
        assert_eq!((outcome.problems.len(), &outcome.record), (1, &record));
        let outcome = bench.converge(&Want::default(), record.clone()).await;
        assert_eq!((outcome.problems.len(), &outcome.record.uncertain_creates), (1, &record.uncertain_creates));
        assert!(preview(&Want::default().chain(), &outcome.record).has_changes());
        assert!(bench.remove(Record { uncertain_creates: vec![], ..outcome.record }).await.record.is_empty());
    }
}
