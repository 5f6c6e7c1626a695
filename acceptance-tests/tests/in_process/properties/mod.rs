//! What holds for any configuration and any way to it: plans are obeyed, the second plan is empty, the way leaves no
//! trace, others' objects are not touched, and what was unknown is refined and never contradicted.
//!
//! Each run draws other cases and prints what repeats it. Many more of them:
//! `PROPTEST_CASES=60 cargo test --test in_process properties:: -- --nocapture`.

mod generate;
mod look;
mod refine;
mod sequences;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// Other cases each time, `cases` of them unless `PROPTEST_CASES` says otherwise. Printed, so that a failure can be
/// repeated with `PROPTEST_RNG_SEED`.
fn config(cases: u32) -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, max_shrink_iters: 6, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    let seed = match config.rng_seed {
        RngSeed::Random => fastrand::u64(..),
        RngSeed::Fixed(seed) => seed,
    };
    println!("PROPTEST_RNG_SEED={seed} PROPTEST_CASES={}", config.cases);
    config.rng_seed = RngSeed::Fixed(seed);
    config
}

/// Plays on a paused clock.
fn paused(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(work);
}
