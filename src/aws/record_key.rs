//! What records and zones are known by, in one spelling.

use aws_sdk_route53::types::ResourceRecordSet;

/// Name and type of a record: what is unique in a zone.
///
/// The name is in the form that people write: lower case, no dot at the end, `*` as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordKey {
    /// The full name.
    pub name: String,
    /// `A`, `CNAME`, `TXT`, …
    pub kind: String,
}

impl RecordKey {
    /// A key from any of AWS's spellings.
    pub fn new(name: &str, kind: &str) -> Self {
        Self { name: plain_name(name), kind: kind.to_owned() }
    }

    pub(super) fn of(set: &ResourceRecordSet) -> Self {
        Self::new(set.name(), set.r#type().as_str())
    }
}

/// `\052.example.dev.` is `*.example.dev`.
pub(super) fn plain_name(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*").to_ascii_lowercase()
}

/// An id without the path that AWS puts before it.
pub fn bare_id(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}
