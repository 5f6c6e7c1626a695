//! Calls of a profile association.

use std::time::Duration;

use super::diff::state;
use super::{ATTRIBUTE, ProfileAssociation, Spec, State};
use crate::aws::Operation::Route53Profiles;
use crate::aws::creations::missing;
use crate::aws::deletions::gone;
use crate::aws::lookups::ProfileAssociationSeen;
use crate::aws::{Account, Aws};
use crate::engine::{Class, Compare as _, Failure, Field, Link, LinkName, Observed, Orphan, Owner, Pace, Result};

const ASSOCIATE: &str = "AssociateResourceToProfile";
const DISASSOCIATE: &str = "DisassociateResourceFromProfile";

impl Link for ProfileAssociation {
    type Client = Aws;
    const LOOKS_ARE_SHARED: bool = true;

    fn pace(&self) -> Pace {
        let some = Some(Duration::from_secs(20));
        Pace { ready: some, gone: some, retry: Duration::from_secs(5) }
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        there(aws.account(None)?, &spec.profile_id, &spec.resource_arn).await
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let found = aws.account(None)?.profile_association(&state.profile_id, &state.resource_arn).await?;
        Ok(observe(found, state))
    }

    /// One that is on its way out is still there.
    async fn remains(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let found = aws.account(None)?.profile_association(&state.profile_id, &state.resource_arn).await?;
        Ok(match found {
            Some(found) if found.id == state.id && found.status == "DELETING" => {
                Observed::Pending { state: state.clone(), status: found.status }
            }
            found => observe(found, state),
        })
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(None)?;
        // A name must be there; the endpoint's id tells most.
        let name = spec.resource_arn.rsplit('/').next().unwrap_or_default();
        let sent = account.route53profiles().associate_resource_to_profile().profile_id(&spec.profile_id);
        let sent = sent.resource_arn(&spec.resource_arn).name(name).send();
        match account.call(Route53Profiles(ASSOCIATE), sent).await {
            Ok(reply) => {
                let made = reply.profile_resource_association().and_then(|made| made.id());
                made.map(|id| state(id, name, spec)).ok_or_else(|| missing(Route53Profiles(ASSOCIATE), "association"))
            }
            // Somebody has made the same one.
            Err(failure) if failure.code == "ConflictException" => {
                let found = there(account, &spec.profile_id, &spec.resource_arn).await?;
                found.ok_or_else(|| explain(failure, spec))
            }
            Err(failure) => Err(explain(failure, spec)),
        }
    }

    async fn update(&self, _aws: &Aws, _owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        Ok(self.forecast(spec, state))
    }

    /// AWS takes no id here, and by now the endpoint may be in the profile by another association: that one stays.
    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
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
    recorded: &[State],
) -> Result<Vec<Orphan>> {
    let mut found = Vec::new();
    for profile_id in profile_ids.iter().filter(|id| recorded.iter().all(|known| known.profile_id != **id)) {
        if let Some(state) = there(account, profile_id, resource_arn).await? {
            found.push(Orphan::untagged(link.clone(), &state));
        }
    }
    Ok(found)
}

/// The association of an endpoint, in whichever profile, for those who do not know the profile.
pub async fn of_endpoint(account: &Account, resource_arn: &str) -> Result<Option<State>> {
    let found = account.profile_of(resource_arn).await?.filter(|(_, found)| !is_over(&found.status));
    Ok(found.map(|(profile_id, found)| {
        state(&found.id, &found.name, &Spec { profile_id, resource_arn: resource_arn.to_owned() })
    }))
}

/// The association, unless it is on its way out.
async fn there(account: &Account, profile_id: &str, resource_arn: &str) -> Result<Option<State>> {
    let found = account.profile_association(profile_id, resource_arn).await?;
    let spec = Spec { profile_id: profile_id.to_owned(), resource_arn: resource_arn.to_owned() };
    Ok(found.filter(|found| !is_over(&found.status)).map(|found| state(&found.id, &found.name, &spec)))
}

fn is_over(status: &str) -> bool {
    ["DELETING", "DELETED"].contains(&status)
}

pub(super) fn observe(found: Option<ProfileAssociationSeen>, state: &State) -> Observed<State> {
    let Some(found) = found.filter(|found| !is_over(&found.status)) else { return Observed::Absent };
    let state = State { id: found.id, name: found.name, ..state.clone() };
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
