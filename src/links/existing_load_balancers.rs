//! Network Load Balancers that somebody else manages: looks only, and never writes.
//!
//! One link for all of them, because their ARNs may not be known before an apply and there is nothing
//! to make, to order or to remove. A catalogue says `released()`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer as Described, LoadBalancerStateEnum, LoadBalancerTypeEnum};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Aws};
use crate::engine::{Change, Class, Failure, Field, Link, Observed, Owner, Pace};
use crate::gather::Gather as _;

const ARNS: Field = "load_balancer_arns";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExistingLoadBalancers;

/// The load balancers to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Their ARNs.
    pub arns: BTreeSet<String>,
}

/// What they say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By ARN; an entry without a name is not looked at yet.
    pub load_balancers: BTreeMap<String, Seen>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// Its name.
    pub name: String,
    /// Its DNS name.
    pub dns_name: String,
    /// The hosted zone of its DNS name.
    pub zone_id: String,
    /// Names of its zones.
    pub availability_zones: BTreeSet<String>,
}

impl State {
    /// The zones of all of them; `None` while one was not looked at.
    pub fn availability_zones(&self) -> Option<BTreeSet<String>> {
        let seen = self.load_balancers.values();
        seen.map(|one| (!one.name.is_empty()).then_some(&one.availability_zones)).try_fold(
            BTreeSet::new(),
            |mut all, zones| {
                all.extend(zones?.iter().cloned());
                Some(all)
            },
        )
    }
}

impl Link for ExistingLoadBalancers {
    type Client = Aws;
    type Spec = Spec;
    type State = State;
    const LOOKS_ARE_SHARED: bool = true;
    const IS_LOOK: bool = true;

    /// One that somebody made a moment ago takes about two minutes.
    fn pace(&self) -> Pace {
        Pace { ready: Some(Duration::from_secs(4)), gone: None, retry: Duration::from_secs(4) }
    }

    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        self.create(aws, owner, spec).await.map(Some)
    }

    /// Without one of them there is nothing to stand in front of; that is said by the next apply.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let found = look(aws.account(None)?, state.load_balancers.keys()).await?;
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

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.arns.iter().eq(state.load_balancers.keys()) { Change::None } else { Change::Update(vec![ARNS]) }
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let seen = |arn: &String| (arn.clone(), state.load_balancers.get(arn).cloned().unwrap_or_default());
        State { load_balancers: spec.arns.iter().map(seen).gather() }
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        let account = aws.account(None)?;
        let found = look(account, spec.arns.iter()).await?;
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

    async fn update(
        &self,
        aws: &Aws,
        owner: &Owner,
        spec: &Spec,
        _state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        self.create(aws, owner, spec).await
    }

    /// They are not ours.
    async fn delete(&self, _aws: &Aws, _state: &State) -> Result<(), Failure> {
        Ok(())
    }
}

async fn look(account: &Account, arns: impl Iterator<Item = &String>) -> Result<Vec<Described>, Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(zones: &[&str]) -> Seen {
        let availability_zones = zones.iter().map(|zone| (*zone).to_owned()).collect();
        Seen { name: "nlb".into(), availability_zones, ..Seen::default() }
    }

    #[test]
    fn another_set_is_looked_at_and_its_zones_are_open_until_then() {
        let state = State { load_balancers: [("a".to_owned(), seen(&["z1"])), ("b".to_owned(), seen(&["z2"]))].into() };
        let all = ["z1".to_owned(), "z2".to_owned()].into();
        assert_eq!(state.availability_zones(), Some(all));
        let same = Spec { arns: ["a".to_owned(), "b".to_owned()].into() };
        assert_eq!(ExistingLoadBalancers.diff(&same, &state), Change::None);
        let more = Spec { arns: ["b".to_owned(), "c".to_owned()].into() };
        assert_eq!(ExistingLoadBalancers.diff(&more, &state), Change::Update(vec![ARNS]));
        let next = ExistingLoadBalancers.forecast(&more, &state);
        assert_eq!((next.availability_zones(), next.load_balancers.len()), (None, 2));
        assert_eq!(ExistingLoadBalancers.diff(&more, &next), Change::None);
    }
}
