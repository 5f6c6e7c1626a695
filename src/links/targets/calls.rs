//! Calls of registered targets.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{TargetDescription, TargetHealthDescription, TargetHealthStateEnum};

use super::diff::canonical;
use super::{Spec, State, Target, Targets};
use crate::aws::Operation::Elbv2;
use crate::aws::deletions::gone;
use crate::aws::{Account, Aws};
use crate::engine::{Compare as _, Failure, Field, Link, Observed, Owner, Pace, Result};
use crate::gather::Gather as _;
use crate::schema::formats::short_address;

impl Link for Targets {
    type Client = Aws;

    /// Registered is all that is asked for: health comes later, and not by this resource.
    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    /// Registrations carry no tags; they belong to the group, which does.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let state = State {
            target_group_arn: spec.target_group_arn.clone(),
            group_port: None,
            targets: spec.targets.clone(),
            none_wanted: spec.targets.is_empty(),
        };
        Ok(match self.read(aws, &state).await? {
            Observed::Ready(state) => Some(state),
            _ => None,
        })
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(None)?;
        let arn = &state.target_group_arn;
        let (health, group) = tokio::try_join!(account.target_health(arn), account.target_group(arn))?;
        let (Some(health), Some(group)) = (health, group) else { return Ok(Observed::Absent) };
        let seen = flatten(&health, group.port(), state);
        // Without a single one of ours there is nothing that could be called this object; an import knows
        // none yet and takes what is there.
        let ours = canonical(&state.targets, group.port());
        let none_of_ours = !ours.is_empty() && ours.is_disjoint(&seen.targets);
        if !state.none_wanted && (none_of_ours || seen.targets.is_empty()) {
            return Ok(Observed::Absent);
        }
        Ok(Observed::Ready(seen))
    }

    /// Targets that somebody else registered before are taken out: exactly these are wanted.
    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(None)?;
        let arn = &spec.target_group_arn;
        register(account, arn, &spec.targets).await?;
        let targets = canonical(&spec.targets, spec.group_port);
        let none_wanted = spec.targets.is_empty();
        let wanted = State { target_group_arn: arn.clone(), group_port: spec.group_port, targets, none_wanted };
        let health = account.target_health(arn).await?;
        let seen = flatten(&health.unwrap_or_default(), spec.group_port, &wanted);
        deregister(account, arn, &(&seen.targets - &wanted.targets)).await?;
        Ok(wanted)
    }

    /// New ones first, so that the group never stands empty; an application load balancer, which is the only target of
    /// its group, makes room first.
    async fn update(&self, aws: &Aws, _owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        let account = aws.account(None)?;
        let wanted = self.forecast(spec, state);
        let arn = &state.target_group_arn;
        let (coming, going) = (&wanted.targets - &state.targets, &state.targets - &wanted.targets);
        if are_application(&going) {
            deregister(account, arn, &going).await?;
            register(account, arn, &coming).await?;
        } else {
            register(account, arn, &coming).await?;
            deregister(account, arn, &going).await?;
        }
        Ok(wanted)
    }

    /// Targets of a group that is gone, or that others took out, are gone as well.
    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        gone(deregister(aws.account(None)?, &state.target_group_arn, &state.targets).await)
    }
}

async fn register(account: &Account, arn: &str, targets: &BTreeSet<Target>) -> Result<()> {
    if targets.is_empty() {
        return Ok(());
    }
    let sent = account.elbv2().register_targets().target_group_arn(arn).set_targets(Some(expand(targets))).send();
    account.call(Elbv2("RegisterTargets"), sent).await.map_err(|failure| explain(failure, targets))?;
    Ok(())
}

fn are_application(targets: &BTreeSet<Target>) -> bool {
    targets.iter().any(|target| target.id.starts_with("arn:"))
}

/// What AWS's words leave out: where an application load balancer is registered, its listener comes first.
fn explain(failure: Failure, targets: &BTreeSet<Target>) -> Failure {
    if failure.code == "ValidationError" && are_application(targets) {
        return failure
            .advise(
                "Give the application load balancer a listener on target_port (the listener's port by default) and apply \
                 again. Where the same configuration makes that listener, name it in depends_on of this resource",
            )
            .about("listener");
    }
    failure
}

async fn deregister(account: &Account, arn: &str, targets: &BTreeSet<Target>) -> Result<()> {
    if targets.is_empty() {
        return Ok(());
    }
    let sent = account.elbv2().deregister_targets().target_group_arn(arn).set_targets(Some(expand(targets))).send();
    account.call(Elbv2("DeregisterTargets"), sent).await?;
    Ok(())
}

pub(super) fn expand(targets: &BTreeSet<Target>) -> Vec<TargetDescription> {
    let expand = |target: &Target| {
        TargetDescription::builder()
            .id(&target.id)
            .set_port(target.port)
            .set_availability_zone(target.availability_zone.clone())
            .build()
    };
    targets.iter().map(expand).collect()
}

/// What is registered and not leaving. AWS shows a port and often a zone where none was given.
pub(super) fn flatten(health: &[TargetHealthDescription], group_port: Option<i32>, known: &State) -> State {
    let known_targets = canonical(&known.targets, group_port);
    let targets = health.iter().filter(|one| !is_leaving(one)).filter_map(|one| {
        let seen = one.target()?;
        let id = short_address(seen.id()?);
        let port = seen.port().filter(|port| Some(*port) != group_port);
        let given = known_targets.iter().find(|known| known.id == id && known.port == port);
        let availability_zone = match given {
            Some(known) if known.availability_zone.is_none() => None,
            Some(known) if seen.availability_zone().is_none() => known.availability_zone.clone(),
            _ => seen.availability_zone().map(str::to_owned),
        };
        Some(Target { id, port, availability_zone })
    });
    State {
        target_group_arn: known.target_group_arn.clone(),
        group_port,
        targets: targets.gather(),
        none_wanted: known.none_wanted,
    }
}

fn is_leaving(target: &TargetHealthDescription) -> bool {
    target.target_health().and_then(|health| health.state()) == Some(&TargetHealthStateEnum::Draining)
}
