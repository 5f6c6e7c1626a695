//! Calls of a service's private name, as consumers see it.

use super::{PrivateName, Spec, State};
use crate::aws::Aws;
use crate::aws::lookups::ServiceDetail;
use crate::engine::{Field, Link, Observed, Owner, Pace, Result};

impl Link for PrivateName {
    type Client = Aws;

    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        first_look(aws, spec).await.map(Some)
    }

    /// What is proved needs no further look.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        if state.proved {
            Ok(Observed::Ready(state.clone()))
        } else {
            describe_service(aws, state).await.map(Observed::Ready)
        }
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        first_look(aws, spec).await
    }

    async fn update(&self, aws: &Aws, _owner: &Owner, _spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        describe_service(aws, state).await
    }

    async fn delete(&self, _aws: &Aws, _state: &State) -> Result<()> {
        Ok(())
    }
}

pub(super) fn blank(spec: &Spec) -> State {
    State { service_name: spec.service_name.clone(), service_region: spec.service_region.clone(), ..State::default() }
}

/// The preflight has looked a moment ago.
async fn first_look(aws: &Aws, spec: &Spec) -> Result<State> {
    let known = blank(spec);
    let service_detail =
        aws.account(None)?.service_detail_lately(&known.service_name, known.service_region.as_deref()).await?;
    Ok(observe(&known, service_detail.as_ref()))
}

async fn describe_service(aws: &Aws, known: &State) -> Result<State> {
    let account = aws.account(None)?;
    let service_detail = account.service_detail_now(&known.service_name, known.service_region.as_deref()).await?;
    Ok(observe(known, service_detail.as_ref()))
}

/// A service that is not visible any more says nothing new.
pub(super) fn observe(known: &State, service_detail: Option<&ServiceDetail>) -> State {
    let Some(service_detail) = service_detail else { return known.clone() };
    State {
        names: service_detail.private_dns_names.clone(),
        verification: service_detail.private_dns_state.clone(),
        proved: known.proved || service_detail.is_proved(),
        ..known.clone()
    }
}
