//! Calls of a service's permissions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Permissions, Spec, State};
use crate::aws::Operation::Ec2;
use crate::aws::creations::half_made;
use crate::aws::{Account, Aws, Tags, if_present};
use crate::engine::{Class, Compare as _, Failure, Field, Link, Observed, Owner, Pace, Result};
use crate::gather::Gather as _;

const MODIFY: &str = "ModifyVpcEndpointServicePermissions";

impl Link for Permissions {
    type Client = Aws;

    /// A service made a moment ago is found some seconds late.
    fn pace(&self) -> Pace {
        Pace { retry: Duration::from_secs(2), ..Pace::AT_ONCE }
    }

    /// Whatever a service of ours allows is ours.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let found = aws.account(None)?.permissions(&spec.service_id).await?;
        let found = found.filter(|found| !found.is_empty() || spec.principals.is_empty());
        Ok(found.map(|found| State::of(&spec.service_id, found)))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let found = aws.account(None)?.permissions(&state.service_id).await?;
        Ok(observe(state, found.map(|found| State::of(&state.service_id, found))))
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        let none = State { service_id: spec.service_id.clone(), ..State::default() };
        carry_out(aws.account(None)?, spec, &none).await.map_err(|end| match end {
            End::Untagged(failure) => half_made(failure),
            End::Unchanged(failure) => failure,
        })?;
        Ok(self.forecast(spec, &none))
    }

    async fn update(&self, aws: &Aws, _owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        match carry_out(aws.account(None)?, spec, state).await {
            Ok(()) => Ok(self.forecast(spec, state)),
            Err(End::Unchanged(failure) | End::Untagged(failure)) => Err(failure),
        }
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        if_present(modify(aws.account(None)?, &state.service_id, &BTreeSet::new(), &state.principals).await).map(|_| ())
    }
}

/// How far a change came that failed.
enum End {
    /// Nobody is allowed or withdrawn.
    Unchanged(Failure),
    /// The principals are as wanted, and their tags are not.
    Untagged(Failure),
}

/// Allows and withdraws, and tags what AWS gives no tags at birth.
async fn carry_out(account: &Account, spec: &Spec, state: &State) -> Result<(), End> {
    let service_id = &spec.service_id;
    let added = modify(account, service_id, &spec.principals, &state.principals).await.map_err(End::Unchanged)?;
    let mut untagged: BTreeMap<String, Tags> = state.mistagged(spec);
    if !spec.tags.is_empty() {
        let coming = spec.principals.difference(&state.principals);
        untagged.extend(coming.map(|principal| (principal.clone(), Tags::new())));
    }
    if untagged.is_empty() {
        return Ok(());
    }
    let mut ids = added;
    if untagged.keys().any(|principal| !ids.contains_key(principal)) {
        let found = account.permissions(service_id).await.map_err(End::Untagged)?.unwrap_or_default();
        ids.extend(found.into_iter().filter_map(|(principal, one)| Some((principal, one.id?))));
    }
    let mut have = BTreeMap::new();
    for (principal, tags) in untagged {
        let id = ids.get(&principal).ok_or_else(|| End::Untagged(unseen(&principal)))?;
        have.insert(id.clone(), tags);
    }
    account.retag_parts(&have, &spec.tags).await.map_err(End::Untagged)
}

/// The permission of an allowed principal is not shown yet, so that it cannot be tagged.
fn unseen(principal: &str) -> Failure {
    Failure::new(
        Class::NotYetVisible,
        format!("AWS does not show the permission of {principal} yet, whose tags change"),
    )
}

/// Additions and removals in one call; none at all where nothing differs. Returns the ids of the new permissions by
/// principal.
async fn modify(
    account: &Account,
    service_id: &str,
    wanted: &BTreeSet<String>,
    found: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>> {
    let add: Vec<String> = wanted.difference(found).cloned().collect();
    let remove: Vec<String> = found.difference(wanted).cloned().collect();
    if add.is_empty() && remove.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sent = account
        .ec2()
        .modify_vpc_endpoint_service_permissions()
        .service_id(service_id)
        .set_add_allowed_principals((!add.is_empty()).then_some(add))
        .set_remove_allowed_principals((!remove.is_empty()).then_some(remove))
        .send();
    let reply = account.call(Ec2(MODIFY), sent).await.map_err(explain)?;
    // Another spelling of a principal than the wanted one is looked up.
    let added = reply.added_principals().iter();
    Ok(added.filter_map(|one| Some((one.principal()?.to_owned(), one.service_permission_id()?.to_owned()))).gather())
}

pub(super) fn observe(recorded: &State, found: Option<State>) -> Observed<State> {
    match found {
        None => Observed::Absent,
        Some(found) if found.principals.is_empty() && !recorded.principals.is_empty() => Observed::Absent,
        Some(found) => Observed::Ready(found),
    }
}

pub(super) fn explain(failure: Failure) -> Failure {
    match failure.code.as_str() {
        "InvalidPrincipal" | "UnknownPrincipalType.Unsupported" => failure
            .advise(
                "AWS takes account ids, arn:aws:iam::<account>:root, ARNs without a path of roles and users that \
                 exist, services such as appflow.amazonaws.com, or \"*\"; for a session \
                 (arn:aws:sts::…:assumed-role/…) write its role, for an organization list its accounts",
            )
            .about("allowed_principals"),
        _ => failure,
    }
}
