//! Who may connect to an endpoint service: its allowed principals, as an exact set.
//!
//! Principals go with their service, so a catalogue says `goes_with("endpoint_service")`. A set that
//! is empty and was recorded as empty reads as ready, because "nobody" is a wanted set too.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aws::Operation::Ec2;
use crate::aws::{Account, Aws, is_not_found};
use crate::engine::{Change, Failure, Field, Link, Observed, Owner, Pace, both};

const MODIFY: &str = "ModifyVpcEndpointServicePermissions";
const PRINCIPALS: Field = "principals";

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
}

/// Allowed principals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The endpoint service.
    pub service_id: String,
    /// All that it allows; account ids are written as root ARNs.
    pub principals: BTreeSet<String>,
}

impl Link for Permissions {
    type Client = Aws;
    type Spec = Spec;
    type State = State;

    /// Names every principal that is allowed or no longer allowed.
    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let before = state.map(|state| state.principals.clone()).unwrap_or_default();
        let (coming, leaving) = (&spec.principals - &before, &before - &spec.principals);
        if coming.is_empty() && leaving.is_empty() {
            return vec!["allow nobody".to_owned()];
        }
        vec![both(&[("allow", coming.into_iter().collect()), ("withdraw", leaving.into_iter().collect())])]
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        vec![both(&[("withdraw", state.principals.iter().cloned().collect())])]
    }

    /// A service made a moment ago is found some seconds late.
    fn pace(&self) -> Pace {
        Pace { retry: Duration::from_secs(2), ..Pace::AT_ONCE }
    }

    /// Principals carry no tags; whatever a service of ours allows is ours.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        let found = aws.account(None)?.allowed_principals(&spec.service_id).await?;
        let found = found.filter(|principals| !principals.is_empty() || spec.principals.is_empty());
        Ok(found.map(|principals| State { service_id: spec.service_id.clone(), principals }))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let found = aws.account(None)?.allowed_principals(&state.service_id).await?;
        Ok(observe(state, found))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.service_id != state.service_id {
            return Change::Replace(vec!["service_id"]);
        }
        if spec.principals == state.principals { Change::None } else { Change::Update(vec![PRINCIPALS]) }
    }

    fn forecast(&self, spec: &Spec, _state: &State) -> State {
        State { service_id: spec.service_id.clone(), principals: spec.principals.clone() }
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        modify(aws.account(None)?, &spec.service_id, &spec.principals, &BTreeSet::new()).await?;
        Ok(State { service_id: spec.service_id.clone(), principals: spec.principals.clone() })
    }

    async fn update(
        &self,
        aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        modify(aws.account(None)?, &state.service_id, &spec.principals, &state.principals).await?;
        Ok(self.forecast(spec, state))
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        match modify(aws.account(None)?, &state.service_id, &BTreeSet::new(), &state.principals).await {
            Err(failure) if is_not_found(&failure) => Ok(()),
            done => done,
        }
    }
}

/// Additions and removals in one call; none at all where nothing differs.
async fn modify(
    account: &Account,
    service_id: &str,
    wanted: &BTreeSet<String>,
    found: &BTreeSet<String>,
) -> Result<(), Failure> {
    let add: Vec<String> = wanted.difference(found).cloned().collect();
    let remove: Vec<String> = found.difference(wanted).cloned().collect();
    if add.is_empty() && remove.is_empty() {
        return Ok(());
    }
    let sent = account
        .ec2()
        .modify_vpc_endpoint_service_permissions()
        .service_id(service_id)
        .set_add_allowed_principals((!add.is_empty()).then_some(add))
        .set_remove_allowed_principals((!remove.is_empty()).then_some(remove))
        .send();
    account.call(Ec2(MODIFY), sent).await.map(|_| ()).map_err(explain)
}

fn observe(recorded: &State, found: Option<BTreeSet<String>>) -> Observed<State> {
    match found {
        None => Observed::Absent,
        Some(principals) if principals.is_empty() && !recorded.principals.is_empty() => Observed::Absent,
        Some(principals) => Observed::Ready(State { service_id: recorded.service_id.clone(), principals }),
    }
}

fn explain(failure: Failure) -> Failure {
    match failure.code.as_str() {
        "InvalidPrincipal" | "UnknownPrincipalType.Unsupported" => failure
            .advise(
                "AWS takes account ids, arn:aws:iam::<account>:root, and ARNs without a path of roles and users that \
                 exist, or \"*\"; for a session (arn:aws:sts::…:assumed-role/…) write its role",
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
        State { service_id: "vpce-svc-01".into(), principals: set(items) }
    }

    fn spec<const N: usize>(items: [&str; N]) -> Spec {
        Spec { service_id: "vpce-svc-01".into(), principals: set(items) }
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
        assert_eq!(observe(&state([]), Some(set([]))), Observed::Ready(state([])));
        assert_eq!(observe(&state(["a"]), Some(set([]))), Observed::Absent);
        assert_eq!(observe(&state(["a"]), Some(set(["b"]))), Observed::Ready(state(["b"])));
        assert_eq!(observe(&state([]), None), Observed::Absent);
    }

    #[test]
    fn a_principal_that_aws_refuses_points_at_the_attribute() {
        let mut failure = Failure::new(crate::engine::Class::Invalid, "Invalid Principal: 'x'");
        failure.code = "InvalidPrincipal".into();
        assert_eq!(explain(failure).attribute, Some("allowed_principals"));
    }
}
