//! A tag on the endpoint of a consumer that says who manages its private DNS, so that the consumer leaves it alone.
//!
//! Endpoints of others (of `aws_vpc_endpoint`, or made by hand) get no tag: whoever manages their tags would take it for
//! drift. The switch itself is the link `private_dns`.

use serde::{Deserialize, Serialize};

use crate::aws::{Aws, is_not_found, tags};
use crate::engine::{Change, Failure, Field, Link, Observed, Owner, Pace};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrivateDnsClaim;

/// What is claimed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The endpoint, `vpce-…`.
    pub endpoint_id: String,
    /// Whether it is the endpoint of a consumer.
    pub is_of_a_consumer: bool,
}

/// What was claimed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The endpoint.
    pub endpoint_id: String,
    /// Whether it carries the tag.
    pub is_tagged: bool,
}

const TAG: Field = "is_tagged";

impl Link for PrivateDnsClaim {
    type Client = Aws;
    type Spec = Spec;
    type State = State;

    fn describe(&self, spec: &Spec, _state: Option<&State>) -> Vec<String> {
        vec![if spec.is_of_a_consumer { "tag the endpoint" } else { "look at the endpoint" }.to_owned()]
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        if state.is_tagged { vec!["remove the tag of the endpoint".to_owned()] } else { Vec::new() }
    }

    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        let carried = aws.account(None)?.ec2_tags(&spec.endpoint_id).await?;
        let is_tagged = carried.get(tags::PRIVATE_DNS) == Some(&owner.uid);
        let found = is_tagged || !spec.is_of_a_consumer;
        Ok(found.then(|| State { endpoint_id: spec.endpoint_id.clone(), is_tagged }))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let carried = aws.account(None)?.ec2_tags(&state.endpoint_id).await?;
        let is_tagged = carried.contains_key(tags::PRIVATE_DNS);
        Ok(Observed::Ready(State { is_tagged, ..state.clone() }))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.endpoint_id != state.endpoint_id {
            Change::Replace(vec!["endpoint_id"])
        } else if spec.is_of_a_consumer && !state.is_tagged {
            Change::Update(vec![TAG])
        } else {
            Change::None
        }
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State { endpoint_id: spec.endpoint_id.clone(), is_tagged: state.is_tagged || spec.is_of_a_consumer }
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        if spec.is_of_a_consumer {
            aws.account(None)?.set_own_tag(&spec.endpoint_id, tags::PRIVATE_DNS, &owner.uid).await?;
        }
        Ok(State { endpoint_id: spec.endpoint_id.clone(), is_tagged: spec.is_of_a_consumer })
    }

    async fn update(
        &self,
        aws: &Aws,
        owner: &Owner,
        spec: &Spec,
        _state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        self.create(aws, owner, spec).await
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        if !state.is_tagged {
            return Ok(());
        }
        match aws.account(None)?.remove_own_tag(&state.endpoint_id, tags::PRIVATE_DNS).await {
            Err(failure) if is_not_found(&failure) => Ok(()),
            done => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_endpoint_of_a_consumer_is_to_carry_the_tag() {
        let spec = |is_of_a_consumer| Spec { endpoint_id: "vpce-01".into(), is_of_a_consumer };
        let state = |is_tagged| State { endpoint_id: "vpce-01".into(), is_tagged };
        assert_eq!(PrivateDnsClaim.diff(&spec(true), &state(false)), Change::Update(vec![TAG]));
        assert_eq!(PrivateDnsClaim.diff(&spec(true), &state(true)), Change::None);
        assert_eq!(PrivateDnsClaim.diff(&spec(false), &state(false)), Change::None);
        assert_eq!(PrivateDnsClaim.forecast(&spec(true), &state(false)), state(true));
    }
}
