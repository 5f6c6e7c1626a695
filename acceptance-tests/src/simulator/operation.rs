//! The table entry of an operation.

use super::buckets::Bucket;
use super::error::ApiError;
use super::params::Params;
use super::session::Session;
use super::xml::Xml;

/// Does what an operation does, or says why not.
pub type Run = fn(&mut Session<'_>, &Params) -> Result<Xml, ApiError>;

/// Describes an operation of a service.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// Name, in AWS's words.
    pub name: &'static str,
    /// Whether it changes anything.
    pub mutating: bool,
    /// Bucket it draws from.
    pub bucket: Bucket,
    /// What it does.
    pub run: Run,
}

/// Makes the entry of an operation that changes something.
pub const fn mutation(name: &'static str, bucket: Bucket, run: Run) -> Operation {
    Operation { name, mutating: true, bucket, run }
}

/// Makes the entry of an operation that only reads.
pub const fn reading(name: &'static str, bucket: Bucket, run: Run) -> Operation {
    Operation { name, mutating: false, bucket, run }
}

/// Finds an operation in a service's tables.
pub fn find(tables: &[&[Operation]], name: &str) -> Option<Operation> {
    tables.iter().flat_map(|table| table.iter()).find(|operation| operation.name == name).copied()
}
