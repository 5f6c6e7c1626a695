//! Endpoint services and their connections, as the account sees them that owns the service.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Filter, ServiceConfiguration, VpcEndpointConnection};
use aws_smithy_types::date_time::Format;
use futures_util::future::join_all;

use super::balancers::BalancerSeen;
use crate::aws::client::Account;
use crate::aws::error::is_not_found;
use crate::aws::operation::Operation::Ec2;
use crate::aws::pages::Pages as _;
use crate::aws::tags::{self, Tags};
use crate::engine::Result;
use crate::gather::Gather as _;

/// Objects in a page.
const PAGE: i32 = 1000;

/// An endpoint service of the account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnService {
    /// `vpce-svc-…`
    pub id: String,
    /// Its full name.
    pub name: String,
    /// AWS's word, such as `Available`.
    pub state: String,
    /// `Interface` or `GatewayLoadBalancer`.
    pub service_type: String,
    /// Zones by id.
    pub availability_zone_ids: BTreeSet<String>,
    /// Zones by the names that they have in this account.
    pub availability_zones: BTreeSet<String>,
    /// Whether the account accepts each connection.
    pub acceptance_required: bool,
    /// ARNs of the network load balancers behind it.
    pub load_balancer_arns: BTreeSet<String>,
    /// `ipv4`, `ipv6`.
    pub families: BTreeSet<String>,
    /// Names under which its endpoints get theirs.
    pub base_endpoint_dns_names: BTreeSet<String>,
    /// Its private name.
    pub private_dns_name: Option<String>,
    /// AWS's word on the verification of that name.
    pub private_dns_state: Option<String>,
    /// Regions from which consumers may connect, in AWS's words on each.
    pub supported_regions: BTreeMap<String, String>,
    /// The user's tags.
    pub tags: Tags,
    /// The composite in its owner tags, such as `service/orders`.
    pub managed_by: Option<String>,
}

impl OwnService {
    /// What people call it: the name in its owner tags, its Name tag, or its id.
    pub fn display_name(&self) -> String {
        let of_owner =
            self.managed_by.as_ref().and_then(|owner| owner.split_once('/')).map(|(_, name)| name.to_owned());
        let of_tag = || self.tags.get("Name").filter(|name| !name.is_empty()).cloned();
        of_owner.or_else(of_tag).unwrap_or_else(|| self.id.clone())
    }

    /// The account that its load balancers are in, which is its own.
    pub fn account_of_load_balancers(&self) -> Option<String> {
        self.load_balancer_arns.iter().find_map(|arn| Some(arn.split(':').nth(4)?.to_owned()))
    }
}

/// A connection with everything that its service's owner sees of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ServiceConnection {
    /// The service, `vpce-svc-…`.
    pub service_id: String,
    /// The endpoint.
    pub endpoint_id: String,
    /// `vpce-con-…`
    pub connection_id: String,
    /// Account of the endpoint.
    pub owner: String,
    /// Region of the endpoint.
    pub region: String,
    /// AWS's word: `pendingAcceptance`, `pending`, `available`, `rejected`, …
    pub state: String,
    /// When it was made, as `2026-11-28T22:41:00Z`.
    pub created_at: Option<String>,
    /// `ipv4`, `ipv6`, `dualstack`.
    pub ip_address_type: String,
    /// The endpoint's names, with the hosted zone of each.
    pub dns_entries: Vec<(String, String)>,
    /// The user's tags, those of the service's owner.
    pub tags: Tags,
}

impl Account {
    /// An endpoint service of this account; `None` where it has no such one, or has it no more.
    pub async fn own_service(&self, id: &str) -> Result<Option<OwnService>> {
        let found = match self.vpc_endpoint_service(id).await {
            Err(failure) if is_not_found(&failure) => None,
            found => found?,
        };
        let is_there = |service: &ServiceConfiguration| {
            service.service_state().is_none_or(|state| !state.as_str().eq_ignore_ascii_case("Deleted"))
        };
        Ok(found.filter(is_there).map(|service| self.flatten(&service)))
    }

    /// All endpoint services of this account and Region.
    pub async fn own_services(&self) -> Result<Vec<OwnService>> {
        let pages = self.ec2().describe_vpc_endpoint_service_configurations().max_results(PAGE).all();
        let found = self.call(Ec2("DescribeVpcEndpointServiceConfigurations"), pages).await?;
        Ok(found.iter().map(|service| self.flatten(service)).collect())
    }

    /// Those of these services that have a load balancer in a VPC.
    pub async fn services_in_vpc(&self, services: Vec<OwnService>, vpc_id: &str) -> Result<Vec<OwnService>> {
        let mut inside = Vec::new();
        for (service, balancers) in self.with_balancers(services).await? {
            if balancers.iter().any(|balancer| balancer.vpc_id == vpc_id) {
                inside.push(service);
            }
        }
        Ok(inside)
    }

