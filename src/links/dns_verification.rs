//! AWS's check that the owner of an endpoint service owns its private name.
//!
//! A check that runs is ready, and its gate is closed until the name is verified: it depends on DNS,
//! which a person may have to put right, and an error would taint a service whose name consumers
//! hold already. Waited for or not, the run ends with a warning, never with an error.
//!
//! A check that failed is not final for AWS, but only a new start makes AWS look again. A read must
//! change nothing, so a failed check ends the run, and the next plan shows the update that starts it
//! anew; a name that was verified and no longer is, likewise. The record is published before the
//! first start, because a name server may remember for long that it was not there.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aws::Operation::Ec2;
use crate::aws::{Account, Aws};
use crate::engine::{Change, Failure, Field, Gate, Link, Observed, Owner, Pace};

const PENDING: &str = "pendingVerification";
const VERIFIED: &str = "verified";
const FAILED: &str = "failed";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct DnsVerification;

/// A wanted verification.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The endpoint service.
    pub service_id: String,
    /// The private name to be verified.
    pub name: String,
    /// Whether to wait until AWS has seen the record.
    pub wait: bool,
}

/// A verification that was started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The endpoint service.
    pub service_id: String,
    /// The private name.
    pub name: String,
    /// AWS's word: `pendingVerification`, `verified`, `failed`; `None` in a forecast.
    pub state: Option<String>,
    /// Whether it was `verified` once and no longer is.
    pub lost: bool,
}

impl State {
    /// Whether AWS has found the record.
    pub fn is_verified(&self) -> bool {
        is(self, VERIFIED)
    }

    /// What a person must do, where AWS has looked and not found the record.
    pub fn objection(&self) -> Option<String> {
        let spec = Spec { service_id: self.service_id.clone(), name: self.name.clone(), wait: false };
        match DnsVerification.gate(&spec, self) {
            Gate::Closed { reason, .. } if is(self, FAILED) => Some(reason),
            _ => None,
        }
    }
}

impl Link for DnsVerification {
    type Client = Aws;
    type Spec = Spec;
    type State = State;
    const LOOKS_ARE_SHARED: bool = true;

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let again = if state.is_some_and(|state| state.name == spec.name) { " again" } else { "" };
        vec![format!("start the verification of {}{again}", spec.name)]
    }

    fn pace(&self) -> Pace {
        Pace { ready: Some(Duration::from_secs(65)), gone: None, ..Pace::default() }
    }

    /// A start leaves no trace but the check's state, and a second start is harmless.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        let seen = look(aws.account(None)?, &spec.service_id).await?;
        Ok(seen.filter(|seen| seen.name == spec.name && is(seen, VERIFIED)))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        Ok(observe(state, look(aws.account(None)?, &state.service_id).await?))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.service_id != state.service_id {
            return Change::Replace(vec!["service_id"]);
        }
        if spec.name != state.name {
            return Change::Update(vec!["name"]);
        }
        if is(state, FAILED) || state.lost { Change::Update(vec!["state"]) } else { Change::None }
    }

    fn forecast(&self, spec: &Spec, _state: &State) -> State {
        State { service_id: spec.service_id.clone(), name: spec.name.clone(), state: None, lost: false }
    }

    fn gate(&self, spec: &Spec, state: &State) -> Gate {
        let name = &state.name;
        if is(state, FAILED) || state.lost {
            let word = if state.lost { "no longer finds" } else { "did not find" };
            return Gate::Closed {
                reason: format!(
                    "AWS {word} the TXT record that verifies the private DNS name {name}. The administrator of its public \
                     DNS publishes it with the name and value of private_dns_record; then apply again, or type {}: that \
                     starts the verification anew. Until then consumers cannot switch the name on",
                    command(state)
                ),
                wait: false,
            };
        }
        if is(state, VERIFIED) {
            return Gate::Open;
        }
        Gate::Closed {
            reason: format!(
                "the private DNS name {name} is not verified yet. The administrator of its public DNS publishes the TXT \
                 record of private_dns_record; AWS looks for it from time to time, and at once after {}. Until then \
                 consumers cannot switch the name on",
                command(state)
            ),
            wait: spec.wait,
        }
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        start(aws.account(None)?, &spec.service_id, &spec.name).await
    }

    async fn update(
        &self,
        aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        _state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        start(aws.account(None)?, &spec.service_id, &spec.name).await
    }

    /// Leaves the check to its name: there is nothing to take back, and the name goes by a change of
    /// the service or with it.
    async fn delete(&self, _aws: &Aws, _state: &State) -> Result<(), Failure> {
        Ok(())
    }
}

