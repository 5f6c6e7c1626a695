//! Random chains: order and time hold for any graph, with and without faults.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tokio::time::Instant;

use super::fixture::{Bench, recorded};
use super::world::{Fake, Fault, Settings, Spec, World, seconds};
use crate::engine::{
    Catalogue, Chain, Class, Edge, Handle, LinkName, Outcome, Pace, Record, converge, preview, remove,
};

const KINDS: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

/// A link of a random chain: its times and its parents, each with the strength of the edge.
#[derive(Debug, Clone)]
struct Shape {
    ready: u64,
    gone: u64,
    rigid: bool,
    parents: Vec<(usize, bool)>,
}

impl Shape {
    fn fake(&self) -> Fake {
        Fake {
            rigid: self.rigid,
            pace: Pace { ready: Some(seconds(self.ready)), gone: Some(seconds(self.gone)), ..Pace::default() },
        }
    }
}

/// A removal that takes time ends with a second look within this time.
const CONFIRMED: u64 = 1;

/// Times, rigidity and parents before the parents are placed.
type Draft = (u64, u64, bool, Vec<(prop::sample::Index, bool)>);

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let parents = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..4);
    let link = (0..200u64, 0..60u64, any::<bool>(), parents);
    prop::collection::vec(link, 1..=KINDS.len())
        .prop_map(|links| links.into_iter().enumerate().map(|(index, draft)| place(index, draft)).collect())
}

fn place(index: usize, (ready, gone, rigid, parents): Draft) -> Shape {
    // The first link has nothing before it.
    let before = parents.iter().filter(|_| index > 0);
    let mut parents: Vec<_> = before.map(|(parent, ready)| (parent.index(index), *ready)).collect();
    parents.sort_unstable();
    parents.dedup_by_key(|(parent, _)| *parent);
    Shape { ready, gone, rigid, parents }
}

fn faults() -> impl Strategy<Value = Vec<(usize, Fault)>> {
    let fault = prop::sample::select(vec![
        Fault::Before(Class::Denied),
        Fault::Before(Class::Throttled),
        Fault::Before(Class::Lost),
        Fault::After(Class::Lost),
        Fault::PanicBefore,
        Fault::PanicAfter,
    ]);
    prop::collection::vec((1..60usize, fault), 0..5)
}

fn chain(shapes: &[Shape], changed: &[usize]) -> Chain<World> {
    let mut chain = Chain::new();
    let mut handles: Vec<Handle<super::world::State>> = Vec::new();
    for (index, shape) in shapes.iter().enumerate() {
        let edges: Vec<Edge<_>> = shape
            .parents
            .iter()
            .map(|&(parent, ready)| if ready { handles[parent].ready() } else { handles[parent].exists() })
            .collect();
        let look = if changed.contains(&index) { "new" } else { "" };
        let settings = Settings { shape: look.to_owned(), ..Settings::default() };
        let spec = move |(parents,): &(Vec<super::world::State>,)| {
            let parents = parents.iter().map(|parent| parent.id.clone()).collect();
            Some(Spec { settings: settings.clone(), parents })
        };
        handles.push(chain.link(KINDS[index], shape.fake(), (edges,), spec));
    }
    chain
}

/// A bench whose catalogue deletes children before their parents.
fn bench(shapes: &[Shape]) -> Bench {
    let mut catalogue = Catalogue::new();
    let mut world = World::default();
    for (index, shape) in shapes.iter().enumerate() {
        let children =
            (0..shapes.len()).filter(|&child| shapes[child].parents.iter().any(|&(parent, _)| parent == index));
        let children: Vec<_> = children.map(|child| KINDS[child]).collect();
        catalogue.kind(KINDS[index], shape.fake()).after(&children);
        world.times.insert(KINDS[index], (seconds(shape.ready), seconds(shape.gone)));
    }
    let mut bench = Bench::on(world, catalogue);
    bench.time = seconds(10_000);
    bench
}

/// The longest that a wait for so many seconds may take: one interval too long, and two calls.
fn with_interval(time: u64) -> u64 {
    time + (time / 4).clamp(2, 60) + 3
}

/// When each link exists and is ready at the latest, where a wait takes `waited` of its time.
fn latest(shapes: &[Shape], waited: fn(u64) -> u64) -> u64 {
    let mut ends: Vec<(u64, u64)> = Vec::new();
    for shape in shapes {
        let start = shape.parents.iter().map(|&(parent, ready)| if ready { ends[parent].1 } else { ends[parent].0 });
        let start = start.max().unwrap_or(0);
        ends.push((start, start + waited(shape.ready)));
    }
    ends.iter().map(|(_, ready)| *ready).max().unwrap_or(0)
}

fn gone_latest(shapes: &[Shape]) -> u64 {
    let mut ends = vec![0; shapes.len()];
    for index in (0..shapes.len()).rev() {
        let children =
            (index + 1..shapes.len()).filter(|&child| shapes[child].parents.iter().any(|&(p, _)| p == index));
        ends[index] = children.map(|child| ends[child]).max().unwrap_or(0) + shapes[index].gone + 15 + CONFIRMED;
    }
    ends.into_iter().max().unwrap_or(0)
}

fn paused(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work);
}

