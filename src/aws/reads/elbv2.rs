//! Reads of Elastic Load Balancing, by ARN: one unknown ARN fails a call, so those are split.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{
    Certificate, Listener, LoadBalancer, TargetGroup, TargetHealthDescription,
};

use super::ec2::{by_id, listed};
use crate::aws::client::Account;
use crate::aws::error::if_present;
use crate::aws::operation::Operation::Elbv2;
use crate::aws::pages::Pages as _;
use crate::aws::tags::{self, Tags};
use crate::engine::Result;
use crate::gather::Gather as _;

/// Objects in a page.
const PAGE: i32 = 400;

/// Settings by AWS's key, as attribute calls give them.
type Settings = BTreeMap<String, String>;

fn settings<'a>(pairs: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Settings {
    pairs.filter_map(|(key, value)| Some((key?.to_owned(), value.unwrap_or_default().to_owned()))).gather()
}

impl Account {
    /// A load balancer.
    pub async fn load_balancer(&self, arn: &str) -> Result<Option<LoadBalancer>> {
        let account = self.clone();
        let fetch = move |arns: Vec<String>| {
            let account = account.clone();
            async move {
                let sent = account.elbv2().describe_load_balancers().set_load_balancer_arns(Some(arns.clone())).send();
                let found = account.call(Elbv2("DescribeLoadBalancers"), sent).await?.load_balancers;
                by_id(&arns, found.unwrap_or_default(), LoadBalancer::load_balancer_arn)
            }
        };
        let list = || async {
            let pages = self.elbv2().describe_load_balancers().page_size(PAGE).all();
            Ok(listed(self.call(Elbv2("DescribeLoadBalancers"), pages).await?, LoadBalancer::load_balancer_arn))
        };
        self.reads().load_balancers.get(arn, fetch, Some(list)).await
    }

    /// A load balancer by its name, which is unique in the account and Region.
    pub async fn load_balancer_named(&self, name: &str) -> Result<Option<LoadBalancer>> {
        let sent = self.elbv2().describe_load_balancers().names(name).send();
        let reply = if_present(self.call(Elbv2("DescribeLoadBalancers"), sent).await)?;
        Ok(reply.and_then(|reply| reply.load_balancers).and_then(|found| found.into_iter().next()))
    }

    /// Attributes of a load balancer, such as `deletion_protection.enabled`; none where it is gone.
    pub async fn load_balancer_attributes(&self, arn: &str) -> Result<Option<Settings>> {
        let sent = self.elbv2().describe_load_balancer_attributes().load_balancer_arn(arn).send();
        let reply = if_present(self.call(Elbv2("DescribeLoadBalancerAttributes"), sent).await)?;
        Ok(reply.map(|reply| settings(reply.attributes().iter().map(|one| (one.key(), one.value())))))
    }

    /// A target group.
    pub async fn target_group(&self, arn: &str) -> Result<Option<TargetGroup>> {
        let account = self.clone();
        let fetch = move |arns: Vec<String>| {
            let account = account.clone();
            async move {
                let sent = account.elbv2().describe_target_groups().set_target_group_arns(Some(arns.clone())).send();
                let found = account.call(Elbv2("DescribeTargetGroups"), sent).await?.target_groups;
                by_id(&arns, found.unwrap_or_default(), TargetGroup::target_group_arn)
            }
        };
        let list = || async {
            let pages = self.elbv2().describe_target_groups().page_size(PAGE).all();
            Ok(listed(self.call(Elbv2("DescribeTargetGroups"), pages).await?, TargetGroup::target_group_arn))
        };
        self.reads().target_groups.get(arn, fetch, Some(list)).await
    }

    /// A target group by its name, which is unique in the account and Region.
    pub async fn target_group_named(&self, name: &str) -> Result<Option<TargetGroup>> {
        let sent = self.elbv2().describe_target_groups().names(name).send();
        let reply = if_present(self.call(Elbv2("DescribeTargetGroups"), sent).await)?;
        Ok(reply.and_then(|reply| reply.target_groups).and_then(|found| found.into_iter().next()))
    }

