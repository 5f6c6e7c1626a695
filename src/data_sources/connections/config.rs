//! Attributes of the data source `privatelink_connections`.

use std::collections::BTreeSet;

use crate::schema::{Rule, formats};

/// AWS's words for the state of a connection.
pub(super) const STATES: &[&str] =
    &["pendingAcceptance", "pending", "available", "deleting", "rejected", "failed", "expired", "partial"];

crate::attributes! {
    /// Reads who is connected to an endpoint service of one's own, and who waits to be accepted.
    pub struct Config {
        /// Id of the endpoint service, `vpce-svc-…`.
        required service_id: String => [Rule::Is(&formats::SERVICE_ID)],
        /// Only connections in these states; all of them by default.
        optional states: BTreeSet<String> => [Rule::OneOf(STATES)],
        /// Only connections of these accounts; all of them by default.
        optional owners: BTreeSet<String> => [Rule::Is(&formats::ACCOUNT_ID)],
        /// Region of the service; the provider's by default.
        optional_computed region: String => [Rule::Is(&formats::REGION)],
        /// Name of the provider's `peer_account` that owns the service; the provider's own by default.
        optional peer_account: String,
        /// Id of the endpoint service.
        computed id: String,
        /// The connections, in the order of their endpoints.
        computed connections: Vec<Connection>,
        /// Their endpoints.
        computed endpoint_ids: BTreeSet<String>,
    }
}

crate::attributes! {
    /// A connection of a service.
    pub struct Connection {
        /// The endpoint.
        computed endpoint_id: String,
        /// The connection, `vpce-con-…`.
        computed connection_id: String,
        /// Account of the endpoint.
        computed owner: String,
        /// Region of the endpoint.
        computed region: String,
        /// AWS's word: `pendingAcceptance`, `pending`, `available`, `rejected`.
        computed state: String,
        /// When it was made, as `2026-11-28T22:41:00Z`.
        computed created_at: String,
        /// Address families of the endpoint.
        computed ip_address_type: String,
        /// Names of the endpoint.
        computed dns_entries: Vec<DnsEntry>,
    }
}

crate::attributes! {
    /// A name of an endpoint.
    pub struct DnsEntry {
        /// The name.
        computed dns_name: String,
        /// Hosted zone that alias records of the name need.
        computed hosted_zone_id: String,
    }
}
