//! Reads by service: what every poll and every refresh of the account goes through, batched, and viewed where that is enough.

mod ec2;
mod elbv2;
mod route53;

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ec2::types as ec2_types;
use aws_sdk_elasticloadbalancingv2::types as elbv2_types;

use super::batched::{Batched, BatchedBy};
use super::interrupted_creations::InterruptedCreations;
use super::seen::{
    Datum, GroupUses, Instance, InterfaceAt, ProfileAssociationSeen, SeenZone, ServiceDetail, Span, ZoneTargets,
};
use super::tags::Tags;
use super::ttl_cache::TtlCache;
use super::views::{View, ZoneRecords};
use super::writes::{Domain, Writes};
use crate::engine::{Result, RunMark, TaggedLead};

/// Values in one filter of EC2.
const EC2_MOST: usize = 200;
/// Zones in one call for tags of Route 53.
const ROUTE53_MOST: usize = 10;
/// Associations of Route 53 Profiles in one look, which lists their profiles.
const PROFILE_ASSOCIATIONS_MOST: usize = 100;
/// Services in one call for what they offer.
const SERVICE_DETAILS_MOST: usize = 50;
/// Endpoints in one deletion.
const ENDPOINTS_MOST: usize = 25;
/// ARNs in one call of Elastic Load Balancing.
const ELBV2_MOST: usize = 20;

/// A hosted zone with the VPCs that see it, as pairs of Region and id.
pub(super) type ZoneWithVpcs = (aws_sdk_route53::types::HostedZone, BTreeSet<(String, String)>);

/// The reads of one account and Region.
#[derive(Debug)]
pub(super) struct Reads {
    vpc_endpoints: View<ec2_types::VpcEndpoint>,
    vpc_endpoint_services: View<ec2_types::ServiceConfiguration>,
    /// By service.
    pub(super) connections: View<Vec<ec2_types::VpcEndpointConnection>>,
    security_groups: View<ec2_types::SecurityGroup>,
    security_group_rules: View<Vec<ec2_types::SecurityGroupRule>>,
    pub(super) group_uses: Batched<GroupUses>,
    pub(super) interface_owners: Batched<Vec<InterfaceAt>>,
    network_interfaces: View<ec2_types::NetworkInterface>,
    subnets: View<ec2_types::Subnet>,
    pub(super) instances: Batched<Instance>,
    pub(super) prefix_lists: Batched<()>,
    vpcs: View<ec2_types::Vpc>,
    load_balancers: View<elbv2_types::LoadBalancer>,
    target_groups: View<elbv2_types::TargetGroup>,
    listeners: View<elbv2_types::Listener>,
    elbv2_tags: View<Tags>,
    pub(super) ec2_tags: Batched<Tags>,
    /// By endpoint.
    notifications: Batched<Vec<ec2_types::ConnectionNotification>>,
    /// By profile and resource.
    pub(super) profile_associations: View<ProfileAssociationSeen>,
    hosted_zones: View<ZoneWithVpcs>,
    zone_tags: View<Tags>,
    zone_records: ZoneRecords,
    /// By VPC and Region.
    pub(super) zones_of_vpcs: View<Vec<SeenZone>>,
    /// AWS's code and words for those that it refused.
    pub(super) endpoint_deletions: Batched<(String, String)>,
    /// By the stretch of time that is asked for.
    pub(super) metrics: BatchedBy<Span, Vec<Datum>>,
    /// By name of the service.
    pub(super) service_details: Batched<Result<ServiceDetail>>,
    /// By composite.
    pub(super) leads: Batched<Vec<TaggedLead>>,
    pub(super) interrupted_creations: InterruptedCreations,
    /// By key of a tag.
    pub(super) bearers: Batched<BTreeSet<String>>,
    /// By the mark and by whether the objects have ARNs.
    pub(super) run_marks: BatchedBy<(RunMark, bool), Result<()>>,
    pub(super) cache: Facts,
}

/// What plans look at and this provider never changes.
#[derive(Debug, Default)]
pub(super) struct Facts {
    subnets: TtlCache<ec2_types::Subnet>,
    vpcs: TtlCache<ec2_types::Vpc>,
    pub(super) instances: TtlCache<Instance>,
    pub(super) prefix_lists: TtlCache<()>,
    /// VPCs of security groups that others manage.
    pub(super) vpcs_of_groups: TtlCache<String>,
    pub(super) zone_names: TtlCache<(String, bool)>,
    pub(super) service_details: TtlCache<ServiceDetail>,
    pub(super) vpc_dns_attributes: TtlCache<(bool, bool)>,
    /// Route 53 Profiles that there are.
    pub(super) profiles: TtlCache<()>,
    /// Ids of all of them, under one key.
    pub(super) profile_ids: TtlCache<BTreeSet<String>>,
    pub(super) zones_of_vpcs: TtlCache<Vec<SeenZone>>,
    pub(super) zone_targets: TtlCache<Arc<ZoneTargets>>,
    /// VPCs that see a zone, by both.
    sights: TtlCache<()>,
    /// Whether a change of a zone has reached all name servers.
    changes: TtlCache<bool>,
    /// Objects that carry a tag, by its key.
    pub(super) bearers: TtlCache<BTreeSet<String>>,
}

impl Reads {
    /// Reads whose views end with the writes in this book.
    pub(super) fn new(writes: &Arc<Writes>) -> Self {
        Self {
            vpc_endpoints: View::new(EC2_MOST, Domain::Ec2, writes),
            vpc_endpoint_services: View::new(EC2_MOST, Domain::Ec2, writes),
            connections: View::new(EC2_MOST, Domain::Ec2, writes),
            security_groups: View::new(EC2_MOST, Domain::Ec2, writes),
            security_group_rules: View::new(EC2_MOST, Domain::Ec2, writes),
            group_uses: Batched::new(EC2_MOST),
            interface_owners: Batched::new(EC2_MOST),
            network_interfaces: View::new(EC2_MOST, Domain::Ec2, writes),
            subnets: View::new(EC2_MOST, Domain::Networks, writes),
            instances: Batched::new(EC2_MOST),
            prefix_lists: Batched::new(EC2_MOST),
            vpcs: View::new(EC2_MOST, Domain::Networks, writes),
            load_balancers: View::new(ELBV2_MOST, Domain::Elbv2, writes),
            target_groups: View::new(ELBV2_MOST, Domain::Elbv2, writes),
            listeners: View::new(ELBV2_MOST, Domain::Elbv2, writes),
            elbv2_tags: View::new(ELBV2_MOST, Domain::Elbv2, writes),
            ec2_tags: Batched::new(EC2_MOST),
            notifications: Batched::new(EC2_MOST),
            profile_associations: View::new(PROFILE_ASSOCIATIONS_MOST, Domain::Profiles, writes),
            hosted_zones: View::new(1, Domain::Zones, writes),
            zone_tags: View::new(ROUTE53_MOST, Domain::Zones, writes),
            zone_records: ZoneRecords::new(writes),
            zones_of_vpcs: View::new(1, Domain::Zones, writes),
            endpoint_deletions: Batched::new(ENDPOINTS_MOST),
            metrics: BatchedBy::default(),
            service_details: Batched::new(SERVICE_DETAILS_MOST),
            leads: Batched::new(EC2_MOST),
            interrupted_creations: InterruptedCreations::default(),
            bearers: Batched::new(EC2_MOST),
            run_marks: BatchedBy::default(),
            cache: Facts::default(),
        }
    }
}
