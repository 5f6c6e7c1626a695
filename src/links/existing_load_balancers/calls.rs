//! Calls of load balancers that are managed elsewhere.

use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer as Described, LoadBalancerStateEnum, LoadBalancerTypeEnum};
use futures_util::future::try_join_all;

use super::{ARNS, ExistingLoadBalancers, Seen, Spec, State};
use crate::aws::{Account, Aws};
use crate::engine::{Class, Failure, Link, Observed, Owner, Pace, Result};
use crate::gather::Gather as _;

impl Link for ExistingLoadBalancers {
    type Client = Aws;
    const LOOKS_ARE_SHARED: bool = true;

    /// One that somebody made a moment ago takes about two minutes.
    fn pace(&self) -> Pace {
        Pace { ready: Some(Duration::from_secs(4)), gone: None, retry: Duration::from_secs(4) }
    }

    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        self.create(aws, owner, spec).await.map(Some)
    }

    /// Without one of them there is nothing to stand in front of; that is said by the next apply.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let found = describe_all(aws.account(None)?, state.load_balancers.keys()).await?;
        let waiting = found.iter().find(|found| status(found) == Some(&LoadBalancerStateEnum::Provisioning));
        let waiting = waiting.and_then(|found| found.load_balancer_name()).map(str::to_owned);
        let broken = found.iter().find(|found| status(found) == Some(&LoadBalancerStateEnum::Failed));
        let broken = broken.and_then(|found| found.load_balancer_name()).map(str::to_owned);
        let seen = flatten(&found);
        if seen.load_balancers.is_empty() {
            return Ok(Observed::Absent);
        }
        Ok(match (broken, waiting) {
            (Some(name), _) => {
                Observed::Failed { state: seen, reason: format!("the load balancer {name} could not be set up") }
            }
            (None, Some(name)) => Observed::Pending { state: seen, status: format!("provisioning {name}") },
            (None, None) => Observed::Ready(seen),
        })
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(None)?;
        let found = describe_all(account, spec.arns.iter()).await?;
        let seen = flatten(&found);
        if let Some(missing) = spec.arns.iter().find(|arn| !seen.load_balancers.contains_key(*arn)) {
            return Err(Failure::new(
                Class::NotYetVisible,
                format!("there is no load balancer {missing} in {}", account.whereabouts().await),
            )
            .advise("Correct load_balancer_arns, or the provider's Region or credentials, and apply again")
            .about(ARNS));
        }
        if let Some(other) = found.iter().find(|one| one.r#type() != Some(&LoadBalancerTypeEnum::Network)) {
            let arn = other.load_balancer_arn().unwrap_or_default();
            let message =
                format!("{arn} is no network load balancer, and an endpoint service stands in front of those");
            return Err(Failure::new(Class::Invalid, message).about(ARNS));
        }
        Ok(seen)
    }

    /// They are not ours.
    async fn delete(&self, _aws: &Aws, _state: &State) -> Result<()> {
        Ok(())
    }
}

async fn describe_all(account: &Account, arns: impl Iterator<Item = &String>) -> Result<Vec<Described>> {
    let found = try_join_all(arns.map(|arn| account.load_balancer(arn))).await?;
    Ok(found.into_iter().flatten().collect())
}

fn status(found: &Described) -> Option<&LoadBalancerStateEnum> {
    found.state().and_then(|state| state.code())
}

fn flatten(found: &[Described]) -> State {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let seen = |one: &Described| {
        let zones = one.availability_zones().iter().filter_map(|zone| zone.zone_name().map(str::to_owned));
        let seen = Seen {
            name: text(one.load_balancer_name()),
            dns_name: text(one.dns_name()),
            zone_id: text(one.canonical_hosted_zone_id()),
            availability_zones: zones.gather(),
        };
        (text(one.load_balancer_arn()), seen)
    };
    State { load_balancers: found.iter().map(seen).gather() }
}
