//! Reads of EC2, by filter: an unknown id is then missing from the reply instead of failing it.
//!
//! Where a kind is listed, by our tag as far as its objects carry one, a page holds a thousand of them.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    ConnectionNotification, Filter, NetworkInterface, SecurityGroup, SecurityGroupRule, ServiceConfiguration, Subnet,
    Vpc, VpcEndpoint,
};
use futures_util::future::try_join_all;

use super::EC2_MOST;
use crate::aws::client::Account;
use crate::aws::operation::Operation::Ec2;
use crate::aws::pages::Pages as _;
use crate::aws::tags;
use crate::engine::{Class, Failure, Result};

/// Objects in a page.
const PAGE: i32 = 1000;

fn filter(name: &str, ids: Vec<String>) -> Filter {
    Filter::builder().name(name).set_values(Some(ids)).build()
}

/// What was asked for, by id. A reply that names something else, or nothing, is no answer: what it leaves out may exist.
pub(super) fn by_id<V>(asked: &[String], found: Vec<V>, id: impl Fn(&V) -> Option<&str>) -> Result<Vec<(String, V)>> {
    let named = found.into_iter().map(|one| (id(&one).unwrap_or_default().to_owned(), one));
    let named: Vec<(String, V)> = named.collect();
    match named.iter().find(|(id, _)| !asked.contains(id)) {
        None => Ok(named),
        Some((id, _)) => Err(Failure::new(
            Class::Unavailable,
            format!("AWS's reply names {id:?}, which is none of {}", asked.join(", ")),
        )),
    }
}

/// What carries owner tags of any composite.
fn owned() -> Filter {
    filter("tag-key", vec![tags::UID.to_owned()])
}

/// What a list shows, by id.
pub(super) fn listed<V>(found: Vec<V>, id: impl Fn(&V) -> Option<&str>) -> Vec<(String, V)> {
    found.into_iter().filter_map(|one| id(&one).map(str::to_owned).map(|id| (id, one))).collect()
}

