//! Calls of a DNS verification.

use std::time::Duration;

use super::{DnsVerification, FAILED, Spec, State, VERIFIED, is};
use crate::aws::Operation::Ec2;
use crate::aws::{Account, Aws};
use crate::engine::{Link, Observed, Owner, Pace, Result};

pub(super) const PENDING: &str = "pendingVerification";

impl Link for DnsVerification {
    type Client = Aws;
    const LOOKS_ARE_SHARED: bool = true;

    fn pace(&self) -> Pace {
        Pace { ready: Some(Duration::from_secs(65)), gone: None, ..Pace::default() }
    }

    /// A start leaves no trace but the check's state, and a second start is harmless.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let seen = describe_verification(aws.account(None)?, &spec.service_id).await?;
        Ok(seen.filter(|seen| seen.name == spec.name && is(seen, VERIFIED)))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        Ok(observe(state, describe_verification(aws.account(None)?, &state.service_id).await?))
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        start(aws.account(None)?, &spec.service_id, &spec.name).await
    }

    /// Leaves the check to its name: there is nothing to take back, and the name goes by a change of
    /// the service or with it.
    async fn delete(&self, _aws: &Aws, _state: &State) -> Result<()> {
        Ok(())
    }
}

/// Makes AWS look for the record.
///
/// # Errors
///
/// Where AWS refuses to, or gave no answer.
pub async fn start(account: &Account, service_id: &str, name: &str) -> Result<State> {
    let sent = account.ec2().start_vpc_endpoint_service_private_dns_verification().service_id(service_id).send();
    account.call(Ec2("StartVpcEndpointServicePrivateDnsVerification"), sent).await?;
    let (service_id, name) = (service_id.to_owned(), name.to_owned());
    Ok(State { service_id, name, state: Some(PENDING.to_owned()), lost: false })
}

/// The check of the name that the service has now; none where it has none or does not exist.
///
/// # Errors
///
/// Where AWS gave no answer.
pub async fn describe_verification(account: &Account, service_id: &str) -> Result<Option<State>> {
    let Some(service) = account.vpc_endpoint_service(service_id).await? else { return Ok(None) };
    let leaving = service.service_state().is_some_and(|state| {
        state.as_str().eq_ignore_ascii_case("Deleting") || state.as_str().eq_ignore_ascii_case("Deleted")
    });
    let name = service.private_dns_name().filter(|name| !name.is_empty() && !leaving);
    let state = service.private_dns_name_configuration().and_then(|configuration| configuration.state());
    Ok(name.map(|name| State {
        service_id: service_id.to_owned(),
        name: name.to_owned(),
        state: state.map(|state| state.as_str().to_owned()),
        lost: false,
    }))
}

pub(super) fn observe(recorded: &State, seen: Option<State>) -> Observed<State> {
    // The check of another name is not this one.
    let Some(mut seen) = seen.filter(|seen| seen.name == recorded.name) else { return Observed::Absent };
    if !is(&seen, VERIFIED) && !is(&seen, FAILED) {
        seen.state.get_or_insert_with(|| PENDING.to_owned());
        seen.lost = recorded.lost || is(recorded, VERIFIED);
    }
    Observed::Ready(seen)
}
