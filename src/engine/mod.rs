//! The engine: one definition of order, waits, partial state and reverse delete for every chain.

mod failure;
mod link;
mod record;

pub use failure::{Class, Failure};
pub use link::{Change, Field, Gate, Link, Observed, Owner, Pace};
pub use record::{Entry, LinkName, Record, Retired};
