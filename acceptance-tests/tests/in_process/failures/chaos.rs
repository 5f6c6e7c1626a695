//! Faults of all kinds at up to half of all calls, beside neighbours: whatever is made is known, and the next run heals.
//!
//! `cargo test` takes a sample; all of it is `cargo test --test in_process failures:: -- --ignored`.

use acceptance_tests::simulator::faults::{Fault, Strike};

use super::heal::ended;
use super::stage::{SIDES, Side, Staged, VERBS, Verb};
use crate::core::objects;
use crate::fault_table::Tally;

/// Which calls are struck.
const SHARES: [(&str, f64); 3] = [("1 call in 20", 0.05), ("1 call in 5", 0.2), ("1 call in 2", 0.5)];
const HEADINGS: [&str; 2] = ["faults that pass", "and refusals"];
/// More calls than any run makes.
const CALLS: u64 = 3000;
/// Runs of each share and kind.
const SEEDS: u64 = 20;

/// Strikes so many of all calls, at places and in ways that the seed draws.
fn script(seed: u64, share: f64, refuses: bool) -> Vec<Fault> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut strike = |call| {
        let fault = |strike| Fault::at("**", call, strike);
        match random.u8(..if refuses { 7 } else { 6 }) {
            0 => fault(Strike::Throttle),
            1 => fault(Strike::Unavailable),
            2 => fault(Strike::Reset),
            3 => fault(Strike::LoseReply),
            4 => fault(Strike::Hang),
            5 => fault(Strike::Delay).ms(20_000),
            _ => fault(Strike::Refuse).code("UnauthorizedOperation"),
        }
    };
    let mut draw = fastrand::Rng::with_seed(seed.wrapping_add(1 << 32));
    (1..CALLS).filter(|_| draw.f64() < share).map(&mut strike).collect()
}

async fn disturbed(staged: &Staged, case: &str, script: Vec<Fault>) -> &'static str {
    let mut stage = staged.fork().await;
    let before = objects(&stage.setting.land.world);
    stage.setting.land.world.set_faults(script);
    let found = stage.act().await;
    stage.setting.land.world.set_faults(Vec::new());
    ended(stage, case, &found, &before, staged.plain().await).await
}

/// Every `step`-th run from `first` on.
async fn chaos(side: Side, verb: Verb, first: usize, step: usize) -> Tally {
    let staged = Staged::of(side, verb).await;
    let mut tally = Tally::new(format!("{side:?}: {verb:?}, chaos"), "Struck", HEADINGS.to_vec());
    let columns = SHARES.into_iter().flat_map(|share| [false, true].map(|refuses| (share, refuses)));
    let runs = columns.flat_map(|(share, refuses)| (0..SEEDS).map(move |seed| (share, refuses, seed)));
    for ((row, share), refuses, seed) in runs.skip(first).step_by(step) {
        let column = usize::from(refuses);
        let case = format!("{side:?} {verb:?}, {row}, {}, seed {seed}", HEADINGS[column]);
        tally.run(row, column, &case, disturbed(staged, &case, script(seed, share, refuses))).await;
    }
    tally
}

#[tokio::test(start_paused = true)]
async fn some_chaos_beside_neighbours_loses_nothing() {
    let mut runs = 0;
    for (place, (side, verb)) in SIDES.into_iter().flat_map(|side| VERBS.map(|verb| (side, verb))).enumerate() {
        runs += chaos(side, verb, place, 23).await.compare_some();
    }
    assert!(runs > 20, "{runs}");
}

macro_rules! cases {
    ($($name:ident: $side:ident $verb:ident;)+) => {$(
        #[tokio::test(start_paused = true)]
        #[ignore = "takes minutes: cargo test --test in_process failures:: -- --ignored"]
        async fn $name() {
            chaos(Side::$side, Verb::$verb, 0, 1).await.compare();
        }
    )+};
}

cases! {
    chaos_while_a_service_is_made: Service Create;
    chaos_while_a_service_is_changed: Service Update;
    chaos_while_a_service_is_removed: Service Destroy;
    chaos_while_a_consumer_is_made: Consumer Create;
    chaos_while_a_consumer_is_changed: Consumer Update;
    chaos_while_a_consumer_is_removed: Consumer Destroy;
    chaos_while_a_guest_is_made: Guest Create;
    chaos_while_a_guest_is_changed: Guest Update;
    chaos_while_a_guest_is_removed: Guest Destroy;
}