    /// Attributes of a target group, such as `stickiness.enabled`; none where it is gone.
    pub async fn target_group_attributes(&self, arn: &str) -> Result<Option<Settings>> {
        let sent = self.elbv2().describe_target_group_attributes().target_group_arn(arn).send();
        let reply = if_present(self.call(Elbv2("DescribeTargetGroupAttributes"), sent).await)?;
        Ok(reply.map(|reply| settings(reply.attributes().iter().map(|one| (one.key(), one.value())))))
    }

    /// Registered targets with their health; none where the group is gone.
    pub async fn target_health(&self, arn: &str) -> Result<Option<Vec<TargetHealthDescription>>> {
        let sent = self.elbv2().describe_target_health().target_group_arn(arn).send();
        let reply = if_present(self.call(Elbv2("DescribeTargetHealth"), sent).await)?;
        Ok(reply.map(|reply| reply.target_health_descriptions.unwrap_or_default()))
    }

    /// A listener.
    pub async fn listener(&self, arn: &str) -> Result<Option<Listener>> {
        let account = self.clone();
        let fetch = move |arns: Vec<String>| {
            let account = account.clone();
            async move {
                let sent = account.elbv2().describe_listeners().set_listener_arns(Some(arns.clone())).send();
                let found = account.call(Elbv2("DescribeListeners"), sent).await?.listeners;
                by_id(&arns, found.unwrap_or_default(), Listener::listener_arn)
            }
        };
        self.reads().listeners.get_unlisted(arn, fetch).await
    }

    /// All listeners of a load balancer; none where it is gone.
    pub async fn listeners_of(&self, load_balancer_arn: &str) -> Result<Vec<Listener>> {
        let pages = self.elbv2().describe_listeners().load_balancer_arn(load_balancer_arn);
        let found = pages.all();
        Ok(if_present(self.call(Elbv2("DescribeListeners"), found).await)?.unwrap_or_default())
    }

    /// Attributes of a listener, such as `tcp.idle_timeout.seconds`; none where it is gone.
    pub async fn listener_attributes(&self, arn: &str) -> Result<Option<Settings>> {
        let sent = self.elbv2().describe_listener_attributes().listener_arn(arn).send();
        let reply = if_present(self.call(Elbv2("DescribeListenerAttributes"), sent).await)?;
        Ok(reply.map(|reply| settings(reply.attributes().iter().map(|one| (one.key(), one.value())))))
    }

    /// Certificates of a listener, the default one among them; none where it is gone.
    pub async fn listener_certificates(&self, arn: &str) -> Result<Option<Vec<Certificate>>> {
        let pages = self.elbv2().describe_listener_certificates().listener_arn(arn).all();
        if_present(self.call(Elbv2("DescribeListenerCertificates"), pages).await)
    }

    /// Capacity units that are reserved for a load balancer; none where nothing is, and where it is gone.
    pub async fn reserved_capacity(&self, arn: &str) -> Result<Option<i32>> {
        let sent = self.elbv2().describe_capacity_reservation().load_balancer_arn(arn).send();
        let reply = if_present(self.call(Elbv2("DescribeCapacityReservation"), sent).await)?;
        let units = reply.and_then(|reply| reply.minimum_load_balancer_capacity()?.capacity_units());
        Ok(units.filter(|units| *units > 0))
    }

    /// All tags of a load balancer, target group or listener, ours too; none where it is gone.
    pub async fn elbv2_tags(&self, arn: &str) -> Result<Option<Tags>> {
        let account = self.clone();
        let fetch = move |arns: Vec<String>| {
            let account = account.clone();
            async move {
                let sent = account.elbv2().describe_tags().set_resource_arns(Some(arns)).send();
                let found = account.call(Elbv2("DescribeTags"), sent).await?.tag_descriptions.unwrap_or_default();
                let tags = found.into_iter().filter_map(|one| {
                    let tags = tags::from_elbv2(one.tags());
                    one.resource_arn.map(|arn| (arn, tags))
                });
                Ok(tags.collect::<Vec<_>>())
            }
        };
        self.reads().elbv2_tags.get_unlisted(arn, fetch).await
    }
}
