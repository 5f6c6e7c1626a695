//! CloudWatch: data of endpoints, services and their load balancers, made from what was sent (`traffic.rs`) and from what is so.
//!
//! Reading only: nobody puts data, and alarms are not simulated. Three protocols lead here: the query protocol, which `request.rs`
//! reads, and the two of `wire.rs`.

pub mod data;
pub mod metric_data;
pub mod wire;

use super::operation::Operation;

/// Operations of this service.
pub const TABLES: &[&[Operation]] = &[metric_data::OPERATIONS];