/// Makes AWS look for the record.
///
/// # Errors
///
/// Where AWS refuses to, or gave no answer.
pub async fn start(account: &Account, service_id: &str, name: &str) -> Result<State, Failure> {
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
pub async fn look(account: &Account, service_id: &str) -> Result<Option<State>, Failure> {
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

fn observe(recorded: &State, seen: Option<State>) -> Observed<State> {
    // The check of another name is not this one.
    let Some(mut seen) = seen.filter(|seen| seen.name == recorded.name) else { return Observed::Absent };
    if !is(&seen, VERIFIED) && !is(&seen, FAILED) {
        seen.state.get_or_insert_with(|| PENDING.to_owned());
        seen.lost = recorded.lost || is(recorded, VERIFIED);
    }
    Observed::Ready(seen)
}

fn is(state: &State, word: &str) -> bool {
    state.state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case(word))
}

/// What makes AWS look for the record.
fn command(state: &State) -> String {
    format!("\"aws ec2 start-vpc-endpoint-service-private-dns-verification --service-id {}\"", state.service_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(word: &str) -> State {
        State {
            service_id: "vpce-svc-01".into(),
            name: "orders.example.dev".into(),
            state: Some(word.into()),
            lost: false,
        }
    }

    fn spec(wait: bool) -> Spec {
        Spec { service_id: "vpce-svc-01".into(), name: "orders.example.dev".into(), wait }
    }

    #[test]
    fn only_a_failed_or_lost_check_is_started_again() {
        for (word, expected) in [(PENDING, Change::None), (VERIFIED, Change::None), ("Verified", Change::None)] {
            assert_eq!(DnsVerification.diff(&spec(true), &state(word)), expected, "{word}");
        }
        let again = Change::Update(vec!["state"]);
        assert_eq!(DnsVerification.diff(&spec(false), &state(FAILED)), again);
        assert_eq!(DnsVerification.diff(&spec(true), &State { lost: true, ..state(PENDING) }), again);
        let renamed = Spec { name: "new.example.dev".into(), ..spec(true) };
        assert_eq!(DnsVerification.diff(&renamed, &state(VERIFIED)), Change::Update(vec!["name"]));
        assert_eq!(DnsVerification.diff(&renamed, &DnsVerification.forecast(&renamed, &state(FAILED))), Change::None);
    }

    #[test]
    fn a_check_exists_as_long_as_its_name_does() {
        let recorded = state(PENDING);
        assert_eq!(observe(&recorded, Some(state(PENDING))), Observed::Ready(state(PENDING)));
        assert_eq!(observe(&recorded, Some(State { state: None, ..state("") })), Observed::Ready(state(PENDING)));
        assert_eq!(observe(&recorded, Some(state(VERIFIED))), Observed::Ready(state(VERIFIED)));
        assert_eq!(observe(&recorded, Some(state(FAILED))), Observed::Ready(state(FAILED)));
        assert_eq!(observe(&recorded, None), Observed::Absent);
        let other = State { name: "other.example.dev".into(), ..state(VERIFIED) };
        assert_eq!(observe(&recorded, Some(other)), Observed::Absent);
    }

    #[test]
    fn a_verification_that_was_lost_is_remembered_until_it_is_verified_again() {
        let lost = State { lost: true, ..state(PENDING) };
        assert_eq!(observe(&state(VERIFIED), Some(state(PENDING))), Observed::Ready(lost.clone()));
        assert_eq!(observe(&lost, Some(state(PENDING))), Observed::Ready(lost.clone()));
        assert_eq!(observe(&lost, Some(state(VERIFIED))), Observed::Ready(state(VERIFIED)));
    }

    #[test]
    fn the_gate_names_what_a_person_must_do() {
        assert_eq!(DnsVerification.gate(&spec(true), &state(VERIFIED)), Gate::Open);
        assert_eq!(DnsVerification.gate(&spec(false), &state(VERIFIED)), Gate::Open);
        for (spec, state, expected) in [
            (spec(true), state(PENDING), true),
            (spec(false), state(PENDING), false),
            (spec(true), state(FAILED), false),
            (spec(true), State { lost: true, ..state(PENDING) }, false),
        ] {
            let Gate::Closed { reason, wait } = DnsVerification.gate(&spec, &state) else { panic!("open: {state:?}") };
            assert_eq!(wait, expected, "{state:?}");
            assert!(reason.contains("orders.example.dev") && reason.contains("private_dns_record"), "{reason}");
        }
    }
}
