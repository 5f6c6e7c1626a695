//! Attributes of `privatelink_connection`.

use crate::resource::tags_complaint;
use crate::schema::{Rule, formats};

crate::attributes! {
    /// Accepts one consumer's endpoint on the service's side; destroying it rejects the endpoint.
    pub struct ConnectionConfig {
        /// Id of the endpoint service.
        required service_id: String => [Rule::Is(&formats::SERVICE_ID), Rule::Replace],
        /// Id of the consumer's endpoint. Another endpoint is another connection: the one before is rejected.
        required endpoint_id: String => [Rule::Is(&formats::ENDPOINT_ID), Rule::Replace],
        /// Region of the service; the provider's by default.
        optional_computed region: String => [Rule::Is(&formats::REGION), Rule::Replace],
        /// Name of the provider's `peer_account` that owns the service; the provider's own account by default.
        optional peer_account: String,
        /// Tags of the connection, which belongs to the service's owner. Keys beginning with `privatelink:` belong to the provider.
        optional tags: std::collections::BTreeMap<String, String> => [Rule::Refuse(tags_complaint)],
        /// How long to wait for AWS, as durations such as `15m`, without the time in which calls stand in line for its request limits.
        single timeouts: crate::resource::Timeouts,
        /// `service_id` and `endpoint_id`, with a slash between them.
        computed id: String,
        /// Id of the connection, `vpce-con-…`.
        computed connection_id: String,
        /// State of the connection in AWS's word: `available` once traffic passes.
        computed state: String,
        /// Account of the endpoint.
        computed owner_id: String,
        /// Region of the endpoint.
        computed endpoint_region: String,
        /// All tags, those of the provider's `default_tags` included.
        computed tags_all: std::collections::BTreeMap<String, String>,
        /// What every resource has besides.
        flatten memory: crate::resource::Memory,
    }
}
