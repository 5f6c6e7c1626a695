//! Attributes of the data source `privatelink_service`.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Rule, formats};

crate::attributes! {
    /// Reads an endpoint service before anything connects to it: its zones, private names, families and rules, as a consumer sees them; of a
    /// service of one's own also its load balancers, principals and state.
    pub struct Config {
        /// Name of the service, such as `com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0`, or a service of AWS such as `com.amazonaws.us-east-1.sqs`. Exactly one of this and `service_id` is written.
        optional_computed service_name: String => [Rule::Is(&formats::SERVICE_NAME)],
        /// Id of the endpoint service, `vpce-svc-…`.
        optional_computed service_id: String => [Rule::Is(&formats::SERVICE_ID)],
        /// Region of the service; by default the one in its name, else `region`.
        optional_computed service_region: String => [Rule::Is(&formats::REGION)],
        /// Region from which is looked; the provider's by default.
        optional_computed region: String => [Rule::Is(&formats::REGION)],
        /// Name of the provider's `peer_account` whose credentials look; the provider's own by default.
        optional peer_account: String,
        /// Name of the service.
        computed id: String,
        /// Account that owns the service; `amazon` for AWS's own.
        computed owner: String,
        /// Whether the owner must accept each connection.
        computed acceptance_required: bool,
        /// Zones in which the service can be reached, by id: the same in every account. Empty for a service of another Region.
        computed availability_zone_ids: BTreeSet<String>,
        /// The same zones by the names that they have in the account that looks.
        computed availability_zones: BTreeSet<String>,
        /// Names under which endpoints of this service get theirs.
        computed base_endpoint_dns_names: BTreeSet<String>,
        /// Private names of the service, each with the state of its verification in AWS's word, such as `verified`.
        computed private_dns_names: Vec<PrivateName>,
        /// Address families in which consumers may connect.
        computed supported_ip_address_types: BTreeSet<String>,
        /// Whether endpoints of the service may have a policy.
        computed policy_supported: bool,
        /// `Interface`, `GatewayLoadBalancer` or `Gateway`.
        computed service_type: String,
        /// Tags of the service, as far as its owner shows them.
        computed tags: BTreeMap<String, String>,
        /// Further Regions from which consumers may connect. Null unless the account that looks owns the service.
        computed supported_regions: BTreeSet<String>,
        /// ARNs of the load balancers behind the service. Null unless the account that looks owns it.
        computed load_balancers: BTreeSet<String>,
        /// Who may connect. Null unless the account that looks owns the service.
        computed allowed_principals: BTreeSet<String>,
        /// State of the service in AWS's word, such as `Available`. Null unless the account that looks owns the service.
        computed state: String,
    }
}

crate::attributes! {
    /// A private name of a service.
    pub struct PrivateName {
        /// The name.
        computed name: String,
        /// AWS's word on its verification, such as `verified`.
        computed state: String,
    }
}
