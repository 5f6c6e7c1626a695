//! One function for each thing that reads bytes which somebody else wrote.
//!
//! Each takes any bytes and says by a panic that a promise is broken: that nothing panics, and that what was read
//! can be written and read again. libFuzzer calls them through `fuzz_targets/`, `tests/smoke.rs` on stable Rust over
//! the kept corpus, and `cargo run --bin msgpack -- FILE` replays one input.

mod codecs;
mod moves;
mod schema;
mod simulator;
mod states;
mod texts;

pub use codecs::{json, msgpack};
pub use moves::moved_state;
pub use schema::block;
pub use simulator::{simulator_control, simulator_request};
pub use states::state;
pub use texts::{import_id, policy};

/// A target.
pub type Target = fn(&[u8]);

/// All targets, by the names of their corpora.
pub const TARGETS: [(&str, Target); 8] = [
    ("msgpack", msgpack),
    ("json", json),
    ("import_id", import_id),
    ("state", state),
    ("moved_state", moved_state),
    ("policy", policy),
    ("simulator_request", simulator_request),
    ("simulator_control", simulator_control),
];

/// Runs a target over the files that the command line names.
///
/// # Panics
/// Where a file cannot be read, and where the target does.
pub fn replay(target: Target) {
    for path in std::env::args().skip(1) {
        let data = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        target(&data);
        println!("{path}: passed");
    }
}
