//! Data sources: one folder each, listed in `provider`.
//!
//! `config.rs` lists the attributes, `mod.rs` reads and fills them, `NOTES.md` is for the page.

pub mod connections;
pub mod diagnosis;
pub mod metrics;
pub mod service;

pub use connections::Connections;
pub use diagnosis::Connection as Diagnosis;
pub use metrics::Metrics;
pub use service::Service;
