//! The provider process and its protocol, seen from Terraform's side: messages over a real
//! connection, the process started as Terraform starts it, and Terraform itself.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod calls;
mod client;
#[allow(dead_code, unreachable_pub, unused_imports, reason = "each test binary asks for some of the rules")]
#[path = "../core_rules/mod.rs"]
mod core_rules;
mod cores;
mod fake;
mod handshake;
mod hostile;
mod process;
mod rules;
mod session;
mod streams;
mod terraform;
mod wire_table;
