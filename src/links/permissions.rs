//! Who may connect to an endpoint service: its allowed principals, as an exact set.
//!
//! Principals go with their service, so a catalogue says `goes_with("endpoint_service")`. A set that
//! is empty and was recorded as empty reads as ready, because "nobody" is a wanted set too.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aws::Operation::Ec2;
use crate::aws::lookups::Permission;
use crate::aws::{Account, Aws, Tags, is_not_found};
use crate::engine::{Change, Class, Failure, Field, Link, Observed, Owner, Pace, both, part_tags};
use crate::gather::Gather as _;
use crate::links::attributes::{half_made, update};

const MODIFY: &str = "ModifyVpcEndpointServicePermissions";
const PRINCIPALS: Field = "principals";
const TAGS: Field = "tags";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Permissions;

/// Wanted principals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The endpoint service, `vpce-svc-…`.
    pub service_id: String,
    /// ARNs of account roots, users and roles, or `*`. Account ids are written as root ARNs.
    pub principals: BTreeSet<String>,
    /// The user's tags of each permission.
    #[serde(default)]
    pub tags: Tags,
}

/// Allowed principals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The endpoint service.
    pub service_id: String,
    /// All that it allows; account ids are written as root ARNs.
    pub principals: BTreeSet<String>,
    /// The user's tags of the permissions that carry some, by principal; `None` where an earlier release recorded them,
    /// which did not read tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, Tags>>,
}

impl State {
    fn of(service_id: &str, found: BTreeMap<String, Permission>) -> Self {
        let tags = found.iter().filter(|(_, one)| !one.tags.is_empty());
        let tags = tags.map(|(principal, one)| (principal.clone(), one.tags.clone())).gather();
        Self { service_id: service_id.to_owned(), principals: found.into_keys().gather(), tags: Some(tags) }
    }

    /// The tags of the permissions that carry some.
    pub fn carried(&self) -> Vec<Tags> {
        self.tags.iter().flatten().map(|(_, tags)| tags.clone()).collect()
    }

    /// The permissions that stay and do not carry the wanted tags, with those that they carry.
    fn mistagged(&self, spec: &Spec) -> BTreeMap<String, Tags> {
        let Some(known) = &self.tags else { return BTreeMap::new() };
        let stays = self.principals.intersection(&spec.principals);
        let with_tags = stays.map(|principal| (principal.clone(), known.get(principal).cloned().unwrap_or_default()));
        with_tags.filter(|(_, tags)| *tags != spec.tags).gather()
    }
}

impl Link for Permissions {
    type Client = Aws;
    type Spec = Spec;
    type State = State;

