//! Calls of the tag on an endpoint.

use super::{PrivateDnsClaim, Spec, State};
use crate::aws::{Aws, if_present, tags};
use crate::engine::{Link, Observed, Owner, Pace, Result};

impl Link for PrivateDnsClaim {
    type Client = Aws;

    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let carried = aws.account(None)?.ec2_tags(&spec.endpoint_id).await?;
        let is_tagged = carried.get(tags::PRIVATE_DNS) == Some(&owner.uid);
        let found = is_tagged || !spec.is_of_a_consumer;
        Ok(found.then(|| State { endpoint_id: spec.endpoint_id.clone(), is_tagged }))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let carried = aws.account(None)?.ec2_tags(&state.endpoint_id).await?;
        let is_tagged = carried.contains_key(tags::PRIVATE_DNS);
        Ok(Observed::Ready(State { is_tagged, ..state.clone() }))
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State> {
        if spec.is_of_a_consumer {
            aws.account(None)?.set_own_tag(&spec.endpoint_id, tags::PRIVATE_DNS, &owner.uid).await?;
        }
        Ok(State { endpoint_id: spec.endpoint_id.clone(), is_tagged: spec.is_of_a_consumer })
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        if !state.is_tagged {
            return Ok(());
        }
        if_present(aws.account(None)?.remove_own_tag(&state.endpoint_id, tags::PRIVATE_DNS).await).map(|_| ())
    }
}