fn order_holds(bench: &Bench, shapes: &[Shape]) {
    let made = |index: usize| bench.world.at("create", KINDS[index]).unwrap();
    for (index, shape) in shapes.iter().enumerate() {
        for &(parent, ready) in &shape.parents {
            let least = if ready { seconds(shapes[parent].ready) } else { Duration::ZERO };
            assert!(made(index) >= made(parent) + least, "{} was made too early", KINDS[index]);
        }
    }
}

async fn whole(bench: &Bench, chain: &Chain<World>, record: Record) -> Outcome {
    let outcome = converge(&bench.run(), chain, record).await;
    bench.check(&outcome.record);
    outcome
}

/// Another seed each time, printed so that a failure can be repeated.
#[expect(clippy::print_stdout, reason = "shown by the test harness where a case fails")]
fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 150;
    }
    let seed = match config.rng_seed {
        RngSeed::Random => fastrand::u64(..),
        RngSeed::Fixed(seed) => seed,
    };
    println!("PROPTEST_RNG_SEED={seed} PROPTEST_CASES={}", config.cases);
    config.rng_seed = RngSeed::Fixed(seed);
    config
}

proptest! {
    // `PROPTEST_RNG_SEED` and `PROPTEST_CASES` repeat a run: a failure prints both.
    #![proptest_config(config())]

    #[test]
    fn any_chain_is_built_and_removed_in_order_and_no_later_than_its_longest_path(shapes in shapes()) {
        paused(async {
            let bench = bench(&shapes);
            let start = Instant::now();
            let outcome = whole(&bench, &chain(&shapes, &[]), Record::default()).await;
            assert_eq!(outcome.problems, vec![]);
            let (least, most) = (latest(&shapes, |time| time), latest(&shapes, with_interval));
            let took = start.elapsed();
            assert!(seconds(least) <= took && took <= seconds(most), "{took:?} is not in {least}..={most}");
            order_holds(&bench, &shapes);
            assert!(!preview(&chain(&shapes, &[]), &outcome.record).has_changes());

            let start = Instant::now();
            let outcome = remove(&bench.run(), outcome.record).await;
            assert_eq!(outcome.problems, vec![]);
            assert!(outcome.record.is_empty() && bench.world.names().is_empty());
            // Too early a delete would have been refused, and repeated.
            assert_eq!(bench.world.changes().len(), 2 * shapes.len());
            assert!(start.elapsed() <= seconds(gone_latest(&shapes)), "{:?}", start.elapsed());
        });
    }

    #[test]
    fn any_replacement_in_any_chain_survives_any_faults(
        shapes in shapes(),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        faults in faults(),
    ) {
        paused(async {
            let mut bench = bench(&shapes);
            let changed: Vec<_> = picks.iter().map(|pick| pick.index(shapes.len())).collect();
            let record = whole(&bench, &chain(&shapes, &[]), Record::default()).await.record;
            for (call, fault) in faults {
                bench.world.fail_nth(call, fault);
            }
            let wanted = chain(&shapes, &changed);
            let outcome = whole(&bench, &wanted, record).await;
            assert_eq!(outcome.succeeded(), !preview(&wanted, &outcome.record).has_changes());
            bench.world.heal();
            bench.resumed = true;
            let plan = preview(&wanted, &outcome.record);
            let outcome = whole(&bench, &wanted, outcome.record).await;
            assert_eq!(outcome.problems, vec![]);
            if let Some(last) = plan.last {
                assert_eq!((&outcome.record.last, outcome.record.retired.len()), (&last, 0), "{:?}", plan.steps);
            }
            assert!(!preview(&wanted, &outcome.record).has_changes());
            assert_eq!(recorded(&outcome.record), bench.world.ids().into_iter().collect::<Vec<_>>());
            assert_eq!(outcome.record.links.len(), shapes.len());
            assert!(changed.iter().all(|&index| {
                outcome.record.links[&LinkName::from(KINDS[index])].state["settings"]["shape"] == "new"
            }));
        });
    }

    #[test]
    fn nothing_is_left_of_any_chain_after_any_faults_and_any_way_out(
        shapes in shapes(),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        faults in faults(),
        starts_built in any::<bool>(),
        goes_back in any::<bool>(),
    ) {
        paused(async {
            let bench = bench(&shapes);
            let changed: Vec<_> = picks.iter().map(|pick| pick.index(shapes.len())).collect();
            let mut record = Record::default();
            if starts_built {
                record = whole(&bench, &chain(&shapes, &[]), record).await.record;
            }
            for (call, fault) in faults {
                bench.world.fail_nth(call, fault);
            }
            let mut record = whole(&bench, &chain(&shapes, &changed), record).await.record;
            bench.world.heal();
            if goes_back {
                let outcome = whole(&bench, &chain(&shapes, &[]), record).await;
                assert_eq!(outcome.problems, vec![]);
                assert_eq!(recorded(&outcome.record), bench.world.ids().into_iter().collect::<Vec<_>>());
                record = outcome.record;
            }
            let outcome = remove(&bench.run(), record).await;
            assert_eq!((outcome.problems, outcome.record), (vec![], Record::default()));
            assert_eq!(bench.world.names(), Vec::<String>::new());
        });
    }
}
