//! An interface endpoint in a Route 53 Profile: every VPC of the profile resolves the endpoint's private DNS names to it.
//!
//! An association carries no tags, and a profile has one of each endpoint, so that one which is there is the one that is wanted.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::attributes::{gone, missing};
use crate::aws::Operation::Route53Profiles;
use crate::aws::lookups::ProfileAssociationSeen;
use crate::aws::{Account, Aws};
use crate::engine::{Change, Class, Failure, Field, Link, LinkName, Observed, Orphan, Owner, Pace};

const ASSOCIATE: &str = "AssociateResourceToProfile";
const DISASSOCIATE: &str = "DisassociateResourceFromProfile";
const ATTRIBUTE: Field = "route53_profile_id";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProfileAssociation;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The profile, `rp-…`.
    pub profile_id: String,
    /// ARN of the endpoint.
    pub resource_arn: String,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The association, `rpr-…`.
    pub id: String,
    /// The profile.
    pub profile_id: String,
    /// ARN of the endpoint.
    pub resource_arn: String,
}

impl Link for ProfileAssociation {
    type Client = Aws;
    type Spec = Spec;
    type State = State;
    const LOOKS_ARE_SHARED: bool = true;

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        vec![match state {
            Some(state) if state.profile_id != spec.profile_id => {
                format!("associate with {} instead of {}", spec.profile_id, state.profile_id)
            }
            _ => format!("associate with {}", spec.profile_id),
        }]
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        vec![format!("disassociate from {}", state.profile_id)]
    }

    fn pace(&self) -> Pace {
        let some = Some(Duration::from_secs(20));
        Pace { ready: some, gone: some, retry: Duration::from_secs(5) }
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        there(aws.account(None)?, &spec.profile_id, &spec.resource_arn).await
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let found = aws.account(None)?.profile_association(&state.profile_id, &state.resource_arn).await?;
        Ok(observe(found, state))
    }

    /// One that is on its way out is still there.
    async fn remains(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let found = aws.account(None)?.profile_association(&state.profile_id, &state.resource_arn).await?;
        Ok(match found {
            Some(found) if found.id == state.id && found.status == "DELETING" => {
                Observed::Pending { state: state.clone(), status: found.status }
            }
            found => observe(found, state),
        })
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.resource_arn != state.resource_arn {
            Change::Replace(vec!["endpoint_id"])
        } else if spec.profile_id == state.profile_id {
            Change::None
        } else {
            // Whether AWS takes an endpoint into two profiles is not documented.
            Change::BreakFirst(vec![ATTRIBUTE])
        }
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State { id: state.id.clone(), profile_id: spec.profile_id.clone(), resource_arn: spec.resource_arn.clone() }
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        let account = aws.account(None)?;
        // A name must be there; the endpoint's id tells most.
        let name = spec.resource_arn.rsplit('/').next().unwrap_or_default();
        let sent = account.route53profiles().associate_resource_to_profile().profile_id(&spec.profile_id);
        let sent = sent.resource_arn(&spec.resource_arn).name(name).send();
        match account.call(Route53Profiles(ASSOCIATE), sent).await {
            Ok(reply) => {
                let made = reply.profile_resource_association().and_then(|made| made.id());
                made.map(|id| state(id, spec)).ok_or_else(|| missing(ASSOCIATE, "association"))
            }
            // Somebody has made the same one.
            Err(failure) if failure.code == "ConflictException" => {
                let found = there(account, &spec.profile_id, &spec.resource_arn).await?;
                found.ok_or_else(|| explain(failure, spec))
            }
            Err(failure) => Err(explain(failure, spec)),
        }
    }

    async fn update(
        &self,
        _aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        Ok(self.forecast(spec, state))
    }

    /// AWS takes no id here, and by now the endpoint may be in the profile by another association: that one stays.
    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        let account = aws.account(None)?;
        let found = there(account, &state.profile_id, &state.resource_arn).await?;
        if found.is_some_and(|found| found.id != state.id) {
            return Ok(());
        }
        let sent = account.route53profiles().disassociate_resource_from_profile().profile_id(&state.profile_id);
        gone(account.call(Route53Profiles(DISASSOCIATE), sent.resource_arn(&state.resource_arn).send()).await)
    }
}

