//! Reads of EC2, by filter: an unknown id is then missing from the reply instead of failing it.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    Filter, NetworkInterface, SecurityGroup, SecurityGroupRule, ServiceConfiguration, Subnet, Vpc, VpcEndpoint,
};

use crate::aws::client::Account;
use crate::aws::operation::Operation::Ec2;
use crate::aws::pages::Pages as _;
use crate::engine::{Class, Failure};

fn filter(name: &str, ids: Vec<String>) -> Filter {
    Filter::builder().name(name).set_values(Some(ids)).build()
}

/// What was asked for, by id. A reply that names something else, or nothing, is no answer: what it leaves out may exist.
pub(super) fn by_id<V>(
    asked: &[String],
    found: Vec<V>,
    id: impl Fn(&V) -> Option<&str>,
) -> Result<Vec<(String, V)>, Failure> {
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

impl Account {
    /// An endpoint, in whatever state; the `deleted` ones too, as long as AWS shows them.
    pub async fn vpc_endpoint(&self, id: &str) -> Result<Option<VpcEndpoint>, Failure> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let pages = account.ec2().describe_vpc_endpoints().filters(filter("vpc-endpoint-id", ids.clone()));
                let found = pages.all();
                by_id(&ids, account.call(Ec2("DescribeVpcEndpoints"), found).await?, VpcEndpoint::vpc_endpoint_id)
            }
        };
        self.reads().vpc_endpoints.get(id, fetch).await
    }

    /// An endpoint service of this account, in whatever state.
    pub async fn vpc_endpoint_service(&self, id: &str) -> Result<Option<ServiceConfiguration>, Failure> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let pages = account
                    .ec2()
                    .describe_vpc_endpoint_service_configurations()
                    .filters(filter("service-id", ids.clone()));
                let found = pages.all();
                let found = account.call(Ec2("DescribeVpcEndpointServiceConfigurations"), found).await?;
                by_id(&ids, found, ServiceConfiguration::service_id)
            }
        };
        self.reads().vpc_endpoint_services.get(id, fetch).await
    }

    /// A security group.
    pub async fn security_group(&self, id: &str) -> Result<Option<SecurityGroup>, Failure> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let pages = account.ec2().describe_security_groups().filters(filter("group-id", ids.clone()));
                let found = pages.all();
                by_id(&ids, account.call(Ec2("DescribeSecurityGroups"), found).await?, SecurityGroup::group_id)
            }
        };
        self.reads().security_groups.get(id, fetch).await
    }

    /// The rules of a security group, both directions; none for a group that does not exist.
    pub async fn security_group_rules(&self, group_id: &str) -> Result<Vec<SecurityGroupRule>, Failure> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let pages = account.ec2().describe_security_group_rules().filters(filter("group-id", ids));
                let found = pages.all();
                let mut groups: BTreeMap<String, Vec<SecurityGroupRule>> = BTreeMap::new();
                for rule in account.call(Ec2("DescribeSecurityGroupRules"), found).await? {
                    groups.entry(rule.group_id().unwrap_or_default().to_owned()).or_default().push(rule);
                }
                Ok(groups)
            }
        };
        Ok(self.reads().security_group_rules.get(group_id, fetch).await?.unwrap_or_default())
    }

    /// A network interface.
    pub async fn network_interface(&self, id: &str) -> Result<Option<NetworkInterface>, Failure> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let pages =
                    account.ec2().describe_network_interfaces().filters(filter("network-interface-id", ids.clone()));
                let found = pages.all();
                let found = account.call(Ec2("DescribeNetworkInterfaces"), found).await?;
                by_id(&ids, found, NetworkInterface::network_interface_id)
            }
        };
        self.reads().network_interfaces.get(id, fetch).await
    }

    /// A subnet, as it was within the last half minute.
    pub async fn subnet(&self, id: &str) -> Result<Option<Subnet>, Failure> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let pages = account.ec2().describe_subnets().filters(filter("subnet-id", ids.clone()));
                let found = pages.all();
                by_id(&ids, account.call(Ec2("DescribeSubnets"), found).await?, Subnet::subnet_id)
            }
        };
        let reads = self.reads();
        reads.recent.subnets.get(id, reads.subnets.get(id, fetch)).await
    }

    /// A VPC, as it was within the last half minute.
    pub async fn vpc(&self, id: &str) -> Result<Option<Vpc>, Failure> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let pages = account.ec2().describe_vpcs().filters(filter("vpc-id", ids.clone()));
                let found = pages.all();
                by_id(&ids, account.call(Ec2("DescribeVpcs"), found).await?, Vpc::vpc_id)
            }
        };
        let reads = self.reads();
        reads.recent.vpcs.get(id, reads.vpcs.get(id, fetch)).await
    }
}
