//! PrivateLink in the simulator, called by the SDK in this process, on the paused clock: each rule broken, and the whole chain.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod private_link;
