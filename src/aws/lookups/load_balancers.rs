//! Load balancers, and what stands behind and around them.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Filter;
use aws_sdk_elasticloadbalancingv2::types::{Action, ForwardActionConfig};

use crate::aws::client::Account;
use crate::aws::operation::Operation::{Ec2, Elbv2};
use crate::aws::pages::Pages as _;
use crate::engine::Result;
use crate::gather::Gather as _;

/// A listener and where it forwards to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerSeen {
    /// Its ARN.
    pub arn: String,
    /// Its port.
    pub port: i32,
    /// AWS's word, such as `TCP`.
    pub protocol: String,
    /// Its target groups, in AWS's order.
    pub target_group_arns: Vec<String>,
}

impl Account {
    /// The subnets of a load balancer; none where there is no such one.
    pub async fn subnets_of_load_balancer(&self, arn: &str) -> Result<BTreeSet<String>> {
        let found = self.load_balancer(arn).await?;
        let zones = found.iter().flat_map(aws_sdk_elasticloadbalancingv2::types::LoadBalancer::availability_zones);
        Ok(zones.filter_map(|zone| zone.subnet_id().map(str::to_owned)).gather())
    }

    /// Whether a load balancer has addresses of the internet.
    pub async fn is_internet_facing(&self, arn: &str) -> Result<bool> {
        let found = self.load_balancer(arn).await?;
        Ok(found.and_then(|found| found.scheme).is_some_and(|scheme| scheme.as_str() == "internet-facing"))
    }

    /// Target groups behind a load balancer's listeners: pairs of listener and target group ARN, with port
    /// and protocol.
    pub async fn listeners_with_groups(&self, load_balancer_arn: &str) -> Result<Vec<ListenerSeen>> {
        let pages = self.elbv2().describe_listeners().load_balancer_arn(load_balancer_arn).all();
        let found = self.call(Elbv2("DescribeListeners"), pages).await?;
        Ok(found
            .iter()
            .filter_map(|listener| {
                let action = listener.default_actions().first();
                let one = action.and_then(Action::target_group_arn);
                let forward = action.and_then(Action::forward_config).map(ForwardActionConfig::target_groups);
                let several = forward.unwrap_or_default().iter().filter_map(|group| group.target_group_arn());
                let groups = one.into_iter().chain(several.filter(|arn| Some(*arn) != one));
                Some(ListenerSeen {
                    arn: listener.listener_arn()?.to_owned(),
                    port: listener.port()?,
                    protocol: listener.protocol().map(|protocol| protocol.as_str().to_owned()).unwrap_or_default(),
                    target_group_arns: groups.map(str::to_owned).collect(),
                })
            })
            .collect())
    }

    /// Whether network interfaces of a load balancer are there, its own life apart: AWS takes minutes to
    /// release them.
    pub async fn has_interfaces_of_load_balancer(&self, arn: &str) -> Result<bool> {
        let Some((_, name)) = arn.split_once(":loadbalancer/") else { return Ok(false) };
        let filter = Filter::builder().name("description").values(format!("ELB {name}")).build();
        let pages = self.ec2().describe_network_interfaces().filters(filter).all();
        let found = self.call(Ec2("DescribeNetworkInterfaces"), pages).await?;
        Ok(!found.is_empty())
    }
}
