//! Attributes of `privatelink_endpoint_dns`.

use std::collections::{BTreeMap, BTreeSet};

use crate::endpoint_names::blocks::DnsBlock;
use crate::resource::tags_complaint;
use crate::schema::{Rule, formats};
use crate::value::Attr;

crate::attributes! {
    /// Gives an interface endpoint its names, after somebody else has accepted it: private DNS, and records in private hosted zones.
    pub struct EndpointDnsConfig {
        /// The interface endpoint, of `privatelink_consumer`, of `aws_vpc_endpoint` or made by hand. The apply waits until it is `available`.
        required endpoint_id: String => [Rule::Is(&formats::ENDPOINT_ID), Rule::Replace],
        /// Region of the endpoint; the provider's by default.
        optional_computed region: String => [Rule::Is(&formats::REGION), Rule::Replace],
        /// Whether the service's private DNS name leads to this endpoint inside the VPC. A `privatelink_consumer` leaves private DNS of its endpoint alone while this resource has it switched on.
        optional_computed private_dns_enabled: bool = false => [Rule::Results],
        /// Whether private DNS of S3 answers only to inbound endpoints of Route 53 Resolver, so that networks outside of AWS use this endpoint and the VPC keeps using AWS's gateway endpoint for S3, which must exist in it. For S3 alone; has no effect without `private_dns_enabled`.
        optional_computed private_dns_only_for_inbound_resolver_endpoint: bool = false,
        /// Route 53 Profile that takes the endpoint's private DNS names to every VPC that the Profile serves: of the endpoint's Region, this account's own or shared with it. Needs `private_dns_enabled`. Names only: traffic needs a way to the endpoint's VPC, such as a transit gateway. Another Profile is exchanged in place, with seconds in which neither has the names.
        optional route53_profile_id: String => [Rule::Is(&formats::PROFILE_ID)],
        /// Tags of the hosted zones that this resource makes. Keys beginning with `privatelink:` belong to the provider.
        optional tags: BTreeMap<String, String> => [Rule::Refuse(tags_complaint)],
        /// One private hosted zone with own records that lead to the endpoint. A further zone takes a further block.
        set dns: DnsBlock,
        /// How long to wait for AWS and for the endpoint's acceptance, as durations such as `15m`.
        single timeouts: crate::resource::Timeouts,
        /// Id of the endpoint.
        computed id: String,
        /// VPC of the endpoint.
        computed vpc_id: String,
        /// Names that lead to the endpoint inside the VPC while this resource has private DNS switched on.
        computed private_dns_names: BTreeSet<String>,
        /// Hosted zones of the own records: id by the zone's name.
        computed zone_ids: BTreeMap<String, Attr<String>>,
        /// Own records: full name to what it leads to.
        computed records: BTreeMap<String, Attr<String>>,
        /// All tags, those of the provider's `default_tags` included.
        computed tags_all: BTreeMap<String, String>,
        /// What every resource has besides.
        flatten memory: crate::resource::Memory,
    }
}

/// The resource's word in messages and in owner tags.
pub const NOUN: &str = "endpoint_dns";

impl EndpointDnsConfig {
    /// The uid, which is the endpoint's id: nothing else tells whose names they are.
    pub(super) fn uid(&self) -> Option<String> {
        self.endpoint_id.known().cloned()
    }
}
