//! Joined reads by service: what every poll and every refresh of the account goes through.

mod ec2;
mod elbv2;
mod route53;

use aws_sdk_ec2::types as ec2_types;
use aws_sdk_elasticloadbalancingv2::types as elbv2_types;

use super::joined::Joined;
use super::lookups::{Offer, SeenZone};
use super::recent::Recent;
use super::tags::Tags;
use crate::engine::TaggedLead;

pub use route53::{RecordKey, bare_id};

/// Values in one filter of EC2.
const EC2_MOST: usize = 200;
/// Zones in one call for tags of Route 53.
const ROUTE53_MOST: usize = 10;
/// Endpoints in one deletion.
const ENDPOINTS_MOST: usize = 25;
/// ARNs in one call of Elastic Load Balancing.
const ELBV2_MOST: usize = 20;

/// The joined reads of one account and Region.
#[derive(Debug)]
pub(super) struct Reads {
    vpc_endpoints: Joined<ec2_types::VpcEndpoint>,
    vpc_endpoint_services: Joined<ec2_types::ServiceConfiguration>,
    /// By service.
    pub(super) service_connections: Joined<Vec<ec2_types::VpcEndpointConnection>>,
    security_groups: Joined<ec2_types::SecurityGroup>,
    security_group_rules: Joined<Vec<ec2_types::SecurityGroupRule>>,
    network_interfaces: Joined<ec2_types::NetworkInterface>,
    subnets: Joined<ec2_types::Subnet>,
    vpcs: Joined<ec2_types::Vpc>,
    load_balancers: Joined<elbv2_types::LoadBalancer>,
    target_groups: Joined<elbv2_types::TargetGroup>,
    listeners: Joined<elbv2_types::Listener>,
    elbv2_tags: Joined<Tags>,
    pub(super) ec2_tags: Joined<Tags>,
    zone_tags: Joined<Tags>,
    /// AWS's code and words for those that it refused.
    pub(super) endpoint_deletions: Joined<(String, String)>,
    /// By composite.
    pub(super) leads: Joined<Vec<TaggedLead>>,
    pub(super) recent: Facts,
}

/// What plans look at and this provider never changes.
#[derive(Debug, Default)]
pub(super) struct Facts {
    subnets: Recent<ec2_types::Subnet>,
    vpcs: Recent<ec2_types::Vpc>,
    pub(super) zone_names: Recent<(String, bool)>,
    pub(super) offers: Recent<Offer>,
    pub(super) vpc_dns_attributes: Recent<(bool, bool)>,
    pub(super) zones_of_vpcs: Recent<Vec<SeenZone>>,
}

impl Default for Reads {
    fn default() -> Self {
        Self {
            vpc_endpoints: Joined::new(EC2_MOST),
            vpc_endpoint_services: Joined::new(EC2_MOST),
            service_connections: Joined::new(EC2_MOST),
            security_groups: Joined::new(EC2_MOST),
            security_group_rules: Joined::new(EC2_MOST),
            network_interfaces: Joined::new(EC2_MOST),
            subnets: Joined::new(EC2_MOST),
            vpcs: Joined::new(EC2_MOST),
            load_balancers: Joined::new(ELBV2_MOST),
            target_groups: Joined::new(ELBV2_MOST),
            listeners: Joined::new(ELBV2_MOST),
            elbv2_tags: Joined::new(ELBV2_MOST),
            ec2_tags: Joined::new(EC2_MOST),
            endpoint_deletions: Joined::new(ENDPOINTS_MOST),
            zone_tags: Joined::new(ROUTE53_MOST),
            leads: Joined::new(EC2_MOST),
            recent: Facts::default(),
        }
    }
}
