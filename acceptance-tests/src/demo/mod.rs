//! The demo behind `cargo demo`: a newcomer watches real Terraform connect two accounts, in under a minute.
//!
//! [`run`] is the whole story, `watch.rs` tells what appears and goes while Terraform
//! works, `screen.rs` is the only place that prints. What the demo claims, it has checked: the packet's way comes from the
//! simulator's objects, the second plan from Terraform's exit code, the emptiness at the end from the simulator.

mod screen;
mod story;
mod watch;

pub use screen::Screen;
pub use story::{Options, run};
