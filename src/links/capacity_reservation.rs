//! The least capacity that AWS keeps ready for a network load balancer.
//!
//! It has an API of its own and is asked for where it is written alone. AWS provisions it within minutes or hours, which nobody
//! waits for: the load balancer works all the while.

#[cfg(test)]
mod tests;

use aws_sdk_elasticloadbalancingv2::types::MinimumLoadBalancerCapacity;
use serde::{Deserialize, Serialize};

use super::attributes::{gone, update};
use crate::aws::Aws;
use crate::aws::Operation::Elbv2;
use crate::engine::{Change, Class, Failure, Field, Link, Observed, Owner, Pace, short};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct CapacityReservation;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The load balancer.
    pub load_balancer_arn: String,
    /// Capacity units of a load balancer, each 2.2 Mbit/s of throughput.
    pub capacity_units: i32,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The load balancer.
    pub load_balancer_arn: String,
    /// Capacity units of a load balancer.
    pub capacity_units: i32,
}

const LOAD_BALANCER: Field = "load_balancer_arn";
const UNITS: Field = "capacity_units";
const MODIFY: &str = "ModifyCapacityReservation";

impl Link for CapacityReservation {
    type Client = Aws;
    type Spec = Spec;
    type State = State;

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let before = state.filter(|state| state.load_balancer_arn == spec.load_balancer_arn);
        let before = before.map(|state| format!(" instead of {}", state.capacity_units)).unwrap_or_default();
        vec![format!("reserve {} units{before}", spec.capacity_units)]
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        vec![format!("reserve nothing instead of {} units", state.capacity_units)]
    }

    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    /// A load balancer has one, whoever asked for it.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        read(aws, &spec.load_balancer_arn).await
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        Ok(read(aws, &state.load_balancer_arn).await?.map_or(Observed::Absent, Observed::Ready))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.load_balancer_arn != state.load_balancer_arn {
            return Change::Replace(vec![LOAD_BALANCER]);
        }
        update(&[(UNITS, spec.capacity_units != state.capacity_units)])
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State { capacity_units: spec.capacity_units, ..state.clone() }
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        reserve(aws, spec).await
    }

    async fn update(
        &self,
        aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        _state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        reserve(aws, spec).await
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        let account = aws.account(None)?;
        let sent = account.elbv2().modify_capacity_reservation().load_balancer_arn(&state.load_balancer_arn);
        gone(account.call(Elbv2(MODIFY), sent.reset_capacity_reservation(true).send()).await)
    }
}

/// What is reserved for a load balancer; none where nothing is, and where it is gone.
pub async fn read(aws: &Aws, load_balancer_arn: &str) -> Result<Option<State>, Failure> {
    let units = aws.account(None)?.reserved_capacity(load_balancer_arn).await?;
    Ok(units.map(|capacity_units| State { load_balancer_arn: load_balancer_arn.to_owned(), capacity_units }))
}

async fn reserve(aws: &Aws, spec: &Spec) -> Result<State, Failure> {
    let account = aws.account(None)?;
    let capacity = MinimumLoadBalancerCapacity::builder().capacity_units(spec.capacity_units).build();
    let sent = account.elbv2().modify_capacity_reservation().load_balancer_arn(&spec.load_balancer_arn);
    let sent = sent.minimum_load_balancer_capacity(capacity).send();
    account.call(Elbv2(MODIFY), sent).await.map_err(|failure| explain(failure, spec))?;
    Ok(State { load_balancer_arn: spec.load_balancer_arn.clone(), capacity_units: spec.capacity_units })
}

/// AWS's code does not say when it will take another request.
fn explain(failure: Failure, spec: &Spec) -> Failure {
    if failure.class == Class::Busy {
        return failure.advise(format!(
            "AWS still provisions what was reserved for {} before, which takes up to some hours: apply again later",
            short(&spec.load_balancer_arn)
        ));
    }
    failure.about("load_balancer")
}
