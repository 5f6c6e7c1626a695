//! Calls of a capacity reservation.

use aws_sdk_elasticloadbalancingv2::types::MinimumLoadBalancerCapacity;

use super::{CapacityReservation, Spec, State};
use crate::aws::Aws;
use crate::aws::Operation::Elbv2;
use crate::aws::deletions::gone;
use crate::engine::{Class, Failure, Link, Observed, Owner, Pace, Result, short};

const MODIFY: &str = "ModifyCapacityReservation";

impl Link for CapacityReservation {
    type Client = Aws;

    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    /// A load balancer has one, whoever asked for it.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        read(aws, &spec.load_balancer_arn).await
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        Ok(read(aws, &state.load_balancer_arn).await?.map_or(Observed::Absent, Observed::Ready))
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        reserve(aws, spec).await
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let account = aws.account(None)?;
        let sent = account.elbv2().modify_capacity_reservation().load_balancer_arn(&state.load_balancer_arn);
        gone(account.call(Elbv2(MODIFY), sent.reset_capacity_reservation(true).send()).await)
    }
}

/// What is reserved for a load balancer; none where nothing is, and where it is gone.
pub async fn read(aws: &Aws, load_balancer_arn: &str) -> Result<Option<State>> {
    let units = aws.account(None)?.reserved_capacity(load_balancer_arn).await?;
    Ok(units.map(|capacity_units| State { load_balancer_arn: load_balancer_arn.to_owned(), capacity_units }))
}

async fn reserve(aws: &Aws, spec: &Spec) -> Result<State> {
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