    /// Each with the load balancers behind it, which are asked for together.
    async fn with_balancers(&self, services: Vec<OwnService>) -> Result<Vec<(OwnService, Vec<BalancerSeen>)>> {
        let seen = |arn: String| async move { self.balancer_seen(&arn).await };
        let of_service = |service: OwnService| async {
            let balancers = join_all(service.load_balancer_arns.iter().cloned().map(seen)).await;
            let balancers = balancers.into_iter().collect::<Result<Vec<_>>>()?;
            Ok((service, balancers.into_iter().flatten().collect()))
        };
        join_all(services.into_iter().map(of_service)).await.into_iter().collect()
    }

    fn flatten(&self, service: &ServiceConfiguration) -> OwnService {
        let private_dns_name = service.private_dns_name().filter(|name| !name.is_empty()).map(str::to_owned);
        let verification = service.private_dns_name_configuration().filter(|_| private_dns_name.is_some());
        let kinds = service.service_type().iter().filter_map(|kind| kind.service_type());
        let regions = service.supported_regions().iter().filter_map(|region| {
            Some((region.region()?.to_owned(), region.service_state().unwrap_or_default().to_owned()))
        });
        OwnService {
            id: service.service_id().unwrap_or_default().to_owned(),
            name: service.service_name().unwrap_or_default().to_owned(),
            state: service.service_state().map(|state| state.as_str().to_owned()).unwrap_or_default(),
            service_type: kinds.map(|kind| kind.as_str().to_owned()).next().unwrap_or_default(),
            availability_zone_ids: service.availability_zone_ids().iter().cloned().gather(),
            availability_zones: service.availability_zones().iter().cloned().gather(),
            acceptance_required: service.acceptance_required().unwrap_or(true),
            load_balancer_arns: service.network_load_balancer_arns().iter().cloned().gather(),
            families: service.supported_ip_address_types().iter().map(|kind| kind.as_str().to_lowercase()).gather(),
            base_endpoint_dns_names: service.base_endpoint_dns_names().iter().cloned().gather(),
            private_dns_state: verification.and_then(|one| one.state()).map(|state| state.as_str().to_owned()),
            private_dns_name,
            supported_regions: regions.gather(),
            managed_by: tags::from_ec2(service.tags()).remove(tags::RESOURCE),
            tags: self.user_tags(tags::from_ec2(service.tags())),
        }
    }

    /// The connections of a service of this account, in AWS's whole list of them; the deleted ones are left out.
    pub async fn service_connections(&self, service_id: &str) -> Result<Vec<ServiceConnection>> {
        let found = self.connections_of_service(service_id).await?;
        Ok(self.shown(&found))
    }

    /// The same of all services of this account and Region, or of one of them, page by page.
    pub async fn connections_of_services(&self, service_id: Option<&str>) -> Result<Vec<ServiceConnection>> {
        let filter = service_id.map(|id| vec![Filter::builder().name("service-id").values(id).build()]);
        let pages = self.ec2().describe_vpc_endpoint_connections().set_filters(filter).max_results(PAGE).all();
        let found = self.call(Ec2("DescribeVpcEndpointConnections"), pages).await?;
        Ok(self.shown(&found))
    }

    fn shown(&self, found: &[VpcEndpointConnection]) -> Vec<ServiceConnection> {
        let shown = found.iter().filter_map(|one| {
            let tags = self.user_tags(tags::from_ec2(one.tags()));
            Some(ServiceConnection { tags, ..connection(one, self.region())? })
        });
        let mut connections: Vec<_> = shown.filter(|one| !one.state.eq_ignore_ascii_case("deleted")).collect();
        connections.sort();
        connections
    }
}

fn connection(found: &VpcEndpointConnection, region: &str) -> Option<ServiceConnection> {
    let entries = found.dns_entries().iter().filter_map(|entry| {
        Some((entry.dns_name()?.to_owned(), entry.hosted_zone_id().unwrap_or_default().to_owned()))
    });
    Some(ServiceConnection {
        service_id: found.service_id().unwrap_or_default().to_owned(),
        tags: Tags::new(),
        endpoint_id: found.vpc_endpoint_id()?.to_owned(),
        connection_id: found.vpc_endpoint_connection_id().unwrap_or_default().to_owned(),
        owner: found.vpc_endpoint_owner().unwrap_or_default().to_owned(),
        region: found.vpc_endpoint_region().unwrap_or(region).to_owned(),
        state: spelled(found.vpc_endpoint_state()?.as_str()),
        created_at: found.creation_timestamp().and_then(|time| time.fmt(Format::DateTime).ok()),
        ip_address_type: found.ip_address_type().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        dns_entries: entries.collect(),
    })
}

/// The wire says `pendingAcceptance`, the model `PendingAcceptance`.
fn spelled(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}