impl Account {
    /// An endpoint, in whatever state; the `deleted` ones too, as long as AWS shows them.
    pub async fn vpc_endpoint(&self, id: &str) -> Result<Option<VpcEndpoint>> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let found = account.vpc_endpoints(filter("vpc-endpoint-id", ids.clone()), None).await?;
                by_id(&ids, found, VpcEndpoint::vpc_endpoint_id)
            }
        };
        let list =
            || async { Ok(listed(self.vpc_endpoints(owned(), Some(PAGE)).await?, VpcEndpoint::vpc_endpoint_id)) };
        self.reads().vpc_endpoints.get(id, fetch, Some(list)).await
    }

    async fn vpc_endpoints(&self, which: Filter, page: Option<i32>) -> Result<Vec<VpcEndpoint>> {
        let pages = self.ec2().describe_vpc_endpoints().filters(which).set_max_results(page).all();
        self.call(Ec2("DescribeVpcEndpoints"), pages).await
    }

    /// An endpoint service of this account, in whatever state.
    pub async fn vpc_endpoint_service(&self, id: &str) -> Result<Option<ServiceConfiguration>> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let found = account.vpc_endpoint_services(filter("service-id", ids.clone()), None).await?;
                by_id(&ids, found, ServiceConfiguration::service_id)
            }
        };
        let list = || async {
            Ok(listed(self.vpc_endpoint_services(owned(), Some(PAGE)).await?, ServiceConfiguration::service_id))
        };
        self.reads().vpc_endpoint_services.get(id, fetch, Some(list)).await
    }

    async fn vpc_endpoint_services(&self, which: Filter, page: Option<i32>) -> Result<Vec<ServiceConfiguration>> {
        let pages = self.ec2().describe_vpc_endpoint_service_configurations().filters(which).set_max_results(page);
        self.call(Ec2("DescribeVpcEndpointServiceConfigurations"), pages.all()).await
    }

    /// The notifications of an endpoint.
    pub async fn notifications_of_endpoint(&self, id: &str) -> Result<Vec<ConnectionNotification>> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let pages = account.ec2().describe_vpc_endpoint_connection_notifications();
                let pages = pages.filters(filter("vpc-endpoint-id", ids.clone())).all();
                let found = account.call(Ec2("DescribeVpcEndpointConnectionNotifications"), pages).await?;
                let mut by_endpoint = BTreeMap::<String, Vec<ConnectionNotification>>::new();
                for (id, one) in by_id(&ids, found, ConnectionNotification::vpc_endpoint_id)? {
                    by_endpoint.entry(id).or_default().push(one);
                }
                Ok(by_endpoint)
            }
        };
        Ok(self.reads().notifications.get(id, fetch).await?.unwrap_or_default())
    }

    /// A security group.
    pub async fn security_group(&self, id: &str) -> Result<Option<SecurityGroup>> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let found = account.security_groups(filter("group-id", ids.clone()), None).await?;
                by_id(&ids, found, SecurityGroup::group_id)
            }
        };
        self.reads().security_groups.get(id, fetch, Some(|| self.owned_groups())).await
    }

    async fn owned_groups(&self) -> Result<Vec<(String, SecurityGroup)>> {
        Ok(listed(self.security_groups(owned(), Some(PAGE)).await?, SecurityGroup::group_id))
    }

    async fn security_groups(&self, which: Filter, page: Option<i32>) -> Result<Vec<SecurityGroup>> {
        let pages = self.ec2().describe_security_groups().filters(which).set_max_results(page).all();
        self.call(Ec2("DescribeSecurityGroups"), pages).await
    }

    /// The rules of a security group, both directions; none for a group that does not exist.
    pub async fn security_group_rules(&self, group_id: &str) -> Result<Vec<SecurityGroupRule>> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move { account.rules_of_groups(ids, None).await }
        };
        // Rules carry no tags of ours; their groups do.
        let list = || async {
            let groups = self.reads().security_groups.listed(|| self.owned_groups()).await;
            let some = groups.chunks(EC2_MOST).map(|some| self.rules_of_groups(some.to_vec(), Some(PAGE)));
            Ok(try_join_all(some).await?.into_iter().flatten().collect())
        };
        Ok(self.reads().security_group_rules.get(group_id, fetch, Some(list)).await?.unwrap_or_default())
    }

    async fn rules_of_groups(
        &self,
        groups: Vec<String>,
        page: Option<i32>,
    ) -> Result<Vec<(String, Vec<SecurityGroupRule>)>> {
        let pages =
            self.ec2().describe_security_group_rules().filters(filter("group-id", groups)).set_max_results(page);
        let mut by_group: BTreeMap<String, Vec<SecurityGroupRule>> = BTreeMap::new();
        for rule in self.call(Ec2("DescribeSecurityGroupRules"), pages.all()).await? {
            by_group.entry(rule.group_id().unwrap_or_default().to_owned()).or_default().push(rule);
        }
        Ok(by_group.into_iter().collect())
    }

    /// A network interface of an endpoint.
    pub async fn network_interface(&self, id: &str) -> Result<Option<NetworkInterface>> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let found = account.network_interfaces(filter("network-interface-id", ids.clone()), None).await?;
                by_id(&ids, found, NetworkInterface::network_interface_id)
            }
        };
        let of_endpoints = || filter("interface-type", vec!["vpc_endpoint".to_owned()]);
        let list = || async {
            let found = self.network_interfaces(of_endpoints(), Some(PAGE)).await?;
            Ok(listed(found, NetworkInterface::network_interface_id))
        };
        self.reads().network_interfaces.get(id, fetch, Some(list)).await
    }

    async fn network_interfaces(&self, which: Filter, page: Option<i32>) -> Result<Vec<NetworkInterface>> {
        let pages = self.ec2().describe_network_interfaces().filters(which).set_max_results(page).all();
        self.call(Ec2("DescribeNetworkInterfaces"), pages).await
    }

    /// A subnet, as it was within the last minute.
    pub async fn subnet(&self, id: &str) -> Result<Option<Subnet>> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                by_id(&ids, account.subnets(Some(filter("subnet-id", ids.clone())), None).await?, Subnet::subnet_id)
            }
        };
        let list = || async { Ok(listed(self.subnets(None, Some(PAGE)).await?, Subnet::subnet_id)) };
        let reads = self.reads();
        reads.cache.subnets.get(id, reads.subnets.get(id, fetch, Some(list))).await
    }

    async fn subnets(&self, which: Option<Filter>, page: Option<i32>) -> Result<Vec<Subnet>> {
        let pages = self.ec2().describe_subnets().set_filters(which.map(|one| vec![one])).set_max_results(page).all();
        self.call(Ec2("DescribeSubnets"), pages).await
    }

    /// A VPC, as it was within the last minute.
    pub async fn vpc(&self, id: &str) -> Result<Option<Vpc>> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move { by_id(&ids, account.vpcs(Some(filter("vpc-id", ids.clone())), None).await?, Vpc::vpc_id) }
        };
        let list = || async { Ok(listed(self.vpcs(None, Some(PAGE)).await?, Vpc::vpc_id)) };
        let reads = self.reads();
        reads.cache.vpcs.get(id, reads.vpcs.get(id, fetch, Some(list))).await
    }

    async fn vpcs(&self, which: Option<Filter>, page: Option<i32>) -> Result<Vec<Vpc>> {
        let pages = self.ec2().describe_vpcs().set_filters(which.map(|one| vec![one])).set_max_results(page).all();
        self.call(Ec2("DescribeVpcs"), pages).await
    }
}
