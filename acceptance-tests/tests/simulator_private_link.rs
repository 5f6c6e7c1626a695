//! PrivateLink in the simulator, called by the SDK in this process, on the paused clock: each rule broken, and the whole chain.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail by panicking")]

#[path = "simulator/needed.rs"]
mod needed;
mod private_link;
