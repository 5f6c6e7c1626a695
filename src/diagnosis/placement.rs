//! Where a client is, and where it enters the endpoint.

use super::client::Client;
use crate::aws::lookups::Interface;

/// Where the endpoint can be entered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Placement {
    /// Zone by id; empty where it is not known.
    pub(super) zone_id: String,
    /// Its interface.
    pub(super) interface: Option<Interface>,
}

/// The client, and where it is.
pub(super) struct Located {
    pub(super) client: Client,
    /// Zone of its subnet.
    pub(super) zone_id: Option<String>,
    pub(super) subnet_id: Option<String>,
}