    /// Names every principal that is allowed or no longer allowed.
    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let before = state.map(|state| state.principals.clone()).unwrap_or_default();
        let (coming, leaving) = (&spec.principals - &before, &before - &spec.principals);
        let mut untagged = state.map(|state| state.mistagged(spec)).unwrap_or_default();
        untagged.extend(coming.iter().map(|principal| (principal.clone(), Tags::new())));
        let tagged = part_tags(untagged, &spec.tags, "principals");
        let decided = both(&[("allow", coming.into_iter().collect()), ("withdraw", leaving.into_iter().collect())]);
        match (decided.is_empty(), tagged.is_empty()) {
            (true, true) => vec!["allow no other account".to_owned()],
            (true, false) => tagged,
            (false, _) => std::iter::once(decided).chain(tagged).collect(),
        }
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        vec![both(&[("withdraw", state.principals.iter().cloned().collect())])]
    }

    /// A service made a moment ago is found some seconds late.
    fn pace(&self) -> Pace {
        Pace { retry: Duration::from_secs(2), ..Pace::AT_ONCE }
    }

    /// Whatever a service of ours allows is ours.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        let found = aws.account(None)?.permissions(&spec.service_id).await?;
        let found = found.filter(|found| !found.is_empty() || spec.principals.is_empty());
        Ok(found.map(|found| State::of(&spec.service_id, found)))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let found = aws.account(None)?.permissions(&state.service_id).await?;
        Ok(observe(state, found.map(|found| State::of(&state.service_id, found))))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.service_id != state.service_id {
            return Change::Replace(vec!["service_id"]);
        }
        update(&[(PRINCIPALS, spec.principals != state.principals), (TAGS, !state.mistagged(spec).is_empty())])
    }

    fn forecast(&self, spec: &Spec, _state: &State) -> State {
        let tagged = spec.principals.iter().filter(|_| !spec.tags.is_empty());
        let tags = tagged.map(|principal| (principal.clone(), spec.tags.clone())).gather();
        State { service_id: spec.service_id.clone(), principals: spec.principals.clone(), tags: Some(tags) }
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        let none = State { service_id: spec.service_id.clone(), ..State::default() };
        carry_out(aws.account(None)?, spec, &none).await.map_err(|end| match end {
            End::Untagged(failure) => half_made(failure),
            End::Unchanged(failure) => failure,
        })?;
        Ok(self.forecast(spec, &none))
    }

    async fn update(
        &self,
        aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        match carry_out(aws.account(None)?, spec, state).await {
            Ok(()) => Ok(self.forecast(spec, state)),
            Err(End::Unchanged(failure) | End::Untagged(failure)) => Err(failure),
        }
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        match modify(aws.account(None)?, &state.service_id, &BTreeSet::new(), &state.principals).await {
            Err(failure) if is_not_found(&failure) => Ok(()),
            done => done.map(|_| ()),
        }
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
) -> Result<BTreeMap<String, String>, Failure> {
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

fn observe(recorded: &State, found: Option<State>) -> Observed<State> {
    match found {
        None => Observed::Absent,
        Some(found) if found.principals.is_empty() && !recorded.principals.is_empty() => Observed::Absent,
        Some(found) => Observed::Ready(found),
    }
}

fn explain(failure: Failure) -> Failure {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn set<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
        items.map(str::to_owned).into()
    }

    fn state<const N: usize>(items: [&str; N]) -> State {
        State { service_id: "vpce-svc-01".into(), principals: set(items), tags: Some(BTreeMap::new()) }
    }

    fn spec<const N: usize>(items: [&str; N]) -> Spec {
        Spec { service_id: "vpce-svc-01".into(), principals: set(items), ..Spec::default() }
    }

    #[test]
    fn the_set_is_exact() {
        for (wanted, found, expected) in [
            (spec(["a"]), state(["a"]), Change::None),
            (spec([]), state([]), Change::None),
            (spec(["a"]), state(["a", "foreign"]), Change::Update(vec![PRINCIPALS])),
            (spec([]), state(["a"]), Change::Update(vec![PRINCIPALS])),
        ] {
            assert_eq!(Permissions.diff(&wanted, &found), expected, "{wanted:?}");
            assert_eq!(Permissions.diff(&wanted, &Permissions.forecast(&wanted, &found)), Change::None);
        }
        let other = Spec { service_id: "vpce-svc-02".into(), ..spec(["a"]) };
        assert_eq!(Permissions.diff(&other, &state(["a"])), Change::Replace(vec!["service_id"]));
    }

    #[test]
    fn nobody_is_a_set_but_a_set_that_vanished_is_absent() {
        assert_eq!(observe(&state([]), Some(state([]))), Observed::Ready(state([])));
        assert_eq!(observe(&state(["a"]), Some(state([]))), Observed::Absent);
        assert_eq!(observe(&state(["a"]), Some(state(["b"]))), Observed::Ready(state(["b"])));
        assert_eq!(observe(&state([]), None), Observed::Absent);
    }

    #[test]
    fn permissions_without_the_wanted_tags_are_a_difference() {
        let tags = Tags::from([("team".to_owned(), "orders".to_owned())]);
        let wanted = Spec { tags: tags.clone(), ..spec(["a", "b"]) };
        let found = State { tags: Some(BTreeMap::from([("b".to_owned(), tags)])), ..state(["a", "b"]) };
        assert_eq!(Permissions.diff(&wanted, &found), Change::Update(vec![TAGS]));
        assert_eq!(Permissions.describe(&wanted, Some(&found)), ["add tag team = orders on a"]);
        assert_eq!(Permissions.diff(&wanted, &Permissions.forecast(&wanted, &found)), Change::None);
    }

    #[test]
    fn a_principal_that_aws_refuses_points_at_the_attribute() {
        let mut failure = Failure::new(Class::Invalid, "Invalid Principal: 'x'");
        failure.code = "InvalidPrincipal".into();
        assert_eq!(explain(failure).attribute, Some("allowed_principals"));
    }
}
