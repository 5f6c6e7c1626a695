//! An endpoint that somebody else manages: looks only, and waits until it works.
//!
//! Its state is that of an endpoint, so that whatever is built from one is built from the other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Acceptance, State, calls, gate, is};
use crate::aws::Aws;
use crate::engine::{Change, Class, Compare, Failure, Gate, Link, Observed, Owner, Pace, Result};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct GivenEndpoint;

/// The endpoint to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// `vpce-…`.
    pub endpoint_id: String,
}

impl Compare for GivenEndpoint {
    type Spec = Spec;
    type State = State;
    const IS_LOOK: bool = true;

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.endpoint_id == state.id { Change::None } else { Change::ReplaceAll(vec!["endpoint_id"]) }
    }

    fn forecast(&self, _spec: &Spec, state: &State) -> State {
        state.clone()
    }

    fn gate(&self, _spec: &Spec, state: &State) -> Gate {
        gate::gate(Acceptance::WaitForPerson, state)
    }
}

impl Link for GivenEndpoint {
    type Client = Aws;

    /// Whoever accepts it may do so in this very run.
    fn pace(&self) -> Pace {
        let soon = Duration::from_secs(10);
        Pace { ready: Some(soon), retry: Duration::from_secs(2), ..Pace::AT_ONCE }
    }

    fn works_at_once(&self, state: &State) -> bool {
        state.works() && state.network_interfaces.as_ref().is_some_and(|found| !found.is_empty())
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        Ok(describe_endpoint(aws, &spec.endpoint_id).await?.map(of_names))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        calls::read(aws.account(None)?, state).await?.try_map(|state| Ok(of_names(state)))
    }

    fn is_lived_with(&self, state: &State) -> bool {
        is(state, "rejected")
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        if let Some(state) = describe_endpoint(aws, &spec.endpoint_id).await? {
            return Ok(of_names(state));
        }
        let place = aws.account(None)?.whereabouts().await;
        let words = format!("There is no endpoint {} in {place}", spec.endpoint_id);
        // One of AWS's replicas may miss what was made a moment ago.
        Err(Failure::new(Class::NotYetVisible, words)
            .advise("Correct endpoint_id, or write the Region of the endpoint in region.")
            .about("endpoint_id"))
    }

    async fn update(
        &self,
        _aws: &Aws,
        _owner: &Owner,
        _spec: &Spec,
        state: &State,
        _fields: &[&'static str],
    ) -> Result<State> {
        Ok(state.clone())
    }

    /// It is not ours.
    async fn delete(&self, _aws: &Aws, _state: &State) -> Result<()> {
        Ok(())
    }
}

/// What names depend on. The rest is its manager's, and no change of it is one of the names.
fn of_names(state: State) -> State {
    State {
        subnet_ids: BTreeSet::new(),
        security_group_ids: BTreeSet::new(),
        policy: None,
        private_dns_names: BTreeSet::new(),
        private_dns_enabled: false,
        network_interface_ids: BTreeSet::new(),
        tags: BTreeMap::new(),
        ..state
    }
}

/// Returns the endpoint as it is; `None` where AWS shows none, or one that is deleted.
pub async fn describe_endpoint(aws: &Aws, endpoint_id: &str) -> Result<Option<State>> {
    let seed = State { id: endpoint_id.to_owned(), ..State::default() };
    Ok(match calls::read(aws.account(None)?, &seed).await? {
        Observed::Ready(state) | Observed::Pending { state, .. } | Observed::Failed { state, .. } => Some(state),
        Observed::Absent => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(word: &str) -> State {
        State { id: "vpce-01".into(), state: Some(word.into()), ..State::default() }
    }

    #[test]
    fn names_wait_until_the_endpoint_is_accepted() {
        let spec = Spec { endpoint_id: "vpce-01".into() };
        assert_eq!(GivenEndpoint.gate(&spec, &state("available")), Gate::Open);
        let closed = |word: &str| match GivenEndpoint.gate(&spec, &state(word)) {
            Gate::Closed { wait, .. } => Some(wait),
            Gate::Open => None,
        };
        assert_eq!((closed("pendingAcceptance"), closed("rejected")), (Some(true), Some(false)));
    }

    #[test]
    fn another_endpoint_is_another_resource() {
        let other = Spec { endpoint_id: "vpce-02".into() };
        assert_eq!(GivenEndpoint.diff(&other, &state("available")), Change::ReplaceAll(vec!["endpoint_id"]));
    }
}
