//! Objects by the uid in their owner tags: what a run made that no state knows.
//!
//! Elastic Load Balancing has no lookup by tag, so names are compared first: they begin with the composite's.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{Listener, LoadBalancer, TargetGroup};

use crate::aws::client::Account;
use crate::aws::names;
use crate::aws::operation::Operation::Elbv2;
use crate::aws::pages::Pages as _;
use crate::aws::tags;
use crate::engine::{LinkName, Result};

/// An object of ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Owned<V> {
    /// The link that it was made for.
    pub link: LinkName,
    /// Which object of that link it is.
    pub generation: u32,
    /// As AWS shows it.
    pub object: V,
}

impl Account {
    /// Load balancers of this uid; `base_names` are how their names may begin, where that is known.
    pub async fn load_balancers_of(
        &self,
        uid: &str,
        base_names: Option<&BTreeSet<String>>,
    ) -> Result<Vec<Owned<LoadBalancer>>> {
        let pages = self.elbv2().describe_load_balancers().all();
        let mut found = self.call(Elbv2("DescribeLoadBalancers"), pages).await?;
        found.retain(|one| is_named(one.load_balancer_name(), base_names));
        self.elbv2_owned(uid, found, LoadBalancer::load_balancer_arn).await
    }

    /// Target groups of this uid; `base_names` are how their names may begin, where that is known.
    pub async fn target_groups_of(
        &self,
        uid: &str,
        base_names: Option<&BTreeSet<String>>,
    ) -> Result<Vec<Owned<TargetGroup>>> {
        let pages = self.elbv2().describe_target_groups().all();
        let mut found = self.call(Elbv2("DescribeTargetGroups"), pages).await?;
        found.retain(|one| is_named(one.target_group_name(), base_names));
        self.elbv2_owned(uid, found, TargetGroup::target_group_arn).await
    }

    /// Listeners of this uid on a load balancer; none where that is gone.
    pub async fn owned_listeners(&self, uid: &str, load_balancer_arn: &str) -> Result<Vec<Owned<Listener>>> {
        let found = self.listeners_of(load_balancer_arn).await?;
        self.elbv2_owned(uid, found, Listener::listener_arn).await
    }

    async fn elbv2_owned<V>(
        &self,
        uid: &str,
        found: Vec<V>,
        arn: impl Fn(&V) -> Option<&str>,
    ) -> Result<Vec<Owned<V>>> {
        let carried = found.iter().map(|one| self.elbv2_tags(arn(one).unwrap_or_default()));
        let carried = futures_util::future::try_join_all(carried).await?;
        let owned = found.into_iter().zip(carried).filter_map(|(object, carried)| {
            let (link, generation) = tags::place(&carried?, uid)?;
            Some(Owned { link, generation, object })
        });
        Ok(owned.collect())
    }
}

fn is_named(name: Option<&str>, base_names: Option<&BTreeSet<String>>) -> bool {
    let Some(base_names) = base_names else { return true };
    name.is_some_and(|name| base_names.iter().any(|base| names::is_made_of(name, base)))
}