/// The associations of an endpoint with those of these profiles that are in no record.
pub async fn strays(
    account: &Account,
    link: &LinkName,
    resource_arn: &str,
    profile_ids: &[&str],
    recorded: &[&str],
) -> Result<Vec<Orphan>, Failure> {
    let mut found = Vec::new();
    for profile_id in profile_ids.iter().filter(|id| !recorded.contains(*id)) {
        if let Some(state) = there(account, profile_id, resource_arn).await? {
            let state = serde_json::to_value(state).unwrap_or_default();
            found.push(Orphan { link: link.clone(), generation: None, state });
        }
    }
    Ok(found)
}

/// The association, unless it is on its way out.
async fn there(account: &Account, profile_id: &str, resource_arn: &str) -> Result<Option<State>, Failure> {
    let found = account.profile_association(profile_id, resource_arn).await?;
    let spec = Spec { profile_id: profile_id.to_owned(), resource_arn: resource_arn.to_owned() };
    Ok(found.filter(|found| !is_over(&found.status)).map(|found| state(&found.id, &spec)))
}

fn state(id: &str, spec: &Spec) -> State {
    State { id: id.to_owned(), profile_id: spec.profile_id.clone(), resource_arn: spec.resource_arn.clone() }
}

fn is_over(status: &str) -> bool {
    ["DELETING", "DELETED"].contains(&status)
}

fn observe(found: Option<ProfileAssociationSeen>, state: &State) -> Observed<State> {
    let Some(found) = found.filter(|found| !is_over(&found.status)) else { return Observed::Absent };
    let state = State { id: found.id, ..state.clone() };
    match found.status.as_str() {
        "CREATING" | "UPDATING" => Observed::Pending { state, status: found.status },
        "FAILED" => Observed::Failed { state, reason: found.message },
        _ => Observed::Ready(state),
    }
}

fn explain(failure: Failure, spec: &Spec) -> Failure {
    let Spec { profile_id, resource_arn } = spec;
    let failure = match failure.class {
        Class::Busy => failure.advise(format!(
            "{resource_arn} may be in another Route 53 Profile, or Profile {profile_id} in the middle of a change. \
             Disassociate it from the other one, or apply again in some minutes"
        )),
        Class::NotYetVisible => failure.advise(format!(
            "Profile {profile_id} must be one of the endpoint's Region, and the account's own or shared with it by AWS \
             RAM with permission to associate resources. Correct route53_profile_id, or share the Profile"
        )),
        Class::Invalid => failure.advise(
            "A Profile takes interface endpoints with private DNS. Write private_dns_enabled = true, or leave \
             route53_profile_id out",
        ),
        _ => failure,
    };
    failure.about(ATTRIBUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state_in(profile_id: &str) -> State {
        State { id: "rpr-1".into(), profile_id: profile_id.into(), resource_arn: "arn:endpoint".into() }
    }

    fn seen(status: &str) -> ProfileAssociationSeen {
        ProfileAssociationSeen { id: "rpr-1".into(), status: status.into(), message: "why".into() }
    }

    #[test]
    fn aws_s_words_tell_what_there_is() {
        let state = state_in("rp-1");
        assert_eq!(observe(None, &state), Observed::Absent);
        assert_eq!(observe(Some(seen("DELETING")), &state), Observed::Absent);
        assert_eq!(observe(Some(seen("COMPLETE")), &state), Observed::Ready(state.clone()));
        let failed = Observed::Failed { state: state.clone(), reason: "why".into() };
        assert_eq!(observe(Some(seen("FAILED")), &state), failed);
        assert!(matches!(observe(Some(seen("CREATING")), &state), Observed::Pending { .. }));
    }

    #[test]
    fn another_profile_comes_after_the_old_one_went() {
        let spec = |profile_id: &str| Spec { profile_id: profile_id.into(), resource_arn: "arn:endpoint".into() };
        assert_eq!(ProfileAssociation.diff(&spec("rp-1"), &state_in("rp-1")), Change::None);
        assert_eq!(ProfileAssociation.diff(&spec("rp-2"), &state_in("rp-1")), Change::BreakFirst(vec![ATTRIBUTE]));
        let words = ProfileAssociation.describe(&spec("rp-2"), Some(&state_in("rp-1")));
        assert_eq!(words, ["associate with rp-2 instead of rp-1"]);
        let other = Spec { resource_arn: "arn:other".into(), ..spec("rp-1") };
        assert_eq!(ProfileAssociation.diff(&other, &state_in("rp-1")), Change::Replace(vec!["endpoint_id"]));
    }
}
