//! The way to AWS: clients by account and Region, one door for calls, error classes, limits, tags.
//!
//! A link asks [`Aws::account`] for the account it works in, reads through the batched reads and views of
//! [`Account`] (`vpc_endpoint`, `load_balancer`, …) and makes every other call through
//! [`Account::call`], which waits for the limits and turns errors into the engine's failures.
//!
//! It knows no chain and no composite, and decides no retries beyond lost connections of reads.
//! Read [`client`] for what is shared, `error_table` for why something was retried or not.

mod address;
mod batched;
mod call;
mod change_batch;
pub mod client;
mod clock;
mod connect;
pub mod connections;
pub mod creations;
mod credentials;
pub mod deletions;
mod denied;
pub mod dimensions;
pub mod elbv2;
mod error;
mod error_table;
mod http_client;
mod interrupted_creations;
mod limiter;
pub mod lookups;
pub mod names;
mod names_in_transit;
mod operation;
mod pages;
mod peers;
mod reads;
mod record_changes;
mod record_key;
mod regions;
mod reply;
mod requests;
#[cfg(target_os = "linux")]
mod resolver;
mod retag;
mod run_marks;
mod run_tag;
mod sdk_clients;
mod seen;
mod send_once;
pub mod settings;
pub mod tags;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod trust;
mod ttl_cache;
mod turns;
mod views;
mod whole_replies;
mod wiring;
mod words;
mod writes;
pub mod zone_change;

pub use client::{Account, Aws};
pub use connect::partition;
pub use error::{failure, if_present, is_not_found, unsuccessful};
pub use limiter::Limiter;
pub use names_in_transit::{HeldName, NamesInTransit};
pub use operation::{Kind, Operation, Service};
pub use pages::Pages;
pub use record_key::{RecordKey, bare_id};
pub use settings::Settings;
pub use tags::Tags;
pub use wiring::Wiring;
