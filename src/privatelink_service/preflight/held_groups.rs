//! Target groups that an apply is to remove while a listener that this resource does not manage forwards to them.
//!
//! AWS refuses to delete such a group for as long as the listener exists, so the plan names the listener and the apply
//! ends before its first write. A listener of a load balancer that goes in the same run holds nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use crate::aws::Aws;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{LinkName, Preview, Record, Result, Step, short};
use crate::gather::Gather as _;
use crate::links::{listener, load_balancer, target_group};
use crate::privatelink_service::chain::{LISTENER, LOAD_BALANCER, TARGET_GROUP};
use crate::privatelink_service::config::ServiceConfig;
use crate::resource::Preflight;
use crate::value::Path;

/// Looks at the groups that a change removes.
pub(super) async fn change(
    client: &Aws,
    check: &Preflight<'_, ServiceConfig>,
    outlook: &Preview,
    found: &mut Diagnostics,
) -> Result<()> {
    let leaves = |step: &Step| matches!(step, Step::Delete | Step::Replace(_) | Step::BreakFirst(_));
    let of = |kind: &str| -> BTreeSet<&str> {
        let steps = outlook.steps.iter().filter(|(name, step)| name.kind() == kind && leaves(step));
        steps.map(|(name, _)| name.as_str()).gather()
    };
    check_holders(client, check, (&of(TARGET_GROUP), &of(LOAD_BALANCER)), found).await
}

/// Looks at the groups that a destroy removes: all of them, after the load balancer.
pub(super) async fn destroy(client: &Aws, check: &Preflight<'_, ServiceConfig>, found: &mut Diagnostics) -> Result<()> {
    let of = |kind: &str| -> BTreeSet<&str> {
        check.record.links.keys().filter(|name| name.kind() == kind).map(LinkName::as_str).gather()
    };
    check_holders(client, check, (&of(TARGET_GROUP), &of(LOAD_BALANCER)), found).await
}

async fn check_holders(
    client: &Aws,
    check: &Preflight<'_, ServiceConfig>,
    (groups, balancers): (&BTreeSet<&str>, &BTreeSet<&str>),
    found: &mut Diagnostics,
) -> Result<()> {
    let leaving: Vec<target_group::State> = states(check.record, TARGET_GROUP, groups);
    let going: Vec<load_balancer::State> = states(check.record, LOAD_BALANCER, balancers);
    let everything = check.record.links.keys().map(LinkName::as_str).gather();
    let own: Vec<listener::State> = states(check.record, LISTENER, &everything);
    let mut fronts: BTreeMap<&str, Vec<&target_group::State>> = BTreeMap::new();
    for group in &leaving {
        let front = group.load_balancer_arn.as_deref();
        if let Some(front) = front.filter(|front| !going.iter().any(|balancer| balancer.arn == *front)) {
            fronts.entry(front).or_default().push(group);
        }
    }
    for (front, groups) in fronts {
        let listeners = client.account(None)?.listeners_and_groups(front).await?;
        let foreign = listeners.iter().filter(|one| !own.iter().any(|own| own.arn == one.arn));
        for listener in foreign {
            for group in groups.iter().filter(|group| listener.group_arns.contains(&group.arn)) {
                found.push(held(group, (&listener.arn, &listener.protocol, listener.port), front, check.planning));
            }
        }
    }
    Ok(())
}

fn held(
    group: &target_group::State,
    (arn, protocol, port): (&str, &str, i32),
    balancer: &str,
    planning: bool,
) -> Diagnostic {
    let detail = format!(
        "The target group {} goes in this run, and the listener {arn} ({protocol} {port} of the load balancer {}), which \
         this resource does not manage, forwards to it: AWS does not delete a target group that a listener uses. Delete \
         the listener with \"aws elbv2 delete-listener --listener-arn {arn}\", or let it forward to another group.",
        group.name,
        short(balancer)
    );
    let summary = "Target group in use by another listener";
    let place = Path::attribute("listener");
    if planning {
        let then = "The apply looks again, and ends before its first write while the listener is there.";
        Diagnostic::warning(summary, format!("{detail}\n\n{then}")).at(place)
    } else {
        Diagnostic::error(summary, format!("{detail}\n\nNothing was changed.")).at(place)
    }
}

/// Recorded states of the links of a kind: those that are named, and all that were replaced and are still there.
fn states<T: DeserializeOwned>(record: &Record, kind: &str, named: &BTreeSet<&str>) -> Vec<T> {
    let live = record.links.iter().filter(|(name, _)| name.kind() == kind && named.contains(name.as_str()));
    let retired = record.retired.iter().filter(|old| old.link.kind() == kind).map(|old| &old.state);
    let states = live.map(|(_, entry)| &entry.state).chain(retired);
    states.filter_map(|state| serde_json::from_value(state.clone()).ok()).collect()
}
